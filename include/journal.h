/* What was changed, why, by which control, and what is refused: the record of one decision. */
#ifndef MANTLET_JOURNAL_H
#define MANTLET_JOURNAL_H

#include "edit.h"

struct journal_entry {
	struct journal_entry *next;
	const char *control;
	enum edit_class class;
	const char *op;   /* "add", "replace", "remove" (RFC 6902) */
	const char *path; /* JSON Pointer at the time of the edit */
	const char *from; /* JSON text, NULL for add; environment values cut off at '=' */
	const char *to;   /* JSON text, NULL for remove */
	const char *reason;
	bool is_enforced; /* false: audit, taken back */
};

struct journal_refusal {
	struct journal_refusal *next;
	const char *control;
	const char *key;
	const char *asked;
	const char *remedy;
	bool is_final;    /* no rewrite can make it comply: refused under fix too */
	bool is_enforced; /* false: would be refused (audit), or rewritten (fix) */
};

struct journal_note {
	struct journal_note *next;
	const char *control;
	const char *text;
};

struct journal {
	struct journal_entry *entries, *last_entry;
	struct journal_refusal *refusals, *last_refusal;
	struct journal_note *notes, *last_note;
	unsigned int counts[4]; /* enforced edits by class */
	unsigned int audited;   /* edits and refusals that were only recorded */
};

/* A note in the name of CONTROL; for what is known before or after the controls run. */
void journal_add_note(struct journal *journal, struct arena *arena, const char *control,
		      const char *text);

bool journal_is_refused(const struct journal *journal);

/* The journal as a JSON array / the refusals as a JSON array. PREFIX is left out of the front of
 * each path ("/process" for exec). */
void journal_write(struct strbuf *out, const struct journal *journal, const char *prefix);
void journal_write_refusals(struct strbuf *out, const struct journal *journal);

/*
 * The values of environments are written nowhere: cut them off behind '=' in every list "env" at or
 * below NODE (process.env, and that of each hook), or make them whole again.
 */
void journal_cut_values(struct json *node, bool is_cut);

const char *edit_class_name(enum edit_class class);

#endif
