/*
 * Two allow-lists into one that is no looser than either.
 *
 * A call without conditions stays when both allow it without conditions. Where theirs has
 * conditions and ours has none the call is blocked: the exact intersection comes with the seccomp
 * work of a later version. Where ours has conditions, each of our rules is combined with each of
 * theirs, as far as that has a form in which every argument is tested at most once: runc and crun
 * disagree about two tests of one argument in a rule. What has no such form is dropped.
 */
#include "seccomp_rules.h"

#include <errno.h>
#include <string.h>

#include "seccomp_args.h"
#include "text.h"

/* Rules of theirs for one name; combining takes the square of it. Docker's default has three. */
#define MAX_RULES 64

/* One name of one rule of theirs. */
struct named_rule {
	const char *name;
	const struct json *rule;
	const struct named_rule *next; /* in the same bucket, in the profile's order */
	bool is_allow;
	bool has_args;
};

/* Their rules by call name: profiles may list thousands. Names can be made to collide, but only
 * the few hundred of ours are looked up, so that costs time in proportion to the profile. */
struct table {
	const struct named_rule **buckets;
	size_t mask; /* number of buckets, a power of two, less one */
	bool is_default_allow;
};

static bool is_action(const struct json *action)
{
	return json_is(action, "SCMP_ACT_ALLOW") || json_is(action, "SCMP_ACT_ERRNO");
}

static const char *cannot_combine(const struct json *theirs)
{
	if (!is_action(json_find(theirs, "defaultAction")))
		return "its default action is neither ALLOW nor ERRNO";
	if (json_find(theirs, "listenerPath"))
		return "it hands system calls to another process (listenerPath)";
	json_each (rule, json_find(theirs, "syscalls")) {
		if (!is_action(json_find(rule, "action")))
			return "it has actions other than ALLOW and ERRNO";
	}
	return NULL;
}

static bool has_architecture(const struct json *theirs, const struct json *arch)
{
	const struct json *list = json_find(theirs, "architectures");

	/* An empty list means the native one to both runtimes, and ours has that one first. */
	if (!json_first(list))
		return !arch->prev;
	json_each (item, list) {
		if (json_is(item, arch->text))
			return true;
	}
	return false;
}

static size_t bucket_of(const struct table *table, const char *name)
{
	return json_key_hash(name, strlen(name)) & table->mask;
}

static size_t count_names(const struct json *profile)
{
	size_t count = 0;

	json_each (rule, json_find(profile, "syscalls"))
		count += json_count(json_find(rule, "names"));
	return count;
}

static struct table table_of(struct arena *arena, const struct json *profile)
{
	size_t count = count_names(profile), at = 0;
	struct named_rule *rules = arena_alloc(arena, (count + 1) * sizeof(*rules));
	struct table table = { .mask = 1 };

	while (table.mask < count)
		table.mask = table.mask * 2 + 1;
	table.buckets = arena_alloc(arena, (table.mask + 1) * sizeof(const struct named_rule *));
	table.is_default_allow = json_is(json_find(profile, "defaultAction"), "SCMP_ACT_ALLOW");
	json_each (rule, json_find(profile, "syscalls")) {
		bool is_allow = json_is(json_find(rule, "action"), "SCMP_ACT_ALLOW");
		bool has_args = json_first(json_find(rule, "args")) != NULL;

		json_each (name, json_find(rule, "names"))
			rules[at++] = (struct named_rule){
				.name = name->text,
				.rule = rule,
				.is_allow = is_allow,
				.has_args = has_args,
			};
	}
	/* From behind, so that each bucket keeps the order of the profile. */
	while (at-- > 0) {
		size_t bucket = bucket_of(&table, rules[at].name);

		rules[at].next = table.buckets[bucket];
		table.buckets[bucket] = &rules[at];
	}
	return table;
}

static const struct named_rule *find_from(const struct named_rule *rule, const char *name)
{
	while (rule && strcmp(rule->name, name) != 0)
		rule = rule->next;
	return rule;
}

/* The first rule of NAME; NULL when there is none. */
static const struct named_rule *find_first(const struct table *table, const char *name)
{
	return find_from(table->buckets[bucket_of(table, name)], name);
}

/* The next rule of the same name. */
static const struct named_rule *find_next(const struct named_rule *rule)
{
	return find_from(rule->next, rule->name);
}

