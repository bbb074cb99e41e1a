/*
 * Several tests of one argument as one set of values: merged, turned around, counted. So that
 * "below 38 or 39 or above 40" can be said as what it is, "neither 38 nor 40".
 */
#include "seccomp_ranges.h"

#include <stdlib.h>

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

void ranges_merge(struct ranges *ranges)
{
	size_t kept = 0;

	qsort(ranges->range, ranges->count, sizeof(ranges->range[0]), compare_ranges);
	for (size_t i = 0; i < ranges->count; i++) {
		struct range *last = kept ? &ranges->range[kept - 1] : NULL;

		if (!last || (last->last != UINT64_MAX && ranges->range[i].first > last->last + 1))
			ranges->range[kept++] = ranges->range[i];
		else if (ranges->range[i].last > last->last)
			last->last = ranges->range[i].last;
	}
	ranges->count = kept;
}

bool ranges_add(struct ranges *ranges, const struct seccomp_test *test)
{
	struct range *range = &ranges->range[ranges->count];
	uint64_t value = test->value;

	if (ranges->count + 3 > RANGES_MAX)
		return false;
	switch ((enum seccomp_op)test->op) {
	case TEST_EQ:
		*range = (struct range){ value, value };
		break;
	case TEST_LE:
		*range = (struct range){ 0, value };
		break;
	case TEST_GT:
		if (value == UINT64_MAX)
			return true;
		*range = (struct range){ value + 1, UINT64_MAX };
		break;
	case TEST_NE:
		if (value > 0) {
			*range = (struct range){ 0, value - 1 };
			range = &ranges->range[++ranges->count];
		}
		if (value == UINT64_MAX)
			return true;
		*range = (struct range){ value + 1, UINT64_MAX };
		break;
	case TEST_ANY:
	case TEST_MASK:
		return false;
	}
	ranges->count++;
	return true;
}

void ranges_rest(struct ranges *rest, const struct ranges *ranges)
{
	uint64_t next = 0;

	rest->count = 0;
	for (size_t i = 0; i < ranges->count; i++) {
		if (ranges->range[i].first > next)
			rest->range[rest->count++] =
				(struct range){ next, ranges->range[i].first - 1 };
		if (ranges->range[i].last == UINT64_MAX)
			return;
		next = ranges->range[i].last + 1;
	}
	rest->range[rest->count++] = (struct range){ next, UINT64_MAX };
}

size_t ranges_values(const struct ranges *ranges)
{
	uint64_t count = 0;

	for (size_t i = 0; i < ranges->count && count <= RANGES_FEW; i++) {
		uint64_t more = ranges->range[i].last - ranges->range[i].first;

		count = more >= RANGES_FEW ? RANGES_FEW + 1 : count + more + 1;
	}
	return count > RANGES_FEW ? RANGES_FEW + 1 : (size_t)count;
}
