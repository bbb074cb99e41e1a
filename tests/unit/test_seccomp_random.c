/*
 * The intersection of generated profiles, judged by a reading of the OCI form that shares no code
 * with ours: never looser than either, and a second time changes nothing.
 */
#include "seccomp_try.h"

static uint64_t seed = 88172645463325252ULL;

static uint64_t dice(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static const char *const names[] = {
	"socket",
	"clone",
	"personality",
	"read",
	"mount",
	"nonsense",
	/* Ours has rules for these, but not for a container without capabilities. */
	"acct",
	"kcmp",
	"init_module",
	"clone3",
};
static const uint64_t values[] = {
	0,           1,
	2,           9,
	10,          16,
	38,          40,
	41,          8,
	0x10000000,  0x7E020000,
	0x7E020001,  0xFFFFFFFF,
	0x100000002, 1ULL << 63,
	3,           17,
	0x3d0f00,    UINT64_MAX,
	0x18000000,  UINT64_MAX - 1,
};
static const char *const ops[] = { "EQ", "EQ", "NE",        "LT",        "LE",
				   "GT", "GE", "MASKED_EQ", "MASKED_EQ", "ODD" };
static const char *const actions[] = { "ALLOW", "ALLOW", "ALLOW",        "ALLOW", "ERRNO", "ERRNO",
				       "LOG",   "TRAP",  "KILL_PROCESS", "KILL",  "NOTIFY" };

static const char *random_action(bool has_listener)
{
	return actions[dice(ARRAY_SIZE(actions) - (has_listener ? 0 : 1))];
}

static void put_rule(struct strbuf *out, const char *call, const char *action, bool is_odd)
{
	unsigned int args = (unsigned int)(dice(3) ? dice(4) : 0);

	strbuf_printf(out, "{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_%s\",", call, action);
	if (text_equal(action, "ERRNO") && dice(2))
		strbuf_printf(out, "\"errnoRet\":%u,", (unsigned int)dice(40));
	strbuf_puts(out, "\"args\":[");
	for (unsigned int i = 0; i < args; i++)
		strbuf_printf(
			out,
			"%s{\"index\":%u,\"value\":%llu,\"valueTwo\":%llu,\"op\":\"SCMP_CMP_%s\"}",
			i ? "," : "", is_odd ? (unsigned int)dice(3) : i,
			(unsigned long long)values[dice(ARRAY_SIZE(values))],
			(unsigned long long)(dice(2) ? values[dice(ARRAY_SIZE(values))] : 0),
			ops[dice(ARRAY_SIZE(ops) - (is_odd ? 0 : 1))]);
	strbuf_puts(out, "]}");
}

/* A profile as anybody may bring it: names in several rules, doubtful conditions. */
static const char *random_theirs(struct arena *arena)
{
	static const char *const defaults[] = { "ERRNO", "ERRNO", "ERRNO",       "ALLOW",
						"ALLOW", "LOG",   "KILL_PROCESS" };
	auto_strbuf struct strbuf out = { 0 };
	unsigned int rules = (unsigned int)dice(14);
	bool has_listener = dice(4) == 0, is_compat = dice(4) == 0;

	strbuf_printf(&out, "{\"defaultAction\":\"SCMP_ACT_%s\",\"architectures\":[%s],%s",
		      defaults[dice(ARRAY_SIZE(defaults))],
		      is_compat ? "\"SCMP_ARCH_X86\",\"SCMP_ARCH_X86_64\"" : "",
		      has_listener ? "\"listenerPath\":\"/run/listener\"," : "");
	strbuf_puts(&out, "\"syscalls\":[");
	for (unsigned int i = 0; i < rules; i++) {
		strbuf_puts(&out, i ? "," : "");
		put_rule(&out, names[dice(ARRAY_SIZE(names))], random_action(has_listener),
			 dice(4) == 0);
	}
	strbuf_puts(&out, "]}");
	return arena_strdup(arena, strbuf_text(&out));
}

/* A profile as a site may write it: a name has one action, and its conditions do not overlap. */
static const char *random_ours(struct arena *arena)
{
	static const char *const errnos[] = { "", "\"defaultErrnoRet\":1,",
					      "\"defaultErrnoRet\":38," };
	auto_strbuf struct strbuf out = { 0 };
	const char *comma = "";

	strbuf_printf(&out,
		      "{\"defaultAction\":\"SCMP_ACT_ERRNO\",%s\"architectures\":["
		      "\"SCMP_ARCH_X86_64\"%s],\"syscalls\":[",
		      errnos[dice(3)], dice(2) ? ",\"SCMP_ARCH_X86\"" : "");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		unsigned int rules = (unsigned int)dice(4), first = (unsigned int)dice(10);
		const char *action = i == 4 ? "ERRNO" : dice(6) ? "ALLOW" : "LOG";

		if (dice(2)) {
			strbuf_puts(&out, comma);
			put_rule(&out, names[i], dice(12) ? action : "KILL", false);
			comma = ",";
			continue;
		}
		for (unsigned int j = 0; j < rules; j++) {
			strbuf_printf(
				&out,
				"%s{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_%s\",\"args\":[{"
				"\"index\":0,\"value\":%llu,\"op\":\"SCMP_CMP_EQ\"}%s]}",
				comma, names[i], action, (unsigned long long)values[first + j],
				dice(2) ? ",{\"index\":1,\"value\":9,\"op\":\"SCMP_CMP_NE\"}" : "");
			comma = ",";
		}
		if (rules && i != 4 && dice(8) == 0)
			strbuf_printf(&out, "%s{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_%s\"}",
				      comma, names[i], action);
	}
	strbuf_puts(&out, "]}");
	return arena_strdup(arena, strbuf_text(&out));
}

