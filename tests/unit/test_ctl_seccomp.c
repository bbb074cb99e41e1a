/*
 * What `mantletctl seccomp` says against what the filters do, over generated profiles: show agrees
 * with the filter, diff misses nothing, is empty for equal ones, and is symmetric.
 */
#include <stdlib.h>
#include <unistd.h>

#include "fdio.h"
#include "seccomp_parts.h"
#include "seccomp_try.h"

static uint64_t seed = 88172645463325252ULL;

static uint64_t dice(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static const char *const names[] = { "socket", "clone", "personality", "read", "mount" };
static const uint64_t values[] = {
	0, 1, 2, 9, 10, 16, 38, 39, 40, 41, 8, 0x10000000, 0x7E020000, 0x7E020001, 3, UINT64_MAX,
};
static const char *const ops[] = { "EQ", "EQ", "NE", "LT", "LE", "GT", "GE", "MASKED_EQ" };
static const char *const actions[] = { "ALLOW", "ALLOW", "ALLOW", "ERRNO", "LOG", "KILL_PROCESS" };

static char path[] = "/tmp/test_ctl_seccomp.XXXXXX";

static void put_rule(struct strbuf *out)
{
	unsigned int args = (unsigned int)(dice(3) ? dice(3) : 0);
	const char *action = actions[dice(ARRAY_SIZE(actions))];

	strbuf_printf(out, "{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_%s\",%s\"args\":[",
		      names[dice(ARRAY_SIZE(names))], action,
		      text_equal(action, "ERRNO") && dice(2) ? "\"errnoRet\":38," : "");
	for (unsigned int i = 0; i < args; i++) {
		uint64_t value = values[dice(ARRAY_SIZE(values))];

		strbuf_printf(
			out,
			"%s{\"index\":%u,\"value\":%llu,\"valueTwo\":%llu,\"op\":\"SCMP_CMP_%s\"}",
			i ? "," : "", i, (unsigned long long)value,
			(unsigned long long)(dice(2) ? value & values[dice(ARRAY_SIZE(values))]
						     : 0),
			ops[dice(ARRAY_SIZE(ops))]);
	}
	strbuf_puts(out, "]}");
}

static void write_profile(const char *text)
{
	auto_close int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0 || fd_write_all(fd, text, strlen(text)))
		abort();
}

static bool load(struct ctl *ctl, struct view *view, const char *word)
{
	const struct view_question question = { .context.archs = ARCH_NATIVE };

	return view_load(ctl, view, word, &question) == 0;
}

/* A generated profile; false when it says what nobody may say ("below 0"). */
static bool given_view(struct ctl *ctl, struct view *view)
{
	auto_strbuf struct strbuf text = { 0 };
	unsigned int rules = (unsigned int)dice(9);

	strbuf_printf(&text, "{\"defaultAction\":\"SCMP_ACT_%s,\"syscalls\":[",
		      dice(5) == 0 ? "ALLOW\""
		      : dice(2)    ? "ERRNO\""
				   : "ERRNO\",\"defaultErrnoRet\":38");
	for (unsigned int i = 0; i < rules; i++) {
		strbuf_puts(&text, i ? "," : "");
		put_rule(&text);
	}
	strbuf_puts(&text, "]}");
	write_profile(strbuf_text(&text));
	return load(ctl, view, path);
}

static void random_args(uint64_t args[static SECCOMP_ARGS])
{
	for (size_t i = 0; i < SECCOMP_ARGS; i++)
		args[i] = values[dice(ARRAY_SIZE(values))] + (dice(4) ? 0 : dice(3) - 1);
}

static int said_by(const struct json *shown, const char *name, const uint64_t *args)
{
	int found = -1;

	json_each (call, json_find(shown, "calls")) {
		if (!json_is(json_find(call, "name"), name))
			continue;
		json_each (rule, json_find(call, "rules")) {
			int action = rank(json_find(rule, "action"));

			if (match_rule(rule, args) == YES && action > found)
				found = action;
		}
	}
	return found < 0 ? rank(json_find(json_find(shown, "default"), "action")) : found;
}

/* What a filter does: the strictest of what fits, as our reading of contradictions is. */
static int done_by(const struct json *filter, const char *name, const uint64_t *args)
{
	return judge(filter, name, args).strictest;
}

static struct json *take_json(struct ctl *ctl)
{
	struct json *json = seccomp_json(ctl->arena, strbuf_text(&ctl->out));

	strbuf_free(&ctl->out);
	return json;
}

static struct json *diff_of(struct ctl *ctl, const struct view *a, const struct view *b,
			    enum ctl_status *ret_status)
{
	return diff_json(ctl, a, b, ret_status) ? NULL : take_json(ctl);
}

