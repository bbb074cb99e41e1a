/*
 * The simulator of seccomp filters against the kernel: the same program, the same calls, the same
 * answers. Programs are random ones, which answer every call with an error of its own, and those
 * that a runtime makes of Docker's default profile, of ours, and of one with every operator and
 * action. What the simulator thinks unsound, the kernel refuses.
 */
#include <linux/audit.h>
#include <stdlib.h>

#include "seccomp_subject.h"

#if defined(__x86_64__)

#include "filter_child.h"

/* Real errors are below: what the filter answers cannot be what the call itself says. */
#define OWN_ERRNO 1000

static unsigned int tried;
static bool has_i386;

/* ---- agreement ---- */

/* uretprobe and uprobe: the kernel's own trampolines, which newer kernels run past every filter;
 * called from anywhere else they end in a signal or an error. */
static bool is_past_filters(const struct seccomp_data *call)
{
	return call->arch == AUDIT_ARCH_X86_64 && (call->nr == 335 || call->nr == 336);
}

static bool agrees(uint32_t verdict, const struct seccomp_data *call,
		   const struct child_result *result)
{
	uint32_t data = verdict & SECCOMP_RET_DATA;

	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return result->end == CHILD_RETURNED && result->value > -OWN_ERRNO;
	case SECCOMP_RET_TRACE: /* without a tracer */
		return result->end == CHILD_RETURNED && result->value == -ENOSYS;
	case SECCOMP_RET_ERRNO:
		return result->end == CHILD_RETURNED &&
		       result->value == -(long)(data > 4095 ? 4095 : data);
	case SECCOMP_RET_TRAP:
		return result->end == CHILD_TRAPPED && result->data == data &&
		       result->number == call->nr && result->arch == call->arch;
	default: /* kill, and what the kernel does not know */
		return result->end == CHILD_KILLED;
	}
}

/* How many of the calls come out otherwise; all of them when the program is not loaded. */
static unsigned int count_wrong(const char *name, const struct bpf_program *program,
				const struct seccomp_data *calls, unsigned int count)
{
	unsigned int wrong = 0;

	if (!child_try(program, calls, count))
		return count;
	for (unsigned int i = 0; i < count; i++) {
		uint32_t verdict = bpf_run(program, &calls[i]);
		const struct child_result *result = &child_page->result[i];

		tried++;
		if (agrees(verdict, &calls[i], result))
			continue;
		if (wrong++ < 3)
			printf("# %s: number %#x arch %#x args %#llx %#llx: verdict %#x, end %d "
			       "value %ld\n",
			       name, (unsigned int)calls[i].nr, calls[i].arch, calls[i].args[0],
			       calls[i].args[1], verdict, (int)result->end, result->value);
	}
	return wrong;
}

/* ---- random programs ---- */

static uint32_t random_constant(const struct seccomp_data *call)
{
	static const uint32_t constants[] = {
		0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, AUDIT_ARCH_X86_64
	};

	switch (subject_dice(3)) {
	case 0: /* something that is there */
		return ((const uint32_t *)call)[subject_dice(sizeof(*call) / 4)];
	case 1:
		return (uint32_t)subject_dice(UINT64_MAX);
	default:
		return constants[subject_dice(ARRAY_SIZE(constants))];
	}
}

/* Number and arguments, not the instruction pointer: that differs from call to call. */
static uint32_t random_offset(void)
{
	uint32_t word = (uint32_t)subject_dice(14);

	return 4 * (word < 2 ? word : word + 2);
}

