/* Inside of seccomp_intersect(): the rules of both sides for one name into those of the result. */
#ifndef MANTLET_SECCOMP_CALL_H
#define MANTLET_SECCOMP_CALL_H

#include "seccomp_filter.h"

/* Rules of one side for one name; combining takes the square of it. Docker's default has five. */
#define CALL_MAX_RULES 64

/* Rules that the result may have for one name, so that it can be combined again. */
#define CALL_MAX_RESULT CALL_MAX_RULES

enum call_side { OURS, THEIRS, SIDES };

struct call_rules {
	const struct seccomp_rule *rule[CALL_MAX_RULES];
	size_t count;
	bool is_too_many;
	bool has_permission;             /* counted or not */
	struct seccomp_answer strictest; /* of all that block, counted or not; ACT_ALLOW: none */
	struct seccomp_answer other;     /* when no rule fits */
};

struct call {
	const char *name;
	struct seccomp_answer other; /* the result's, when no rule fits */
	/* i386: the call hides behind another one, or is that one (is_gate), and libseccomp ignores
	 * conditions: src/seccomp_gate.c. */
	bool is_gated;
	bool is_gate;
	bool is_shut;   /* no permissions: one of its family is blocked */
	uint8_t least;  /* permissions have this action at least */
	bool is_narrow; /* architectures of 32 bits are among the result's */
	struct call_rules side[SIDES];
};

struct call_result {
	size_t count;
	bool is_narrowed; /* some of what both let through is blocked, for it has no form */
	struct seccomp_rule rule[CALL_MAX_RESULT];
};

void call_add_rule(struct call_rules *rules, const struct seccomp_rule *rule);

/* Terms of the result are new in ARENA. */
void call_intersect(struct arena *arena, struct call_result *result, const struct call *call);

/* TERM may be part of a rule of the result. */
bool call_is_writable(const struct call *call, const struct seccomp_term *term);

/* libseccomp compiles these rules for one call as they are meant (src/seccomp_form.c). */
bool call_is_sound(const struct call *call, const struct seccomp_rule *rules, size_t count);

/* Write the inequalities of RESULT's permissions out as equalities with small values, which let
 * less through. True when all is sound then; else RESULT is as it was. Terms are new in ARENA. */
bool call_narrow_inequalities(struct arena *arena, struct call_result *result,
			      const struct call *call);

/*
 * Leave of RULES (permissions) those that libseccomp compiles right together and beside BLOCKS, so
 * that as much as possible is allowed. Returns how many are left.
 */
size_t call_keep_sound(const struct call *call, struct seccomp_rule *rules, size_t count,
		       const struct seccomp_rule *blocks, size_t block_count);

#endif
