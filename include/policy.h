/*
 * The policy: files, checked and merged, and the one profile that they resolve to for this call
 * (language: mantlet-policy(5)).
 *
 * Files and every directory above them belong to root and are writable by nobody else, checked on
 * the descriptors that are read. A named policy that is missing or bad is an error; no policy at
 * all is the built-in "restricted".
 */
#ifndef MANTLET_POLICY_H
#define MANTLET_POLICY_H

#include "arena.h"
#include "error.h"
#include "json.h"

#define POLICY_FILE "/etc/mantlet/policy.json"
#define POLICY_FRAGMENTS                                                                           \
	"/etc/mantlet/policy.d" /* beside the policy file: <dir of file>/policy.d */

struct policy {
	const char *name;     /* "site" when the file gives none; "built-in" without a file */
	const char *revision; /* "" when none */
	const char *help;     /* "" when none */
	const char
		*digest; /* "sha256:" + 64 hex over the files' bytes in order; built-in: its text */
	const char *source;        /* "built-in" or "current" */
	const char *runtime;       /* absolute path, or NULL: search list */
	const char *records_group; /* NULL: root only */
	bool is_audit_required;
	const char *exec_args;    /* "none", "name", "full" */
	const struct json *sinks; /* array of strings; NULL: the default file */
	const struct json *live;  /* "all" or a list of control ids, as written */
	const char *profile;      /* the name that was chosen */
	const char *rule;         /* "default" until rules exist */
	struct json
		*controls; /* resolved: id -> {"mode": word, settings...}, every control present */
};

/*
 * Load FILE with its fragments, or when FILE is NULL /etc/mantlet/policy.json if it is there, else
 * the built-in; resolve PROFILE (NULL: "default"). 0, or -1 with ERR_POLICY: file, line and the
 * nearest valid word.
 */
int policy_load(struct policy *ret_policy, struct arena *arena, const char *file,
		const char *profile, struct error *e) MUST_CHECK;

/*
 * BLOCK: the controls as policy_load() resolved them once, now read from a container's record:
 * checked against the tables again and put in their order, in ARENA. -1 with ERR_POLICY for
 * anything that policy_load() would not have made: a control that is missing is not off.
 */
int policy_recall(struct json **ret_controls, struct arena *arena, const struct json *block,
		  struct error *e) MUST_CHECK;

/*
 * Values of a resolved setting. CFG is the control's object. Sizes: "25%" is taken of HOST_MEMORY
 * bytes, rounded down to a whole page; false when the setting is absent or a word ("none").
 */
bool policy_size(const struct json *cfg, const char *key, uint64_t host_memory,
		 uint64_t *ret_bytes);
bool policy_count(const struct json *cfg, const char *key, uint64_t *ret_count);
bool policy_cores(const struct json *cfg, const char *key, uint64_t *ret_millicores);
/* The string of a setting, or FALLBACK. */
const char *policy_word(const struct json *cfg, const char *key, const char *fallback);
bool policy_bool(const struct json *cfg, const char *key, bool fallback);
/* True when the list setting KEY holds WORD exactly / a glob that matches TEXT. */
bool policy_lists(const struct json *cfg, const char *key, const char *word);
bool policy_list_globs(const struct json *cfg, const char *key, const char *text);

#endif
