/*
 * The plan as text. What is written is canonical (ranges sorted and merged, addresses as
 * inet_ntop(3) writes them, one order of keys), so reading it can be checked in the strictest way
 * there is: what was understood, written again, must be the same bytes.
 */
#include "net_plan.h"

#include <sha2.h>
#include <string.h>

#include "text.h"

static const char *const family_keys[] = { [NET_V4] = "v4", [NET_V6] = "v6" };

static const char *bool_text(bool value)
{
	return value ? "true" : "false";
}

static void write_ranges(struct strbuf *out, const struct net_ranges *to)
{
	for (enum net_family f = NET_V4; f < NET_FAMILIES; f++) {
		strbuf_printf(out, "\"%s\":[", family_keys[f]);
		for (size_t i = 0; i < to[f].count; i++) {
			const struct net_range *range = &to[f].items[i];
			char first[INET6_ADDRSTRLEN], other[INET6_ADDRSTRLEN];
			const char *last = net_address_text(first, f, range->first);

			/* Mostly it is one address. */
			if (memcmp(range->first, range->last, net_address_len(f)) != 0)
				last = net_address_text(other, f, range->last);
			strbuf_printf(out, "%s[\"%s\",\"%s\"]", i ? "," : "", first, last);
		}
		strbuf_puts(out, f == NET_V4 ? "]," : "]");
	}
}

static void write_entries(struct strbuf *out, const char *key, const struct net_entries *entries)
{
	strbuf_printf(out, ",\"%s\":[", key);
	for (size_t i = 0; i < entries->count; i++) {
		const struct net_entry *entry = &entries->items[i];

		strbuf_puts(out, i ? ",{" : "{");
		strbuf_member(out, "text", entry->text);
		strbuf_printf(out, ",\"proto\":\"%s\",", net_proto_name(entry->proto));
		write_ranges(out, entry->to);
		strbuf_puts(out, ",\"ports\":[");
		for (size_t p = 0; p < entry->port_count; p++)
			strbuf_printf(out, "%s[%u,%u]", p ? "," : "", entry->ports[p].first,
				      entry->ports[p].last);
		strbuf_puts(out, "]}");
	}
	strbuf_puts(out, "]");
}

static void write_part(struct strbuf *out, const char *key, const struct net_part *part)
{
	strbuf_printf(out, ",\"%s\":", key);
	if (!part->is_present) {
		strbuf_puts(out, "null");
		return;
	}
	strbuf_printf(out, "{\"enforce\":%s,\"default\":\"%s\"", bool_text(part->is_enforced),
		      part->blocks_default ? "block" : "allow");
	write_entries(out, "allow", &part->allow);
	write_entries(out, "block", &part->block);
	strbuf_puts(out, "}");
}

void net_plan_write_rules(const struct net_plan *plan, struct strbuf *out)
{
	strbuf_puts(out, "{\"metadata\":");
	if (plan->metadata.is_present) {
		strbuf_printf(out, "{\"enforce\":%s,", bool_text(plan->metadata.is_enforced));
		write_ranges(out, plan->metadata.to);
		strbuf_puts(out, "}");
	} else {
		strbuf_puts(out, "null");
	}
	strbuf_puts(out, ",\"dns\":");
	if (plan->dns.is_present) {
		strbuf_printf(out, "{\"captured\":%s,", bool_text(plan->dns.is_captured));
		write_ranges(out, plan->dns.to);
		strbuf_puts(out, "}");
	} else {
		strbuf_puts(out, "null");
	}
	strbuf_printf(out, ",\"dns_only\":%s,\"dns_block\":%s", bool_text(plan->dns.is_only),
		      bool_text(plan->dns.is_block));
	write_part(out, "egress", &plan->egress);
	write_part(out, "ingress", &plan->ingress);
	strbuf_puts(out, "}");
}

/* Plans of an earlier mantlet, which lie about while containers run, do not have all members. */
static void write_optional(struct strbuf *out, const char *key, const char *text)
{
	if (!text)
		return;
	strbuf_puts(out, ",");
	strbuf_member(out, key, text);
}

void net_plan_write(const struct net_plan *plan, struct strbuf *out)
{
	struct error cannot_happen = { 0 };

	strbuf_printf(out, "{\"v\":%d,", NET_PLAN_VERSION);
	strbuf_member(out, "id", plan->id);
	strbuf_puts(out, ",");
	strbuf_member(out, "root", plan->root);
	strbuf_puts(out, ",");
	strbuf_member(out, "digest", plan->digest);
	strbuf_puts(out, ",");
	strbuf_member(out, "role", plan->role == NET_OWNER ? "owner" : "joiner");
	write_optional(out, "pod", plan->pod);
	strbuf_puts(out, ",\"policy\":{");
	strbuf_member(out, "name", plan->policy);
	strbuf_puts(out, ",");
	strbuf_member(out, "revision", plan->revision);
	write_optional(out, "source", plan->source);
	write_optional(out, "profile", plan->profile);
	strbuf_puts(out, ",\"sinks\":");
	if (!plan->sinks || json_write(out, plan->sinks, &cannot_happen))
		strbuf_puts(out, "null");
	strbuf_puts(out, "},\"rules\":");
	strbuf_puts(out, plan->rules);
	strbuf_puts(out, "}");
}

