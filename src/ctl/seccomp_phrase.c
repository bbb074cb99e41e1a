/*
 * From conditions to words. Most conditions of real profiles test one argument, several rules of
 * one call standing for the values that may pass: those become one list, or, when shorter, the list
 * of what may not pass. Flags are said by name. What has no such form is said test by test.
 */
#include "seccomp_phrase.h"

#include <inttypes.h>
#include <string.h>

#include "seccomp_ranges.h"
#include "seccomp_values.h"
#include "seccomp_words.h"
#include "strbuf.h"

#define MAX_SAID 64 /* rules of one call */

static const char *take_text(struct arena *arena, struct strbuf *text)
{
	const char *copy = arena_strdup(arena, strbuf_text(text));

	strbuf_free(text);
	return copy;
}

const char *seccomp_phrase_answer(struct arena *arena, struct seccomp_answer answer)
{
	const char *name;

	switch ((enum seccomp_action)answer.action) {
	case ACT_ALLOW:
		return "allowed";
	case ACT_LOG:
		return "allowed and logged";
	case ACT_TRACE:
		return "handed to a tracer";
	case ACT_NOTIFY:
		return "handed to a listener";
	case ACT_ERRNO:
		name = strerrorname_np(answer.errno_ret);
		return name ? name : arena_printf(arena, "errno %u", answer.errno_ret);
	case ACT_TRAP:
		return "SIGSYS";
	case ACT_KILL_THREAD:
		return "kills the thread";
	case ACT_KILL_PROCESS:
		break;
	}
	return "kills the process";
}

const char *seccomp_phrase_archs(struct arena *arena, unsigned int archs)
{
	struct strbuf text = { 0 };
	unsigned int at = 0;

	for (const char *word; (word = seccomp_arch_next(archs, &at));) {
		strbuf_puts(&text, text.len ? ", " : "");
		for (word += sizeof("SCMP_ARCH_") - 1; *word; word++)
			strbuf_printf(&text, "%c",
				      *word >= 'A' && *word <= 'Z' ? *word ^ ('a' ^ 'A') : *word);
	}
	if (!text.len)
		strbuf_puts(&text, "none of this machine's");
	return take_text(arena, &text);
}

/* ---- one argument: values ---- */

/* Where a test stands. */
struct place {
	const char *call;
	size_t index;
	const struct seccomp_argument *argument; /* may be NULL */
};

static void put_argument(struct strbuf *out, const struct place *place)
{
	if (place->argument)
		strbuf_puts(out, place->argument->name);
	else
		strbuf_printf(out, "argument %zu", place->index);
}

static void put_value(struct strbuf *out, const struct place *place, uint64_t value)
{
	const char *name = seccomp_value_name(place->argument, value);

	if (name)
		strbuf_puts(out, name);
	else
		strbuf_printf(out, "0x%" PRIx64, value);
}

static void put_values(struct strbuf *out, const struct place *place, const struct ranges *ranges)
{
	const char *comma = "";

	for (size_t i = 0; i < ranges->count; i++) {
		for (uint64_t value = ranges->range[i].first;; value++) {
			strbuf_puts(out, comma);
			put_value(out, place, value);
			comma = ", ";
			if (value == ranges->range[i].last)
				break;
		}
	}
}

static bool are_named(const struct place *place, const struct ranges *ranges)
{
	for (size_t i = 0; i < ranges->count; i++) {
		for (uint64_t value = ranges->range[i].first;; value++) {
			if (!seccomp_value_name(place->argument, value))
				return false;
			if (value == ranges->range[i].last)
				break;
		}
	}
	return true;
}

/* "any value", "5", "from 5", "up to 5", "5 to 9". */
static void put_range(struct strbuf *out, const struct place *place, const struct range *range)
{
	if (range->first == 0 && range->last == UINT64_MAX) {
		strbuf_puts(out, "any value");
		return;
	}
	if (range->last == UINT64_MAX)
		strbuf_puts(out, "from ");
	else if (range->first == 0 && range->last != 0)
		strbuf_puts(out, "up to ");
	else if (range->first < range->last) {
		put_value(out, place, range->first);
		strbuf_puts(out, " to ");
	}
	put_value(out, place, range->last == UINT64_MAX ? range->first : range->last);
}

static void put_ranges(struct strbuf *out, const struct place *place, const struct ranges *ranges)
{
	put_argument(out, place);
	for (size_t i = 0; i < ranges->count; i++) {
		const struct range *range = &ranges->range[i];

		strbuf_puts(out, i ? ", " : " ");
		put_range(out, place, range);
	}
}

/* IS_ALONE: nothing else is said about the call. */
static void put_set(struct strbuf *out, const struct place *place, const struct ranges *ranges,
		    bool is_alone)
{
	struct ranges rest;
	size_t inside = ranges_values(ranges);

	ranges_rest(&rest, ranges);
	if (inside <= RANGES_FEW) {
		strbuf_puts(out, is_alone ? "only " : "");
		if (!is_alone || !are_named(place, ranges)) {
			put_argument(out, place);
			strbuf_puts(out, " ");
		}
		put_values(out, place, ranges);
	} else if (rest.count && ranges_values(&rest) <= RANGES_FEW) {
		strbuf_puts(out, is_alone ? "any " : "");
		put_argument(out, place);
		strbuf_puts(out, is_alone ? " but " : " other than ");
		put_values(out, place, &rest);
	} else {
		put_ranges(out, place, ranges);
	}
}

/* ---- one argument: bits ---- */

