/*
 * The key of a container's health check, and which event of it was written last: twice 64
 * hexadecimal digits, the second only after the first event.
 *
 * "<id>.health" lies beside "<id>.json". No id can make one name into the other: records end in
 * ".json" whatever the id, these files in ".health" ("a.health" has its record in
 * "a.health.json"), and both are looked for by their whole name.
 */
#include "health_seen.h"

#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fdio.h"
#include "state_dir.h"

#define HEX_LEN (SHA256_DIGEST_STRING_LENGTH - 1)
#define FILE_SIZE ((size_t)2 * HEX_LEN)

static int file_name(char name[static NAME_MAX + 1], const char *id)
{
	if (strlen(id) > STATE_ID_MAX)
		return -1;
	(void)snprintf(name, NAME_MAX + 1, "%s.health", id);
	return 0;
}

/* The directory that holds the record of D's container; without a record there is nothing that
 * would take our file away again. */
static int open_dir(const struct decision *d, char name[static NAME_MAX + 1])
{
	struct error ignored = { 0 };
	char record[NAME_MAX + 1], root[PATH_MAX];
	auto_close int dir = -1;

	if (d->record == RECORD_NONE || d->record == RECORD_MISSING ||
	    file_name(name, d->facts.id) || state_file_name(record, d->facts.id) ||
	    state_root(root, &d->inv, d->runtime, &ignored) ||
	    state_dir_open(&dir, root, &ignored) != 1 ||
	    faccessat(dir, record, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return take_fd(&dir);
}

const char *health_seen_digest(const struct decision *d, const char *outcome, const char *body,
			       size_t len)
{
	const char *asked = d->exec.asked ? d->exec.asked : "";
	char hex[SHA256_DIGEST_STRING_LENGTH];
	SHA2_CTX sha;

	SHA256Init(&sha);
	SHA256Update(&sha, (const uint8_t *)asked, strlen(asked));
	SHA256Update(&sha, (const uint8_t *)outcome, strlen(outcome) + 1);
	SHA256Update(&sha, (const uint8_t *)body, len);
	return arena_strdup(d->arena, SHA256End(&sha, hex));
}

/* Bytes of the file of D's container in BUF, 0 when it is not one of ours. */
static size_t read_file(const struct decision *d, char buf[static FILE_SIZE])
{
	char name[NAME_MAX + 1];
	auto_close int dir = open_dir(d, name), fd = -1;
	struct stat st;
	ssize_t len;

	if (dir < 0)
		return 0;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & (S_IRWXG | S_IRWXO)) || st.st_nlink != 1)
		return 0;
	len = read(fd, buf, FILE_SIZE);
	return len < HEX_LEN ? 0 : (size_t)len;
}

const char *health_seen_key(const struct decision *d)
{
	char buf[FILE_SIZE];

	return read_file(d, buf) ? arena_memdup(d->arena, buf, HEX_LEN) : NULL;
}

bool health_seen_is(const struct decision *d, const char *digest)
{
	char buf[FILE_SIZE];

	return read_file(d, buf) == FILE_SIZE && memcmp(buf + HEX_LEN, digest, HEX_LEN) == 0;
}

/* An exec can outlive its container, and a restart gives the next one the same id and another key:
 * that one stays, or its health check would not be known any more. */
void health_seen_keep(const struct decision *d, const char *digest)
{
	struct error ignored = { 0 };
	char buf[FILE_SIZE], name[NAME_MAX + 1];
	const char *key = d->facts.created.health_key;
	auto_close int lock = state_lock(&ignored);
	auto_close int dir = -1;

	if (lock < 0 || !read_file(d, buf) || memcmp(buf, key, HEX_LEN) != 0)
		return;
	memcpy(buf + HEX_LEN, digest, HEX_LEN);
	dir = open_dir(d, name);
	if (dir >= 0)
		(void)!fd_replace(dir, name, buf, FILE_SIZE, 0600, geteuid(), getegid(), &ignored);
}

void health_seen_begin(int dir, const char *id, const char *key)
{
	struct error ignored = { 0 };
	char name[NAME_MAX + 1];

	health_seen_forget(dir, id);
	if (key && file_name(name, id) == 0)
		(void)!fd_replace(dir, name, key, HEX_LEN, 0600, geteuid(), getegid(), &ignored);
}

void health_seen_forget(int dir, const char *id)
{
	char name[NAME_MAX + 1];

	if (file_name(name, id) == 0)
		(void)unlinkat(dir, name, 0);
}
