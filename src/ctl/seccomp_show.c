/*
 * A filter as a table: what it allows by class, under which conditions, what is refused by name,
 * and what happens to everything else. As JSON: the same, call by call, with the conditions in the
 * OCI form as well as in words.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "caps.h"
#include "json.h"
#include "seccomp_parts.h"
#include "seccomp_phrase.h"
#include "seccomp_words.h"
#include "table.h"
#include "text.h"

/* All that is said about a view, counted once. */
struct counted {
	size_t allowed, conditional, blocked, elsewhere;
};

/* "allowed" or "blocked" alone would not say it: conditions, or a permission with something else.
 */
static bool is_conditional(const struct view_call *call)
{
	for (size_t i = 0; i < call->count; i++) {
		const struct seccomp_rule *rule = &call->rules[i];

		if (rule->term ||
		    (!seccomp_is_blocking(rule->answer) && rule->answer.action != ACT_ALLOW))
			return true;
	}
	return false;
}

static struct counted count_calls(const struct view *view)
{
	struct counted counted = { 0 };

	for (size_t i = 0; i < view->count; i++) {
		const struct view_call *call = &view->calls[i];
		bool is_allowed = view_is_allowed(view, call);

		counted.elsewhere += !call->is_here;
		counted.allowed += call->is_here && is_allowed;
		counted.conditional += call->is_here && is_allowed && is_conditional(call);
		counted.blocked += call->is_here && !is_allowed;
	}
	return counted;
}

/* ---- the head ---- */

static const char *caps_text(struct ctl *ctl, uint64_t caps)
{
	auto_strbuf struct strbuf text = { 0 };

	if (caps == UINT64_MAX)
		return "all";
	for (int i = 0; i < 64; i++) {
		if (caps & UINT64_C(1) << i && caps_name(i))
			strbuf_printf(&text, "%s%s", text.len ? " " : "",
				      caps_name(i) + sizeof("CAP_") - 1);
	}
	return text.len ? arena_strdup(ctl->arena, strbuf_text(&text)) : "none";
}

static const char *calls_text(struct ctl *ctl, const struct view *view)
{
	struct counted counted = count_calls(view);
	const char *text = arena_printf(
		ctl->arena, "%zu allowed, %zu of them under conditions; %zu blocked by name",
		counted.allowed, counted.conditional, counted.blocked);

	if (!counted.elsewhere)
		return text;
	return arena_printf(ctl->arena, "%s; names of other architectures: %zu", text,
			    counted.elsewhere);
}

static void put_head(struct ctl *ctl, const struct view *view, const struct view_question *question)
{
	const struct seccomp_filter *filter = view->filter;
	const char *archs = seccomp_phrase_archs(ctl->arena, filter->archs);
	struct table table;

	table_begin(&table, ctl, "", "");
	table_add(&table, "calls", calls_text(ctl, view));
	table_add(&table, "all others", seccomp_phrase_answer(ctl->arena, filter->other));
	table_add(&table, "architectures",
		  arena_printf(ctl->arena, "%s; programs of others are killed", archs));
	table_add(&table, "rules", arena_printf(ctl->arena, "%zu", filter->count));
	if (filter->is_logging)
		table_add(&table, "flags", "log");
	if (filter->listener)
		table_add(&table, "listener", filter->listener);
	if (!view->is_container) {
		table_add(&table, "capabilities", caps_text(ctl, question->context.caps));
		table_add(&table, "kernel",
			  arena_printf(ctl->arena, "%u.%u", question->context.kernel >> 16,
				       question->context.kernel & 0xFFFF));
	}
	table_end(&table);
}

/* ---- the tables ---- */

struct class
{
	const char *name;
	size_t count;
	struct strbuf names;
};

/* By name; what goes beyond our default comes last. */
static int compare_classes(const void *a, const void *b)
{
	const struct class *x = a, *y = b;
	bool x_is_last = strcmp(x->name, VIEW_BEYOND) == 0;
	bool y_is_last = strcmp(y->name, VIEW_BEYOND) == 0;

	if (x_is_last != y_is_last)
		return x_is_last ? 1 : -1;
	return strcasecmp(x->name, y->name);
}

struct grouped {
	size_t count;
	struct class class[64];
};

