/*
 * socketcall(2) and ipc(2) of i386. Each is one call in front of many, and libseccomp writes a rule
 * for one of the many as two: one for its own number, and one for the call in front with "the first
 * argument is that one", where the conditions of the rule are lost. A rule without conditions for
 * the call in front beats all of those, and rules that contradict each other are refused. So a call
 * in front and those behind it are one family, and what one of them is denied, or has logged,
 * counts for the others, too.
 */
#include "seccomp_gate.h"

#include <string.h>

#include "seccomp_names.h"

static const char *const gates[SECCOMP_GATES] = { "socketcall", "ipc" };

static int index_of(const char *name)
{
	for (int i = 0; name && i < SECCOMP_GATES; i++) {
		if (strcmp(gates[i], name) == 0)
			return i;
	}
	return -1;
}

static int family_of(const char *name, bool *ret_is_gate)
{
	int gate = index_of(name);

	*ret_is_gate = gate >= 0;
	return gate >= 0 ? gate : index_of(seccomp_names_gate(name));
}

void seccomp_gates_note(struct seccomp_gates *all, const struct seccomp_rule *rule)
{
	bool is_gate;
	int family = family_of(rule->name, &is_gate);
	struct seccomp_gate *gate;

	if (family < 0)
		return;
	gate = &all->gate[family];
	if (!seccomp_is_blocking(rule->answer) && rule->answer.action > gate->least)
		gate->least = rule->answer.action;
	if (seccomp_is_blocking(rule->answer) && is_gate)
		gate->is_blocked = true;
	if (seccomp_is_blocking(rule->answer) && !is_gate)
		gate->is_member_blocked = true;
}

void seccomp_gates_apply(const struct seccomp_gates *all, struct call *call)
{
	int family = family_of(call->name, &call->is_gate);

	call->is_gated = family >= 0;
	if (family < 0)
		return;
	call->is_shut =
		call->is_gate ? all->gate[family].is_member_blocked : all->gate[family].is_blocked;
	call->least = all->gate[family].least;
}

static void find_strictest(struct seccomp_answer *strictest, const struct seccomp_rule *rule)
{
	if (seccomp_is_blocking(rule->answer) && rule->answer.action > strictest->action)
		*strictest = rule->answer;
}

void seccomp_gates_settle(const struct seccomp_gates *all, struct seccomp_filter *filter)
{
	struct seccomp_answer strictest[SECCOMP_GATES] = { 0 };
	bool has_gate[SECCOMP_GATES] = { 0 }, is_gate;
	size_t kept = 0;

	for (size_t i = 0; i < filter->count; i++) {
		int family = family_of(filter->rules[i].name, &is_gate);

		if (family >= 0)
			find_strictest(&strictest[family], &filter->rules[i]);
		if (family >= 0 && is_gate)
			has_gate[family] = true;
	}
	for (size_t i = 0; i < filter->count; i++) {
		struct seccomp_rule *rule = &filter->rules[i];
		int family = family_of(rule->name, &is_gate);
		bool is_block = family >= 0 && seccomp_is_blocking(rule->answer);

		/* What is no stricter than the default may be weaker than the call in front. */
		if (is_block && (has_gate[family] || all->gate[family].is_blocked) &&
		    rule->answer.action <= filter->other.action)
			continue;
		if (is_block && is_gate)
			rule->answer = strictest[family];
		filter->rules[kept++] = *rule;
	}
	filter->count = kept;
}
