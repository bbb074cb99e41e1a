/* Names of calls by hash: for sorted filters and for the tables that the build makes. */
#ifndef MANTLET_SECCOMP_SORT_H
#define MANTLET_SECCOMP_SORT_H

#include <stddef.h>
#include <stdint.h>

/* Names can be made to collide, so only those of a profile of ours or the site's are put into a
 * table, never those of a filter that a container brings. */
static inline uint32_t seccomp_name_hash(const char *name)
{
	uint32_t hash = 2166136261U; /* FNV-1a */

	while (*name)
		hash = (hash ^ (unsigned char)*name++) * 16777619U;
	return hash ^ hash >> 15;
}

/* Slots less one that COUNT names need: a power of two less one, half of it empty. */
static inline size_t seccomp_slot_mask(size_t count)
{
	size_t mask = 7;

	while (mask < count * 2)
		mask = mask * 2 + 1;
	return mask;
}

#endif
