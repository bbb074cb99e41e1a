/* What the files that build a plan share; nobody else includes it. */
#ifndef MANTLET_NET_PLAN_PARTS_H
#define MANTLET_NET_PLAN_PARTS_H

#include "net_plan.h"

/* One address more; what is none is passed over. In ARENA. */
void net_plan_add_address(struct net_ranges *to, struct arena *arena, const char *text);
/* net_ranges_merge() for both families. */
void net_plan_merge(struct net_ranges *to);

/* plan->dns, when the three controls are there. 0, or -1 with ERR_POLICY. */
int net_plan_build_dns(struct net_plan *plan, struct arena *arena,
		       const struct net_request *request, struct error *e) MUST_CHECK;

#endif
