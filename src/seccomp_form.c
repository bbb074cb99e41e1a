/*
 * Which rules for one call libseccomp compiles right. 2.5.4 makes of some lists of rules a filter
 * that lets more through than the rules say, and on a few it hangs; both are measured with
 * generated rules in tests/unit/test_seccomp_library.c. A combined profile is written only in the
 * forms that always came out right there:
 *
 *	one rule, whatever it tests;
 *	several rules of one test each, with constants below 2^32;
 *	several rules of one test each, without upper bounds;
 *	several rules that test each argument alike: for equality, or with one mask.
 *
 * It makes no difference whether they have one action or several, as long as no call fits two that
 * differ. Architectures of 32 bits drop the upper half of a constant, so beside them a wide one has
 * no form at all.
 */
#include "seccomp_call.h"

#include <stdlib.h>
#include <string.h>

enum form { FORM_NARROW, FORM_NO_UPPER_BOUND, FORM_ALIKE, FORMS };

/* How each argument is tested, in FORM_ALIKE. */
struct shape {
	struct seccomp_test arg[SECCOMP_ARGS];
};

static bool is_wide(const struct seccomp_term *term)
{
	for (size_t i = 0; i < SECCOMP_ARGS; i++) {
		if (term->arg[i].value > UINT32_MAX || term->arg[i].mask > UINT32_MAX)
			return true;
	}
	return false;
}

static unsigned int count_tests(const struct seccomp_term *term, enum seccomp_op op)
{
	unsigned int count = 0;

	for (size_t i = 0; i < SECCOMP_ARGS; i++)
		count += term->arg[i].op == op;
	return count;
}

/* Compares alike what SHAPE has of TERM, and makes the rest part of it. */
static bool is_alike(struct shape *shape, const struct seccomp_term *term)
{
	struct shape next = *shape;

	for (size_t i = 0; i < SECCOMP_ARGS; i++) {
		const struct seccomp_test *test = &term->arg[i];

		if (test->op == TEST_ANY)
			continue;
		if (test->op != TEST_EQ && test->op != TEST_MASK)
			return false;
		if (next.arg[i].op != TEST_ANY &&
		    (next.arg[i].op != test->op || next.arg[i].mask != test->mask))
			return false;
		next.arg[i] = *test;
	}
	*shape = next;
	return true;
}

static bool fits(struct shape *shape, const struct seccomp_term *term, enum form form)
{
	bool is_single;

	if (!term)
		return true;
	is_single = SECCOMP_ARGS - count_tests(term, TEST_ANY) == 1;
	switch (form) {
	case FORM_NARROW:
		return is_single && !is_wide(term);
	case FORM_NO_UPPER_BOUND:
		return is_single && count_tests(term, TEST_LE) == 0;
	case FORM_ALIKE:
		return is_alike(shape, term);
	case FORMS:
		break;
	}
	return false;
}

bool call_is_writable(const struct call *call, const struct seccomp_term *term)
{
	return !term || !call->is_narrow || !is_wide(term);
}

static bool all_fit(struct shape *shape, const struct seccomp_rule *rules, size_t count,
		    enum form form)
{
	for (size_t i = 0; i < count; i++) {
		if (!fits(shape, rules[i].term, form))
			return false;
	}
	return true;
}

bool call_is_sound(const struct call *call, const struct seccomp_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!call_is_writable(call, rules[i].term))
			return false;
	}
	/* On i386 what is behind socketcall(2) or ipc(2) becomes rules for these. */
	if (count < 2 && !call->is_gate)
		return true;
	for (enum form form = 0; form < FORMS; form++) {
		struct shape shape = { 0 };

		if (all_fit(&shape, rules, count, form))
			return true;
	}
	return false;
}

/* How much of all that could be passes: between 0 and 1. */
static double share(const struct seccomp_term *term)
{
	const double all = 18446744073709551616.0; /* 2^64 */
	double result = 1;

	for (size_t i = 0; term && i < SECCOMP_ARGS; i++) {
		const struct seccomp_test *test = &term->arg[i];

		switch ((enum seccomp_op)test->op) {
		case TEST_ANY:
			break;
		case TEST_EQ:
			result /= all;
			break;
		case TEST_NE:
			result *= (all - 1) / all;
			break;
		case TEST_LE:
			result *= ((double)test->value + 1) / all;
			break;
		case TEST_GT:
			result *= (double)(UINT64_MAX - test->value) / all;
			break;
		case TEST_MASK:
			for (uint64_t rest = test->mask; rest; rest &= rest - 1)
				result /= 2;
			break;
		}
	}
	return result;
}

/* From the largest set to the smallest. */
static int compare_shares(const void *a, const void *b)
{
	const struct seccomp_rule *x = a, *y = b;
	double one = share(x->term), other = share(y->term);

	return one > other ? -1 : one < other;
}

/* Leave the rules that fit, larger sets first. Returns how much they let through. */
static double keep_fitting(struct seccomp_rule *rules, size_t *count, struct shape *shape,
			   enum form form)
{
	size_t kept = 0;
	double sum = 0;

	for (size_t i = 0; i < *count; i++) {
		if (!fits(shape, rules[i].term, form))
			continue;
		sum += share(rules[i].term);
		rules[kept++] = rules[i];
	}
	*count = kept;
	return sum;
}

size_t call_keep_sound(const struct call *call, struct seccomp_rule *rules, size_t count,
		       const struct seccomp_rule *blocks, size_t block_count)
{
	struct seccomp_rule best[CALL_MAX_RESULT], some[CALL_MAX_RESULT];
	size_t best_count = 0;
	double most = 0;

	if (!count)
		return 0;
	qsort(rules, count, sizeof(*rules), compare_shares);
	/* Nothing but one rule, when that is more. */
	if (!block_count && !call->is_gate) {
		best[0] = rules[0];
		best_count = 1;
		most = share(rules[0].term);
	}
	for (enum form form = 0; form < FORMS; form++) {
		struct shape shape = { 0 };
		size_t some_count = count;
		double sum;

		if (!all_fit(&shape, blocks, block_count, form))
			continue;
		memcpy(some, rules, count * sizeof(*rules));
		sum = keep_fitting(some, &some_count, &shape, form);
		if (sum < most || (sum <= most && some_count <= best_count))
			continue;
		memcpy(best, some, some_count * sizeof(*some));
		best_count = some_count;
		most = sum;
	}
	memcpy(rules, best, best_count * sizeof(*best));
	return best_count;
}
