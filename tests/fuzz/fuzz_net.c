/*
 * libFuzzer target: any bytes as a line of egress, as three controls, and as the plan of a
 * firewall. What is accepted must be written and read again as the same, and its ranges must be
 * merged.
 */
#include "fuzz.h"

#include <string.h>

#include "net_rules.h"

static void check_plan(struct arena *arena, const struct net_plan *plan)
{
	auto_strbuf struct strbuf once = { 0 }, twice = { 0 };
	struct net_plan again;
	struct net_table table;
	struct error e = { 0 };

	net_plan_write(plan, &once);
	must(net_plan_read(&again, arena, once.data, once.len, &e) == 0, "a plan can be read");
	net_plan_write(&again, &twice);
	must(strcmp(once.data, twice.data) == 0, "a plan means the same again");
	must(net_plan_is_alike(plan, &again), "a plan is like itself");
	if (net_plan_is_empty(plan))
		return;
	net_table_build(&table, arena, plan);
	must(table.rule_count >= 3 && table.chain_count >= 2, "a plan has rules");
	for (size_t i = 0; i < table.set_count; i++)
		must(net_ranges_are_merged(&table.sets[i].ranges, table.sets[i].family),
		     "sets are merged");
}

static void try_controls(struct arena *arena, const char *text, size_t len)
{
	static const char *const resolvers[] = { "10.0.0.2", "fd00::1", NULL };
	struct net_request request = { .id = "c1", .root = "/run/runc", .resolvers = resolvers };
	struct net_plan plan;
	struct json_doc doc = { 0 };
	struct error e = { 0 };

	if (json_parse(&doc, arena, text, len, 0, "fuzz", &e) < 0)
		return;
	request.metadata = json_find(doc.root, "metadata");
	request.egress = json_find(doc.root, "egress");
	request.ingress = json_find(doc.root, "ingress");
	if (net_plan_build(&plan, arena, &request, &e) == 0)
		check_plan(arena, &plan);
	else
		must(e.kind == ERR_POLICY && e.message[0], "a refusal says why");
}

static void try_line(struct arena *arena, const char *text)
{
	struct net_entry entry = { 0 };
	struct error e = { 0 };
	size_t at;

	(void)net_line_set(text, &at);
	if (net_line_parse(&entry, arena, text, &e) < 0) {
		must(e.kind == ERR_POLICY && e.message[0] && !strchr(e.message, '\n'),
		     "a refusal says why, in one line");
		return;
	}
	must(entry.to[NET_V4].count + entry.to[NET_V6].count > 0, "a line names addresses");
	for (enum net_family f = NET_V4; f < NET_FAMILIES; f++)
		must(net_ranges_are_merged(&entry.to[f], f), "addresses of a line are merged");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *arena = arena_new();
	auto_free char *text = malloc(len + 1);
	struct net_plan plan;
	struct error e = { 0 };

	if (text) {
		if (len)
			memcpy(text, bytes, len);
		text[len] = '\0';
		try_line(arena, text);
		try_controls(arena, text, len);
		if (net_plan_read(&plan, arena, text, len, &e) == 0)
			check_plan(arena, &plan);
	}
	arena_free(arena);
	return 0;
}
