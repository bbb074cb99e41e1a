/*
 * Files through descriptors.
 *
 * A path can mean another file each time it is used, so mantlet opens once and asks every further
 * question of the descriptor: how large, whose, and whether anybody but root could have put it
 * there. Writing goes through a new file in the same directory and one rename, so a reader sees
 * the old document or the new one and never a half.
 */
#include "fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_AHEAD 4096
#define TEMP_TRIES 16

/* Room for one read: what the file says it holds, one byte more to see its end, within the limit.
 */
static size_t first_size(int fd, size_t limit)
{
	struct stat st;
	size_t size = READ_AHEAD;

	if (fstat(fd, &st) == 0 && st.st_size >= READ_AHEAD)
		size = (size_t)st.st_size + 1;
	return size > limit ? limit + 1 : size;
}

static int too_large(const char *name, size_t limit, struct error *e)
{
	return error_set(e, ERR_SPEC, "%s is larger than the limit of %zu bytes", name, limit);
}

static char *reallocate(char *buf, size_t size)
{
	char *larger = realloc(buf, size);

	if (!larger)
		arena_oom();
	return larger;
}

int fd_read_all(int fd, size_t limit, struct arena *arena, const char **ret_text, size_t *ret_len,
		const char *name, struct error *e)
{
	size_t size = first_size(fd, limit), len = 0;
	auto_free char *buf = reallocate(NULL, size);

	for (;;) {
		ssize_t n = read(fd, buf + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(e, "cannot read %s", name);
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > limit)
			return too_large(name, limit, e);
		if (len == size) {
			size = size > limit / 2 ? limit + 1 : size * 2;
			buf = reallocate(buf, size);
		}
	}
	*ret_text = arena_memdup(arena, buf, len);
	*ret_len = len;
	return 0;
}

int fd_write_all(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0) {
			errno = EIO;
			return -1;
		}
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A name that nobody can have prepared: ".config.json.mantlet-" and six random letters. */
static int temp_name(char buf[static NAME_MAX + 1], const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	unsigned char random[6];
	int len;

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -1;
	for (size_t i = 0; i < sizeof(random); i++)
		random[i] = (unsigned char)letters[random[i] % (sizeof(letters) - 1)];
	len = snprintf(buf, NAME_MAX + 1, ".%s.mantlet-%.6s", name, (const char *)random);
	if (len < 0 || len > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

/*
 * A file without a name where the file system has those (O_TMPFILE, open(2)): whoever kills us then
 * leaves nothing over, and engines do kill. Else one with a name of its own; O_EXCL neither follows
 * a symlink nor opens what is there.
 */
static int temp_open(int dir_fd, const char *name, char buf[static NAME_MAX + 1])
{
	int fd = openat(dir_fd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);

	buf[0] = '\0';
	for (int i = 0; fd < 0 && i < TEMP_TRIES; i++) {
		if (temp_name(buf, name) < 0)
			return -1;
		fd = openat(dir_fd, buf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    0600);
		if (fd < 0 && errno != EEXIST)
			return -1;
	}
	return fd;
}

/* linkat(2) replaces nothing, so the way into place is a name of its own and then rename(2). */
static int temp_link(struct fd_new *file)
{
	char proc[64];

	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", file->fd);
	for (int i = 0; i < TEMP_TRIES; i++) {
		if (temp_name(file->temp, file->name) == 0 &&
		    linkat(AT_FDCWD, proc, file->dir_fd, file->temp, AT_SYMLINK_FOLLOW) == 0)
			return 0;
		file->temp[0] = '\0';
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

int fd_new_open(struct fd_new *ret_file, int dir_fd, const char *name, struct error *e)
{
	ret_file->dir_fd = dir_fd;
	ret_file->name = name;
	ret_file->fd = temp_open(dir_fd, name, ret_file->temp);
	if (ret_file->fd < 0)
		return error_sys(e, "cannot create a new file beside '%s', which is unchanged",
				 name);
	return 0;
}

/* fchown(2) first: it may clear mode bits. No fsync(2): what is written here does not outlive the
 * boot, and a disk flush would cost more than all the rest. */
int fd_new_keep(struct fd_new *file, mode_t mode, uid_t uid, gid_t gid, struct error *e)
{
	if (fchown(file->fd, uid, gid) < 0 || fchmod(file->fd, mode & 07777) < 0)
		return error_sys(e, "cannot write the new '%s'; the old one is unchanged",
				 file->name);
	if ((!file->temp[0] && temp_link(file) < 0) ||
	    renameat(file->dir_fd, file->temp, file->dir_fd, file->name) < 0)
		return error_sys(e, "cannot put the new '%s' in place; the old one is unchanged",
				 file->name);
	(void)close(file->fd);
	file->fd = -1;
	return 0;
}

void fd_new_close(struct fd_new *file)
{
	if (file->fd < 0)
		return;
	(void)close(file->fd);
	file->fd = -1;
	if (file->temp[0])
		(void)unlinkat(file->dir_fd, file->temp, 0);
}

int fd_replace(int dir_fd, const char *name, const void *bytes, size_t len, mode_t mode, uid_t uid,
	       gid_t gid, struct error *e)
{
	struct fd_new file;
	int result = -1;

	if (fd_new_open(&file, dir_fd, name, e) < 0)
		return -1;
	if (fd_write_all(file.fd, bytes, len) < 0)
		(void)error_sys(e, "cannot write the new '%s'; the old one is unchanged", name);
	else
		result = fd_new_keep(&file, mode, uid, gid, e);
	fd_new_close(&file);
	return result;
}

int fd_append_line(int fd, const void *bytes, size_t len)
{
	ssize_t written = write(fd, bytes, len);
	struct stat st;
	off_t end;

	if (written < 0)
		return -1;
	if ((size_t)written == len)
		return 0;
	/* Only while it is still the end of the file: others append here too. */
	end = lseek(fd, 0, SEEK_CUR);
	if (end >= written && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == end)
		(void)!ftruncate(fd, end - written);
	errno = ENOSPC;
	return -1;
}

bool fd_link(int fd, char buf[static PATH_MAX])
{
	char proc[64];
	ssize_t n;

	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	n = readlink(proc, buf, PATH_MAX - 1);
	if (n <= 0 || n >= PATH_MAX - 1)
		return false;
	buf[n] = '\0';
	return buf[0] == '/';
}

const char *fd_path(int fd, struct arena *arena)
{
	char buf[PATH_MAX];
	struct stat by_fd, by_path;

	/* A removed file shows as "/path (deleted)"; a name may also end so. The inode decides. */
	if (!fd_link(fd, buf) || fstat(fd, &by_fd) < 0)
		return NULL;
	if (fstatat(AT_FDCWD, buf, &by_path, AT_SYMLINK_NOFOLLOW) < 0)
		return NULL;
	if (by_fd.st_dev != by_path.st_dev || by_fd.st_ino != by_path.st_ino)
		return NULL;
	return arena_strdup(arena, buf);
}
