/*
 * The cautious intersection of two seccomp profiles, against a reading of the rules that shares no
 * code with it. Where libseccomp or the runtimes could see a rule in two ways, this test takes the
 * one that is worse for us: a call counts as allowed by a source only when nothing could block it,
 * and as allowed by the result when anything could allow it.
 */
#include <stdlib.h>

#include "embed.h"
#include "seccomp_rules.h"
#include "trial.h"

#define CONFIG "tests/data/fixtures/docker-20.10/config/"

static uint64_t seed = 88172645463325252ULL;

static uint64_t dice(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

/* ---- an evaluator of our own ---- */

enum match { NO, YES, DOUBTFUL };

static uint64_t number(const struct json *node)
{
	return node ? strtoull(node->text, NULL, 10) : 0;
}

static enum match match_arg(const struct json *arg, const uint64_t *args)
{
	const char *op = json_text(json_find(arg, "op"));
	uint64_t value = number(json_find(arg, "value")), two = number(json_find(arg, "valueTwo"));
	uint64_t got = args[number(json_find(arg, "index"))];

	if (!strcmp(op, "SCMP_CMP_EQ"))
		return got == value ? YES : NO;
	if (!strcmp(op, "SCMP_CMP_NE"))
		return got != value ? YES : NO;
	if (!strcmp(op, "SCMP_CMP_LT"))
		return got < value ? YES : NO;
	if (!strcmp(op, "SCMP_CMP_LE"))
		return got <= value ? YES : NO;
	if (!strcmp(op, "SCMP_CMP_GT"))
		return got > value ? YES : NO;
	if (!strcmp(op, "SCMP_CMP_GE"))
		return got >= value ? YES : NO;
	if (strcmp(op, "SCMP_CMP_MASKED_EQ") != 0)
		return DOUBTFUL;
	/* libseccomp cuts off what lies outside of the mask. */
	if ((got & value) == two)
		return YES;
	return (got & value) == (two & value) ? DOUBTFUL : NO;
}

static enum match match_rule(const struct json *rule, const uint64_t *args)
{
	enum match all = YES, any = NO;
	unsigned int tested = 0, count = 0;

	json_each (arg, json_find(rule, "args")) {
		enum match match = match_arg(arg, args);

		tested |= 1U << number(json_find(arg, "index"));
		count++;
		if (match == NO)
			all = NO;
		else if (match == DOUBTFUL && all == YES)
			all = DOUBTFUL;
		if (match != NO)
			any = YES;
	}
	/* One argument tested twice: "or" to runc, "and" or an error to others. */
	if (count != (unsigned int)__builtin_popcount(tested) && all != any)
		return DOUBTFUL;
	return all;
}

static bool has_name(const struct json *rule, const char *name)
{
	json_each (it, json_find(rule, "names")) {
		if (strcmp(it->text, name) == 0)
			return true;
	}
	return false;
}

/* IS_HOPEFUL: could it be allowed? Otherwise: is it allowed for sure? */
static bool allows(const struct json *profile, const char *name, const uint64_t *args,
		   bool is_hopeful)
{
	bool is_allowed = json_is(json_find(profile, "defaultAction"), "SCMP_ACT_ALLOW");
	bool is_blocked = false;

	json_each (rule, json_find(profile, "syscalls")) {
		enum match match;

		if (!has_name(rule, name))
			continue;
		match = match_rule(rule, args);
		if (json_is(json_find(rule, "action"), "SCMP_ACT_ALLOW"))
			is_allowed =
				is_allowed || match == YES || (is_hopeful && match == DOUBTFUL);
		else
			is_blocked = is_blocked || match != NO;
	}
	return is_allowed && (is_hopeful || !is_blocked);
}

/* ---- random profiles ---- */

static const char *const names[] = {
	"socket", "clone", "personality", "read", "mount", "nonsense"
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

static void put_rule(struct strbuf *out, const char *call, const char *action, bool is_odd)
{
	unsigned int args = (unsigned int)(dice(3) ? dice(4) : 0);

	strbuf_printf(out, "{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_%s\",\"args\":[", call,
		      action);
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
	auto_strbuf struct strbuf out = { 0 };
	unsigned int rules = (unsigned int)dice(14);

	strbuf_printf(&out, "{\"defaultAction\":\"SCMP_ACT_%s\",\"syscalls\":[",
		      dice(3) ? "ERRNO" : "ALLOW");
	for (unsigned int i = 0; i < rules; i++) {
		strbuf_puts(&out, i ? "," : "");
		put_rule(&out, names[dice(ARRAY_SIZE(names))], dice(3) ? "ALLOW" : "ERRNO",
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

	strbuf_printf(
		&out,
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",%s\"architectures\":[\"SCMP_ARCH_X86_64\"],"
		"\"syscalls\":[",
		errnos[dice(3)]);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		unsigned int rules = (unsigned int)dice(4), first = (unsigned int)dice(10);

		if (dice(2)) {
			strbuf_puts(&out, comma);
			put_rule(&out, names[i], i == 4 ? "ERRNO" : "ALLOW", false);
			comma = ",";
			continue;
		}
		for (unsigned int j = 0; j < rules; j++) {
			strbuf_printf(&out,
				      "%s{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_%s\",\"args\":[{"
				      "\"index\":0,\"value\":%llu,\"op\":\"SCMP_CMP_EQ\"}%s]}",
				      comma, names[i], i == 4 ? "ERRNO" : "ALLOW",
				      (unsigned long long)values[first + j],
				      dice(2) ? ",{\"index\":1,\"value\":9,\"op\":\"SCMP_CMP_NE\"}"
					      : "");
			comma = ",";
		}
		if (rules && i != 4 && dice(8) == 0)
			strbuf_printf(&out, "%s{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_ALLOW\"}",
				      comma, names[i]);
	}
	strbuf_puts(&out, "]}");
	return arena_strdup(arena, strbuf_text(&out));
}

static struct json *parse(struct arena *arena, const char *text)
{
	struct json_doc doc = { 0 };
	struct error e = { 0 };

	if (json_parse(&doc, arena, text, strlen(text), 0, "profile", &e)) {
		printf("# %s\n", e.message);
		return NULL;
	}
	return doc.root;
}

static const char *written(struct arena *arena, const struct json *node)
{
	auto_strbuf struct strbuf text = { 0 };
	struct error e = { 0 };

	if (!node || json_write(&text, node, &e))
		return "(nothing)";
	return arena_strdup(arena, strbuf_text(&text));
}

/* Calls that the result lets through although one of the two blocks them. */
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
			count += allows(both, names[i], args, true) &&
				 !(allows(ours, names[i], args, false) &&
				   allows(theirs, names[i], args, false));
		}
	}
	return count;
}