static void add_name(struct grouped *classes, const char *class, const char *name, bool is_marked)
{
	struct class *to = NULL;

	for (size_t i = 0; i < classes->count && !to; i++) {
		if (strcmp(classes->class[i].name, class) == 0)
			to = &classes->class[i];
	}
	if (!to && classes->count == ARRAY_SIZE(classes->class)) {
		/* As many classes as a hostile file likes: the last one takes the rest. */
		to = &classes->class[classes->count - 1];
		to->name = "more";
	} else if (!to) {
		to = &classes->class[classes->count++];
		to->name = class;
	}
	to->count++;
	strbuf_printf(&to->names, "%s%s%s", to->names.len ? " " : "", name, is_marked ? "*" : "");
}

static void put_grouped(struct ctl *ctl, struct grouped *classes, const char *heading)
{
	struct table table;

	qsort(classes->class, classes->count, sizeof(classes->class[0]), compare_classes);
	strbuf_puts(&ctl->out, classes->count ? "\n" : "");
	table_begin(&table, ctl, heading, "CALLS", "NAMES");
	table.right = 1U << 1;
	for (size_t i = 0; i < classes->count; i++) {
		struct class *class = &classes->class[i];

		table_add(&table, class->name, arena_printf(ctl->arena, "%zu", class->count),
			  strbuf_text(&class->names));
		strbuf_free(&class->names);
	}
	if (classes->count)
		table_end(&table);
}

static void put_allowed(struct ctl *ctl, const struct view *view)
{
	struct grouped classes = { 0 };

	for (size_t i = 0; i < view->count; i++) {
		const struct view_call *call = &view->calls[i];

		if (call->is_here && view_is_allowed(view, call))
			add_name(&classes, call->class, call->name, is_conditional(call));
	}
	put_grouped(ctl, &classes, "ALLOWED");
}

static void put_blocked(struct ctl *ctl, const struct view *view)
{
	struct grouped answers = { 0 };

	for (size_t i = 0; i < view->count; i++) {
		const struct view_call *call = &view->calls[i];

		if (call->is_here && !view_is_allowed(view, call))
			add_name(&answers, seccomp_phrase_answer(ctl->arena, call->rules[0].answer),
				 call->name, is_conditional(call));
	}
	put_grouped(ctl, &answers, "BLOCKED");
}

static void put_conditions(struct ctl *ctl, const struct view *view)
{
	bool is_any = false;
	struct table table;

	table_begin(&table, ctl, "* CALL", "UNDER CONDITIONS");
	for (size_t i = 0; i < view->count; i++) {
		const struct view_call *call = &view->calls[i];

		if (!call->is_here || !is_conditional(call))
			continue;
		is_any = true;
		table_add(&table, arena_printf(ctl->arena, "  %s", call->name),
			  seccomp_phrase_call(ctl->arena, call->name, call->rules, call->count,
					      NULL));
	}
	if (!is_any)
		return;
	strbuf_puts(&ctl->out, "\n");
	table_end(&table);
}

void show_table(struct ctl *ctl, const struct view *view, const struct view_question *question)
{
	table_title(ctl, arena_printf(ctl->arena, "seccomp %s (%s)", view->word, view->origin));
	if (!view->filter) {
		strbuf_puts(&ctl->out, " every system call is allowed\n");
		return;
	}
	put_head(ctl, view, question);
	put_allowed(ctl, view);
	put_conditions(ctl, view);
	put_blocked(ctl, view);
}

/* ---- JSON ---- */

static struct json *text_or_null(struct arena *arena, const char *text)
{
	return text ? json_new_str(arena, text) : json_new(arena, JSON_NULL);
}

static struct json *answer_json(struct arena *arena, struct json *object,
				struct seccomp_answer answer)
{
	json_append(arena, object, "action",
		    json_new_str(arena, seccomp_action_word(answer.action)));
	if (answer.action == ACT_ERRNO)
		json_append(arena, object, "errnoRet", json_new_u64(arena, answer.errno_ret));
	json_append(arena, object, "words",
		    json_new_str(arena, seccomp_phrase_answer(arena, answer)));
	return object;
}

static struct json *args_json(struct arena *arena, const struct seccomp_term *term)
{
	struct json *args = json_new(arena, JSON_ARRAY);

