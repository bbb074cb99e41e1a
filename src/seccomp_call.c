/*
 * One system call, two filters, one answer that is as strict as the stricter of the two.
 *
 * What may happen: each condition under which ours lets the call through is joined with each of
 * theirs, and what any rule of either side answers more strictly is taken out again. A set that has
 * no form with one test an argument is left out: then the result is stricter than it need be.
 *
 * What is blocked: rules that are stricter than the result's answer for everything else (a kill)
 * are kept as they are. Rules that only differ in the errno are kept where they are in nobody's
 * way. No two rules of the result contradict each other, because libseccomp would refuse them or
 * prefer one of them, and none says what the default says, which it refuses too.
 */
#include "seccomp_call.h"

#include <errno.h>
#include <string.h>

/* Of the rules that a result may have: permissions, strict blocks, differing errnos. */
#define MAX_STRICT 20
#define MAX_ERRNOS 8
_Static_assert(SECCOMP_MAX_TERMS + MAX_STRICT + MAX_ERRNOS <= CALL_MAX_RESULT, "room for all");

static const struct seccomp_term everything;

static const struct seccomp_term *term_of(const struct call *call, const struct seccomp_rule *rule)
{
	bool is_everything = !rule->term || rule->is_doubtful ||
			     (rule->answer.action != ACT_ALLOW &&
			      (call->is_gated || !call_is_writable(call, rule->term)));

	return is_everything ? &everything : rule->term;
}

static bool is_everything(const struct seccomp_term *term)
{
	return seccomp_term_is_same(term, NULL);
}

void call_add_rule(struct call_rules *rules, const struct seccomp_rule *rule)
{
	rules->has_permission = rules->has_permission || !seccomp_is_blocking(rule->answer);
	if (seccomp_is_blocking(rule->answer) && rule->answer.action > rules->strictest.action)
		rules->strictest = rule->answer;
	if (rules->count < CALL_MAX_RULES)
		rules->rule[rules->count++] = rule;
	else
		rules->is_too_many = true;
}

static bool has_unconditional(const struct call_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (!rules->rule[i]->term && !rules->rule[i]->is_doubtful)
			return true;
	}
	return false;
}

/* ---- what may happen ---- */

/* The conditions under which one side lets the call through, with its default as the last. */
struct passes {
	size_t count;
	const struct seccomp_rule *rule[CALL_MAX_RULES + 1];
	struct seccomp_rule fallback;
	bool is_less; /* a permission that runtimes do not read alike counts for nothing */
};

static void find_passes(struct passes *passes, const struct call_rules *rules)
{
	bool is_doubtful = false, is_whole = false;

	for (size_t i = 0; i < rules->count; i++) {
		const struct seccomp_rule *rule = rules->rule[i];

		if (seccomp_is_blocking(rule->answer))
			continue;
		is_doubtful = is_doubtful || rule->is_doubtful;
		is_whole = is_whole || (!rule->term && !rule->is_doubtful);
		if (!rule->is_doubtful)
			passes->rule[passes->count++] = rule;
	}
	passes->is_less = is_doubtful && !is_whole;
	if (!seccomp_is_blocking(rules->other) && !has_unconditional(rules)) {
		passes->fallback.answer = rules->other;
		passes->rule[passes->count++] = &passes->fallback;
	}
}

static uint8_t stricter(uint8_t a, uint8_t b)
{
	return a > b ? a : b;
}

/* Joins that come out as ACTION. A condition of theirs that lies within one of ours is kept as it
 * is, so that a second run over the result finds the same. */
static void join_all(struct seccomp_terms *result, const struct passes *ours,
		     const struct passes *theirs, uint8_t action)
{
	for (size_t j = 0; j < theirs->count; j++) {
		const struct seccomp_rule *y = theirs->rule[j];
		const struct seccomp_term *their_term = y->term ? y->term : &everything;

		for (size_t i = 0; i < ours->count; i++) {
			const struct seccomp_rule *x = ours->rule[i];
			const struct seccomp_term *our_term = x->term ? x->term : &everything;

			if (stricter(x->answer.action, y->answer.action) != action)
				continue;
			if (seccomp_term_implies(their_term, our_term)) {
				seccomp_terms_add(result, their_term);
				break;
			}
			seccomp_term_join(result, our_term, their_term);
		}
	}
}

