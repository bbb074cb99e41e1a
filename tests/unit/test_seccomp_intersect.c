/* The intersection of two filters, case by case: what stays, what goes, and with which answer. */
#include "seccomp_try.h"

static const char *both_of(struct arena *arena, const char *ours, const char *theirs,
			   const char *member)
{
	const char *why = NULL;
	struct json *a = seccomp_json(arena, ours), *again;
	struct json *both = seccomp_both(arena, a, seccomp_json(arena, theirs), &why);

	if (!both)
		return why;
	again = seccomp_both(arena, a, both, &why);
	if (!json_equal(both, again))
		printf("# not idempotent: %s\n", seccomp_text(arena, again));
	return json_equal(both, again) ? seccomp_text(arena, json_find(both, member)) : "twice";
}

static void becomes(const char *name, const char *ours, const char *theirs, const char *want)
{
	auto_arena struct arena *arena = arena_new();

	is_text(both_of(arena, ours, theirs, "syscalls"), want,
		arena_printf(arena, "intersection: %s", name));
}

#define READ RULE("read", "ALLOW", "")
#define ALLOWED(call) "{\"names\":[\"" call "\"],\"action\":\"SCMP_ACT_ALLOW\"}"
#define DOES(call, action) "{\"names\":[\"" call "\"],\"action\":\"SCMP_ACT_" action "\"}"
#define ERRNO(call, number)                                                                        \
	"{\"names\":[\"" call "\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":" number "}"
#define BLOCKED(call) ERRNO(call, "1")
/* One condition on argument 0 of socket, as it is written. */
#define SOCKET(op, value)                                                                          \
	"{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"            \
	"\"value\":" value ",\"op\":\"SCMP_CMP_" op "\"}]}"
#define SOCKET_MASK(mask, value)                                                                   \
	"{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"            \
	"\"value\":" mask value ",\"op\":\"SCMP_CMP_MASKED_EQ\"}]}"

static const char ours[] = PROFILE("ERRNO", ",\"defaultErrnoRet\":38" RULES(READ));

/* ---- without conditions ---- */

static void test_plain(void)
{
	becomes("what both allow stays", ours, PROFILE("ERRNO", RULES(READ)),
		"[" ALLOWED("read") "]");
	becomes("what they do not name is EPERM", ours, PROFILE("ERRNO", ""),
		"[" BLOCKED("read") "]");
	becomes("or what their default says", ours, PROFILE("ERRNO", ",\"defaultErrnoRet\":13"),
		"[" ERRNO("read", "13") "]");
	becomes("what they block keeps their errno", ours,
		PROFILE("ALLOW", RULES("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\","
				       "\"errnoRet\":22}")),
		"[" ERRNO("read", "22") "]");
	becomes("an errno of 0 is none", ours,
		PROFILE("ALLOW", RULES("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\","
				       "\"errnoRet\":0}")),
		"[" BLOCKED("read") "]");
	becomes("an errno that the kernel would cut to 0 is none", ours,
		PROFILE("ALLOW", RULES("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\","
				       "\"errnoRet\":65536}")),
		"[" BLOCKED("read") "]");
	becomes("ours names the call: our errno",
		PROFILE("ERRNO", ",\"defaultErrnoRet\":38" RULES(RULE("bpf", "ERRNO", ""))),
		PROFILE("ERRNO", ",\"defaultErrnoRet\":13"), "[" BLOCKED("bpf") "]");
	becomes("what they name twice, once to block, is EPERM", ours,
		PROFILE("ERRNO", RULES(READ "," RULE("read", "ERRNO", ""))),
		"[" BLOCKED("read") "]");
	becomes("an empty profile that allows leaves ours", ours, PROFILE("ALLOW", ""),
		"[" ALLOWED("read") "]");
	becomes("a profile that allows, twice over", ours, PROFILE("ALLOW", RULES(READ)),
		"[" ALLOWED("read") "]");
	becomes("no rule repeats the default answer", PROFILE("ERRNO", RULES(READ)),
		PROFILE("ERRNO", ""), "[]");
	becomes("names of one answer share a rule, from the highest number to the lowest",
		PROFILE("ERRNO", RULES(READ "," RULE("openat", "ALLOW", "") "," RULE("futex_waitv",
										     "ALLOW", ""))),
		PROFILE("ALLOW", ""),
		"[{\"names\":[\"futex_waitv\",\"openat\",\"read\"],"
		"\"action\":\"SCMP_ACT_ALLOW\"}]");
}

