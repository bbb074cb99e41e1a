/*
 * A path of the host, found out once: where it really leads, what lies there, and who could change
 * that.
 *
 * The source of a bind mount is text that a person chose. What the kernel will mount is decided by
 * every symlink on the way, so everything is asked of an O_PATH descriptor, and what is written
 * back is the path without links that was asked about.
 */
#ifndef MANTLET_HOSTPATH_H
#define MANTLET_HOSTPATH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "arena.h"
#include "error.h"

struct hostpath {
	int fd;              /* O_PATH; -1 when closed */
	const char *real;    /* absolute, no symlink in it, valid UTF-8; in the arena */
	struct stat st;      /* of what lies there */
	unsigned long flags; /* of its mount: ST_RDONLY, ST_NOEXEC, ... (statvfs(3)) */
};

/*
 * Open PATH (relative: to DIR_FD) with all its symlinks, but no magic link of /proc
 * (symlink(7): /proc/PID/root, /proc/PID/cwd, /proc/PID/fd/N lead out of every namespace).
 * Nothing is opened in the sense of open(2): FIFOs do not block, devices notice nothing.
 * -1 with ERR_SYSTEM and e->sys_errno: ENOENT not there, ELOOP a magic link or too many links,
 * ESTALE when no path of this mount namespace leads to it again, EILSEQ when its name is no UTF-8.
 */
int hostpath_open(struct hostpath *ret_path, struct arena *arena, int dir_fd, const char *path,
		  struct error *e) MUST_CHECK;

void hostpath_close(struct hostpath *path);
#define auto_hostpath __attribute__((cleanup(hostpath_close)))

/* The mount it lies on, as /proc/self/mountinfo counts them; false when /proc does not say. */
bool hostpath_mount_id(const struct hostpath *path, uint64_t *ret_id);

bool hostpath_is_same(const struct hostpath *a, const struct hostpath *b); /* by device and inode */

/*
 * Every directory above PATH belongs to root and is writable by nobody else, so nobody but root can
 * put something else in its place. PATH itself may be anybody's. False also when it cannot be told;
 * then E, to which nothing else is said, may have the errno.
 */
bool hostpath_is_settled(const struct hostpath *path, struct arena *arena, struct error *e);

/* True for an errno that says nothing of the path: no descriptor or no memory is left. Nobody has
 * to be suspected then. */
bool hostpath_is_shortage(int sys_errno);
#define HOSTPATH_SHORTAGE_REMEDY "let more files be open at once (ulimit -n, LimitNOFILE=)"

/*
 * The same for an absolute, clean PATH of which some last part does not exist: true when nobody but
 * root can make it. False when it does exist or leads through a symlink.
 */
bool hostpath_is_settled_absence(const char *path, struct arena *arena);

/* True when some part of PATH that is there is a symlink, the last one included, or when it cannot
 * be told. */
bool hostpath_has_symlink(const char *path);

/* The directory part of an absolute path: "/" for "/etc". In ARENA. */
const char *hostpath_dirname(const char *path, struct arena *arena);

#endif
