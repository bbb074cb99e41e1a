/* A private copy of a document for the runtime, which nobody can change and which leaves no file.
 */
#ifndef MANTLET_MEMFD_H
#define MANTLET_MEMFD_H

#include <stddef.h>

#include "error.h"

/* Lowest number a hand-over descriptor gets, where RLIMIT_NOFILE is high enough. */
#define MEMFD_FLOOR 64

/*
 * A sealed memfd (memfd_create(2), fcntl(2) F_ADD_SEALS) with the LEN bytes, rewound, NOT
 * close-on-exec, because the runtime reads it behind our execve as /proc/self/fd/N. Its number lies
 * behind the PRESERVED ones from 3 on, which --preserve-fds hands to the container; -1 when there
 * is none free. Measured: runc and crun do not pass it on to the container.
 */
int memfd_sealed(const char *name, const void *bytes, size_t len, unsigned int preserved,
		 struct error *e) MUST_CHECK;

#endif