/* ---- actions ---- */

static void test_actions(void)
{
	static const char socket[] =
		PROFILE("ERRNO", RULES(RULE("socket", "ALLOW", ARG("0", "EQ", "2"))));

	becomes("a call that they log is logged", ours,
		PROFILE("ALLOW", RULES(RULE("read", "LOG", ""))), "[" DOES("read", "LOG") "]");
	becomes("a default that logs logs", ours, PROFILE("LOG", ""), "[" DOES("read", "LOG") "]");
	becomes("but not what has a rule", ours, PROFILE("LOG", RULES(READ)),
		"[" ALLOWED("read") "]");
	becomes("what they kill for is killed for", ours,
		PROFILE("ALLOW", RULES(RULE("read", "KILL_PROCESS", ""))),
		"[" DOES("read", "KILL_PROCESS") "]");
	becomes("two words for one action", ours,
		PROFILE("ALLOW", RULES(RULE("read", "KILL_THREAD", ""))),
		"[" DOES("read", "KILL") "]");
	becomes("a kill is stricter than a trap", ours,
		PROFILE("ALLOW", RULES(RULE("read", "TRAP", "") "," RULE("read", "KILL", ""))),
		"[" DOES("read", "KILL") "]");
	becomes("also of calls that ours does not name", ours,
		PROFILE("ALLOW", RULES(RULE("bpf", "TRAP", "") "," RULE("mount", "ERRNO", ""))),
		"[" ALLOWED("read") "," DOES("bpf", "TRAP") "]");
	becomes("even of calls that nobody knows", ours,
		PROFILE("ALLOW", RULES(RULE("nonsense", "KILL", ""))),
		"[" ALLOWED("read") "," DOES("nonsense", "KILL") "]");
	becomes("a default that kills: what they answer with an errno keeps it", ours,
		PROFILE("KILL_PROCESS", RULES(RULE("read", "ERRNO", ""))), "[" BLOCKED("read") "]");
	becomes("and what they do not name is killed for", ours, PROFILE("KILL_PROCESS", ""), "[]");
	becomes("a kill on a condition stays beside what is allowed", socket,
		PROFILE("ALLOW", RULES(RULE("socket", "KILL", ARG("0", "EQ", "40")))),
		"[" SOCKET("EQ",
			   "2") ",{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_KILL\","
				"\"args\":[{\"index\":0,\"value\":40,\"op\":\"SCMP_CMP_EQ\"}]}"
				"]");
	becomes("our kill stays, too", PROFILE("ERRNO", RULES(READ "," RULE("bpf", "KILL", ""))),
		PROFILE("ERRNO", RULES(READ)), "[" ALLOWED("read") "," DOES("bpf", "KILL") "]");
}

/* ---- conditions ---- */

#define SITE(...) PROFILE("ERRNO", ",\"defaultErrnoRet\":38" RULES(__VA_ARGS__))
#define ANY_SOCKET SITE(RULE("socket", "ALLOW", ""))
#define IF(...) RULE("socket", "ALLOW", __VA_ARGS__)
#define UNLESS(...) RULE("socket", "ERRNO", __VA_ARGS__)

