/* The commands of mantlet-net (mantlet-net(8)) and what they share. Linked by mantlet-net alone. */
#ifndef MANTLET_NET_RUN_H
#define MANTLET_NET_RUN_H

#include <time.h>

#include "net_kernel.h"

struct net_run {
	struct arena *arena;
	const char *path;     /* of the plan */
	struct net_plan plan; /* "" and nothing enforced until it is read */
	struct net_table table;
	/* Of net_run_verify(): the plan of the owner, when other rules than ours are in force and
	 * hold for us (net_plan_follows()); else NULL. */
	const struct net_plan *followed;
	struct timespec started; /* CLOCK_MONOTONIC */
};

/* Read the plan at PATH and make its table. */
int net_run_load(struct net_run *run, const char *path, struct error *e) MUST_CHECK;

/*
 * FD is a socket in the container's namespace. net_run_install(): an owner loads the table; where
 * one is already, and for a joiner, it is verified. *RET_IS_NEW: it was loaded.
 * net_run_verify(): what is there must be the plan's, or that of the owner's plan when both say the
 * same or ours may follow it.
 */
int net_run_install(struct net_run *run, int fd, bool *ret_is_new, struct error *e) MUST_CHECK;
int net_run_verify(struct net_run *run, int fd, struct error *e) MUST_CHECK;

/* " [metadata egress, policy fleet 2026-11-21.4, 8c1d02f6a9be]" behind the message. */
void net_run_sign(const struct net_run *run, struct error *e);

/*
 * What is said of a namespace whose table follows the plan of the pod's owner
 * (run->followed, not NULL): that these rules are not those of the policy of
 * today.  Owned by the run's arena.
 */
const char *net_run_followed_text(const struct net_run *run);

/*
 * One audit event. EVENT: "delete", "firewall"; OUTCOME: "allowed", "error". MESSAGE and SEEN (the
 * counters) may be NULL. A log that fails stops nothing here.
 */
void net_run_event(const struct net_run *run, const char *event, const char *outcome,
		   const char *message, const struct net_seen *seen);

/*
 * From begin to end a fault or ten seconds refuse (net_fault.c); after net_fault_go_on() they
 * become the runtime PATH with ARGV, in the network namespace of begin, and after
 * net_fault_forget() the plan and the pinned namespace go first. All texts are borrowed. End gives
 * signals back as they were.
 */
void net_fault_begin(void);
void net_fault_go_on(const char *path, char **argv);
void net_fault_forget(const char *plan, const char *pin);
void net_fault_end(void);

/* The commands; ARGV as main() has it behind the command's name, NULL at its end. The first and the
 * last return the exit status; the other two return only when the runtime was not started. */
int net_hook(const char *path);
int net_start(char **argv);
int net_delete(char **argv);
int net_show(char **argv);

#endif
