/* Conditions and answers in words. */
#include <errno.h>

#include "seccomp_phrase.h"
#include "seccomp_try.h"
#include "seccomp_values.h"

#define ALLOW(name, args) RULE(name, "ALLOW", args)
#define ALL_OF(name) PROFILE("ERRNO", RULES(name))

static void says(const char *call, const char *profile, const char *want)
{
	auto_arena struct arena *arena = arena_new();
	const char *why;
	struct json *json = seccomp_json(arena, profile);
	struct seccomp_filter *filter = seccomp_filter_read(arena, json, &why);

	is_text(seccomp_phrase_call(arena, call, filter->rules, filter->count, NULL), want,
		"words: the rules of a call");
}

static void test_values(void)
{
	says("socket",
	     ALL_OF(ALLOW("socket", ARG("0", "EQ", "1")) "," ALLOW("socket", ARG("0", "EQ", "10"))),
	     "allowed: only AF_UNIX, AF_INET6");
	says("socket",
	     ALL_OF(ALLOW("socket", ARG("0", "LT", "38")) "," ALLOW(
		     "socket", ARG("0", "EQ", "39")) "," ALLOW("socket", ARG("0", "GT", "40"))),
	     "allowed: any family but AF_ALG, AF_VSOCK");
	says("socket", ALL_OF(ALLOW("socket", ARG("0", "NE", "40"))),
	     "allowed: any family but AF_VSOCK");
	says("socket", ALL_OF(ALLOW("socket", ARG("0", "EQ", "99"))), "allowed: only family 0x63");
	says("socket", ALL_OF(ALLOW("socket", ARG("0", "EQ", "16") "," ARG("2", "NE", "9"))),
	     "allowed: family AF_NETLINK and protocol other than 0x9");
	says("socket",
	     ALL_OF(ALLOW("socket", ARG("0", "EQ", "1")) "," ALLOW("socket", ARG("1", "EQ", "1"))),
	     "allowed: family AF_UNIX, or type SOCK_STREAM");
	says("socket", ALL_OF(RULE("socket", "KILL_PROCESS", ARG("0", "EQ", "40"))),
	     "kills the process: only AF_VSOCK");
	says("ioctl", ALL_OF(ALLOW("ioctl", ARG("1", "NE", "21522"))),
	     "allowed: any request but TIOCSTI");
	says("prctl", ALL_OF(ALLOW("prctl", ARG("0", "EQ", "38"))),
	     "allowed: only PR_SET_NO_NEW_PRIVS");
	says("personality", ALL_OF(ALLOW("personality", ARG("0", "EQ", "131080"))),
	     "allowed: only PER_LINUX32|UNAME26");
	says("read", ALL_OF(ALLOW("read", ARG("2", "LE", "4096"))),
	     "allowed: argument 2 up to 0x1000");
	says("read", ALL_OF(ALLOW("read", ARG("2", "GT", "4096"))),
	     "allowed: argument 2 from 0x1001");
	says("read",
	     ALL_OF(ALLOW("read", ARG("2", "LE", "4")) "," ALLOW("read", ARG("2", "GT", "4096"))),
	     "allowed: argument 2 up to 0x4, from 0x1001");
	says("read", ALL_OF(ALLOW("read", ARG("2", "LE", "3"))),
	     "allowed: only argument 2 0x0, 0x1, 0x2, 0x3");
	says("read", ALL_OF(ALLOW("read", ARG("0", "EQ", "18446744073709551615"))),
	     "allowed: only argument 0 0xffffffffffffffff");
	says("read", ALL_OF(ALLOW("read", "")), "allowed");
	says("read",
	     ALL_OF(ALLOW("read", ARG("0", "EQ", "0")) "," ALLOW("read", ARG("0", "GT", "100"))),
	     "allowed: argument 0 0x0, from 0x65");
	says("read",
	     ALL_OF(ALLOW("read", ARG("0", "LE", "5")) "," ALLOW("read", ARG("0", "GT", "5"))),
	     "allowed: argument 0 any value");
	says("read",
	     ALL_OF(ALLOW("read", ARG("0", "GT", "9")) "," ALLOW("read", ARG("0", "LE", "5"))),
	     "allowed: any argument 0 but 0x6, 0x7, 0x8, 0x9");
}

