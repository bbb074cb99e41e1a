/*
 * The flows: from a parsed command line to a document that obeys policy and an argv for the
 * runtime. Each fills the decision as it goes, so that a refusal can say how far it got. 0: go on
 * and execute the runtime with cli_argv(); -1: nothing may start.
 */
#ifndef MANTLET_WRAP_H
#define MANTLET_WRAP_H

#include "decision.h"

/* create, run, restore: the bundle's config.json, hardened in place. */
int wrap_create(struct decision *d, struct error *e) MUST_CHECK;

/* exec: the process document, hardened in a sealed copy (contract, section 12). */
int wrap_exec(struct decision *d, struct error *e) MUST_CHECK;

/* update: the resources, clamped, in a sealed copy on standard input. */
int wrap_update(struct decision *d, struct error *e) MUST_CHECK;

/* checkpoint: there is no document; directories and options, judged. */
int wrap_checkpoint(struct decision *d, struct error *e) MUST_CHECK;

/* start: of a container that was hardened, that is, one with a record; passed on as it came. */
int wrap_start(struct decision *d, struct error *e) MUST_CHECK;

/* Everything else: find the runtime, nothing more. "delete" takes the record away. */
int wrap_pass(struct decision *d, struct error *e) MUST_CHECK;

/* Shared by the flows. Load the policy and find the runtime that it names. */
int wrap_choose_policy(struct decision *d, struct error *e) MUST_CHECK;

/* Run the controls of the decision's profile over DOC, and refuse when the journal says so. */
int wrap_decide(struct decision *d, struct json_doc *doc, enum edit_scope scope,
		struct error *e) MUST_CHECK;

/* create and start: the caller's NOTIFY_SOCKET does not reach the runtime, unless the policy keeps
 * it. Before the record is written, so that it has the note. */
void wrap_drop_notify_socket(struct decision *d);

/* For exec and update: the record's profile and runtime, else chosen anew; and the host. */
int wrap_open_container(struct decision *d, struct error *e) MUST_CHECK;

/* The bundle of an engine that --log lies in: Docker's and containerd's directly, conmon's for an
 * exec one directory below. NULL: none. In the arena. */
const char *wrap_bundle_of_log(const struct decision *d);

/* For checkpoint and restore: directories and options of the command line, into d->facts. The
 * runtime gets directories without symlinks and the criu that was checked. */
int checkpoint_prepare(struct decision *d, struct error *e) MUST_CHECK;

/* Parse what the engine hands over: a file, a FIFO, "-" for standard input; read once. */
int wrap_parse_document(struct json_doc *ret_doc, struct arena *arena, const char *path,
			const char *name, struct error *e) MUST_CHECK;

#endif
