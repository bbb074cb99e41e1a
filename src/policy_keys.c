/*
 * What the plain keys of a policy file may hold: names, words, paths, lists of controls.
 */
#include <string.h>

#include "policy_parts.h"
#include "text.h"

int policy_wrong_type(const struct policy_files *files, const struct json *value, const char *want,
		      struct error *e)
{
	return policy_fail(files, value, e, "'%s' must be %s, not %s", value->key, want,
			   json_type_words(value));
}

/* Text that goes into every event and refusal: one line without surprises. */
static int check_line(const struct policy_files *files, const struct json *value, size_t max,
		      struct error *e)
{
	if (value->type != JSON_STRING)
		return policy_wrong_type(files, value, "a string", e);
	if (value->len > max)
		return policy_fail(files, value, e, "'%s' is longer than %zu bytes", value->key,
				   max);
	for (size_t i = 0; i < value->len; i++) {
		unsigned char byte = (unsigned char)value->text[i];

		/* U+0080 to U+009F begin with 0xC2: terminals obey some of them. */
		if (byte < 0x20 || byte == 0x7F ||
		    (byte == 0xC2 && (unsigned char)value->text[i + 1] < 0xA0))
			return policy_fail(files, value, e, "'%s' has control characters",
					   value->key);
	}
	return 0;
}

int policy_key_version(struct policy_files *files, struct json *value, struct error *e)
{
	uint64_t version;

	if (value->type != JSON_NUMBER)
		return policy_wrong_type(files, value, "the number 1", e);
	if (!json_number_u64(value, &version) || version != 1)
		return policy_fail(files, value, e,
				   "'version' %s is not known to this mantlet (" MANTLET_VERSION
				   "): it must be 1",
				   value->text);
	return 0;
}

int policy_key_name(struct policy_files *files, struct json *value, struct error *e)
{
	return check_line(files, value, POLICY_MAX_NAME, e);
}

int policy_key_help(struct policy_files *files, struct json *value, struct error *e)
{
	return check_line(files, value, 80, e);
}

int policy_key_level(struct policy_files *files, struct json *value, struct error *e)
{
	const struct json *level;

	if (value->type != JSON_STRING)
		return policy_wrong_type(files, value, "a built-in level", e);
	return policy_builtin(files, value->text, value, &level, e);
}

int policy_key_string(struct policy_files *files, struct json *value, struct error *e)
{
	return value->type == JSON_STRING ? 0 : policy_wrong_type(files, value, "a string", e);
}

int policy_key_bool(struct policy_files *files, struct json *value, struct error *e)
{
	bool is_bool = value->type == JSON_TRUE || value->type == JSON_FALSE;

	return is_bool ? 0 : policy_wrong_type(files, value, "true or false", e);
}

int policy_key_control_list(struct policy_files *files, struct json *value, struct error *e)
{
	if (value->type != JSON_ARRAY)
		return policy_wrong_type(files, value, "a list of controls", e);
	json_each (item, value) {
		if (item->type != JSON_STRING)
			return policy_fail(files, item, e, "'%s' lists controls, not %s",
					   value->key, json_type_words(item));
		if (control_find(item->text))
			continue;
		if (policy_is_reserved_control(item->text))
			return policy_fail(
				files, item, e,
				"'%s' is not in this version of mantlet (" MANTLET_VERSION ")",
				item->text);
		return policy_fail_word(files, item, e, "control", NULL, item->text,
					policy_control_ids(files->arena));
	}
	return 0;
}

int policy_key_live(struct policy_files *files, struct json *value, struct error *e)
{
	if (json_is(value, "all"))
		return 0;
	if (value->type != JSON_ARRAY)
		return policy_fail(files, value, e, "'live' must be \"all\" or a list of controls");
	return policy_key_control_list(files, value, e);
}

int policy_key_runtime(struct policy_files *files, struct json *value, struct error *e)
{
	char quoted[QUOTED_SIZE];
	const char *fault;

	if (value->type != JSON_STRING)
		return policy_wrong_type(files, value, "an absolute path", e);
	fault = policy_path_fault(value->text);
	if (!fault && value->len == 1)
		fault = "not a program";
	return fault ? policy_fail(files, value, e, "'runtime' is '%s': %s",
				   error_quote(quoted, value->text, value->len), fault)
		     : 0;
}

/* A name that useradd(8) would take; no number, which chown(1) would read as an id. */
int policy_key_group(struct policy_files *files, struct json *value, struct error *e)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char rest[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-.";
	char quoted[QUOTED_SIZE];

	if (value->type != JSON_STRING)
		return policy_wrong_type(files, value, "the name of a group", e);
	if (value->len == 0 || value->len > 32 || !strchr(first, value->text[0]) ||
	    strspn(value->text, rest) != value->len)
		return policy_fail(files, value, e, "'%s' is '%s': not the name of a group",
				   value->key, error_quote(quoted, value->text, value->len));
	return 0;
}

int policy_key_sinks(struct policy_files *files, struct json *value, struct error *e)
{
	static const char *const sinks[] = { "file:/PATH", "syslog", "journald", NULL };
	char quoted[QUOTED_SIZE];

	if (value->type != JSON_ARRAY)
		return policy_wrong_type(files, value, "a list", e);
	json_each (item, value) {
		const char *text = json_text(item), *fault;

		if (item->type != JSON_STRING)
			return policy_fail(files, item, e, "'sinks' lists strings, not %s",
					   json_type_words(item));
		if (text_equal(text, "syslog") || text_equal(text, "journald"))
			continue;
		if (!text_starts(text, "file:"))
			return policy_fail_word(files, item, e, "sink", NULL, text, sinks);
		fault = policy_path_fault(text + strlen("file:"));
		if (fault)
			return policy_fail(files, item, e, "'sinks' has '%s': %s",
					   error_quote(quoted, text, item->len), fault);
	}
	return 0;
}

int policy_key_exec_args(struct policy_files *files, struct json *value, struct error *e)
{
	static const char *const words[] = { "none", "name", "full", NULL };

	if (value->type != JSON_STRING)
		return policy_wrong_type(files, value, "one of none, name, full", e);
	return text_in(value->text, words) ? 0
					   : policy_fail_word(files, value, e, "value", "exec_args",
							      value->text, words);
}
