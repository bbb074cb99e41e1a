/*
 * A whole table as one netlink batch, which the kernel takes as one transaction: all of it is there
 * afterwards, or nothing. Order: table, chains, sets with their elements, rules.
 */
#include <string.h>

#include "net_batch.h"

/* nft's numbers of types (libnftables, datatype.h); only `nft list` looks at them. */
#define TYPE_IPV4 7U
#define TYPE_IPV6 8U

/* A nested attribute holds at most 65,535 bytes. */
#define ELEMENTS_SIZE 60000U

static void encode_table(struct net_batch *b, const struct net_table *table)
{
	uint8_t comment[256];
	size_t len = net_comment_data(comment, table->identity);

	/* EXCL: two that race have one winner, and nobody's table is ever changed. */
	net_msg_begin(b, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, "the table");
	net_put_str(b, NFTA_TABLE_NAME, NET_TABLE);
	net_put_u32(b, NFTA_TABLE_FLAGS, 0);
	net_put(b, NFTA_TABLE_USERDATA, comment, len);
	b->is_failed = b->is_failed || len == 0;
	net_msg_end(b);
}

uint32_t net_hook_number(enum net_hook hook)
{
	switch (hook) {
	case NET_INPUT:
		return NF_INET_LOCAL_IN;
	case NET_FORWARD:
		return NF_INET_FORWARD;
	case NET_OUTPUT:
		return NF_INET_LOCAL_OUT;
	case NET_NO_HOOK:
		break;
	}
	return UINT32_MAX;
}

void net_encode_chain(struct net_batch *batch, const struct net_chain *chain)
{
	net_msg_begin(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, chain->name);
	net_put_str(batch, NFTA_CHAIN_TABLE, NET_TABLE);
	net_put_str(batch, NFTA_CHAIN_NAME, chain->name);
	if (chain->hook != NET_NO_HOOK) {
		struct nlattr *hook = net_nest(batch, NFTA_CHAIN_HOOK);

		net_put_u32(batch, NFTA_HOOK_HOOKNUM, net_hook_number(chain->hook));
		net_put_u32(batch, NFTA_HOOK_PRIORITY, 0);
		net_nest_end(batch, hook);
		net_put_u32(batch, NFTA_CHAIN_POLICY, chain->drops ? NF_DROP : NF_ACCEPT);
		net_put_str(batch, NFTA_CHAIN_TYPE, "filter");
	}
	net_msg_end(batch);
}

static void put_element(struct net_batch *b, const uint8_t *address, size_t len, bool is_end)
{
	struct nlattr *element = net_nest(b, NFTA_LIST_ELEM);
	struct nlattr *key;

	if (is_end)
		net_put_u32(b, NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
	key = net_nest(b, NFTA_SET_ELEM_KEY);
	net_put(b, NFTA_DATA_VALUE, address, len);
	net_nest_end(b, key);
	net_nest_end(b, element);
}

/* As many ranges from AT on as one attribute holds; returns the first that is left. */
static size_t encode_elements(struct net_batch *b, const struct net_set *set, uint32_t id,
			      size_t at)
{
	struct nlattr *list;

	net_msg_begin(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE, set->name);
	net_put_str(b, NFTA_SET_ELEM_LIST_TABLE, NET_TABLE);
	net_put_str(b, NFTA_SET_ELEM_LIST_SET, set->name);
	net_put_u32(b, NFTA_SET_ELEM_LIST_SET_ID, id);
	list = net_nest(b, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (; at < set->ranges.count && b->msg->nlmsg_len < ELEMENTS_SIZE; at++) {
		const struct net_range *range = &set->ranges.items[at];
		uint8_t behind[16];

		put_element(b, range->first, net_address_len(set->family), false);
		memcpy(behind, range->last, sizeof(behind));
		/* A range up to the last address has no end (it would be address 0). */
		if (net_address_next(behind, set->family))
			put_element(b, behind, net_address_len(set->family), true);
	}
	net_nest_end(b, list);
	net_msg_end(b);
	return at;
}

void net_encode_set(struct net_batch *batch, const struct net_set *set, uint32_t id)
{
	net_msg_begin(batch, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL, set->name);
	net_put_str(batch, NFTA_SET_TABLE, NET_TABLE);
	net_put_str(batch, NFTA_SET_NAME, set->name);
	net_put_u32(batch, NFTA_SET_FLAGS, NFT_SET_INTERVAL | NFT_SET_CONSTANT);
	net_put_u32(batch, NFTA_SET_KEY_TYPE, set->family == NET_V4 ? TYPE_IPV4 : TYPE_IPV6);
	net_put_u32(batch, NFTA_SET_KEY_LEN, (uint32_t)net_address_len(set->family));
	net_put_u32(batch, NFTA_SET_ID, id);
	net_msg_end(batch);
	for (size_t at = 0; at < set->ranges.count && !batch->is_failed;)
		at = encode_elements(batch, set, id, at);
}

void net_encode_rule(struct net_batch *batch, const struct net_rule *rule,
		     const struct net_table *table, bool is_last)
{
	uint8_t comment[256];
	size_t len = rule->comment ? net_comment_data(comment, rule->comment) : 0;

	/* The kernel answers the last message only: an answer to each would fill the socket. */
	net_msg_begin(batch, NFT_MSG_NEWRULE,
		      NLM_F_CREATE | NLM_F_APPEND | (is_last ? NLM_F_ACK : 0),
		      rule->comment ? rule->comment : rule->chain);
	net_put_str(batch, NFTA_RULE_TABLE, NET_TABLE);
	net_put_str(batch, NFTA_RULE_CHAIN, rule->chain);
	net_put_expressions(batch, rule, table);
	if (len)
		net_put(batch, NFTA_RULE_USERDATA, comment, len);
	net_msg_end(batch);
}

int net_encode_table(struct net_batch *batch, const struct net_table *table, struct error *e)
{
	net_batch_frame(batch, NFNL_MSG_BATCH_BEGIN);
	encode_table(batch, table);
	for (size_t i = 0; i < table->chain_count; i++)
		net_encode_chain(batch, &table->chains[i]);
	for (size_t i = 0; i < table->set_count; i++)
		net_encode_set(batch, &table->sets[i], (uint32_t)i + 1);
	for (size_t i = 0; i < table->rule_count; i++)
		net_encode_rule(batch, &table->rules[i], table, i + 1 == table->rule_count);
	net_batch_frame(batch, NFNL_MSG_BATCH_END);
	if (batch->is_failed)
		return error_set(e, ERR_SYSTEM, "the firewall is larger than its messages can be");
	return 0;
}
