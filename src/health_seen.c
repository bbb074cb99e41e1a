/*
 * Which event of a health check was written last.
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
	char record[NAME_MAX + 1];
	auto_close int dir = -1;

	if (d->record != RECORD_PRESENT || file_name(name, d->facts.id) ||
	    state_file_name(record, d->facts.id) ||
	    state_dir_open(&dir, &d->inv, d->runtime, &ignored) != 1 ||
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

bool health_seen_is(const struct decision *d, const char *digest)
{
	char name[NAME_MAX + 1], last[HEX_LEN];
	auto_close int dir = open_dir(d, name), fd = -1;
	struct stat st;

	if (dir < 0)
		return false;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH)) &&
	       read(fd, last, sizeof(last)) == (ssize_t)sizeof(last) &&
	       memcmp(last, digest, sizeof(last)) == 0;
}

void health_seen_keep(const struct decision *d, const char *digest)
{
	struct error ignored = { 0 };
	char name[NAME_MAX + 1];
	auto_close int dir = open_dir(d, name);

	if (dir >= 0)
		(void)!fd_replace(dir, name, digest, HEX_LEN, 0600, geteuid(), getegid(), &ignored);
}

void health_seen_forget(int dir, const char *id)
{
	char name[NAME_MAX + 1];

	if (file_name(name, id) == 0)
		(void)unlinkat(dir, name, 0);
}
