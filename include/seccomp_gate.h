/* Calls of i386 that hide behind another one; for seccomp_intersect.c. */
#ifndef MANTLET_SECCOMP_GATE_H
#define MANTLET_SECCOMP_GATE_H

#include "seccomp_call.h"

#define SECCOMP_GATES 2

struct seccomp_gate {
	bool is_blocked;        /* some rule blocks the call in front */
	bool is_member_blocked; /* some rule blocks a call behind it */
	uint8_t least;          /* the strictest action of all permissions */
};

struct seccomp_gates {
	struct seccomp_gate gate[SECCOMP_GATES];
};

/* Take a rule of either side into account. */
void seccomp_gates_note(struct seccomp_gates *all, const struct seccomp_rule *rule);

/* Tell CALL what its family means for it. */
void seccomp_gates_apply(const struct seccomp_gates *all, struct call *call);

/* Make the rules of each family in a result such that none contradicts another. */
void seccomp_gates_settle(const struct seccomp_gates *all, struct seccomp_filter *filter);

#endif
