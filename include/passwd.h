/*
 * /etc/passwd and /etc/group of an image or of the host, read as files: no NSS module of either is
 * asked, and nothing outside of the given root is touched.
 *
 * Both files may come from a stranger. Lines that do not parse are skipped, as the C library does;
 * the first line that matches counts; files above 1 MiB are an error.
 */
#ifndef MANTLET_PASSWD_H
#define MANTLET_PASSWD_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"

/* Ids up to here are possible; 2^32-1 is "leave it as it is" for setresuid(2). */
#define ID_MAX INT32_MAX

struct passwd_entry {
	const char *name; /* in the arena; as the file says, any bytes but ':' and newline */
	uint64_t uid;
	uint64_t gid;
	const char *home;
};

/* 1 and the entry, 0 when there is none (or no such file), -1 with E. */
int passwd_by_name(struct passwd_entry *ret_entry, int root_fd, const char *name,
		   struct arena *arena, struct error *e) MUST_CHECK;
int passwd_by_uid(struct passwd_entry *ret_entry, int root_fd, uint64_t uid, struct arena *arena,
		  struct error *e) MUST_CHECK;

/* Group ids that systems keep for themselves: disk, docker, kmem, shadow (login.defs(5), GID_MIN).
 */
#define GROUP_SYSTEM_END 1000

struct group_set {
	bool is_in[GROUP_SYSTEM_END];
};

/* The system groups that /etc/group knows; with USER only those that list USER as a member. An
 * absent file is an empty set. */
int group_read(struct group_set *ret_set, int root_fd, const char *user, struct arena *arena,
	       struct error *e) MUST_CHECK;

#endif
