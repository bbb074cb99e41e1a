/*
 * Inside of reading a profile: from JSON to entries (seccomp_profile_read.c, with the conditions in
 * seccomp_profile_when.c), from entries to checked tables (seccomp_profile_make.c).
 */
#ifndef MANTLET_SECCOMP_PROFILE_PARTS_H
#define MANTLET_SECCOMP_PROFILE_PARTS_H

#include "seccomp_profile.h"

/* Rules of one name: they are compared with each other. A container may bring CALL_MAX_RULES. */
#define PROFILE_MAX_RULES 32

/* One name of one rule of the file. */
struct profile_entry {
	const struct json *name; /* where it stands, for errors; its text is the name */
	int number;
	size_t at; /* in the file */
	struct seccomp_term term;
	struct seccomp_when when;
	struct seccomp_answer answer;
	const char *comment; /* never NULL */
};

struct profile_reader {
	struct arena *arena;
	const char *path;
	const char *text;
	size_t len;
	struct error *e;
	bool is_request; /* seccomp_profile_parse_request() */
	bool is_early;   /* seccomp_profile_check() */
	const char *unknown;
	size_t unknown_count;

	struct seccomp_answer other;
	bool has_flags;
	bool is_logging;
	const char *listener; /* of a request only, and so are the architectures */
	bool has_archs;
	unsigned int archs;
	struct profile_entry *entries;
	size_t count;
};

/* "PATH line N: ..."; NODE may be NULL: "PATH: ...". Always -1. */
int profile_fail(const struct profile_reader *reader, const struct json *node, const char *format,
		 ...) PRINTF(3, 4);
/* The same for a word that should be one of WORDS. */
int profile_fail_word(const struct profile_reader *reader, const struct json *node,
		      const char *kind, const char *const *words);

/* Every member of OBJECT has a name of KEYS. */
int profile_check_keys(const struct profile_reader *reader, const struct json *object,
		       const char *what, const char *const *keys) MUST_CHECK;

/* A list of strings, or nothing: absent and null are the same to Docker. */
int profile_check_list(const struct profile_reader *reader, const struct json *list,
		       const char *key) MUST_CHECK;

/* "includes" and "excludes" of RULE. */
int profile_read_when(const struct profile_reader *reader, struct seccomp_when *ret_when,
		      const struct json *rule) MUST_CHECK;

/* Sort the entries, check them against each other, make the tables. */
int profile_make(struct profile_reader *reader, struct seccomp_profile *ret_profile) MUST_CHECK;

#endif
