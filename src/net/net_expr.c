/*
 * One rule as the kernel's list of expressions, in the order in which `nft` would write them. What
 * the kernel demands: in an inet table the family is tested before a network header is read, the
 * protocol before a transport header.
 */
#include <linux/netfilter/nf_conntrack_common.h>
#include <netinet/in.h>
#include <string.h>

#include "net_batch.h"

/* All data goes through this one register. */
#define REG NFT_REG_1

/* ct state, as the kernel keeps it: NF_CT_STATE_BIT() of nf_conntrack_tuple.h. */
#define STATE_ESTABLISHED 2U
#define STATE_RELATED 4U

/* "lo" is the first interface of every network namespace. */
#define LOOPBACK_INDEX 1U

struct expression {
	struct nlattr *element, *data;
};

static struct expression begin(struct net_batch *b, const char *name)
{
	struct expression x = { .element = net_nest(b, NFTA_LIST_ELEM) };

	net_put_str(b, NFTA_EXPR_NAME, name);
	x.data = net_nest(b, NFTA_EXPR_DATA);
	return x;
}

static void end(struct net_batch *b, struct expression x)
{
	net_nest_end(b, x.data);
	net_nest_end(b, x.element);
}

static void put_value(struct net_batch *b, uint16_t type, const void *data, size_t len)
{
	struct nlattr *nest = net_nest(b, type);

	net_put(b, NFTA_DATA_VALUE, data, len);
	net_nest_end(b, nest);
}

static void put_meta(struct net_batch *b, uint32_t key)
{
	const struct expression x = begin(b, "meta");

	net_put_u32(b, NFTA_META_KEY, key);
	net_put_u32(b, NFTA_META_DREG, REG);
	end(b, x);
}

static void put_compare(struct net_batch *b, uint32_t op, const void *data, size_t len)
{
	const struct expression x = begin(b, "cmp");

	net_put_u32(b, NFTA_CMP_SREG, REG);
	net_put_u32(b, NFTA_CMP_OP, op);
	put_value(b, NFTA_CMP_DATA, data, len);
	end(b, x);
}

static void put_payload(struct net_batch *b, uint32_t base, uint32_t offset, size_t len)
{
	const struct expression x = begin(b, "payload");

	net_put_u32(b, NFTA_PAYLOAD_DREG, REG);
	net_put_u32(b, NFTA_PAYLOAD_BASE, base);
	net_put_u32(b, NFTA_PAYLOAD_OFFSET, offset);
	net_put_u32(b, NFTA_PAYLOAD_LEN, (uint32_t)len);
	end(b, x);
}

static void put_mask(struct net_batch *b, const void *mask, size_t len)
{
	static const uint8_t zero[16];
	const struct expression x = begin(b, "bitwise");

	net_put_u32(b, NFTA_BITWISE_SREG, REG);
	net_put_u32(b, NFTA_BITWISE_DREG, REG);
	net_put_u32(b, NFTA_BITWISE_LEN, (uint32_t)len);
	put_value(b, NFTA_BITWISE_MASK, mask, len);
	put_value(b, NFTA_BITWISE_XOR, zero, len);
	end(b, x);
}

static void put_range(struct net_batch *b, const void *first, const void *last, size_t len)
{
	const struct expression x = begin(b, "range");

	net_put_u32(b, NFTA_RANGE_SREG, REG);
	net_put_u32(b, NFTA_RANGE_OP, NFT_RANGE_EQ);
	put_value(b, NFTA_RANGE_FROM_DATA, first, len);
	put_value(b, NFTA_RANGE_TO_DATA, last, len);
	end(b, x);
}

/* One value or a range of them. */
static void put_interval(struct net_batch *b, const void *first, const void *last, size_t len)
{
	if (memcmp(first, last, len) == 0)
		put_compare(b, NFT_CMP_EQ, first, len);
	else
		put_range(b, first, last, len);
}

static void put_lookup(struct net_batch *b, const struct net_set *set, uint32_t id)
{
	const struct expression x = begin(b, "lookup");

	net_put_str(b, NFTA_LOOKUP_SET, set->name);
	net_put_u32(b, NFTA_LOOKUP_SREG, REG);
	net_put_u32(b, NFTA_LOOKUP_SET_ID, id);
	end(b, x);
}

static void put_loopback(struct net_batch *b, bool is_input)
{
	const uint32_t index = LOOPBACK_INDEX; /* host order */

	put_meta(b, is_input ? NFT_META_IIF : NFT_META_OIF);
	put_compare(b, NFT_CMP_EQ, &index, sizeof(index));
}

static void put_established(struct net_batch *b)
{
	const uint32_t states = STATE_ESTABLISHED | STATE_RELATED, none = 0; /* host order */
	const struct expression x = begin(b, "ct");

	net_put_u32(b, NFTA_CT_KEY, NFT_CT_STATE);
	net_put_u32(b, NFTA_CT_DREG, REG);
	end(b, x);
	put_mask(b, &states, sizeof(states));
	put_compare(b, NFT_CMP_NEQ, &none, sizeof(none));
}

