/* Names of the values that filters test: AF_UNIX, CLONE_NEWUSER, TIOCSTI. */
#ifndef MANTLET_SECCOMP_VALUES_H
#define MANTLET_SECCOMP_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seccomp_value {
	uint64_t value;
	const char *name;
};

/* What an argument of a call is. */
struct seccomp_argument {
	const char *name; /* "family" */
	bool is_flags;
	const struct seccomp_value *values; /* closed by a row without name; never NULL */
};

/* Argument INDEX (from 0) of CALL; NULL for one that we have no word for. */
const struct seccomp_argument *seccomp_argument(const char *call, size_t index);

/* Name of one value, or NULL. */
const char *seccomp_value_name(const struct seccomp_argument *argument, uint64_t value);

/* The flags that the kernel reads as "a new namespace" in clone(2). */
#define SECCOMP_NAMESPACE_FLAGS 0x7E020000U

#endif
