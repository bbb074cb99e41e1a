/*
 * "--network host" reaches us as a path in the engine's own directory, and a container's namespace
 * as /proc/PID/ns/net: the text says nothing. Two paths lead to the same namespace when device and
 * inode are equal.
 */
#include "nsfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "common.h"
#include "text.h"

int ns_of_path(const char *path, struct ns_id *ret_id)
{
	auto_close int fd = -1;
	struct statfs fs;
	struct stat st;

	/* A relative path means one thing here and another in the runtime's directory. */
	if (path[0] != '/')
		return -1;
	/* O_PATH: whatever lies there is looked at, not opened. */
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &fs) || fs.f_type != NSFS_MAGIC || fstat(fd, &st))
		return -1;
	*ret_id = (struct ns_id){ .dev = st.st_dev, .ino = st.st_ino };
	return 0;
}

enum membership { OUTSIDE, INSIDE, CANNOT_TELL };

static enum membership membership_of(pid_t pid, struct ns_id id, const char *file)
{
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, file);
	if (stat(path, &st) == 0)
		return st.st_dev == id.dev && st.st_ino == id.ino ? INSIDE : OUTSIDE;
	/* Gone, or a zombie, which is in no namespace any more. */
	return errno == ENOENT || errno == ESRCH ? OUTSIDE : CANNOT_TELL;
}

bool ns_is_host(struct ns_id id, const char *file)
{
	const pid_t host[] = { getpid(), 1, getppid() };

	for (size_t i = 0; i < ARRAY_SIZE(host); i++) {
		if (membership_of(host[i], id, file) == INSIDE)
			return true;
	}
	return false;
}

bool ns_is_known(const char *file)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", file);
	return access(path, F_OK) == 0;
}

int ns_each_process(struct ns_id id, const char *file, bool (*each)(void *context, pid_t pid),
		    void *context)
{
	DIR *proc = opendir("/proc");
	bool goes_on = true;
	int count = 0;

	if (!proc)
		return -1;
	for (struct dirent *entry; goes_on && (entry = readdir(proc));) {
		enum membership membership;
		uint64_t pid;

		if (parse_u64(entry->d_name, &pid))
			continue;
		membership = membership_of((pid_t)pid, id, file);
		if (membership == CANNOT_TELL && pid != 1) {
			count = -1;
			break;
		}
		if (membership != INSIDE)
			continue;
		count++;
		goes_on = each(context, (pid_t)pid);
	}
	(void)closedir(proc);
	return count;
}
