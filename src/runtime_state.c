/*
 * The runtime's own directory of a container. Looked at, never written.
 *
 * "delete" is executed by the runtime behind our execve, so we cannot see whether it worked. But
 * the runtimes refuse it in one case only, a running container. Whether a created one runs by the
 * time that they look, nobody can tell before; so what counts is that its first process lives.
 */
#include "runtime_state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "fdio.h"
#include "json.h"
#include "process_id.h"

/* The container's first process (process_id.h). */
struct first_process {
	uint64_t pid;
	uint64_t started; /* clock ticks since boot */
};

/* By FILE of the container's directory; false when it cannot be told. */
static bool read_process(struct first_process *ret, int dir, const char *file,
			 const char *pid_field, const char *start_field)
{
	auto_arena struct arena *arena = arena_new();
	struct error ignored = { 0 };
	struct json_doc doc = { 0 };
	auto_close int fd = -1;
	const char *text;
	size_t len;

	fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd >= 0 &&
	       fd_read_all(fd, (size_t)JSON_MAX_TEXT, arena, &text, &len, file, &ignored) == 0 &&
	       json_parse(&doc, arena, text, len, 0, file, &ignored) == 0 &&
	       json_number_u64(json_find(doc.root, pid_field), &ret->pid) &&
	       json_number_u64(json_find(doc.root, start_field), &ret->started);
}

static int open_directory(const char *root, const char *id)
{
	char path[PATH_MAX + NAME_MAX + 2];

	(void)snprintf(path, sizeof(path), "%s/%s", root, id);
	return open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool runtime_state_is_absent(const char *root, const char *id)
{
	char path[PATH_MAX + NAME_MAX + 2];

	(void)snprintf(path, sizeof(path), "%s/%s", root, id);
	return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
	       (errno == ENOENT || errno == ENOTDIR);
}

bool runtime_state_is_written(const char *root, const char *id)
{
	auto_close int dir = open_directory(root, id);

	return dir >= 0 && (faccessat(dir, "state.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
			    faccessat(dir, "status", F_OK, AT_SYMLINK_NOFOLLOW) == 0);
}

pid_t runtime_state_pid(const char *root, const char *id)
{
	auto_close int dir = open_directory(root, id);
	struct first_process process;

	if (dir >= 0 &&
	    (read_process(&process, dir, "state.json", "init_process_pid", "init_process_start") ||
	     read_process(&process, dir, "status", "pid", "process-start-time")) &&
	    process.pid > 0 && process.pid <= INT_MAX &&
	    !process_id_has_ended(process.pid, process.started))
		return (pid_t)process.pid;
	return 0;
}

bool runtime_state_is_alive(const char *root, const char *id)
{
	return runtime_state_pid(root, id) != 0;
}
