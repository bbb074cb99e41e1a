/*
 * Conditions on the arguments of a system call: one test an argument at most, all of which must
 * hold. Sets of values, computed with.
 */
#ifndef MANTLET_SECCOMP_TERMS_H
#define MANTLET_SECCOMP_TERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECCOMP_ARGS 6

/* Terms that a computation may have; what goes beyond is left out, which allows less. */
#define SECCOMP_MAX_TERMS 32

/* GE and LT of the OCI form become GT and LE, so that a set has one spelling. */
enum seccomp_op {
	TEST_ANY, /* no test */
	TEST_EQ,
	TEST_NE,
	TEST_LE,
	TEST_GT,
	TEST_MASK, /* (argument & mask) == value */
};

struct seccomp_test {
	uint8_t op; /* enum seccomp_op */
	uint64_t value;
	uint64_t mask; /* TEST_MASK only */
};

struct seccomp_term {
	struct seccomp_test arg[SECCOMP_ARGS];
};

/* Alternatives. */
struct seccomp_terms {
	size_t count;
	bool is_cut;                          /* something was left out: too many, or no form */
	unsigned int size[SECCOMP_MAX_TERMS]; /* how much each lets through: seccomp_terms.c */
	struct seccomp_term term[SECCOMP_MAX_TERMS];
};

/* The shortest spelling of the set; TEST_ANY when everything passes. Nothing passes: false. */
bool seccomp_test_trim(struct seccomp_test *test);

bool seccomp_test_passes(const struct seccomp_test *test, uint64_t value);

/* Everything that passes A passes B, for sure. */
bool seccomp_term_implies(const struct seccomp_term *a, const struct seccomp_term *b);

/* Nothing passes both, for sure. NULL is everything. */
bool seccomp_term_is_apart(const struct seccomp_term *a, const struct seccomp_term *b);

bool seccomp_term_is_same(const struct seccomp_term *a, const struct seccomp_term *b);

/* An order that depends on nothing but the terms. */
int seccomp_term_compare(const struct seccomp_term *a, const struct seccomp_term *b);

/* Add what passes A and B, as far as one test an argument can say it. */
void seccomp_term_join(struct seccomp_terms *result, const struct seccomp_term *a,
		       const struct seccomp_term *b);

/* Add what passes A and not B, in the same way. */
void seccomp_term_subtract(struct seccomp_terms *result, const struct seccomp_term *a,
			   const struct seccomp_term *b);

/* Add TERM, unless another one says as much; those that say less than TERM go. Where there is no
 * room the smallest one goes. */
void seccomp_terms_add(struct seccomp_terms *terms, const struct seccomp_term *term);

#endif
