/*
 * An object "controls" against the tables of the controls: short and long form, which settings a
 * control has, and whether their values are what the tables ask for. Sets are written out already.
 *
 * Values are judged where they are written, before anything is merged, so that a message can name
 * file and line; what merging puts together consists of judged parts.
 */
#include <string.h>

#include "policy_parts.h"
#include "text.h"

/* What is being looked at: for messages, "'pids.max' must be ...". */
struct place {
	struct policy_files *files;
	const struct control *control;
	const struct setting *setting;
	const char *key; /* without + or - */
};

static int wrong_type(const struct place *at, const struct json *value, const char *want,
		      struct error *e)
{
	return policy_fail(at->files, value, e, "'%s.%s' must be %s, not %s", at->control->id,
			   at->key, want, json_type_words(value));
}

/* E says what is wrong with TEXT; say also where it stands. WORDS: "is" or "has". */
static int tell_where(const struct place *at, const struct json *value, const char *words,
		      const char *text, struct error *e)
{
	const char *why = arena_strdup(at->files->arena, e->message);
	char quoted[QUOTED_SIZE];

	return policy_fail(at->files, value, e, "'%s.%s' %s '%s': %s", at->control->id, at->key,
			   words, error_quote(quoted, text, strlen(text)), why);
}

/* Ask the table's own check. */
static int judge(const struct place *at, const struct json *value, const char *words,
		 struct error *e)
{
	if (!at->setting->check || at->setting->check(value, e) == 0)
		return 0;
	return tell_where(at, value, words,
			  at->setting->type == SETTING_MAP ? value->key : value->text, e);
}

static bool is_word(const struct place *at, const struct json *value)
{
	return value->type == JSON_STRING && at->setting->words &&
	       text_in(value->text, at->setting->words);
}

static int check_word(const struct place *at, const struct json *value, struct error *e)
{
	const char *whose;

	if (value->type != JSON_STRING)
		return wrong_type(at, value, "a word", e);
	if (is_word(at, value))
		return 0;
	whose = arena_printf(at->files->arena, "%s.%s", at->control->id, at->key);
	return policy_fail_word(at->files, value, e, "value", whose, value->text,
				at->setting->words);
}

static int check_count(const struct place *at, const struct json *value, struct error *e)
{
	uint64_t count;

	if (value->type != JSON_NUMBER)
		return wrong_type(at, value, "a whole number", e);
	if (!json_number_u64(value, &count) || count > INT64_MAX)
		return policy_fail(at->files, value, e, "'%s.%s' is %s: not a whole number",
				   at->control->id, at->key, value->text);
	return judge(at, value, "is", e);
}

static int check_cores(const struct place *at, const struct json *value, struct error *e)
{
	uint64_t millicores;

	if (value->type != JSON_NUMBER)
		return wrong_type(at, value, "a number of cores", e);
	if (!policy_parse_cores(value->text, &millicores))
		return policy_fail(at->files, value, e,
				   "'%s.%s' is %s: not a number of cores such as 2 or 1.5",
				   at->control->id, at->key, value->text);
	return judge(at, value, "is", e);
}

static int check_size(const struct place *at, const struct json *value, struct error *e)
{
	if (value->type != JSON_STRING)
		return wrong_type(at, value, "a size such as \"64MiB\" or \"25%\"", e);
	if (policy_size_fault(value->text, e) < 0)
		return tell_where(at, value, "is", value->text, e);
	return judge(at, value, "is", e);
}

static int check_text(const struct place *at, const struct json *value, struct error *e)
{
	return value->type == JSON_STRING ? judge(at, value, "is", e)
					  : wrong_type(at, value, "a string", e);
}

static int check_list(const struct place *at, const struct json *value, struct error *e)
{
	if (value->type != JSON_ARRAY)
		return wrong_type(at, value,
				  at->setting->type == SETTING_WORD_OR_LIST ? "a word or a list"
									    : "a list",
				  e);
	json_each (item, value) {
		if (item->type != JSON_STRING)
			return policy_fail(at->files, item, e, "'%s.%s' lists strings, not %s",
					   at->control->id, at->key, json_type_words(item));
		if (at->setting->words && at->setting->type == SETTING_LIST) {
			if (check_word(at, item, e) < 0)
				return -1;
		} else if (judge(at, item, "has", e) < 0) {
			return -1;
		}
	}
	return 0;
}

const char *policy_stem(struct arena *arena, const struct json *member, char *sign)
{
	char last;

	*sign = '\0';
	if (member->type != JSON_ARRAY || member->key_len == 0)
		return member->key;
	last = member->key[member->key_len - 1];
	if (last != '+' && last != '-')
		return member->key;
	*sign = last;
	return arena_memdup(arena, member->key, member->key_len - 1);
}

/* "allow" beside "allow+" in one object: one of them would be in vain. */
static int check_sign(struct policy_files *files, const struct json *member, const char *key,
		      char sign, struct error *e)
{
	if (sign && json_find(member->parent, key))
		return policy_fail(files, member, e,
				   "'%s' beside '%s': a list is either replaced or changed", key,
				   member->key);
	return 0;
}