/* Calls to which the result answers more weakly than one of the two does. */
static unsigned int count_looser(const struct json *ours, const struct json *theirs,
				 const struct json *both)
{
	unsigned int count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		for (unsigned int probe = 0; probe < 120; probe++) {
			uint64_t args[6];

			for (size_t a = 0; a < 6; a++)
				args[a] = values[dice(ARRAY_SIZE(values))] +
					  (dice(4) ? 0 : dice(3) - 1);
			count += is_looser(ours, theirs, both, names[i], args);
		}
	}
	return count;
}

/* libseccomp takes no rule that says what the default says, and none that contradicts another. */
static bool is_well_formed(const struct json *both)
{
	json_each (rule, json_find(both, "syscalls")) {
		const struct json *errno_ret = json_find(rule, "errnoRet");

		if (!json_first(json_find(rule, "names")))
			return false;
		if (json_equal(json_find(rule, "action"), json_find(both, "defaultAction")) &&
		    json_equal(errno_ret, json_find(both, "defaultErrnoRet")))
			return false;
		if (errno_ret && seccomp_number(errno_ret) == 0)
			return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		for (unsigned int probe = 0; probe < 40; probe++) {
			uint64_t args[6] = { values[dice(ARRAY_SIZE(values))],
					     values[dice(ARRAY_SIZE(values))], 9 };
			struct verdicts found = judge(both, names[i], args);

			if (found.weakest != found.strictest)
				return false;
		}
	}
	return true;
}

static bool try_filter(struct arena *arena, const struct seccomp_filter *filter,
		       const char *theirs_text)
{
	struct json *ours = seccomp_filter_write(arena, filter);
	struct json *theirs = seccomp_json(arena, theirs_text);
	const char *why = NULL;
	struct json *both = seccomp_with(arena, filter, theirs, &why), *again;
	unsigned int looser;
	bool is_same, is_sound;

	if (!both) {
		printf("# %s: %s\n", why, theirs_text);
		return false;
	}
	again = seccomp_with(arena, filter, both, &why);
	is_same = again && json_equal(again, both);
	is_sound = is_well_formed(both);
	looser = count_looser(ours, theirs, both);
	if (is_same && is_sound && looser == 0)
		return true;
	printf("# %u calls looser, %s, %s\n# ours   %.2000s\n# theirs %s\n# both   %.2000s\n"
	       "# again  %.2000s\n",
	       looser, is_same ? "idempotent" : "and not idempotent",
	       is_sound ? "sound" : "not sound", seccomp_text(arena, ours), theirs_text,
	       seccomp_text(arena, both), seccomp_text(arena, again));
	return false;
}

static bool try_pair(struct arena *arena, const char *ours_text, const char *theirs_text)
{
	const char *why = NULL;
	struct seccomp_filter *ours =
		seccomp_filter_read(arena, seccomp_json(arena, ours_text), &why);

	if (!ours)
		return false;
	seccomp_filter_sort(arena, ours);
	seccomp_filter_index(arena, ours);
	return try_filter(arena, ours, theirs_text);
}

int main(void)
{
	unsigned int bad = 0;

	for (unsigned int round = 0; round < 2500 && bad < 3; round++) {
		auto_arena struct arena *arena = arena_new();

		bad += !try_pair(arena, random_ours(arena), random_theirs(arena));
	}
	ok(bad == 0, "intersection: never looser than either, twice is once (random profiles)");

	bad = 0;
	for (unsigned int round = 0; round < 400 && bad < 3; round++) {
		auto_arena struct arena *arena = arena_new();
		const char *profile = dice(2) ? "default" : "strict";

		bad += !try_filter(arena, seccomp_ours_filter(arena, profile, dice(2), 0),
				   random_theirs(arena));
	}
	ok(bad == 0, "intersection: never looser than ours or a random profile, twice is once");
	return done_testing();
}
