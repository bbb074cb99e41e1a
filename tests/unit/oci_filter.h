/*
 * The filter that a runtime makes of a linux.seccomp object, built with libseccomp as the runtime
 * does it, step by step: runc 1.1 (libcontainer/seccomp, specconv) and crun 1.8.1
 * (libcrun/seccomp.c). They agree in what matters: names unknown to libseccomp and rules that say
 * what the default says are skipped, names are resolved for the native architecture and libseccomp
 * carries each rule over to the others, and a rule that tests one argument twice becomes one rule
 * for each test. They differ in this:
 *
 *	runc puts a piece in front: with a blocking default, a number above the highest named
 *	one of its architecture gets ENOSYS. Architectures that are not listed have no such piece.
 *	runc takes no flags, and passes over an errnoRet where it has no meaning; crun refuses that.
 *	crun looks at six tests of a rule and no more.
 */
#ifndef MANTLET_OCI_FILTER_H
#define MANTLET_OCI_FILTER_H

#include <ctype.h>
#include <errno.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "bpf_sim.h"
#include "json.h"
#include "text.h"

#define OCI_MAX_ARGS 64

enum oci_runtime { OCI_RUNC, OCI_CRUN };

struct oci_build {
	enum oci_runtime runtime;
	scmp_filter_ctx ctx;
	uint32_t default_action;
	const char *why; /* the runtime does not start the container */
};

/* struct seccomp_data, field by field. */
#define OCI_LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define OCI_X32_BIT 0x40000000U

static inline uint64_t oci_number(const struct json *node)
{
	uint64_t number = 0;

	(void)json_number_u64(node, &number);
	return number;
}

static inline bool oci_action(struct oci_build *build, const struct json *action,
			      const struct json *errno_ret, uint32_t *ret_action)
{
	static const struct {
		const char *name;
		uint32_t action;
		bool has_errno;
	} actions[] = {
		{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW, false },
		{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0), true },
		{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD, false },
		{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD, false },
		{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS, false },
		{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP, false },
		{ "SCMP_ACT_LOG", SCMP_ACT_LOG, false },
		{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(0), true },
		{ "SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (!json_is(action, actions[i].name))
			continue;
		*ret_action = actions[i].action;
		if (actions[i].has_errno)
			*ret_action |= errno_ret ? oci_number(errno_ret) & 0xffff : EPERM;
		else if (errno_ret && build->runtime == OCI_CRUN)
			build->why = "crun: errno value specified for an action that has none";
		return !build->why;
	}
	build->why = "unknown action";
	return false;
}

