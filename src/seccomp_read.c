/*
 * linux.seccomp as it was written, as a filter: the reading on which runc and crun agree. Where
 * they do not (an argument tested twice is "or" to runc and an error to crun; a comparison nobody
 * knows) a rule is marked as doubtful, and whoever combines filters takes the reading that allows
 * less.
 */
#include <errno.h>

#include "seccomp_words.h"

#define FLAG_LOG "SECCOMP_FILTER_FLAG_LOG"

/* What both runtimes take for an errno that is not given, and what we take for one that would make
 * a blocked call look like a success: the kernel keeps 16 bits and clamps at 4095. */
static uint16_t errno_of(const struct json *node)
{
	uint64_t value = EPERM;

	(void)json_number_u64(node, &value);
	return value == 0 || value > 4095 ? EPERM : (uint16_t)value;
}

static struct seccomp_answer answer_of(int action, const struct json *errno_ret)
{
	return (struct seccomp_answer){
		.action = (uint8_t)action,
		.errno_ret = action == ACT_ERRNO ? errno_of(errno_ret) : 0,
	};
}

enum reading { CLEAR, DOUBTFUL, NEVER };

/* libseccomp compares 32 bits for 32-bit architectures and cuts the rest of a value off. */
static bool is_wide(uint64_t value, uint64_t value_two)
{
	return value > UINT32_MAX || value_two > UINT32_MAX;
}

static enum reading read_term(struct seccomp_term *term, const struct json *args, bool is_narrow)
{
	enum reading reading = CLEAR;
	unsigned int seen = 0;

	json_each (arg, args) {
		uint64_t index = SECCOMP_ARGS, value = 0, value_two = 0;
		struct seccomp_test test;
		bool is_never;

		(void)json_number_u64(json_find(arg, "index"), &index);
		(void)json_number_u64(json_find(arg, "value"), &value);
		(void)json_number_u64(json_find(arg, "valueTwo"), &value_two);
		if (index >= SECCOMP_ARGS || (seen & (1U << index)) ||
		    !seccomp_test_of(&test, &is_never, json_text(json_find(arg, "op")), value,
				     value_two) ||
		    (is_narrow && is_wide(value, value_two)))
			return DOUBTFUL;
		seen |= 1U << index;
		term->arg[index] = test;
		if (is_never)
			reading = NEVER;
	}
	return reading;
}

static const char *add_rules(struct arena *arena, struct seccomp_filter *filter,
			     const struct json *syscall)
{
	int action = seccomp_action_of(json_text(json_find(syscall, "action")));
	const struct json *args = json_find(syscall, "args");
	struct seccomp_rule rule = { 0 };

	if (action < 0)
		return "one of its actions is unknown";
	rule.answer = answer_of(action, json_find(syscall, "errnoRet"));
	if (json_first(args)) {
		struct seccomp_term *term = arena_alloc(arena, sizeof(*term));
		enum reading reading = read_term(term, args, (filter->archs & ARCH_32_BIT) != 0);

		/* Nothing passes; but where i386 loses conditions (seccomp_gate.c) all does. */
		if (reading == NEVER && !(filter->archs & ARCH_X86))
			return NULL;
		rule.is_doubtful = reading != CLEAR;
		/* All of its conditions may be such that everything passes. */
		if (!seccomp_term_is_same(term, NULL) && !rule.is_doubtful)
			rule.term = term;
	}
	json_each (name, json_find(syscall, "names")) {
		rule.name = name->text;
		filter->rules[filter->count++] = rule;
	}
	return NULL;
}

static unsigned int archs_of(const struct json *list)
{
	unsigned int archs = 0;

	/* An empty list means the native one to both runtimes. */
	if (!json_first(list))
		return ARCH_NATIVE;
	json_each (arch, list)
		archs |= seccomp_arch_of(json_text(arch));
	return archs;
}

struct seccomp_filter *seccomp_filter_read(struct arena *arena, const struct json *section,
					   const char **why)
{
	struct seccomp_filter *filter = arena_alloc(arena, sizeof(*filter));
	const struct json *flags = json_find(section, "flags");
	const struct json *syscalls = json_find(section, "syscalls");
	int other = seccomp_action_of(json_text(json_find(section, "defaultAction")));
	size_t count = 0;

	*why = other < 0 ? "its default action is unknown" : NULL;
	if (*why)
		return NULL;
	filter->other = answer_of(other, json_find(section, "defaultErrnoRet"));
	filter->archs = archs_of(json_find(section, "architectures"));
	filter->has_flags = flags != NULL;
	json_each (flag, flags)
		filter->is_logging = filter->is_logging || json_is(flag, FLAG_LOG);
	filter->listener = json_text(json_find(section, "listenerPath"));
	filter->metadata = json_text(json_find(section, "listenerMetadata"));

	json_each (syscall, syscalls)
		count += json_count(json_find(syscall, "names"));
	filter->rules = arena_alloc(arena, (count + 1) * sizeof(*filter->rules));
	json_each (syscall, syscalls) {
		*why = add_rules(arena, filter, syscall);
		if (*why)
			return NULL;
	}
	return filter;
}
