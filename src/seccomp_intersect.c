/*
 * Two filters into one that lets through only what both let through.
 *
 * Ours is a list of a few hundred names, sorted when mantlet was built. Theirs may be anything up
 * to 16 MiB, so each of its names is looked up in ours once and the work for one name of ours is
 * bounded (seccomp_call.c). Names that ours does not have are blocked by its default; of theirs
 * only those rules are kept that block them more strictly than that.
 *
 * Names that the library does not know are nothing but such names. A rule that kills is kept even
 * then: a newer runtime may know the call, and without the rule it would only see an error.
 */
#include <string.h>

#include "seccomp_call.h"
#include "seccomp_names.h"
#include "seccomp_sort.h"

/* Unknown names that a sentence lists. */
#define LISTED 5

enum { SOCKETCALL, IPC, GATES };
static const char *const gates[GATES] = { "socketcall", "ipc" };

struct merge {
	struct arena *arena;
	const struct seccomp_filter *ours;
	const struct seccomp_filter *theirs;
	struct seccomp_filter *result;
	size_t room;
	/* Rules of theirs by calls of ours: chains of index + 1, from the last to the first. */
	uint32_t *head, *next;
	uint32_t extra; /* the chain of rules for other names that are stricter than the default */
	struct strbuf unknown;
	size_t unknown_count;
	/* i386: what theirs answers to socketcall(2), or to a call that hides behind it. */
	const struct seccomp_rule *gate_block[GATES], *member_block[GATES];
};

static void put(struct merge *merge, const struct seccomp_rule *rule)
{
	struct seccomp_filter *result = merge->result;

	if (result->count == merge->room) {
		struct seccomp_rule *more;

		merge->room = merge->room ? merge->room * 2 : merge->ours->count + 64;
		more = arena_alloc(merge->arena, merge->room * sizeof(*more));
		if (result->count)
			memcpy(more, result->rules, result->count * sizeof(*more));
		result->rules = more;
	}
	result->rules[result->count++] = *rule;
}

static void put_all(struct merge *merge, const struct call_result *result)
{
	for (size_t i = 0; i < result->count; i++)
		put(merge, &result->rule[i]);
}

static int gate_of(const char *name)
{
	const char *gate = seccomp_names_gate(name);

	for (int i = 0; gate && i < GATES; i++) {
		if (strcmp(gates[i], gate) == 0)
			return i;
	}
	return -1;
}

static void keep_stricter(const struct seccomp_rule **kept, const struct seccomp_rule *rule)
{
	if (!*kept || rule->answer.action > (*kept)->answer.action)
		*kept = rule;
}

static void note_gate(struct merge *merge, const struct seccomp_rule *rule)
{
	int gate = gate_of(rule->name);

	if (gate >= 0)
		keep_stricter(&merge->member_block[gate], rule);
	for (size_t i = 0; i < GATES; i++) {
		if (strcmp(rule->name, gates[i]) == 0)
			keep_stricter(&merge->gate_block[i], rule);
	}
}

static void note_unknown(struct merge *merge, const char *name)
{
	char quoted[QUOTED_SIZE];

	if (seccomp_names_has(name))
		return;
	if (merge->unknown_count++ < LISTED)
		strbuf_printf(&merge->unknown, "%s%s", merge->unknown.len ? ", " : "",
			      error_quote(quoted, name, strlen(name)));
}

static const char *say_unknown(struct merge *merge)
{
	if (merge->unknown_count > LISTED)
		strbuf_printf(&merge->unknown, " and %zu more", merge->unknown_count - LISTED);
	return arena_printf(merge->arena,
			    "the request's profile names calls that are not known here and stay "
			    "blocked: %s",
			    strbuf_text(&merge->unknown));
}

