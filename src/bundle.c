/*
 * The bundle: the directory with the document that says what the container may do.
 *
 * The document is read once, through descriptors. What mantlet checked is what the runtime reads
 * only if nobody can put another file in its place between our rename and the runtime's open, nor
 * keep a second name for it; so the file and all directories above it must be root's alone.
 */
#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
#include <unistd.h>

#include "fdio.h"
#include "json.h"

#define CONFIG "config.json"

static const char *kind_of(mode_t mode)
{
	if (S_ISDIR(mode))
		return "a directory";
	if (S_ISFIFO(mode))
		return "a FIFO";
	if (S_ISSOCK(mode))
		return "a socket";
	return "a device";
}

/* A FIFO must not stop us (O_NONBLOCK), a terminal not become ours (O_NOCTTY). */
static int open_config(const struct bundle *b, struct error *e)
{
	int fd = openat(b->dir_fd, CONFIG,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 && errno == ELOOP)
		return error_set(e, ERR_SPEC,
				 "'%s/" CONFIG "' is a symlink; put the document itself there",
				 b->path);
	if (fd < 0 && errno == ENXIO)
		return error_set(e, ERR_SPEC, "'%s/" CONFIG "' is a socket; it must be a file",
				 b->path);
	if (fd < 0)
		return error_sys(e, "cannot open '%s/" CONFIG "'", b->path);
	return fd;
}

/* The directories above were checked; here the file itself. */
static int check_config(const struct bundle *b, struct error *e)
{
	const struct stat *st = &b->st;

	if (!S_ISREG(st->st_mode))
		return error_set(e, ERR_SPEC, "'%s/" CONFIG "' is %s; it must be a file", b->path,
				 kind_of(st->st_mode));
	if (st->st_uid != 0)
		return error_set(e, ERR_SPEC,
				 "'%s/" CONFIG "' belongs to uid %u, who could change it; chown "
				 "it to root",
				 b->path, st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return error_set(e, ERR_SPEC,
				 "'%s/" CONFIG "' can be changed by others than root (mode %04o); "
				 "chmod go-w it",
				 b->path, st->st_mode & 07777);
	if (st->st_nlink != 1)
		return error_set(e, ERR_SPEC,
				 "'%s/" CONFIG "' has %ju names (hard links), so it can be changed "
				 "from elsewhere; copy it to a file of its own",
				 b->path, (uintmax_t)st->st_nlink);
	return 0;
}

static int read_config(struct bundle *b, struct arena *arena, struct error *e)
{
	const char *name = arena_printf(arena, "'%s/" CONFIG "'", b->path);
	auto_close int fd = open_config(b, e);

	if (fd < 0)
		return -1;
	if (fstat(fd, &b->st) < 0)
		return error_sys(e, "cannot examine %s", name);
	if (check_config(b, e) < 0)
		return -1;
	if (fd_read_all(fd, (size_t)JSON_MAX_TEXT, arena, &b->text, &b->len, name, e) < 0)
		return -1;
	if (b->len == 0)
		return error_set(e, ERR_SPEC, "%s is empty", name);
	return 0;
}

int bundle_open(struct bundle *ret_bundle, struct arena *arena, const char *path, struct error *e)
{
	const char *asked = path && path[0] ? path : ".";
	auto_close int dir = open(asked, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct bundle b = { .dir_fd = dir };

	if (dir < 0)
		return error_sys(e, "cannot open the bundle directory '%s'", asked);
	b.path = fd_path(dir, arena);
	if (!b.path)
		return error_set(e, ERR_SPEC,
				 "the bundle directory '%s' has no path (removed, or /proc is not "
				 "mounted)",
				 asked);
	if (fd_check_trusted(dir, b.path, ERR_SPEC, e) < 0 || read_config(&b, arena, e) < 0)
		return -1;
	(void)take_fd(&dir);
	*ret_bundle = b;
	return 0;
}

int bundle_write(const struct bundle *bundle, const void *bytes, size_t len, struct error *e)
{
	const struct stat *st = &bundle->st;

	if (fd_replace(bundle->dir_fd, CONFIG, bytes, len, st->st_mode & 07777, st->st_uid,
		       st->st_gid, e) < 0)
		return error_wrap(e, "the hardened document cannot be stored in '%s'",
				  bundle->path);
	return 0;
}

void bundle_digest(char buf[static BUNDLE_DIGEST_SIZE], const void *bytes, size_t len)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];

	(void)snprintf(buf, BUNDLE_DIGEST_SIZE, "sha256:%s", SHA256Data(bytes, len, hex));
}

void bundle_close(struct bundle *bundle)
{
	/* Zeroed and never opened: descriptor 0 is not ours to close. */
	if (bundle->path && bundle->dir_fd >= 0)
		(void)close(bundle->dir_fd);
	bundle->dir_fd = -1;
}
