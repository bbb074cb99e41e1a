/* A private copy of a document for the runtime, which nobody can change and which leaves no file.
 */
#ifndef MANTLET_MEMFD_H
#define MANTLET_MEMFD_H

#include <stddef.h>

#include "error.h"

/* Lowest number a hand-over descriptor gets: above what --preserve-fds could ever name. */
#define MEMFD_FLOOR 64

/*
 * A sealed memfd (memfd_create(2), fcntl(2) F_ADD_SEALS) with the LEN bytes, rewound, NOT
 * close-on-exec, because the runtime reads it behind our execve as /proc/self/fd/N; its number is
 * MEMFD_FLOOR or above. Measured: runc and crun do not pass it on to the container. -1 on failure.
 */
int memfd_sealed(const char *name, const void *bytes, size_t len, struct error *e) MUST_CHECK;

#endif
