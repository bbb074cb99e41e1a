/* The plan of a firewall: addresses, lines of policy, merging, limits, and the file's text. */
#include "net_plan.h"
#include "net_rules.h"
#include "tap.h"
#include "text.h"

static struct arena *arena;

static void refused(const char *line, const char *words)
{
	struct error e = { 0 };

	if (!ok(net_line_check(line, &e) == -1 && e.kind == ERR_POLICY &&
			strstr(e.message, words) != NULL,
		"'%s' is refused: %s", line, words))
		printf("#   got: %s\n", e.message);
}

static void taken(const char *line)
{
	struct error e = { 0 };

	if (!ok(net_line_check(line, &e) == 0, "'%s' is taken", line))
		printf("#   got: %s\n", e.message);
}

static void test_lines(void)
{
	taken("tcp 10.0.0.0/8 443");
	taken("tcp 10.0.0.0/8 443,8000-8010");
	taken("  udp\t*  53 ");
	taken("any 10.0.0.0/8");
	taken("any 10.0.0.0/8 *");
	taken("icmp *");
	taken("sctp 2001:db8::/32 *");
	taken("tcp 10.1.2.3 22");
	taken("tcp 10.0.0.0/8,192.168.0.0/16,fd00::/8 1-65535");
	taken("any 0.0.0.0/0");
	taken("any ::/0");

	refused("", "a line is a protocol");
	refused("tcp", "a line is a protocol");
	refused("tcp 10.0.0.0/8 443 80", "a line is a protocol");
	refused("TCP 10.0.0.0/8 443", "'TCP' is no protocol");
	refused("http 10.0.0.0/8 443", "there are: tcp, udp, sctp, icmp, any");
	refused("tcp example.org 443", "names");
	refused("tcp 10.0.0.0/33 443", "no prefix length between 0 and 32");
	refused("tcp fd00::/129 443", "no prefix length between 0 and 128");
	refused("tcp 10.0.0.0/ 443", "no prefix length");
	refused("tcp 10.0.0.0/08 443", "no prefix length");
	refused("tcp 10.0.0.0/-1 443", "no prefix length");
	refused("tcp 10.0.0.010/32 443", "leading zeros");
	refused("tcp 0x0a.0.0.0/8 443", "no address");
	refused("tcp 10/8 443", "short forms");
	refused("tcp 10.0.0.5/8 443", "write 10.0.0.0/8");
	refused("tcp 2001:db8::1/32 443", "write 2001:db8::/32");
	refused("tcp ::ffff:10.0.0.1 443", "write the IPv4 address");
	refused("tcp ::ffff:0:0/96 443", "write the IPv4 address");
	refused("tcp fe80::1%eth0 443", "no address");
	refused("tcp 10.0.0.0/8, 443", "'' is no address");
	refused("tcp ,10.0.0.0/8 443", "'' is no address");
	refused("tcp @backend 443", "a set");
	refused("tcp 10.0.0.0/8 0", "'0' is no port");
	refused("tcp 10.0.0.0/8 65536", "'65536' is no port");
	refused("tcp 10.0.0.0/8 443.0", "no port");
	refused("tcp 10.0.0.0/8 -1", "no port");
	refused("tcp 10.0.0.0/8 80,", "'' is no port");
	refused("tcp 10.0.0.0/8 080", "no port");
	refused("tcp 10.0.0.0/8 90-80", "write 80-90");
	refused("tcp 10.0.0.0/8 80-", "no port");
	refused("any 10.0.0.0/8 443", "'any' has no ports");
	refused("icmp * 8", "'icmp' has no ports");
}

static void test_sets(void)
{
	size_t len = 0;
	const char *line = "tcp @back-end 443";
	const char *at = net_line_set(line, &len);

	ok(at == line + 4 && len == 9, "the place of a set in a line is found");
	ok(net_line_set("tcp 10.0.0.0/8 443", &len) == NULL, "a line without a set has none");
	ok(net_line_set("@tcp", &len) == NULL, "a set is only where addresses stand");
}

static struct net_entry entry_of(const char *line)
{
	struct net_entry entry = { 0 };
	struct error e = { 0 };

	if (net_line_parse(&entry, arena, line, &e))
		printf("# %s: %s\n", line, e.message);
	return entry;
}

/* Ranges as text, for reading failures. */
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