/* ip(7), ipv6(7): where source and destination lie in the network header. */
static uint32_t address_offset(const struct net_rule *rule)
{
	if (rule->family == NET_V4)
		return rule->is_source ? 12 : 16;
	return rule->is_source ? 8 : 24;
}

static void put_address(struct net_batch *b, const struct net_rule *rule,
			const struct net_table *table)
{
	size_t len = net_address_len(rule->family);
	unsigned int bits;

	put_payload(b, NFT_PAYLOAD_NETWORK_HEADER, address_offset(rule), len);
	if (rule->set) {
		put_lookup(b, rule->set, (uint32_t)(rule->set - table->sets) + 1);
	} else if (net_range_is_prefix(rule->range, rule->family, &bits) && bits < len * 8) {
		uint8_t mask[16] = { 0 };

		for (unsigned int i = 0; i < bits; i++)
			mask[i / 8] |= (uint8_t)(0x80U >> (i % 8));
		put_mask(b, mask, len);
		put_compare(b, NFT_CMP_EQ, rule->range->first, len);
	} else {
		put_interval(b, rule->range->first, rule->range->last, len);
	}
}

static void put_ports(struct net_batch *b, const struct net_ports *ports)
{
	const uint16_t first = htons(ports->first), last = htons(ports->last);

	put_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, 2, sizeof(first));
	put_interval(b, &first, &last, sizeof(first));
}

static void put_types(struct net_batch *b, const struct net_ports *types)
{
	const uint8_t first = (uint8_t)types->first, last = (uint8_t)types->last;

	put_payload(b, NFT_PAYLOAD_TRANSPORT_HEADER, 0, sizeof(first));
	put_interval(b, &first, &last, sizeof(first));
}

static void put_counter(struct net_batch *b)
{
	end(b, begin(b, "counter"));
}

static void put_code(struct net_batch *b, uint32_t code, const char *chain)
{
	const struct expression x = begin(b, "immediate");
	struct nlattr *data, *verdict;

	net_put_u32(b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = net_nest(b, NFTA_IMMEDIATE_DATA);
	verdict = net_nest(b, NFTA_DATA_VERDICT);
	net_put_u32(b, NFTA_VERDICT_CODE, code);
	if (chain)
		net_put_str(b, NFTA_VERDICT_CHAIN, chain);
	net_nest_end(b, verdict);
	net_nest_end(b, data);
	end(b, x);
}

static void put_reject(struct net_batch *b, uint32_t type, uint8_t code)
{
	const struct expression x = begin(b, "reject");

	net_put_u32(b, NFTA_REJECT_TYPE, type);
	net_put_u8(b, NFTA_REJECT_ICMP_CODE, code);
	end(b, x);
}

static void put_verdict(struct net_batch *b, enum net_verdict verdict)
{
	switch (verdict) {
	case NET_CONTINUE:
		return;
	case NET_ACCEPT:
		put_code(b, NF_ACCEPT, NULL);
		return;
	case NET_DROP:
		put_code(b, NF_DROP, NULL);
		return;
	case NET_REFUSE:
		put_code(b, (uint32_t)NFT_GOTO, NET_REFUSE_CHAIN);
		return;
	case NET_RESET:
		put_reject(b, NFT_REJECT_TCP_RST, 0);
		return;
	case NET_PROHIBITED:
		put_reject(b, NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_ADMIN_PROHIBITED);
		return;
	}
	b->is_failed = true;
}

static bool is_input(const struct net_table *table, const char *chain)
{
	for (size_t i = 0; i < table->chain_count; i++) {
		if (table->chains[i].name == chain)
			return table->chains[i].hook == NET_INPUT;
	}
	return false;
}

void net_put_expressions(struct net_batch *batch, const struct net_rule *rule,
			 const struct net_table *table)
{
	struct nlattr *list = net_nest(batch, NFTA_RULE_EXPRESSIONS);

	if (rule->is_loopback)
		put_loopback(batch, is_input(table, rule->chain));
	if (rule->is_established)
		put_established(batch);
	if (rule->has_family) {
		const uint8_t family = rule->family == NET_V4 ? NFPROTO_IPV4 : NFPROTO_IPV6;

		put_meta(batch, NFT_META_NFPROTO);
		put_compare(batch, NFT_CMP_EQ, &family, sizeof(family));
	}
	if (rule->range || rule->set)
		put_address(batch, rule, table);
	if (rule->proto != NET_NO_PROTO) {
		const uint8_t proto = (uint8_t)rule->proto;

		put_meta(batch, NFT_META_L4PROTO);
		put_compare(batch, NFT_CMP_EQ, &proto, sizeof(proto));
	}
	if (rule->has_types)
		put_types(batch, &rule->types);
	if (rule->has_ports)
		put_ports(batch, &rule->ports);
	if (rule->is_counted)
		put_counter(batch);
	put_verdict(batch, rule->verdict);
	net_nest_end(batch, list);
}
