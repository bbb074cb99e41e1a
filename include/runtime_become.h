/* Become the real runtime: execve(2), for crun from a read-only mount. */
#ifndef MANTLET_RUNTIME_BECOME_H
#define MANTLET_RUNTIME_BECOME_H

#include <stdbool.h>

#include "error.h"

/*
 * Executes PATH (absolute, as runtime_find() gives it) with ARGV and the environment as it is.
 * Returns only on failure, -1. A crun runs from a private read-only mount of its file, which is in
 * no namespace and ends with it. Where its file lies on a read-only mount, and where there can be
 * none (Linux before 5.12, no CAP_SYS_ADMIN, a script), it is executed by its path, and does the
 * same for itself.
 */
int runtime_become(const char *path, char **argv, struct error *e) MUST_CHECK;

/* By its name ("crun", "crun.distrib"): what is decided by it may be faster or slower, never
 * looser. */
bool runtime_is_crun(const char *path);

#endif
