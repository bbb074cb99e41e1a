/*
 * The plan of a container's firewall: what policy text says, in memory and as the one line of JSON
 * that mantlet leaves for mantlet-net. No system calls here.
 *
 * A line of policy is "PROTO ADDRESSES PORTS": "tcp 10.0.0.0/8 443,8000-8010", "udp * 53",
 * "any 10.0.0.0/8,192.168.0.0/16", "icmp *". PROTO: tcp udp sctp icmp any. ADDRESSES: "*" or CIDRs
 * with commas between; a set ("@backend") is written out as such a list before the line comes here.
 * PORTS: numbers and ranges with commas between, "*" or nothing for all. For egress the addresses
 * are those of the destination, for ingress those of the source.
 */
#ifndef MANTLET_NET_PLAN_H
#define MANTLET_NET_PLAN_H

#include <stdint.h>

#include "json.h"
#include "net_address.h"

#define NET_PLAN_VERSION 1

/* What a policy becomes, beyond its own text: to be changed with the list of metadata services, and
 * with what is added to lines. It is part of a plan's source. */
#define NET_PLAN_RULES "rules-2"

/* What one container may have: the cost of a packet and of a start grow with it. */
#define NET_MAX_EGRESS 256  /* lines times ports, allow and block each */
#define NET_MAX_INGRESS 64  /* the same for ingress */
#define NET_MAX_RANGES 4096 /* address ranges of all lines of one list, as written in policy */
#define NET_MAX_DNS 16

enum net_proto { NET_ANY, NET_TCP, NET_UDP, NET_SCTP, NET_ICMP };

struct net_ports {
	uint16_t first, last;
};

/* One line of policy. */
struct net_entry {
	const char *text; /* as written; long lists of addresses are cut */
	enum net_proto proto;
	struct net_ranges to[NET_FAMILIES];
	struct net_ports *ports; /* none: all */
	size_t port_count;
};

struct net_entries {
	struct net_entry *items;
	size_t count;
};

/* Egress or ingress. */
struct net_part {
	bool is_present;
	bool is_enforced;    /* false: audit, what would be blocked is counted and let pass */
	bool blocks_default; /* what no line names is blocked */
	/* Block beats allow, order is irrelevant. IPv4 ranges of block are in IPv6, too, as NAT64
	 * reaches them; the text stays as written. */
	struct net_entries allow, block;
};

struct net_metadata {
	bool is_present;
	bool is_enforced;
	struct net_ranges to[NET_FAMILIES];
};

struct net_dns {
	bool is_present; /* port 53 to exactly these is open, whatever else says */
	/* Found in the container's resolv.conf, not in policy: who joins the namespace may have
	 * found other ones. */
	bool is_captured;
	struct net_ranges to[NET_FAMILIES];
	bool is_only;  /* where egress allows by default: port 53 elsewhere is blocked */
	bool is_block; /* "none": Docker's own resolver, 127.0.0.11, is blocked too */
};

enum net_role { NET_OWNER, NET_JOINER };

struct net_plan {
	const char *id;   /* of the container */
	const char *root; /* of the runtime, absolute */
	enum net_role role;
	const char *policy, *revision; /* for events and messages */
	/* What the plan comes from: digest of the policy, whatever profile, and maker
	 * (state_maker.h) in one word for "the same policy"; NULL: a mantlet from before there was
	 * this. */
	const char *source;
	const char *profile; /* of the policy; NULL: from before, too */
	const char *pod;     /* id of the pod's sandbox, by the word of Kubernetes; NULL: none */
	const struct json *sinks; /* list of strings; NULL: the default file */
	const char *digest;       /* sha256, hex, of the text of "rules" */
	const char *rules;        /* that text; both are of net_plan_seal() */
	struct net_metadata metadata;
	struct net_dns dns;
	struct net_part egress, ingress;
};

/* 0, or -1 with ERR_POLICY: what is wrong with this line of egress or ingress, without its place.
 */
int net_line_check(const char *line, struct error *e) MUST_CHECK;

