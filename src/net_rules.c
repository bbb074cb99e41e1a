/*
 * Which rules, in which order, and why. The order does not depend on the order in a policy:
 * loopback, DNS, metadata, established, neighbour discovery, block, allow, default.
 *
 * A part in audit has the same rules, but none of them blocks: in front of a part that is in force
 * they only count, behind all others they accept.
 */
#include "net_rules.h"

#include <netinet/in.h>
#include <string.h>

#include "text.h"

/* ICMPv6: 130-136 are multicast listeners, routers and neighbours, 143 listeners (RFC 4861, 3810).
 * Without them all of IPv6 dies, for conntrack calls them untracked and not established. */
static const struct net_ports neighbour_types[] = { { 130, 136 }, { 143, 143 } };

struct builder {
	struct arena *arena;
	struct net_table *table;
	size_t rule_room;
	const char *chain;
};

static const char *add_chain(struct builder *b, const char *name, enum net_hook hook, bool drops)
{
	b->table->chains[b->table->chain_count++] =
		(struct net_chain){ .name = name, .hook = hook, .drops = drops };
	b->chain = name;
	return name;
}

static struct net_rule *add_rule(struct builder *b, enum net_verdict verdict, const char *comment)
{
	struct net_table *table = b->table;
	struct net_rule *rule;

	if (table->rule_count == b->rule_room) {
		size_t room = b->rule_room ? b->rule_room * 2 : 32;
		struct net_rule *rules = arena_alloc(b->arena, room * sizeof(*rules));

		if (table->rule_count)
			memcpy(rules, table->rules, table->rule_count * sizeof(*rules));
		table->rules = rules;
		b->rule_room = room;
	}
	rule = &table->rules[table->rule_count++];
	*rule = (struct net_rule){
		.chain = b->chain, .verdict = verdict, .comment = comment, .proto = NET_NO_PROTO
	};
	return rule;
}

/* Sets are found again by their items: output and forward share those of the metadata. */
static const struct net_set *add_set(struct builder *b, const char *stem, enum net_family family,
				     const struct net_ranges *ranges)
{
	struct net_table *table = b->table;

	for (size_t i = 0; i < table->set_count; i++) {
		if (table->sets[i].ranges.items == ranges->items)
			return &table->sets[i];
	}
	table->sets[table->set_count] = (struct net_set){
		.name = arena_printf(b->arena, "%s_v%d", stem, family == NET_V4 ? 4 : 6),
		.family = family,
		.ranges = *ranges,
	};
	return &table->sets[table->set_count++];
}

static uint16_t proto_number(enum net_proto proto, enum net_family family)
{
	switch (proto) {
	case NET_TCP:
		return IPPROTO_TCP;
	case NET_UDP:
		return IPPROTO_UDP;
	case NET_SCTP:
		return IPPROTO_SCTP;
	case NET_ICMP:
		return family == NET_V4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	case NET_ANY:
		return NET_NO_PROTO;
	}
	return NET_NO_PROTO;
}

/* What the rules of one line have in common. */
struct line {
	const char *comment, *text, *set_stem;
	enum net_verdict verdict;
	bool is_source;
};

static void add_line_rule(struct builder *b, const struct line *line, const struct net_entry *entry,
			  enum net_family family, bool has_family, const struct net_ports *ports)
{
	const struct net_ranges *ranges = &entry->to[family];
	struct net_rule *rule = add_rule(b, line->verdict, line->comment);

	rule->text = line->text;
	rule->is_counted = true;
	rule->is_source = line->is_source;
	rule->has_family = has_family;
	rule->family = family;
	rule->proto = proto_number(entry->proto, family);
	if (ports) {
		rule->has_ports = true;
		rule->ports = *ports;
	}
	if (ranges->count > 1)
		rule->set = add_set(b, line->set_stem, family, ranges);
	else if (!net_range_is_all(&ranges->items[0], family))
		rule->range = &ranges->items[0];
}

static bool is_everything(const struct net_ranges *to)
{
	for (enum net_family f = NET_V4; f < NET_FAMILIES; f++) {
		if (to[f].count != 1 || !net_range_is_all(&to[f].items[0], f))
			return false;
	}
	return true;
}

