/*
 * From a profile to the filter of one container: the rules whose conditions hold for the
 * capabilities that policy left, never for those that were asked for. Conditions are few and shared
 * by many rules, so each is judged once.
 */
#include "seccomp_profile.h"

static bool holds(const struct seccomp_when *when, const struct seccomp_context *context)
{
	if (when->is_never)
		return false;
	return (when->caps & ~context->caps) == 0 && (when->without & context->caps) == 0 &&
	       (!when->archs || (when->archs & context->archs)) &&
	       !(when->other_archs & context->archs) && context->kernel >= when->kernel &&
	       (!when->old_kernel || context->kernel < when->old_kernel);
}

static const bool *judge_all(struct arena *arena, const struct seccomp_profile *profile,
			     const struct seccomp_context *context)
{
	bool *is_true = arena_alloc(arena, profile->when_count * sizeof(*is_true));

	for (size_t i = 0; i < profile->when_count; i++)
		is_true[i] = holds(&profile->whens[i], context);
	return is_true;
}

struct seccomp_filter *seccomp_profile_resolve(struct arena *arena,
					       const struct seccomp_profile *profile,
					       const struct seccomp_context *context)
{
	struct seccomp_filter *filter = arena_alloc(arena, sizeof(*filter));
	const bool *is_true = judge_all(arena, profile, context);

	filter->other = profile->other;
	filter->archs = profile->has_archs ? context->archs & profile->archs : context->archs;
	filter->listener = profile->listener;
	filter->has_flags = profile->has_flags;
	filter->is_logging = profile->is_logging;
	filter->rules = arena_alloc(arena, (profile->rule_count + 1) * sizeof(*filter->rules));
	filter->calls = arena_alloc(arena, (profile->call_count + 1) * sizeof(*filter->calls));
	filter->call_count = profile->call_count;
	filter->slots = profile->slots;
	filter->slot_mask = profile->slot_mask;

	for (size_t i = 0; i < profile->call_count; i++) {
		const struct seccomp_profile_call *from = &profile->calls[i];
		struct seccomp_call *call = &filter->calls[i];

		call->name = profile->texts + from->name;
		call->number = from->number;
		call->first = (uint32_t)filter->count;
		for (size_t j = from->first; j < from->first + from->count; j++) {
			const struct seccomp_profile_rule *rule = &profile->rules[j];
			struct seccomp_rule *to = &filter->rules[filter->count];

			/* libseccomp refuses a rule that says what the default says. */
			if (!is_true[rule->when] ||
			    seccomp_is_same_answer(rule->answer, profile->other))
				continue;
			to->name = call->name;
			to->term = rule->term ? &profile->terms[rule->term] : NULL;
			to->answer = rule->answer;
			filter->count++;
		}
		call->count = (uint32_t)filter->count - call->first;
	}
	return filter;
}
