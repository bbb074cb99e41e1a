/* The capabilities that an engine gives when nobody asks. */
#ifndef MANTLET_ENGINE_CAPS_H
#define MANTLET_ENGINE_CAPS_H

#include <stdint.h>

#include "facts.h"

/*
 * Bit n: capability n. From the documents of Docker 20.10, containerd 1.6, podman 4.3, buildah 1.28
 * (tests/data/fixtures); "runc spec" for nobody's engine, joined with all others, because an
 * unknown engine's defaults must not count as asked for. Only chooses between rewriting and
 * refusing.
 */
uint64_t engine_default_caps(enum engine engine);

#endif
