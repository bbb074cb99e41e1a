/*
 * Netlink messages for nf_tables, put together in memory. Every write is checked against the room
 * that is left; the first one that does not fit marks the whole batch, which then is never sent.
 *
 * Numbers in nf_tables attributes are in network order (the u32 functions), but data that is
 * compared with what the kernel keeps in host order (interface index, conntrack state) is not.
 */
#ifndef MANTLET_NET_BATCH_H
#define MANTLET_NET_BATCH_H

/* In front of the kernel's headers, for the C library's that it includes. */
#include "net_mnl.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "net_rules.h"
#include "strbuf.h"

struct net_batch {
	struct strbuf bytes;  /* whole messages */
	struct nlmsghdr *msg; /* the one that is being written, in memory of its own */
	const char **names;   /* what each message is about; by sequence number, from 1 */
	size_t count, room;
	bool is_failed;
};

void net_batch_open(struct net_batch *ret_batch);
void net_batch_close(struct net_batch *batch);
#define auto_batch __attribute__((cleanup(net_batch_close)))

/* NFNL_MSG_BATCH_BEGIN or _END, whole. Not by net_msg_begin(): the numbers are those of other
 * messages there (NFT_MSG_GETGEN is 16, too), and a batch that never ends is taken back by the
 * kernel for the price of several RCU grace periods. */
void net_batch_frame(struct net_batch *batch, uint16_t type);
/* A message of nf_tables (NFT_MSG_*), family inet. NAME is borrowed. */
void net_msg_begin(struct net_batch *batch, uint16_t type, uint16_t flags, const char *name);
void net_msg_end(struct net_batch *batch);

void net_put(struct net_batch *batch, uint16_t type, const void *data, size_t len);
void net_put_u8(struct net_batch *batch, uint16_t type, uint8_t value);
void net_put_u32(struct net_batch *batch, uint16_t type, uint32_t value); /* network order */
void net_put_str(struct net_batch *batch, uint16_t type, const char *text);
struct nlattr *net_nest(struct net_batch *batch, uint16_t type);
void net_nest_end(struct net_batch *batch, struct nlattr *nest);

/* One rule's list of expressions. */
void net_put_expressions(struct net_batch *batch, const struct net_rule *rule,
			 const struct net_table *table);

/* The kernel's number of a hook of the family inet; UINT32_MAX for none. */
uint32_t net_hook_number(enum net_hook hook);

/* The whole table as one transaction, begin and end of the batch included. 0, or -1. */
int net_encode_table(struct net_batch *batch, const struct net_table *table,
		     struct error *e) MUST_CHECK;
/* Its messages by themselves, for tests. */
void net_encode_chain(struct net_batch *batch, const struct net_chain *chain);
void net_encode_set(struct net_batch *batch, const struct net_set *set, uint32_t id);
void net_encode_rule(struct net_batch *batch, const struct net_rule *rule,
		     const struct net_table *table, bool is_last);

/* Sequence number of NEWTABLE within net_encode_table(). */
#define NET_TABLE_SEQ 2U

/* Attributes of a message of nf_tables, or inside of another attribute: no turn beyond its end. */
static inline bool net_attr_ok(const struct nlattr *attr, const void *end)
{
	return net_mnl.attr_ok(attr, (int)((const char *)end - (const char *)attr));
}
#define net_each_attr(attr, message)                                                               \
	for (const struct nlattr *attr =                                                           \
		     net_mnl.nlmsg_get_payload_offset(message, sizeof(struct nfgenmsg));           \
	     net_attr_ok(attr, net_mnl.nlmsg_get_payload_tail(message));                           \
	     attr = net_mnl.attr_next(attr))
#define net_each_nested(attr, nest)                                                                \
	for (const struct nlattr *attr = net_mnl.attr_get_payload(nest);                           \
	     net_attr_ok(attr, (const char *)net_mnl.attr_get_payload(nest) +                      \
				       net_mnl.attr_get_payload_len(nest));                        \
	     attr = net_mnl.attr_next(attr))

/* The userdata that `nft list` shows as a comment. Returns its length; 0 when it does not fit. */
size_t net_comment_data(uint8_t buf[static 256], const char *comment);

#endif
