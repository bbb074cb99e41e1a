/* Files through descriptors: read whole, write atomically, and who may have written them. */
#ifndef MANTLET_FDIO_H
#define MANTLET_FDIO_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "arena.h"
#include "error.h"

/* Read FD to its end into ARENA. More than LIMIT bytes is ERR_SPEC naming the limit. NAME is for
 * messages. */
int fd_read_all(int fd, size_t limit, struct arena *arena, const char **ret_text, size_t *ret_len,
		const char *name, struct error *e) MUST_CHECK;

int fd_write_all(int fd, const void *bytes, size_t len) MUST_CHECK; /* 0 or -1 with errno */

/*
 * Write NAME in DIR_FD atomically: a new file (O_EXCL, mode and owner as given) in the same
 * directory, then renameat(2). On failure nothing is left over and the old file is intact.
 */
int fd_replace(int dir_fd, const char *name, const void *bytes, size_t len, mode_t mode, uid_t uid,
	       gid_t gid, struct error *e) MUST_CHECK;

/* The same for what is written piece by piece. Nothing is to be seen of it before fd_new_keep(). */
struct fd_new {
	int dir_fd;       /* borrowed */
	int fd;           /* write here; -1: none */
	const char *name; /* borrowed */
	char temp[256];   /* NAME_MAX and the NUL; "": it has no name yet */
};
int fd_new_open(struct fd_new *ret_file, int dir_fd, const char *name, struct error *e) MUST_CHECK;
int fd_new_keep(struct fd_new *file, mode_t mode, uid_t uid, gid_t gid, struct error *e) MUST_CHECK;
/* Closes and, unless it was kept, removes it. */
void fd_new_close(struct fd_new *file);

/*
 * Append one line to an open log with one write(2). A part of a line (the disk is full) is taken
 * back. 0 or -1 with errno.
 */
int fd_append_line(int fd, const void *bytes, size_t len) MUST_CHECK;

/*
 * FD (a file or directory, O_PATH is enough) and every directory above it belong to root and are
 * writable by nobody else. A sticky directory above it (/tmp) may be writable: nobody but root can
 * rename what root owns there. PATH is for messages. -1 with KIND otherwise. Directories that were
 * found to be so are remembered, which is right for a program that lives for milliseconds: whoever
 * lives longer, or changes directories itself, forgets them before the next decision.
 */
int fd_check_trusted(int fd, const char *path, enum error_kind kind, struct error *e) MUST_CHECK;
void fd_forget_trusted(void);

/* What proc(5) says that FD leads to, in BUF: no proof, and " (deleted)" behind it for what is
 * gone. False when it says nothing, or too much. */
bool fd_link(int fd, char buf[static PATH_MAX]);

/* The absolute path of FD without symlinks, in ARENA; NULL when it has none (removed, no /proc). */
const char *fd_path(int fd, struct arena *arena);

#endif
