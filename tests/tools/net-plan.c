/*
 * net-plan ID ROOT owner|joiner CONTROLS SINK [NAMESERVER...]: print the plan of a firewall, as
 * mantlet would leave it for mantlet-net. CONTROLS is JSON: {"metadata": ..., "egress": ...,
 * "ingress": ...}, each as it is resolved ({"mode": "fix", ...}); SINK is where events go. Of the
 * environment: SOURCE, POD and HOST_RESOLVER, a nameserver of the host.
 */
#include <stdio.h>
#include <string.h>

#include "net_plan.h"

int main(int argc, char **argv)
{
	auto_arena struct arena *arena = arena_new();
	struct net_request request = { .policy = "test", .revision = "1" };
	auto_strbuf struct strbuf text = { 0 };
	struct net_plan plan;
	struct json_doc doc;
	struct json *sinks = json_new(arena, JSON_ARRAY);
	struct error e = { 0 };
	const char *host[2] = { NULL, NULL };

	if (argc < 6)
		return 2;
	request.id = argv[1];
	request.root = argv[2];
	request.role = strcmp(argv[3], "owner") == 0 ? NET_OWNER : NET_JOINER;
	json_append(arena, sinks, NULL, json_new_str(arena, argv[5]));
	request.sinks = sinks;
	request.source = getenv("SOURCE");
	request.profile = getenv("PROFILE");
	request.pod = getenv("POD");
	host[0] = getenv("HOST_RESOLVER");
	request.host_resolvers = host;
	request.resolvers = (const char *const *)argv + 6;
	if (json_parse(&doc, arena, argv[4], strlen(argv[4]), 0, "CONTROLS", &e) == 0) {
		request.metadata = json_find(doc.root, "metadata");
		request.egress = json_find(doc.root, "egress");
		request.ingress = json_find(doc.root, "ingress");
		if (net_plan_build(&plan, arena, &request, &e) == 0) {
			net_plan_write(&plan, &text);
			puts(text.data);
			return 0;
		}
	}
	fprintf(stderr, "net-plan: %s\n", e.message);
	return 1;
}
