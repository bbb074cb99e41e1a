/*
 * The policy of this call: read, checked, merged, or refused.
 *
 * Nothing here decides about a container. What comes out is plain: one object with every control,
 * its mode and its settings, which the controls read and which goes into the container's record, so
 * that later commands for that container read no policy file.
 */
#include "policy.h"

#include <sha2.h>

#include "policy_parts.h"

static int expand_all(struct policy_files *files, struct error *e)
{
	if (files->main &&
	    policy_expand_sets(files, json_find(files->main->root, "controls"), e) < 0)
		return -1;
	for (size_t i = 0; i < files->profiles.count; i++) {
		if (policy_expand_sets(files, json_find(files->profiles.members[i], "controls"),
				       e) < 0)
			return -1;
	}
	return 0;
}

static int check_all(struct policy_files *files, struct error *e)
{
	if (files->main &&
	    policy_check_controls(files, json_find(files->main->root, "controls"), e) < 0)
		return -1;
	for (size_t i = 0; i < files->profiles.count; i++) {
		if (policy_check_controls(files, json_find(files->profiles.members[i], "controls"),
					  e) < 0)
			return -1;
	}
	return 0;
}

static const char *text_or(const struct json *root, const char *key, const char *fallback)
{
	const char *text = json_text(json_find(root, key));

	return text ? text : fallback;
}

static const char *digest(struct arena *arena, const char *text, size_t len)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];

	return arena_printf(arena, "sha256:%s", SHA256Data((const uint8_t *)text, len, hex));
}

/* What stands at the top of policy.json, or what holds without one. */
static void fill_top(struct policy *policy, struct policy_files *files)
{
	const struct json *root = files->main ? files->main->root : NULL;
	const struct json *audit = json_find(root, "audit");
	bool is_builtin = !files->main && !files->fragments;
	const char *text = NULL;
	size_t len = 0;

	policy->name = text_or(root, "name", is_builtin ? "built-in" : "site");
	policy->revision =
		text_or(root, "revision", is_builtin ? policy_builtin_default(&text, &len) : "");
	policy->digest = is_builtin ? digest(files->arena, text, len) : policy_files_digest(files);
	policy->source = is_builtin ? "built-in" : "current";
	policy->help = text_or(root, "help", "");
	policy->records_group = text_or(root, "records_group", NULL);
	policy->is_audit_required = policy_bool(audit, "required", false);
	policy->exec_args = text_or(audit, "exec_args", "name");
	policy->sinks = json_find(audit, "sinks");
	policy->live = json_find(root, "live");
	if (!policy->live)
		policy->live = json_new_str(files->arena, "all");
	policy->rule = "default";
}

/* Files that the profile in force names: found now, and not at the start of a container. */
static int prepare_all(const struct json *resolved, struct arena *arena, struct error *e)
{
	for (const struct control *const *control = controls; *control; control++) {
		const struct json *cfg = json_find(resolved, (*control)->id);

		if ((*control)->prepare && !json_is(json_find(cfg, "mode"), "off") &&
		    (*control)->prepare(cfg, resolved, arena, e) < 0)
			return error_wrap(e, "control '%s'", (*control)->id);
	}
	return 0;
}

static int make(struct policy *ret_policy, struct policy_files *files, const char *profile,
		struct error *e)
{
	struct policy policy = { .profile = profile ? profile : "default" };

	if (policy_check_files(files, e) < 0 || policy_index_all(files, e) < 0 ||
	    expand_all(files, e) < 0 || check_all(files, e) < 0 ||
	    policy_check_profiles(files, e) < 0 ||
	    policy_resolve(files, policy.profile, &policy.controls, &policy.runtime, e) < 0 ||
	    prepare_all(policy.controls, files->arena, e) < 0)
		return -1;
	fill_top(&policy, files);
	*ret_policy = policy;
	return 0;
}

int policy_load_text(struct policy *ret_policy, struct arena *arena, const char *text, size_t len,
		     const char *path, const char *profile, struct error *e)
{
	struct policy_files files = { .arena = arena };

	if (policy_file_parse(&files, &files.main, path, text, len, e) < 0)
		return -1;
	return make(ret_policy, &files, profile, e);
}

int policy_load(struct policy *ret_policy, struct arena *arena, const char *file,
		const char *profile, struct error *e)
{
	struct policy_files files = { .arena = arena };

	if (policy_files_read(&files, file, e) < 0) {
		/* Whatever failed: without its policy mantlet starts nothing. */
		e->kind = ERR_POLICY;
		return -1;
	}
	return make(ret_policy, &files, profile, e);
}

int policy_recall(struct json **ret_controls, struct arena *arena, const struct json *block,
		  struct error *e)
{
	struct policy_files files = { .arena = arena };

	if (!block || block->type != JSON_OBJECT)
		return error_set(e, ERR_POLICY, "the record has no controls");
	json_each (own, block) {
		if (!json_text(json_find(own, "mode")))
			return error_set(e, ERR_POLICY, "the record has no mode for control '%s'",
					 own->key);
	}
	for (const struct control *const *control = controls; *control; control++) {
		if (!json_find(block, (*control)->id))
			return error_set(e, ERR_POLICY, "the record has no control '%s'",
					 (*control)->id);
	}
	if (policy_check_controls(&files, block, e) < 0)
		return error_wrap(e, "in the record");
	*ret_controls = policy_finish(&files, json_clone(arena, block), NULL);
	return 0;
}
