/*
 * The last step: execve(2).
 *
 * A container that is made to start /proc/self/exe runs the host's own runtime, and could write to
 * its file (CVE-2019-5736). So crun mounts its file read-only and starts again from there, which
 * loads its libraries a second time: a tenth of a whole start. From 1.8 on it spares itself that
 * where its file cannot be written anyway; so it is started from such a mount right away, unless it
 * lies on one. The mount is private, in no mount namespace, and gone with the process; crun makes
 * the same from 1.19 on.
 *
 * runc 1.1 asks in its child, not here, and wants a sealed memfd: to copy its size costs more than
 * it spares.
 */
#include "runtime_become.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fdio.h"
#include "text.h"

bool runtime_is_crun(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	/* Not crun-vm, which is another program. */
	return text_equal(name, "crun") || text_starts(name, "crun.");
}

/* open_tree(2) and mount_setattr(2); -1 where there can be none, or is one. */
static int mount_read_only(const char *path)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY, .propagation = MS_PRIVATE };
	struct statvfs there;
	auto_close int fd = -1;

	if (statvfs(path, &there) == 0 && (there.f_flag & ST_RDONLY))
		return -1;
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