static void merges(const char *line, enum net_family family, const char *want, const char *name)
{
	const struct net_entry entry = entry_of(line);

	is_text(ranges_of(&entry.to[family], family), want, name);
	ok(net_ranges_are_merged(&entry.to[family], family), "  and is in order");
}

static void test_merge(void)
{
	struct net_entry ports = entry_of("tcp * 80,443,81-90,442,1000-1010,1005");

	merges("any 10.1.0.0/16,10.0.0.0/8", NET_V4, "10.0.0.0-10.255.255.255",
	       "a range inside of another one goes");
	merges("any 10.128.0.0/9,10.0.0.0/9,0.0.0.0/0", NET_V4, "0.0.0.0-255.255.255.255",
	       "everything swallows all others");
	merges("any 10.0.0.0/9,10.128.0.0/9", NET_V4, "10.0.0.0-10.255.255.255",
	       "adjacent ranges become one");
	merges("any 10.0.0.1,10.0.0.1,10.0.0.3", NET_V4, "10.0.0.1-10.0.0.1 10.0.0.3-10.0.0.3",
	       "duplicates go, neighbours with a gap stay");
	merges("any 255.255.255.255,255.255.255.254,0.0.0.0", NET_V4,
	       "0.0.0.0-0.0.0.0 255.255.255.254-255.255.255.255",
	       "the top of the range is no wrap");
	merges("any ffff::/16,ff00::/8,::", NET_V6,
	       "::-:: ff00::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "nor is IPv6's");
	merges("any 10.0.0.0/8,fd00::/8", NET_V6, "fd00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	       "families are apart");
	ok(ports.port_count == 3 && ports.ports[0].first == 80 && ports.ports[0].last == 90 &&
		   ports.ports[1].first == 442 && ports.ports[1].last == 443 &&
		   ports.ports[2].first == 1000 && ports.ports[2].last == 1010,
	   "ports are merged");
	ok(entry_of("tcp * 1-65535").port_count == 0, "every port is no port at all");
}

/* Whatever the ranges are, the merged ones hold the same addresses of a small world. */
static void test_merge_is_union(void)
{
	unsigned int seed = 7;
	bool same = true, ordered = true;

	for (int round = 0; round < 2000; round++) {
		struct net_ranges ranges = { 0 };
		bool want[256] = { false };

		for (int i = 0; i < 12; i++) {
			struct net_range range = { .first = { 255, 255, 255 },
						   .last = { 255, 255, 255 } };
			unsigned int a, b;

			seed = seed * 1103515245U + 12345U;
			a = (seed >> 16) & 255;
			b = a + ((seed >> 8) & 31);
			b = b > 255 ? 255 : b;
			range.first[3] = (uint8_t)a;
			range.last[3] = (uint8_t)b;
			for (unsigned int j = a; j <= b; j++)
				want[j] = true;
			net_ranges_add(&ranges, arena, &range);
		}
		net_ranges_merge(&ranges, NET_V4);
		ordered = ordered && net_ranges_are_merged(&ranges, NET_V4);
		for (unsigned int j = 0; j < 256; j++) {
			const uint8_t address[16] = { 255, 255, 255, (uint8_t)j };

			same = same && net_ranges_hold(&ranges, NET_V4, address) == want[j];
		}
	}
	ok(same, "merging keeps every address and adds none (2,000 lists)");
	ok(ordered, "and leaves no two that touch");
}

static struct json *parse(const char *text)
{
	struct json_doc doc = { 0 };
	struct error e = { 0 };

	if (!text || json_parse(&doc, arena, text, strlen(text), 0, "test", &e))
		return NULL;
	return doc.root;
}

static const char *const resolvers[] = { "10.0.0.2",     "127.0.0.11",      "fd00::53", "::1",
					 "fe80::1%eth0", "169.254.169.254", NULL };

static int build(struct net_plan *plan, const char *metadata, const char *egress,
		 const char *ingress, struct error *e)
{
	const struct net_request request = {
		.id = "c1",
		.root = "/run/runc",
		.policy = "fleet",
		.revision = "2026",
		.metadata = parse(metadata),
		.egress = parse(egress),
		.ingress = parse(ingress),
		.resolvers = resolvers,
	};

	return net_plan_build(plan, arena, &request, e);
}

static void bad(const char *egress, const char *words)
{
	struct net_plan plan;
	struct error e = { 0 };

	if (!ok(build(&plan, NULL, egress, NULL, &e) == -1 && strstr(e.message, words),
		"refused: %.60s: %s", egress, words))
		printf("#   got: %s\n", e.message);
}

static const char *many(const char *key, unsigned int count, const char *rest)
{
	const char *all = arena_printf(arena, "{\"mode\":\"fix\",\"%s\":[", key);
	struct strbuf text = { 0 };

	strbuf_puts(&text, all);
	for (unsigned int i = 0; i < count; i++)
		strbuf_printf(&text, "%s\"tcp 10.%u.%u.0/24 %s\"", i ? "," : "", i / 256, i % 256,
			      rest);
	strbuf_puts(&text, "]}");
	all = arena_strdup(arena, strbuf_text(&text));
	strbuf_free(&text);
	return all;
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

static void test_limits(void)
{
	struct net_plan plan;
	struct error e = { 0 };

	ok(build(&plan, NULL, many("allow", 256, "443"), NULL, &e) == 0, "256 rules are allowed");
	bad(many("allow", 257, "443"), "256 are the most");
	bad(many("allow", 129, "443,80"), "'egress.allow' is 258 rules");
	bad(many("block", 257, "443"), "'egress.block' is 257 rules");
	ok(build(&plan, NULL, one_long_line(4096), NULL, &e) == 0, "4,096 ranges are allowed");
	bad(one_long_line(4097), "4096 are the most");
	ok(build(&plan, NULL, NULL, many("allow", 64, "443"), &e) == 0,
	   "64 of ingress are allowed");
	ok(build(&plan, NULL, NULL, many("allow", 65, "443"), &e) == -1 &&
		   strstr(e.message, "'ingress.allow' is 65 rules"),
	   "65 are not");
}

static void test_build(void)
{
	struct net_plan plan;
	struct error e = { 0 };

	ok(build(&plan, NULL, NULL, NULL, &e) == 0 && net_plan_is_empty(&plan),
	   "no control: an empty plan");
	ok(build(&plan, "{\"mode\":\"off\"}", "{\"mode\":\"off\"}", NULL, &e) == 0 &&
		   net_plan_is_empty(&plan),
	   "controls that are off: an empty plan");
	ok(build(&plan, "{\"mode\":\"audit\"}", NULL, NULL, &e) == 0 && !net_plan_is_empty(&plan) &&
		   !net_plan_is_enforced(&plan),
	   "audit is in the plan and stops nothing");
	ok(build(&plan, "{\"mode\":\"fix\"}", NULL, NULL, &e) == 0 && net_plan_is_enforced(&plan),
	   "fix does");
	ok(!plan.dns.is_present, "metadata alone opens no nameserver");
	ok(build(&plan, NULL, "{\"mode\":\"deny\"}", NULL, &e) == 0 && plan.egress.blocks_default &&
		   !plan.dns.is_only,
	   "egress blocks by default");
	is_text(ranges_of(&plan.dns.to[NET_V4], NET_V4),
		"10.0.0.2-10.0.0.2 169.254.169.254-169.254.169.254",
		"dns: the nameservers that were captured, without loopback");
	is_text(ranges_of(&plan.dns.to[NET_V6], NET_V6), "fd00::53-fd00::53", "and IPv6");
	ok(build(&plan, NULL, "{\"mode\":\"fix\",\"default\":\"allow\"}", NULL, &e) == 0 &&
		   !plan.dns.is_present,
	   "where egress is open and says nothing of dns, so is dns");
	ok(build(&plan, NULL, "{\"mode\":\"fix\",\"dns\":\"none\"}", NULL, &e) == 0 &&
		   plan.dns.is_block && plan.dns.to[NET_V4].count == 0,
	   "dns none");
	ok(build(&plan, NULL, "{\"mode\":\"fix\",\"dns\":[\"1.1.1.1\"]}", NULL, &e) == 0 &&
		   !plan.dns.is_captured,
	   "dns as a list");
	is_text(ranges_of(&plan.dns.to[NET_V4], NET_V4), "1.1.1.1-1.1.1.1", "is that list");
	bad("{\"mode\":\"fix\",\"dns\":[\"one.one\"]}", "'one.one'");
	bad("{\"mode\":\"fix\",\"dns\":\"system\"}", "neither resolver nor none");
	bad("{\"mode\":\"fix\",\"default\":\"drop\"}", "neither allow nor block");
	bad("{\"mode\":\"fix\",\"allow\":[\"tcp * 443\",\"tcp * 0\"]}", "'egress.allow[1]'");
	bad("{\"mode\":\"fix\",\"allow\":\"tcp * 443\"}", "no list of lines");
	bad("{\"mode\":\"fix\",\"block\":[1]}", "no list of lines");
}

static const char *const whole =
	"{\"mode\":\"fix\",\"default\":\"block\",\"allow\":[\"tcp 10.0.0.0/8 443\"],"
	"\"block\":[\"any 10.9.0.0/16,fd00::/8\"]}";

static void test_text(void)
{
	struct net_plan plan, again;
	struct strbuf text = { 0 };
	struct error e = { 0 };
	unsigned int accepted = 0;

	ok(build(&plan, "{\"mode\":\"fix\"}", whole, "{\"mode\":\"audit\"}", &e) == 0, "a plan");
	net_plan_write(&plan, &text);
	ok(text_starts(text.data, "{\"v\":1,\"id\":\"c1\",\"root\":\"/run/runc\",\"digest\":\""),
	   "begins with who and where");
	ok(strstr(text.data,
		  "\"allow\":[{\"text\":\"tcp 10.0.0.0/8 443\",\"proto\":\"tcp\",\"v4\":[["
		  "\"10.0.0.0\",\"10.255.255.255\"]],\"v6\":[],\"ports\":[[443,443]]}]") != NULL,
	   "has lines as ranges and ports");
	ok(net_plan_read(&again, arena, text.data, text.len, &e) == 0, "can be read");
	is_text(again.digest, plan.digest, "and is the same");

	/* Every byte of it counts: one that is another makes no other plan. */
	for (size_t i = 0; i < text.len; i++) {
		char old = text.data[i];

		text.data[i] = old == '1' ? '2' : old == 'x' ? 'y' : '1';
		if (net_plan_read(&again, arena, text.data, text.len, &e) == 0)
			accepted++;
		else if (e.kind != ERR_SYSTEM || !strstr(e.message, "start the container again"))
			accepted += 1000;
		text.data[i] = old;
	}
	/* The id, the root, and the names of the policy are free text. */
	ok(accepted > 0 && accepted < 30, "a byte that is changed is noticed (%u free ones)",
	   accepted);
	for (size_t len = 0; len < text.len; len++) {
		if (net_plan_read(&again, arena, text.data, len, &e) == 0)
			accepted = 1000;
	}
	ok(accepted < 1000, "so is a plan that was cut");
	/* A plan of a mantlet that did not say pod and source is the one above. */
	plan.pod = "p1";
	plan.source = "sha256:1 0.1.0 2";
	strbuf_free(&text);
	text = (struct strbuf){ 0 };
	net_plan_write(&plan, &text);
	ok(net_plan_read(&again, arena, text.data, text.len, &e) == 0 &&
		   text_equal(again.pod, plan.pod) && text_equal(again.source, plan.source) &&
		   text_equal(again.digest, plan.digest),
	   "pod and source are no rules");
	strbuf_puts(&text, " ");
	ok(net_plan_read(&again, arena, text.data, text.len, &e) == -1, "and one with more behind");
	strbuf_free(&text);
}

static void test_alike(void)
{
	struct net_plan a, b;
	struct error e = { 0 };
	const char *const others[] = { "127.0.0.11", NULL };
	struct net_request request = {
		.id = "c2", .root = "/run/runc", .egress = parse(whole), .resolvers = others
	};

	ok(build(&a, NULL, whole, NULL, &e) == 0 && net_plan_build(&b, arena, &request, &e) == 0 &&
		   !text_equal(a.digest, b.digest) && net_plan_is_alike(&a, &b),
	   "plans that differ in captured nameservers are alike");
	request.egress = parse("{\"mode\":\"fix\",\"allow\":[\"tcp 10.0.0.0/8 444\"]}");
	ok(net_plan_build(&b, arena, &request, &e) == 0 && !net_plan_is_alike(&a, &b),
	   "plans that differ in a port are not");
	request.egress = parse("{\"mode\":\"fix\",\"dns\":[\"9.9.9.9\"]}");
	(void)!net_plan_build(&b, arena, &request, &e);
	request.egress = parse("{\"mode\":\"fix\",\"dns\":[\"9.9.9.10\"]}");
	(void)!net_plan_build(&a, arena, &request, &e);
	ok(!net_plan_is_alike(&a, &b), "nor are those with other nameservers by policy");
}

/* "chain comment verdict" of each rule. */
static const char *rules_of(const struct net_plan *plan)
{
	static const char *const words[] = { "continue", "accept", "drop",
					     "refuse",   "reset",  "prohibited" };
	struct net_table table;
	const char *all = "";

	net_table_build(&table, arena, plan);
	for (size_t i = 0; i < table.rule_count; i++) {
		const struct net_rule *rule = &table.rules[i];

		if (!text_equal(rule->chain, NET_REFUSE_CHAIN))
			all = arena_printf(arena, "%s%s %s %s\n", all, rule->chain,
					   rule->comment ? rule->comment : "-",
					   words[rule->verdict]);
	}
	for (size_t i = 0; i < table.chain_count; i++) {
		if (table.chains[i].hook != NET_NO_HOOK)
			all = arena_printf(arena, "%s%s:%s ", all, table.chains[i].name,
					   table.chains[i].drops ? "drop" : "accept");
	}
	return all;
}

static void test_rules(void)
{
	struct net_plan plan;
	struct error e = { 0 };

	(void)!build(&plan, "{\"mode\":\"fix\"}", NULL, NULL, &e);
	plan.dns = (struct net_dns){ 0 };
	is_text(rules_of(&plan),
		"forward metadata refuse\nforward metadata refuse\n"
		"output loopback accept\noutput metadata refuse\noutput metadata refuse\n"
		"forward:accept output:accept ",
		"metadata alone: no conntrack, nothing dropped by default");

	(void)!build(&plan, "{\"mode\":\"audit\"}",
		     "{\"mode\":\"fix\",\"allow\":[\"tcp * 443\"],\"dns\":\"none\","
		     "\"block\":[\"any 10.0.0.0/8\"]}",
		     NULL, &e);
	is_text(rules_of(&plan),
		"forward metadata continue\nforward metadata continue\n"
		"output egress.dns refuse\noutput egress.dns refuse\noutput loopback accept\n"
		"output metadata continue\noutput metadata continue\n"
		"output established accept\noutput neighbours accept\noutput neighbours accept\n"
		"output egress.block[0] refuse\noutput egress.block[0] refuse\n"
		"output egress.allow[0] accept\noutput egress.default refuse\nforward:drop "
		"output:drop ",
		"an audited part counts and goes on, the enforced one behind it is reached");

	(void)!build(&plan, NULL,
		     "{\"mode\":\"audit\",\"block\":[\"any 10.0.0.0/8\"],\"dns\":[\"1.1.1.1\"]}",
		     "{\"mode\":\"audit\",\"block\":[\"any 10.0.0.0/8\"]}", &e);
	ok(!strstr(rules_of(&plan), "refuse") && !strstr(rules_of(&plan), "drop") &&
		   !strstr(rules_of(&plan), "forward"),
	   "audit alone blocks nothing");

	(void)!build(&plan, NULL,
		     "{\"mode\":\"fix\",\"default\":\"allow\",\"dns\":\"resolver\","
		     "\"allow\":[\"udp 9.9.9.9 53\"]}",
		     NULL, &e);
	ok(strstr(rules_of(&plan), "output egress.allow[0] accept\noutput egress.dns refuse\n"
				   "output egress.dns refuse\nforward:drop output:accept ") != NULL,
	   "an open egress with dns: a line may open port 53, then it is closed");
	ok(net_comment_is_block("egress.block[12]", "egress") &&
		   net_comment_is_block("egress.default", "egress") &&
		   net_comment_is_block("metadata", "metadata") &&
		   !net_comment_is_block("egress.allow[0]", "egress") &&
		   !net_comment_is_block("dns", "egress"),
	   "which comments are of rules that block");
}

int main(void)
{
	arena = arena_new();
	test_lines();
	test_sets();
	test_merge();
	test_merge_is_union();
	test_limits();
	test_build();
	test_text();
	test_alike();
	test_rules();
	arena_free(arena);
	return done_testing();
}
