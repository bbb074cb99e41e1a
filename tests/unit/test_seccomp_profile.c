/* Profiles in Docker's format: what is an error in them, and which rules hold for a container. */
#include "caps.h"
#include "seccomp_try.h"

#define NEEDED                                                                                     \
	"{\"names\":[\"close\",\"execve\",\"exit_group\",\"fstatfs\",\"futex\",\"getdents64\","    \
	"\"rt_sigreturn\","                                                                        \
	"\"openat\",\"write\"],\"action\":\"SCMP_ACT_ALLOW\"}"
#define HEAD "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38"
/* Rules behind those that must be there; the first of them is in line 3. */
#define SITE(...) HEAD ",\n\"syscalls\":[" NEEDED ",\n" __VA_ARGS__ "]}"
#define BPF(rest) "{\"names\":[\"bpf\"],\"action\":\"SCMP_ACT_ALLOW\"" rest "}"
#define NO_BPF(rest) "{\"names\":[\"bpf\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1" rest "}"
#define IF(value, op) ",\"args\":[{\"index\":0,\"value\":" value ",\"op\":\"" op "\"}]"

static int parse(struct seccomp_profile *profile, struct arena *arena, const char *text,
		 struct error *e)
{
	return seccomp_profile_parse(profile, arena, text, strlen(text), "p.json", e);
}

/* ---- errors ---- */

