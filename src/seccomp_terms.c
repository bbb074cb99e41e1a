/*
 * Conditions as sets: the product of one set of values for each of six arguments. Their
 * intersections and differences are written as alternatives, each with one test an argument,
 * because runc, crun and libseccomp do not agree on two tests of one argument.
 */
#include "seccomp_terms.h"

#include <string.h>

#include "seccomp_tests.h"

/* Combinations that one intersection may have, and that are looked at when there is no room. */
#define MAX_TURNS 256
#define FULL_TURNS 16

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

static unsigned int bits_of(uint64_t count)
{
	return count ? 64U - (unsigned int)__builtin_clzll(count) : 0;
}

/* How many values pass, as a power of two. */
static unsigned int size_of_test(const struct seccomp_test *test)
{
	switch ((enum seccomp_op)test->op) {
	case TEST_EQ:
		return 0;
	case TEST_LE:
		return bits_of(test->value);
	case TEST_GT:
		return bits_of(~test->value);
	case TEST_MASK:
		return 64U - (unsigned int)__builtin_popcountll(test->mask);
	case TEST_ANY:
	case TEST_NE:
		break;
	}
	return 64;
}

static unsigned int size_of(const struct seccomp_term *term)
{
	unsigned int size = 0;

	for (size_t i = 0; i < SECCOMP_ARGS; i++)
		size += size_of_test(&term->arg[i]);
	return size;
}

static size_t find_smallest(const struct seccomp_terms *terms)
{
	size_t smallest = 0;

	for (size_t i = 1; i < terms->count; i++) {
		if (terms->size[i] < terms->size[smallest])
			smallest = i;
	}
	return smallest;
}

/* The open range above twenty forbidden values is worth more than the single ones between them. */
void seccomp_terms_add(struct seccomp_terms *terms, const struct seccomp_term *term)
{
	unsigned int size = size_of(term);
	size_t kept = 0, at;

	for (size_t i = 0; i < terms->count; i++) {
		if (terms->size[i] >= size && seccomp_term_implies(term, &terms->term[i]))
			return;
	}
	if (terms->count == SECCOMP_MAX_TERMS && size <= terms->size[find_smallest(terms)]) {
		terms->is_cut = true;
		return;
	}
	for (size_t i = 0; i < terms->count; i++) {
		if (seccomp_term_implies(&terms->term[i], term))
			continue;
		terms->size[kept] = terms->size[i];
		terms->term[kept++] = terms->term[i];
	}
	terms->count = kept;
	terms->is_cut = terms->is_cut || kept == SECCOMP_MAX_TERMS;
	at = kept < SECCOMP_MAX_TERMS ? terms->count++ : find_smallest(terms);
	terms->term[at] = *term;
	terms->size[at] = size;
}

void seccomp_term_join(struct seccomp_terms *result, const struct seccomp_term *a,
		       const struct seccomp_term *b)
{
	struct seccomp_tests choices[SECCOMP_ARGS];
	size_t at[SECCOMP_ARGS] = { 0 }, turns = 0, i;
	bool is_cut = false, is_empty = false, is_nothing = false;

	for (i = 0; i < SECCOMP_ARGS; i++) {
		seccomp_test_join(&choices[i], &a->arg[i], &b->arg[i]);
		is_cut = is_cut || choices[i].is_cut;
		is_empty = is_empty || (!choices[i].count && !choices[i].is_cut);
		is_nothing = is_nothing || !choices[i].count;
	}
	/* What one argument excludes is not lost by another one. */
	result->is_cut = result->is_cut || (is_cut && !is_empty);
	if (is_nothing)
		return;
	/* Every combination of the alternatives, counted like digits. */
	do {
		struct seccomp_term term;

		for (i = 0; i < SECCOMP_ARGS; i++)
			term.arg[i] = choices[i].test[at[i]];
		seccomp_terms_add(result, &term);
		turns += result->count < SECCOMP_MAX_TERMS ? 1 : MAX_TURNS / FULL_TURNS;
		for (i = 0; i < SECCOMP_ARGS && ++at[i] == choices[i].count; i++)
			at[i] = 0;
	} while (i < SECCOMP_ARGS && turns < MAX_TURNS);
	result->is_cut = result->is_cut || i < SECCOMP_ARGS;
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
		result->is_cut = result->is_cut || outside.is_cut;
		for (size_t j = 0; j < outside.count; j++) {
			struct seccomp_term one = *a;
			struct seccomp_tests inside;

			seccomp_test_join(&inside, &a->arg[i], &outside.test[j]);
			result->is_cut = result->is_cut || inside.is_cut;
			for (size_t k = 0; k < inside.count; k++) {
				one.arg[i] = inside.test[k];
				seccomp_terms_add(result, &one);
			}
		}
	}
}