static void link_theirs(struct merge *merge)
{
	const struct seccomp_filter *theirs = merge->theirs;
	bool has_gates = (merge->result->archs & ARCH_X86) != 0;

	merge->head = arena_alloc(merge->arena, (merge->ours->call_count + 1) * sizeof(uint32_t));
	merge->next = arena_alloc(merge->arena, (theirs->count + 1) * sizeof(uint32_t));
	for (uint32_t i = 0; i < theirs->count; i++) {
		const struct seccomp_rule *rule = &theirs->rules[i];
		const struct seccomp_call *call = seccomp_filter_find(merge->ours, rule->name);
		uint32_t *chain = call ? &merge->head[call - merge->ours->calls] : NULL;

		if (has_gates && seccomp_is_blocking(rule->answer))
			note_gate(merge, rule);
		if (!chain)
			note_unknown(merge, rule->name);
		if (!chain && rule->answer.action > merge->result->other.action)
			chain = &merge->extra;
		if (chain) {
			merge->next[i] = *chain;
			*chain = i + 1;
		}
	}
}

static bool is_plain_allow(const struct seccomp_rule *rule)
{
	return rule->answer.action == ACT_ALLOW && !rule->term && !rule->is_doubtful;
}

/* The usual case: ours allows the call without conditions, and so does theirs. */
static bool is_simply_allowed(const struct merge *merge, const struct seccomp_call *call,
			      uint32_t chain)
{
	if (call->count != 1 || !is_plain_allow(&merge->ours->rules[call->first]))
		return false;
	if (!chain)
		return merge->theirs->other.action == ACT_ALLOW;
	return !merge->next[chain - 1] && is_plain_allow(&merge->theirs->rules[chain - 1]);
}

/* Ours blocks the call without conditions, and theirs does nothing stricter about it. */
static bool is_simply_blocked(const struct merge *merge, const struct seccomp_call *call,
			      uint32_t chain)
{
	const struct seccomp_rule *ours = &merge->ours->rules[call->first];

	if (call->count != 1 || !seccomp_is_blocking(ours->answer) || ours->term ||
	    ours->is_doubtful || merge->theirs->other.action > ours->answer.action)
		return false;
	for (; chain; chain = merge->next[chain - 1]) {
		if (merge->theirs->rules[chain - 1].answer.action > ours->answer.action)
			return false;
	}
	return true;
}

/* What needs no computing. False: nothing was done. */
static bool merge_simply(struct merge *merge, const struct seccomp_call *call, uint32_t chain)
{
	const struct seccomp_rule *ours = &merge->ours->rules[call->first];

	if (!call->count)
		return true;
	/* Calls behind socketcall(2) and ipc(2) are never simple. */
	if (merge->result->archs & ARCH_X86)
		return false;
	if (!is_simply_allowed(merge, call, chain) && !is_simply_blocked(merge, call, chain))
		return false;
	if (!seccomp_is_same_answer(ours->answer, merge->result->other))
		put(merge, ours);
	return true;
}

static void add_gate_rules(const struct merge *merge, struct call *call,
			   struct seccomp_rule found[static GATES])
{
	int gate = gate_of(call->name);
	size_t count = 0;

	call->is_gated = gate >= 0;
	for (int i = 0; i < GATES; i++) {
		const struct seccomp_rule *block = NULL;

		if (i == gate)
			block = merge->gate_block[i];
		else if (strcmp(gates[i], call->name) == 0)
			block = merge->member_block[i];
		if (!block)
			continue;
		found[count] = (struct seccomp_rule){ .name = call->name, .answer = block->answer };
		call_add_rule(&call->side[THEIRS], &found[count++]);
	}
}

static void merge_call(struct merge *merge, const struct seccomp_call *call)
{
	uint32_t chain = merge->head[call - merge->ours->calls];
	bool has_gates = (merge->result->archs & ARCH_X86) != 0;
	struct call_result result;
	struct seccomp_rule gate_rules[GATES];
	struct call both = { .name = call->name, .other = merge->result->other };

	both.side[OURS].other = merge->ours->other;
	both.side[THEIRS].other = merge->theirs->other;
	for (size_t i = 0; i < call->count; i++)
		call_add_rule(&both.side[OURS], &merge->ours->rules[call->first + i]);
	for (; chain; chain = merge->next[chain - 1])
		call_add_rule(&both.side[THEIRS], &merge->theirs->rules[chain - 1]);
	if (has_gates)
		add_gate_rules(merge, &both, gate_rules);
	call_intersect(merge->arena, &result, &both);
	put_all(merge, &result);
}

