/*
 * Is a file root's alone? Its own mode is half of the answer: whoever can write to a directory
 * above it can put another file in its place. So the way is walked up to the root, descriptor by
 * descriptor, and every directory on it must be root's and writable by root only, or sticky.
 */
#include "fdio.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#define WRITABLE_BY_OTHERS (S_IWGRP | S_IWOTH)

/*
 * Directories that were found to be root's all the way up: a decision asks for five or ten paths
 * within a millisecond, and most of the way is the same. By device, inode and mount, for ".." of
 * one directory leads elsewhere at each place where it is mounted.
 */
struct known {
	uint64_t ino, mount;
	uint32_t major, minor;
};
static struct known known[64];
static size_t known_count;

/* False where the kernel does not tell the mount (before 5.8). */
static bool identify(struct known *ret_it, const struct statx *st)
{
	*ret_it = (struct known){
		.ino = st->stx_ino,
		.mount = st->stx_mnt_id,
		.major = st->stx_dev_major,
		.minor = st->stx_dev_minor,
	};
	return st->stx_mask & STATX_MNT_ID;
}

static bool is_known(const struct statx *st)
{
	struct known it;

	if (!identify(&it, st))
		return false;
	for (size_t i = 0; i < known_count; i++) {
		if (known[i].ino == it.ino && known[i].mount == it.mount &&
		    known[i].major == it.major && known[i].minor == it.minor)
			return true;
	}
	return false;
}

/* What was met on a way that ended well. */
static void remember(const struct known *way, size_t count)
{
	for (size_t i = 0; i < count && known_count < ARRAY_SIZE(known); i++)
		known[known_count++] = way[i];
}

void fd_forget_trusted(void)
{
	known_count = 0;
}

static bool is_same(const struct statx *a, const struct statx *b)
{
	return a->stx_ino == b->stx_ino && a->stx_dev_major == b->stx_dev_major &&
	       a->stx_dev_minor == b->stx_dev_minor;
}

static int look(int fd, struct statx *ret_st)
{
	return statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, ret_st);
}

/* IS_ABOVE: a directory on the way, which may be writable when it is sticky. The thing itself may
 * not: whoever can write to it can add a file to a bundle or a fragment to a policy. */
static bool is_roots(const struct statx *st, bool is_above)
{
	return st->stx_uid == 0 &&
	       (!(st->stx_mode & WRITABLE_BY_OTHERS) || (is_above && (st->stx_mode & S_ISVTX)));
}

static int check_one(int fd, bool is_above, const struct statx *st, const char *path,
		     enum error_kind kind, struct error *e)
{
	char real[PATH_MAX];
	const char *name;

	if (is_roots(st, is_above))
		return 0;
	name = is_above && fd_link(fd, real) ? real : path;
	if (st->stx_uid != 0)
		return error_set(e, kind,
				 "'%s' belongs to uid %u, who could change it; chown it to root "
				 "(this is asked of '%s' and of every directory above it)",
				 name, st->stx_uid, path);
	return error_set(e, kind,
			 "'%s' can be changed by others than root (mode %04o); chmod go-w it "
			 "(this is asked of '%s' and of every directory above it)",
			 name, st->stx_mode & 07777U, path);
}

/*
 * The directory that holds FD, a file. proc(5) names it and the inode proves it: the entry found
 * there must be the file that FD is. Whether that directory can be trusted is seen on the way up;
 * when it can, nobody but root has put the entry there.
 */
static int open_parent_of_file(int fd, const struct statx *st, const char *path, struct error *e)
{
	char real[PATH_MAX];
	struct statx entry;
	auto_close int dir = -1;
	char *slash;

	if (!fd_link(fd, real))
		return error_set(e, ERR_SYSTEM, "cannot tell where '%s' lies (is /proc mounted?)",
				 path);
	slash = strrchr(real, '/');
	*slash = '\0';
	dir = open(slash == real ? "/" : real, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return error_sys(e, "cannot open the directory of '%s'", path);
	if (statx(dir, slash + 1, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &entry) < 0)
		return error_sys(e, "cannot find '%s' again", path);
	if (!is_same(&entry, st))
		return error_set(e, ERR_SYSTEM, "'%s' was replaced while it was read", path);
	return take_fd(&dir);
}

/* From the directory AT upwards; ".." of the root is the root, and there the way ends. */
static int check_way_up(int at_fd, struct statx here, const char *path, enum error_kind kind,
			struct error *e)
{
	struct known way[32];
	auto_close int at = at_fd;
	struct statx above;
	size_t met = 0;

	for (;;) {
		int next;

		if (look(at, &above) < 0)
			return error_sys(e, "cannot examine a directory above '%s'", path);
		if (is_same(&above, &here) || is_known(&above)) {
			remember(way, met);
			return 0;
		}
		if (check_one(at, true, &above, path, kind, e) < 0)
			return -1;
		if (met < ARRAY_SIZE(way) && identify(&way[met], &above))
			met++;
		next = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (next < 0)
			return error_sys(e, "cannot open a directory above '%s'", path);
		(void)close(at);
		at = next;
		here = above;
	}
}

int fd_check_trusted(int fd, const char *path, enum error_kind kind, struct error *e)
{
	struct statx here;
	int above;

	if (look(fd, &here) < 0)
		return error_sys(e, "cannot examine '%s'", path);
	if (check_one(fd, false, &here, path, kind, e) < 0)
		return -1;
	if (!S_ISDIR(here.stx_mode)) {
		above = open_parent_of_file(fd, &here, path, e);
	} else {
		above = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (above < 0)
			(void)error_sys(e, "cannot open the directory above '%s'", path);
	}
	return above < 0 ? -1 : check_way_up(above, here, path, kind, e);
}
