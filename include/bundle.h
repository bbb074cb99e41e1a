/*
 * The bundle: config.json read once through descriptors, written back atomically.
 */
#ifndef MANTLET_BUNDLE_H
#define MANTLET_BUNDLE_H

#include <sys/stat.h>

#include "arena.h"
#include "error.h"

struct bundle {
	int dir_fd;       /* O_PATH | O_DIRECTORY */
	const char *path; /* absolute and resolved, from the descriptor */
	const char *text; /* config.json as it was read; in the arena */
	size_t len;
	struct stat st; /* of config.json */
};

/*
 * Open the bundle at PATH (NULL or "": the current directory) and read its config.json: no symlink,
 * a regular file with one link, root's, writable by nobody else, within 16 MiB; the bundle
 * directory and those above it are root's too (fd_check_trusted). -1 with ERR_SPEC or ERR_SYSTEM.
 */
int bundle_open(struct bundle *ret_bundle, struct arena *arena, const char *path,
		struct error *e) MUST_CHECK;

/* Replace config.json (same mode and owner). -1: the original is intact and nothing is left over.
 */
int bundle_write(const struct bundle *bundle, const void *bytes, size_t len,
		 struct error *e) MUST_CHECK;

/* "sha256:" and 64 hexadecimal digits of a document's bytes. */
#define BUNDLE_DIGEST_SIZE 72
void bundle_digest(char buf[static BUNDLE_DIGEST_SIZE], const void *bytes, size_t len);

void bundle_close(struct bundle *bundle);

#endif
