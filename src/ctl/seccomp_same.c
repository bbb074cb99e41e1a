/*
 * Do two sets of rules say the same to a call? Rules can be written in many ways: "below 38 or 39
 * or above 40" is "neither 38 nor 40". So both are tried with arguments that stand for all others:
 * beside each value that a rule compares with, and every combination of the bits that a rule looks
 * at. Where these are too many, or bits and ranges mix, only rules that are written alike are the
 * same: then a difference may be shown that is none, but none is missed.
 */
#include <string.h>

#include "seccomp_parts.h"

#define MAX_POINTS 2048      /* of one argument */
#define MAX_TURNS (1U << 16) /* combinations of arguments */
#define MAX_BITS 9
#define MAX_NAMED 48 /* below 64 - MAX_BITS */
#define MAX_RULES 64 /* of one call, on one side */

/* Values of one argument that stand for all. */
struct points {
	uint64_t bits; /* that masks look at */
	bool has_ranges;
	bool is_too_many;
	size_t count;
	uint64_t value[MAX_POINTS];
};

static void add_point(struct points *points, uint64_t value)
{
	for (size_t i = 0; i < points->count; i++) {
		if (points->value[i] == value)
			return;
	}
	if (points->count < MAX_POINTS)
		points->value[points->count++] = value;
	else
		points->is_too_many = true;
}

static void add_test(struct points *points, const struct seccomp_test *test)
{
	switch ((enum seccomp_op)test->op) {
	case TEST_ANY:
		return;
	case TEST_MASK:
		points->bits |= test->mask;
		return;
	case TEST_LE:
	case TEST_GT:
		points->has_ranges = true;
		break;
	case TEST_EQ:
	case TEST_NE:
		break;
	}
	add_point(points, test->value - 1);
	add_point(points, test->value);
	add_point(points, test->value + 1);
}

/* Every combination of the bits, once as it is and once as a value that no rule names. */
static void add_bits(struct points *points)
{
	size_t named = points->count;
	uint64_t part = 0, rest = ~points->bits;

	if (!points->bits)
		return;
	if (points->has_ranges || __builtin_popcountll(points->bits) > MAX_BITS ||
	    named > MAX_NAMED) {
		points->is_too_many = true;
		return;
	}
	do {
		uint64_t other = part;

		add_point(points, part);
		/* With one bit that no mask looks at; there are more of them than names. */
		for (uint64_t left = rest; left; left &= left - 1) {
			bool is_named = false;

			other = part | (left & -left);
			for (size_t i = 0; i < named && !is_named; i++)
				is_named = points->value[i] == other;
			if (!is_named)
				break;
		}
		add_point(points, other);
		part = (part - points->bits) & points->bits;
	} while (part);
}

static struct seccomp_answer answer_to(const struct verdict *verdict,
				       const uint64_t args[static SECCOMP_ARGS])
{
	struct seccomp_answer answer = verdict->other;
	bool is_found = false;

	for (size_t i = 0; i < verdict->count; i++) {
		const struct seccomp_rule *rule = &verdict->rules[i];
		bool fits = true;

		for (size_t arg = 0; rule->term && arg < SECCOMP_ARGS && fits; arg++)
			fits = seccomp_test_passes(&rule->term->arg[arg], args[arg]);
		if (!fits || (is_found && rule->answer.action <= answer.action))
			continue;
		answer = rule->answer;
		is_found = true;
	}
	return answer;
}

static bool is_alike(struct seccomp_answer a, struct seccomp_answer b, bool is_permission)
{
	if (is_permission && seccomp_is_blocking(a) && seccomp_is_blocking(b))
		return true;
	return seccomp_is_same_answer(a, b);
}

/* Each rule of A that matters has one like it in B. */
static bool has_all(const struct verdict *a, const struct verdict *b, bool is_permission)
{
	for (size_t i = 0; i < a->count; i++) {
		bool is_found = is_alike(a->rules[i].answer, a->other, is_permission);

		for (size_t j = 0; j < b->count && !is_found; j++)
			is_found =
				is_alike(a->rules[i].answer, b->rules[j].answer, is_permission) &&
				seccomp_term_is_same(a->rules[i].term, b->rules[j].term);
		if (!is_found)
			return false;
	}
	return true;
}

static bool is_written_alike(const struct verdict *a, const struct verdict *b, bool is_permission)
{
	return is_alike(a->other, b->other, is_permission) && has_all(a, b, is_permission) &&
	       has_all(b, a, is_permission);
}

static void find_points(struct points points[static SECCOMP_ARGS], const struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->count; i++) {
		for (size_t arg = 0; verdict->rules[i].term && arg < SECCOMP_ARGS; arg++)
			add_test(&points[arg], &verdict->rules[i].term->arg[arg]);
	}
}

static bool is_same(const struct verdict *a, const struct verdict *b, bool is_permission)
{
	static struct points points[SECCOMP_ARGS]; /* large, and nothing here calls itself */
	size_t at[SECCOMP_ARGS] = { 0 }, turns = 1, i;
	uint64_t args[SECCOMP_ARGS];

	if (a->count > MAX_RULES || b->count > MAX_RULES)
		return false;
	if (is_written_alike(a, b, is_permission))
		return true;
	memset(points, 0, sizeof(points));
	find_points(points, a);
	find_points(points, b);
	for (i = 0; i < SECCOMP_ARGS; i++) {
		add_bits(&points[i]);
		if (!points[i].count)
			add_point(&points[i], 0);
		turns *= points[i].count;
		if (points[i].is_too_many || turns > MAX_TURNS)
			return false;
	}
	/* Every combination, counted like digits. */
	do {
		for (i = 0; i < SECCOMP_ARGS; i++)
			args[i] = points[i].value[at[i]];
		if (!is_alike(answer_to(a, args), answer_to(b, args), is_permission))
			return false;
		for (i = 0; i < SECCOMP_ARGS && ++at[i] == points[i].count; i++)
			at[i] = 0;
	} while (i < SECCOMP_ARGS);
	return true;
}

bool verdict_is_same(const struct verdict *a, const struct verdict *b)
{
	return is_same(a, b, false);
}

bool verdict_is_same_permission(const struct verdict *a, const struct verdict *b)
{
	return is_same(a, b, true);
}
