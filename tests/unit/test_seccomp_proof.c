/*
 * The proof that the seccomp control never loosens anybody's filter: profiles of real engines and
 * hand-written ones go through the whole control, and the filter that a runtime builds of what
 * comes out is compared, call by call, with the filters of both that went in (seccomp_proof.h). The
 * lines that begin with # are the figures: how much of what both allow is left.
 */
#include "seccomp_proof.h"

#define DATA "tests/data/"

struct theirs {
	const char *name;
	const char *path; /* or */
	const char *text;
};

/* ---- profiles by hand ---- */

#define ALL3 "\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"],"
#define NATIVE "\"architectures\":[\"SCMP_ARCH_X86_64\"],"
#define WHOLE(action, archs, ...)                                                                  \
	"{\"defaultAction\":\"SCMP_ACT_" action "\"," archs "\"syscalls\":[" __VA_ARGS__ "]}"
#define CALLS(names, action, rest)                                                                 \
	"{\"names\":[" names "],\"action\":\"SCMP_ACT_" action "\"" rest "}"
#define ERRNO(number) ",\"errnoRet\":" #number
#define ARGS(...) ",\"args\":[" __VA_ARGS__ "]"
#define TEST(index, op, value)                                                                     \
	"{\"index\":" #index ",\"value\":" #value ",\"op\":\"SCMP_CMP_" op "\"}"
#define BITS(index, mask, bits)                                                                    \
	"{\"index\":" #index ",\"value\":" #mask ",\"valueTwo\":" #bits                            \
	",\"op\":\"SCMP_CMP_MASKED_EQ\"}"
/* A program starts with these. */
#define BASE                                                                                       \
	CALLS("\"read\",\"write\",\"execve\",\"exit_group\",\"mmap\",\"brk\",\"openat\","          \
	      "\"close\","                                                                         \
	      "\"futex\",\"getpid\"",                                                              \
	      "ALLOW", "")