static inline bool oci_test(struct oci_build *build, const struct json *arg,
			    struct scmp_arg_cmp *ret_test)
{
	static const struct {
		const char *name;
		enum scmp_compare op;
	} ops[] = {
		{ "SCMP_CMP_NE", SCMP_CMP_NE },
		{ "SCMP_CMP_LT", SCMP_CMP_LT },
		{ "SCMP_CMP_LE", SCMP_CMP_LE },
		{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
		{ "SCMP_CMP_GE", SCMP_CMP_GE },
		{ "SCMP_CMP_GT", SCMP_CMP_GT },
		{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
	};
	uint64_t index = oci_number(json_find(arg, "index"));

	if (index > 5) {
		build->why = "argument index above 5";
		return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		if (!json_is(json_find(arg, "op"), ops[i].name))
			continue;
		*ret_test = (struct scmp_arg_cmp){
			.arg = (unsigned int)index,
			.op = ops[i].op,
			.datum_a = oci_number(json_find(arg, "value")),
			.datum_b = oci_number(json_find(arg, "valueTwo")),
		};
		return true;
	}
	build->why = "unknown comparison";
	return false;
}

/* The tests of RULE, as many as the runtime looks at; false when it stops. */
static inline bool oci_tests(struct oci_build *build, const struct json *rule,
			     struct scmp_arg_cmp *tests, unsigned int *ret_count, bool *ret_single)
{
	unsigned int count = 0, seen = 0, max = build->runtime == OCI_CRUN ? 6 : OCI_MAX_ARGS;

	*ret_single = false;
	json_each (arg, json_find(rule, "args")) {
		if (count == max) {
			if (build->runtime == OCI_RUNC)
				build->why = "more tests than this test has room for";
			break;
		}
		if (!oci_test(build, arg, &tests[count]))
			return false;
		*ret_single = *ret_single || (seen & 1U << tests[count].arg) != 0;
		seen |= 1U << tests[count].arg;
		count++;
	}
	*ret_count = count;
	return !build->why;
}

static inline void oci_add(struct oci_build *build, const struct json *rule)
{
	struct scmp_arg_cmp tests[OCI_MAX_ARGS];
	unsigned int count = 0;
	uint32_t action;
	bool is_single;

	if (!oci_action(build, json_find(rule, "action"), json_find(rule, "errnoRet"), &action) ||
	    action == build->default_action)
		return;
	if (!oci_tests(build, rule, tests, &count, &is_single))
		return;
	json_each (name, json_find(rule, "names")) {
		int number = seccomp_syscall_resolve_name(name->text);
		int failed = 0;

		if (number == __NR_SCMP_ERROR)
			continue;
		if (!is_single)
			failed = seccomp_rule_add_array(build->ctx, action, number, count, tests);
		for (unsigned int i = 0; is_single && i < count && !failed; i++)
			failed = seccomp_rule_add_array(build->ctx, action, number, 1, &tests[i]);
		if (failed)
			build->why = strerror(-failed);
		if (failed)
			return;
	}
}

static inline uint32_t oci_architecture(const struct json *name)
{
	const char *text = json_text(name) ? json_text(name) : "";
	char lower[32] = "";

	if (text_starts(text, "SCMP_ARCH_"))
		text += strlen("SCMP_ARCH_");
	for (size_t i = 0; text[i] && i < sizeof(lower) - 1; i++)
		lower[i] = (char)tolower((unsigned char)text[i]);
	return seccomp_arch_resolve_name(lower);
}

/* How the kernel names ARCH: x32 is x86-64 with a bit in the number. */
static inline uint32_t oci_audit_arch(uint32_t arch)
{
	return arch == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : arch;
}

static inline void oci_append(struct bpf_program *program, struct sock_filter insn)
{
	if (program->len < BPF_MAXINSNS)
		program->code[program->len++] = insn;
}

/* The highest number that PROFILE names; 0 when it names none. */
static inline uint32_t oci_last_number(const struct json *profile, uint32_t arch)
{
	int last = 0;

	json_each (rule, json_find(profile, "syscalls")) {
		json_each (name, json_find(rule, "names")) {
			int number = seccomp_syscall_resolve_name_arch(arch, name->text);

			if (number > last)
				last = number;
		}
	}
	return (uint32_t)last;
}

/* runc's piece: the program is written anew, what it decides is the same. */
static inline void oci_prepend_enosys(struct oci_build *build, struct bpf_program *program,
				      const struct json *profile)
{
	int32_t rank = bpf_rank(build->default_action);

	if (build->runtime != OCI_RUNC ||
	    (rank > (int32_t)SECCOMP_RET_ERRNO && rank != (int32_t)SECCOMP_RET_USER_NOTIF))
		return;
	json_each (name, json_find(profile, "architectures")) {
		uint32_t arch = oci_architecture(name), last = oci_last_number(profile, arch);
		/* Numbers of the two tables of x86-64 are told apart by the bit. */
		bool is_split = oci_audit_arch(arch) == SCMP_ARCH_X86_64;
		uint8_t to_next = is_split ? 4 : 3;

		if (last == 0)
			continue;
		oci_append(program, (struct sock_filter)OCI_LOAD(arch));
		oci_append(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
								 oci_audit_arch(arch), 0, to_next));
		oci_append(program, (struct sock_filter)OCI_LOAD(nr));
		if (is_split)
			oci_append(program, (struct sock_filter)BPF_JUMP(
						    BPF_JMP | BPF_JSET | BPF_K, OCI_X32_BIT,
						    arch == SCMP_ARCH_X32 ? 0 : 2,
						    arch == SCMP_ARCH_X32 ? 2 : 0));
		oci_append(program,
			   (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last, 0, 1));
		oci_append(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
								 SECCOMP_RET_ERRNO | ENOSYS));
	}
}