static void random_program(struct bpf_program *program, const struct seccomp_data *call)
{
	static const uint16_t jumps[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	unsigned int body = 12 + (unsigned int)subject_dice(30), answers = 8;

	program->len = 0;
	for (unsigned int i = 0; i < body; i++) {
		uint64_t left = body - i; /* instructions up to the first answer */
		uint64_t rest = left - 1 + answers;

		switch (i == 0 ? 0 : subject_dice(8)) {
		case 0:
		case 1:
			oci_append(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
									 random_offset()));
			break;
		case 2:
			oci_append(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K,
									 random_constant(call)));
			break;
		case 3:
			oci_append(program, (struct sock_filter)BPF_STMT(
						    BPF_JMP | BPF_JA,
						    (uint32_t)subject_dice(rest < 3 ? rest : 3)));
			break;
		default:
			oci_append(program,
				   (struct sock_filter)BPF_JUMP(
					   (uint16_t)(BPF_JMP | BPF_K | jumps[subject_dice(4)]),
					   random_constant(call),
					   (uint8_t)subject_dice(rest < 6 ? rest : 6),
					   (uint8_t)subject_dice(rest < 6 ? rest : 6)));
			break;
		}
	}
	for (unsigned int i = 0; i < answers; i++)
		oci_append(program, (struct sock_filter)BPF_STMT(
					    BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (OWN_ERRNO + i)));
	/* Half of the programs say what is in the accumulator, made an error. */
	if (subject_dice(2)) {
		program->code[body] =
			(struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x50fff);
		program->code[body + 1] =
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x50000, 0, 1);
		program->code[body + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
	}
}

/* RET A may answer with any action; only such programs go to the kernel that block these calls. */
static bool blocks_all(const struct bpf_program *program, const struct seccomp_data *calls,
		       unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (!bpf_is_errno(bpf_run(program, &calls[i])))
			return false;
	}
	return true;
}

static void test_random_programs(void)
{
	static const uint64_t values[] = { 0, 1, 2, 0xffffffff, 0x100000000, 1ULL << 63 };
	unsigned int wrong = 0, loaded = 0;

	for (unsigned int round = 0; round < 200; round++) {
		struct seccomp_data calls[8] = { 0 };
		struct bpf_program program;

		for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
			calls[i].nr = (int)(subject_dice(2) ? 39 : subject_dice(330));
			calls[i].arch = AUDIT_ARCH_X86_64;
			for (size_t a = 0; a < 6; a++)
				calls[i].args[a] =
					subject_dice(2) ? values[subject_dice(ARRAY_SIZE(values))]
							: subject_dice(UINT64_MAX);
		}
		random_program(&program, &calls[0]);
		if (bpf_check(&program) || !blocks_all(&program, calls, ARRAY_SIZE(calls)))
			continue;
		loaded++;
		wrong += count_wrong("random program", &program, calls, ARRAY_SIZE(calls));
	}
	ok(loaded > 100 && wrong == 0, "simulator: %u random programs answer as in the kernel",
	   loaded);
}

/* ---- programs of runtimes ---- */

/* Calls that do nothing, whatever their arguments: a filter may let them through. */
static bool is_harmless(const struct seccomp_data *call)
{
	static const int native[] = { 8 /* lseek */,
				      39 /* getpid */,
				      41 /* socket */,
				      102 /* getuid */,
				      104,
				      107,
				      108,
				      110,
				      186 /* gettid */ };
	static const int i386[] = { 20 /* getpid */, 24 /* getuid */, 47, 49, 50, 64, 359 };
	const int *list = call->arch == AUDIT_ARCH_I386 ? i386 : native;
	size_t count = call->arch == AUDIT_ARCH_I386 ? ARRAY_SIZE(i386) : ARRAY_SIZE(native);
	int number = call->nr & ~(int)OCI_X32_BIT;

	/* CLONE_SIGHAND without CLONE_VM and an unknown personality are only looked at. */
	if (call->arch == AUDIT_ARCH_X86_64 && call->nr == 56)
		return (call->args[0] & 0x900) == 0x800;
	if (call->nr == (call->arch == AUDIT_ARCH_I386 ? 136 : 135))
		return (uint32_t)call->args[0] == 0xffffffff || (call->args[0] & 0xff) == 0;
	for (size_t i = 0; i < count; i++) {
		if (list[i] == number)
			return true;
	}
	return call->nr >= 600 || call->nr < 0;
}

struct calls {
	struct seccomp_data list[CHILD_CALLS];
	unsigned int count;
};