/* Reading: the first thing that is wrong ends it, and the message need not say more. */
struct reader {
	struct arena *arena;
	bool is_bad;
};

static const char *read_text(struct reader *r, const struct json *object, const char *key)
{
	const char *text = json_text(json_find(object, key));

	r->is_bad = r->is_bad || !text;
	return text ? text : "";
}

static const char *read_optional(struct reader *r, const struct json *object, const char *key)
{
	return json_find(object, key) ? read_text(r, object, key) : NULL;
}

static bool read_bool(struct reader *r, const struct json *object, const char *key)
{
	const struct json *node = json_find(object, key);

	r->is_bad = r->is_bad || !node || (node->type != JSON_TRUE && node->type != JSON_FALSE);
	return json_is_true(node);
}

/* True for the first of two words; anything else is bad. */
static bool read_choice(struct reader *r, const struct json *object, const char *key,
			const char *yes, const char *no)
{
	const char *word = read_text(r, object, key);

	r->is_bad = r->is_bad || (!text_equal(word, yes) && !text_equal(word, no));
	return text_equal(word, yes);
}

/* The two children of a pair; NULL when it is none. */
static const struct json *pair_of(const struct json *node)
{
	const struct json *first = node->type == JSON_ARRAY ? node->head : NULL;

	return first && first->next && !first->next->next ? first : NULL;
}

static bool read_address(const struct json *node, enum net_family family, uint8_t *address)
{
	enum net_family found;

	return node->type == JSON_STRING && strlen(node->text) == node->len &&
	       net_address_parse(&found, address, node->text) && found == family;
}

static void read_ranges(struct reader *r, const struct json *object, struct net_ranges *to)
{
	for (enum net_family f = NET_V4; f < NET_FAMILIES; f++) {
		const struct json *list = json_find(object, family_keys[f]);

		r->is_bad = r->is_bad || !list || list->type != JSON_ARRAY;
		json_each (item, list) {
			const struct json *first = pair_of(item);
			struct net_range range = { 0 };

			if (!first || !read_address(first, f, range.first) ||
			    !read_address(first->next, f, range.last)) {
				r->is_bad = true;
				return;
			}
			net_ranges_add(&to[f], r->arena, &range);
		}
		r->is_bad = r->is_bad || !net_ranges_are_merged(&to[f], f);
	}
}

static bool read_port(const struct json *node, uint16_t *ret_port)
{
	uint64_t port;

	if (!json_number_u64(node, &port) || port == 0 || port > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

static void read_ports(struct reader *r, struct net_entry *entry, const struct json *list)
{
	if (!list || list->type != JSON_ARRAY) {
		r->is_bad = true;
		return;
	}
	entry->ports = arena_alloc(r->arena, (json_count(list) + 1) * sizeof(*entry->ports));
	json_each (item, list) {
		const struct json *first = pair_of(item);
		struct net_ports *ports = &entry->ports[entry->port_count];

		if (!first || !read_port(first, &ports->first) ||
		    !read_port(first->next, &ports->last) || ports->first > ports->last ||
		    (entry->port_count > 0 && ports->first <= (ports - 1)->last)) {
			r->is_bad = true;
			return;
		}
		entry->port_count++;
	}
}

static void read_entries(struct reader *r, const struct json *object, const char *key,
			 struct net_entries *entries)
{
	const struct json *list = json_find(object, key);

	if (!list || list->type != JSON_ARRAY) {
		r->is_bad = true;
		return;
	}
	entries->items = arena_alloc(r->arena, (json_count(list) + 1) * sizeof(*entries->items));
	json_each (item, list) {
		struct net_entry *entry = &entries->items[entries->count];
		const char *proto = read_text(r, item, "proto");

		entry->text = read_text(r, item, "text");
		r->is_bad = r->is_bad || !net_proto_parse(&entry->proto, proto, strlen(proto));
		read_ranges(r, item, entry->to);
		read_ports(r, entry, json_find(item, "ports"));
		if (r->is_bad)
			return;
		entries->count++;
	}
}

static void read_part(struct reader *r, const struct json *rules, const char *key,
		      struct net_part *part)
{
	const struct json *object = json_find(rules, key);

	if (!object || object->type == JSON_NULL)
		return; /* absent is found when the plan is written again */
	part->is_present = true;
	part->is_enforced = read_bool(r, object, "enforce");
	part->blocks_default = read_choice(r, object, "default", "block", "allow");
	read_entries(r, object, "allow", &part->allow);
	read_entries(r, object, "block", &part->block);
}

static void read_rules(struct reader *r, const struct json *rules, struct net_plan *plan)
{
	const struct json *metadata = json_find(rules, "metadata"), *dns = json_find(rules, "dns");

	if (metadata && metadata->type != JSON_NULL) {
		plan->metadata.is_present = true;
		plan->metadata.is_enforced = read_bool(r, metadata, "enforce");
		read_ranges(r, metadata, plan->metadata.to);
	}
	if (dns && dns->type != JSON_NULL) {
		plan->dns.is_present = true;
		plan->dns.is_captured = read_bool(r, dns, "captured");
		read_ranges(r, dns, plan->dns.to);
	}
	plan->dns.is_only = read_bool(r, rules, "dns_only");
	plan->dns.is_block = read_bool(r, rules, "dns_block");
	read_part(r, rules, "egress", &plan->egress);
	read_part(r, rules, "ingress", &plan->ingress);
}

static bool are_sinks(const struct json *sinks)
{
	if (!sinks || sinks->type == JSON_NULL)
		return true;
	json_each (sink, sinks) {
		if (sink->type != JSON_STRING)
			return false;
	}
	return sinks->type == JSON_ARRAY;
}

void net_plan_seal(struct net_plan *plan, struct arena *arena)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];
	auto_strbuf struct strbuf rules = { 0 };

	net_plan_write_rules(plan, &rules);
	plan->rules = arena_memdup(arena, rules.data, rules.len);
	plan->digest = arena_strdup(arena, SHA256Data((const uint8_t *)rules.data, rules.len, hex));
}

