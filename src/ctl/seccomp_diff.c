/*
 * Two filters, call by call: who allows what, and in which words. The names are those of the
 * architectures that both filters are for; what only one of them is for is said once, not name by
 * name. Two filters that block a call by their defaults differ in their defaults and not in every
 * call there is, so that is said once, too.
 */
#include <string.h>

#include "json.h"
#include "seccomp_names.h"
#include "seccomp_parts.h"
#include "seccomp_phrase.h"
#include "table.h"
#include "text.h"

enum kind { SAME, ONLY_A, ONLY_B, CONDITIONS, ANSWERS, KINDS };

static const char *const titles[KINDS] = {
	[ONLY_A] = "only A allows",
	[ONLY_B] = "only B allows",
	[CONDITIONS] = "both, under other conditions",
	[ANSWERS] = "blocked by both, with other answers",
};

static const char *const words[KINDS] = {
	[ONLY_A] = "only-a",
	[ONLY_B] = "only-b",
	[CONDITIONS] = "conditions",
	[ANSWERS] = "answers",
};

/* One call that differs. */
struct change {
	enum kind kind;
	const char *name;
	const char *says[2];
	bool has_conditions;
};

/* One line about the filters as a whole. */
struct line {
	const char *what;
	const char *says[2];
};

struct difference {
	struct ctl *ctl;
	const struct view *side[2];
	struct line lines[8];
	size_t line_count;
	struct change *changes;
	size_t count;
};

/* ---- one call ---- */

static struct verdict verdict_of(const struct view *view, const struct view_call *call)
{
	struct verdict verdict = { 0 }; /* ACT_ALLOW: a container without a filter */

	if (view->filter)
		verdict.other = view->filter->other;
	if (call) {
		verdict.rules = call->rules;
		verdict.count = call->count;
	}
	return verdict;
}

static bool is_allowed(const struct view *view, const struct view_call *call)
{
	if (!view->filter)
		return true;
	return call ? view_is_allowed(view, call) : !seccomp_is_blocking(view->filter->other);
}

/* They differ in nothing but their defaults, which are another line. */
static bool is_default_only(const struct verdict *a, const struct verdict *b)
{
	struct verdict a_like_b = *a, b_like_a = *b;

	a_like_b.other = b->other;
	b_like_a.other = a->other;
	return verdict_is_same(a, &b_like_a) && verdict_is_same(&a_like_b, b);
}

static enum kind compare(const struct view *const side[static 2],
			 const struct view_call *const call[static 2])
{
	struct verdict a = verdict_of(side[0], call[0]), b = verdict_of(side[1], call[1]);
	bool a_allows = is_allowed(side[0], call[0]), b_allows = is_allowed(side[1], call[1]);

	if (verdict_is_same(&a, &b))
		return SAME;
	if (a_allows != b_allows)
		return a_allows ? ONLY_A : ONLY_B;
	if (a_allows && !verdict_is_same_permission(&a, &b))
		return CONDITIONS;
	return is_default_only(&a, &b) ? SAME : ANSWERS;
}

static bool has_conditions(const struct view_call *call)
{
	for (size_t i = 0; call && i < call->count; i++) {
		if (call->rules[i].term)
			return true;
	}
	return false;
}

static void add_change(struct difference *difference, const char *name,
		       const struct view_call *const call[static 2])
{
	struct change *change = &difference->changes[difference->count];
	struct arena *arena = difference->ctl->arena;

	change->kind = compare(difference->side, call);
	if (change->kind == SAME)
		return;
	change->name = name;
	change->has_conditions = has_conditions(call[0]) || has_conditions(call[1]);
	for (size_t i = 0; i < 2; i++) {
		struct verdict verdict = verdict_of(difference->side[i], call[i]);

		change->says[i] = seccomp_phrase_call(arena, change->name, verdict.rules,
						      verdict.count, &verdict.other);
	}
	difference->count++;
}

/* ---- the filters ---- */

static void add_line(struct difference *difference, const char *what, const char *a, const char *b)
{
	if (strcmp(a, b) != 0)
		difference->lines[difference->line_count++] = (struct line){ what, { a, b } };
}

