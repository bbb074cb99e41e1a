/* Profiles that containers bring, read from a file: what no profile of the policy may say. */
#include "seccomp_names.h"
#include "seccomp_try.h"

static struct error e;
static const char *unknown;
static size_t unknown_count;

static bool parses(struct arena *arena, struct seccomp_profile *profile, const char *text)
{
	e = (struct error){ 0 };
	unknown = NULL;
	unknown_count = 0;
	return seccomp_profile_parse_request(profile, arena, text, strlen(text), "p.json", &unknown,
					     &unknown_count, &e) == 0;
}

static struct seccomp_answer answer_of(struct arena *arena, const struct seccomp_profile *profile,
				       const char *name)
{
	const struct seccomp_context context = { .archs = ARCH_NATIVE };
	struct seccomp_filter *filter = seccomp_profile_resolve(arena, profile, &context);
	const struct seccomp_call *call = seccomp_filter_find(filter, name);

	return call && call->count ? filter->rules[call->first].answer : filter->other;
}

static void test_accepted(void)
{
	auto_arena struct arena *arena = arena_new();
	struct seccomp_profile profile;

	ok(parses(arena, &profile,
		  "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"bpf\"],"
		  "\"action\":\"SCMP_ACT_ERRNO\"}]}") &&
		   answer_of(arena, &profile, "bpf").action == ACT_ERRNO &&
		   answer_of(arena, &profile, "read").action == ACT_ALLOW,
	   "request: what allows by default and blocks some");
	ok(parses(arena, &profile,
		  "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"listenerPath\":\"/x\",\"syscalls\":[{"
		  "\"names\":[\"bpf\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}") &&
		   answer_of(arena, &profile, "bpf").action == ACT_NOTIFY,
	   "request: a listener, and nothing that a container needs");
	ok(parses(arena, &profile,
		  "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\","
		  "\"zzz\",\"write\",\"yyy\"],\"action\":\"SCMP_ACT_ALLOW\"}]}") &&
		   unknown_count == 2 && answer_of(arena, &profile, "write").action == ACT_ALLOW,
	   "request: names that nobody knows are left out and counted");
	is_text(unknown, "zzz", "request: the first of them is named");
	ok(parses(arena, &profile,
		  "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
		  "\"defaultErrno\":\"ENOSYS\",\"syscalls\":[{\"names\":[\"bpf\"],\"errnoRet\":1,"
		  "\"errno\":\"EPERM\",\"action\":\"SCMP_ACT_ERRNO\"}]}"),
	   "request: podman's names of errnos, beside their numbers");
	ok(parses(arena, &profile,
		  "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"bpf\"],"
		  "\"action\":\"SCMP_ACT_ALLOW\"},{\"names\":[\"bpf\"],\"action\":"
		  "\"SCMP_ACT_KILL\"}]}"),
	   "request: rules that contradict each other");
}

static void test_refused(void)
{
	static const char *const rows[][2] = {
		{ "{\"defaultAction\":\"SCMP_ACT_ERNO\"}",
		  "p.json line 1: unknown action 'SCMP_ACT_ERNO', did you mean 'SCMP_ACT_ERRNO'?" },
		{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\n\"defaultErrno\":\"ENOSYS\"}",
		  "p.json line 2: an errno by its name needs 'defaultErrnoRet' beside it" },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\n\"syscals\":[]}",
		  "p.json line 2: unknown key of a seccomp profile 'syscals', did you mean "
		  "'syscalls'?" },
	};
	auto_arena struct arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct seccomp_profile profile;

		ok(!parses(arena, &profile, rows[i][0]) && e.kind == ERR_POLICY,
		   "request: a mistake stays one (%zu)", i + 1);
		is_text(e.message, rows[i][1], "request: and is said with file and line");
	}
}

static void test_names(void)
{
	ok(seccomp_names_is_on("read", ARCH_X86_64) && seccomp_names_is_on("read", ARCH_AARCH64),
	   "names: read is everywhere");
	ok(seccomp_names_is_on("open", ARCH_X86_64) && !seccomp_names_is_on("open", ARCH_AARCH64) &&
		   seccomp_names_is_on("open", ARCH_AARCH64 | ARCH_ARM),
	   "names: open is none of arm64's, but one of arm's");
	ok(seccomp_names_is_on("recv", ARCH_X86) && !seccomp_names_is_on("recv", ARCH_X86_64),
	   "names: i386 has recv behind socketcall, x86-64 does not");
	ok(!seccomp_names_is_on("zzz", ~0U) && !seccomp_names_is_on("read", 0),
	   "names: what nobody knows is nowhere");
}

int main(void)
{
	test_accepted();
	test_refused();
	test_names();
	return done_testing();
}