/* clang-format off */
static const struct theirs theirs[] = {
	{ .name = "Docker 20.10.24", .path = SUBJECT_DOCKER },
	{ .name = "Docker 20.10.24, NET_ADMIN", .path = DATA "fixtures/docker-20.10/config/cap-add-net-admin.json" },
	{ .name = "Docker 20.10.24, all capabilities", .path = DATA "fixtures/docker-20.10/config/cap-add-all.json" },
	{ .name = "Docker 2026", .path = DATA "seccomp/docker-2026.json" },
	{ .name = "Docker 2026, SYS_ADMIN", .path = DATA "seccomp/docker-2026-sys-admin.json" },
	{ .name = "podman 4.3.1", .path = DATA "fixtures/podman-4.3.1/config/default.json" },
	{ .name = "containers-common 2022", .path = DATA "seccomp/containers-common-2022.json" },
	{ .name = "containers-common 2022, SYS_ADMIN", .path = DATA "seccomp/containers-common-2022-sys-admin.json" },
	{ .name = "containers-common 2025, none", .path = DATA "seccomp/containers-common-2025-none.json" },
	{ .name = "containers-common 2025", .path = DATA "seccomp/containers-common-2025.json" },
	{ .name = "containers-common 2025, SYS_ADMIN", .path = DATA "seccomp/containers-common-2025-sys-admin.json" },
	{ .name = "every operator", .text = WHOLE("ERRNO", ALL3, BASE ","
		CALLS("\"socket\"", "ALLOW", ARGS(TEST(0, "LE", 2) "," TEST(1, "GE", 1))) ","
		CALLS("\"socket\"", "ALLOW", ARGS(TEST(0, "EQ", 16) "," TEST(2, "NE", 9))) ","
		CALLS("\"clone\"", "ALLOW", ARGS(BITS(0, 2114060288, 0))) ","
		CALLS("\"clone\"", "ALLOW", ARGS(TEST(0, "LT", 256))) ","
		CALLS("\"personality\"", "ALLOW", ARGS(TEST(0, "GT", 4294967294))) ","
		CALLS("\"ioctl\"", "ALLOW", ARGS(TEST(1, "NE", 21522))) ","
		CALLS("\"fcntl\",\"prctl\"", "ALLOW", ARGS(TEST(1, "LT", 10) "," BITS(0, 4, 4))) ","
		CALLS("\"lseek\"", "ALLOW", ARGS(TEST(2, "EQ", 0))) ","
		CALLS("\"lseek\"", "ALLOW", ARGS(TEST(2, "EQ", 1))) ","
		CALLS("\"kill\"", "ALLOW", ARGS(TEST(0, "GT", 1) "," TEST(1, "LE", 15)))) },
	{ .name = "the boundaries of ours", .text = WHOLE("ERRNO", ALL3, BASE ","
		CALLS("\"socket\"", "ALLOW", ARGS(TEST(0, "GT", 1) "," TEST(1, "LT", 3))) ","
		CALLS("\"personality\"", "ALLOW", ARGS(TEST(0, "GE", 4294967295))) ","
		CALLS("\"clone\"", "ALLOW", ARGS(BITS(0, 2114060289, 1)))) },
	{ .name = "the boundaries of ours block", .text = WHOLE("ALLOW", ALL3,
		CALLS("\"socket\"", "ERRNO", ARGS(TEST(0, "GE", 10))) ","
		CALLS("\"personality\"", "ERRNO", ARGS(TEST(0, "LE", 0)))) },
	{ .name = "every operator blocks", .text = WHOLE("ALLOW", ALL3,
		CALLS("\"socket\"", "ERRNO", ERRNO(97) ARGS(TEST(0, "GT", 2))) ","
		CALLS("\"clone\"", "ERRNO", ARGS(BITS(0, 268435456, 268435456))) ","
		CALLS("\"personality\"", "ERRNO", ARGS(TEST(0, "NE", 4294967295))) ","
		CALLS("\"ioctl\"", "ERRNO", ERRNO(25) ARGS(TEST(1, "EQ", 21522))) ","
		CALLS("\"fcntl\"", "ERRNO", ARGS(TEST(1, "GE", 1024))) ","
		CALLS("\"lseek\"", "ERRNO", ARGS(TEST(2, "LE", 1) "," TEST(0, "LT", 3))) ","
		CALLS("\"kill\"", "ERRNO", ERRNO(3) "") ","
		CALLS("\"unlink\",\"rename\"", "ERRNO", ERRNO(30) "")) },
	{ .name = "nothing blocked", .text = WHOLE("ALLOW", ALL3, "") },
	{ .name = "nothing blocked, no architectures", .text = WHOLE("ALLOW", "", "") },
	{ .name = "nothing allowed but a start", .text = WHOLE("ERRNO", NATIVE, BASE) },
	{ .name = "one condition", .text = WHOLE("ALLOW", ALL3,
		CALLS("\"socket\"", "ERRNO", ARGS(TEST(0, "EQ", 2)))) },
	{ .name = "upper halves", .text = WHOLE("ERRNO", ALL3, BASE ","
		CALLS("\"socket\"", "ALLOW", ARGS(TEST(0, "NE", 4294967298))) ","
		CALLS("\"personality\"", "ALLOW", ARGS(TEST(0, "LT", 4294967296))) ","
		CALLS("\"clone\"", "ALLOW", ARGS(BITS(0, 4563402752, 268435456))) ","
		CALLS("\"lseek\"", "ALLOW", ARGS(TEST(1, "GE", 9223372036854775808))) ","
		CALLS("\"kill\"", "ALLOW", ARGS(TEST(0, "GT", 18446744073709551614)))) },
	{ .name = "an argument tested twice", .text = WHOLE("ERRNO", ALL3, BASE ","
		CALLS("\"socket\"", "ALLOW", ARGS(TEST(0, "GE", 1) "," TEST(0, "LE", 2))) ","
		CALLS("\"kill\"", "ERRNO", ERRNO(1) ARGS(TEST(0, "EQ", 1) "," TEST(0, "EQ", 2)))) },
	{ .name = "unknown names", .text = WHOLE("ERRNO", ALL3, BASE ","
		CALLS("\"quantum_fork\",\"getppid\"", "ALLOW", "") ","
		CALLS("\"cachestat\",\"mseal\"", "ALLOW", "")) },
	{ .name = "two architectures", .text = WHOLE("ERRNO",
		"\"architectures\":[\"SCMP_ARCH_X86\",\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_AARCH64\"],", BASE) },
	{ .name = "default KILL", .text = WHOLE("KILL", ALL3, BASE) },
	{ .name = "default KILL_PROCESS", .text = WHOLE("KILL_PROCESS", NATIVE, BASE ","
		CALLS("\"socket\"", "ERRNO", ERRNO(97) "")) },
	{ .name = "default TRAP", .text = WHOLE("TRAP", ALL3, BASE ","
		CALLS("\"lseek\"", "KILL", ARGS(TEST(2, "EQ", 1)))) },
	{ .name = "default LOG", .text = WHOLE("LOG", ALL3,
		CALLS("\"socket\"", "KILL_PROCESS", ARGS(TEST(0, "NE", 1))) ","
		CALLS("\"getppid\"", "ALLOW", "")) },
	{ .name = "rules KILL, TRAP, LOG", .text = WHOLE("ERRNO", NATIVE, BASE ","
		CALLS("\"socket\"", "LOG", ARGS(TEST(0, "LE", 2))) ","
		CALLS("\"socket\"", "KILL_PROCESS", ARGS(TEST(0, "EQ", 40))) ","
		CALLS("\"lseek\"", "TRAP", "") ","
		CALLS("\"kill\"", "KILL_THREAD", ARGS(TEST(1, "EQ", 9))) ","
		CALLS("\"getppid\"", "LOG", "")) },
	{ .name = "rules KILL, TRAP, LOG, three architectures", .text = WHOLE("ERRNO", ALL3, BASE ","
		CALLS("\"socket\"", "LOG", ARGS(TEST(0, "LE", 2))) ","
		CALLS("\"personality\"", "LOG", ARGS(TEST(0, "EQ", 0))) ","
		CALLS("\"personality\"", "KILL_PROCESS", ARGS(TEST(0, "EQ", 8))) ","
		CALLS("\"lseek\"", "TRAP", "") ","
		CALLS("\"kill\"", "KILL_THREAD", ARGS(TEST(1, "EQ", 9))) ","
		CALLS("\"getppid\"", "LOG", "")) },
	{ .name = "a start allowed, the rest traced", .text = WHOLE("TRACE", ALL3, BASE) },
	{ .name = "a call handed to another process", .text = WHOLE("ERRNO", ALL3, BASE ","
		CALLS("\"mount\"", "NOTIFY", "")) },
};
/* clang-format on */

