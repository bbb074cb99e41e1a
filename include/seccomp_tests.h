/* One test of one argument as a set of values; for seccomp_terms.c. */
#ifndef MANTLET_SECCOMP_TESTS_H
#define MANTLET_SECCOMP_TESTS_H

#include "seccomp_terms.h"

/* A range of as many values is written out as equalities. */
#define SECCOMP_FEW 8

#define SECCOMP_MAX_TESTS 12

/* Alternatives; what does not fit is left out. */
struct seccomp_tests {
	size_t count;
	bool is_cut; /* something was left out */
	struct seccomp_test test[SECCOMP_MAX_TESTS];
};

bool seccomp_test_is_same(const struct seccomp_test *a, const struct seccomp_test *b);

/* Everything that passes A passes B, for sure. */
bool seccomp_test_implies(const struct seccomp_test *a, const struct seccomp_test *b);

/* Nothing passes both, for sure. */
bool seccomp_test_is_apart(const struct seccomp_test *a, const struct seccomp_test *b);

/* What passes both; what does not pass. As far as tests can say it. */
void seccomp_test_join(struct seccomp_tests *result, const struct seccomp_test *a,
		       const struct seccomp_test *b);
void seccomp_test_negate(struct seccomp_tests *result, const struct seccomp_test *test);

#endif
