/*
 * Is the process that wrote something down still there? A pid alone does not say: it is given to
 * another process later. With the time of its start it is a name that is used once in a boot.
 */
#include "process_id.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fdio.h"

struct process_stat {
	uint64_t pid; /* as the mounted /proc counts */
	char state;
	uint64_t started;
};

/*
 * The fields of /proc/PID/stat behind the name, which may hold anything: state is the third of all,
 * the time of the start the 22nd; proc_pid_stat(5). -1 with errno, EIO for what is not understood.
 */
static int read_stat(struct process_stat *ret, const char *path)
{
	char text[1024];
	auto_close int fd = -1;
	ssize_t len;
	char *at;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	len = read(fd, text, sizeof(text) - 1);
	if (len < 0)
		return -1;
	text[len] = '\0';
	errno = EIO;
	at = strrchr(text, ')');
	if (!at || at[1] != ' ' || !at[2])
		return -1;
	ret->pid = strtoull(text, NULL, 10);
	ret->state = at[2];
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return -1;
	ret->started = strtoull(at, NULL, 10);
	return 0;
}

bool process_id_self(struct process_id *ret_id)
{
	struct process_stat found;
	struct stat space;

	if (read_stat(&found, "/proc/self/stat") || stat("/proc/self/ns/pid", &space) ||
	    found.pid != (uint64_t)getpid())
		return false;
	*ret_id = (struct process_id){
		.pid = found.pid,
		.started = found.started,
		.pid_namespace = space.st_ino,
	};
	return true;
}

bool process_id_has_ended(uint64_t pid, uint64_t started)
{
	struct process_stat found;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%llu/stat", (unsigned long long)pid);
	if (read_stat(&found, path))
		return errno == ENOENT || errno == ESRCH;
	return found.state == 'Z' || found.state == 'X' || found.started != started;
}