/* One rule for each family and each range of ports. */
static void add_line(struct builder *b, const struct line *line, const struct net_entry *entry)
{
	/* "*" is one rule for both families, but for ICMP, which has a number in each. */
	bool is_one = is_everything(entry->to) && entry->proto != NET_ICMP;

	for (enum net_family f = NET_V4; f < (is_one ? NET_V6 : NET_FAMILIES); f++) {
		if (entry->to[f].count == 0)
			continue;
		if (entry->port_count == 0)
			add_line_rule(b, line, entry, f, !is_one, NULL);
		for (size_t i = 0; i < entry->port_count; i++)
			add_line_rule(b, line, entry, f, !is_one, &entry->ports[i]);
	}
}

static void add_entries(struct builder *b, const char *part, const char *key,
			const struct net_entries *entries, enum net_verdict verdict)
{
	for (size_t i = 0; i < entries->count; i++) {
		const struct line line = {
			.comment = arena_printf(b->arena, "%s.%s[%zu]", part, key, i),
			.set_stem = arena_printf(b->arena, "%s_%s_%zu", part, key, i),
			.text = entries->items[i].text,
			.verdict = verdict,
			.is_source = text_equal(part, "ingress"),
		};

		add_line(b, &line, &entries->items[i]);
	}
}

static void add_loopback(struct builder *b)
{
	add_rule(b, NET_ACCEPT, "loopback")->is_loopback = true;
}

/* Replies, and errors about what was allowed (path MTU). */
static void add_established(struct builder *b)
{
	add_rule(b, NET_ACCEPT, "established")->is_established = true;
	for (size_t i = 0; i < ARRAY_SIZE(neighbour_types); i++) {
		struct net_rule *rule = add_rule(b, NET_ACCEPT, "neighbours");

		rule->has_family = true;
		rule->family = NET_V6;
		rule->proto = IPPROTO_ICMPV6;
		rule->has_types = true;
		rule->types = neighbour_types[i];
	}
}

static void add_dns_line(struct builder *b, const char *comment, enum net_verdict verdict,
			 const struct net_ranges *to)
{
	static const enum net_proto protos[] = { NET_UDP, NET_TCP };

	for (size_t i = 0; i < ARRAY_SIZE(protos); i++) {
		struct net_ports *port = arena_alloc(b->arena, sizeof(*port));
		const struct line line = {
			.comment = comment, .text = comment, .verdict = verdict, .set_stem = "dns"
		};
		struct net_entry entry = { .proto = protos[i], .ports = port, .port_count = 1 };

		*port = (struct net_ports){ 53, 53 };
		memcpy(entry.to, to, sizeof(entry.to));
		add_line(b, &line, &entry);
	}
}

/* Docker's own resolver. The packet that we see has a port of Docker's choice already and leaves by
 * lo (nat comes before filter), so it is known by its address, in front of the loopback rule. */
static void add_docker_resolver_block(struct builder *b, bool is_enforced)
{
	static const enum net_proto protos[] = { NET_UDP, NET_TCP };
	struct net_ranges to[NET_FAMILIES] = { 0 };
	const struct net_range address = { { 127, 0, 0, 11 }, { 127, 0, 0, 11 } };

	net_ranges_add(&to[NET_V4], b->arena, &address);
	for (size_t i = 0; i < ARRAY_SIZE(protos); i++) {
		const struct line line = {
			.comment = "egress.dns",
			.text = "Docker's resolver",
			.verdict = is_enforced ? NET_REFUSE : NET_CONTINUE,
		};
		const struct net_entry entry = { .proto = protos[i], .to = { to[NET_V4] } };

		add_line(b, &line, &entry);
	}
}

static void add_metadata(struct builder *b, const struct net_metadata *metadata)
{
	const struct line line = {
		.comment = "metadata",
		.text = "cloud metadata services",
		.set_stem = "metadata",
		.verdict = metadata->is_enforced ? NET_REFUSE : NET_CONTINUE,
	};

	for (enum net_family f = NET_V4; f < NET_FAMILIES; f++) {
		struct net_rule *rule;

		if (metadata->to[f].count == 0)
			continue;
		rule = add_rule(b, line.verdict, line.comment);
		rule->text = line.text;
		rule->is_counted = true;
		rule->has_family = true;
		rule->family = f;
		rule->set = add_set(b, line.set_stem, f, &metadata->to[f]);
	}
}

static void add_default(struct builder *b, const struct net_part *part, const char *comment,
			enum net_verdict blocked)
{
	struct net_rule *rule;