/* Only a call that the simulator says is blocked, or one without consequence. */
static void add_call(struct calls *calls, const struct bpf_program *program, uint32_t arch,
		     uint32_t number, const uint64_t *args)
{
	struct seccomp_data call = { .nr = (int)number, .arch = arch };

	if (calls->count == CHILD_CALLS || is_past_filters(&call) ||
	    (arch == AUDIT_ARCH_I386 && !has_i386))
		return;
	for (size_t i = 0; i < 6; i++)
		call.args[i] = arch == AUDIT_ARCH_I386 ? (uint32_t)args[i] : args[i];
	if (arch == AUDIT_ARCH_I386)
		call.args[5] = 0;
	if (!bpf_lets_run(bpf_run(program, &call)) || is_harmless(&call))
		calls->list[calls->count++] = call;
}

static void add_everything(struct calls *calls, const struct bpf_program *program)
{
	static const uint32_t odd[] = {
		600,        999,        0x3fffffff, 0x40000000, 0x40000027,
		0x400003e7, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff
	};
	static const uint64_t values[] = {
		0,     1,     2,          9,          10,         16,          38,
		39,    40,    41,         99,         100,        101,         0xffffffff,
		0x800, 0x811, 0x10000800, 0x7e020800, 0x20000800, 0x100000002, 0x100000028,
	};
	static const uint32_t conditional[] = { 8, 41, 56, 135 };
	const uint64_t ones[6] = { UINT64_MAX, UINT64_MAX, UINT64_MAX,
				   UINT64_MAX, UINT64_MAX, UINT64_MAX };

	/* Killed calls cost a fork each: a part of the numbers will do. */
	for (uint32_t number = 0; number < 480; number += 1 + (uint32_t)subject_dice(5)) {
		add_call(calls, program, AUDIT_ARCH_X86_64, number, ones);
		if (number % 4 == 0)
			add_call(calls, program, AUDIT_ARCH_I386, number, ones);
		if (number % 8 == 0)
			add_call(calls, program, AUDIT_ARCH_X86_64, number | OCI_X32_BIT, ones);
	}
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		add_call(calls, program, AUDIT_ARCH_X86_64, odd[i], ones);
	for (size_t i = 0; i < ARRAY_SIZE(conditional); i++) {
		for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
			uint64_t other = values[subject_dice(ARRAY_SIZE(values))];
			const uint64_t args[6] = { values[v], other, values[v], other, 0, 7 };

			add_call(calls, program, AUDIT_ARCH_X86_64, conditional[i], args);
		}
	}
	for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
		const uint64_t args[6] = { values[v] };

		add_call(calls, program, AUDIT_ARCH_I386, 359, args);
		add_call(calls, program, AUDIT_ARCH_I386, 136, args);
	}
}

static void try_profile(const char *name, const struct json *profile)
{
	static const char *const runtimes[] = { "runc", "crun" };

	for (int runtime = OCI_RUNC; runtime <= OCI_CRUN; runtime++) {
		struct bpf_program program;
		struct calls calls = { .count = 0 };
		const char *why =
			profile ? oci_filter_build(&program, profile, (enum oci_runtime)runtime)
				: "no such profile";

		if (!ok(!why, "simulator: %s builds a filter of %s", runtimes[runtime], name)) {
			printf("# %s\n", why);
			continue;
		}
		for (unsigned int i = 0; i < program.len; i++) {
			struct sock_filter *insn = &program.code[i];

			if (insn->code == (BPF_RET | BPF_K) && bpf_is_errno(insn->k))
				insn->k += OWN_ERRNO;
		}
		add_everything(&calls, &program);
		ok(calls.count > 150 && count_wrong(name, &program, calls.list, calls.count) == 0,
		   "simulator: %u calls under %s by %s end as in the kernel", calls.count, name,
		   runtimes[runtime]);
	}
}

#define DOES(name, action, rest)                                                                   \
	"{\"names\":[\"" name "\"],\"action\":\"SCMP_ACT_" action "\"" rest "}"
#define ARGS(...) ",\"args\":[" __VA_ARGS__ "]"
#define TEST(index, op, value)                                                                     \
	"{\"index\":" #index ",\"value\":" #value ",\"op\":\"SCMP_CMP_" op "\"}"