static void test_errors(void)
{
	static const char *const rows[][2] = {
		{ "[]", "p.json line 1: a seccomp profile must be an object, not a list" },
		{ "{", "p.json" },
		{ HEAD "}", "p.json line 1: 'syscalls' must be there, a list" },
		{ "{\"syscalls\":[]}", "p.json line 1: 'defaultAction' must be there, a string" },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\n\"syscalls\":[]}",
		  "p.json line 1: 'defaultAction' must block, for example SCMP_ACT_ERRNO with "
		  "'defaultErrnoRet' 38" },
		{ "{\"defaultAction\":\"SCMP_ACT_LOG\",\n\"syscalls\":[]}",
		  "p.json line 1: 'defaultAction' must block" },
		{ "{\"defaultAction\":\"SCMP_ACT_ERNO\"}",
		  "p.json line 1: unknown action 'SCMP_ACT_ERNO', did you mean 'SCMP_ACT_ERRNO'?" },
		{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\n\"defaultErrnoRet\":0}",
		  "p.json line 2: 'defaultErrnoRet' must be a number from 1 to 4095: with 0 a "
		  "blocked call would look like a success" },
		{ "{\"defaultAction\":\"SCMP_ACT_KILL\",\n\"defaultErrnoRet\":1}",
		  "p.json line 2: 'defaultErrnoRet' goes with SCMP_ACT_ERRNO only" },
		{ HEAD ",\n\"syscals\":[]}",
		  "p.json line 2: unknown key of a seccomp profile 'syscals', did you mean "
		  "'syscalls'?" },
		{ HEAD ",\n\"listenerPath\":\"/x\"}",
		  "p.json line 2: a listener gets system calls" },
		{ HEAD ",\n\"architectures\":[\"SCMP_ARCH_X86_46\"]}",
		  "p.json line 2: unknown architecture 'SCMP_ARCH_X86_46', did you mean "
		  "'SCMP_ARCH_X86_64'?" },
		{ HEAD ",\n\"archMap\":[{\"architecture\":\"X\"}]}",
		  "p.json line 2: unknown architecture 'X'" },
		{ HEAD ",\n\"archMap\":[{\"arch\":\"SCMP_ARCH_X86\"}]}",
		  "p.json line 2: 'archMap' must be a list of objects" },
		{ HEAD ",\n\"flags\":[\"LOG\"]}", "p.json line 2: unknown flag 'LOG'" },
		{ SITE("7"), "p.json line 3: a rule must be an object, not a number" },
		{ SITE("{\"names\":[],\"action\":\"SCMP_ACT_ALLOW\"}"),
		  "p.json line 3: a rule must have 'names'" },
		{ SITE("{\"names\":[1],\"action\":\"SCMP_ACT_ALLOW\"}"),
		  "p.json line 3: 'names' must be a list of strings, not a number" },
		{ SITE("{\"names\":[\"bpf\"]}"),
		  "p.json line 3: 'action' must be there, a string" },
		{ SITE("{\"names\":[\"opennat\"],\"action\":\"SCMP_ACT_ALLOW\"}"),
		  "p.json line 3: unknown system call 'opennat', did you mean 'openat'?" },
		{ SITE("{\"names\":[\"frobnicate\"],\"action\":\"SCMP_ACT_ALLOW\"}"),
		  "p.json line 3: unknown system call 'frobnicate'" },
		{ SITE(BPF(",\"comments\":\"\"")),
		  "p.json line 3: unknown key of a rule 'comments', did you mean 'comment'?" },
		{ SITE(BPF(",\"comment\":1")),
		  "p.json line 3: 'comment' must be a string, not a number" },
		{ SITE(BPF(",\"errnoRet\":1")),
		  "p.json line 3: 'errnoRet' goes with SCMP_ACT_ERRNO only" },
		{ SITE("{\"names\":[\"bpf\"],\"action\":\"SCMP_ACT_ERRNO\",\n\"errnoRet\":0}"),
		  "p.json line 4: 'errnoRet' must be a number from 1 to 4095: with 0 a blocked "
		  "call would look like a success" },
		{ SITE("{\"names\":[\"bpf\"],\"action\":\"SCMP_ACT_ERRNO\",\n\"errnoRet\":4096}"),
		  "p.json line 4: 'errnoRet' must be a number from 1 to 4095" },
		{ SITE("{\"names\":[\"bpf\"],\"action\":\"SCMP_ACT_NOTIFY\"}"),
		  "p.json line 3: SCMP_ACT_NOTIFY hands system calls to another process, which no "
		  "profile of the policy can do" },
		{ SITE("{\"names\":[\"bpf\"],\"action\":\"SCMP_ACT_TRACE\"}"),
		  "p.json line 3: SCMP_ACT_TRACE hands system calls to another process" },
		{ SITE(BPF(",\"args\":{}")),
		  "p.json line 3: 'args' must be a list, not an object" },
		{ SITE(BPF(",\"args\":[1]")),
		  "p.json line 3: a condition must be an object, not a number" },
		{ SITE(BPF(",\"args\":[{\"index\":6,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}]")),
		  "p.json line 3: there is no argument 6: 'index' is from 0 to 5" },
		{ SITE(BPF(",\"args\":[{\"index\":-1,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}]")),
		  "p.json line 3: 'index' must be a number from 0 to 5" },
		{ SITE(BPF(",\"args\":[{\"index\":0,\"op\":\"SCMP_CMP_EQ\"}]")),
		  "p.json line 3: 'value' must be a number" },
		{ SITE(BPF(",\"args\":[{\"index\":0,\"value\":1}]")),
		  "p.json line 3: 'op' must be there, a string" },
		{ SITE(BPF(IF("1", "SCMP_CMP_EQUAL"))),
		  "p.json line 3: unknown operator 'SCMP_CMP_EQUAL', did you mean" },
		{ SITE(BPF(",\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\",\"arg\":1}"
			   "]")),
		  "p.json line 3: unknown key of a condition 'arg'" },
		{ SITE(BPF(",\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_NE\"},\n{"
			   "\"index\":0,"
			   "\"value\":2,\"op\":\"SCMP_CMP_NE\"}]")),
		  "p.json line 4: argument 0 is tested twice, which runtimes do not read alike" },
		{ SITE(BPF(",\"args\":[{\"index\":0,\"value\":1,\"valueTwo\":3,\"op\":"
			   "\"SCMP_CMP_MASKED_EQ\"}]")),
		  "p.json line 3: 'valueTwo' has bits that are not in the mask 'value'" },
		{ SITE(BPF(IF("0", "SCMP_CMP_LT"))),
		  "p.json line 3: no value can pass this condition" },
		{ SITE(BPF(",\"includes\":[]")),
		  "p.json line 3: 'includes' must be an object, not a list" },
		{ SITE(BPF(",\"includes\":{\"cap\":[]}")),
		  "p.json line 3: unknown key of includes 'cap', did you mean 'caps'?" },
		{ SITE(BPF(",\"includes\":{\"caps\":[\"SYS_ADMIN\"]}")),
		  "p.json line 3: unknown capability 'SYS_ADMIN', did you mean 'CAP_SYS_ADMIN'?" },
		{ SITE(BPF(",\"excludes\":{\"caps\":[\"CAP_SYS_ADMON\"]}")),
		  "p.json line 3: unknown capability 'CAP_SYS_ADMON', did you mean "
		  "'CAP_SYS_ADMIN'?" },
		{ SITE(BPF(",\"includes\":{\"arches\":[\"amd46\"]}")),
		  "p.json line 3: unknown architecture 'amd46', did you mean 'amd64'?" },
		{ SITE(BPF(",\"includes\":{\"minKernel\":\"5\"}")),
		  "p.json line 3: 'minKernel' must be a version like \"5.10\": major and minor" },
		{ SITE(BPF("") ",\n" NO_BPF("")),
		  "p.json line 4: this rule for 'bpf' contradicts the one in line 3: both can "
		  "hold, and their answers differ" },
		{ SITE(BPF(IF("2", "SCMP_CMP_LT")) ",\n" NO_BPF(IF("1", "SCMP_CMP_EQ"))),
		  "p.json line 4: this rule for 'bpf' contradicts the one in line 3" },
		{ SITE(BPF(",\"includes\":{\"caps\":[\"CAP_BPF\"]}") ",\n" NO_BPF("")),
		  "p.json line 4: this rule for 'bpf' contradicts the one in line 3" },
		{ SITE("{\"names\":[\"execve\"],\"action\":\"SCMP_ACT_KILL\"}"),
		  "p.json line 3: this rule for 'execve' contradicts the one in line 2" },
		{ HEAD ",\n\"syscalls\":[]}",
		  "p.json: the profile blocks 'close', without which no container starts; allow it "
		  "without conditions" },
		{ HEAD ",\n\"syscalls\":[{\"names\":[\"close\"],\"action\":\"SCMP_ACT_ALLOW\","
		       "\"includes\":{\"minKernel\":\"5.1\"}}]}",
		  "p.json line 2: the profile blocks 'close'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_arena struct arena *arena = arena_new();
		struct seccomp_profile profile;
		struct error e = { 0 };
		int result = parse(&profile, arena, rows[i][0], &e);

		if (!ok(result == -1 && e.kind == ERR_POLICY && text_starts(e.message, rows[i][1]),
			"profile: %s", rows[i][1]))
			printf("#   result %d: %s\n", result, e.message);
	}
}