static bool try_pair(const char *ours_text, const char *theirs_text)
{
	auto_arena struct arena *arena = arena_new();
	struct json *ours = parse(arena, ours_text), *theirs = parse(arena, theirs_text);
	const char *why = NULL;
	struct json *both = seccomp_intersect(arena, ours, theirs, &why), *again;
	unsigned int looser;
	bool is_same;

	if (!both)
		return false;
	again = seccomp_intersect(arena, ours, both, &why);
	is_same = again && json_equal(again, both);
	looser = count_looser(ours, theirs, both);
	if (is_same && looser == 0)
		return true;
	printf("# %u calls looser, %s\n# ours   %.2000s\n# theirs %s\n# both   %.2000s\n", looser,
	       is_same ? "idempotent" : "and not idempotent", ours_text, theirs_text,
	       written(arena, both));
	return false;
}

static void test_random(void)
{
	unsigned int bad = 0;

	for (unsigned int round = 0; round < 2000 && bad < 3; round++) {
		auto_arena struct arena *arena = arena_new();

		bad += !try_pair(random_ours(arena), random_theirs(arena));
	}
	ok(bad == 0, "intersection: never looser than either, twice is once (random profiles)");

	bad = 0;
	for (unsigned int round = 0; round < 1000 && bad < 3; round++) {
		auto_arena struct arena *arena = arena_new();

		bad += !try_pair(arena_memdup(arena, embed_seccomp_default,
					      EMBED_SIZE(embed_seccomp_default)),
				 random_theirs(arena));
	}
	ok(bad == 0, "intersection: never looser than ours or a random profile, twice is once");
}

