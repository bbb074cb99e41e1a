/*
 * The last step: execve(2).
 *
 * A container that is made to start /proc/self/exe runs the host's own runtime, and could write to
 * its file (CVE-2019-5736). So crun mounts its file read-only and starts again from there, which
 * loads its libraries a second time: a tenth of a whole start. From 1.8 on it spares itself that
 * where its file cannot be written anyway; so it is started from such a mount right away. It is the
 * very mount that crun makes: private, in no mount namespace, gone with the process.
 *
 * runc asks in its child, not here, and wants a sealed memfd: to copy its size costs more than it
 * spares.
 */
#include "runtime_become.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fdio.h"
#include "text.h"

bool runtime_is_crun(const char *path)
{
	const char *slash = strrchr(path, '/');

	return text_starts(slash ? slash + 1 : path, "crun");
}

/* open_tree(2) and mount_setattr(2); -1 where there can be none. */
static int mount_read_only(const char *path)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY, .propagation = MS_PRIVATE };
	auto_close int fd = -1;

	fd = (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0 || syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return -1;
	return take_fd(&fd);
}

int runtime_become(const char *path, char **argv, struct error *e)
{
	if (runtime_is_crun(path)) {
		auto_close int fd = mount_read_only(path);

		/* A script fails here, for its interpreter could not open the descriptor. */
		if (fd >= 0)
			(void)execveat(fd, "", argv, environ, AT_EMPTY_PATH);
	}
	(void)execve(path, argv, environ);
	return error_sys(e, "cannot execute the runtime '%s'", path);
}
