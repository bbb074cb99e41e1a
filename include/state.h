/*
 * The record of a container, from create to delete: /run/mantlet/<runtime root>/<id>.json.
 *
 * It holds the request as it came (environment values left out), the journal, the resolved profile:
 * exec, update and delete read it and no policy file, so that a typo in the policy cannot fail
 * every health check. Directories and files are root's; the policy's records_group may read them.
 */
#ifndef MANTLET_STATE_H
#define MANTLET_STATE_H

#include <limits.h>

#include "decision.h"
#include "fdio.h"

/* A record that is being written. */
struct state_file {
	int dir;
	char name[NAME_MAX + 1];
	struct fd_new file;
	struct strbuf_drain drain;
	struct strbuf text;
	size_t result_at; /* where in the file the final uid and gid stand */
};

/*
 * Begin the record of D's container with the request as DOC holds it: before any control runs.
 * Piece by piece into a file that has no name yet, for the request may be large.
 */
int state_begin(struct state_file *ret_file, const struct decision *d, struct json_doc *doc,
		struct error *e) MUST_CHECK;

/* The journal and the result: the record is whole, and takes the place of an older one. */
int state_keep(struct state_file *file, const struct decision *d, struct error *e) MUST_CHECK;

/* Whatever was not kept leaves nothing behind. For every file that state_begin() began. */
void state_close(struct state_file *file);

/*
 * Read the record of the container that D's command line names, into D: policy, facts.created,
 * engine, create_id, runtime. 0 and D->record = RECORD_PRESENT, or RECORD_MISSING when there is
 * none; -1 when there is one that cannot be trusted or read.
 */
int state_read(struct decision *d, struct error *e) MUST_CHECK;

/* The runtime that created the container ID, or NULL: for the commands that are passed on. */
const char *state_runtime(struct arena *arena, const struct invocation *inv, const char *id);

/* The record goes; absent is fine. */
void state_remove(const struct invocation *inv, const char *runtime);

/* The same for "delete", which the runtime may yet refuse: a container that is still running keeps
 * its record unless --force was given. */
void state_forget(const struct invocation *inv, const char *runtime);

/* True when the runtime keeps a container of this id already and will refuse another one: its
 * record must not be replaced. */
bool state_is_taken(const struct invocation *inv, const char *runtime);

/* True when some record, under any runtime root, is of a container ID. */
bool state_has_container(const char *id);

#endif