/* ---- with real profiles ---- */

static struct json *read_profile(struct arena *arena, const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct json_doc doc = { 0 };
	struct error e = { 0 };
	const char *text;
	struct json *section;
	size_t len;

	if (fd < 0 || fd_read_all(fd, JSON_MAX_TEXT, arena, &text, &len, path, &e) ||
	    json_parse(&doc, arena, text, len, 0, path, &e))
		return NULL;
	section = json_find(json_find(doc.root, "linux"), "seccomp");
	if (section)
		json_unlink(section);
	return section ? section : doc.root;
}

static bool always(const struct json *profile, const char *name, uint64_t first)
{
	const uint64_t args[6] = { first, 1, 0, 0, 0, 0 };

	return allows(profile, name, args, false);
}

static void test_real(void)
{
	static const char *const paths[] = {
		CONFIG "default.json",
		"tests/data/fixtures/podman-4.3.1/config/default.json",
		"tests/data/seccomp/docker-2026.json",
		"tests/data/seccomp/containers-common-2025.json",
	};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		auto_arena struct arena *arena = arena_new();
		struct error e = { 0 };
		struct json *ours = seccomp_ours(arena, "default", false, &e);
		struct json *theirs = read_profile(arena, paths[i]), *both, *again;
		const char *why = NULL;

		if (!ok(ours && theirs, "intersection: %s is there", paths[i]))
			continue;
		both = seccomp_intersect(arena, ours, theirs, &why);
		if (!ok(both != NULL, "intersection: %s can be combined", paths[i]))
			continue;
		again = seccomp_intersect(arena, ours, both, &why);
		ok(json_equal(both, again), "intersection: a second time changes nothing");
		ok(always(both, "socket", 2) && always(both, "socket", 10) &&
			   always(both, "socket", 1) && !always(both, "socket", 40) &&
			   !always(both, "socket", 38),
		   "intersection: sockets of the usual families, and no others");
		ok(always(both, "clone", 0x3d0f00) && always(both, "clone", 17) &&
			   !always(both, "clone", 0x10000011),
		   "intersection: threads and children, and no user namespace");
		ok(always(both, "personality", 0xffffffff) && always(both, "personality", 0) &&
			   !always(both, "personality", 0x40000),
		   "intersection: the personality can be asked for, and not changed");
		ok(always(both, "read", 0) && always(both, "execve", 0) &&
			   always(both, "futex", 0) && !always(both, "mount", 0) &&
			   !always(both, "bpf", 0) && !always(both, "unshare", 0),
		   "intersection: a program runs, and mounts nothing");
		json_each (rule, json_find(both, "syscalls")) {
			if (json_first(json_find(rule, "names")))
				continue;
			ok(false, "intersection: no rule is without a name");
		}
	}
}

static void test_ours_by_ours(void)
{
	for (int is_compat = 0; is_compat < 2; is_compat++) {
		auto_arena struct arena *arena = arena_new();
		struct error e = { 0 };
		struct json *ours = seccomp_ours(arena, "default", is_compat, &e);
		const char *why = NULL;

		ok(ours && json_equal(ours, seccomp_intersect(arena, ours, ours, &why)),
		   "intersection: ours with ours is ours%s", is_compat ? ", with compat" : "");
	}
}

/* ---- single cases ---- */

#define PROFILE(action, rest)                                                                      \
	"{\"defaultAction\":\"SCMP_ACT_" action "\",\"architectures\":[\"SCMP_ARCH_X86_64\"]" rest \
	"}"
#define RULES(...) ",\"syscalls\":[" __VA_ARGS__ "]"
#define RULE(name, action, args)                                                                   \
	"{\"names\":[\"" name "\"],\"action\":\"SCMP_ACT_" action "\",\"args\":[" args "]}"
#define ARG(index, op, value) "{\"index\":" index ",\"value\":" value ",\"op\":\"SCMP_CMP_" op "\"}"
#define MASK(index, mask, value)                                                                   \
	"{\"index\":" index ",\"value\":" mask ",\"valueTwo\":" value                              \
	",\"op\":\"SCMP_CMP_MASKED_EQ\"}"