	if (!part->blocks_default)
		return;
	rule = add_rule(b, part->is_enforced ? blocked : NET_ACCEPT, comment);
	rule->is_counted = true;
	rule->text = "everything else";
}

static void add_output(struct builder *b, const struct net_plan *plan)
{
	const struct net_part *egress = &plan->egress;
	enum net_verdict blocked = egress->is_enforced ? NET_REFUSE : NET_ACCEPT;
	struct net_ranges all[NET_FAMILIES] = { 0 };

	add_chain(b, "output", NET_OUTPUT, egress->is_enforced && egress->blocks_default);
	if (plan->dns.is_block && egress->is_present)
		add_docker_resolver_block(b, egress->is_enforced);
	add_loopback(b);
	if (plan->dns.is_present)
		add_dns_line(b, "dns", NET_ACCEPT, plan->dns.to);
	if (plan->metadata.is_present)
		add_metadata(b, &plan->metadata);
	if (!egress->is_present)
		return;
	add_established(b);
	add_entries(b, "egress", "block", &egress->block, blocked);
	add_entries(b, "egress", "allow", &egress->allow, NET_ACCEPT);
	if (plan->dns.is_only && !egress->blocks_default) {
		for (enum net_family f = NET_V4; f < NET_FAMILIES; f++) {
			const struct net_range range = net_range_all(f);

			net_ranges_add(&all[f], b->arena, &range);
		}
		add_dns_line(b, "egress.dns", blocked, all);
	}
	add_default(b, egress, "egress.default", blocked);
}

static void add_input(struct builder *b, const struct net_plan *plan)
{
	const struct net_part *ingress = &plan->ingress;
	enum net_verdict blocked = ingress->is_enforced ? NET_DROP : NET_ACCEPT;

	add_chain(b, "input", NET_INPUT, ingress->is_enforced && ingress->blocks_default);
	add_loopback(b);
	add_established(b);
	add_entries(b, "ingress", "block", &ingress->block, blocked);
	add_entries(b, "ingress", "allow", &ingress->allow, NET_ACCEPT);
	add_default(b, ingress, "ingress.default", blocked);
}

/* A container is no router, but has ip_forward from the host (measured): what it passes on for
 * others would go around both other chains. */
static void add_forward(struct builder *b, const struct net_plan *plan)
{
	bool drops = (plan->egress.is_present && plan->egress.is_enforced) ||
		     (plan->ingress.is_present && plan->ingress.is_enforced);

	if (!drops && !plan->metadata.is_present)
		return;
	add_chain(b, "forward", NET_FORWARD, drops);
	if (plan->metadata.is_present)
		add_metadata(b, &plan->metadata);
}

/* At once, for otherwise a program waits minutes for an answer. The peer is local: nothing leaks.
 */
static void add_refuse(struct builder *b)
{
	add_chain(b, NET_REFUSE_CHAIN, NET_NO_HOOK, false);
	add_rule(b, NET_RESET, NULL)->proto = IPPROTO_TCP;
	add_rule(b, NET_PROHIBITED, NULL);
}

void net_table_build(struct net_table *ret_table, struct arena *arena, const struct net_plan *plan)
{
	struct builder b = { .arena = arena, .table = ret_table };
	size_t most = 2 * (plan->egress.allow.count + plan->egress.block.count +
			   plan->ingress.allow.count + plan->ingress.block.count) +
		      16;

	*ret_table = (struct net_table){
		.identity = arena_printf(arena, "v%d %.128s %s", NET_PLAN_VERSION, plan->id,
					 plan->digest),
		.sets = arena_alloc(arena, most * sizeof(struct net_set)),
	};
	/* In front of the chains that go there. */
	add_refuse(&b);
	ret_table->rules[0].comment = ret_table->identity;
	if (plan->ingress.is_present)
		add_input(&b, plan);
	add_forward(&b, plan);
	if (plan->metadata.is_present || plan->egress.is_present)
		add_output(&b, plan);
}

bool net_comment_is_block(const char *comment, const char *id)
{
	size_t len = strlen(id);

	if (strncmp(comment, id, len) != 0)
		return false;
	comment += len;
	return comment[0] == '\0' || text_equal(comment, ".default") ||
	       text_equal(comment, ".dns") || text_starts(comment, ".block[");
}
