/*
 * IPv4 and IPv6 addresses as the firewall sees them: ranges of bytes in network order, sorted and
 * merged before anything is sent to the kernel. Overlapping ranges in one interval set end in
 * EEXIST at best; with an open end the kernel accepted a list with a hole in it (measured,
 * Linux 6.18).
 */
#ifndef MANTLET_NET_ADDRESS_H
#define MANTLET_NET_ADDRESS_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"

enum net_family { NET_V4, NET_V6, NET_FAMILIES };

/* Bytes of an address; the rest of the arrays below is zero. */
static inline size_t net_address_len(enum net_family family)
{
	return family == NET_V4 ? 4 : 16;
}

struct net_range {
	uint8_t first[16], last[16];
};

struct net_ranges {
	struct net_range *items; /* in an arena */
	size_t count, room;
};

/*
 * "10.0.0.0/8", "10.1.2.3", "2001:db8::/32": LEN bytes of TEXT. -1 with ERR_POLICY and the reason
 * in words ("has bits behind its prefix; write 10.0.0.0/8") for everything else: names, leading
 * zeros, IPv4 in IPv6, bits behind the prefix.
 */
int net_cidr_parse(enum net_family *ret_family, struct net_range *ret_range, const char *text,
		   size_t len, struct error *e) MUST_CHECK;

/* An address alone, as inet_pton(3) reads it; false for everything else. */
bool net_address_parse(enum net_family *ret_family, uint8_t address[static 16], const char *text);
/* As inet_ntop(3) writes it. Returns BUF. */
const char *net_address_text(char buf[static INET6_ADDRSTRLEN], enum net_family family,
			     const uint8_t *address);

void net_ranges_add(struct net_ranges *ranges, struct arena *arena, const struct net_range *range);
/* Sort; overlapping, equal and adjacent ranges become one. N log N. */
void net_ranges_merge(struct net_ranges *ranges, enum net_family family);
/* True when the ranges are what net_ranges_merge() leaves. */
bool net_ranges_are_merged(const struct net_ranges *ranges, enum net_family family);
bool net_ranges_hold(const struct net_ranges *ranges, enum net_family family,
		     const uint8_t *address);

/* The whole family: 0.0.0.0-255.255.255.255. */
struct net_range net_range_all(enum net_family family);
bool net_range_is_all(const struct net_range *range, enum net_family family);
/* True when the range is one prefix, whose length is in *RET_BITS. */
bool net_range_is_prefix(const struct net_range *range, enum net_family family,
			 unsigned int *ret_bits);

/* ADDRESS + 1 in place; false when it was the last one. */
bool net_address_next(uint8_t *address, enum net_family family);

#endif