static void test_conditions(void)
{
	static const char socket[] = SITE(IF(ARG("0", "EQ", "2")));
	static const char kept[] = "[" SOCKET("EQ", "2") "]";

	becomes("a condition of theirs stays where ours has none", ANY_SOCKET,
		PROFILE("ERRNO", RULES(IF(ARG("0", "EQ", "1")))), "[" SOCKET("EQ", "1") "]");
	becomes("a condition of ours stays where they have none", socket,
		PROFILE("ERRNO", RULES(IF(""))), kept);
	becomes("two of theirs that leave the same are one", socket,
		PROFILE("ERRNO", RULES(IF(ARG("0", "NE", "40")) "," IF(ARG("0", "LT", "38")))),
		kept);
	becomes("a value that theirs excludes is EPERM", socket,
		PROFILE("ERRNO", RULES(IF(ARG("0", "GT", "2")))), "[" BLOCKED("socket") "]");
	becomes("a block that cannot meet ours takes nothing", socket,
		PROFILE("ALLOW", RULES(UNLESS(ARG("0", "EQ", "40")))),
		"[" SOCKET("EQ", "2") ",{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ERRNO\","
				      "\"errnoRet\":1,\"args\":[{\"index\":0,\"value\":40,\"op\":"
				      "\"SCMP_CMP_EQ\"}]}]");
	becomes("what a block takes is taken from ours",
		PROFILE("ERRNO", RULES(RULE("socket", "ALLOW", ""))),
		PROFILE("ALLOW", RULES(UNLESS(ARG("0", "EQ", "40")))), "[" SOCKET("NE", "40") "]");
	becomes("a block by an unknown comparison takes it", socket,
		PROFILE("ALLOW", RULES(UNLESS(ARG("0", "ODD", "40")))), "[" BLOCKED("socket") "]");
	becomes("a block with bits outside of its mask takes it", socket,
		PROFILE("ALLOW", RULES(UNLESS(MASK("0", "2", "3")))), "[" BLOCKED("socket") "]");
	becomes("a block that tests an argument twice takes it", socket,
		PROFILE("ALLOW", RULES(UNLESS(ARG("0", "EQ", "40") "," ARG("0", "EQ", "2")))),
		"[" BLOCKED("socket") "]");
	becomes("a permission that tests an argument twice is none", socket,
		PROFILE("ERRNO", RULES(IF(ARG("0", "EQ", "2") "," ARG("0", "EQ", "2")))),
		"[" BLOCKED("socket") "]");
	becomes("a block that nothing can pass takes nothing", socket,
		PROFILE("ALLOW", RULES(UNLESS(ARG("0", "LT", "0")))), kept);
}

/* What both allow of one argument, exactly. */
static void exactly(const char *name, const char *a, const char *b, const char *want)
{
	auto_arena struct arena *arena = arena_new();
	static const char form[] = PROFILE("ERRNO", RULES(IF("%s")));
	const char *first = arena_printf(arena, form, a), *second = arena_printf(arena, form, b);

	is_text(both_of(arena, first, second, "syscalls"), want,
		arena_printf(arena, "exactly: %s", name));
	is_text(both_of(arena, second, first, "syscalls"), want,
		arena_printf(arena, "exactly: %s, the other way round", name));
}

static void test_exact(void)
{
	exactly("the lower of two upper bounds", ARG("0", "LT", "9"), ARG("0", "LE", "5"),
		"[" SOCKET("LE", "5") "]");
	exactly("the higher of two lower bounds", ARG("0", "GT", "9"), ARG("0", "GE", "5"),
		"[" SOCKET("GT", "9") "]");
	exactly("two masks are one", MASK("0", "3", "1"), MASK("0", "12", "8"),
		"[" SOCKET_MASK("15", ",\"valueTwo\":9") "]");
	exactly("two masks that exclude each other are nothing", MASK("0", "3", "1"),
		MASK("0", "1", "0"), "[]");
	exactly("a small range is its values", ARG("0", "GE", "4"), ARG("0", "LE", "5"),
		"[" SOCKET("EQ", "4") "," SOCKET("EQ", "5") "]");
	exactly("a large range is nothing", ARG("0", "GE", "4"), ARG("0", "LE", "500"), "[]");
	exactly("a hole at the border of a bound moves it", ARG("0", "NE", "5"),
		ARG("0", "LE", "5"), "[" SOCKET("LE", "4") "]");
	exactly("and at the border of a lower one", ARG("0", "NE", "6"), ARG("0", "GT", "5"),
		"[" SOCKET("GT", "6") "]");
	exactly("a hole outside of a bound is none", ARG("0", "NE", "6"), ARG("0", "LE", "5"),
		"[" SOCKET("LE", "5") "]");
	exactly("a hole outside of a mask is none", ARG("0", "NE", "6"), MASK("0", "1", "1"),
		"[" SOCKET_MASK("1", ",\"valueTwo\":1") "]");
	exactly("a hole inside of a mask cannot be said", ARG("0", "NE", "7"), MASK("0", "1", "1"),
		"[]");
	exactly("two holes are what lies around them", ARG("0", "NE", "38"), ARG("0", "NE", "40"),
		"[" SOCKET("EQ", "39") "," SOCKET("LE", "37") "," SOCKET("GT", "40") "]");
	exactly("a value and whatever it passes", ARG("0", "EQ", "7"), MASK("0", "3", "3"),
		"[" SOCKET("EQ", "7") "]");
	exactly("a bound and a wide mask of two arguments", ARG("0", "LE", "39"),
		MASK("1", "4294967296", "0"),
		"[{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
		"{\"index\":0,\"value\":39,\"op\":\"SCMP_CMP_LE\"},"
		"{\"index\":1,\"value\":4294967296,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}]");
	exactly("bounds at the ends are none", ARG("0", "GE", "0"),
		ARG("0", "LE", "18446744073709551615"), "[" ALLOWED("socket") "]");
}