static inline void oci_export(struct oci_build *build, struct bpf_program *program)
{
	static int fd = -1; /* for all filters of the process */
	size_t room = (BPF_MAXINSNS - program->len) * sizeof(struct sock_filter);
	ssize_t size;

	if (fd < 0)
		fd = memfd_create("filter", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET) ||
	    seccomp_export_bpf(build->ctx, fd)) {
		build->why = "libseccomp cannot export the filter";
		return;
	}
	size = lseek(fd, 0, SEEK_END);
	if (size <= 0 || (size_t)size > room ||
	    pread(fd, &program->code[program->len], (size_t)size, 0) != size) {
		build->why = "the filter has more instructions than the kernel takes";
		return;
	}
	program->len += (unsigned int)((size_t)size / sizeof(struct sock_filter));
	build->why = bpf_check(program);
}

static inline void oci_fill(struct oci_build *build, struct bpf_program *program,
			    const struct json *profile)
{
	json_each (name, json_find(profile, "architectures")) {
		uint32_t arch = oci_architecture(name);
		int failed = arch ? seccomp_arch_add(build->ctx, arch) : -EINVAL;

		if (failed && failed != -EEXIST)
			build->why = "unknown architecture";
	}
	json_each (rule, json_find(profile, "syscalls")) {
		if (!build->why)
			oci_add(build, rule);
	}
	if (build->why)
		return;
	oci_prepend_enosys(build, program, profile);
	program->front = program->len;
	oci_export(build, program);
}

/* ---- patience ---- */

/*
 * libseccomp 2.5.4 links some rules of one call into a ring and then walks it for ever, and so do
 * the runtimes that use it (100 % of a processor until somebody kills them). {0 LE 1, 1 GT 21} and
 * behind it {0 LE 1, 1 EQ 64} are enough. The walk takes no memory and no lock, so a jump out of it
 * is safe; what the filter holds is lost.
 */
static const char oci_endless[] = "libseccomp does not come to an end";
static long oci_patience = 3000; /* milliseconds of processor time */
static sigjmp_buf oci_exit;

#ifdef __SANITIZE_ADDRESS__
/* And what is lost is not to be looked for. */
int __lsan_is_turned_off(void);
__attribute__((visibility("default"))) int __lsan_is_turned_off(void)
{
	return 1;
}
#endif

static inline void oci_alarm(int signal)
{
	siglongjmp(oci_exit, signal);
}

static inline void oci_timer(long milliseconds)
{
	const struct itimerval limit = { .it_value = { .tv_sec = milliseconds / 1000,
						       .tv_usec = milliseconds % 1000 * 1000 } };

	(void)setitimer(ITIMER_VIRTUAL, &limit, NULL);
}

/* The filter of PROFILE in PROGRAM. What is wrong with it when RUNTIME would not start with it,
 * otherwise NULL. */
static inline const char *oci_filter_build(struct bpf_program *program, const struct json *profile,
					   enum oci_runtime runtime)
{
	static struct oci_build build;

	build = (struct oci_build){ .runtime = runtime };
	program->len = 0;
	program->front = 0;
	if (runtime == OCI_RUNC && json_first(json_find(profile, "flags")))
		return "runc 1.1: seccomp flags are not supported";
	if (!oci_action(&build, json_find(profile, "defaultAction"),
			json_find(profile, "defaultErrnoRet"), &build.default_action))
		return build.why;
	build.ctx = seccomp_init(build.default_action);
	if (!build.ctx)
		return "libseccomp does not take the default action";
	(void)signal(SIGVTALRM, oci_alarm);
	if (sigsetjmp(oci_exit, 1))
		return oci_endless;
	oci_timer(oci_patience);
	oci_fill(&build, program, profile);
	seccomp_release(build.ctx);
	oci_timer(0);
	return build.why;
}

#endif
