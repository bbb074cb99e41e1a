/*
 * The container's root directory, held as a descriptor: opened and judged once, looked into without
 * ever leaving it.
 *
 * Whatever lies below was written by the author of the image: a symlink may point anywhere, and
 * "/etc/passwd" may be a FIFO or a device node. So every step is resolved by openat2(2) with
 * RESOLVE_IN_ROOT: absolute links and ".." stay below the descriptor, as they will in the
 * container.
 */
#ifndef MANTLET_ROOTFS_H
#define MANTLET_ROOTFS_H

#include <stdbool.h>

#include "edit.h"

/*
 * Open root.path of the document (relative: to the bundle) as O_PATH | O_DIRECTORY. The caller
 * closes *RET_FD. -1 with ERR_DENIED  it is the host's own: "/", a system directory, or a directory
 * that holds the bundle or an engine's state; by inode, so that a bind mount or a link hides
 * nothing ERR_SPEC    there is no root.path, or its last part is a symlink or no directory
 *   ERR_SYSTEM  it cannot be opened
 * Only where the whole document is in hand (SCOPE_SPEC).
 */
int rootfs_open(int *ret_fd, struct edit *ed, struct error *e) MUST_CHECK;

/*
 * Open PATH as the container will see it: O_PATH, symlinks followed inside the root, never magic
 * links. The caller closes *RET_FD. -1 with ERR_SYSTEM and e->sys_errno: ENOENT when it is not
 * there or a link dangles, ENOTDIR, ELOOP; a kernel without openat2 (before 5.6) is said in words.
 */
int rootfs_resolve(int *ret_fd, int root_fd, const char *path, struct error *e) MUST_CHECK;

/*
 * The absolute path inside the root at which a mount on PATH will really lie: no symlink, no ".."
 * and no "//" left; parts that do not exist are taken as they are written, as runtimes create them.
 * In ARENA. -1 with ERR_SPEC for more than 40 links, a path beyond PATH_MAX, or a link that goes up
 * ("..") from a magic one; ERR_SYSTEM.
 */
int rootfs_real_path(const char **ret_path, int root_fd, const char *path, struct arena *arena,
		     struct error *e) MUST_CHECK;

/*
 * True when the clean PATH of a container lies where the kernel has magic links (symlink(7): they
 * lead out of every root): below /proc, or in /dev/fd, which runtimes make a link to /proc/self/fd.
 */
bool rootfs_is_magic(const char *path);

/* PATH without "//", "." and "..", absolute, symlinks not looked at. In ARENA; never NULL. */
const char *rootfs_clean_path(const char *path, struct arena *arena);

/* True when PATH is DIR or lies below it. Both clean. */
bool rootfs_is_below(const char *path, const char *dir);

/*
 * Read the regular file PATH, at most LIMIT bytes, into ARENA with a NUL behind. -1 as for
 * rootfs_resolve(), or ERR_SPEC when it is something else than a file, or larger.
 */
int rootfs_read(const char **ret_text, size_t *ret_len, int root_fd, const char *path, size_t limit,
		struct arena *arena, struct error *e) MUST_CHECK;

#endif