/* Only rules that libseccomp compiles as they are meant: src/seccomp_form.c. */
#define TWO(op) ARG("0", "EQ", "1") "," ARG("1", op, "5")
#define WRITTEN(index, op, value)                                                                  \
	"{\"index\":" index ",\"value\":" value ",\"op\":\"SCMP_CMP_" op "\"}"
#define WRITTEN_TWO(op)                                                                            \
	"{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[" WRITTEN(                \
		"0", "EQ", "1") "," WRITTEN("1", op, "5") "]}"

static void test_forms(void)
{
	becomes("one rule may test anything", ANY_SOCKET, PROFILE("ERRNO", RULES(IF(TWO("NE")))),
		"[" WRITTEN_TWO("NE") "]");
	becomes("beside another one an inequality is its first values", ANY_SOCKET,
		PROFILE("ERRNO", RULES(IF(ARG("0", "EQ", "1") "," ARG("1", "NE", "1")) "," IF(
					 ARG("0", "EQ", "2")))),
		"[{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[" WRITTEN(
			"0", "EQ", "1") "," WRITTEN("1", "EQ", "0") "]}," SOCKET("EQ", "2") "]");
	becomes("beside another one it may not, and the larger set stays", ANY_SOCKET,
		PROFILE("ERRNO", RULES(IF(TWO("GT")) "," IF(ARG("0", "EQ", "2")))),
		"[" SOCKET("EQ", "2") "]");
	becomes("equalities of two arguments may", ANY_SOCKET,
		PROFILE("ERRNO", RULES(IF(TWO("EQ")) "," IF(ARG("0", "EQ", "2")))),
		"[" WRITTEN_TWO("EQ") "," SOCKET("EQ", "2") "]");
	becomes("two masks of one argument may not beside a second argument", ANY_SOCKET,
		PROFILE("ERRNO", RULES(IF(MASK("0", "3", "0") "," ARG("1", "EQ", "5")) "," IF(
					 MASK("0", "5", "0")))),
		"[" SOCKET_MASK("5", "") "]");
	becomes("an upper bound beside a wide constant may not", ANY_SOCKET,
		PROFILE("ERRNO",
			RULES(IF(ARG("0", "LE", "5")) "," IF(ARG("0", "GT", "4294967296")))),
		"[" SOCKET("GT", "4294967296") "]");
	becomes("permissions make room for a kill", ANY_SOCKET,
		PROFILE("ERRNO",
			RULES(IF(TWO("GT")) "," RULE("socket", "KILL", ARG("0", "EQ", "2")))),
		"[{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_KILL\",\"args\":[" WRITTEN(
			"0", "EQ", "2") "]}]");
	becomes("kills that have no form are for the whole call", ANY_SOCKET,
		PROFILE("ERRNO", RULES(RULE("socket", "KILL", TWO("NE")) "," RULE(
					 "socket", "KILL", ARG("0", "EQ", "2")))),
		"[" DOES("socket", "KILL") "]");
}