static bool shows_filter(struct ctl *ctl, const struct view *view)
{
	const struct view_question question = { 0 };
	const struct json *filter = seccomp_filter_write(ctl->arena, view->filter), *shown;

	if (show_json(ctl, view, &question))
		return false;
	shown = take_json(ctl);
	for (int turn = 0; turn < 200; turn++) {
		const char *name = names[dice(ARRAY_SIZE(names))];
		uint64_t args[SECCOMP_ARGS];

		random_args(args);
		if (said_by(shown, name, args) != done_by(filter, name, args))
			return false;
	}
	return true;
}

static void test_show(void)
{
	unsigned int tried = 0, wrong = 0;

	for (int turn = 0; turn < 1500; turn++) {
		struct ctl ctl = { .arena = arena_new(), .width = 80 };
		struct view view;

		if (given_view(&ctl, &view)) {
			tried++;
			wrong += !shows_filter(&ctl, &view);
		}
		arena_free(ctl.arena);
	}
	ok(tried > 700 && wrong == 0, "show: agrees with the filter for %u generated profiles",
	   tried);
}

static bool is_listed(const struct json *diff, const char *name)
{
	json_each (call, json_find(diff, "calls")) {
		if (json_is(json_find(call, "name"), name))
			return true;
	}
	return false;
}

/* Where the two do different things, the difference names the call or the defaults. */
static bool misses_something(struct ctl *ctl, const struct view *a, const struct view *b,
			     const struct json *diff)
{
	const struct json *x = seccomp_filter_write(ctl->arena, a->filter);
	const struct json *y = seccomp_filter_write(ctl->arena, b->filter);
	bool has_default = json_find(json_find(diff, "filter"), "all other calls") != NULL;

	for (int turn = 0; turn < 200; turn++) {
		const char *name = names[dice(ARRAY_SIZE(names))];
		uint64_t args[SECCOMP_ARGS];

		random_args(args);
		if (done_by(x, name, args) != done_by(y, name, args) && !is_listed(diff, name) &&
		    !has_default)
			return true;
	}
	return false;
}

static bool is_mirrored(const struct json *ab, const struct json *ba)
{
	const struct json *y = json_first(json_find(ba, "calls"));

	json_each (x, json_find(ab, "calls")) {
		const char *kind = json_text(json_find(x, "kind"));
		const char *mirrored = text_equal(kind, "only-a")   ? "only-b"
				       : text_equal(kind, "only-b") ? "only-a"
								    : kind;

		if (!y || !json_equal(json_find(x, "name"), json_find(y, "name")) ||
		    !json_is(json_find(y, "kind"), mirrored) ||
		    !json_equal(json_find(x, "a"), json_find(y, "b")) ||
		    !json_equal(json_find(x, "b"), json_find(y, "a")))
			return false;
		y = y->next;
	}
	return !y && json_equal(json_find(ab, "equal"), json_find(ba, "equal"));
}

static void test_diff(void)
{
	unsigned int tried = 0, missed = 0, lopsided = 0, unequal = 0;

	for (int turn = 0; turn < 3000; turn++) {
		struct ctl ctl = { .arena = arena_new(), .width = 80 };
		enum ctl_status status, back, self;
		struct view a, b;

		if (given_view(&ctl, &a) && given_view(&ctl, &b)) {
			const struct json *ab = diff_of(&ctl, &a, &b, &status);
			const struct json *ba = diff_of(&ctl, &b, &a, &back);

			tried++;
			missed += misses_something(&ctl, &a, &b, ab);
			lopsided += !is_mirrored(ab, ba) || status != back;
			(void)diff_of(&ctl, &a, &a, &self);
			unequal += self != CTL_OK;
		}
		arena_free(ctl.arena);
	}
	ok(tried > 800 && missed == 0, "diff: misses nothing in %u generated pairs", tried);
	ok(lopsided == 0, "diff: the other way round it says the same");
	ok(unequal == 0, "diff: a profile is equal to itself");
}

