/*
 * The table `inet mantlet` that a plan stands for: chains, sets and rules in the order in which the
 * kernel walks them. Pure: the same list is sent to the kernel, compared with what the kernel says,
 * and put into words.
 */
#ifndef MANTLET_NET_RULES_H
#define MANTLET_NET_RULES_H

#include "net_plan.h"

#define NET_TABLE "mantlet"

/* Where blocked packets of output and forward go: a chain without a hook that answers them. */
#define NET_REFUSE_CHAIN "refuse"

enum net_verdict {
	NET_CONTINUE,   /* counted only: the next rule decides */
	NET_ACCEPT,     /* leaves the chain */
	NET_DROP,       /* silent: for what comes from outside */
	NET_REFUSE,     /* goto NET_REFUSE_CHAIN */
	NET_RESET,      /* answered with a TCP reset */
	NET_PROHIBITED, /* answered with ICMP "administratively prohibited" */
};

enum net_hook { NET_INPUT, NET_FORWARD, NET_OUTPUT, NET_NO_HOOK };

struct net_chain {
	const char *name;
	enum net_hook hook;
	bool drops; /* policy of the chain */
};

struct net_set {
	const char *name;
	enum net_family family;
	struct net_ranges ranges; /* the items are the plan's */
};

#define NET_NO_PROTO 0xFFFFU

struct net_rule {
	const char *chain;   /* a name of the list of chains: compared by pointer */
	const char *comment; /* "egress.allow[3]"; NULL: none */
	const char *text;    /* in words of policy, for people; NULL: none */
	enum net_verdict verdict;
	bool is_counted;
	bool is_loopback;    /* from or to lo, as the chain says */
	bool is_established; /* or related */
	bool has_family, is_source;
	enum net_family family;
	uint16_t proto;                /* of the transport header; NET_NO_PROTO: any */
	const struct net_range *range; /* address; NULL: any, or SET */
	const struct net_set *set;
	bool has_ports, has_types;
	struct net_ports ports; /* destination port */
	struct net_ports types; /* of ICMPv6 */
};

struct net_table {
	const char *identity; /* "v1 <id> <digest>" */
	struct net_chain chains[4];
	size_t chain_count;
	struct net_set *sets;
	size_t set_count;
	struct net_rule *rules; /* of one chain in order; chains one after the other */
	size_t rule_count;
};

/* In ARENA; the plan must outlive it. For a plan that passed net_plan_check() and is not empty. */
void net_table_build(struct net_table *ret_table, struct arena *arena, const struct net_plan *plan);

/* True when what a rule with COMMENT counted was blocked, or in audit would have been: of
 * "metadata", "egress" or "ingress" (ID). */
bool net_comment_is_block(const char *comment, const char *id);

#endif