/* Every operator and every action; the tested arguments are those of lseek and socket. */
static const char every_operator[] =
	"{\"defaultAction\":\"SCMP_ACT_KILL_PROCESS\",\"architectures\":[\"SCMP_ARCH_X86_64\","
	"\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"],\"syscalls\":["
	/* clang-format off */
	DOES("getpid", "ALLOW", "") ","
	DOES("gettid", "LOG", "") ","
	DOES("getuid", "TRACE", "") ","
	DOES("read", "TRAP", "") ","
	DOES("write", "KILL", "") ","
	DOES("open", "ERRNO", ",\"errnoRet\":7") ","
	DOES("lseek", "ERRNO", ",\"errnoRet\":1" ARGS(TEST(0, "EQ", 1) "," TEST(1, "NE", 2))) ","
	DOES("lseek", "ERRNO", ",\"errnoRet\":2" ARGS(TEST(0, "LT", 1))) ","
	DOES("lseek", "TRAP", ARGS(TEST(0, "GE", 4294967298))) ","
	DOES("socket", "ALLOW", ARGS(TEST(0, "LE", 9))) ","
	DOES("socket", "ALLOW", ARGS(TEST(0, "GT", 100) "," TEST(2, "NE", 4294967295))) ","
	DOES("clone", "ERRNO", ",\"errnoRet\":3" ARGS(
		"{\"index\":0,\"value\":2080505856,\"valueTwo\":0,\"op\":\"SCMP_CMP_MASKED_EQ\"}"))
	/* clang-format on */
	"]}";

static void test_profiles(void)
{
	auto_arena struct arena *arena = arena_new();

	try_profile("Docker's default", seccomp_file(arena, SUBJECT_DOCKER));
	try_profile("ours", seccomp_ours(arena, "default", false, 0));
	try_profile("ours for 32-bit programs too", seccomp_ours(arena, "default", true, 0));
	try_profile("every operator", seccomp_json(arena, every_operator));
}

/* ---- unsound programs ---- */

static void refuses(const char *name, const struct bpf_program *program)
{
	const struct seccomp_data call = { .nr = 39, .arch = AUDIT_ARCH_X86_64 };

	ok(bpf_check(program) != NULL, "simulator: refuses %s", name);
	if (program->len && program->code[0].code != (BPF_LDX | BPF_W | BPF_IMM))
		ok(!child_try(program, &call, 1), "simulator: and so does the kernel");
}

#define PROGRAM(length, ...) (&(const struct bpf_program){ .len = length, .code = { __VA_ARGS__ } })
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static void test_unsound(void)
{
	refuses("no program", PROGRAM(0, ALLOW));
	refuses("a program without an answer", PROGRAM(1, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)));
	refuses("a load across a boundary",
		PROGRAM(2, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), ALLOW));
	refuses("a load from behind the data",
		PROGRAM(2, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), ALLOW));
	refuses("a load of one byte", PROGRAM(2, BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), ALLOW));
	refuses("a jump out, always", PROGRAM(2, BPF_STMT(BPF_JMP | BPF_JA, 1), ALLOW));
	refuses("a jump far out", PROGRAM(2, BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), ALLOW));
	refuses("a jump out, if so",
		PROGRAM(2, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), ALLOW));
	refuses("a jump out, if not",
		PROGRAM(2, BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0, 0, 1), ALLOW));
	refuses("an instruction that it does not know, though the kernel does",
		PROGRAM(2, BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 0), ALLOW));
}

int main(void)
{
	has_i386 = child_has_i386();
	ok(has_i386, "simulator: this kernel has 32-bit entries to compare with%s",
	   has_i386 ? "" : " # SKIP");
	test_unsound();
	test_random_programs();
	test_profiles();
	printf("# %u calls made under a filter and simulated\n", tried);
	return done_testing();
}

#else

int main(void)
{
	ok(true, "simulator: compared with the kernel # SKIP on x86-64 only");
	return done_testing();
}

#endif
