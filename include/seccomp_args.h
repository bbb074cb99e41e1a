/* The conditions of a seccomp rule, argument by argument: seccomp_rule_add(3). */
#ifndef MANTLET_SECCOMP_ARGS_H
#define MANTLET_SECCOMP_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "json.h"

#define SECCOMP_ARGS 6

/* One test of one argument. */
struct seccomp_test {
	bool is_set;
	const char *op;
	uint64_t value;
	uint64_t value_two;
};

/* A rule's tests, by argument. */
struct seccomp_tests {
	struct seccomp_test arg[SECCOMP_ARGS];
};

/*
 * The tests of RULE. False when they have no form that means the same to everybody: an argument
 * tested twice (runc takes either, crun refuses), an index out of range, an unknown comparison, or
 * bits outside of the mask, which libseccomp cuts off.
 */
bool seccomp_tests_read(struct seccomp_tests *tests, const struct json *rule);

/* What passes both A and B. False when nothing does, or when no one test for each argument says
 * it. */
bool seccomp_tests_join(struct seccomp_tests *result, const struct seccomp_tests *a,
			const struct seccomp_tests *b);

/* True when provably nothing passes both. */
bool seccomp_tests_are_disjoint(const struct seccomp_tests *a, const struct seccomp_tests *b);

#endif