/* Names of all bits of FLAGS, or nothing and false. */
static bool put_flags(struct strbuf *out, const struct place *place, uint64_t flags,
		      const char *join)
{
	const char *between = "";

	for (uint64_t bit = 1; bit; bit <<= 1) {
		if ((flags & bit) && !seccomp_value_name(place->argument, bit))
			return false;
	}
	for (uint64_t bit = 1; bit; bit <<= 1) {
		if (!(flags & bit))
			continue;
		strbuf_printf(out, "%s%s", between, seccomp_value_name(place->argument, bit));
		between = join;
	}
	return true;
}

static void put_mask(struct strbuf *out, const struct place *place, const struct seccomp_test *test)
{
	uint64_t with = test->value, without = test->mask & ~test->value;
	bool is_flags = place->argument && place->argument->is_flags;
	auto_strbuf struct strbuf words = { 0 };
	bool is_said = is_flags;

	if (is_flags && test->mask == SECCOMP_NAMESPACE_FLAGS && !with) {
		strbuf_puts(out, "without namespace flags");
		return;
	}
	if (is_said && with) {
		strbuf_puts(&words, "with ");
		is_said = put_flags(&words, place, with, " and ");
	}
	if (is_said && without) {
		strbuf_puts(&words, with ? ", without " : "without ");
		is_said = put_flags(&words, place, without, " or ");
	}
	if (is_said) {
		strbuf_puts(out, strbuf_text(&words));
		return;
	}
	put_argument(out, place);
	strbuf_printf(out, " & 0x%" PRIx64 " = 0x%" PRIx64, test->mask, test->value);
}

/* ---- rules ---- */

static void put_test(struct strbuf *out, const struct place *place, const struct seccomp_test *test,
		     bool is_alone)
{
	struct ranges ranges = { 0 };

	if (test->op == TEST_MASK) {
		put_mask(out, place, test);
	} else if (ranges_add(&ranges, test)) {
		ranges_merge(&ranges);
		put_set(out, place, &ranges, is_alone);
	}
}

static struct place place_of(const char *call, size_t index)
{
	return (struct place){ call, index, seccomp_argument(call, index) };
}

static size_t count_tests(const struct seccomp_term *term, size_t *ret_last)
{
	size_t count = 0;

	for (size_t i = 0; i < SECCOMP_ARGS; i++) {
		if (term->arg[i].op == TEST_ANY)
			continue;
		*ret_last = i;
		count++;
	}
	return count;
}

static void put_term(struct strbuf *out, const char *call, const struct seccomp_term *term,
		     bool is_alone)
{
	size_t last = 0, count = count_tests(term, &last);
	const char *between = "";

	for (size_t i = 0; i < SECCOMP_ARGS; i++) {
		struct place place = place_of(call, i);

		if (term->arg[i].op == TEST_ANY)
			continue;
		strbuf_puts(out, between);
		put_test(out, &place, &term->arg[i], is_alone && count == 1);
		between = " and ";
	}
}

/* All rules test the same argument and nothing else, for ranges. */
static bool put_list(struct strbuf *out, const char *call, const struct seccomp_rule *const *rules,
		     size_t count)
{
	struct ranges ranges = { 0 };
	size_t index = 0, first = 0;
	struct place place;

	for (size_t i = 0; i < count; i++) {
		if (count_tests(rules[i]->term, &index) != 1)
			return false;
		first = i ? first : index;
		if (index != first || !ranges_add(&ranges, &rules[i]->term->arg[index]))
			return false;
	}
	ranges_merge(&ranges);
	place = place_of(call, index);
	put_set(out, &place, &ranges, true);
	return true;
}

const char *seccomp_phrase_when(struct arena *arena, const char *call,
				const struct seccomp_rule *const *rules, size_t count)
{
	struct strbuf text = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (seccomp_term_is_same(rules[i]->term, NULL))
			return NULL;
	}
	if (!put_list(&text, call, rules, count)) {
		for (size_t i = 0; i < count; i++) {
			bool is_said = false;

			for (size_t j = 0; j < i && !is_said; j++)
				is_said = seccomp_term_is_same(rules[j]->term, rules[i]->term);
			if (is_said)
				continue;
			strbuf_puts(&text, i ? ", or " : "");
			put_term(&text, call, rules[i]->term, count == 1);
		}
	}
	return take_text(arena, &text);
}

const char *seccomp_phrase_call(struct arena *arena, const char *call,
				const struct seccomp_rule *rules, size_t count,
				const struct seccomp_answer *other)
{
	const struct seccomp_rule **same = arena_alloc(arena, (count + 1) * sizeof(const void *));
	struct strbuf text = { 0 };
	bool is_open = true;

	if (count > MAX_SAID)
		return arena_printf(arena, "%zu rules", count);
	for (size_t i = 0; i < count; i++) {
		size_t found = 0;
		bool is_said = false;
		const char *when;

		/* Each answer once, with all of its rules. */
		for (size_t j = 0; j < i && !is_said; j++)
			is_said = seccomp_is_same_answer(rules[j].answer, rules[i].answer);
		for (size_t j = i; j < count && !is_said; j++) {
			if (seccomp_is_same_answer(rules[j].answer, rules[i].answer))
				same[found++] = &rules[j];
		}
		if (is_said)
			continue;
		when = seccomp_phrase_when(arena, call, same, found);
		is_open = is_open && when;
		strbuf_printf(&text, "%s%s%s%s", text.len ? "; " : "",
			      seccomp_phrase_answer(arena, rules[i].answer), when ? ": " : "",
			      when ? when : "");
	}
	if (other && is_open)
		strbuf_printf(&text, "%s%s", text.len ? "; otherwise " : "",
			      seccomp_phrase_answer(arena, *other));
	return take_text(arena, &text);
}
