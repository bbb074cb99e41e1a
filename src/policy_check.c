/*
 * The keys of a policy file: which there are, where they may stand and what they hold.
 *
 * A key that nobody knows is most likely a misspelt one, and a policy that silently lacks what its
 * author wrote is worse than none. So everything unknown is an error, with the nearest word. The
 * settings of controls are judged elsewhere (policy_settings.c), once sets are written out.
 */
#include <string.h>

#include "policy_parts.h"
#include "text.h"

#define IN_MAIN 1U
#define IN_FRAGMENT 2U
#define IN_PROFILE 4U
#define IN_AUDIT 8U

struct key {
	const char *name;
	unsigned int where; /* IN_* */
	int (*check)(struct policy_files *files, struct json *value, struct error *e);
};

/* Notes are for readers: they go, so that nothing behind has to know them. There are no nulls in
 * the language: to some a null means "inherit" and to others "empty". */
/* NOLINTNEXTLINE(misc-no-recursion): the parser limits the depth */
int policy_tidy(const struct policy_files *files, struct json *node, struct error *e)
{
	struct json *next;

	for (struct json *child = json_first(node); child; child = next) {
		next = child->next;
		if (child->type == JSON_NULL)
			return policy_fail(files, child, e,
					   "null is no value here; leave the key out to inherit");
		if (node->type == JSON_OBJECT && text_equal(child->key, "note")) {
			if (child->type != JSON_STRING)
				return policy_fail(files, child, e,
						   "'note' must be a string, not %s",
						   json_type_words(child));
			json_unlink(child);
		} else if (policy_tidy(files, child, e) < 0) {
			return -1;
		}
	}
	return 0;
}

static int check_object(struct policy_files *files, struct json *value, struct error *e)
{
	return value->type == JSON_OBJECT ? 0 : policy_wrong_type(files, value, "an object", e);
}

/* Names are for argv[0] ("mantlet-NAME"), for "@NAME" and for messages. */
static int check_names(struct policy_files *files, const struct json *object, const char *kind,
		       struct error *e)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	char quoted[QUOTED_SIZE];

	json_each (member, object) {
		size_t len = member->key_len;

		if (len == 0 || len > POLICY_MAX_NAME || strspn(member->key, allowed) != len)
			return policy_fail(files, member, e,
					   "'%s' is no name for a %s: 1 to %d of A-Z a-z 0-9 . _ -",
					   error_quote(quoted, member->key, len), kind,
					   POLICY_MAX_NAME);
	}
	return 0;
}

static int check_sets(struct policy_files *files, struct json *value, struct error *e)
{
	if (check_object(files, value, e) < 0 || check_names(files, value, "set", e) < 0)
		return -1;
	json_each (set, value) {
		if (set->type != JSON_ARRAY)
			return policy_wrong_type(files, set, "a list of strings", e);
		json_each (item, set) {
			if (item->type != JSON_STRING)
				return policy_fail(files, item, e, "set '%s' lists strings, not %s",
						   set->key, json_type_words(item));
			if (item->text[0] == '@')
				return policy_fail(files, item, e,
						   "set '%s' names another set, '%.80s': sets hold "
						   "plain items only",
						   set->key, item->text);
		}
	}
	return 0;
}

static int check_keys(struct policy_files *files, struct json *object, unsigned int where,
		      struct error *e);

static int check_audit(struct policy_files *files, struct json *value, struct error *e)
{
	return check_object(files, value, e) < 0 ? -1 : check_keys(files, value, IN_AUDIT, e);
}

static int check_profiles(struct policy_files *files, struct json *value, struct error *e)
{
	if (check_object(files, value, e) < 0 || check_names(files, value, "profile", e) < 0)
		return -1;
	json_each (profile, value) {
		if (policy_is_builtin_name(profile->key))
			return policy_fail(files, profile, e,
					   "profile '%s' has the name of a built-in level: give it "
					   "another",
					   profile->key);
		if (text_equal(profile->key, "default"))
			return policy_fail(files, profile, e,
					   "profile 'default' is the top-level 'controls': write "
					   "them there");
		if (profile->type != JSON_OBJECT)
			return policy_wrong_type(files, profile, "an object", e);
		if (check_keys(files, profile, IN_PROFILE, e) < 0)
			return -1;
	}
	return 0;
}