/* libseccomp compares 32 bits on 32-bit architectures, and has no conditions behind socketcall. */
static void test_narrow(void)
{
	static const char archs[] = "{\"defaultAction\":\"SCMP_ACT_%s\",\"architectures\":["
				    "\"SCMP_ARCH_X86_64\",\"%s\"],\"syscalls\":[%s]}";
	auto_arena struct arena *arena = arena_new();
	const char *two = IF(ARG("0", "EQ", "2"));
	const char *x86 = arena_printf(arena, archs, "ERRNO", "SCMP_ARCH_X86", two);
	const char *x32 = arena_printf(arena, archs, "ERRNO", "SCMP_ARCH_X32", two);

	becomes("a block beyond 32 bits may be another one on x32", x32,
		arena_printf(arena, archs, "ALLOW", "SCMP_ARCH_X32",
			     UNLESS(ARG("0", "EQ", "4294967298"))),
		"[]");
	becomes("a permission beyond 32 bits may be another one on x32", x32,
		arena_printf(arena, archs, "ERRNO", "SCMP_ARCH_X32",
			     IF(ARG("0", "LT", "4294967298"))),
		"[]");
	becomes("a block behind socketcall has no condition on i386", x86,
		arena_printf(arena, archs, "ALLOW", "SCMP_ARCH_X86", UNLESS(ARG("0", "EQ", "40"))),
		"[]");
	becomes("a block of socketcall blocks socket", x86,
		arena_printf(arena, archs, "ALLOW", "SCMP_ARCH_X86",
			     RULE("socketcall", "ERRNO", "")),
		"[]");
	becomes("and the other way round",
		arena_printf(arena, archs, "ERRNO", "SCMP_ARCH_X86",
			     RULE("socketcall", "ALLOW", "")),
		arena_printf(arena, archs, "ALLOW", "SCMP_ARCH_X86", RULE("bind", "ERRNO", "")),
		"[]");
}

/* i386: a call in front and those behind it are one family. */
static void test_gates(void)
{
	static const char archs[] = "{\"defaultAction\":\"SCMP_ACT_%s\",\"architectures\":["
				    "\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"],\"syscalls\":[%s]}";
	auto_arena struct arena *arena = arena_new();
	static const char rules[] =
		READ "," RULE("socketcall", "ALLOW", "") "," RULE("bind", "ALLOW", "");
	const char *x86 = arena_printf(arena, archs, "ERRNO", rules);

	becomes("a call behind socketcall that is logged has all of them logged", x86,
		arena_printf(arena, archs, "ALLOW", RULE("bind", "LOG", "")),
		"[{\"names\":[\"bind\",\"socketcall\"],\"action\":\"SCMP_ACT_LOG\"}," ALLOWED(
			"read") "]");
	becomes("a block of ours behind socketcall closes it",
		arena_printf(arena, archs, "ERRNO",
			     READ "," RULE("socketcall", "ALLOW", "") "," RULE("bind", "KILL", "")),
		arena_printf(arena, archs, "ALLOW", ""),
		"[" ALLOWED("read") "," DOES("bind", "KILL") "]");
	is_text(both_of(arena,
			arena_printf(arena, archs, "ERRNO",
				     RULE("accept", "ALLOW", "") "," RULE("read", "ALLOW",
									  ARG("0", "EQ", "1"))),
			arena_printf(arena, archs, "ALLOW", ""), "architectures"),
		"[\"SCMP_ARCH_X86_64\"]",
		"intersection: a filter that libseccomp would write without the number is native");
}

/* ---- listeners, what cannot be combined ---- */

#define LISTENER ",\"listenerPath\":\"/run/x\",\"listenerMetadata\":\"m\""

