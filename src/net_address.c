/*
 * Addresses and ranges. An address in a policy is read in one way only: no names (they would mean
 * something else tomorrow), no octal or short forms, nothing that the kernel would read differently
 * from the person who wrote it.
 */
#include "net_address.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

const char *net_address_text(char buf[static INET6_ADDRSTRLEN], enum net_family family,
			     const uint8_t *address)
{
	/* Fails for an unknown family or a short buffer only. */
	if (!inet_ntop(family == NET_V4 ? AF_INET : AF_INET6, address, buf, INET6_ADDRSTRLEN))
		buf[0] = '\0';
	return buf;
}

bool net_address_parse(enum net_family *ret_family, uint8_t address[static 16], const char *text)
{
	bool is_v6 = strchr(text, ':') != NULL;

	memset(address, 0, 16);
	if (inet_pton(is_v6 ? AF_INET6 : AF_INET, text, address) != 1)
		return false;
	*ret_family = is_v6 ? NET_V6 : NET_V4;
	return true;
}

/* The bits of ADDRESS behind the first BITS become VALUE (0 or 255). */
static void fill_tail(uint8_t *address, enum net_family family, unsigned int bits, uint8_t value)
{
	for (size_t i = 0; i < net_address_len(family); i++) {
		unsigned int kept = bits < 8 ? bits : 8;
		uint8_t mask = (uint8_t)(0xFF00U >> kept);

		address[i] = (uint8_t)((address[i] & mask) | (value & (uint8_t)~mask));
		bits -= kept;
	}
}

static bool is_mapped(const uint8_t *address)
{
	static const uint8_t prefix[12] = { [10] = 0xFF, [11] = 0xFF };

	return memcmp(address, prefix, sizeof(prefix)) == 0;
}

static int parse_prefix(unsigned int *ret_bits, const char *slash, enum net_family family,
			const char *quoted, struct error *e)
{
	unsigned int most = family == NET_V4 ? 32 : 128;
	uint64_t bits = most;

	if (slash && (parse_u64(slash + 1, &bits) < 0 || bits > most))
		return error_set(e, ERR_POLICY,
				 "'%s' has no prefix length between 0 and %u behind its '/'",
				 quoted, most);
	*ret_bits = (unsigned int)bits;
	return 0;
}

int net_cidr_parse(enum net_family *ret_family, struct net_range *ret_range, const char *text,
		   size_t len, struct error *e)
{
	char copy[INET6_ADDRSTRLEN + 8], quoted[QUOTED_SIZE], right[INET6_ADDRSTRLEN];
	struct net_range range = { 0 };
	enum net_family family;
	unsigned int bits = 0;
	char *slash;

	error_quote(quoted, text, len);
	if (len == 0 || len >= sizeof(copy) || memchr(text, '\0', len))
		return error_set(e, ERR_POLICY, "'%s' is no address such as 10.0.0.0/8", quoted);
	memcpy(copy, text, len);
	copy[len] = '\0';
	slash = strchr(copy, '/');
	if (slash)
		*slash = '\0';
	if (!net_address_parse(&family, range.first, copy))
		return error_set(e, ERR_POLICY,
				 "'%s' is no address such as 10.0.0.0/8 or 2001:db8::/32 (names, "
				 "leading zeros and short forms are not taken)",
				 quoted);
	if (parse_prefix(&bits, slash, family, quoted, e) < 0)
		return -1;
	if (family == NET_V6 && is_mapped(range.first) && bits > 80)
		return error_set(e, ERR_POLICY,
				 "'%s' is IPv4 written as IPv6, and such traffic is IPv4 on the "
				 "wire; write the IPv4 address",
				 quoted);
	memcpy(range.last, range.first, sizeof(range.last));
	fill_tail(range.first, family, bits, 0);
	if (memcmp(range.first, range.last, sizeof(range.first)) != 0)
		return error_set(e, ERR_POLICY, "'%s' has bits behind its prefix; write %s/%u",
				 quoted, net_address_text(right, family, range.first), bits);
	fill_tail(range.last, family, bits, 0xFF);
	*ret_family = family;
	*ret_range = range;
	return 0;
}

