/*
 * Where a path of the host leads.
 *
 * The kernel walks the path, not we: openat2(2) refuses the magic links of /proc, and what it
 * opened says by /proc/self/fd under which name it is known. That name is opened once more without
 * following anything, and must be the same file: only then do all answers hold for the name, and
 * the name can take the place of what the person wrote.
 */
#include "hostpath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "fdio.h"
#include "text.h"

static int open_path(int dir_fd, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));

	/* Before Linux 5.6 a magic link is followed; what it leads to is then judged by its own
	 * name, which must lead there as well. */
	if (fd < 0 && errno == ENOSYS)
		return openat(dir_fd, path, O_PATH | O_CLOEXEC);
	return (int)fd;
}

/* mnt_id of proc_pid_fdinfo(5): statx(2) knows it only since Linux 5.8. */
bool hostpath_mount_id(const struct hostpath *path, uint64_t *ret_id)
{
	char name[64], text[512];
	const char *line;
	auto_close int info = -1;
	ssize_t len;

	(void)snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", path->fd);
	info = open(name, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return false;
	len = read(info, text, sizeof(text) - 1);
	if (len < 0)
		return false;
	text[len] = '\0';
	line = strstr(text, "\nmnt_id:\t");
	if (!line)
		return false;
	line += strlen("\nmnt_id:\t");
	text[line - text + (ptrdiff_t)strcspn(line, "\n")] = '\0';
	return parse_u64(line, ret_id) == 0;
}

static int fail(const char *path, int sys_errno, struct error *e)
{
	char quoted[QUOTED_SIZE];

	errno = sys_errno;
	return error_sys(e, "cannot follow '%s'", error_quote(quoted, path, strlen(path)));
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

int hostpath_open(struct hostpath *ret_path, struct arena *arena, int dir_fd, const char *path,
		  struct error *e)
{
	auto_close int asked = -1, fd = -1;
	struct hostpath found = { .fd = -1 };
	struct stat st;
	struct statvfs fs;

	asked = open_path(dir_fd, path[0] ? path : ".");
	if (asked < 0 || fstat(asked, &st) < 0)
		return fail(path, errno, e);

	found.real = fd_path(asked, arena);
	if (!found.real || found.real[0] != '/')
		return fail(path, ESTALE, e);
	if (!text_is_utf8(found.real))
		return fail(path, EILSEQ, e);

	fd = open(found.real, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && hostpath_is_shortage(errno))
		return fail(path, errno, e);
	if (fd < 0 || fstat(fd, &found.st) < 0 || !is_same_file(&st, &found.st))
		return fail(path, ESTALE, e);
	if (fstatvfs(fd, &fs) < 0)
		return fail(path, errno, e);

	found.flags = fs.f_flag;
	found.fd = take_fd(&fd);
	*ret_path = found;
	return 0;
}

void hostpath_close(struct hostpath *path)
{
	close_fd_at(&path->fd);
	path->fd = -1;
}

bool hostpath_is_shortage(int sys_errno)
{
	return sys_errno == EMFILE || sys_errno == ENFILE || sys_errno == ENOMEM;
}

bool hostpath_has_symlink(const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS,
	};
	auto_close int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	return fd < 0 && errno != ENOENT && errno != ENOTDIR;
}

bool hostpath_is_same(const struct hostpath *a, const struct hostpath *b)
{
	return is_same_file(&a->st, &b->st);
}

const char *hostpath_dirname(const char *path, struct arena *arena)
{
	const char *slash = strrchr(path, '/');

	return slash && slash > path ? arena_memdup(arena, path, (size_t)(slash - path)) : "/";
}

static bool is_trusted_dir(int fd, const char *name)
{
	struct error ignored = { 0 };

	return fd_check_trusted(fd, name, ERR_DENIED, &ignored) == 0;
}

bool hostpath_is_settled(const struct hostpath *path, struct arena *arena, struct error *e)
{
	auto_close int dir = -1;
	struct stat st;

	if (text_equal(path->real, "/"))
		return true;
	dir = open(hostpath_dirname(path->real, arena),
		   O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0) {
		(void)fail(path->real, errno, e);
		return false;
	}
	/* Nothing else took its place between then and now. */
	if (fstatat(dir, strrchr(path->real, '/') + 1, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !is_same_file(&st, &path->st))
		return false;
	return fd_check_trusted(dir, path->real, ERR_DENIED, e) == 0;
}

/*
 * One name after the other and no symlinks: the last directory that is there decides. A sticky
 * directory (/tmp) will not do for that one, since there anybody makes new entries.
 */
bool hostpath_is_settled_absence(const char *path, struct arena *arena)
{
	auto_close int at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (at < 0 || path[0] != '/')
		return false;
	for (const char *rest = path; *rest;) {
		size_t len = strcspn(rest, "/");
		int next;

		if (!len) {
			rest++;
			continue;
		}
		next = openat(at, arena_memdup(arena, rest, len), O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return errno == ENOENT && is_trusted_dir(at, path);
		(void)close(at);
		at = next;
		rest += len;
	}
	return false;
}