static void test_flags(void)
{
	says("clone", ALL_OF(ALLOW("clone", MASK("0", "2114060288", "0"))),
	     "allowed: without namespace flags");
	says("clone", ALL_OF(RULE("clone", "ERRNO", MASK("0", "268435456", "268435456"))),
	     "EPERM: with CLONE_NEWUSER");
	says("clone", ALL_OF(ALLOW("clone", MASK("0", "805306368", "268435456"))),
	     "allowed: with CLONE_NEWUSER, without CLONE_NEWPID");
	says("unshare", ALL_OF(ALLOW("unshare", MASK("0", "402653184", "0"))),
	     "allowed: without CLONE_NEWIPC or CLONE_NEWUSER");
	says("clone", ALL_OF(ALLOW("clone", MASK("0", "1", "1"))), "allowed: flags & 0x1 = 0x1");
	says("mmap", ALL_OF(ALLOW("mmap", MASK("2", "4", "0"))), "allowed: without PROT_EXEC");
	says("read", ALL_OF(ALLOW("read", MASK("2", "6", "2"))), "allowed: argument 2 & 0x6 = 0x2");
}

static void test_many(void)
{
	auto_arena struct arena *arena = arena_new();
	struct seccomp_rule rules[200] = { 0 };
	struct seccomp_term terms[200] = { 0 };
	const struct seccomp_rule *list[200];

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		terms[i].arg[0] =
			(struct seccomp_test){ .op = i % 2 ? TEST_EQ : TEST_NE, .value = 3 * i };
		rules[i] = (struct seccomp_rule){ .name = "read", .term = &terms[i] };
		list[i] = &rules[i];
	}
	is_text(seccomp_phrase_call(arena, "read", rules, ARRAY_SIZE(rules), NULL), "200 rules",
		"words: too many rules are counted");
	ok(seccomp_phrase_when(arena, "read", list, ARRAY_SIZE(list)) != NULL,
	   "words: more ranges than there is room for");
}

static void test_answers(void)
{
	static const struct {
		struct seccomp_answer answer;
		const char *words;
	} rows[] = {
		{ { ACT_ALLOW, 0 }, "allowed" },
		{ { ACT_LOG, 0 }, "allowed and logged" },
		{ { ACT_TRACE, 0 }, "handed to a tracer" },
		{ { ACT_NOTIFY, 0 }, "handed to a listener" },
		{ { ACT_ERRNO, ENOSYS }, "ENOSYS" },
		{ { ACT_ERRNO, 4000 }, "errno 4000" },
		{ { ACT_TRAP, 0 }, "SIGSYS" },
		{ { ACT_KILL_THREAD, 0 }, "kills the thread" },
		{ { ACT_KILL_PROCESS, 0 }, "kills the process" },
	};
	auto_arena struct arena *arena = arena_new();
	const struct seccomp_answer other = { ACT_ERRNO, ENOSYS };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		is_text(seccomp_phrase_answer(arena, rows[i].answer), rows[i].words,
			"words: an answer");
	is_text(seccomp_phrase_call(arena, "read", NULL, 0, &other), "ENOSYS",
		"words: without rules, what holds for all");
	is_text(seccomp_phrase_archs(arena, ARCH_X86_64 | ARCH_X86 | ARCH_ARM), "x86_64, x86, arm",
		"words: architectures");
	is_text(seccomp_phrase_archs(arena, 0), "none of this machine's", "words: none");
	is_text(seccomp_value_name(seccomp_argument("socket", 0), 40), "AF_VSOCK",
		"words: a value");
	ok(!seccomp_argument("read", 0) && !seccomp_value_name(NULL, 1),
	   "words: none for what we have no word for");
}

int main(void)
{
	test_values();
	test_flags();
	test_many();
	test_answers();
	return done_testing();
}
