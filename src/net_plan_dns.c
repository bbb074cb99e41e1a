/*
 * Port 53: to which nameservers it is open, whatever else a policy says.
 */
#include <string.h>

#include "net_plan_parts.h"
#include "text.h"

static bool is_loopback(enum net_family family, const uint8_t *address)
{
	static const uint8_t loopback[16] = { [15] = 1 };

	return family == NET_V4 ? address[0] == 127 : memcmp(address, loopback, 16) == 0;
}

/*
 * The nameservers that the engine gave the container. ONLY: nothing but addresses of the metadata
 * list, for Google's and Azure's resolver is the metadata service, and where only `metadata` is on
 * names must still resolve. Loopback (Docker's own resolver) passes anyway.
 */
static void add_resolvers(struct net_dns *dns, struct arena *arena, const char *const *resolvers,
			  const struct net_ranges *only)
{
	for (unsigned int i = 0; resolvers && resolvers[i] && i < NET_MAX_DNS; i++) {
		uint8_t address[16];
		enum net_family family;

		if (!net_address_parse(&family, address, resolvers[i]) ||
		    is_loopback(family, address) ||
		    (only && !net_ranges_hold(&only[family], family, address)))
			continue;
		net_plan_add_address(dns->to, arena, resolvers[i]);
		dns->is_present = true;
		dns->is_captured = true;
	}
}

/* "dns": [addresses]. */
static int add_listed(struct net_dns *dns, struct arena *arena, const struct json *list,
		      struct error *e)
{
	size_t count = 0;

	json_each (item, list) {
		const char *text = json_text(item);
		uint8_t address[16];
		enum net_family family;
		char quoted[QUOTED_SIZE];

		if (!text || strlen(text) != item->len ||
		    !net_address_parse(&family, address, text))
			return error_set(e, ERR_POLICY,
					 "'egress.dns' has '%s', which is no address of a "
					 "nameserver such as 10.0.0.2",
					 text ? error_quote(quoted, text, strlen(text))
					      : json_type_words(item));
		if (++count > NET_MAX_DNS)
			return error_set(e, ERR_POLICY, "'egress.dns' has more than %d addresses",
					 NET_MAX_DNS);
		net_plan_add_address(dns->to, arena, text);
	}
	return 0;
}

int net_plan_build_dns(struct net_plan *plan, struct arena *arena,
		       const struct net_request *request, struct error *e)
{
	const struct json *dns = json_find(request->egress, "dns");

	if (!plan->egress.is_present || (!dns && !plan->egress.blocks_default)) {
		if (plan->metadata.is_present)
			add_resolvers(&plan->dns, arena, request->resolvers, plan->metadata.to);
	} else if (!dns || json_is(dns, "resolver")) {
		plan->dns.is_present = true;
		plan->dns.is_captured = true;
		plan->dns.is_only = dns != NULL;
		add_resolvers(&plan->dns, arena, request->resolvers, NULL);
	} else if (json_is(dns, "none")) {
		plan->dns =
			(struct net_dns){ .is_present = true, .is_only = true, .is_block = true };
	} else if (dns->type == JSON_ARRAY) {
		plan->dns.is_present = true;
		plan->dns.is_only = true;
		if (add_listed(&plan->dns, arena, dns, e) < 0)
			return -1;
	} else {
		return error_set(e, ERR_POLICY,
				 "'egress.dns' is neither resolver nor none nor a list of "
				 "addresses");
	}
	net_plan_merge(plan->dns.to);
	return 0;
}
