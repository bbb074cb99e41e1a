/*
 * Sets: "@name" in a list stands for the items of the set.
 *
 * They are written out before anything looks at the lists, so that items of sets are checked and
 * merged as if the author had typed them, and the line in a message is where the set was used. In a
 * line of egress or ingress ("tcp @backend 443") the name stands for its addresses, and they are
 * written where it stood, commas between.
 */
#include <string.h>

#include "net_plan.h"
#include "policy_parts.h"

static const struct json *find_set(struct policy_files *files, const struct json *item,
				   const char *name, struct error *e)
{
	const struct json *set = policy_index_find(&files->sets, name);

	if (!set)
		(void)policy_fail_word(files, item, e, "set", NULL, name,
				       policy_index_names(files, &files->sets));
	return set;
}

static int count_item(struct policy_files *files, const struct json *item, struct error *e)
{
	if (++files->set_items <= POLICY_MAX_ITEMS)
		return 0;
	return policy_fail(files, item, e,
			   "all sets together are written out to more than %d items",
			   POLICY_MAX_ITEMS);
}

/* Put the items of the set that ITEM names in ITEM's place. */
static int expand_item(struct policy_files *files, struct json *item, struct error *e)
{
	const struct json *set = find_set(files, item, item->text + 1, e);
	struct json *list = item->parent, *after = item->prev;

	if (!set)
		return -1;
	json_each (member, set) {
		struct json *copy;

		if (count_item(files, item, e) < 0)
			return -1;
		copy = json_new_strn(files->arena, member->text, member->len);
		copy->offset = item->offset;
		json_insert(files->arena, list, after, NULL, copy);
		after = copy;
	}
	json_unlink(item);
	return 0;
}

/* One item of a set, behind what stands in LINE already. */
static int add_address(struct policy_files *files, struct strbuf *line, bool is_first,
		       const struct json *item, const struct json *member, struct error *e)
{
	char quoted[QUOTED_SIZE];

	if (count_item(files, item, e) < 0)
		return -1;
	/* Blanks would make ports of what follows them. */
	if (strlen(member->text) != member->len || member->text[0] == '\0' ||
	    strpbrk(member->text, " \t,@*"))
		return policy_fail(files, item, e,
				   "the set '%s' has '%s', which is no address range such as "
				   "10.0.0.0/8",
				   member->parent->key,
				   error_quote(quoted, member->text, member->len));
	strbuf_printf(line, "%s%s", is_first ? "" : ",", member->text);
	return 0;
}

/* The same within a line. A line of a set without items speaks of nothing and goes. */
static int expand_line(struct policy_files *files, struct json *item, struct error *e)
{
	auto_strbuf struct strbuf line = { 0 };
	struct json *fresh;
	const struct json *set;
	const char *at;
	size_t len;

	/* A NUL in the line is found when the line is checked. */
	at = strlen(item->text) == item->len ? net_line_set(item->text, &len) : NULL;
	if (!at)
		return 0;
	set = find_set(files, item, arena_memdup(files->arena, at + 1, len - 1), e);
	if (!set)
		return -1;
	strbuf_add(&line, item->text, (size_t)(at - item->text));
	json_each (member, set) {
		if (add_address(files, &line, member == json_first(set), item, member, e) < 0)
			return -1;
	}
	if (!json_first(set)) {
		json_unlink(item);
		return 0;
	}
	strbuf_puts(&line, at + len);
	fresh = json_new_strn(files->arena, line.data, line.len);
	fresh->offset = item->offset;
	json_swap(item, fresh);
	return 0;
}

static int expand_list(struct policy_files *files, struct json *list, bool is_lines,
		       struct error *e)
{
	struct json *next;
	size_t count = 0;

	for (struct json *item = list->head; item; item = next) {
		next = item->next;
		if (item->type != JSON_STRING)
			continue;
		if (is_lines ? expand_line(files, item, e) < 0
			     : item->text[0] == '@' && expand_item(files, item, e) < 0)
			return -1;
	}
	json_each (item, list) {
		if (++count > POLICY_MAX_LIST)
			return policy_fail(files, list, e, "'%s' has more than %d items",
					   list->key ? list->key : "list", POLICY_MAX_LIST);
	}
	return 0;
}

static bool has_lines(struct policy_files *files, const struct control *control,
		      const struct json *list)
{
	const struct setting *setting;
	char sign;

	setting = control ? policy_setting(control, policy_stem(files->arena, list, &sign)) : NULL;
	return setting && setting->type == SETTING_LINES;
}

/* Lists do not hold lists: nothing below one is looked at. Depth is limited by the parser. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static int expand_below(struct policy_files *files, const struct control *control,
			struct json *block, struct error *e)
{
	json_each (child, block) {
		if (child->type == JSON_ARRAY &&
		    expand_list(files, child, has_lines(files, control, child), e) < 0)
			return -1;
		if (child->type == JSON_OBJECT && expand_below(files, NULL, child, e) < 0)
			return -1;
	}
	return 0;
}

int policy_expand_sets(struct policy_files *files, struct json *block, struct error *e)
{
	json_each (member, block) {
		if (member->type == JSON_OBJECT &&
		    expand_below(files, control_find(member->key), member, e) < 0)
			return -1;
	}
	return 0;
}
