/*
 * Conditions as sets: the product of one set of values for each of six arguments. Their
 * intersections and differences are written as alternatives, each with one test an argument,
 * because runc, crun and libseccomp do not agree on two tests of one argument.
 */
#include "seccomp_terms.h"

#include <string.h>

#include "seccomp_tests.h"

/* Combinations that one intersection may have. */
#define MAX_TURNS 256

static const struct seccomp_term everything;

bool seccomp_term_implies(const struct seccomp_term *a, const struct seccomp_term *b)
{
	for (size_t i = 0; i < SECCOMP_ARGS; i++) {
		if (!seccomp_test_implies(&a->arg[i], &b->arg[i]))
			return false;
	}
	return true;
}

bool seccomp_term_is_apart(const struct seccomp_term *a, const struct seccomp_term *b)
{
	if (!a || !b)
		return false;
	for (size_t i = 0; i < SECCOMP_ARGS; i++) {
		if (seccomp_test_is_apart(&a->arg[i], &b->arg[i]))
			return true;
	}
	return false;
}

bool seccomp_term_is_same(const struct seccomp_term *a, const struct seccomp_term *b)
{
	return seccomp_term_compare(a ? a : &everything, b ? b : &everything) == 0;
}

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

int seccomp_term_compare(const struct seccomp_term *a, const struct seccomp_term *b)
{
	int order = 0;

	for (size_t i = 0; i < SECCOMP_ARGS && !order; i++) {
		const struct seccomp_test *x = &a->arg[i], *y = &b->arg[i];

		order = compare(x->op, y->op);
		order = order ? order : compare(x->value, y->value);
		order = order ? order : compare(x->mask, y->mask);
	}
	return order;
}

void seccomp_terms_add(struct seccomp_terms *terms, const struct seccomp_term *term)
{
	size_t kept = 0;

	for (size_t i = 0; i < terms->count; i++) {
		if (seccomp_term_implies(term, &terms->term[i]))
			return;
	}
	for (size_t i = 0; i < terms->count; i++) {
		if (!seccomp_term_implies(&terms->term[i], term))
			terms->term[kept++] = terms->term[i];
	}
	terms->count = kept;
	if (terms->count < SECCOMP_MAX_TERMS)
		terms->term[terms->count++] = *term;
}

void seccomp_term_join(struct seccomp_terms *result, const struct seccomp_term *a,
		       const struct seccomp_term *b)
{
	struct seccomp_tests choices[SECCOMP_ARGS];
	size_t at[SECCOMP_ARGS] = { 0 }, turns = 0, i;

	for (i = 0; i < SECCOMP_ARGS; i++) {
		seccomp_test_join(&choices[i], &a->arg[i], &b->arg[i]);
		if (!choices[i].count)
			return;
	}
	/* Every combination of the alternatives, counted like digits. */
	do {
		struct seccomp_term term;

		for (i = 0; i < SECCOMP_ARGS; i++)
			term.arg[i] = choices[i].test[at[i]];
		seccomp_terms_add(result, &term);
		if (result->count == SECCOMP_MAX_TERMS || ++turns == MAX_TURNS)
			return;
		for (i = 0; i < SECCOMP_ARGS && ++at[i] == choices[i].count; i++)
			at[i] = 0;
	} while (i < SECCOMP_ARGS);
}

void seccomp_term_subtract(struct seccomp_terms *result, const struct seccomp_term *a,
			   const struct seccomp_term *b)
{
	if (seccomp_term_is_apart(a, b)) {
		seccomp_terms_add(result, a);
		return;
	}
	for (size_t i = 0; i < SECCOMP_ARGS; i++) {
		struct seccomp_tests outside;

		seccomp_test_negate(&outside, &b->arg[i]);
		for (size_t j = 0; j < outside.count; j++) {
			struct seccomp_term one = { 0 };

			one.arg[i] = outside.test[j];
			seccomp_term_join(result, a, &one);
		}
	}
}