/* Members of a map; check() sees each with its plain key. `false` takes one out. */
static int check_map(const struct place *at, const struct json *value, struct error *e)
{
	if (value->type != JSON_OBJECT)
		return wrong_type(at, value, "an object", e);
	json_each (member, value) {
		struct json plain = *member;
		char sign;

		plain.key = policy_stem(at->files->arena, member, &sign);
		plain.key_len = (uint32_t)strlen(plain.key);
		if (check_sign(at->files, member, plain.key, sign, e) < 0)
			return -1;
		if (member->type != JSON_FALSE && judge(at, &plain, "has", e) < 0)
			return -1;
	}
	return 0;
}

static int check_value(const struct place *at, const struct json *value, struct error *e)
{
	if (at->setting->type != SETTING_LIST && is_word(at, value))
		return 0;
	switch (at->setting->type) {
	case SETTING_BOOL:
		return value->type == JSON_TRUE || value->type == JSON_FALSE
			       ? 0
			       : wrong_type(at, value, "true or false", e);
	case SETTING_WORD:
		return check_word(at, value, e);
	case SETTING_COUNT:
		return check_count(at, value, e);
	case SETTING_CORES:
		return check_cores(at, value, e);
	case SETTING_SIZE:
		return check_size(at, value, e);
	case SETTING_TEXT:
		return check_text(at, value, e);
	case SETTING_WORD_OR_LIST:
		if (value->type == JSON_STRING)
			return check_word(at, value, e);
		return check_list(at, value, e);
	case SETTING_LIST:
	case SETTING_LINES:
		return check_list(at, value, e);
	case SETTING_MAP:
		return check_map(at, value, e);
	}
	return wrong_type(at, value, "something known", e);
}

bool policy_is_list(const struct setting *setting)
{
	return setting->type == SETTING_LIST || setting->type == SETTING_LINES ||
	       setting->type == SETTING_WORD_OR_LIST;
}

const struct setting *policy_setting(const struct control *control, const char *key)
{
	const struct setting *any = NULL;

	for (const struct setting *row = control->settings; row && row->key; row++) {
		if (text_equal(row->key, key))
			return row;
		if (text_equal(row->key, "*"))
			any = row;
	}
	return any;
}

/* "allow+" with something that is no list: the row of "allow", so that the type is complained of.
 */
static const struct setting *changed_list(struct place *at, const struct json *member)
{
	size_t len = member->key_len;

	if (len < 2 || (member->key[len - 1] != '+' && member->key[len - 1] != '-'))
		return NULL;
	at->key = member->key;
	return policy_setting(at->control, arena_memdup(at->files->arena, member->key, len - 1));
}

static int unknown_setting(const struct place *at, const struct json *member, struct error *e)
{
	const char **words;
	size_t count = 0;

	for (const struct setting *row = at->control->settings; row && row->key; row++)
		count++;
	words = arena_alloc(at->files->arena, (count + 2) * sizeof(*words));
	words[0] = "mode";
	for (size_t i = 0; i < count; i++)
		words[i + 1] = at->control->settings[i].key;
	return policy_fail_word(at->files, member, e, "setting", at->control->id, member->key,
				words);
}

static int check_control(struct policy_files *files, const struct control *control,
			 const struct json *object, struct error *e)
{
	json_each (member, object) {
		struct place at = { .files = files, .control = control };
		enum control_mode mode;
		char sign;

		if (text_equal(member->key, "mode")) {
			if (policy_mode(files, member, &mode, e) < 0)
				return -1;
			continue;
		}
		at.key = policy_stem(files->arena, member, &sign);
		at.setting = policy_setting(control, at.key);
		if (!at.setting)
			at.setting = changed_list(&at, member);
		if (!at.setting)
			return unknown_setting(&at, member, e);
		if (sign && !policy_is_list(at.setting))
			return policy_fail(files, member, e,
					   "'%s.%s': only lists can be added to or taken from",
					   control->id, member->key);
		if (check_sign(files, member, at.key, sign, e) < 0)
			return -1;
		/* "*" stands for keys with values of one kind; false takes one out. */
		if (text_equal(at.setting->key, "*") && member->type == JSON_FALSE)
			continue;
		if (check_value(&at, member, e) < 0)
			return -1;
	}
	return 0;
}

int policy_check_controls(struct policy_files *files, const struct json *object, struct error *e)
{
	json_each (member, object) {
		const struct control *control = control_find(member->key);
		enum control_mode mode;

		if (!control && policy_is_reserved_control(member->key))
			return policy_fail(
				files, member, e,
				"'%s' is not in this version of mantlet (" MANTLET_VERSION ")",
				member->key);
		if (!control)
			return policy_fail_word(files, member, e, "control", NULL, member->key,
						policy_control_ids(files->arena));
		if (member->type == JSON_STRING) {
			if (policy_mode(files, member, &mode, e) < 0)
				return -1;
		} else if (member->type != JSON_OBJECT) {
			return policy_fail(files, member, e,
					   "'%s' must be a mode (off, audit, fix, deny) or an "
					   "object, not %s",
					   member->key, json_type_words(member));
		} else if (check_control(files, control, member, e) < 0) {
			return -1;
		}
	}
	return 0;
}
