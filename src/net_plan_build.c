/*
 * From policy to plan: the three resolved controls and the nameservers of the container become
 * ranges and ports. What could be read in two ways is refused here, when the policy is known, and
 * not by the kernel later.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "net_plan_parts.h"
#include "text.h"

/*
 * Where clouds answer questions that only the machine itself may ask: credentials of its role, its
 * start-up data. The addresses behind 64:ff9b::/96 are the same ones through NAT64 (RFC 6052).
 */
static const char *const metadata_addresses[] = {
	"169.254.169.254", /* AWS, Azure, GCP, OpenStack, DigitalOcean, Oracle, ... */
	"169.254.170.2",   /* AWS: credentials of ECS tasks */
	"169.254.170.23",  /* AWS: EKS pod identity */
	"169.254.0.23",    /* Tencent */
	"169.254.42.42",   /* Scaleway */
	"100.100.100.200", /* Alibaba */
	"168.63.129.16",   /* Azure: wire server. It also is Azure's resolver: see net_plan_dns.c */
	"fd00:ec2::254",   /* AWS */
	"fd00:ec2::23",    /* AWS: EKS pod identity */
	"fd20:ce::254",    /* GCP */
	"fd00:42::42",     /* Scaleway */
	"fe80::a9fe:a9fe", /* OpenStack: link-local, whatever the interface */
	"64:ff9b::169.254.169.254",
	"64:ff9b::169.254.170.2",
	"64:ff9b::169.254.170.23",
	"64:ff9b::169.254.0.23",
	"64:ff9b::169.254.42.42",
	"64:ff9b::100.100.100.200",
	"64:ff9b::168.63.129.16",
};

void net_plan_add_address(struct net_ranges *to, struct arena *arena, const char *text)
{
	struct net_range range = { 0 };
	enum net_family family;

	if (!net_address_parse(&family, range.first, text))
		return;
	memcpy(range.last, range.first, sizeof(range.last));
	net_ranges_add(&to[family], arena, &range);
}

void net_plan_merge(struct net_ranges *to)
{
	for (enum net_family f = NET_V4; f < NET_FAMILIES; f++)
		net_ranges_merge(&to[f], f);
}

/* Absent and "off" are the same: not in the plan. */
static bool is_on(const struct json *control, bool *ret_is_enforced)
{
	const char *mode = json_text(json_find(control, "mode"));

	*ret_is_enforced = !text_equal(mode, "audit");
	return control && !text_equal(mode, "off");
}

static int build_entries(struct net_entries *entries, struct arena *arena,
			 const struct json *control, const char *key, const char *id,
			 struct error *e)
{
	const struct json *list = json_find(control, key);

	if (list && list->type != JSON_ARRAY)
		return error_set(e, ERR_POLICY, "'%s.%s' is no list of lines", id, key);
	entries->items = arena_alloc(arena, (json_count(list) + 1) * sizeof(*entries->items));
	json_each (item, list) {
		const char *line = json_text(item);

		if (!line || strlen(line) != item->len)
			return error_set(e, ERR_POLICY, "'%s.%s' is no list of lines", id, key);
		if (net_line_parse(&entries->items[entries->count], arena, line, e) < 0)
			return error_wrap(e, "'%s.%s[%zu]'", id, key, entries->count);
		entries->count++;
	}
	return 0;
}

static int build_part(struct net_part *part, struct arena *arena, const struct json *control,
		      const char *id, struct error *e)
{
	const struct json *fallback = json_find(control, "default");

	part->is_present = is_on(control, &part->is_enforced);
	if (!part->is_present)
		return 0;
	part->blocks_default = !json_is(fallback, "allow");
	if (fallback && part->blocks_default && !json_is(fallback, "block"))
		return error_set(e, ERR_POLICY, "'%s.default' is neither allow nor block", id);
	return build_entries(&part->allow, arena, control, "allow", id, e) ||
			       build_entries(&part->block, arena, control, "block", id, e)
		       ? -1
		       : 0;
}

static void build_metadata(struct net_metadata *metadata, struct arena *arena,
			   const struct json *control)
{
	metadata->is_present = is_on(control, &metadata->is_enforced);
	if (!metadata->is_present)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(metadata_addresses); i++)
		net_plan_add_address(metadata->to, arena, metadata_addresses[i]);
	net_plan_merge(metadata->to);
}

/*
 * A blocked IPv4 range as it is reached by way of NAT64 (RFC 6052). An IPv6 network with such a
 * translator would be a way around the line. Only the well-known prefix can be known here. What is
 * allowed is not widened.
 */
