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

/*
 * A number that the runtime does not hand to the container: behind the PRESERVED ones, and above
 * most others. A low RLIMIT_NOFILE (EINVAL, fcntl(2)) costs the distance, never the first rule.
 */
static int out_of_reach(int fd, unsigned int preserved)
{
	const int least = STDERR_FILENO + 1 + (int)preserved;
	int high = fcntl(fd, F_DUPFD, least > MEMFD_FLOOR ? least : MEMFD_FLOOR);

	if (high < 0 && errno == EINVAL)
		high = fcntl(fd, F_DUPFD, least);
	return high;
}

int memfd_sealed(const char *name, const void *bytes, size_t len, unsigned int preserved,
		 struct error *e)
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

	high = out_of_reach(fd, preserved);
	if (high < 0)
		return error_sys(
			e,
			"the private copy of the document finds no free descriptor above %u; "
			"raise the limit of open files (ulimit -n)",
			STDERR_FILENO + preserved);
	return high;
}
