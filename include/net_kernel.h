/*
 * Talking to the kernel's nf_tables in the network namespace of a container. Everything here is for
 * mantlet-net; mantlet itself does not link it.
 */
#ifndef MANTLET_NET_KERNEL_H
#define MANTLET_NET_KERNEL_H

#include <sys/types.h>

#include "net_batch.h"
#include "net_rules.h"

#define NET_NO_KERNEL                                                                              \
	"this kernel has no nf_tables, so the firewall that the policy orders cannot be loaded; "  \
	"root: modprobe nf_tables, or set the controls metadata, egress and ingress to off on "    \
	"this "                                                                                    \
	"host"

/*
 * The network namespace of PID, opened once: what is looked at is what will be used. -1 with E for
 * our own, pid 1's and the machine's first one: no rule of ours is ever written there.
 */
int net_namespace_open(pid_t pid, struct error *e) MUST_CHECK;
/* The same for the file at PATH (a bind mount of a namespace). */
int net_namespace_open_path(const char *path, struct error *e) MUST_CHECK;

/*
 * A netlink socket (NETLINK_NETFILTER, NETLINK_SOCK_DIAG) that was made in the namespace NS and
 * belongs to it; we are back in our own namespace then, for the runtime that we become later. Also
 * loads libmnl, which nobody needs without a socket.
 */
int net_socket_open(int ns, int protocol, struct error *e) MUST_CHECK;

/* Send one request, give every message of the answer to CALLBACK (libmnl's, MNL_CB_OK to go on).
 * 0, or -1 with errno: EINTR when a dump was changed under way and must be repeated. */
int net_talk(int fd, const void *request, size_t len, uint32_t sequence, mnl_cb_t callback,
	     void *context) MUST_CHECK;

/* Send BATCH in one piece. 0: all of it holds; 1: there is a table of ours already and nothing was
 * changed; -1: nothing was changed, E names the part of policy that the kernel did not take. */
int net_commit(int fd, struct net_batch *batch, struct error *e) MUST_CHECK;

/* What the kernel has under our name. */
struct net_seen_rule {
	const char *chain, *comment, *expressions; /* the last in the form of net_normalise() */
	uint64_t packets, bytes;
};

struct net_seen_chain {
	const char *name;
	bool has_hook;
	uint32_t hook, priority, policy; /* UINT32_MAX: not said */
	uint32_t flags;
	bool is_filter;
};

struct net_seen_element {
	uint8_t address[16];
	bool is_end;
};

struct net_seen_set {
	struct net_seen_element *elements;
	size_t count, room;
	bool is_bad; /* something that is no interval of addresses */
};

struct net_seen {
	bool has_table;
	uint32_t
		generation; /* of the namespace's rules: the same before and after they were read */
	uint32_t flags;
	const char *identity; /* from the table's userdata; NULL before Linux 5.10 */
	struct net_seen_chain *chains;
	struct net_seen_rule *rules;
	struct net_seen_set *sets; /* as those of the table that was asked for */
	size_t chain_count, chain_room, rule_count, rule_room;
};

/* Read our table. TABLE names the sets to read; NULL: none. 0 also when there is no table. */
int net_read(struct net_seen *ret_seen, struct arena *arena, int fd, const struct net_table *table,
	     struct error *e) MUST_CHECK;

/* What SEEN says of itself, "v1 <id> <digest>"; "" when nothing. */
const char *net_seen_identity(const struct net_seen *seen);

/* 0 when SEEN is TABLE, expression by expression, counters aside; -1 and the first difference. */
int net_compare(const struct net_seen *seen, const struct net_table *table, struct arena *arena,
		struct error *e) MUST_CHECK;

/*
 * net_read() and net_compare(), again for a tenth of a second while they differ: Linux 6.18 shows
 * rules of a batch that is on its way and will be taken back, as that of somebody who has lost the
 * race for the table. (The packets never meet them.)
 */
int net_verify(int fd, const struct net_table *table, struct arena *arena,
	       struct error *e) MUST_CHECK;

/* A list of expressions as text: what two rules have in common when they do the same. */
void net_normalise(struct strbuf *out, const struct nlattr *expressions);

/* Sum of the packets that rules of the control ID blocked. */
uint64_t net_blocked(const struct net_seen *seen, const char *id);

/* Sockets that wait for somebody from outside: TCP listening, UDP not connected. */
struct net_listener {
	bool is_udp;
	enum net_family family;
	uint8_t address[16];
	uint16_t port;
	uint32_t uid;
};

struct net_listeners {
	struct net_listener *items;
	size_t count, room;
};

int net_diag(struct net_listeners *ret_listeners, struct arena *arena, int fd,
	     struct error *e) MUST_CHECK;

#endif