/* A container with these capabilities, left by the policy, has a profile that allows more. */
#define ALL_CAPS                                                                                   \
	"\"CAP_SYS_ADMIN\",\"CAP_SYS_PTRACE\",\"CAP_NET_ADMIN\",\"CAP_BPF\",\"CAP_PERFMON\","      \
	"\"CAP_SYS_MODULE\",\"CAP_SYS_CHROOT\",\"CAP_DAC_READ_SEARCH\",\"CAP_SYS_TIME\","          \
	"\"CAP_SYS_BOOT\",\"CAP_SYSLOG\",\"CAP_SYS_RAWIO\",\"CAP_SYS_TTY_CONFIG\","                \
	"\"CAP_SYS_NICE\",\"CAP_SYS_PACCT\",\"CAP_IPC_LOCK\",\"CAP_SETUID\",\"CAP_MKNOD\""

static const struct ours {
	const char *name;
	const char *settings;
	const char *caps;
} ours[] = {
	{ "default", "{\"profile\":\"default\"}", "" },
	{ "default, compat", "{\"profile\":\"default\",\"compat\":true}", "" },
	{ "strict", "{\"profile\":\"strict\"}", "" },
	{ "strict, compat", "{\"profile\":\"strict\",\"compat\":true}", "" },
	{ "default, SYS_PTRACE", "{\"profile\":\"default\"}", "\"CAP_SYS_PTRACE\"" },
	{ "default, SYS_ADMIN", "{\"profile\":\"default\"}", "\"CAP_SYS_ADMIN\"" },
	{ "default, NET_ADMIN", "{\"profile\":\"default\"}", "\"CAP_NET_ADMIN\"" },
	{ "default, all capabilities", "{\"profile\":\"default\"}", ALL_CAPS },
	{ "default, compat, all capabilities", "{\"profile\":\"default\",\"compat\":true}",
	  ALL_CAPS },
	{ "strict, all capabilities", "{\"profile\":\"strict\"}", ALL_CAPS },
	{ "strict, compat, SYS_ADMIN", "{\"profile\":\"strict\",\"compat\":true}",
	  "\"CAP_SYS_ADMIN\"" },
};