/*
 * Where a set is named in LINE: "tcp @backend 443" gives the '@' and the length of "@backend"; NULL
 * when the line names none. Whoever writes sets out puts their items there, commas between.
 */
const char *net_line_set(const char *line, size_t *ret_len);

/* One line into an entry in ARENA. LINE is borrowed. */
int net_line_parse(struct net_entry *ret_entry, struct arena *arena, const char *line,
		   struct error *e) MUST_CHECK;

/* What a plan is built from. Everything is borrowed and must outlive the plan. */
struct net_request {
	const char *id, *root;
	enum net_role role;
	const char *policy, *revision, *source, *profile, *pod;
	const struct json *sinks;
	/* Resolved controls: {"mode","default","allow","block","dns"}; NULL or mode "off": not in
	 * the plan; "audit": counted only. "default" and "dns" that are not there are "block" and
	 * "resolver" (with default "allow": dns is open). */
	const struct json *metadata, *egress, *ingress;
	/* Addresses of the nameservers of the container, NULL at the end; NULL: none. Loopback and
	 * what is no address is passed over. */
	const char *const *resolvers;
	const char *const *host_resolvers; /* the same of the host's own */
};

/* What becomes of a nameserver that the engine gave a container. */
enum net_fate {
	NET_PASSED_OVER, /* loopback, or no address */
	NET_OF_HOST,     /* open: the host asks it, too */
	NET_CHOSEN,      /* open: nothing is against it */
	NET_IS_METADATA, /* closed: it is a metadata service */
	NET_IS_BLOCKED,  /* closed: a line of egress.block covers it */
};

/* For ADDRESS of REQUEST's resolvers, when PLAN was built from REQUEST and has captured them. */
enum net_fate net_plan_fate(const struct net_plan *plan, const struct net_request *request,
			    const char *address);

/* 0, or -1 with ERR_POLICY. The plan is in ARENA. */
int net_plan_build(struct net_plan *ret_plan, struct arena *arena,
		   const struct net_request *request, struct error *e) MUST_CHECK;

/* True when there is nothing to load: no control of the three is on. */
bool net_plan_is_empty(const struct net_plan *plan);
/* True when some control must hold (fix, deny), so that a failure stops the container. */
bool net_plan_is_enforced(const struct net_plan *plan);
/* True when both say the same, whatever nameservers were captured. */
bool net_plan_is_alike(const struct net_plan *a, const struct net_plan *b);
/*
 * True when a container with the plan JOINER may live under the rules of OWNER, which are others:
 * both are of one pod of Kubernetes and have the same profile, and the policy has changed since
 * that was made, by whatever edit. Two profiles never become each other's. JOINER may have come as
 * an owner: where nobody lived in the namespace just then.
 */
bool net_plan_follows(const struct net_plan *joiner, const struct net_plan *owner);
/* "metadata egress": the controls of the plan, for messages. In ARENA. */
const char *net_plan_controls(const struct net_plan *plan, struct arena *arena);

/* The plan as one line without its newline; only "rules" of it. */
void net_plan_write(const struct net_plan *plan, struct strbuf *out);
void net_plan_write_rules(const struct net_plan *plan, struct strbuf *out);

/*
 * TEXT as net_plan_write() wrote it, byte for byte: anything else is -1 with ERR_SYSTEM. The plan
 * is in ARENA and borrows nothing of TEXT.
 */
int net_plan_read(struct net_plan *ret_plan, struct arena *arena, const char *text, size_t len,
		  struct error *e) MUST_CHECK;

/* Give the plan the text of its rules and their digest, in ARENA: the last step of making one. */
void net_plan_seal(struct net_plan *plan, struct arena *arena);

/* Limits and shape, for plans from either side. */
int net_plan_check(const struct net_plan *plan, struct error *e) MUST_CHECK;

/* "tcp", ...: static. */
const char *net_proto_name(enum net_proto proto);
bool net_proto_parse(enum net_proto *ret_proto, const char *text, size_t len);

#endif
