/* The firewall of a container that is to be created: its plan, and the hook that loads it. */
#ifndef MANTLET_NET_ATTACH_H
#define MANTLET_NET_ATTACH_H

#include "decision.h"
#include "edit.h"

/*
 * Behind the controls, ED being the session in which they ran: when metadata, egress or ingress are
 * on, put the plan into D (firewall, net_plan) and the hook into the document. Refusals are in the
 * journal as those of controls are. -1 with E when the plan cannot be made.
 */
int net_attach(struct edit *ed, struct decision *d, struct error *e) MUST_CHECK;

#endif
