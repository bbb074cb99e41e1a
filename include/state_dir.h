/* Where records lie: /run/mantlet/<runtime root>/<id>.json, and whose these directories are. */
#ifndef MANTLET_STATE_DIR_H
#define MANTLET_STATE_DIR_H

#include <limits.h>

#include "decision.h"

/* Of the form of a record; raised when a member is added that must be there. */
#define STATE_VERSION 2

/* What fd_new_open() needs for its own names; runtimes take longer ids, no engine writes them. */
#define STATE_ID_MAX 200

/*
 * The directory in which RUNTIME keeps its containers: --root, else its default (runc(8), crun(1)),
 * as an absolute path without symlinks as far as it exists. -1 when it cannot be told.
 */
int state_root(char buf[static PATH_MAX], const struct invocation *inv, const char *runtime,
	       struct error *e) MUST_CHECK;

/* The directory of the records of that root, opened; made when missing. -1 with E when it cannot be
 * trusted. */
int state_dir_make(const char *root, const struct policy *policy, struct error *e) MUST_CHECK;

/* The same for reading. 1 and *RET_FD, 0 when there is none, -1 when it cannot be trusted. */
int state_dir_open(int *ret_fd, const char *root, struct error *e) MUST_CHECK;

/*
 * One lock for whatever looks at a record and then puts or removes one. Held for that moment only:
 * closing the descriptor returned releases it, and so does the end of the process; the runtime
 * never has it. Not to be taken twice. -1 with E.
 */
int state_lock(struct error *e) MUST_CHECK;

/* "<id>.json"; -1 when the id is too long for one. */
int state_file_name(char name[static NAME_MAX + 1], const char *id);

/* Where the plan of the firewall of ID lies (net_files.h), absolute, in ARENA; NULL when there can
 * be none. */
const char *state_plan_path(struct arena *arena, const char *root, const char *id);

/* Give a directory or file to those whom the policy lets read records: MODE, else PRIVATE. */
void state_share(int fd, mode_t mode, mode_t private, const struct policy *policy);

#endif