/* Nothing of theirs stands between this call and being allowed. */
static bool allows_always(const struct table *table, const char *name)
{
	bool is_allowed = table->is_default_allow;

	for (const struct named_rule *it = find_first(table, name); it; it = find_next(it)) {
		if (!it->is_allow)
			return false;
		is_allowed = is_allowed || !it->has_args;
	}
	return is_allowed;
}

/* No rule of theirs that blocks NAME can overlap with what these tests let through. */
static bool is_clear_of_blocks(const struct table *table, const char *name,
			       const struct seccomp_tests *tests)
{
	for (const struct named_rule *it = find_first(table, name); it; it = find_next(it)) {
		struct seccomp_tests blocked;

		if (it->is_allow)
			continue;
		if (!it->has_args || !seccomp_tests_read(&blocked, it->rule) ||
		    !seccomp_tests_are_disjoint(tests, &blocked))
			return false;
	}
	return true;
}

static struct json *rule_of(struct arena *arena, const char *name,
			    const struct seccomp_tests *tests)
{
	struct json *rule = json_new(arena, JSON_OBJECT);
	struct json *names = json_new(arena, JSON_ARRAY);
	struct json *args = json_new(arena, JSON_ARRAY);

	json_append(arena, names, NULL, json_new_str(arena, name));
	json_append(arena, rule, "names", names);
	json_append(arena, rule, "action", json_new_str(arena, "SCMP_ACT_ALLOW"));
	for (uint64_t i = 0; i < SECCOMP_ARGS; i++) {
		const struct seccomp_test *test = &tests->arg[i];
		struct json *arg = json_new(arena, JSON_OBJECT);

		if (!test->is_set)
			continue;
		json_append(arena, arg, "index", json_new_u64(arena, i));
		json_append(arena, arg, "value", json_new_u64(arena, test->value));
		if (test->value_two != 0)
			json_append(arena, arg, "valueTwo", json_new_u64(arena, test->value_two));
		json_append(arena, arg, "op", json_new_str(arena, test->op));
		json_append(arena, args, NULL, arg);
	}
	json_append(arena, rule, "args", args);
	return rule;
}

struct merge {
	struct arena *arena;
	const struct json *ours;
	const struct table *theirs;
	struct json *syscalls; /* the result's */
	struct json *blocked;  /* names that ours allows and theirs does not */
};

/* Two rules of theirs may leave the same of ours; written twice, a second run would find four. */
static void append_rule(struct merge *merge, struct json *rule)
{
	json_each (it, merge->syscalls) {
		if (json_equal(it, rule))
			return;
	}
	json_append(merge->arena, merge->syscalls, NULL, rule);
}

static bool has_too_many(const struct table *table, const char *name)
{
	unsigned int count = 0;

	for (const struct named_rule *it = find_first(table, name); it; it = find_next(it)) {
		if (++count > MAX_RULES)
			return true;
	}
	return false;
}

/* A site's profile may name a call with a condition and again without one: the latter counts. */
static bool is_unconditional(const struct json *ours, const char *name)
{
	json_each (rule, json_find(ours, "syscalls")) {
		if (!json_is(json_find(rule, "action"), "SCMP_ACT_ALLOW") ||
		    json_first(json_find(rule, "args")))
			continue;
		json_each (it, json_find(rule, "names")) {
			if (json_is(it, name))
				return true;
		}
	}
	return false;
}

/* One of our conditional ALLOW rules for one name, against all of theirs for it. */
static void combine(struct merge *merge, const char *name, const struct json *rule)
{
	struct seccomp_tests ours;

	if (is_unconditional(merge->ours, name) || !seccomp_tests_read(&ours, rule))
		return;
	if (allows_always(merge->theirs, name)) {
		append_rule(merge, rule_of(merge->arena, name, &ours));
		return;
	}
	if (has_too_many(merge->theirs, name))
		return;
	/* Where ALLOW is their default, the rule stays as far as nothing of theirs blocks it. */
	if (merge->theirs->is_default_allow) {
		if (is_clear_of_blocks(merge->theirs, name, &ours))
			append_rule(merge, rule_of(merge->arena, name, &ours));
		return;
	}
	for (const struct named_rule *it = find_first(merge->theirs, name); it;
	     it = find_next(it)) {
		struct seccomp_tests tests, joined = { 0 };

		if (it->is_allow && seccomp_tests_read(&tests, it->rule) &&
		    seccomp_tests_join(&joined, &ours, &tests) &&
		    is_clear_of_blocks(merge->theirs, name, &joined))
			append_rule(merge, rule_of(merge->arena, name, &joined));
	}
}

