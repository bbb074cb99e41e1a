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

/* ::ffff:10.0.0.2 is asked in IPv4, and what IPv4 may is said there. */
static bool is_mapped(enum net_family family, const uint8_t *address)
{
	static const uint8_t prefix[12] = { [10] = 0xFF, [11] = 0xFF };

	return family == NET_V6 && memcmp(address, prefix, sizeof(prefix)) == 0;
}

static bool is_hosts(const char *const *list, enum net_family family, const uint8_t *address)
{
	for (; list && *list; list++) {
		uint8_t other[16];
		enum net_family found;

		if (net_address_parse(&found, other, *list) && found == family &&
		    memcmp(other, address, sizeof(other)) == 0)
			return true;
	}
	return false;
}

static bool has_port_53(const struct net_entry *entry)
{
	for (size_t i = 0; i < entry->port_count; i++) {
		if (entry->ports[i].first <= 53 && entry->ports[i].last >= 53)
			return true;
	}
	return entry->port_count == 0;
}

/* One of the two protocols is enough: half a nameserver is none. */
static bool is_blocked(const struct net_part *egress, enum net_family family,
		       const uint8_t *address)
{
	for (size_t i = 0; egress->is_present && i < egress->block.count; i++) {
		const struct net_entry *entry = &egress->block.items[i];

		if ((entry->proto == NET_ANY || entry->proto == NET_UDP ||
		     entry->proto == NET_TCP) &&
		    has_port_53(entry) && net_ranges_hold(&entry->to[family], family, address))
			return true;
	}
	return false;
}

/* Metadata that only counts must not close what an egress in force opens. */
static bool is_closed_metadata(const struct net_plan *plan, enum net_family family,
			       const uint8_t *address)
{
	bool is_passed = plan->egress.is_present && plan->egress.is_enforced;

	return plan->metadata.is_present && (plan->metadata.is_enforced || !is_passed) &&
	       net_ranges_hold(&plan->metadata.to[family], family, address);
}

/*
 * Whoever may start containers can name nameservers, and port 53 of them is opened in front of all
 * lines. So only what the host asks itself goes before what the policy blocks: Google's and Azure's
 * resolver is the metadata service, and that of an AWS network lies in a private range that people
 * block. The resolver of a Kubernetes cluster, or of podman's networks, is in no file of the host.
 * It is open like any other, and where a range is blocked that it lies in, the policy has to list
 * it.
 */
enum net_fate net_plan_fate(const struct net_plan *plan, const struct net_request *request,
			    const char *address)
{
	uint8_t bytes[16];
	enum net_family family;

	if (!net_address_parse(&family, bytes, address) || is_loopback(family, bytes) ||
	    is_mapped(family, bytes))
		return NET_PASSED_OVER;
	if (is_hosts(request->host_resolvers, family, bytes))
		return NET_OF_HOST;
	if (is_closed_metadata(plan, family, bytes))
		return NET_IS_METADATA;
	return is_blocked(&plan->egress, family, bytes) ? NET_IS_BLOCKED : NET_CHOSEN;
}

/*
 * The nameservers that the engine gave the container. ONLY: nothing but addresses of the metadata
 * list, for where only `metadata` is on names must still resolve. Loopback (Docker's own resolver)
 * passes anyway.
 */
static void add_resolvers(struct net_plan *plan, struct arena *arena,
			  const struct net_request *request, const struct net_ranges *only)
{
	const char *const *list = request->resolvers;

	for (unsigned int i = 0; list && list[i] && i < NET_MAX_DNS; i++) {
		enum net_fate fate = net_plan_fate(plan, request, list[i]);
		uint8_t address[16];
		enum net_family family;

		if ((fate != NET_OF_HOST && fate != NET_CHOSEN) ||
		    !net_address_parse(&family, address, list[i]) ||
		    (only && !net_ranges_hold(&only[family], family, address)))
			continue;
		net_plan_add_address(plan->dns.to, arena, list[i]);
		plan->dns.is_present = true;
		plan->dns.is_captured = true;
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
			add_resolvers(plan, arena, request, plan->metadata.to);
	} else if (!dns || json_is(dns, "resolver")) {
		plan->dns.is_present = true;
		plan->dns.is_captured = true;
		plan->dns.is_only = dns != NULL;
		add_resolvers(plan, arena, request, NULL);
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