static void mirror(struct net_entry *entry, struct arena *arena)
{
	static const uint8_t prefix[12] = { 0x00, 0x64, 0xFF, 0x9B };

	for (size_t i = 0; i < entry->to[NET_V4].count; i++) {
		const struct net_range *range = &entry->to[NET_V4].items[i];
		struct net_range mirrored;

		memcpy(mirrored.first, prefix, sizeof(prefix));
		memcpy(mirrored.last, prefix, sizeof(prefix));
		memcpy(mirrored.first + sizeof(prefix), range->first, 4);
		memcpy(mirrored.last + sizeof(prefix), range->last, 4);
		net_ranges_add(&entry->to[NET_V6], arena, &mirrored);
	}
	net_ranges_merge(&entry->to[NET_V6], NET_V6);
}

static void mirror_all(struct net_entries *entries, struct arena *arena)
{
	for (size_t i = 0; i < entries->count; i++)
		mirror(&entries->items[i], arena);
}

/* Rules and ranges of one list. */
static int check_entries(const struct net_entries *entries, const char *id, const char *key,
			 size_t most, size_t most_ranges, struct error *e)
{
	size_t rules = 0, ranges = 0;

	for (size_t i = 0; i < entries->count; i++) {
		const struct net_entry *entry = &entries->items[i];

		rules += entry->port_count ? entry->port_count : 1;
		ranges += entry->to[NET_V4].count + entry->to[NET_V6].count;
		if (entry->port_count && (entry->proto == NET_ANY || entry->proto == NET_ICMP))
			return error_set(e, ERR_POLICY,
					 "'%s.%s[%zu]' has ports without a protocol "
					 "that has any",
					 id, key, i);
	}
	if (rules > most)
		return error_set(e, ERR_POLICY,
				 "'%s.%s' is %zu rules (lines times ports), and %zu are the most; "
				 "put addresses into a set and name it in one line, ports into "
				 "ranges",
				 id, key, rules, most);
	if (ranges > most_ranges)
		return error_set(e, ERR_POLICY,
				 "'%s.%s' has %zu ranges of addresses, and %zu are the most; join "
				 "them into larger ones",
				 id, key, ranges, most_ranges);
	return 0;
}

/* MOST_BLOCK: ranges of a list of blocks; in a policy as of all lists. */
static int check(const struct net_plan *plan, size_t most_block, struct error *e)
{
	if (!cli_is_id(plan->id) || plan->root[0] != '/' || (plan->pod && !cli_is_id(plan->pod)))
		return error_set(e, ERR_POLICY, "the firewall has no container");
	if (check_entries(&plan->egress.allow, "egress", "allow", NET_MAX_EGRESS, NET_MAX_RANGES,
			  e) ||
	    check_entries(&plan->egress.block, "egress", "block", NET_MAX_EGRESS, most_block, e) ||
	    check_entries(&plan->ingress.allow, "ingress", "allow", NET_MAX_INGRESS, NET_MAX_RANGES,
			  e) ||
	    check_entries(&plan->ingress.block, "ingress", "block", NET_MAX_INGRESS, most_block, e))
		return -1;
	return 0;
}

int net_plan_check(const struct net_plan *plan, struct error *e)
{
	/* With what mirror() has added. */
	return check(plan, (size_t)2 * NET_MAX_RANGES, e);
}

int net_plan_build(struct net_plan *ret_plan, struct arena *arena,
		   const struct net_request *request, struct error *e)
{
	struct net_plan plan = {
		.id = request->id,
		.root = request->root,
		.role = request->role,
		.policy = request->policy ? request->policy : "",
		.revision = request->revision ? request->revision : "",
		.source = request->source,
		.profile = request->profile,
		.pod = request->pod,
		.sinks = request->sinks,
	};

	build_metadata(&plan.metadata, arena, request->metadata);
	if (build_part(&plan.egress, arena, request->egress, "egress", e) ||
	    build_part(&plan.ingress, arena, request->ingress, "ingress", e) ||
	    check(&plan, NET_MAX_RANGES, e))
		return -1;
	mirror_all(&plan.egress.block, arena);
	mirror_all(&plan.ingress.block, arena);
	if (net_plan_build_dns(&plan, arena, request, e))
		return -1;
	net_plan_seal(&plan, arena);
	*ret_plan = plan;
	return 0;
}

bool net_plan_is_empty(const struct net_plan *plan)
{
	return !plan->metadata.is_present && !plan->egress.is_present && !plan->ingress.is_present;
}

bool net_plan_is_enforced(const struct net_plan *plan)
{
	return (plan->metadata.is_present && plan->metadata.is_enforced) ||
	       (plan->egress.is_present && plan->egress.is_enforced) ||
	       (plan->ingress.is_present && plan->ingress.is_enforced);
}

const char *net_plan_controls(const struct net_plan *plan, struct arena *arena)
{
	const bool is_on_list[] = { plan->metadata.is_present, plan->egress.is_present,
				    plan->ingress.is_present };
	static const char *const ids[] = { "metadata", "egress", "ingress" };
	const char *all = "";

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		if (is_on_list[i])
			all = arena_printf(arena, "%s%s%s", all, all[0] ? " " : "", ids[i]);
	}
	return all;
}