/* Taking away what a start needs, one name at a time: always; where the rest is killed; with a
 * filter that is loaded early; both. */
static void test_needed(void)
{
	static const struct {
		const char *name;
		bool is_killing, is_early;
	} rows[] = {
		{ .name = "close" },
		{ .name = "execve" },
		{ .name = "exit_group" },
		{ .name = "fstatfs" },
		{ .name = "futex" },
		{ .name = "getdents64" },
		{ .name = "openat" },
		{ .name = "rt_sigreturn" },
		{ .name = "write" },
		{ .name = "epoll_ctl", .is_killing = true },
		{ .name = "getpid", .is_killing = true },
		{ .name = "setgroups", .is_early = true },
		{ .name = "faccessat2", .is_early = true },
		{ .name = "fcntl", .is_killing = true, .is_early = true },
	};
	static const char early[] =
		",\"capget\",\"capset\",\"chdir\",\"fchown\",\"fstat\",\"getcwd\",\"getppid\","
		"\"newfstatat\",\"prctl\",\"read\",\"rt_sigaction\",\"rt_sigprocmask\",\"setgid\","
		"\"setresgid\",\"setresuid\",\"setuid\"";

	for (unsigned int turn = 0; turn < 4; turn++) {
		bool is_killing = turn & 1, is_early = turn & 2;

		for (size_t i = 0; i <= ARRAY_SIZE(rows); i++) {
			auto_arena struct arena *arena = arena_new();
			auto_strbuf struct strbuf text = { 0 };
			struct seccomp_profile profile;
			struct error e = { 0 };
			bool is_needed = i < ARRAY_SIZE(rows) &&
					 (is_killing || !rows[i].is_killing) &&
					 (is_early || !rows[i].is_early);
			const char *name = i < ARRAY_SIZE(rows) ? rows[i].name : "nothing";
			int result;

			strbuf_printf(&text,
				      "{\"defaultAction\":\"SCMP_ACT_%s\",\"syscalls\":[{\"names\":"
				      "[\"umask\"%s",
				      is_killing ? "KILL" : "ERRNO", early);
			for (size_t j = 0; j < ARRAY_SIZE(rows); j++) {
				if (j != i)
					strbuf_printf(&text, ",\"%s\"", rows[j].name);
			}
			strbuf_puts(&text, "],\"action\":\"SCMP_ACT_ALLOW\"}]}");
			result = seccomp_profile_parse_for(&profile, arena, strbuf_text(&text),
							   text.len, "p.json", is_early, &e);
			ok(is_needed ? result == -1 &&
					       strstr(e.message,
						      arena_printf(arena, "blocks '%s'", name))
				     : result == 0,
			   "profile: %s without %s%s%s", is_needed ? "none" : "one", name,
			   is_killing ? ", killing" : "", is_early ? ", early" : "");
		}
	}
}