static void test_listeners(void)
{
	auto_arena struct arena *arena = arena_new();
	static const char notifies[] =
		PROFILE("ALLOW",
			LISTENER RULES(RULE("read", "NOTIFY", "") "," RULE("mount", "NOTIFY", "")));

	becomes("a call for a listener stays where ours allows it", ours, notifies,
		"[" DOES("read", "NOTIFY") "]");
	is_text(both_of(arena, ours, notifies, "listenerPath"), "\"/run/x\"",
		"intersection: and the listener");
	is_text(both_of(arena, ours, notifies, "listenerMetadata"), "\"m\"",
		"intersection: and its data");
	is_text(both_of(arena, ours, PROFILE("ALLOW", LISTENER), "listenerPath"), "(nothing)",
		"intersection: a listener for nothing goes");
	becomes("a rule that notifies nobody", ours,
		PROFILE("ERRNO", RULES(RULE("read", "NOTIFY", ""))),
		"it hands system calls to a listener (SCMP_ACT_NOTIFY) and names none");
	becomes("a default that traces", ours, PROFILE("TRACE", ""),
		"it hands system calls to a tracer (SCMP_ACT_TRACE)");
	becomes("a rule that traces", ours, PROFILE("ERRNO", RULES(RULE("bpf", "TRACE", ""))),
		"it hands system calls to a tracer (SCMP_ACT_TRACE)");
	becomes("an unknown action", ours, PROFILE("ERRNO", RULES(RULE("bpf", "GRANT", ""))),
		"one of its actions is unknown");
	becomes("an unknown default", ours, PROFILE("GRANT", ""), "its default action is unknown");
	becomes("another architecture", ours,
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86\"]}",
		"it is not written for this machine's architecture");
}

/* ---- the other members ---- */

static void members(const char *name, const char *member, const char *first, const char *theirs,
		    const char *want)
{
	auto_arena struct arena *arena = arena_new();

	is_text(both_of(arena, first, theirs, member), want,
		arena_printf(arena, "intersection: %s", name));
}

