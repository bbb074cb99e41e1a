/*
 * A control is one idea of hardening: one file under controls/, one row in the table, one key of
 * the policy language, one tag in the journal, one section of mantlet-policy(5).
 */
#ifndef MANTLET_CONTROL_H
#define MANTLET_CONTROL_H

#include "edit.h"
#include "journal.h"

enum control_mode { MODE_OFF, MODE_AUDIT, MODE_FIX, MODE_DENY };

/* What the value of a setting may be. Lists take "allow+" / "allow-" in the policy language. */
enum setting_type {
	SETTING_BOOL,
	SETTING_WORD,  /* one of WORDS */
	SETTING_COUNT, /* integer >= 0 */
	SETTING_CORES, /* number > 0, at most three decimals */
	SETTING_SIZE,  /* "64MiB", "25%", or a word of WORDS ("none") */
	SETTING_TEXT,  /* a string for which CHECK holds */
	SETTING_LIST,  /* a list of such strings; merged by "+" and "-" */
	SETTING_LINES, /* a list of "PROTO CIDR-or-@set PORTS": a set is written out inside an item
			*/
	SETTING_WORD_OR_LIST, /* one of WORDS, or a list for whose items CHECK holds */
	SETTING_MAP,          /* object with free keys; CHECK judges each member's key and value */
};

struct setting {
	const char *key; /* "*": every other key of the control (rlimits) */
	enum setting_type type;
	const char *const *words;
	/* One string, list item or map member. 0, or -1 with what would be right ("not a
	 * capability"). NULL accepts every string. */
	int (*check)(const struct json *value, struct error *e);
};

/* Where a control applies. */
#define ON_SPEC 1U      /* create, run, restore */
#define ON_PROCESS 2U   /* exec */
#define ON_RESOURCES 4U /* update */
#define ON_CHECKPOINT 8U

struct control {
	const char *id;
	const char *title;       /* one line, imperative */
	const char *const *refs; /* CIS / PSS identifiers, version included; NULL-terminated */
	const struct setting *settings; /* closed by a row without key; NULL: the mode only */
	unsigned int scopes;            /* ON_* */
	/*
	 * What the settings name outside of the policy (a file), when the policy is read and the
	 * mode is not off. CFG as below, ALL: every control of the profile. NULL: nothing. -1 with
	 * ERR_POLICY, which is a mistake in the policy like any other. Not run for a record's.
	 */
	int (*prepare)(const struct json *cfg, const struct json *all, struct arena *arena,
		       struct error *e);
	/*
	 * Bring the document into line with CFG: the control's object of the resolved profile, with
	 * all settings checked and merged ("mode" is in it but none of apply's business). -1 with E
	 * when it cannot decide: refused, and under audit journalled.
	 */
	int (*apply)(struct edit *ed, const struct json *cfg, struct error *e);
};

#define REFS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* The ordered table; order is part of what a policy means. Closed by NULL. */
extern const struct control *const controls[];

const struct control *control_find(const char *id); /* NULL when there is none */

/* "off", "audit", "fix", "deny". */
const char *control_mode_name(enum control_mode mode);
int control_mode_parse(const char *word, enum control_mode *ret_mode) MUST_CHECK;

/*
 * Run every control of the profile CONTROLS (id -> {"mode": ..., settings}) that applies to the
 * scope of ED, in order. 0 when the document may be written; -1 with ERR_SPEC for a faulty document
 * in any mode. Refusals are in the journal afterwards: ask journal_is_refused().
 */
int control_run_all(struct edit *ed, const struct json *profile, struct error *e) MUST_CHECK;

/* True when a control of the profile does more than record: fix or deny, or what is no mode. */
bool control_any_enforced(const struct json *profile);

#endif