static void take_out_one(struct seccomp_terms *terms, const struct call *call,
			 const struct seccomp_rule *rule)
{
	const struct seccomp_term *term = term_of(call, rule);
	struct seccomp_terms rest = { .is_cut = terms->is_cut };

	/* It counts for more than it says. */
	if (terms->count && term == &everything && (rule->term || rule->is_doubtful))
		rest.is_cut = true;
	for (size_t i = 0; i < terms->count; i++)
		seccomp_term_subtract(&rest, &terms->term[i], term);
	*terms = rest;
}

/* Take out what a rule answers more strictly than ACTION. */
static void take_out(struct seccomp_terms *terms, const struct call *call, uint8_t action)
{
	for (size_t side = 0; side < SIDES; side++) {
		for (size_t i = 0; i < call->side[side].count; i++) {
			const struct seccomp_rule *rule = call->side[side].rule[i];

			if (rule->answer.action > action)
				take_out_one(terms, call, rule);
		}
	}
}

/* Surely clear of every rule that is stricter than ACTION: as libseccomp will see them. */
static bool is_clear(const struct call *call, const struct seccomp_term *term, uint8_t action)
{
	for (size_t side = 0; side < SIDES; side++) {
		for (size_t i = 0; i < call->side[side].count; i++) {
			const struct seccomp_rule *rule = call->side[side].rule[i];

			if (rule->answer.action > action &&
			    !seccomp_term_is_apart(term, term_of(call, rule)))
				return false;
		}
	}
	return true;
}

/* False: there is no room. Who adds a permission or an errno goes without; see add_strict(). */
static bool add_result(struct arena *arena, struct call_result *result, const struct call *call,
		       const struct seccomp_term *term, struct seccomp_answer answer)
{
	struct seccomp_rule *rule = &result->rule[result->count];

	if (result->count == CALL_MAX_RESULT)
		return false;
	result->count++;
	*rule = (struct seccomp_rule){ .name = call->name, .answer = answer };
	if (!is_everything(term)) {
		struct seccomp_term *copy = arena_alloc(arena, sizeof(*copy));

		*copy = *term;
		rule->term = copy;
	}
	return true;
}

/* Instead of all rules from FIRST on: one for the whole call. */
static void put_whole(struct call_result *result, size_t first, const struct call *call,
		      struct seccomp_answer answer)
{
	result->rule[first] = (struct seccomp_rule){ .name = call->name, .answer = answer };
	result->count = first + 1;
}

/* Permissions with different actions (one logs, one does not) must not overlap either. */
static void raise_overlaps(struct call_result *result, const struct call *call)
{
	bool is_raised = false;
	uint8_t action = ACT_ALLOW;

	for (size_t i = 0; i < result->count; i++) {
		const struct seccomp_rule *x = &result->rule[i];

		action = stricter(action, x->answer.action);
		for (size_t j = 0; j < i && !is_raised; j++) {
			const struct seccomp_rule *y = &result->rule[j];

			is_raised = x->answer.action != y->answer.action &&
				    (call->is_gated || !seccomp_term_is_apart(x->term, y->term));
		}
	}
	for (size_t i = 0; is_raised && i < result->count; i++)
		result->rule[i].answer.action = action;
	for (size_t i = 0; i < result->count; i++)
		result->rule[i].answer.action =
			stricter(result->rule[i].answer.action, call->least);
}