static void becomes(const char *name, const char *ours_text, const char *theirs_text,
		    const char *want)
{
	auto_arena struct arena *arena = arena_new();
	const char *why = NULL;
	struct json *both =
		seccomp_intersect(arena, parse(arena, ours_text), parse(arena, theirs_text), &why);

	is_text(both ? written(arena, json_find(both, "syscalls")) : why, want,
		arena_printf(arena, "intersection: %s", name));
}

#define READ RULE("read", "ALLOW", "")
#define ALLOWED(call) "{\"names\":[\"" call "\"],\"action\":\"SCMP_ACT_ALLOW\"}"
#define BLOCKED(call) "{\"names\":[\"" call "\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1}"

static void test_cases(void)
{
	static const char ours[] = PROFILE("ERRNO", ",\"defaultErrnoRet\":38" RULES(READ));
	static const char socket[] = PROFILE(
		"ERRNO",
		",\"defaultErrnoRet\":38" RULES(RULE("socket", "ALLOW", ARG("0", "EQ", "2"))));
	static const char kept[] =
		"[{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
		"{\"index\":0,\"value\":2,\"op\":\"SCMP_CMP_EQ\"}]}]";

	becomes("what both allow stays", ours, PROFILE("ERRNO", RULES(READ)),
		"[" ALLOWED("read") "]");
	becomes("what they do not name is EPERM", ours, PROFILE("ERRNO", ""),
		"[" BLOCKED("read") "]");
	becomes("what they name twice, once to block, is EPERM", ours,
		PROFILE("ERRNO", RULES(READ "," RULE("read", "ERRNO", ""))),
		"[" BLOCKED("read") "]");
	becomes("what they allow on a condition is EPERM", ours,
		PROFILE("ERRNO", RULES(RULE("read", "ALLOW", ARG("0", "EQ", "1")))),
		"[" BLOCKED("read") "]");
	becomes("an empty profile that allows leaves ours", ours, PROFILE("ALLOW", ""),
		"[" ALLOWED("read") "]");
	becomes("a profile that allows, twice over", ours, PROFILE("ALLOW", RULES(READ)),
		"[" ALLOWED("read") "]");
	becomes("a profile that allows and blocks on a condition", ours,
		PROFILE("ALLOW", RULES(RULE("read", "ERRNO", ARG("0", "EQ", "1")))),
		"[" BLOCKED("read") "]");
	becomes("no rule repeats the default answer", PROFILE("ERRNO", RULES(READ)),
		PROFILE("ERRNO", ""), "[]");

	becomes("a condition of ours stays where they have none", socket,
		PROFILE("ERRNO", RULES(RULE("socket", "ALLOW", ""))), kept);
	becomes("two of theirs that leave the same are one", socket,
		PROFILE("ERRNO", RULES(RULE("socket", "ALLOW", ARG("0", "NE", "40")) "," RULE(
					 "socket", "ALLOW", ARG("0", "LT", "38")))),
		kept);
	becomes("a value that theirs excludes is dropped", socket,
		PROFILE("ERRNO", RULES(RULE("socket", "ALLOW", ARG("0", "GT", "2")))), "[]");
	becomes("a block that cannot meet ours takes nothing", socket,
		PROFILE("ALLOW", RULES(RULE("socket", "ERRNO", ARG("0", "EQ", "40")))), kept);
	becomes("a block that can meet ours takes it", socket,
		PROFILE("ALLOW", RULES(RULE("socket", "ERRNO", ARG("1", "EQ", "3")))), "[]");
	becomes("a block by an unknown comparison takes it", socket,
		PROFILE("ALLOW", RULES(RULE("socket", "ERRNO", ARG("0", "ODD", "40")))), "[]");
	becomes("a block with bits outside of its mask takes it", socket,
		PROFILE("ALLOW", RULES(RULE("socket", "ERRNO", MASK("0", "2", "3")))), "[]");
	becomes("a block that tests an argument twice takes it", socket,
		PROFILE("ALLOW", RULES(RULE("socket", "ERRNO",
					    ARG("0", "EQ", "40") "," ARG("0", "EQ", "2")))),
		"[]");
}