static void test_members(void)
{
	static const char two[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":["
				  "\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"],\"syscalls\":[]}";
	static const char logs[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":["
				   "\"SCMP_ARCH_X86_64\"],\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],"
				   "\"syscalls\":[]}";

	members("the architectures of both", "architectures", two,
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X32\","
		"\"SCMP_ARCH_X86\",\"SCMP_ARCH_X86_64\"]}",
		"[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"]");
	members("no architectures are the native one", "architectures", two,
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", "[\"SCMP_ARCH_X86_64\"]");
	members("no flags stay none", "flags", two, PROFILE("ALLOW", ""), "(nothing)");
	members("an empty list of flags is not none", "flags", two,
		PROFILE("ALLOW", ",\"flags\":[]"), "[]");
	members("the flag that takes a defence away goes", "flags", two,
		PROFILE("ALLOW", ",\"flags\":[\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\","
				 "\"SECCOMP_FILTER_FLAG_LOG\",\"SECCOMP_FILTER_FLAG_LOG\"]"),
		"[\"SECCOMP_FILTER_FLAG_LOG\"]");
	members("our own flag stays", "flags", logs, PROFILE("ALLOW", ",\"flags\":[]"),
		"[\"SECCOMP_FILTER_FLAG_LOG\"]");
	members("the stricter default", "defaultAction", ours, PROFILE("KILL", ""),
		"\"SCMP_ACT_KILL\"");
	members("ours when both are as strict", "defaultErrnoRet", ours,
		PROFILE("ERRNO", ",\"defaultErrnoRet\":13"), "38");
}

static void test_unknown(void)
{
	auto_arena struct arena *arena = arena_new();
	const char *why = NULL;
	struct seccomp_filter *a = seccomp_filter_read(arena, seccomp_json(arena, ours), &why);
	struct seccomp_filter *b = seccomp_filter_read(
		arena,
		seccomp_json(arena, PROFILE("ALLOW", RULES("{\"action\":\"SCMP_ACT_ALLOW\","
							   "\"names\":[\"read\",\"mount\"]}"))),
		&why);

	seccomp_filter_sort(arena, a);
	seccomp_filter_index(arena, a);
	is_text(seccomp_intersect(arena, a, b, &why)->unknown, NULL,
		"unknown: of what everybody knows nothing is said");
	b = seccomp_filter_read(
		arena,
		seccomp_json(arena, PROFILE("ALLOW", RULES("{\"action\":\"SCMP_ACT_ALLOW\","
							   "\"names\":[\"a\",\"read\",\"b\",\"c\","
							   "\"d\",\"e\",\"f\",\"g\"]}"))),
		&why);
	is_text(seccomp_intersect(arena, a, b, &why)->unknown,
		"the request's profile names calls that are not known here and stay blocked: a, b, "
		"c, d, e and 2 more",
		"unknown: calls that the library does not know are named");
}

/* 2048 rules, each naming "socket" a hundred times: 200,000 pairs must not become their square. */
static void test_hostile(void)
{
	auto_arena struct arena *arena = arena_new();
	auto_strbuf struct strbuf text = { 0 };
	struct json *both;
	const char *why = NULL;
	const uint64_t args[6] = { 2 };

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
	both = seccomp_both(arena, seccomp_ours(arena, "default", false, 0),
			    seccomp_json(arena, strbuf_text(&text)), &why);
	ok(both && judge(both, "socket", args).weakest == RANK_ERRNO,
	   "intersection: a name with thousands of rules is blocked, and soon");
}

/* ---- room ---- */

/* Permissions that narrowing would write out as 56 and 64 rules, and errnos that come behind them.
 */
static void test_room(unsigned int permissions)
{
	auto_arena struct arena *arena = arena_new();
	auto_strbuf struct strbuf theirs = { 0 };
	const char *why = NULL;
	struct json *both;

	strbuf_puts(&theirs, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[");
	for (unsigned int i = 0; i < 16; i++) {
		bool is_permission = i < permissions;

		strbuf_printf(&theirs,
			      "%s{\"names\":[\"read\"],\"action\":\"SCMP_ACT_%s,\"args\":["
			      "{\"index\":0,\"value\":%u,\"op\":\"SCMP_CMP_EQ\"},"
			      "{\"index\":1,\"value\":%u,\"op\":\"SCMP_CMP_%s\"}]}",
			      i ? "," : "", is_permission ? "ALLOW\"" : "ERRNO\",\"errnoRet\":5",
			      is_permission ? i : 92 + i, is_permission ? 8U : 7U,
			      is_permission ? "NE" : "EQ");
	}
	strbuf_puts(&theirs, "]}");
	both = seccomp_both(arena, seccomp_json(arena, ours),
			    seccomp_json(arena, strbuf_text(&theirs)), &why);
	ok(both && json_count(json_find(both, "syscalls")) <= 64,
	   "%u inequalities: as many rules for a call as there is room for", permissions);
	ok(json_equal(both, seccomp_both(arena, seccomp_json(arena, ours), both, &why)),
	   "%u inequalities: which can be combined again", permissions);
}

/* Rules about calls that nobody knows are kept when they kill, and may be as long as a document. */
static void test_many_unknown(void)
{
	for (unsigned int count = 200; count <= 300; count += 100) {
		auto_arena struct arena *arena = arena_new();
		auto_strbuf struct strbuf theirs = { 0 };
		const char *why = NULL;
		struct json *both;

		strbuf_puts(&theirs, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
				     "{\"action\":\"SCMP_ACT_KILL\",\"names\":[");
		for (unsigned int i = 0; i < count; i++)
			strbuf_printf(&theirs, "%s\"new_call_%u\"", i ? "," : "", i);
		strbuf_puts(&theirs, "]}]}");
		both = seccomp_both(arena, seccomp_json(arena, ours),
				    seccomp_json(arena, strbuf_text(&theirs)), &why);
		ok(count < 256 ? both != NULL : !both && strstr(why, "not known here") != NULL,
		   "%u unknown calls to kill for", count);
	}
}

int main(void)
{
	test_plain();
	test_actions();
	test_conditions();
	test_exact();
	test_forms();
	test_narrow();
	test_gates();
	test_listeners();
	test_members();
	test_unknown();
	test_hostile();
	test_room(7);
	test_room(8);
	test_many_unknown();
	return done_testing();
}
