/* What the runtime itself keeps about a container, as far as mantlet must know it. */
#ifndef MANTLET_RUNTIME_STATE_H
#define MANTLET_RUNTIME_STATE_H

#include <stdbool.h>
#include <sys/types.h>

/* True when the runtime root ROOT has surely no directory of that id; "create" refuses an id that
 * has one, and whatever we cannot see counts as there. */
bool runtime_state_is_absent(const char *root, const char *id);

/* True when the runtime has written down what it knows of the container (runc's state.json, crun's
 * status): before that a directory is one of a create that is going on. */
bool runtime_state_is_written(const char *root, const char *id);

/*
 * True when ID, kept under the runtime root ROOT, has a live first process, created or running:
 * "delete" without --force refuses those that run when it looks. Reads runc's state.json or crun's
 * status; false when neither can be read.
 */
bool runtime_state_is_alive(const char *root, const char *id);

/* The live first process of ID, from its creation on; 0 when there is none. */
pid_t runtime_state_pid(const char *root, const char *id);

#endif
