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
#include "state_record.h"

/* A record that is being written. */
struct state_file {
	struct state_record place;
	struct fd_new file;
	struct strbuf_drain drain;
	struct strbuf text;
	size_t result_at; /* where in the file the digest and the final uid and gid stand */
};

/*
 * Begin the record of D's container with the request as DOC holds it: before any control runs.
 * Piece by piece into a file that has no name yet, for the request may be large.
 */
int state_begin(struct state_file *ret_file, const struct decision *d, struct json_doc *doc,
		struct error *e) MUST_CHECK;

/*
 * The journal and the result, d->config_digest with it: the record is whole, and takes the place of
 * a stale one. -1 also when another create of the same id was faster: then its record is untouched.
 */
int state_keep(struct state_file *file, const struct decision *d, struct error *e) MUST_CHECK;

/* Whatever was not kept leaves nothing behind. For every file that state_begin() began. */
void state_close(struct state_file *file);

/*
 * Read the record of the container that D's command line names, into D: policy, facts.created,
 * engine, create_id, runtime, config_digest. 0 and D->record = RECORD_PRESENT, or RECORD_MISSING
 * when there is none; -1 when there is one that cannot be trusted or is damaged. After an upgrade
 * or a rollback RECORD_OTHER_VERSION: whole, but not what this version needs. Then there is no
 * policy, and of engine, create_id, runtime and facts.created.healthcheck what could be read.
 */
int state_read(struct decision *d, struct error *e) MUST_CHECK;

/* True when D's runtime surely has no container of that id, so nobody went around mantlet. */
bool state_is_nowhere(const struct decision *d);

/* The runtime that created the container ID, or NULL: for the commands that are passed on. */
const char *state_runtime(struct arena *arena, const struct invocation *inv, const char *id);

/* The record that this very call has written goes again: nothing was created. */
void state_take_back(const struct decision *d);

/* The record goes before "delete" is passed on, unless the runtime will refuse that (a container
 * that is still running and no --force), may refuse it (created, no --force: a start can be
 * faster), or a create of that id is going on. With a firewall the way to the runtime leads through
 * mantlet-net: it reads the counters and removes the plan. */
void state_forget(struct decision *d);

/* 0 when a container of this id can be created, as far as can be seen yet; a stale record goes. -1
 * when there is one already: its record must not be replaced. */
int state_check_free(const struct decision *d, struct error *e) MUST_CHECK;

/* True when some record, under any runtime root, is of a container ID. */
bool state_has_container(const char *id);

#endif
