/* The capabilities that an engine gives when nobody asks. */
#ifndef MANTLET_ENGINE_CAPS_H
#define MANTLET_ENGINE_CAPS_H

#include <stdint.h>

#include "edit.h"

/*
 * Bit n: capability n; the union of what Docker 20.10, containerd 1.6, podman 4.3, buildah 1.28 and
 * "runc spec" write (tests/data/fixtures), because an engine's own defaults must not count as asked
 * for. Only chooses between rewriting and refusing.
 */
uint64_t engine_default_caps(void);

/* What nobody asked for: at create the engine's default list, at exec what the create request had.
 */
uint64_t engine_unasked_caps(const struct edit *ed);

#endif
