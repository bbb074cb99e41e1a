/*
 * Is what the kernel has what the plan says? Both sides are brought into one form: the plan by
 * encoding it as if it were sent, the kernel's by its own dump, and then text is compared. So there
 * is no second opinion about what a rule means, and an expression that we do not know differs.
 */
#include <string.h>
#include <time.h>

#include "net_batch.h"
#include "net_kernel.h"
#include "text.h"

#define MAX_TYPE 15U

#define ATTEMPTS 6
#define PAUSE 20000000 /* nanoseconds */

/* Attributes that hold attributes, by expression. */
static bool is_nest(const char *name, unsigned int depth, uint16_t type)
{
	if (depth == 1)
		return type == NFTA_DATA_VERDICT;
	if (depth > 1)
		return false;
	return (text_equal(name, "cmp") && type == NFTA_CMP_DATA) ||
	       (text_equal(name, "bitwise") &&
		(type == NFTA_BITWISE_MASK || type == NFTA_BITWISE_XOR)) ||
	       (text_equal(name, "range") &&
		(type == NFTA_RANGE_FROM_DATA || type == NFTA_RANGE_TO_DATA)) ||
	       (text_equal(name, "immediate") && type == NFTA_IMMEDIATE_DATA);
}

static bool is_zero(const struct nlattr *attr)
{
	const uint8_t *bytes = net_mnl.attr_get_payload(attr);

	for (size_t i = 0; i < net_mnl.attr_get_payload_len(attr); i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

/* Counters count; the number of a set is only known inside a batch; some say a 0 that others leave
 * out. */
static bool is_skipped(const char *name, unsigned int depth, const struct nlattr *attr)
{
	uint16_t type = net_mnl.attr_get_type(attr);

	if (depth > 0)
		return false;
	return text_equal(name, "counter") ||
	       (text_equal(name, "lookup") && type == NFTA_LOOKUP_SET_ID) ||
	       (text_equal(name, "lookup") && type == NFTA_LOOKUP_FLAGS && is_zero(attr)) ||
	       (text_equal(name, "bitwise") && type == NFTA_BITWISE_OP && is_zero(attr)) ||
	       (text_equal(name, "reject") && type == NFTA_REJECT_ICMP_CODE && is_zero(attr));
}

static void put_hex(struct strbuf *out, const struct nlattr *attr)
{
	const uint8_t *bytes = net_mnl.attr_get_payload(attr);

	for (size_t i = 0; i < net_mnl.attr_get_payload_len(attr); i++)
		strbuf_printf(out, "%02x", bytes[i]);
}

/* By number: the kernel has an order of its own. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void put_attributes(struct strbuf *out, const char *name, unsigned int depth,
			   const struct nlattr *nest)
{
	strbuf_puts(out, "{");
	for (uint16_t type = 0; type <= MAX_TYPE; type++) {
		net_each_nested (attr, nest) {
			if (net_mnl.attr_get_type(attr) != type || is_skipped(name, depth, attr))
				continue;
			strbuf_printf(out, " %u=", type);
			if (is_nest(name, depth, type))
				put_attributes(out, name, depth + 1, attr);
			else
				put_hex(out, attr);
		}
	}
	net_each_nested (attr, nest) {
		if (net_mnl.attr_get_type(attr) > MAX_TYPE)
			strbuf_puts(out, " unknown");
	}
	strbuf_puts(out, " }");
}

void net_normalise(struct strbuf *out, const struct nlattr *expressions)
{
	net_each_nested (element, expressions) {
		const struct nlattr *data = NULL;
		char name[32] = "";

		net_each_nested (attr, element) {
			size_t len = net_mnl.attr_get_payload_len(attr);

			if (net_mnl.attr_get_type(attr) == NFTA_EXPR_DATA)
				data = attr;
			if (net_mnl.attr_get_type(attr) == NFTA_EXPR_NAME && len < sizeof(name))
				memcpy(name, net_mnl.attr_get_payload(attr), len);
		}
		strbuf_puts(out, name[0] ? name : "unknown");
		if (data)
			put_attributes(out, name, 0, data);
		strbuf_puts(out, "\n");
	}
}

static int differs(struct error *e, const char *what, const char *name, const char *how)
{
	return error_set(e, ERR_DENIED, "its %s '%s' %s", what, name, how);
}

static int compare_chain(const struct net_seen *seen, const struct net_chain *want, struct error *e)
{
	const struct net_seen_chain *found = NULL;

	for (size_t i = 0; i < seen->chain_count; i++) {
		if (text_equal(seen->chains[i].name, want->name))
			found = &seen->chains[i];
	}
	if (!found)
		return differs(e, "chain", want->name, "is missing");
	if (found->flags & ~(uint32_t)NFT_CHAIN_BASE)
		return differs(e, "chain", want->name, "has flags");
	if (want->hook == NET_NO_HOOK)
		return found->has_hook ? differs(e, "chain", want->name, "has a hook") : 0;
	if (!found->has_hook || !found->is_filter || found->hook != net_hook_number(want->hook) ||
	    found->priority != 0)
		return differs(e, "chain", want->name, "is at another hook");
	if (found->policy != (want->drops ? (uint32_t)NF_DROP : (uint32_t)NF_ACCEPT))
		return differs(e, "chain", want->name, "has another default");
	return 0;
}

static const char *encoded(struct net_batch *scratch, struct arena *arena,
			   const struct net_rule *rule, const struct net_table *table)
{
	auto_strbuf struct strbuf text = { 0 };

	net_msg_begin(scratch, NFT_MSG_NEWRULE, 0, NULL);
	net_put_expressions(scratch, rule, table);
	scratch->count = 0;
	net_each_attr (attr, scratch->msg)
		net_normalise(&text, attr);
	return arena_strdup(arena, strbuf_text(&text));
}

/* The comment of the first rule has the id of whoever was first; the digest must be ours. */
static bool is_same_comment(const char *found, const char *want)
{
	const char *digest = want && text_starts(want, "v1 ") ? strrchr(want, ' ') : NULL;

	return digest ? text_starts(found, "v1 ") && text_ends(found, digest)
		      : text_equal(found, want);
}

/* The rules of one chain, in order: AT is the place of the next one that the kernel has. */
static int compare_rules(const struct net_seen *seen, const struct net_table *table,
			 const struct net_chain *chain, struct arena *arena, struct error *e)
{
	auto_batch struct net_batch scratch;
	size_t at = 0;

	net_batch_open(&scratch);
	for (size_t i = 0; i < table->rule_count; i++) {
		const struct net_rule *want = &table->rules[i];
		const char *name = want->comment ? want->comment : chain->name;

		if (want->chain != chain->name)
			continue;
		while (at < seen->rule_count && !text_equal(seen->rules[at].chain, chain->name))
			at++;
		if (at == seen->rule_count)
			return differs(e, "rule", name, "is missing");
		if (!is_same_comment(seen->rules[at].comment, want->comment) ||
		    !text_equal(seen->rules[at].expressions, encoded(&scratch, arena, want, table)))
			return differs(e, "rule", name, "is missing, changed or not in its place");
		at++;
	}
	for (; at < seen->rule_count; at++) {
		if (text_equal(seen->rules[at].chain, chain->name))
			return differs(e, "chain", chain->name, "has a rule too many");
	}
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct net_seen_element *x = a, *y = b;
	int order = memcmp(x->address, y->address, sizeof(x->address));

	return order ? order : (int)x->is_end - (int)y->is_end;
}

static bool is_next(const struct net_seen_set *seen, size_t *at, const uint8_t *address,
		    bool is_end)
{
	const struct net_seen_element *element = &seen->elements[*at];

	return (*at)++ < seen->count && element->is_end == is_end &&
	       memcmp(element->address, address, sizeof(element->address)) == 0;
}

static int compare_set(const struct net_seen_set *seen, const struct net_set *want, struct error *e)
{
	size_t at = 0;

	if (seen->count)
		qsort(seen->elements, seen->count, sizeof(*seen->elements), by_address);
	/* Linux may put an end in front of the first range: the outside that begins at address 0.
	 */
	if (seen->count && seen->elements[0].is_end)
		at++;
	for (size_t i = 0; i < want->ranges.count && !seen->is_bad; i++) {
		const struct net_range *range = &want->ranges.items[i];
		uint8_t behind[16];

		memcpy(behind, range->last, sizeof(behind));
		if (!is_next(seen, &at, range->first, false) ||
		    (net_address_next(behind, want->family) && !is_next(seen, &at, behind, true)))
			return differs(e, "set", want->name, "has other addresses");
	}
	if (seen->is_bad || at != seen->count)
		return differs(e, "set", want->name, "has other addresses");
	return 0;
}

int net_compare(const struct net_seen *seen, const struct net_table *table, struct arena *arena,
		struct error *e)
{
	if (!seen->has_table)
		return error_set(e, ERR_DENIED, "the table 'inet " NET_TABLE "' is not there");
	if (seen->flags != 0)
		return error_set(e, ERR_DENIED, "the table 'inet " NET_TABLE "' is switched off");
	if (seen->identity && !is_same_comment(seen->identity, table->identity))
		return error_set(e, ERR_DENIED,
				 "the table 'inet " NET_TABLE "' is of another policy");
	for (size_t i = 0; i < table->chain_count; i++) {
		if (compare_chain(seen, &table->chains[i], e) < 0 ||
		    compare_rules(seen, table, &table->chains[i], arena, e) < 0)
			return -1;
	}
	if (seen->chain_count != table->chain_count)
		return error_set(e, ERR_DENIED,
				 "the table 'inet " NET_TABLE "' has a chain too many");
	for (size_t i = 0; i < table->set_count; i++) {
		if (compare_set(&seen->sets[i], &table->sets[i], e) < 0)
			return -1;
	}
	return 0;
}

int net_verify(int fd, const struct net_table *table, struct arena *arena, struct error *e)
{
	const struct timespec pause = { .tv_nsec = PAUSE };

	for (int attempt = 1;; attempt++) {
		struct net_seen seen;

		if (net_read(&seen, arena, fd, table, e) < 0)
			return -1;
		if (net_compare(&seen, table, arena, e) == 0)
			return 0;
		if (attempt == ATTEMPTS)
			return -1;
		(void)nanosleep(&pause, NULL);
	}
}
