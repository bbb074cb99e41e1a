/* What a container's author should know of its nameservers: notes in the journal. */
#ifndef MANTLET_NET_NAMESERVERS_H
#define MANTLET_NET_NAMESERVERS_H

#include "edit.h"
#include "net_plan.h"

/* PLAN was built from REQUEST. WHY: why the engine gave no nameserver, or NULL. */
void net_nameservers_note(struct edit *ed, const struct net_plan *plan,
			  const struct net_request *request, const char *why);

#endif
