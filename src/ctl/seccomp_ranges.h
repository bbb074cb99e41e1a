/* The values that tests of one argument let through, as ranges. */
#ifndef MANTLET_SECCOMP_RANGES_H
#define MANTLET_SECCOMP_RANGES_H

#include "seccomp_terms.h"

#define RANGES_MAX 128
#define RANGES_FEW 16 /* values that are listed one by one */

struct range {
	uint64_t first, last;
};

/* Sorted and apart after ranges_merge(). */
struct ranges {
	size_t count;
	struct range range[RANGES_MAX];
};

/* What passes TEST as well. False, and nothing added, when it tests bits or there is no room. */
bool ranges_add(struct ranges *ranges, const struct seccomp_test *test);

void ranges_merge(struct ranges *ranges);

/* All other values; RANGES must be merged. */
void ranges_rest(struct ranges *rest, const struct ranges *ranges);

/* Number of values, RANGES_FEW + 1 for more than few; RANGES must be merged. */
size_t ranges_values(const struct ranges *ranges);

#endif