	for (uint64_t i = 0; term && i < SECCOMP_ARGS; i++) {
		const struct seccomp_test *test = &term->arg[i];
		struct json *arg;

		if (test->op == TEST_ANY)
			continue;
		arg = json_new(arena, JSON_OBJECT);
		json_append(arena, arg, "index", json_new_u64(arena, i));
		json_append(arena, arg, "value",
			    json_new_u64(arena, test->op == TEST_MASK ? test->mask : test->value));
		if (test->op == TEST_MASK)
			json_append(arena, arg, "valueTwo", json_new_u64(arena, test->value));
		json_append(arena, arg, "op", json_new_str(arena, seccomp_op_word(test)));
		json_append(arena, args, NULL, arg);
	}
	return args;
}

static struct json *call_json(struct arena *arena, const struct view *view,
			      const struct view_call *call)
{
	struct json *object = json_new(arena, JSON_OBJECT), *rules = json_new(arena, JSON_ARRAY);

	json_append(arena, object, "name", json_new_str(arena, call->name));
	json_append(arena, object, "class", json_new_str(arena, call->class));
	json_append(arena, object, "here", json_new_bool(arena, call->is_here));
	json_append(arena, object, "allowed", json_new_bool(arena, view_is_allowed(view, call)));
	json_append(arena, object, "words",
		    json_new_str(arena, seccomp_phrase_call(arena, call->name, call->rules,
							    call->count, &view->filter->other)));
	for (size_t i = 0; i < call->count; i++) {
		struct json *rule =
			answer_json(arena, json_new(arena, JSON_OBJECT), call->rules[i].answer);

		json_append(arena, rule, "args", args_json(arena, call->rules[i].term));
		json_append(arena, rules, NULL, rule);
	}
	json_append(arena, object, "rules", rules);
	return object;
}

static void filter_json(struct arena *arena, struct json *root, const struct view *view)
{
	const struct seccomp_filter *filter = view->filter;
	struct json *list = json_new(arena, JSON_ARRAY), *calls = json_new(arena, JSON_ARRAY);
	unsigned int at = 0;

	for (const char *arch; (arch = seccomp_arch_next(filter->archs, &at));)
		json_append(arena, list, NULL, json_new_str(arena, arch));
	json_append(arena, root, "architectures", list);
	json_append(arena, root, "default",
		    answer_json(arena, json_new(arena, JSON_OBJECT), filter->other));
	json_append(arena, root, "logging", json_new_bool(arena, filter->is_logging));
	json_append(arena, root, "listener", text_or_null(arena, filter->listener));
	json_append(arena, root, "rules", json_new_u64(arena, filter->count));
	for (size_t i = 0; i < view->count; i++)
		json_append(arena, calls, NULL, call_json(arena, view, &view->calls[i]));
	json_append(arena, root, "calls", calls);
}

static void question_json(struct arena *arena, struct json *root, const struct view *view,
			  const struct view_question *question)
{
	struct json *caps = json_new(arena, JSON_ARRAY);

	if (view->is_container)
		return;
	for (int i = 0; i < 64; i++) {
		if (question->context.caps & UINT64_C(1) << i && caps_name(i))
			json_append(arena, caps, NULL, json_new_str(arena, caps_name(i)));
	}
	json_append(arena, root, "capabilities", caps);
	json_append(arena, root, "kernel",
		    json_new_str(arena, arena_printf(arena, "%u.%u", question->context.kernel >> 16,
						     question->context.kernel & 0xFFFF)));
}

int show_json(struct ctl *ctl, const struct view *view, const struct view_question *question)
{
	struct json *root = json_new(ctl->arena, JSON_OBJECT);

	json_append(ctl->arena, root, "v", json_new_u64(ctl->arena, 1));
	json_append(ctl->arena, root, "profile", json_new_str(ctl->arena, view->word));
	json_append(ctl->arena, root, "origin", json_new_str(ctl->arena, view->origin));
	json_append(ctl->arena, root, "finding", text_or_null(ctl->arena, view->finding));
	json_append(ctl->arena, root, "filtered", json_new_bool(ctl->arena, view->filter != NULL));
	question_json(ctl->arena, root, view, question);
	if (view->filter)
		filter_json(ctl->arena, root, view);
	if (json_write(&ctl->out, root, &ctl->e))
		return -1;
	strbuf_puts(&ctl->out, "\n");
	return 0;
}
