/*
 * One test of one argument: the set of 64-bit values that pass it. Sets can be compared, negated
 * and intersected; where the result is no set that a test can say, the answer is a smaller one.
 */
#include "seccomp_tests.h"

#include <string.h>

bool seccomp_test_trim(struct seccomp_test *test)
{
	const struct seccomp_test any = { .op = TEST_ANY };

	switch ((enum seccomp_op)test->op) {
	case TEST_ANY:
	case TEST_EQ:
	case TEST_NE:
		break;
	case TEST_LE:
		if (test->value == UINT64_MAX)
			*test = any;
		else if (test->value == 0)
			test->op = TEST_EQ;
		break;
	case TEST_GT:
		if (test->value == UINT64_MAX)
			return false;
		if (test->value == UINT64_MAX - 1)
			*test = (struct seccomp_test){ .op = TEST_EQ, .value = UINT64_MAX };
		else if (test->value == 0)
			test->op = TEST_NE;
		break;
	case TEST_MASK:
		if ((test->value & ~test->mask) != 0)
			return false;
		if (test->mask == 0)
			*test = any;
		else if (test->mask == UINT64_MAX)
			*test = (struct seccomp_test){ .op = TEST_EQ, .value = test->value };
		break;
	}
	return true;
}

bool seccomp_test_passes(const struct seccomp_test *test, uint64_t value)
{
	switch ((enum seccomp_op)test->op) {
	case TEST_ANY:
		return true;
	case TEST_EQ:
		return value == test->value;
	case TEST_NE:
		return value != test->value;
	case TEST_LE:
		return value <= test->value;
	case TEST_GT:
		return value > test->value;
	case TEST_MASK:
		return (value & test->mask) == test->value;
	}
	return false;
}

/* The least and the greatest value that may pass. */
static uint64_t least(const struct seccomp_test *test)
{
	switch ((enum seccomp_op)test->op) {
	case TEST_EQ:
	case TEST_MASK:
		return test->value;
	case TEST_GT:
		return test->value + 1;
	case TEST_ANY:
	case TEST_NE:
	case TEST_LE:
		break;
	}
	return 0;
}

static uint64_t greatest(const struct seccomp_test *test)
{
	switch ((enum seccomp_op)test->op) {
	case TEST_EQ:
	case TEST_LE:
		return test->value;
	case TEST_MASK:
		return test->value | ~test->mask;
	case TEST_ANY:
	case TEST_NE:
	case TEST_GT:
		break;
	}
	return UINT64_MAX;
}

bool seccomp_test_is_same(const struct seccomp_test *a, const struct seccomp_test *b)
{
	return a->op == b->op && a->value == b->value && a->mask == b->mask;
}

bool seccomp_test_implies(const struct seccomp_test *a, const struct seccomp_test *b)
{
	if (b->op == TEST_ANY || seccomp_test_is_same(a, b))
		return true;
	if (a->op == TEST_EQ)
		return seccomp_test_passes(b, a->value);
	switch ((enum seccomp_op)b->op) {
	case TEST_LE:
		return greatest(a) <= b->value;
	case TEST_GT:
		return least(a) > b->value;
	case TEST_NE:
		return a->op != TEST_NE && !seccomp_test_passes(a, b->value);
	case TEST_MASK:
		return a->op == TEST_MASK && (b->mask & ~a->mask) == 0 &&
		       (a->value & b->mask) == b->value;
	case TEST_ANY:
	case TEST_EQ:
		break;
	}
	return false;
}

bool seccomp_test_is_apart(const struct seccomp_test *a, const struct seccomp_test *b)
{
	if (a->op == TEST_EQ)
		return !seccomp_test_passes(b, a->value);
	if (b->op == TEST_EQ)
		return !seccomp_test_passes(a, b->value);
	if (a->op == TEST_MASK && b->op == TEST_MASK &&
	    ((a->mask & b->mask) & (a->value ^ b->value)) != 0)
		return true;
	return greatest(a) < least(b) || greatest(b) < least(a);
}

static void add(struct seccomp_tests *tests, struct seccomp_test test)
{
	if (!seccomp_test_trim(&test))
		return;
	if (tests->count < SECCOMP_MAX_TESTS)
		tests->test[tests->count++] = test;
	else
		tests->is_cut = true;
}

