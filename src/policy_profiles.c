/*
 * Which profile is in force: the chain of "extends" from the chosen one down to a built-in level,
 * and what no profile may change.
 *
 * The top-level "controls" is the profile "default", and every profile extends it unless it names
 * another. Locked controls come from "default" whatever is chosen, even a built-in level: who may
 * only write profiles cannot reach them.
 */
#include <string.h>

#include "policy_parts.h"
#include "text.h"

static const char *const locked_unless_said[] = { "hooks", "annotations", "unknown-fields", NULL };

static const struct json *top(const struct policy_files *files, const char *key)
{
	return files->main ? json_find(files->main->root, key) : NULL;
}

static bool is_locked(const struct policy_files *files, const char *id)
{
	const struct json *locked = top(files, "locked");

	if (!locked)
		return text_in(id, locked_unless_said);
	json_each (item, locked) {
		if (json_is(item, id))
			return true;
	}
	return false;
}

static int check_locked(const struct policy_files *files, const struct json *profile,
			struct error *e)
{
	json_each (member, json_find(profile, "controls")) {
		if (is_locked(files, member->key))
			return policy_fail(files, member, e,
					   "profile '%s' sets '%s', which is locked: only the "
					   "top-level 'controls' may",
					   profile->key, member->key);
	}
	return 0;
}

/* Names of what a profile can extend, for "did you mean". */
static const char *const *all_names(const struct policy_files *files)
{
	const char *const *builtin = policy_builtin_names();
	const char *const *own = policy_index_names(files, &files->profiles);
	const char **names;
	size_t count = 0;

	while (builtin[count])
		count++;
	names = arena_alloc(files->arena, (files->profiles.count + count + 2) * sizeof(*names));
	count = 0;
	names[count++] = "default";
	for (; *own; own++)
		names[count++] = *own;
	for (; *builtin; builtin++)
		names[count++] = *builtin;
	return names;
}

/* A profile and what it extends, down to "default" or a built-in level. */
struct chain {
	const struct json *profiles[POLICY_MAX_CHAIN];
	size_t count;
	const char *end;            /* "default", or a built-in */
	const struct json *end_ref; /* where that was written; NULL: nowhere */
};

/* Follow NAME to the end. REF is the value that holds it, or NULL. */
static int follow(const struct policy_files *files, const char *name, struct chain *chain,
		  struct error *e)
{
	const struct json *ref = NULL;

	/* The strictest, until the end is found. */
	*chain = (struct chain){ .end = "restricted" };
	while (!text_equal(name, "default") && !policy_is_builtin_name(name)) {
		const struct json *profile = policy_index_find(&files->profiles, name);

		if (!profile)
			return policy_fail_word(files, ref, e, "profile", NULL, name,
						all_names(files));
		for (size_t i = 0; i < chain->count; i++) {
			if (chain->profiles[i] == profile)
				return policy_fail(files, ref, e,
						   "profile '%s' extends itself, by way of '%s'",
						   name, chain->profiles[chain->count - 1]->key);
		}
		if (chain->count == POLICY_MAX_CHAIN)
			return policy_fail(files, ref, e, "more than %d profiles extend each other",
					   POLICY_MAX_CHAIN);
		chain->profiles[chain->count++] = profile;
		ref = json_find(profile, "extends");
		name = ref ? ref->text : "default";
	}
	chain->end = name;
	chain->end_ref = ref;
	return 0;
}

int policy_check_profiles(struct policy_files *files, struct error *e)
{
	const struct json *level;
	struct chain chain;

	for (size_t i = 0; i < files->profiles.count; i++) {
		const struct json *profile = files->profiles.members[i];

		if (check_locked(files, profile, e) < 0 ||
		    follow(files, profile->key, &chain, e) < 0)
			return -1;
		if (!text_equal(chain.end, "default") &&
		    policy_builtin(files, chain.end, chain.end_ref, &level, e) < 0)
			return -1;
	}
	return 0;
}

/* Built-in level and top-level controls: the profile "default". */
static int merge_default(struct policy_files *files, struct json *target, struct error *e)
{
	const struct json *extends = top(files, "extends"), *level;

	if (policy_builtin(files, extends ? extends->text : "restricted", extends, &level, e) < 0 ||
	    policy_merge(files, target, level, e) < 0)
		return -1;
	return policy_merge(files, target, top(files, "controls"), e);
}

static int merge_chain(struct policy_files *files, const struct chain *chain, struct json *target,
		       struct error *e)
{
	const struct json *level;

	if (text_equal(chain->end, "default")) {
		if (merge_default(files, target, e) < 0)
			return -1;
	} else if (policy_builtin(files, chain->end, chain->end_ref, &level, e) < 0 ||
		   policy_merge(files, target, level, e) < 0) {
		return -1;
	}
	for (size_t i = chain->count; i > 0; i--) {
		if (policy_merge(files, target, json_find(chain->profiles[i - 1], "controls"), e) <
		    0)
			return -1;
	}
	return 0;
}

/* Locked controls are those of "default". */
static int lock(struct policy_files *files, struct json *target, struct error *e)
{
	struct json *own = json_new(files->arena, JSON_OBJECT);

	if (merge_default(files, own, e) < 0)
		return -1;
	for (const struct control *const *control = controls; *control; control++) {
		const struct json *theirs = json_find(own, (*control)->id);
		struct json *ours = json_find(target, (*control)->id);

		if (!is_locked(files, (*control)->id) || !theirs)
			continue;
		if (ours)
			json_swap(ours, json_clone(files->arena, theirs));
		else
			json_append(files->arena, target, (*control)->id,
				    json_clone(files->arena, theirs));
	}
	return 0;
}

int policy_resolve(struct policy_files *files, const char *profile, struct json **ret_controls,
		   const char **ret_runtime, struct error *e)
{
	struct json *merged = json_new(files->arena, JSON_OBJECT);
	const char *runtime = json_text(top(files, "runtime"));
	struct chain chain;

	if (follow(files, profile, &chain, e) < 0 || merge_chain(files, &chain, merged, e) < 0)
		return -1;
	/* What "default" starts with is locked by having nothing above it. */
	if ((chain.count || !text_equal(chain.end, "default")) && lock(files, merged, e) < 0)
		return -1;
	for (size_t i = chain.count; i > 0; i--) {
		const char *own = json_text(json_find(chain.profiles[i - 1], "runtime"));

		runtime = own ? own : runtime;
	}
	*ret_controls = policy_finish(files, merged, top(files, "live"));
	*ret_runtime = runtime;
	return 0;
}
