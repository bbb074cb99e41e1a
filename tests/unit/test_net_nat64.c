/* Blocked IPv4 ranges in IPv6, as they are reached through NAT64 (RFC 6052). */
#include <string.h>

#include "net_plan.h"
#include "tap.h"
#include "text.h"

static struct arena *arena;

static const char *ranges_of(const struct net_ranges *ranges, enum net_family family)
{
	const char *all = "";

	for (size_t i = 0; i < ranges->count; i++) {
		char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN];

		all = arena_printf(arena, "%s%s%s-%s", all, i ? " " : "",
				   net_address_text(a, family, ranges->items[i].first),
				   net_address_text(b, family, ranges->items[i].last));
	}
	return all;
}

static struct json *parse(const char *text)
{
	struct json_doc doc = { 0 };
	struct error e = { 0 };

	if (!text || json_parse(&doc, arena, text, strlen(text), 0, "test", &e))
		return NULL;
	return doc.root;
}

/* CONTROL is that of egress and of ingress. */
static int build(struct net_plan *plan, const char *control, struct error *e)
{
	const struct net_request request = {
		.id = "c1", .root = "/run/runc", .egress = parse(control), .ingress = parse(control)
	};

	return net_plan_build(plan, arena, &request, e);
}

static const char *one_long_line(unsigned int count)
{
	const char *all;
	struct strbuf text = { 0 };

	strbuf_puts(&text, "{\"mode\":\"fix\",\"block\":[\"any ");
	for (unsigned int i = 0; i < count; i++)
		strbuf_printf(&text, "%s10.%u.%u.0/25", i ? "," : "", i / 256, i % 256);
	strbuf_puts(&text, "\"]}");
	all = arena_strdup(arena, strbuf_text(&text));
	strbuf_free(&text);
	return all;
}

/* What is blocked, as NAT64 reaches it. */
static void mirrored(const char *key, const char *line, const char *want)
{
	const char *control = arena_printf(arena, "{\"mode\":\"fix\",\"%s\":[\"%s\"]}", key, line);
	struct net_plan plan = { 0 };
	struct error e = { 0 };
	const struct net_entries *list =
		text_equal(key, "block") ? &plan.egress.block : &plan.egress.allow;

	if (!ok(build(&plan, control, &e) == 0, "nat64: a plan of '%s'", line))
		printf("#   %s\n", e.message);
	is_text(ranges_of(&list->items[0].to[NET_V6], NET_V6), want,
		arena_printf(arena, "nat64: egress.%s of '%s'", key, line));
	is_text(list->items[0].text, line, "nat64: the text stays");
	list = text_equal(key, "block") ? &plan.ingress.block : &plan.ingress.allow;
	is_text(ranges_of(&list->items[0].to[NET_V6], NET_V6), want, "nat64: ingress too");
}

static void test_mirror(void)
{
	struct net_plan plan, again;
	struct strbuf text = { 0 };
	struct error e = { 0 };

	mirrored("block", "any 10.0.0.0/8", "64:ff9b::a00:0-64:ff9b::aff:ffff");
	mirrored("block", "tcp 10.9.8.7 25", "64:ff9b::a09:807-64:ff9b::a09:807");
	mirrored("block", "any 0.0.0.0/0", "64:ff9b::-64:ff9b::ffff:ffff");
	mirrored("block", "any *", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	mirrored("block", "any 64:ff9b::/97,128.0.0.0/1,fd00::/8",
		 "64:ff9b::-64:ff9b::ffff:ffff fd00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	mirrored("block", "udp fd00::/8", "fd00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	mirrored("allow", "any 10.0.0.0/8", "");
	/* The limit is of what is written, and the plan with twice as much can be read. */
	ok(build(&plan, one_long_line(4096), &e) == 0 &&
		   plan.egress.block.items[0].to[NET_V6].count == 4096,
	   "nat64: the mirrored ones are not counted");
	net_plan_write(&plan, &text);
	ok(net_plan_read(&again, arena, text.data, text.len, &e) == 0,
	   "nat64: such a plan can be read");
	strbuf_free(&text);
}

int main(void)
{
	arena = arena_new();
	test_mirror();
	arena_free(arena);
	return done_testing();
}
