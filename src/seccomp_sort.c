/*
 * The order in which rules are written, and finding a name in it. From the highest call number to
 * the lowest; names without a native number (of 32-bit architectures) come last, by name.
 */
#include "seccomp_sort.h"

#include <string.h>

#include "seccomp_filter.h"
#include "seccomp_names.h"

struct numbered {
	struct seccomp_rule rule;
	int number;
	size_t at;
};

static int compare(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;
	int order;

	if (x->number != y->number)
		return x->number > y->number ? -1 : 1;
	order = strcmp(x->rule.name, y->rule.name);
	if (order)
		return order;
	return x->at < y->at ? -1 : x->at > y->at;
}

void seccomp_filter_sort(struct arena *arena, struct seccomp_filter *filter)
{
	struct numbered *list = arena_alloc(arena, (filter->count + 1) * sizeof(*list));

	for (size_t i = 0; i < filter->count; i++)
		list[i] = (struct numbered){ .rule = filter->rules[i],
					     .number = seccomp_names_number(filter->rules[i].name),
					     .at = i };
	qsort(list, filter->count, sizeof(*list), compare);

	filter->calls = arena_alloc(arena, (filter->count + 1) * sizeof(*filter->calls));
	filter->call_count = 0;
	for (size_t i = 0; i < filter->count; i++) {
		const char *name = list[i].rule.name;

		if (i == 0 || strcmp(name, list[i - 1].rule.name) != 0)
			filter->calls[filter->call_count++] = (struct seccomp_call){
				.name = name, .number = list[i].number, .first = (uint32_t)i
			};
		filter->calls[filter->call_count - 1].count++;
		filter->rules[i] = list[i].rule;
	}
}

const struct seccomp_call *seccomp_filter_find(const struct seccomp_filter *filter,
					       const char *name)
{
	size_t at = seccomp_name_hash(name) & filter->slot_mask;

	for (; filter->slots[at]; at = (at + 1) & filter->slot_mask) {
		const struct seccomp_call *call = &filter->calls[filter->slots[at] - 1];

		if (strcmp(call->name, name) == 0)
			return call;
	}
	return NULL;
}