static const char *other_of(const struct difference *difference, size_t side)
{
	const struct seccomp_filter *filter = difference->side[side]->filter;

	return filter ? seccomp_phrase_answer(difference->ctl->arena, filter->other)
		      : "allowed: there is no filter";
}

static const char *archs_of(const struct difference *difference, size_t side)
{
	const struct seccomp_filter *filter = difference->side[side]->filter;

	return filter ? seccomp_phrase_archs(difference->ctl->arena, filter->archs) : "all";
}

static const char *flags_of(const struct view *view)
{
	return view->filter && view->filter->is_logging ? "log" : "none";
}

static const char *listener_of(const struct view *view)
{
	return view->filter && view->filter->listener ? view->filter->listener : "none";
}

/* Architectures of both; of either where they have none in common. */
static unsigned int common_archs(const struct view *const side[static 2])
{
	const struct seccomp_filter *a = side[0]->filter, *b = side[1]->filter;

	if (!a || !b)
		return a ? a->archs : b ? b->archs : ARCH_NATIVE;
	return a->archs & b->archs ? a->archs & b->archs : a->archs | b->archs;
}

static void find_difference(struct difference *difference)
{
	const struct view *const *side = difference->side;
	unsigned int archs = common_archs(side);
	size_t at[2] = { 0 };

	add_line(difference, "all other calls", other_of(difference, 0), other_of(difference, 1));
	add_line(difference, "architectures", archs_of(difference, 0), archs_of(difference, 1));
	add_line(difference, "flags", flags_of(side[0]), flags_of(side[1]));
	add_line(difference, "listener", listener_of(side[0]), listener_of(side[1]));

	difference->changes =
		arena_alloc(difference->ctl->arena,
			    (side[0]->count + side[1]->count + 1) * sizeof(*difference->changes));
	/* Both lists are sorted by name. */
	while (at[0] < side[0]->count || at[1] < side[1]->count) {
		const char *name;
		const struct view_call *call[2] = {
			at[0] < side[0]->count ? &side[0]->calls[at[0]] : NULL,
			at[1] < side[1]->count ? &side[1]->calls[at[1]] : NULL,
		};
		int order = !call[0] ? 1 : !call[1] ? -1 : strcmp(call[0]->name, call[1]->name);

		if (order > 0)
			call[0] = NULL;
		if (order < 0)
			call[1] = NULL;
		at[0] += call[0] != NULL;
		at[1] += call[1] != NULL;
		name = call[0] ? call[0]->name : call[1] ? call[1]->name : "";
		if (seccomp_names_is_on(name, archs))
			add_change(difference, name, call);
	}
}

static struct difference difference_of(struct ctl *ctl, const struct view *a, const struct view *b)
{
	struct difference difference = { .ctl = ctl, .side = { a, b } };

	find_difference(&difference);
	return difference;
}

static enum ctl_status status_of(const struct difference *difference)
{
	return difference->count || difference->line_count ? CTL_FOUND : CTL_OK;
}

/* ---- as a table ---- */

static void put_lines(const struct difference *difference)
{
	struct table table;

	strbuf_puts(&difference->ctl->out, difference->line_count ? "\n" : "");
	table_begin(&table, difference->ctl, "", "", "");
	for (size_t i = 0; i < difference->line_count; i++) {
		table_add(&table, difference->lines[i].what, "A", difference->lines[i].says[0]);
		table_add(&table, "", "B", difference->lines[i].says[1]);
	}
	table_end(&table);
}

static size_t count_kind(const struct difference *difference, enum kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < difference->count; i++)
		count += difference->changes[i].kind == kind;
	return count;
}

