/*
 * libFuzzer target: any bytes as the seccomp profile of a container, rule by rule for a few calls,
 * and its intersection with ours. Bytes are read as rules and not as JSON, so that nearly every
 * input is a profile; the JSON reader has a target of its own. What comes out must stay as it is
 * when it is combined again, and have no more rules for a call than there is room for.
 */
#include "fuzz.h"

#include <string.h>

#include "seccomp_call.h"
#include "seccomp_profile.h"
#include "text.h"

static const char *const names[] = { "read",  "socket", "clone",      "personality",
				     "mount", "acct",   "socketcall", "no_such_call" };
static const char *const actions[] = { "ALLOW", "ALLOW", "ALLOW", "LOG",
				       "ERRNO", "ERRNO", "TRAP",  "KILL_PROCESS" };
static const char *const ops[] = { "EQ", "EQ", "NE", "NE", "LT", "LE", "GT", "MASKED_EQ" };
static const uint64_t values[] = {
	0,          1,           2,           3,          4,
	5,          6,           7,           8,          9,
	10,         16,          17,          38,         40,
	64,         100,         0x10000000,  0x7E020000, 0xFFFFFFFE,
	0xFFFFFFFF, 0x100000000, 0x100000002, 1ULL << 63, UINT64_MAX - 1,
	UINT64_MAX,
};

struct input {
	const uint8_t *at, *end;
};

static unsigned int take(struct input *in, size_t below)
{
	return in->at < in->end ? *in->at++ % (unsigned int)below : 0;
}

/* One byte after the other: what stands in an argument list has no order. */
static void put_test(struct strbuf *out, struct input *in, unsigned int place)
{
	unsigned int index = take(in, 8), op = take(in, ARRAY_SIZE(ops));
	uint64_t value = values[take(in, ARRAY_SIZE(values))];
	uint64_t two = values[take(in, ARRAY_SIZE(values))];

	strbuf_printf(out,
		      "%s{\"index\":%u,\"op\":\"SCMP_CMP_%s\",\"value\":%llu,\"valueTwo\":%llu}",
		      place ? "," : "", index < 6 ? index : place, ops[op],
		      (unsigned long long)value, (unsigned long long)two);
}

static void put_rule(struct strbuf *out, struct input *in)
{
	unsigned int action = take(in, ARRAY_SIZE(actions)), name = take(in, ARRAY_SIZE(names));
	unsigned int args = take(in, 4);

	strbuf_printf(out, "{\"action\":\"SCMP_ACT_%s\",\"names\":[\"%s\"],", actions[action],
		      names[name]);
	if (text_equal(actions[action], "ERRNO"))
		strbuf_printf(out, "\"errnoRet\":%u,", take(in, 40));
	strbuf_puts(out, "\"args\":[");
	for (unsigned int i = 0; i < args; i++)
		put_test(out, in, i);
	strbuf_puts(out, "]}");
}

static void put_profile(struct strbuf *out, struct input *in)
{
	unsigned int other = take(in, ARRAY_SIZE(actions)), has_archs = take(in, 2);

	strbuf_printf(out,
		      "{\"defaultAction\":\"SCMP_ACT_%s\",\"architectures\":[%s],\"syscalls\":[",
		      actions[other], has_archs ? "\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"" : "");
	for (const char *comma = ""; in->at < in->end; comma = ",") {
		strbuf_puts(out, comma);
		put_rule(out, in);
	}
	strbuf_puts(out, "]}");
}

static void check_rules(const struct seccomp_filter *filter)
{
	size_t count = 0;

	for (size_t i = 0; i < filter->count; i++) {
		bool is_same =
			i > 0 && text_equal(filter->rules[i].name, filter->rules[i - 1].name);

		count = is_same ? count + 1 : 1;
		must(count <= CALL_MAX_RESULT, "a call has more rules than there is room for");
	}
}

static const struct json *combine(struct arena *arena, const struct seccomp_filter *ours,
				  const struct json *theirs)
{
	const char *why = NULL;
	const struct seccomp_filter *read = seccomp_filter_read(arena, theirs, &why), *both;

	both = read ? seccomp_intersect(arena, ours, read, &why) : NULL;
	if (!both)
		must(why && why[0], "a refusal says why");
	else
		check_rules(both);
	return both ? seccomp_filter_write(arena, both) : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *arena = arena_new();
	auto_strbuf struct strbuf text = { 0 };
	struct input in = { bytes, bytes + len };
	struct seccomp_context context = { .archs = ARCH_NATIVE };
	struct seccomp_profile profile;
	const struct seccomp_filter *ours;
	const struct json *both, *again;
	struct json_doc doc = { 0 };
	struct error e = { 0 };

	must(seccomp_profile_builtin(&profile, seccomp_builtin_names[take(&in, 2)]), "a profile");
	context.archs |= take(&in, 2) ? ARCH_COMPAT : 0;
	ours = seccomp_profile_resolve(arena, &profile, &context);
	put_profile(&text, &in);
	if (json_parse(&doc, arena, text.data, text.len, 0, "fuzz", &e) == 0) {
		both = combine(arena, ours, doc.root);
		again = both ? combine(arena, ours, both) : NULL;
		must(!both || (again && json_equal(both, again)), "twice is once");
	}
	arena_free(arena);
	return 0;
}