static void add_permissions(struct arena *arena, struct call_result *result,
			    const struct call *call)
{
	struct passes ours = { 0 }, theirs = { 0 };

	find_passes(&ours, &call->side[OURS]);
	find_passes(&theirs, &call->side[THEIRS]);
	result->is_narrowed = ours.is_less || theirs.is_less || call->is_shut;
	if (!ours.count || !theirs.count || call->is_shut)
		return;
	for (unsigned int i = ACT_ALLOW; i < ACT_ERRNO; i++) {
		uint8_t action = (uint8_t)i;
		struct seccomp_terms terms = { 0 };

		join_all(&terms, &ours, &theirs, action);
		result->is_narrowed = result->is_narrowed || terms.is_cut;
		if (!terms.count)
			continue;
		take_out(&terms, call, action);
		for (size_t j = 0; j < terms.count; j++) {
			if (result->count == SECCOMP_MAX_TERMS ||
			    !call_is_writable(call, &terms.term[j]) ||
			    !is_clear(call, &terms.term[j], action) ||
			    !add_result(arena, result, call, &terms.term[j],
					(struct seccomp_answer){ .action = action }))
				terms.is_cut = true;
		}
		result->is_narrowed = result->is_narrowed || terms.is_cut;
	}
	raise_overlaps(result, call);
}

/* ---- what is blocked ---- */

/* Rules that are stricter than the default: whoever wrote them wants more than an error. */
static void add_strict(struct arena *arena, struct call_result *result, const struct call *call,
		       struct seccomp_answer strictest)
{
	size_t first = result->count;
	bool is_mixed = false;

	for (size_t side = 0; side < SIDES; side++) {
		for (size_t i = 0; i < call->side[side].count; i++) {
			const struct seccomp_rule *rule = call->side[side].rule[i];

			if (rule->answer.action <= call->other.action)
				continue;
			/* Too many to keep apart; the permissions before it go (call_intersect). */
			if (result->count - first == MAX_STRICT ||
			    !add_result(arena, result, call, term_of(call, rule), rule->answer)) {
				put_whole(result, first, call, strictest);
				return;
			}
		}
	}
	for (size_t i = first; i < result->count; i++) {
		for (size_t j = first; j < i; j++)
			is_mixed = is_mixed || (result->rule[i].answer.action !=
							result->rule[j].answer.action &&
						!seccomp_term_is_apart(result->rule[i].term,
								       result->rule[j].term));
	}
	for (size_t i = first; is_mixed && i < result->count; i++)
		result->rule[i].answer = strictest;
}

/* Conditions that another rule with the same answer covers go; the others keep their order. */
static void drop_covered(struct call_result *result)
{
	for (size_t i = result->count; i-- > 0;) {
		const struct seccomp_rule *x = &result->rule[i];
		bool is_covered = false;

		for (size_t j = 0; j < result->count && !is_covered; j++) {
			const struct seccomp_rule *y = &result->rule[j];

			is_covered = j != i && seccomp_is_same_answer(x->answer, y->answer) &&
				     seccomp_term_implies(x->term ? x->term : &everything,
							  y->term ? y->term : &everything);
		}
		if (!is_covered)
			continue;
		result->count--;
		memmove(&result->rule[i], &result->rule[i + 1],
			(result->count - i) * sizeof(*result->rule));
	}
}

/* The strictest answer with which a side may block the call. */
static struct seccomp_answer blocks_with(const struct call_rules *rules)
{
	struct seccomp_answer answer = rules->strictest;

	if (seccomp_is_blocking(rules->other) && !has_unconditional(rules) &&
	    rules->other.action > answer.action)
		answer = rules->other;
	return answer;
}

/*
 * Nothing of the call is left: one answer for all of it. Theirs where ours would have allowed
 * something, so that programs read the error that they read before.
 */
static struct seccomp_answer whole_answer(const struct call *call, bool is_allowed_by_ours)
{
	struct seccomp_answer ours = blocks_with(&call->side[OURS]);
	struct seccomp_answer theirs = blocks_with(&call->side[THEIRS]);

	if (!seccomp_is_blocking(ours) && !seccomp_is_blocking(theirs))
		return (struct seccomp_answer){ .action = ACT_ERRNO, .errno_ret = EPERM };
	if (ours.action == theirs.action)
		return is_allowed_by_ours ? theirs : ours;
	return ours.action > theirs.action ? ours : theirs;
}

