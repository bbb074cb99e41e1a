/*
 * Inequalities that have no form, written out as equalities.
 *
 * podman's profile allows netlink sockets of all protocols but one, and among the rules for other
 * families that has no form that libseccomp compiles right. Without any netlink socket no program
 * can list its addresses, so the inequality is narrowed to equalities with the first values.
 */
#include "seccomp_call.h"

/* What an inequality is written out as: protocols, commands and families are small numbers. */
#define FIRST_VALUES 8U
#define MOST_VALUES 64U /* what is excluded is no small number then */

/* The argument with the only inequality of a term that tests something else as well; else
 * SECCOMP_ARGS. */
static size_t find_inequality(const struct seccomp_term *term)
{
	size_t found = SECCOMP_ARGS, others = 0;

	for (size_t i = 0; term && i < SECCOMP_ARGS; i++) {
		if (term->arg[i].op == TEST_NE && found == SECCOMP_ARGS)
			found = i;
		else if (term->arg[i].op != TEST_ANY)
			others++;
	}
	return others ? found : SECCOMP_ARGS;
}

bool call_narrow_inequalities(struct arena *arena, struct call_result *result,
			      const struct call *call)
{
	struct call_result narrow = { 0 };

	for (size_t i = 0; i < result->count; i++) {
		const struct seccomp_rule *rule = &result->rule[i];
		size_t at = seccomp_is_blocking(rule->answer) ? SECCOMP_ARGS
							      : find_inequality(rule->term);
		uint64_t count = at == SECCOMP_ARGS ? 1 : rule->term->arg[at].value;

		count = count < FIRST_VALUES ? count : FIRST_VALUES;
		/* No more permissions than are read when the result is combined again; with the
		 * strict blocks and the errnos behind them there is room then. And what writes out
		 * as nothing, or leaves nearly all of what was allowed, is better dropped for the
		 * sake of the others. */
		if ((!seccomp_is_blocking(rule->answer) &&
		     narrow.count + count > SECCOMP_MAX_TERMS) ||
		    (at != SECCOMP_ARGS && (count == 0 || rule->term->arg[at].value > MOST_VALUES)))
			return false;
		for (uint64_t value = 0; at != SECCOMP_ARGS && value < count; value++) {
			struct seccomp_term *term = arena_alloc(arena, sizeof(*term));

			*term = *rule->term;
			term->arg[at] = (struct seccomp_test){ .op = TEST_EQ, .value = value };
			narrow.rule[narrow.count] = *rule;
			narrow.rule[narrow.count++].term = term;
		}
		if (at == SECCOMP_ARGS)
			narrow.rule[narrow.count++] = *rule;
	}
	if (!call_is_sound(call, narrow.rule, narrow.count))
		return false;
	narrow.is_narrowed = true;
	*result = narrow;
	return true;
}
