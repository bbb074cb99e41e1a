/*
 * Which profiles and sets there are, over all files of the policy.
 *
 * Fragments are written by different people and pushed at different times; two that use one name
 * would decide by the spelling of their file names which of them counts. So that is an error.
 */
#include <stdlib.h>
#include <string.h>

#include "policy_parts.h"

struct entry {
	const struct json *member;
	size_t order; /* of reading; the later one is told */
};

static int by_name(const void *a, const void *b)
{
	const struct entry *one = a, *other = b;
	int order = strcmp(one->member->key, other->member->key);

	if (order)
		return order;
	return (one->order > other->order) - (one->order < other->order);
}

static size_t collect(const struct policy_file *file, const char *key, struct entry *entries,
		      size_t count)
{
	for (; file; file = file->next) {
		json_each (member, json_find(file->root, key)) {
			if (entries)
				entries[count] = (struct entry){ member, count };
			count++;
		}
	}
	return count;
}

static int build(const struct policy_files *files, const char *key, const char *kind,
		 struct policy_index *index, struct error *e)
{
	size_t in_main = collect(files->main, key, NULL, 0);
	size_t count = collect(files->fragments, key, NULL, in_main);
	struct entry *entries = arena_alloc(files->arena, (count + 1) * sizeof(*entries));

	(void)collect(files->main, key, entries, 0);
	(void)collect(files->fragments, key, entries, in_main);
	qsort(entries, count, sizeof(*entries), by_name);

	index->members = arena_alloc(files->arena, (count + 1) * sizeof(const struct json *));
	index->count = count;
	for (size_t i = 0; i < count; i++) {
		const struct json *member = entries[i].member;

		index->members[i] = member;
		if (i > 0 && strcmp(index->members[i - 1]->key, member->key) == 0)
			return policy_fail(files, member, e, "%s '%s' is already in %s", kind,
					   member->key,
					   policy_path_of(files, index->members[i - 1]));
	}
	return 0;
}

int policy_index_all(struct policy_files *files, struct error *e)
{
	if (build(files, "profiles", "profile", &files->profiles, e) < 0)
		return -1;
	return build(files, "sets", "set", &files->sets, e);
}

static int against_name(const void *name, const void *member)
{
	return strcmp(name, (*(const struct json *const *)member)->key);
}

const struct json *policy_index_find(const struct policy_index *index, const char *name)
{
	const struct json *const *found = NULL;

	if (index->count)
		found = bsearch(name, index->members, index->count, sizeof(const struct json *),
				against_name);
	return found ? *found : NULL;
}

const char *const *policy_index_names(const struct policy_files *files,
				      const struct policy_index *index)
{
	const char **names = arena_alloc(files->arena, (index->count + 1) * sizeof(*names));

	for (size_t i = 0; i < index->count; i++)
		names[i] = index->members[i]->key;
	return names;
}
