/* Which nameservers that an engine gave a container are open, and what is against the others. */
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

/* Of the host, for those below that say so. */
static const char *const *hosts;

static const char *const resolvers[] = { "10.0.0.2",     "127.0.0.11",      "fd00::53", "::1",
					 "fe80::1%eth0", "169.254.169.254", NULL };

static void nameservers(const char *metadata, const char *egress, const char *want,
			const char *what)
{
	const struct net_request request = { .id = "c1",
					     .root = "/run/runc",
					     .metadata = parse(metadata),
					     .egress = parse(egress),
					     .resolvers = resolvers,
					     .host_resolvers = hosts };
	struct net_plan plan = { 0 };
	struct error e = { 0 };

	if (!ok(net_plan_build(&plan, arena, &request, &e) == 0, "dns: a plan: %s", what))
		printf("#   %s\n", e.message);
	is_text(arena_printf(arena, "%s %s", ranges_of(&plan.dns.to[NET_V4], NET_V4),
			     ranges_of(&plan.dns.to[NET_V6], NET_V6)),
		want, what);
}

#define V4 "10.0.0.2-10.0.0.2"
#define V6 " fd00::53-fd00::53"
#define META "169.254.169.254-169.254.169.254"

static void test_nameservers(void)
{
	static const char *const some[] = { "10.0.0.2", "169.254.169.254", "fd00:0::0:53", NULL };
	static const char fix[] = "{\"mode\":\"fix\"}", audit[] = "{\"mode\":\"audit\"}";

	nameservers(fix, NULL, " ", "dns: metadata alone: what is none of the host's stays closed");
	nameservers(fix, fix, V4 V6, "egress too: it stays closed, the others are open");
	nameservers(audit, fix, V4 " " META V6, "metadata that only counts closes nothing");
	nameservers(audit, audit, V4 V6, "where both count, it is counted");
	nameservers(NULL, fix, V4 " " META V6, "without metadata it is an address like others");
	nameservers(NULL, "{\"mode\":\"fix\",\"block\":[\"any 10.0.0.0/8\"]}", META V6,
		    "a blocked range closes a nameserver");
	nameservers(NULL,
		    "{\"mode\":\"fix\",\"block\":[\"tcp 10.0.0.2 50-53\",\"udp fd00::/8 53\"]}",
		    META " ", "by one protocol too, in IPv6 too");
	nameservers(NULL,
		    "{\"mode\":\"fix\",\"block\":[\"tcp * 1-52,54-70\",\"icmp *\",\"sctp * 53\"]}",
		    V4 " " META V6, "other ports and protocols close none");
	nameservers(NULL, "{\"mode\":\"audit\",\"block\":[\"any 10.0.0.0/8\"]}", META V6,
		    "under audit it is counted as blocked");
	hosts = some;
	nameservers(fix, NULL, META " ", "metadata alone: the host's resolver may be asked");
	nameservers(fix, "{\"mode\":\"fix\",\"block\":[\"any *\"]}", V4 " " META V6,
		    "what the host asks is open whatever is blocked");
	nameservers(fix, "{\"mode\":\"fix\",\"default\":\"allow\",\"block\":[\"any *\"]}", META " ",
		    "with an open egress and no dns only metadata's");
	nameservers(fix, "{\"mode\":\"fix\",\"dns\":\"none\"}", " ", "none is none");
	hosts = NULL;
	nameservers(fix, "{\"mode\":\"fix\",\"dns\":[\"10.0.0.2\"],\"block\":[\"any *\"]}", V4 " ",
		    "what the policy lists is open whatever is blocked");
}

int main(void)
{
	arena = arena_new();
	test_nameservers();
	arena_free(arena);
	return done_testing();
}
