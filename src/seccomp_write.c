/*
 * A filter in the OCI form. Names that share answer and condition share a rule, permissions come
 * first, and within a rule the names go from the highest call number to the lowest: libseccomp
 * keeps calls in a list sorted by number and walks it from the low end for each that is added, so
 * this order costs the runtime half the time of the other (policy/seccomp/README.md).
 */
#include <stdlib.h>
#include <string.h>

#include "seccomp_words.h"

/* Names and words live longer than what is written of them. */
static struct json *lend(struct arena *arena, const char *text)
{
	return json_new_lent(arena, text, strlen(text));
}

/* One rule of the OCI form that is being filled. */
struct group {
	const struct seccomp_term *term;
	struct seccomp_answer answer;
	struct json *names; /* NULL: not come up yet */
	struct group *next;
};

/* Without conditions, with conditions; each in the order in which they came up. */
struct groups {
	struct arena *arena;
	struct group *first, **end;
};

static struct group *new_group(struct arena *arena, const struct seccomp_rule *rule)
{
	struct group *group = arena_alloc(arena, sizeof(*group));

	*group = (struct group){ .term = rule->term, .answer = rule->answer };
	return group;
}

static void put_name(struct groups *groups, struct group *group, const char *name)
{
	if (!group->names) {
		group->names = json_new(groups->arena, JSON_ARRAY);
		*groups->end = group;
		groups->end = &group->next;
	}
	json_append(groups->arena, group->names, NULL, lend(groups->arena, name));
}

/* Answers are few. */
static struct group *find_plain(struct groups *groups, const struct seccomp_rule *rule)
{
	for (struct group *group = groups->first; group; group = group->next) {
		if (seccomp_is_same_answer(group->answer, rule->answer))
			return group;
	}
	return new_group(groups->arena, rule);
}

/* Conditions may be thousands, so they are sorted to find the equal ones. */
struct place {
	const struct seccomp_rule *rule;
	struct group **group;
};

static int compare_places(const void *a, const void *b)
{
	const struct seccomp_rule *x = ((const struct place *)a)->rule,
				  *y = ((const struct place *)b)->rule;
	int order = seccomp_term_compare(x->term, y->term);

	if (order)
		return order;
	if (x->answer.action != y->answer.action)
		return x->answer.action < y->answer.action ? -1 : 1;
	return x->answer.errno_ret < y->answer.errno_ret
		       ? -1
		       : x->answer.errno_ret > y->answer.errno_ret;
}

/* For each rule with a condition its group, at the rule's place in FILTER. */
static struct group **group_conditions(struct arena *arena, const struct seccomp_filter *filter)
{
	struct group **groups = arena_alloc(arena, (filter->count + 1) * sizeof(struct group *));
	struct place *places = arena_alloc(arena, (filter->count + 1) * sizeof(*places));
	size_t count = 0;

	for (size_t i = 0; i < filter->count; i++) {
		if (filter->rules[i].term)
			places[count++] = (struct place){ &filter->rules[i], &groups[i] };
	}
	qsort(places, count, sizeof(*places), compare_places);
	for (size_t i = 0; i < count; i++) {
		bool is_same = i > 0 && compare_places(&places[i - 1], &places[i]) == 0;

		*places[i].group =
			is_same ? *places[i - 1].group : new_group(arena, places[i].rule);
	}
	return groups;
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
	struct group **with_condition = group_conditions(arena, filter);
	struct json *syscalls = json_new(arena, JSON_ARRAY);

	plain.end = &plain.first;
	conditional.end = &conditional.first;
	for (size_t i = 0; i < filter->count; i++) {
		const struct seccomp_rule *rule = &filter->rules[i];

		if (rule->term)
			put_name(&conditional, with_condition[i], rule->name);
		else
			put_name(&plain, find_plain(&plain, rule), rule->name);
	}
	put_groups(&plain, syscalls, false);
	put_groups(&conditional, syscalls, false);
	put_groups(&conditional, syscalls, true);
	put_groups(&plain, syscalls, true);
	return syscalls;
}

bool seccomp_section_fits(const struct json *section)
{
	size_t count = 0;

	json_each (entry, json_find(section, "syscalls"))
		count++;
	return count <= SECCOMP_MAX_ENTRIES;
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