/* Calls whose words are the same on each side, in one row. */
static void put_plain(const struct difference *difference, enum kind kind)
{
	bool *is_done =
		arena_alloc(difference->ctl->arena, (difference->count + 1) * sizeof(*is_done));
	struct table table;

	table_begin(&table, difference->ctl, "", "");
	for (size_t i = 0; i < difference->count; i++) {
		const struct change *first = &difference->changes[i];
		auto_strbuf struct strbuf names = { 0 };

		if (first->kind != kind || first->has_conditions || is_done[i])
			continue;
		for (size_t j = i; j < difference->count; j++) {
			const struct change *change = &difference->changes[j];

			if (change->kind != kind || change->has_conditions ||
			    strcmp(change->says[0], first->says[0]) != 0 ||
			    strcmp(change->says[1], first->says[1]) != 0)
				continue;
			is_done[j] = true;
			strbuf_printf(&names, "%s%s", names.len ? " " : "", change->name);
		}
		table_add(&table,
			  arena_printf(difference->ctl->arena, "A %s, B %s", first->says[0],
				       first->says[1]),
			  strbuf_text(&names));
	}
	table_end(&table);
}

static void put_conditional(const struct difference *difference, enum kind kind)
{
	struct table table;

	table_begin(&table, difference->ctl, "", "", "");
	for (size_t i = 0; i < difference->count; i++) {
		const struct change *change = &difference->changes[i];

		if (change->kind != kind || !change->has_conditions)
			continue;
		table_add(&table, change->name, "A", change->says[0]);
		table_add(&table, "", "B", change->says[1]);
	}
	table_end(&table);
}

void diff_table(struct ctl *ctl, const struct view *a, const struct view *b,
		enum ctl_status *ret_status)
{
	struct difference difference = difference_of(ctl, a, b);
	struct table table;

	*ret_status = status_of(&difference);
	if (*ret_status == CTL_OK)
		return;
	table_begin(&table, ctl, "", "");
	table_add(&table, "A", arena_printf(ctl->arena, "%s (%s)", a->word, a->origin));
	table_add(&table, "B", arena_printf(ctl->arena, "%s (%s)", b->word, b->origin));
	table_end(&table);
	put_lines(&difference);
	for (enum kind kind = ONLY_A; kind < KINDS; kind++) {
		size_t count = count_kind(&difference, kind);

		if (!count)
			continue;
		strbuf_puts(&ctl->out, "\n");
		table_title(ctl, arena_printf(ctl->arena, " %s: %zu", titles[kind], count));
		put_plain(&difference, kind);
		put_conditional(&difference, kind);
	}
}

/* ---- as JSON ---- */

static struct json *pair_json(struct arena *arena, struct json *object, const char *const *says)
{
	json_append(arena, object, "a", json_new_str(arena, says[0]));
	json_append(arena, object, "b", json_new_str(arena, says[1]));
	return object;
}

int diff_json(struct ctl *ctl, const struct view *a, const struct view *b,
	      enum ctl_status *ret_status)
{
	struct difference difference = difference_of(ctl, a, b);
	struct arena *arena = ctl->arena;
	struct json *root = json_new(arena, JSON_OBJECT), *calls = json_new(arena, JSON_ARRAY);
	struct json *filter = json_new(arena, JSON_OBJECT);
	const char *const profiles[] = { a->word, b->word };

	*ret_status = status_of(&difference);
	json_append(arena, root, "v", json_new_u64(arena, 1));
	(void)pair_json(arena, root, profiles);
	json_append(arena, root, "equal", json_new_bool(arena, *ret_status == CTL_OK));
	for (size_t i = 0; i < difference.line_count; i++)
		json_append(
			arena, filter, difference.lines[i].what,
			pair_json(arena, json_new(arena, JSON_OBJECT), difference.lines[i].says));
	json_append(arena, root, "filter", filter);
	for (size_t i = 0; i < difference.count; i++) {
		const struct change *change = &difference.changes[i];
		struct json *call = json_new(arena, JSON_OBJECT);

		json_append(arena, call, "name", json_new_str(arena, change->name));
		json_append(arena, call, "kind", json_new_str(arena, words[change->kind]));
		json_append(arena, calls, NULL, pair_json(arena, call, change->says));
	}
	json_append(arena, root, "calls", calls);
	if (json_write(&ctl->out, root, &ctl->e))
		return -1;
	strbuf_puts(&ctl->out, "\n");
	return 0;
}