/* What is written in two ways. */
static void test_same(void)
{
	static const struct {
		const char *rules[2];
		bool is_same;
	} pairs[] = {
		{ { RULE("socket", "ALLOW", ARG("0", "NE", "5")),
		    RULE("socket", "ALLOW", ARG("0", "LT", "5")) "," RULE("socket", "ALLOW",
									  ARG("0", "GT", "5")) },
		  true },
		{ { RULE("clone", "ALLOW", MASK("0", "1", "0")) "," RULE("clone", "ALLOW",
									 MASK("0", "1", "1")),
		    RULE("clone", "ALLOW", "") },
		  true },
		{ { RULE("clone", "ALLOW", MASK("0", "3", "0")) "," RULE("clone", "ALLOW",
									 MASK("0", "3", "1")),
		    RULE("clone", "ALLOW", MASK("0", "2", "0")) },
		  true },
		/* They differ for 3 and others, which no rule names. */
		{ { RULE("clone", "ALLOW", MASK("0", "1", "1")),
		    RULE("clone", "ALLOW", ARG("0", "EQ", "1")) },
		  false },
		/* Of rules that contradict each other the strictest holds, wherever it stands. */
		{ { RULE("socket", "ALLOW", ARG("0", "NE", "5")) "," RULE("socket", "KILL",
									  ARG("0", "EQ", "4")),
		    RULE("socket", "KILL", ARG("0", "EQ", "4")) "," RULE(
			    "socket", "ALLOW", ARG("0", "LT", "5")) "," RULE("socket", "ALLOW",
									     ARG("0", "GT", "5")) },
		  true },
		{ { RULE("mount", "ALLOW", "") "," RULE("mount", "KILL", ""),
		    RULE("mount", "KILL", "") },
		  true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct ctl ctl = { .arena = arena_new(), .width = 80 };
		enum ctl_status status = CTL_FAILED;
		struct view view[2];

		for (size_t j = 0; j < 2; j++) {
			write_profile(arena_printf(ctl.arena, PROFILE("ERRNO", RULES("%s")),
						   pairs[i].rules[j]));
			if (!load(&ctl, &view[j], path))
				abort();
		}
		(void)diff_of(&ctl, &view[0], &view[1], &status);
		ok(status == (pairs[i].is_same ? CTL_OK : CTL_FOUND),
		   "diff: two ways to write a set are %s (%zu)",
		   pairs[i].is_same ? "no difference" : "not the same", i);
		arena_free(ctl.arena);
	}
}

/* Shown is what holds. */
static void test_contradiction(void)
{
	struct ctl ctl = { .arena = arena_new(), .width = 80 };
	const struct view_call *call;
	struct view view;

	write_profile(
		PROFILE("ERRNO", RULES(RULE("mount", "ALLOW", "") "," RULE(
					 "mount", "KILL", "") "," RULE("mount", "TRAP", ""))));
	call = load(&ctl, &view, path) ? view_find(&view, "mount") : NULL;
	ok(call && call->count == 1 && call->rules[0].answer.action == ACT_KILL_THREAD &&
		   !view_is_allowed(&view, call),
	   "show: of rules that contradict each other the strictest is shown");
	ok(!view_find(&view, "read"), "show: a call without rules is not listed");
	arena_free(ctl.arena);
}

static struct verdict verdict_of(struct arena *arena, const char *profile)
{
	const char *why;
	struct seccomp_filter *filter =
		seccomp_filter_read(arena, seccomp_json(arena, profile), &why);

	return (struct verdict){ filter->rules, filter->count, filter->other };
}

/* The rules of a container come in any order. */
static void test_order(void)
{
	auto_arena struct arena *arena = arena_new();
	struct verdict a = verdict_of(
		arena, PROFILE("ERRNO", RULES(RULE("socket", "KILL", ARG("0", "EQ", "4")) "," RULE(
						"socket", "ALLOW", ARG("0", "NE", "5")))));
	struct verdict b = verdict_of(
		arena,
		PROFILE("ERRNO", RULES(RULE("socket", "ALLOW", ARG("0", "LT", "5")) "," RULE(
					 "socket", "ALLOW",
					 ARG("0", "GT", "5")) "," RULE("socket", "KILL",
								       ARG("0", "EQ", "4")))));

	ok(verdict_is_same(&a, &b) && verdict_is_same_permission(&a, &b),
	   "diff: the order of rules is none of their meaning");
	b.rules++;
	b.count--;
	ok(!verdict_is_same(&a, &b) && !verdict_is_same_permission(&a, &b),
	   "diff: and one less is a difference");
}

static void test_shipped(const char *file)
{
	struct ctl ctl = { .arena = arena_new(), .width = 80 };
	enum ctl_status status = CTL_FAILED;
	struct view a, b;

	ok(load(&ctl, &a, file) && load(&ctl, &b, file) && a.count > 200, "show: '%s' can be read",
	   file);
	diff_table(&ctl, &a, &b, &status);
	ok(status == CTL_OK && ctl.out.len == 0, "diff: '%s' is equal to itself", file);
	strbuf_free(&ctl.out);
	arena_free(ctl.arena);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	(void)close(fd);
	test_show();
	test_diff();
	test_same();
	test_contradiction();
	test_order();
	test_shipped("default");
	test_shipped("strict");
	test_shipped("policy/seccomp/default.json");
	test_shipped("policy/seccomp/strict.json");
	test_shipped("tests/data/seccomp/docker-2026.json");
	test_shipped("tests/data/seccomp/containers-common-2025.json");
	(void)unlink(path);
	return done_testing();
}