/* All values from LOW to HIGH that pass both, if there are few. */
static void add_values(struct seccomp_tests *result, const struct seccomp_test *a,
		       const struct seccomp_test *b, uint64_t low, uint64_t high)
{
	/* One more may be in the range: the one that a TEST_NE takes out. */
	if (low > high)
		return;
	if (high - low > SECCOMP_FEW) {
		result->is_cut = true;
		return;
	}
	for (uint64_t i = 0; i <= high - low; i++) {
		if (seccomp_test_passes(a, low + i) && seccomp_test_passes(b, low + i))
			add(result, (struct seccomp_test){ .op = TEST_EQ, .value = low + i });
	}
}

/* OTHER, with a hole at VALUE: what is below it and what is above, each with one bound if it can
 * be. Bounds and holes only. */
static void add_around(struct seccomp_tests *result, const struct seccomp_test *other,
		       uint64_t value)
{
	const struct seccomp_test any = { .op = TEST_ANY };
	uint64_t low = least(other), high = greatest(other);

	if (value > low) {
		if (low == 0)
			add(result, (struct seccomp_test){ .op = TEST_LE, .value = value - 1 });
		else
			add_values(result, &any, &any, low, value - 1);
	}
	if (value < high) {
		if (high == UINT64_MAX)
			add(result, (struct seccomp_test){ .op = TEST_GT, .value = value });
		else
			add_values(result, &any, &any, value + 1, high);
	}
}

/* Two values that must not be: the values between them are few, or they are left out. */
static void add_beside(struct seccomp_tests *result, uint64_t one, uint64_t other)
{
	const struct seccomp_test any = { .op = TEST_ANY };
	uint64_t low = one < other ? one : other, high = one < other ? other : one;

	if (low > 0)
		add(result, (struct seccomp_test){ .op = TEST_LE, .value = low - 1 });
	add_values(result, &any, &any, low + 1, high - 1);
	if (high < UINT64_MAX)
		add(result, (struct seccomp_test){ .op = TEST_GT, .value = high });
}

static void join_different(struct seccomp_tests *result, const struct seccomp_test *a,
			   const struct seccomp_test *b)
{
	uint64_t low = least(a) > least(b) ? least(a) : least(b);
	uint64_t high = greatest(a) < greatest(b) ? greatest(a) : greatest(b);

	if (low > high)
		return;
	if (a->op == TEST_NE && b->op == TEST_NE) {
		add_beside(result, a->value, b->value);
	} else if (a->op == TEST_NE && b->op != TEST_MASK) {
		add_around(result, b, a->value);
	} else if (b->op == TEST_NE && a->op != TEST_MASK) {
		add_around(result, a, b->value);
	} else if (a->op == TEST_MASK && b->op == TEST_MASK) {
		add(result, (struct seccomp_test){ .op = TEST_MASK,
						   .mask = a->mask | b->mask,
						   .value = a->value | b->value });
	} else {
		add_values(result, a, b, low, high);
	}
}

void seccomp_test_join(struct seccomp_tests *result, const struct seccomp_test *a,
		       const struct seccomp_test *b)
{
	result->count = 0;
	result->is_cut = false;
	if (seccomp_test_is_apart(a, b))
		return;
	if (seccomp_test_implies(a, b))
		add(result, *a);
	else if (seccomp_test_implies(b, a))
		add(result, *b);
	else
		join_different(result, a, b);
}

/* (argument & mask) != value: one of the bits is another. */
static void negate_mask(struct seccomp_tests *result, const struct seccomp_test *test)
{
	for (uint64_t rest = test->mask; rest; rest &= rest - 1) {
		uint64_t bit = rest & (~rest + 1);

		add(result, (struct seccomp_test){
				    .op = TEST_MASK, .mask = bit, .value = bit & ~test->value });
	}
}

void seccomp_test_negate(struct seccomp_tests *result, const struct seccomp_test *test)
{
	result->count = 0;
	result->is_cut = false;
	switch ((enum seccomp_op)test->op) {
	case TEST_ANY:
		break;
	case TEST_EQ:
		add(result, (struct seccomp_test){ .op = TEST_NE, .value = test->value });
		break;
	case TEST_NE:
		add(result, (struct seccomp_test){ .op = TEST_EQ, .value = test->value });
		break;
	case TEST_LE:
		add(result, (struct seccomp_test){ .op = TEST_GT, .value = test->value });
		break;
	case TEST_GT:
		add(result, (struct seccomp_test){ .op = TEST_LE, .value = test->value });
		break;
	case TEST_MASK:
		negate_mask(result, test);
		break;
	}
}