static void add_errnos(struct arena *arena, struct call_result *result, const struct call *call,
		       const struct call_rules *rules)
{
	size_t added = 0;

	for (size_t i = 0; i < rules->count && added < MAX_ERRNOS / 2; i++) {
		const struct seccomp_rule *rule = rules->rule[i];
		const struct seccomp_term *term = term_of(call, rule);
		bool is_fit = rule->answer.action == ACT_ERRNO &&
			      !seccomp_is_same_answer(rule->answer, call->other);

		for (size_t j = 0; j < result->count && is_fit; j++) {
			const struct seccomp_rule *other = &result->rule[j];

			if (seccomp_is_same_answer(other->answer, rule->answer))
				is_fit = other->term && !seccomp_term_implies(term, other->term);
			else
				is_fit = seccomp_term_is_apart(term, other->term);
		}
		if (!is_fit || !add_result(arena, result, call, term, rule->answer))
			continue;
		if (call_is_sound(call, result->rule, result->count))
			added++;
		else
			result->count--;
	}
}

/* Drop what libseccomp would not compile right of permissions and the strict blocks behind them. */
static void make_sound(struct arena *arena, struct call_result *result, const struct call *call,
		       struct seccomp_answer strictest)
{
	struct seccomp_rule *rules = result->rule;
	size_t kept, blocks, first = 0;

	drop_covered(result);
	while (first < result->count && !seccomp_is_blocking(rules[first].answer))
		first++;
	blocks = result->count - first;
	if (call_is_sound(call, rules, result->count) ||
	    call_narrow_inequalities(arena, result, call))
		return;
	kept = call_keep_sound(call, rules, first, &rules[first], blocks);
	result->is_narrowed = result->is_narrowed || kept < first;
	memmove(&rules[kept], &rules[first], blocks * sizeof(*rules));
	result->count = kept + blocks;
	if (call_is_sound(call, rules, result->count))
		return;
	/* Not even the blocks alone: then all of the call is blocked like that. */
	result->is_narrowed = result->is_narrowed || kept;
	put_whole(result, 0, call, strictest);
}

static bool has_permission(const struct call_rules *rules)
{
	return rules->has_permission || !seccomp_is_blocking(rules->other);
}

static int compare(const void *a, const void *b)
{
	const struct seccomp_rule *x = a, *y = b;

	if (x->answer.action != y->answer.action)
		return x->answer.action < y->answer.action ? -1 : 1;
	if (x->answer.errno_ret != y->answer.errno_ret)
		return x->answer.errno_ret < y->answer.errno_ret ? -1 : 1;
	return seccomp_term_compare(x->term ? x->term : &everything,
				    y->term ? y->term : &everything);
}

void call_intersect(struct arena *arena, struct call_result *result, const struct call *call)
{
	const struct call_rules *ours = &call->side[OURS], *theirs = &call->side[THEIRS];
	bool is_closed = ours->is_too_many || theirs->is_too_many;
	bool is_allowed_by_ours = has_permission(ours), is_allowed;
	struct seccomp_answer strictest = ours->strictest.action > theirs->strictest.action
						  ? ours->strictest
						  : theirs->strictest;

	result->count = 0;
	result->is_narrowed = is_closed && is_allowed_by_ours && has_permission(theirs);
	if (is_closed) {
		if (strictest.action > call->other.action) {
			put_whole(result, 0, call, strictest);
			return;
		}
	} else {
		size_t blocks;

		add_permissions(arena, result, call);
		blocks = result->count;
		add_strict(arena, result, call, strictest);
		/* Collapsed into one for the whole call: then there is nothing beside it. */
		if (blocks && result->count > blocks && !result->rule[blocks].term) {
			result->rule[0] = result->rule[blocks];
			result->count = 1;
			result->is_narrowed = true;
		}
		make_sound(arena, result, call, strictest);
	}
	is_allowed = result->count && !seccomp_is_blocking(result->rule[0].answer);
	if (!result->count && (is_closed || is_allowed_by_ours || has_unconditional(ours))) {
		struct seccomp_answer answer = whole_answer(call, is_allowed_by_ours);

		if (!seccomp_is_same_answer(answer, call->other))
			put_whole(result, 0, call, answer);
		return;
	}
	if (call->other.action == ACT_ERRNO && !(is_allowed && !result->rule[0].term)) {
		add_errnos(arena, result, call, ours);
		if (is_allowed)
			add_errnos(arena, result, call, theirs);
	}
	drop_covered(result);
	qsort(result->rule, result->count, sizeof(*result->rule), compare);
}
