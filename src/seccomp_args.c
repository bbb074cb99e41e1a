/*
 * What two conditions on the arguments of a system call have in common, said again as a condition;
 * and whether they have anything in common at all. Where that cannot be said simply and surely the
 * answer is the one that blocks more.
 */
#include "seccomp_args.h"

#include <string.h>

#include "text.h"

static bool is_known_op(const char *op)
{
	static const char *const ops[] = { "SCMP_CMP_EQ",        "SCMP_CMP_NE", "SCMP_CMP_LT",
					   "SCMP_CMP_LE",        "SCMP_CMP_GT", "SCMP_CMP_GE",
					   "SCMP_CMP_MASKED_EQ", NULL };

	return text_in(op, ops);
}

bool seccomp_tests_read(struct seccomp_tests *tests, const struct json *rule)
{
	memset(tests, 0, sizeof(*tests));
	json_each (arg, json_find(rule, "args")) {
		uint64_t index = SECCOMP_ARGS;
		struct seccomp_test *test;

		if (!json_number_u64(json_find(arg, "index"), &index) || index >= SECCOMP_ARGS)
			return false;
		test = &tests->arg[index];
		if (test->is_set)
			return false;
		test->is_set = true;
		test->op = json_text(json_find(arg, "op"));
		(void)json_number_u64(json_find(arg, "value"), &test->value);
		(void)json_number_u64(json_find(arg, "valueTwo"), &test->value_two);
		if (!is_known_op(test->op) || (text_equal(test->op, "SCMP_CMP_MASKED_EQ") &&
					       (test->value_two & ~test->value) != 0))
			return false;
	}
	return true;
}

/* Does VALUE pass? For SCMP_CMP_MASKED_EQ, value is the mask; seccomp_rule_add(3). Unknown: no. */
static bool passes(const struct seccomp_test *test, uint64_t value)
{
	if (text_equal(test->op, "SCMP_CMP_EQ"))
		return value == test->value;
	if (text_equal(test->op, "SCMP_CMP_NE"))
		return value != test->value;
	if (text_equal(test->op, "SCMP_CMP_LT"))
		return value < test->value;
	if (text_equal(test->op, "SCMP_CMP_LE"))
		return value <= test->value;
	if (text_equal(test->op, "SCMP_CMP_GT"))
		return value > test->value;
	if (text_equal(test->op, "SCMP_CMP_GE"))
		return value >= test->value;
	if (text_equal(test->op, "SCMP_CMP_MASKED_EQ"))
		return (value & test->value) == test->value_two;
	return false;
}

static bool is_equal_test(const struct seccomp_test *a, const struct seccomp_test *b)
{
	return text_equal(a->op, b->op) && a->value == b->value && a->value_two == b->value_two;
}

static bool is_eq(const struct seccomp_test *test)
{
	return text_equal(test->op, "SCMP_CMP_EQ");
}

/* Both tests of one argument as one test; false when nothing passes both or no one test says it. */
static bool join(struct seccomp_test *result, const struct seccomp_test *a,
		 const struct seccomp_test *b)
{
	if (is_equal_test(a, b) || (is_eq(a) && passes(b, a->value)))
		*result = *a;
	else if (is_eq(b) && passes(a, b->value))
		*result = *b;
	else
		return false;
	return true;
}

bool seccomp_tests_join(struct seccomp_tests *result, const struct seccomp_tests *a,
			const struct seccomp_tests *b)
{
	for (size_t i = 0; i < SECCOMP_ARGS; i++) {
		const struct seccomp_test *x = &a->arg[i], *y = &b->arg[i];

		if (x->is_set && y->is_set) {
			if (!join(&result->arg[i], x, y))
				return false;
		} else {
			result->arg[i] = x->is_set ? *x : *y;
		}
	}
	return true;
}

static bool bits_of(const struct seccomp_test *test, uint64_t *mask, uint64_t *bits)
{
	bool is_masked = text_equal(test->op, "SCMP_CMP_MASKED_EQ");

	*mask = is_masked ? test->value : UINT64_MAX;
	*bits = is_masked ? test->value_two : test->value;
	return is_masked || is_eq(test);
}

/* Provably no value passes both. */
static bool is_disjoint_test(const struct seccomp_test *a, const struct seccomp_test *b)
{
	uint64_t mask_a, mask_b, bits_a, bits_b;

	if (is_eq(a) && !passes(b, a->value))
		return true;
	if (is_eq(b) && !passes(a, b->value))
		return true;
	return bits_of(a, &mask_a, &bits_a) && bits_of(b, &mask_b, &bits_b) &&
	       ((mask_a & mask_b) & (bits_a ^ bits_b)) != 0;
}

bool seccomp_tests_are_disjoint(const struct seccomp_tests *a, const struct seccomp_tests *b)
{
	for (size_t i = 0; i < SECCOMP_ARGS; i++) {
		if (a->arg[i].is_set && b->arg[i].is_set &&
		    is_disjoint_test(&a->arg[i], &b->arg[i]))
			return true;
	}
	return false;
}