static int compare_names(const void *a, const void *b)
{
	const struct seccomp_rule *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* Calls that ours does not name, and theirs would kill for. */
static void merge_extra(struct merge *merge)
{
	const struct seccomp_rule **list;
	size_t count = 0;

	for (uint32_t at = merge->extra; at; at = merge->next[at - 1])
		count++;
	if (!count)
		return;
	list = arena_alloc(merge->arena, count * sizeof(const struct seccomp_rule *));
	count = 0;
	for (uint32_t at = merge->extra; at; at = merge->next[at - 1])
		list[count++] = &merge->theirs->rules[at - 1];
	qsort(list, count, sizeof(const struct seccomp_rule *), compare_names);

	for (size_t i = 0, end; i < count; i = end) {
		struct call_result result;
		struct call both = { .name = list[i]->name, .other = merge->result->other };

		both.side[OURS].other = merge->ours->other;
		both.side[THEIRS].other = merge->theirs->other;
		both.is_gated = (merge->result->archs & ARCH_X86) && gate_of(both.name) >= 0;
		for (end = i; end < count && strcmp(list[end]->name, both.name) == 0; end++)
			call_add_rule(&both.side[THEIRS], list[end]);
		call_intersect(merge->arena, &result, &both);
		put_all(merge, &result);
	}
	seccomp_filter_sort(merge->arena, merge->result);
}

static const char *cannot_combine(const struct seccomp_filter *theirs, unsigned int archs)
{
	bool is_notifying = theirs->other.action == ACT_NOTIFY;
	bool is_tracing = theirs->other.action == ACT_TRACE;

	for (size_t i = 0; i < theirs->count; i++) {
		is_notifying = is_notifying || theirs->rules[i].answer.action == ACT_NOTIFY;
		is_tracing = is_tracing || theirs->rules[i].answer.action == ACT_TRACE;
	}
	if (is_tracing)
		return "it hands system calls to a tracer (SCMP_ACT_TRACE)";
	if (is_notifying && !theirs->listener)
		return "it hands system calls to a listener (SCMP_ACT_NOTIFY) and names none";
	if (!(archs & ARCH_NATIVE))
		return "it is not written for this machine's architecture";
	return NULL;
}

struct seccomp_filter *seccomp_intersect(struct arena *arena, const struct seccomp_filter *ours,
					 const struct seccomp_filter *theirs, const char **why)
{
	struct seccomp_filter *result = arena_alloc(arena, sizeof(*result));
	struct merge merge = { .arena = arena, .ours = ours, .theirs = theirs, .result = result };

	result->other = theirs->other.action > ours->other.action ? theirs->other : ours->other;
	result->archs = ours->archs & theirs->archs;
	result->has_flags = ours->has_flags || theirs->has_flags;
	result->is_logging = ours->is_logging || theirs->is_logging;
	*why = cannot_combine(theirs, result->archs);
	if (*why)
		return NULL;

	link_theirs(&merge);
	if (merge.unknown_count)
		result->unknown = say_unknown(&merge);
	strbuf_free(&merge.unknown);
	for (size_t i = 0; i < ours->call_count; i++) {
		const struct seccomp_call *call = &ours->calls[i];

		if (!merge_simply(&merge, call, merge.head[i]))
			merge_call(&merge, call);
	}
	merge_extra(&merge);
	for (size_t i = 0; i < result->count; i++) {
		if (result->rules[i].answer.action == ACT_NOTIFY) {
			result->listener = theirs->listener;
			result->metadata = theirs->metadata;
		}
	}
	return result;
}
