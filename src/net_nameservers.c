/*
 * A name that does not resolve is a long search, and a nameserver that somebody has chosen is a way
 * out: both are said when the container is created.
 */
#include "net_nameservers.h"

#define NOT_HOSTS "none of the host's nameservers"

static void note_one(struct edit *ed, const struct net_plan *plan,
		     const struct net_request *request, const char *address)
{
	struct arena *arena = edit_arena(ed);

	switch (net_plan_fate(plan, request, address)) {
	case NET_PASSED_OVER:
	case NET_OF_HOST:
		return;
	case NET_CHOSEN:
		/* Where egress is open, so is every nameserver. */
		if (!plan->egress.is_present || !plan->dns.is_captured)
			return;
		edit_note(ed, arena_printf(arena,
					   "port 53 of %s is open, which is " NOT_HOSTS
					   ": %s chose it; to close that list addresses in "
					   "egress.dns",
					   address,
					   edit_words(ed,
						      "the daemon's configuration or whoever "
						      "started the container (--dns)",
						      "the cluster or whoever wrote the pod "
						      "(dnsConfig)",
						      "the engine or whoever started the "
						      "container")));
		return;
	case NET_IS_METADATA:
		edit_note(ed, arena_printf(arena,
					   "the nameserver %s is a metadata service and " NOT_HOSTS
					   ", so it stays closed",
					   address));
		return;
	case NET_IS_BLOCKED:
		edit_note(ed, arena_printf(arena,
					   "the nameserver %s is " NOT_HOSTS
					   " and a line of egress.block covers it, so it stays "
					   "closed; if it is meant list it in egress.dns",
					   address));
		return;
	}
}

void net_nameservers_note(struct edit *ed, const struct net_plan *plan,
			  const struct net_request *request, const char *why)
{
	bool is_resolver = plan->egress.is_present && plan->dns.is_present && plan->dns.is_captured;
	const char *const *list = request->resolvers;
	bool has_any = false;

	/* A list of the policy's, or "none": what the engine gave is nobody's then. */
	if (!is_resolver && (plan->egress.is_present || !plan->metadata.is_present))
		return;
	for (unsigned int i = 0; list && list[i] && i < NET_MAX_DNS; i++) {
		has_any = has_any || net_plan_fate(plan, request, list[i]) != NET_PASSED_OVER;
		note_one(ed, plan, request, list[i]);
	}
	if (is_resolver && !has_any)
		edit_note(ed, arena_printf(edit_arena(ed),
					   "no nameserver was found (%s): names outside of the "
					   "container's own network will not resolve; list "
					   "addresses in egress.dns",
					   why ? why
					       : "resolv.conf names none but the container "
						 "itself"));
}
