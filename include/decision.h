/*
 * Everything that belongs to one decision: what was asked, by whom, what policy says, what was
 * changed. The flows (create, exec, update) fill it step by step; the error report, the record and
 * the audit event are written from it, however far it got.
 */
#ifndef MANTLET_DECISION_H
#define MANTLET_DECISION_H

#include <time.h>

#include "cli.h"
#include "facts.h"
#include "journal.h"
#include "policy.h"

/* What the container has of a firewall: also the number in its record. */
enum firewall { FIREWALL_NONE, FIREWALL_AUDITED, FIREWALL_ENFORCED };

enum record_state {
	RECORD_NONE,
	RECORD_PRESENT,
	RECORD_MISSING,
	RECORD_OTHER_VERSION, /* whole, but of a mantlet whose records say other things */
};

/* What exec runs, for its event. */
struct exec_facts {
	const char *program; /* NULL when this is no exec */
	unsigned int argc;
	bool has_terminal;
	bool is_shell;         /* starts one, as far as names tell */
	bool is_flags;         /* the flag form, not a document */
	bool asked_privileged; /* capabilities beyond those of the create request */
	uint64_t asked_uid, asked_gid;
	const char *asked;       /* SHA-256 of the document as it came; only of a health check */
	const struct json *args; /* process.args */
};

struct decision {
	struct arena *arena;
	struct invocation inv;
	struct policy policy; /* zeroed until loaded */
	bool has_policy;
	struct facts facts;
	struct journal journal;
	const char *runtime; /* absolute path; NULL until found */
	const char *event_id;
	const char *create_id; /* event id of the create, from the record */
	enum record_state record;
	const char *config_digest; /* of the config.json that create wrote (bundle_digest()) */
	enum firewall firewall;
	const char *net_text; /* create: the plan, with its newline; NULL: no firewall */
	const char
		*net_program; /* start, delete: on the way to the runtime through this one, ... */
	const char *net_command; /* ... with this command, for facts.net_plan; NULL: directly */
	bool is_around; /* something shows that somebody went around mantlet, or tampered */
	struct exec_facts exec;
	const char *path_prefix; /* of the journal's paths: "", "/process", "/linux/resources" */
	const char *doc_text;    /* an update's or exec's new document, for the hand-over */
	struct timespec started; /* CLOCK_MONOTONIC */
};

/* The refusal of a decision as one error: every reason, remedy, where to ask, and in brackets the
 * controls, the policy, the rule and the container (messages.md, "Rules for a refusal"). Returns
 * -1. */
int decision_refuse(const struct decision *d, struct error *e);

/* The same for what no control refuses: REASON with its remedy, TAG where the controls stand. */
int decision_refuse_as(const struct decision *d, const char *tag, const char *reason,
		       struct error *e);

#endif
