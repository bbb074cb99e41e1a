/*
 * "delete" is executed by the runtime behind our execve, so we cannot see whether it worked. But
 * the runtimes refuse it in one case only, a running container, and that can be told before.
 */
#include "runtime_state.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "fdio.h"
#include "json.h"

/* The container's first process: pids are used again, so the time of its start belongs to it. */
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

/* The fields of /proc/PID/stat behind the name, which may hold anything: state is the third of all,
 * the time of the start the 22nd; proc(5). A zombie is waiting for its shim and counts as stopped.
 */
static bool is_alive(const struct first_process *process)
{
	char path[64], stat[1024];
	auto_close int fd = -1;
	unsigned long long started;
	char *at;
	ssize_t len;

	(void)snprintf(path, sizeof(path), "/proc/%llu/stat", (unsigned long long)process->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, stat, sizeof(stat) - 1);
	if (len <= 0)
		return false;
	stat[len] = '\0';
	at = strrchr(stat, ')');
	if (!at || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X')
		return false;
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	started = at ? strtoull(at, NULL, 10) : 0;
	return started == process->started;
}

static int open_directory(const char *root, const char *id)
{
	char path[PATH_MAX + NAME_MAX + 2];

	(void)snprintf(path, sizeof(path), "%s/%s", root, id);
	return open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool runtime_state_exists(const char *root, const char *id)
{
	auto_close int dir = open_directory(root, id);

	return dir >= 0;
}

bool runtime_state_is_running(const char *root, const char *id)
{
	auto_close int dir = open_directory(root, id);
	struct first_process process;

	if (dir < 0)
		return false;
	/* Both runtimes hold the first process at this fifo between create and start. */
	if (faccessat(dir, "exec.fifo", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return false;
	return (read_process(&process, dir, "state.json", "init_process_pid",
			     "init_process_start") ||
		read_process(&process, dir, "status", "pid", "process-start-time")) &&
	       is_alive(&process);
}