static const struct key keys[] = {
	{ "version", IN_MAIN | IN_FRAGMENT, policy_key_version },
	{ "name", IN_MAIN, policy_key_name },
	{ "revision", IN_MAIN, policy_key_name },
	{ "help", IN_MAIN, policy_key_help },
	{ "extends", IN_MAIN, policy_key_level },
	{ "extends", IN_PROFILE, policy_key_string },
	{ "live", IN_MAIN, policy_key_live },
	{ "locked", IN_MAIN, policy_key_control_list },
	{ "runtime", IN_MAIN | IN_PROFILE, policy_key_runtime },
	{ "audit", IN_MAIN, check_audit },
	{ "sinks", IN_AUDIT, policy_key_sinks },
	{ "required", IN_AUDIT, policy_key_bool },
	{ "exec_args", IN_AUDIT, policy_key_exec_args },
	{ "records_group", IN_MAIN, policy_key_group },
	{ "sets", IN_MAIN | IN_FRAGMENT, check_sets },
	{ "controls", IN_MAIN | IN_PROFILE, check_object },
	{ "profiles", IN_MAIN | IN_FRAGMENT, check_profiles },
};

static int unknown_key(const struct policy_files *files, const struct json *member,
		       unsigned int where, struct error *e)
{
	static const char *const reserved[] = { "rules", "exceptions", "match", "trust", NULL };
	const char *words[ARRAY_SIZE(keys) + ARRAY_SIZE(reserved)] = { NULL };
	size_t count = 0;

	if (text_in(member->key, reserved))
		return policy_fail(files, member, e,
				   "'%s' is not in this version of mantlet (" MANTLET_VERSION ")",
				   member->key);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].where & where)
			words[count++] = keys[i].name;
		else if (where == IN_FRAGMENT && (keys[i].where & IN_MAIN) &&
			 text_equal(keys[i].name, member->key))
			return policy_fail(
				files, member, e,
				"'%s' belongs into policy.json: a fragment holds profiles "
				"and sets",
				member->key);
	}
	return policy_fail_word(files, member, e, "key", NULL, member->key, words);
}

static int check_keys(struct policy_files *files, struct json *object, unsigned int where,
		      struct error *e)
{
	json_each (member, object) {
		const struct key *key = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(keys) && !key; i++) {
			if ((keys[i].where & where) && text_equal(keys[i].name, member->key))
				key = &keys[i];
		}
		if (!key)
			return unknown_key(files, member, where, e);
		if (key->check(files, member, e) < 0)
			return -1;
	}
	return 0;
}

static int check_file(struct policy_files *files, const struct policy_file *file,
		      unsigned int where, struct error *e)
{
	struct json *root = file->root;

	if (root->type != JSON_OBJECT)
		return policy_fail(files, root, e, "a policy must be an object, not %s",
				   json_type_words(root));
	/* First of all: of another version nothing else can be said. */
	if (!json_find(root, "version"))
		return policy_fail(files, root, e,
				   "'version' is missing: a policy begins with \"version\": 1");
	if (json_find(root, "version")->type != JSON_NULL &&
	    policy_key_version(files, json_find(root, "version"), e) < 0)
		return -1;
	if (policy_tidy(files, root, e) < 0)
		return -1;
	return check_keys(files, root, where, e);
}

int policy_check_files(struct policy_files *files, struct error *e)
{
	if (files->main && check_file(files, files->main, IN_MAIN, e) < 0)
		return -1;
	for (const struct policy_file *file = files->fragments; file; file = file->next) {
		if (check_file(files, file, IN_FRAGMENT, e) < 0)
			return -1;
	}
	return 0;
}
