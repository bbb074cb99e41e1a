/*
 * exec and update hand the runtime a document that we wrote. A file in a directory would have to be
 * protected and removed again; a sealed memfd is neither writable nor left behind.
 */
#include "memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "fdio.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif

/* Hosts with the sysctl vm.memfd_noexec=2 give none that could be executed; older kernels do not
 * know the flag; memfd_create(2). */
static int create(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 && (errno == EACCES || errno == EPERM))
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	return fd;
}

int memfd_sealed(const char *name, const void *bytes, size_t len, struct error *e)
{
	auto_close int fd = -1;
	int high;

	fd = create(name);
	if (fd < 0)
		return error_sys(e, "cannot make a private copy of the document");
	if (fd_write_all(fd, bytes, len) || lseek(fd, 0, SEEK_SET) != 0)
		return error_sys(e, "cannot fill the private copy of the document");
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
		return error_sys(e, "cannot seal the private copy of the document");

	high = fcntl(fd, F_DUPFD, MEMFD_FLOOR);
	if (high < 0 && errno == EINVAL) /* RLIMIT_NOFILE is lower; --preserve-fds was refused */
		high = fcntl(fd, F_DUPFD, STDERR_FILENO + 1);
	if (high < 0)
		return error_sys(e, "cannot hand over the private copy of the document");
	return high;
}
