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

#include "seccomp_gate.h"
#include "seccomp_names.h"
#include "seccomp_sort.h"

/* Unknown names that a sentence lists. */
#define LISTED 5
/* And rules about them that are kept. libseccomp has 40 new names a year at most; a list of a
 * hundred thousand is there to make the start dear. */
#define MOST_UNKNOWN 256

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
	size_t unknown_kept;
	struct seccomp_gates gates; /* i386 */
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

static void note_narrowed(struct merge *merge, const char *name)
{
	struct seccomp_filter *result = merge->result;

	if (!result->narrowed)
		result->narrowed =
			arena_alloc(merge->arena, merge->ours->call_count * sizeof(const char *));
	result->narrowed[result->narrowed_count++] = name;
}

static void put_all(struct merge *merge, const struct call_result *result)
{
	for (size_t i = 0; i < result->count; i++)
		put(merge, &result->rule[i]);
}

static bool note_unknown(struct merge *merge, const char *name)
{
	char quoted[QUOTED_SIZE];

	if (seccomp_names_has(name))
		return false;
	if (merge->unknown_count++ < LISTED)
		strbuf_printf(&merge->unknown, "%s%s", merge->unknown.len ? ", " : "",
			      error_quote(quoted, name, strlen(name)));
	return true;
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

static bool has_i386(const struct merge *merge)
{
	return (merge->result->archs & ARCH_X86) != 0;
}

static void link_theirs(struct merge *merge)
{
	const struct seccomp_filter *theirs = merge->theirs;
	bool has_gates = has_i386(merge);

	for (size_t i = 0; has_gates && i < SECCOMP_GATES; i++)
		merge->gates.gate[i].least =
			seccomp_is_blocking(theirs->other) ? ACT_ALLOW : theirs->other.action;
	for (size_t i = 0; has_gates && i < merge->ours->count; i++)
		seccomp_gates_note(&merge->gates, &merge->ours->rules[i]);
	merge->head = arena_alloc(merge->arena, (merge->ours->call_count + 1) * sizeof(uint32_t));
	merge->next = arena_alloc(merge->arena, (theirs->count + 1) * sizeof(uint32_t));
	for (uint32_t i = 0; i < theirs->count; i++) {
		const struct seccomp_rule *rule = &theirs->rules[i];
		const struct seccomp_call *call = seccomp_filter_find(merge->ours, rule->name);
		uint32_t *chain = call ? &merge->head[call - merge->ours->calls] : NULL;
		bool is_unknown = !chain && note_unknown(merge, rule->name);

		if (has_gates)
			seccomp_gates_note(&merge->gates, rule);
		if (!chain && rule->answer.action > merge->result->other.action) {
			chain = &merge->extra;
			merge->unknown_kept += is_unknown;
		}
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

	/* None of our rules holds: blocked by our default, unless theirs is stricter. */
	if (!call->count)
		return !chain;
	/* Calls behind socketcall(2) and ipc(2) are never simple. */
	if (has_i386(merge))
		return false;
	if (!is_simply_allowed(merge, call, chain) && !is_simply_blocked(merge, call, chain))
		return false;
	if (!seccomp_is_same_answer(ours->answer, merge->result->other))
		put(merge, ours);
	return true;
}

static struct call start_call(const struct merge *merge, const char *name)
{
	struct call both = {
		.name = name,
		.other = merge->result->other,
		.is_narrow = (merge->result->archs & ARCH_32_BIT) != 0,
	};

	both.side[OURS].other = merge->ours->other;
	both.side[THEIRS].other = merge->theirs->other;
	if (has_i386(merge))
		seccomp_gates_apply(&merge->gates, &both);
	return both;
}

static void merge_call(struct merge *merge, const struct seccomp_call *call)
{
	uint32_t chain = merge->head[call - merge->ours->calls];
	struct call both = start_call(merge, call->name);
	struct call_result result;

	for (size_t i = 0; i < call->count; i++)
		call_add_rule(&both.side[OURS], &merge->ours->rules[call->first + i]);
	for (; chain; chain = merge->next[chain - 1])
		call_add_rule(&both.side[THEIRS], &merge->theirs->rules[chain - 1]);
	call_intersect(merge->arena, &result, &both);
	if (result.is_narrowed)
		note_narrowed(merge, call->name);
	put_all(merge, &result);
}

static int compare_names(const void *a, const void *b)
{
	const struct seccomp_rule *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* Calls that ours does not name, and theirs would kill for. False: there are none. */
static bool merge_extra(struct merge *merge)
{
	const struct seccomp_rule **list;
	size_t count = 0;

	for (uint32_t at = merge->extra; at; at = merge->next[at - 1])
		count++;
	if (!count)
		return false;
	list = arena_alloc(merge->arena, count * sizeof(const struct seccomp_rule *));
	count = 0;
	for (uint32_t at = merge->extra; at; at = merge->next[at - 1])
		list[count++] = &merge->theirs->rules[at - 1];
	qsort(list, count, sizeof(const struct seccomp_rule *), compare_names);

	for (size_t i = 0, end; i < count; i = end) {
		struct call_result result;
		struct call both = start_call(merge, list[i]->name);

		for (end = i; end < count && strcmp(list[end]->name, both.name) == 0; end++)
			call_add_rule(&both.side[THEIRS], list[end]);
		call_intersect(merge->arena, &result, &both);
		put_all(merge, &result);
	}
	return true;
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

/*
 * libseccomp 2.5.4 writes filters for several architectures that never load the number of the call,
 * when the only rules without conditions are for calls that one of them does not have: all calls
 * get the default then. Such a filter lets nothing start; a native one has this fault never.
 */
static bool is_misread(const struct seccomp_filter *filter)
{
	bool is_strange = false;

	if (!(filter->archs & ARCH_32_BIT))
		return false;
	for (size_t i = 0; i < filter->count; i++) {
		bool is_everywhere = seccomp_names_is_on_each(filter->rules[i].name, filter->archs);

		if (is_everywhere && !filter->rules[i].term)
			return false;
		is_strange = is_strange || !is_everywhere;
	}
	return is_strange;
}

static struct seccomp_filter *combine(struct arena *arena, const struct seccomp_filter *ours,
				      const struct seccomp_filter *theirs, unsigned int archs)
{
	struct seccomp_filter *result = arena_alloc(arena, sizeof(*result));
	struct merge merge = { .arena = arena, .ours = ours, .theirs = theirs, .result = result };
	bool has_extra;

	result->other = theirs->other.action > ours->other.action ? theirs->other : ours->other;
	result->archs = archs;
	result->has_flags = ours->has_flags || theirs->has_flags;
	result->is_logging = ours->is_logging || theirs->is_logging;
	link_theirs(&merge);
	if (merge.unknown_count)
		result->unknown = say_unknown(&merge);
	strbuf_free(&merge.unknown);
	if (merge.unknown_kept > MOST_UNKNOWN)
		return NULL;
	for (size_t i = 0; i < ours->call_count; i++) {
		const struct seccomp_call *call = &ours->calls[i];

		if (!merge_simply(&merge, call, merge.head[i]))
			merge_call(&merge, call);
	}
	has_extra = merge_extra(&merge);
	if (has_i386(&merge))
		seccomp_gates_settle(&merge.gates, result);
	if (has_extra)
		seccomp_filter_sort(arena, result); /* and no index: these are their names */
	return result;
}

struct seccomp_filter *seccomp_intersect(struct arena *arena, const struct seccomp_filter *ours,
					 const struct seccomp_filter *theirs, const char **why)
{
	unsigned int archs = ours->archs & theirs->archs;
	struct seccomp_filter *result;

	*why = cannot_combine(theirs, archs);
	if (*why)
		return NULL;
	result = combine(arena, ours, theirs, archs);
	if (!result) {
		*why = "it kills for hundreds of calls that are not known here";
		return NULL;
	}
	if (is_misread(result))
		result = combine(arena, ours, theirs, ARCH_NATIVE);
	for (size_t i = 0; i < result->count; i++) {
		if (result->rules[i].answer.action == ACT_NOTIFY) {
			result->listener = theirs->listener;
			result->metadata = theirs->metadata;
		}
	}
	return result;
}