/* ---- through the control ---- */

/* What the control makes of a container with this profile (NULL: none); NULL, and WHY, when it
 * refuses. */
static struct json *through_control(struct trial *t, const char *profile, const struct ours *mine,
				    const char **why)
{
	struct json *result;
	auto_strbuf struct strbuf text = { 0 };

	strbuf_printf(&text,
		      "{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\","
		      "\"capabilities\":{\"bounding\":[%s]}},\"root\":{\"path\":\"rootfs\"}",
		      mine->caps);
	if (profile) {
		strbuf_puts(&text, ",\"linux\":{\"seccomp\":");
		strbuf_puts(&text, profile);
		strbuf_puts(&text, "}");
	}
	strbuf_puts(&text, "}");
	*why = "its document is unsound";
	if (!trial_start(t, ENGINE_PLAIN, strbuf_text(&text)))
		return NULL;
	trial_run(t, &control_seccomp, MODE_FIX, mine->settings);
	*why = t->result ? t->e.message : trial_asked(t);
	if (*why)
		return NULL;
	result = json_get(&t->doc, "linux", "seccomp");
	*why = result ? NULL : "no filter is left";
	return result;
}

static void print_figures(const struct proof *proof)
{
	printf("#   %lu calls, %.1f %% exact; of %lu that both let run %.2f %% run; errno kept in "
	       "%.1f %%",
	       proof->tried, proof_share(proof->exact, proof->tried), proof->both_run,
	       proof_share(proof->kept, proof->both_run),
	       proof_share(proof->told, proof->both_fail));
	if (proof->by_runc)
		printf("; %lu killed before get runc's ENOSYS", proof->by_runc);
	if (proof->by_arch)
		printf("; %lu that killed the process kill the thread", proof->by_arch);
	if (proof->by_library)
		printf("; %lu more where libseccomp errs", proof->by_library);
	proof_print_lost(proof);
}

static void prove(const struct ours *mine, const struct json *mine_profile, const char *name,
		  const struct json *profile, const struct json *both)
{
	static const char *const runtimes[] = { "runc", "crun" };
	static struct proof proof;

	for (int runtime = OCI_RUNC; runtime <= OCI_CRUN; runtime++) {
		const char *why;
		enum proof_built built = proof_start(&proof, (enum oci_runtime)runtime,
						     mine_profile, profile, both, &why);

		proof.most = 4000;
		if (built == PROOF_BUILT)
			proof_try_all(&proof);
		if (!ok(built == PROOF_BUILT && !proof.looser,
			"proof: %s and %s, by %s: never looser than either", mine->name, name,
			runtimes[runtime]))
			printf("#   %s\n", built == PROOF_BUILT ? proof.first : why);
		if (built == PROOF_BUILT && proof.looser)
			proof_print_rules(&proof, &proof.first_call);
		if (built == PROOF_BUILT)
			print_figures(&proof);
	}
}

static void try_pair(const struct ours *mine, const struct json *mine_profile,
		     const struct theirs *other)
{
	auto_arena struct arena *arena = arena_new();
	struct json *profile =
		other->path ? seccomp_file(arena, other->path) : seccomp_json(arena, other->text);
	struct json *both;
	struct trial t;
	const char *why;

	if (!ok(profile != NULL, "proof: %s is there", other->name))
		return;
	both = through_control(&t, seccomp_text(arena, profile), mine, &why);
	if (both)
		prove(mine, mine_profile, other->name, profile, both);
	else
		printf("# %s and %s: refused: %s\n", mine->name, other->name, why);
	trial_end(&t);
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		struct trial t;
		const char *why;
		struct json *mine = through_control(&t, NULL, &ours[i], &why);

		ok(mine != NULL, "proof: our profile %s is there", ours[i].name);
		for (size_t j = 0; mine && j < ARRAY_SIZE(theirs); j++)
			try_pair(&ours[i], mine, &theirs[j]);
		trial_end(&t);
	}
	return done_testing();
}