/* ---- conditions ---- */

static uint64_t cap(const char *name)
{
	return UINT64_C(1) << caps_number(name, false);
}

/* What the filter for CONTEXT says to bpf, or to socket, with the first argument 1. */
static int answers(const char *text, uint64_t caps, unsigned int archs, uint32_t kernel,
		   const char *name)
{
	auto_arena struct arena *arena = arena_new();
	const struct seccomp_context context = { .caps = caps, .archs = archs, .kernel = kernel };
	const uint64_t args[6] = { 1 };
	struct seccomp_profile profile;
	struct error e = { 0 };
	struct json *section;

	if (parse(&profile, arena, text, &e)) {
		printf("# %s\n", e.message);
		return -1;
	}
	section = seccomp_filter_write(arena, seccomp_profile_resolve(arena, &profile, &context));
	return judge(section, name, args).strictest;
}

#define ON(caps, archs, kernel) answers(text, caps, archs, kernel, "bpf")

static void test_caps(void)
{
	const char *text = SITE(BPF(",\"includes\":{\"caps\":[\"CAP_BPF\",\"CAP_PERFMON\"]}"));
	const uint64_t bpf = cap("CAP_BPF"), perfmon = cap("CAP_PERFMON");

	ok(ON(bpf | perfmon, ARCH_NATIVE, 0) == RANK_ALLOW,
	   "conditions: a rule holds with all of its capabilities");
	ok(ON(bpf, ARCH_NATIVE, 0) == RANK_ERRNO && ON(0, ARCH_NATIVE, 0) == RANK_ERRNO,
	   "conditions: and not with some or none");
	text = SITE(BPF(",\"excludes\":{\"caps\":[\"CAP_BPF\",\"CAP_PERFMON\"]}"));
	ok(ON(0, ARCH_NATIVE, 0) == RANK_ALLOW && ON(bpf, ARCH_NATIVE, 0) == RANK_ERRNO &&
		   ON(perfmon, ARCH_NATIVE, 0) == RANK_ERRNO,
	   "conditions: excluded by any of its capabilities");
	text = SITE(BPF(",\"includes\":{\"caps\":[\"CAP_BPF\"]}") ",\n" NO_BPF(
		",\"excludes\":{\"caps\":[\"CAP_BPF\",\"CAP_SYS_ADMIN\"]}"));
	ok(ON(bpf, ARCH_NATIVE, 0) == RANK_ALLOW && ON(0, ARCH_NATIVE, 0) == RANK_ERRNO,
	   "conditions: two answers that exclude each other are no contradiction");
}

static void test_archs(void)
{
	const char *text = SITE(BPF(",\"includes\":{\"arches\":[\"x86\",\"arm\"]}"));

	ok(ON(0, ARCH_NATIVE, 0) == RANK_ERRNO && ON(0, ARCH_NATIVE | ARCH_X86, 0) == RANK_ALLOW &&
		   ON(0, ARCH_NATIVE | ARCH_X32, 0) == RANK_ERRNO &&
		   ON(0, ARCH_AARCH64 | ARCH_ARM, 0) == RANK_ALLOW,
	   "conditions: a rule holds with one of its architectures in the filter");
	text = SITE(BPF(",\"includes\":{\"arches\":[\"s390x\",\"ppc64le\"]}"));
	ok(ON(0, ARCH_NATIVE | ARCH_COMPAT, 0) == RANK_ERRNO,
	   "conditions: never with those of other machines");
	text = SITE(BPF(",\"excludes\":{\"arches\":[\"s390x\",\"x86\"]}"));
	ok(ON(0, ARCH_NATIVE, 0) == RANK_ALLOW && ON(0, ARCH_NATIVE | ARCH_X86, 0) == RANK_ERRNO,
	   "conditions: excluded by one of its architectures");
	text = SITE(BPF(",\"includes\":{},\"excludes\":null,\"args\":null,\"comment\":null"));
	ok(ON(0, ARCH_NATIVE, 0) == RANK_ALLOW, "conditions: empty ones always hold");
}

