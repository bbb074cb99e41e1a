/* The flag form of exec ("exec --user 0 --cap X ID CMD") as a process document. */
#ifndef MANTLET_EXEC_FLAGS_H
#define MANTLET_EXEC_FLAGS_H

#include "decision.h"

/* Long names of the flags that say something about the process; NULL-terminated. */
extern const char *const exec_flags_of_process[];

/*
 * Build in DOC what runc builds from its flags: the "process" of the bundle's config.json (which is
 * the hardened one) with the command and the flags laid over it (runc(8), exec). Needs the
 * container's record; refused without one, because the bundle of a container that was started
 * around mantlet is not hardened.
 */
int exec_flags_to_document(struct decision *d, struct json_doc *doc, struct error *e) MUST_CHECK;

#endif
