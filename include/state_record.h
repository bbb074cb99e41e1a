/*
 * One record on disk: found, read, judged, removed. For the state_* modules; all others use
 * state.h.
 */
#ifndef MANTLET_STATE_RECORD_H
#define MANTLET_STATE_RECORD_H

#include <limits.h>

#include "json.h"
#include "state_dir.h"

/* Where the record of a container lies, and the file when there is one. */
struct state_record {
	char root[PATH_MAX]; /* of the runtime */
	char name[NAME_MAX + 1];
	const char *id; /* borrowed */
	int dir;        /* of records; -1: none */
	int fd;         /* -1: none */
};

#define STATE_RECORD_NONE ((struct state_record){ .dir = -1, .fd = -1 })

enum state_life {
	STATE_UNJUDGED, /* of a runtime that we do not know, or of another pid namespace */
	STATE_COMING,   /* its create is still going on */
	STATE_KEPT,     /* the runtime has the container */
	STATE_STALE,    /* neither: nothing will ever come of it */
};

/* Find the record of ID under the root of RUNTIME. 1, 0 when there is none, -1 when it cannot be
 * opened. RECORD is to be closed in every case. */
int state_record_open(struct state_record *ret_record, const struct invocation *inv,
		      const char *runtime, const char *id, struct error *e) MUST_CHECK;
void state_record_close(struct state_record *record);

/* The first line of an open record, as far as the file is root's own and whole; else -1. */
int state_record_read(struct json_doc *ret_doc, const struct state_record *record,
		      struct arena *arena, struct error *e) MUST_CHECK;
int state_record_not_whole(struct error *e);

/*
 * What the record of ID, whose first line is LINE, is good for. A record is stale when the runtime
 * has no directory of the container and the process that wrote the record, which became the
 * runtime, has ended.
 */
enum state_life state_record_life(const struct state_record *record, const struct json *line,
				  const char *id);

/* Only of runc and crun (by the file's name; NULL: false) do we know that a container is a
 * directory below the root, from its first moment to its last. */
bool state_record_knows_directory_of(const char *runtime);

/* True when the process that wrote the record is still there: the create goes on, or it is a "run"
 * that waits for its container. */
bool state_record_has_creator(const struct json *line);

/* Remove the record, and what lies beside it, unless another one has taken its place. Under
 * state_lock(). The plan of a firewall stays when KEEPS_PLAN: mantlet-net removes it. */
void state_record_unlink(const struct state_record *record, bool keeps_plan);

/* The same with the lock. */
void state_record_drop(const struct state_record *record);

#endif
