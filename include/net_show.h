/* What `mantlet-net show` has found, and the two ways in which it says it. Linked by mantlet-net
 * alone. */
#ifndef MANTLET_NET_SHOW_H
#define MANTLET_NET_SHOW_H

#include "net_run.h"

/* What one line of policy has counted: it can be several rules (both families, several ports). */
struct net_row {
	const char *chain, *name; /* "output", "egress.block[3]"; safe to print */
	const char *text;         /* the line, or words for what is built in; NULL without a plan */
	const char *verdict;      /* "blocked", "counted" (audit lets it pass), "allowed" */
	uint64_t packets, bytes;
};

/* Who reaches a socket, as far as ingress says. */
enum net_reach {
	NET_LOCAL,      /* loopback only */
	NET_OPEN,       /* nothing in ingress is against it */
	NET_DECLARED,   /* a line of ingress opens the port */
	NET_CLOSED,     /* a line of ingress blocks the port for everybody */
	NET_UNDECLARED, /* no line opens it, and ingress blocks by default */
};

#define NET_MAX_FINDINGS 3

struct net_show {
	struct net_run run;
	bool has_plan;
	bool is_running; /* false: the last process has ended, these are the last counters */
	struct net_seen seen;
	struct net_listeners listeners;
	struct net_row *rows; /* what blocks first */
	size_t row_count;
	const char *findings[NET_MAX_FINDINGS]; /* what should not be so, one line each */
	size_t finding_count;
};

enum net_reach net_show_reach(const struct net_show *show, const struct net_listener *it);

/* "local", ...: static. */
const char *net_show_reach_name(enum net_reach reach);

void net_show_json(const struct net_show *show, struct strbuf *out);
void net_show_words(const struct net_show *show, struct strbuf *out);

#endif
