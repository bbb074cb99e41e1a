/*
 * Profiles in Docker's format: a filter whose rules hold on conditions (capabilities,
 * architectures, kernel). Ours are tables that the build made of policy/seccomp/ and checked with
 * the code that checks a site's files, so nothing is parsed at a start.
 *
 * A profile has no pointers but those to its tables; everything else is an index, so the built-in
 * ones need no relocation.
 */
#ifndef MANTLET_SECCOMP_PROFILE_H
#define MANTLET_SECCOMP_PROFILE_H

#include "error.h"
#include "seccomp_filter.h"

/* When a rule holds. All zero: always. */
struct seccomp_when {
	uint64_t caps;        /* bits: all of these are there (includes.caps) */
	uint64_t without;     /* bits: none of these is there (excludes.caps) */
	uint32_t archs;       /* ARCH_*: one of these is in the filter (includes.arches) */
	uint32_t other_archs; /* ARCH_*: none of these is in it (excludes.arches) */
	uint32_t kernel;      /* major << 16 | minor: this or newer (includes.minKernel) */
	uint32_t old_kernel;  /* older than this (excludes.minKernel); 0: no limit */
	uint64_t is_never;    /* for architectures that are none of ours; no padding in here */
};

struct seccomp_profile_rule {
	uint32_t term;    /* index into terms; 0 is "always" */
	uint32_t when;    /* index into whens; 0 is "always" */
	uint32_t comment; /* offset into texts; 0 is "" */
	struct seccomp_answer answer;
};

struct seccomp_profile_call {
	uint32_t name;  /* offset into texts */
	int32_t number; /* on the native architecture; -1: none */
	uint32_t first; /* index into rules */
	uint32_t count;
};

struct seccomp_profile {
	struct seccomp_answer other;
	bool has_flags;
	bool is_logging;
	/* Of a profile that a container may bring: a filter of it is for these of the context's
	 * architectures only, and has this listener. */
	bool has_archs;
	unsigned int archs;
	const char *listener; /* NULL: none */
	const char *texts;    /* names and comments, each with a NUL behind; starts with a NUL */
	const struct seccomp_term *terms;
	const struct seccomp_when *whens;
	const struct seccomp_profile_rule *rules;
	const struct seccomp_profile_call *calls; /* in the order of seccomp_filter_sort() */
	const uint32_t *slots;
	uint32_t text_size, term_count, when_count, rule_count, call_count, slot_mask;
};

/* "default", "strict"; NULL-terminated. */
extern const char *const seccomp_builtin_names[];

/* A built-in profile; false when there is none of that name. */
bool seccomp_profile_builtin(struct seccomp_profile *ret_profile, const char *name);

/*
 * A profile from the text of a file called NAME: Docker's format or plain OCI, checked. -1 with
 * ERR_POLICY, "NAME line N: ...". Lives in ARENA.
 */
int seccomp_profile_parse(struct seccomp_profile *ret_profile, struct arena *arena,
			  const char *text, size_t len, const char *name,
			  struct error *e) MUST_CHECK;
/* The same, and with IS_EARLY as seccomp_profile_check() has it. */
int seccomp_profile_parse_for(struct seccomp_profile *ret_profile, struct arena *arena,
			      const char *text, size_t len, const char *name, bool is_early,
			      struct error *e) MUST_CHECK;

/*
 * The same for a profile that a container may bring, which is combined with ours: it may allow by
 * default, hand calls over and block anything. Names that the library does not know are left out:
 * *RET_UNKNOWN is the first of them and *RET_UNKNOWN_COUNT their number.
 */
int seccomp_profile_parse_request(struct seccomp_profile *ret_profile, struct arena *arena,
				  const char *text, size_t len, const char *name,
				  const char **ret_unknown, size_t *ret_unknown_count,
				  struct error *e) MUST_CHECK;

/* A profile by its policy word: a built-in name or the absolute path of a file (root's, checked
 * like a policy file). -1 with ERR_POLICY or ERR_SYSTEM. */
int seccomp_profile_load(struct seccomp_profile *ret_profile, struct arena *arena, const char *word,
			 struct error *e) MUST_CHECK;

/*
 * The file WORD, an absolute path, as the policy names it: 0, or -1 like seccomp_profile_load().
 * With IS_EARLY it must also allow what runtimes call between a filter that they load early,
 * because no-new-privileges is off, and the program.
 */
int seccomp_profile_check(struct arena *arena, const char *word, bool is_early,
			  struct error *e) MUST_CHECK;

/* A runtime needs NAME between its filter and the program, or the program to end. */
bool seccomp_is_needed(const char *name);

/* What conditions are judged by. */
struct seccomp_context {
	uint64_t caps;      /* bit n: capability n may be had */
	unsigned int archs; /* ARCH_*; the filter is for these */
	uint32_t kernel;    /* major << 16 | minor */
};

/* The kernel that runs, from uname(2); 0 when it cannot be told, so that "minKernel" fails. */
uint32_t seccomp_kernel(void);

/* The rules of PROFILE that hold in CONTEXT, sorted; borrows PROFILE's tables. */
struct seccomp_filter *seccomp_profile_resolve(struct arena *arena,
					       const struct seccomp_profile *profile,
					       const struct seccomp_context *context);

/* src/tools/seccomp_table.c writes these into $(O)/gen/seccomp_table.c. */
extern const struct seccomp_builtin {
	const char *name;
	void (*fill)(struct seccomp_profile *profile);
} seccomp_builtins[]; /* closed by a row without name */

#endif