void net_ranges_add(struct net_ranges *ranges, struct arena *arena, const struct net_range *range)
{
	if (ranges->count == ranges->room) {
		size_t room = ranges->room ? ranges->room * 2 : 4;
		struct net_range *items = arena_alloc(arena, room * sizeof(*items));

		if (ranges->count)
			memcpy(items, ranges->items, ranges->count * sizeof(*items));
		ranges->items = items;
		ranges->room = room;
	}
	ranges->items[ranges->count++] = *range;
}

/* Bytes in network order compare as numbers; those behind an IPv4 address are zero. */
static int compare(const void *a, const void *b)
{
	const struct net_range *x = a, *y = b;
	int first = memcmp(x->first, y->first, sizeof(x->first));

	return first ? first : memcmp(x->last, y->last, sizeof(x->last));
}

bool net_address_next(uint8_t *address, enum net_family family)
{
	for (size_t i = net_address_len(family); i-- > 0;) {
		if (++address[i])
			return true;
	}
	return false;
}

/* True when B, which begins no earlier, begins inside of A or right behind it. */
static bool touches(const struct net_range *a, const struct net_range *b, enum net_family family)
{
	uint8_t behind[16];

	memcpy(behind, a->last, sizeof(behind));
	return !net_address_next(behind, family) || memcmp(b->first, behind, sizeof(behind)) <= 0;
}

void net_ranges_merge(struct net_ranges *ranges, enum net_family family)
{
	size_t kept = 0;

	if (ranges->count < 2)
		return;
	qsort(ranges->items, ranges->count, sizeof(*ranges->items), compare);
	for (size_t i = 1; i < ranges->count; i++) {
		struct net_range *last = &ranges->items[kept], *next = &ranges->items[i];

		if (!touches(last, next, family))
			ranges->items[++kept] = *next;
		else if (memcmp(next->last, last->last, sizeof(last->last)) > 0)
			memcpy(last->last, next->last, sizeof(last->last));
	}
	ranges->count = kept + 1;
}

bool net_ranges_are_merged(const struct net_ranges *ranges, enum net_family family)
{
	for (size_t i = 0; i < ranges->count; i++) {
		const struct net_range *range = &ranges->items[i];

		if (memcmp(range->first, range->last, sizeof(range->first)) > 0)
			return false;
		if (i > 0 && (compare(range - 1, range) > 0 || touches(range - 1, range, family)))
			return false;
	}
	return true;
}

bool net_ranges_hold(const struct net_ranges *ranges, enum net_family family,
		     const uint8_t *address)
{
	for (size_t i = 0; i < ranges->count; i++) {
		if (memcmp(ranges->items[i].first, address, net_address_len(family)) <= 0 &&
		    memcmp(address, ranges->items[i].last, net_address_len(family)) <= 0)
			return true;
	}
	return false;
}

struct net_range net_range_all(enum net_family family)
{
	struct net_range all = { 0 };

	memset(all.last, 0xFF, net_address_len(family));
	return all;
}

bool net_range_is_all(const struct net_range *range, enum net_family family)
{
	const struct net_range all = net_range_all(family);

	return memcmp(range, &all, sizeof(all)) == 0;
}

bool net_range_is_prefix(const struct net_range *range, enum net_family family,
			 unsigned int *ret_bits)
{
	unsigned int most = (unsigned int)net_address_len(family) * 8, bits = 0;
	struct net_range check = *range;

	while (bits < most &&
	       !((range->first[bits / 8] ^ range->last[bits / 8]) & (0x80U >> (bits % 8))))
		bits++;
	fill_tail(check.first, family, bits, 0);
	fill_tail(check.last, family, bits, 0xFF);
	*ret_bits = bits;
	return memcmp(&check, range, sizeof(check)) == 0;
}