static void test_kernel(void)
{
	const char *text = SITE(BPF(",\"includes\":{\"minKernel\":\"4.10\"}"));

	ok(ON(0, ARCH_NATIVE, 4 << 16 | 9) == RANK_ERRNO &&
		   ON(0, ARCH_NATIVE, 4 << 16 | 10) == RANK_ALLOW &&
		   ON(0, ARCH_NATIVE, 5 << 16) == RANK_ALLOW && ON(0, ARCH_NATIVE, 0) == RANK_ERRNO,
	   "conditions: a rule holds from its kernel on");
	text = SITE(BPF(",\"includes\":{\"minKernel\":\"4.8\"}") ",\n" NO_BPF(
		",\"excludes\":{\"minKernel\":\"4.8\"}"));
	ok(ON(0, ARCH_NATIVE, 4 << 16 | 7) == RANK_ERRNO &&
		   ON(0, ARCH_NATIVE, 4 << 16 | 8) == RANK_ALLOW,
	   "conditions: and another one before it");
	ok(seccomp_kernel() >= 3U << 16, "conditions: there is a kernel");
}

/* ---- what the build made ---- */

static void test_tables(void)
{
	static const uint64_t caps[] = { 0, UINT64_MAX, 1ULL << 19, 1ULL << 21, 1ULL << 38 };

	for (const char *const *name = seccomp_builtin_names; *name; name++) {
		auto_arena struct arena *arena = arena_new();
		const char *path = arena_printf(arena, "policy/seccomp/%s.json", *name), *text;
		auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
		struct seccomp_profile built, parsed;
		struct error e = { 0 };
		bool is_same = true;
		size_t len;

		if (!ok(fd >= 0 &&
				fd_read_all(fd, JSON_MAX_TEXT, arena, &text, &len, path, &e) == 0 &&
				seccomp_profile_parse(&parsed, arena, text, len, path, &e) == 0 &&
				seccomp_profile_builtin(&built, *name),
			"tables: %s is there, and sound", path)) {
			printf("# %s\n", e.message);
			continue;
		}
		for (size_t i = 0; i < ARRAY_SIZE(caps) * 2; i++) {
			const struct seccomp_context context = {
				.caps = caps[i / 2],
				.archs = ARCH_NATIVE | (i % 2 ? ARCH_COMPAT : 0),
				.kernel = 5 << 16,
			};
			const struct seccomp_filter *a =
				seccomp_profile_resolve(arena, &built, &context);
			const struct seccomp_filter *b =
				seccomp_profile_resolve(arena, &parsed, &context);

			is_same = is_same && json_equal(seccomp_filter_write(arena, a),
							seccomp_filter_write(arena, b));
		}
		for (size_t i = 0; i < built.rule_count; i++)
			is_same = is_same && text_equal(built.texts + built.rules[i].comment,
							parsed.texts + parsed.rules[i].comment);
		ok(is_same, "tables: the program's %s is that of the file", *name);
	}
	ok(!seccomp_profile_builtin(&(struct seccomp_profile){ 0 }, "lax"),
	   "tables: there is no other");
}

/* Every rule of ours says of which class it is, and why: "class: reason". */
static void test_comments(void)
{
	for (const char *const *name = seccomp_builtin_names; *name; name++) {
		struct seccomp_profile profile;
		bool is_said = seccomp_profile_builtin(&profile, *name);

		for (size_t i = 0; i < profile.rule_count; i++)
			is_said = is_said &&
				  strstr(profile.texts + profile.rules[i].comment, ": ") != NULL;
		ok(is_said, "tables: every rule of %s has a class and a reason", *name);
	}
}

int main(void)
{
	test_errors();
	test_needed();
	test_caps();
	test_archs();
	test_kernel();
	test_tables();
	test_comments();
	return done_testing();
}
