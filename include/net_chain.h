/* The way to the runtime, which for start and delete of a container with a firewall leads through
 * mantlet-net: a chain of execve(2), no child. */
#ifndef MANTLET_NET_CHAIN_H
#define MANTLET_NET_CHAIN_H

#include "decision.h"

/*
 * For start, D being filled from the record: what the record says of a firewall must be there,
 * plan and program. -1 when it is not and policy must hold.
 */
int net_chain_prepare(struct decision *d, struct error *e) MUST_CHECK;

/* Become the runtime with ARGV. Returns only on failure, -1. */
int net_chain_exec(const struct decision *d, char **argv, struct error *e) MUST_CHECK;

#endif