static void test_refused(void)
{
	static const char ours[] = PROFILE("ERRNO", RULES(READ));
	static const char other[] = "it has actions other than ALLOW and ERRNO";

	becomes("a default that logs", ours, PROFILE("LOG", ""),
		"its default action is neither ALLOW nor ERRNO");
	becomes("a default that traces", ours, PROFILE("TRACE", ""),
		"its default action is neither ALLOW nor ERRNO");
	becomes("a rule that notifies", ours, PROFILE("ERRNO", RULES(RULE("read", "NOTIFY", ""))),
		other);
	becomes("a rule that kills", ours, PROFILE("ERRNO", RULES(RULE("read", "KILL", ""))),
		other);
	becomes("a listener", ours, PROFILE("ERRNO", ",\"listenerPath\":\"/run/x\""),
		"it hands system calls to another process (listenerPath)");
	becomes("another architecture", ours,
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86\"]}",
		"it is not written for this machine's architecture");
}

static void members(const char *name, const char *member, const char *ours_text,
		    const char *theirs_text, const char *want)
{
	auto_arena struct arena *arena = arena_new();
	const char *why = NULL;
	struct json *ours = parse(arena, ours_text);
	struct json *both = seccomp_intersect(arena, ours, parse(arena, theirs_text), &why);

	is_text(written(arena, both ? json_find(both, member) : NULL), want,
		arena_printf(arena, "intersection: %s", name));
	ok(both && json_equal(both, seccomp_intersect(arena, ours, both, &why)),
	   "intersection: and a second time changes nothing");
}

static void test_members(void)
{
	static const char ours[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":["
				   "\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"],\"syscalls\":[]}";
	static const char logs[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":["
				   "\"SCMP_ARCH_X86_64\"],\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],"
				   "\"syscalls\":[]}";

	members("the architectures of both", "architectures", ours,
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X32\","
		"\"SCMP_ARCH_X86\",\"SCMP_ARCH_X86_64\"]}",
		"[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"]");
	members("no architectures are the native one", "architectures", ours,
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", "[\"SCMP_ARCH_X86_64\"]");
	members("no flags stay none", "flags", ours, PROFILE("ALLOW", ""), "(nothing)");
	members("an empty list of flags is not none", "flags", ours,
		PROFILE("ALLOW", ",\"flags\":[]"), "[]");
	members("the flag that takes a defence away goes", "flags", ours,
		PROFILE("ALLOW", ",\"flags\":[\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\","
				 "\"SECCOMP_FILTER_FLAG_LOG\",\"SECCOMP_FILTER_FLAG_LOG\"]"),
		"[\"SECCOMP_FILTER_FLAG_LOG\"]");
	members("our own flag stays", "flags", logs, PROFILE("ALLOW", ",\"flags\":[]"),
		"[\"SECCOMP_FILTER_FLAG_LOG\"]");
}

/* 2048 rules, each naming "socket" a hundred times: 200,000 pairs must not become their square. */
static void test_hostile(void)
{
	auto_arena struct arena *arena = arena_new();
	auto_strbuf struct strbuf text = { 0 };
	struct error e = { 0 };
	struct json *ours = seccomp_ours(arena, "default", false, &e), *both;
	const char *why = NULL;

	strbuf_puts(&text, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[");
	for (unsigned int i = 0; i < 2048; i++) {
		strbuf_printf(&text, "%s{\"names\":[", i ? "," : "");
		for (unsigned int j = 0; j < 100; j++)
			strbuf_puts(&text, j ? ",\"socket\"" : "\"socket\"");
		strbuf_printf(
			&text,
			"],\"action\":\"SCMP_ACT_%s\",\"args\":[{\"index\":1,\"value\":%u,\"op\":"
			"\"SCMP_CMP_EQ\"}]}",
			i % 2 ? "ALLOW" : "ERRNO", i);
	}
	strbuf_puts(&text, "]}");
	both = seccomp_intersect(arena, ours, parse(arena, strbuf_text(&text)), &why);
	ok(both && !always(both, "socket", 2),
	   "intersection: a name with thousands of rules is blocked, and soon");
}

int main(void)
{
	test_random();
	test_real();
	test_ours_by_ours();
	test_cases();
	test_refused();
	test_members();
	test_hostile();
	return done_testing();
}
