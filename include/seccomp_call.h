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
	struct seccomp_answer strictest; /* of all that block, counted or not; ACT_ALLOW: none */
	struct seccomp_answer other;     /* when no rule fits */
};

struct call {
	const char *name;
	struct seccomp_answer other; /* the result's, when no rule fits */
	/* The call hides behind another one on i386, where libseccomp ignores its conditions. */
	bool is_gated;
	struct call_rules side[SIDES];
};

struct call_result {
	size_t count;
	struct seccomp_rule rule[CALL_MAX_RESULT];
};

void call_add_rule(struct call_rules *rules, const struct seccomp_rule *rule);

/* Terms of the result are new in ARENA. */
void call_intersect(struct arena *arena, struct call_result *result, const struct call *call);

#endif
