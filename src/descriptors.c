/*
 * The descriptors that the caller left us, looked at before we open one of our own.
 *
 * A number that is free is given to whoever opens something next: to us, or behind our execve(2) to
 * the runtime. For 0 to 2 that would put messages and output into a strange file; for what
 * --preserve-fds names it is worse, since the runtime hands those numbers to the container.
 */
#include "descriptors.h"

#include <fcntl.h>

int descriptors_hold_standard(struct error *e)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/", O_PATH | O_CLOEXEC) != fd)
			return error_sys(e, "cannot hold the place of descriptor %d", fd);
	}
	return 0;
}

/*
 * With a hole, runc's own descriptor of the host's /sys/fs/cgroup takes the free number and reaches
 * the container, which then reads the host through /proc/self/fd/N/../../.. (contract, section 12).
 * One that is close-on-exec is a hole by then. No policy makes that right, so it is refused in
 * every mode.
 */
int descriptors_check_preserved(unsigned int count, struct error *e)
{
	const int first = STDERR_FILENO + 1, end = first + (int)count;

	for (int fd = first; fd < end; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags >= 0 && !(flags & FD_CLOEXEC))
			continue;
		return error_set(e, ERR_USAGE,
				 "--preserve-fds %u names the descriptors %d to %d, and %d is not "
				 "open: the runtime would use that number for a file of the host "
				 "and hand it to the container; open it, or name fewer",
				 count, first, end - 1, fd);
	}
	return 0;
}
