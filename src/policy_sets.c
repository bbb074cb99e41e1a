/*
 * Sets: "@name" in a list stands for the items of the set.
 *
 * They are written out before anything looks at the lists, so that items of sets are checked and
 * merged as if the author had typed them, and the line in a message is where the set was used.
 */
#include <string.h>

#include "policy_parts.h"

/* Put the items of the set that ITEM names in ITEM's place. */
static int expand_item(struct policy_files *files, struct json *item, struct error *e)
{
	const struct json *set = policy_index_find(&files->sets, item->text + 1);
	struct json *list = item->parent, *after = item->prev;

	if (!set)
		return policy_fail_word(files, item, e, "set", NULL, item->text + 1,
					policy_index_names(files, &files->sets));
	json_each (member, set) {
		struct json *copy;

		if (++files->set_items > POLICY_MAX_ITEMS)
			return policy_fail(
				files, item, e,
				"all sets together are written out to more than %d items",
				POLICY_MAX_ITEMS);
		copy = json_new_strn(files->arena, member->text, member->len);
		copy->offset = item->offset;
		json_insert(files->arena, list, after, NULL, copy);
		after = copy;
	}
	json_unlink(item);
	return 0;
}

static int expand_list(struct policy_files *files, struct json *list, struct error *e)
{
	struct json *next;
	size_t count = 0;

	for (struct json *item = list->head; item; item = next) {
		next = item->next;
		if (item->type == JSON_STRING && item->text[0] == '@' &&
		    expand_item(files, item, e) < 0)
			return -1;
	}
	json_each (item, list) {
		if (++count > POLICY_MAX_LIST)
			return policy_fail(files, list, e, "'%s' has more than %d items",
					   list->key ? list->key : "list", POLICY_MAX_LIST);
	}
	return 0;
}

/* Lists do not hold lists: nothing below one is looked at. Depth is limited by the parser. */
/* NOLINTNEXTLINE(misc-no-recursion) */
int policy_expand_sets(struct policy_files *files, struct json *block, struct error *e)
{
	json_each (child, block) {
		if (child->type == JSON_ARRAY && expand_list(files, child, e) < 0)
			return -1;
		if (child->type == JSON_OBJECT && policy_expand_sets(files, child, e) < 0)
			return -1;
	}
	return 0;
}
