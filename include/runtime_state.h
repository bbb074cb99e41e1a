/* What the runtime itself keeps about a container, as far as mantlet must know it. */
#ifndef MANTLET_RUNTIME_STATE_H
#define MANTLET_RUNTIME_STATE_H

#include <stdbool.h>

/* True when the runtime root ROOT has a directory of that id: "create" refuses exactly these. */
bool runtime_state_exists(const char *root, const char *id);

/*
 * True when ID, kept under the runtime root ROOT, has a live process and has been started: "delete"
 * without --force refuses exactly these. Reads runc's state.json or crun's status; false when
 * neither can be read.
 */
bool runtime_state_is_running(const char *root, const char *id);

#endif