static void write_without_captured(struct net_plan plan, struct strbuf *out)
{
	if (plan.dns.is_captured)
		plan.dns = (struct net_dns){ .is_only = plan.dns.is_only };
	net_plan_write_rules(&plan, out);
}

bool net_plan_is_alike(const struct net_plan *a, const struct net_plan *b)
{
	auto_strbuf struct strbuf x = { 0 }, y = { 0 };

	write_without_captured(*a, &x);
	write_without_captured(*b, &y);
	return text_equal(strbuf_text(&x), strbuf_text(&y));
}

bool net_plan_follows(const struct net_plan *joiner, const struct net_plan *owner)
{
	return owner->role == NET_OWNER && joiner->pod &&
	       (text_equal(owner->id, joiner->pod) || text_equal(owner->pod, joiner->pod)) &&
	       joiner->source && !text_equal(owner->source, joiner->source) &&
	       (!owner->profile || text_equal(owner->profile, joiner->profile));
}

static bool is_same_again(const struct net_plan *plan, const char *text, size_t len)
{
	auto_strbuf struct strbuf again = { 0 };

	net_plan_write(plan, &again);
	return again.len == len && memcmp(again.data, text, len) == 0;
}

static int not_ours(struct error *e)
{
	return error_set(e, ERR_SYSTEM,
			 "the plan of the firewall is not as mantlet wrote it; start the container "
			 "again");
}

int net_plan_read(struct net_plan *ret_plan, struct arena *arena, const char *text, size_t len,
		  struct error *e)
{
	struct reader r = { .arena = arena };
	struct net_plan plan = { 0 };
	struct json_doc doc = { 0 };
	const struct json *policy;

	if (json_parse(&doc, arena, text, len, 0, "the plan of the firewall", e) < 0)
		return not_ours(e);
	policy = json_find(doc.root, "policy");
	plan.id = read_text(&r, doc.root, "id");
	plan.root = read_text(&r, doc.root, "root");
	plan.role = read_choice(&r, doc.root, "role", "owner", "joiner") ? NET_OWNER : NET_JOINER;
	plan.pod = read_optional(&r, doc.root, "pod");
	plan.policy = read_text(&r, policy, "name");
	plan.revision = read_text(&r, policy, "revision");
	plan.source = read_optional(&r, policy, "source");
	plan.profile = read_optional(&r, policy, "profile");
	plan.sinks = json_find(policy, "sinks");
	r.is_bad = r.is_bad || !are_sinks(plan.sinks);
	if (plan.sinks && plan.sinks->type == JSON_NULL)
		plan.sinks = NULL;
	read_rules(&r, json_find(doc.root, "rules"), &plan);
	if (r.is_bad || net_plan_check(&plan, e) < 0)
		return not_ours(e);
	net_plan_seal(&plan, arena);
	if (!is_same_again(&plan, text, len))
		return not_ours(e);
	*ret_plan = plan;
	return 0;
}
