/*
 * One profile out of all that was written: built-in level, top-level controls, the profile's chain;
 * each setting replaces the one before. Lists are replaced, "allow+" adds to them and "allow-"
 * takes away, maps are merged by key.
 *
 * Everything here was checked before; merging cannot fail but for lists that grow beyond their
 * limit.
 */
#include <string.h>

#include "caps.h"
#include "policy_parts.h"
#include "text.h"

/* Two spellings of one item: NET_ADMIN and CAP_NET_ADMIN. Were they not the same, "allow-" would
 * leave in the list what its author took out. */
static bool same_item(const struct json *a, const struct json *b)
{
	int number;

	if (json_equal(a, b))
		return true;
	if (a->type != JSON_STRING || b->type != JSON_STRING)
		return false;
	if (text_starts(a->text, "CAP_") == text_starts(b->text, "CAP_"))
		return false;
	number = caps_number(a->text, true);
	return number >= 0 && number == caps_number(b->text, true);
}

static struct json *find_item(const struct json *list, const struct json *item)
{
	json_each (have, list) {
		if (same_item(have, item))
			return have;
	}
	return NULL;
}

static int add_items(struct policy_files *files, struct json *list, const struct json *items,
		     struct error *e)
{
	size_t count = json_count(list);

	json_each (item, items) {
		if (find_item(list, item))
			continue;
		if (++count > POLICY_MAX_LIST)
			return policy_fail(files, item, e, "'%s' has more than %d items", list->key,
					   POLICY_MAX_LIST);
		json_append(files->arena, list, NULL, json_clone(files->arena, item));
	}
	return 0;
}

static void remove_items(struct json *list, const struct json *items)
{
	json_each (item, items) {
		struct json *have = find_item(list, item);

		if (have)
			json_unlink(have);
	}
}

/* The member KEY of TARGET, made anew when it is of another type or is to be REPLACED. */
static struct json *settle(struct arena *arena, struct json *target, const char *key,
			   enum json_type type, bool is_replaced)
{
	struct json *old = json_find(target, key), *fresh;

	if (old && old->type == type && !is_replaced)
		return old;
	fresh = json_new(arena, type);
	if (old)
		json_swap(old, fresh);
	else
		json_append(arena, target, key, fresh);
	return fresh;
}

/* NOLINTBEGIN(misc-no-recursion): the parser limits the depth */

/* How deep below the object of CONTROL: what `false` means depends on it. */
enum depth { IN_CONTROL, IN_MAP, IN_VALUE };

/* In a map `false` takes a member out; elsewhere it is a value ("readonly": false). */
static bool is_removal(const struct control *control, enum depth depth, const struct json *member)
{
	const struct setting *row;

	if (member->type != JSON_FALSE || depth == IN_VALUE)
		return false;
	if (depth == IN_MAP)
		return true;
	row = policy_setting(control, member->key);
	return row && text_equal(row->key, "*");
}

static int merge_object(struct policy_files *files, const struct control *control, enum depth depth,
			struct json *target, const struct json *object, struct error *e);

static int merge_member(struct policy_files *files, const struct control *control, enum depth depth,
			struct json *target, const struct json *member, struct error *e)
{
	char sign;
	const char *key = policy_stem(files->arena, member, &sign);
	struct json *old = json_find(target, key);

	if (member->type == JSON_ARRAY)
		return add_items(files, settle(files->arena, target, key, JSON_ARRAY, !sign),
				 member, e);
	if (member->type == JSON_OBJECT)
		return merge_object(files, control, depth == IN_CONTROL ? IN_MAP : IN_VALUE,
				    settle(files->arena, target, key, JSON_OBJECT, false), member,
				    e);
	if (is_removal(control, depth, member)) {
		if (old)
			json_unlink(old);
		return 0;
	}
	if (old)
		json_swap(old, json_clone(files->arena, member));
	else
		json_append(files->arena, target, key, json_clone(files->arena, member));
	return 0;
}

/* "-" comes last, whatever the order: what is both added and taken away is gone. */
static int merge_object(struct policy_files *files, const struct control *control, enum depth depth,
			struct json *target, const struct json *object, struct error *e)
{
	char sign;

	json_each (member, object) {
		(void)policy_stem(files->arena, member, &sign);
		if (sign != '-' && merge_member(files, control, depth, target, member, e) < 0)
			return -1;
	}
	json_each (member, object) {
		const char *key = policy_stem(files->arena, member, &sign);

		if (sign == '-')
			remove_items(settle(files->arena, target, key, JSON_ARRAY, false), member);
	}
	return 0;
}

/* NOLINTEND(misc-no-recursion) */

int policy_merge(struct policy_files *files, struct json *target, const struct json *block,
		 struct error *e)
{
	json_each (member, block) {
		const struct control *control = control_find(member->key);
		struct json *own = settle(files->arena, target, member->key, JSON_OBJECT, false);
		struct json *mode;

		if (!control)
			return policy_fail(files, member, e, "unknown control '%s'", member->key);
		if (member->type == JSON_OBJECT) {
			if (merge_object(files, control, IN_CONTROL, own, member, e) < 0)
				return -1;
			continue;
		}
		mode = json_find(own, "mode");
		if (mode)
			json_swap(mode, json_clone(files->arena, member));
		else
			json_append(files->arena, own, "mode", json_clone(files->arena, member));
	}
	return 0;
}

/* Settings in the order of the table, then those of "*" as they came. */
static void order_settings(struct arena *arena, const struct control *control, struct json *from,
			   struct json *to)
{
	struct json *next;

	for (const struct setting *row = control->settings; row && row->key; row++) {
		struct json *value = json_find(from, row->key);

		if (!value)
			continue;
		json_unlink(value);
		json_append(arena, to, row->key, value);
	}
	for (struct json *value = json_first(from); value; value = next) {
		const char *key = value->key;

		next = value->next;
		if (text_equal(key, "mode"))
			continue;
		json_unlink(value);
		json_append(arena, to, key, value);
	}
}

/* "live" is the only ceiling: what it does not name is lowered to audit, what is off stays off. */
static enum control_mode mode_of(const struct control *control, const struct json *own,
				 const struct json *live)
{
	enum control_mode mode;

	/* An edition that is older than the control says nothing of it, and never will. */
	if (control_mode_parse(json_text(json_find(own, "mode")), &mode))
		return MODE_OFF;
	if (mode <= MODE_AUDIT || !live || live->type != JSON_ARRAY)
		return mode;
	json_each (item, live) {
		if (json_is(item, control->id))
			return mode;
	}
	return MODE_AUDIT;
}

struct json *policy_finish(struct policy_files *files, struct json *merged, const struct json *live)
{
	struct json *done = json_new(files->arena, JSON_OBJECT);

	for (const struct control *const *control = controls; *control; control++) {
		struct json *from = json_find(merged, (*control)->id);
		struct json *to = json_new(files->arena, JSON_OBJECT);
		const char *mode = control_mode_name(mode_of(*control, from, live));

		json_append(files->arena, done, (*control)->id, to);
		json_append(files->arena, to, "mode", json_new_str(files->arena, mode));
		order_settings(files->arena, *control, from, to);
	}
	return done;
}
