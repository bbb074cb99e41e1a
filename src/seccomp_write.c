/*
 * A filter in the OCI form. Names that share answer and condition share a rule, permissions come
 * first, and within a rule the names go from the highest call number to the lowest: libseccomp
 * keeps calls in a list sorted by number and walks it from the low end for each that is added, so
 * this order costs the runtime half the time of the other (policy/seccomp/README.md).
 */
#include <string.h>

#include "seccomp_words.h"

/* Conditions that are looked through for an equal one. */
#define NEAR 16

/* Names and words live longer than what is written of them. */
static struct json *lend(struct arena *arena, const char *text)
{
	return json_new_lent(arena, text, strlen(text));
}

/* One rule of the OCI form that is being filled. */
struct group {
	const struct seccomp_term *term;
	struct seccomp_answer answer;
	struct json *names;
	struct group *next;
};

/* Without conditions, with conditions; each in the order in which they came up. */
struct groups {
	struct arena *arena;
	struct group *first, **end;
};

static struct group *find_group(struct groups *groups, const struct seccomp_rule *rule)
{
	struct group *group;
	unsigned int turns = 0;

	for (group = groups->first; group; group = group->next) {
		if (seccomp_is_same_answer(group->answer, rule->answer) &&
		    (group->term == rule->term ||
		     (rule->term && seccomp_term_is_same(group->term, rule->term))))
			return group;
		/* Answers are few, conditions may be many. */
		if (rule->term && ++turns == NEAR)
			break;
	}
	group = arena_alloc(groups->arena, sizeof(*group));
	group->term = rule->term;
	group->answer = rule->answer;
	group->names = json_new(groups->arena, JSON_ARRAY);
	*groups->end = group;
	groups->end = &group->next;
	return group;
}

static struct json *args_of(struct arena *arena, const struct seccomp_term *term)
{
	struct json *args = json_new(arena, JSON_ARRAY);

	for (uint64_t i = 0; i < SECCOMP_ARGS; i++) {
		const struct seccomp_test *test = &term->arg[i];
		bool is_mask = test->op == TEST_MASK;
		struct json *arg;

		if (test->op == TEST_ANY)
			continue;
		arg = json_new(arena, JSON_OBJECT);
		json_append(arena, arg, "index", json_new_u64(arena, i));
		json_append(arena, arg, "value",
			    json_new_u64(arena, is_mask ? test->mask : test->value));
		if (is_mask && test->value)
			json_append(arena, arg, "valueTwo", json_new_u64(arena, test->value));
		json_append(arena, arg, "op", lend(arena, seccomp_op_word(test)));
		json_append(arena, args, NULL, arg);
	}
	return args;
}

static void put_answer(struct arena *arena, struct json *object, const char *action,
		       const char *errno_ret, struct seccomp_answer answer)
{
	json_append(arena, object, action, lend(arena, seccomp_action_word(answer.action)));
	if (answer.action == ACT_ERRNO)
		json_append(arena, object, errno_ret, json_new_u64(arena, answer.errno_ret));
}

static void put_groups(struct groups *groups, struct json *syscalls, bool is_blocking)
{
	struct arena *arena = groups->arena;

	for (struct group *group = groups->first; group; group = group->next) {
		struct json *rule;

		if (seccomp_is_blocking(group->answer) != is_blocking)
			continue;
		rule = json_new(arena, JSON_OBJECT);
		json_append(arena, rule, "names", group->names);
		put_answer(arena, rule, "action", "errnoRet", group->answer);
		if (group->term)
			json_append(arena, rule, "args", args_of(arena, group->term));
		json_append(arena, syscalls, NULL, rule);
	}
}

static struct json *syscalls_of(struct arena *arena, const struct seccomp_filter *filter)
{
	struct groups plain = { .arena = arena }, conditional = { .arena = arena };
	struct json *syscalls = json_new(arena, JSON_ARRAY);

	plain.end = &plain.first;
	conditional.end = &conditional.first;
	for (size_t i = 0; i < filter->count; i++) {
		const struct seccomp_rule *rule = &filter->rules[i];
		struct group *group = find_group(rule->term ? &conditional : &plain, rule);

		json_append(arena, group->names, NULL, lend(arena, rule->name));
	}
	put_groups(&plain, syscalls, false);
	put_groups(&conditional, syscalls, false);
	put_groups(&conditional, syscalls, true);
	put_groups(&plain, syscalls, true);
	return syscalls;
}

struct json *seccomp_flags(struct arena *arena, bool is_logging)
{
	struct json *flags = json_new(arena, JSON_ARRAY);

	if (is_logging)
		json_append(arena, flags, NULL, lend(arena, "SECCOMP_FILTER_FLAG_LOG"));
	return flags;
}

struct json *seccomp_filter_write(struct arena *arena, const struct seccomp_filter *filter)
{
	struct json *section = json_new(arena, JSON_OBJECT), *list = json_new(arena, JSON_ARRAY);
	unsigned int at = 0;

	put_answer(arena, section, "defaultAction", "defaultErrnoRet", filter->other);
	for (const char *arch; (arch = seccomp_arch_next(filter->archs, &at));)
		json_append(arena, list, NULL, lend(arena, arch));
	json_append(arena, section, "architectures", list);
	if (filter->has_flags)
		json_append(arena, section, "flags", seccomp_flags(arena, filter->is_logging));
	if (filter->listener)
		json_append(arena, section, "listenerPath", lend(arena, filter->listener));
	if (filter->metadata)
		json_append(arena, section, "listenerMetadata", lend(arena, filter->metadata));
	json_append(arena, section, "syscalls", syscalls_of(arena, filter));
	return section;
}