static void merge_rule(struct merge *merge, const struct json *rule)
{
	struct arena *arena = merge->arena;
	struct json *kept, *names;

	if (!json_is(json_find(rule, "action"), "SCMP_ACT_ALLOW")) {
		json_append(arena, merge->syscalls, NULL, json_clone(arena, rule));
		return;
	}
	if (json_first(json_find(rule, "args"))) {
		json_each (name, json_find(rule, "names"))
			combine(merge, name->text, rule);
		return;
	}
	names = json_new(arena, JSON_ARRAY);
	json_each (name, json_find(rule, "names")) {
		struct json *list =
			allows_always(merge->theirs, name->text) ? names : merge->blocked;

		json_append(arena, list, NULL, json_new_strn(arena, name->text, name->len));
	}
	if (!json_first(names))
		return;
	kept = json_new(arena, JSON_OBJECT);
	json_append(arena, kept, "names", names);
	json_append(arena, kept, "action", json_new_str(arena, "SCMP_ACT_ALLOW"));
	json_append(arena, merge->syscalls, NULL, kept);
}

/* A known call that they block answers "not permitted", as it did before; ENOSYS would make C
 * libraries look for another way. */
static void append_blocked(struct merge *merge, const struct json *ours)
{
	struct json *rule = json_new(merge->arena, JSON_OBJECT);
	uint64_t default_errno = EPERM;

	(void)json_number_u64(json_find(ours, "defaultErrnoRet"), &default_errno);
	/* libseccomp refuses a rule that says what the default says. */
	if (!json_first(merge->blocked) || default_errno == EPERM)
		return;
	json_append(merge->arena, rule, "names", merge->blocked);
	json_append(merge->arena, rule, "action", json_new_str(merge->arena, "SCMP_ACT_ERRNO"));
	json_append(merge->arena, rule, "errnoRet", json_new_u64(merge->arena, EPERM));
	json_append(merge->arena, merge->syscalls, NULL, rule);
}

/* Calls of an architecture that is not in the list are killed. */
static struct json *architectures_of_both(struct arena *arena, const struct json *ours,
					  const struct json *theirs)
{
	struct json *list = json_new(arena, JSON_ARRAY);

	json_each (arch, json_find(ours, "architectures")) {
		if (has_architecture(theirs, arch))
			json_append(arena, list, NULL, json_new_str(arena, arch->text));
	}
	return list;
}

struct json *seccomp_flags(struct arena *arena, const struct json *profile)
{
	static const char log[] = "SECCOMP_FILTER_FLAG_LOG";
	struct json *flags = json_new(arena, JSON_ARRAY);

	json_each (flag, json_find(profile, "flags")) {
		if (json_is(flag, log) && !json_first(flags))
			json_append(arena, flags, NULL, json_new_str(arena, log));
	}
	return flags;
}

static struct json *flags_of_both(struct arena *arena, const struct json *ours,
				  const struct json *theirs)
{
	struct json *flags = seccomp_flags(arena, theirs);

	return json_first(flags) ? flags : seccomp_flags(arena, ours);
}

struct json *seccomp_intersect(struct arena *arena, const struct json *ours,
			       const struct json *theirs, const char **why)
{
	struct table table;
	struct merge merge = { .arena = arena, .ours = ours, .theirs = &table };
	struct json *result = json_new(arena, JSON_OBJECT);
	struct json *architectures = architectures_of_both(arena, ours, theirs);

	*why = cannot_combine(theirs);
	/* Ours has the native one first, and without it the program itself would be killed. */
	if (!*why &&
	    !(json_first(architectures) &&
	      json_equal(json_first(architectures), json_first(json_find(ours, "architectures")))))
		*why = "it is not written for this machine's architecture";
	if (*why)
		return NULL;

	table = table_of(arena, theirs);
	merge.syscalls = json_new(arena, JSON_ARRAY);
	merge.blocked = json_new(arena, JSON_ARRAY);
	json_each (rule, json_find(ours, "syscalls"))
		merge_rule(&merge, rule);
	append_blocked(&merge, ours);

	json_each (member, ours) {
		struct json *value = NULL;

		if (text_equal(member->key, "syscalls"))
			value = merge.syscalls;
		else if (text_equal(member->key, "architectures"))
			value = architectures;
		else if (!text_equal(member->key, "flags"))
			value = json_clone(arena, member);
		if (value)
			json_append(arena, result, member->key, value);
	}
	if (json_find(theirs, "flags") || json_find(ours, "flags"))
		json_append(arena, result, "flags", flags_of_both(arena, ours, theirs));
	return result;
}
