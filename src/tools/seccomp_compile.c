/*
 * What a runtime would compile of a filter at every start, compiled once. libseccomp is called in
 * the order in which crun 1.8.1 calls it (libcrun/seccomp.c): rule by rule, name by name; but calls
 * are then found by halving (seccomp_attr_set(3), SCMP_FLTATR_CTL_OPTIMIZE) and not one after the
 * other, for the kernel walks the program once for each number when it loads it. That both answer
 * alike is tested over every number (tests/unit/test_seccomp_compiled.c).
 */
#include "seccomp_compile.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>

#include "fdio.h"
#include "seccomp_filter.h"
#include "text.h"

/* What the kernel takes: BPF_MAXINSNS instructions of 8 bytes. */
#define MAX_PROGRAM ((size_t)4096 * 8)

static const struct {
	const char *word;
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

static uint64_t number_of(const struct json *object, const char *key)
{
	uint64_t number = 0;

	(void)json_number_u64(json_find(object, key), &number);
	return number;
}

static int action_of(uint32_t *ret_action, const struct json *word, uint64_t errno_ret,
		     struct error *e)
{
	if (json_is(word, "SCMP_ACT_ALLOW"))
		*ret_action = SCMP_ACT_ALLOW;
	else if (json_is(word, "SCMP_ACT_ERRNO") && errno_ret > 0 && errno_ret < 4096)
		*ret_action = SCMP_ACT_ERRNO(errno_ret);
	else
		return error_set(e, ERR_SYSTEM, "an action that no built-in profile may have");
	return 0;
}

static int tests_of(struct scmp_arg_cmp tests[static SECCOMP_ARGS], unsigned int *ret_count,
		    const struct json *args, struct error *e)
{
	unsigned int count = 0;

	json_each (arg, args) {
		size_t op = 0;

		while (op < ARRAY_SIZE(ops) && !json_is(json_find(arg, "op"), ops[op].word))
			op++;
		if (op == ARRAY_SIZE(ops) || count == SECCOMP_ARGS)
			return error_set(e, ERR_SYSTEM, "a test that cannot be compiled");
		tests[count++] = (struct scmp_arg_cmp){
			.arg = (unsigned int)number_of(arg, "index"),
			.op = ops[op].op,
			.datum_a = number_of(arg, "value"),
			.datum_b = number_of(arg, "valueTwo"),
		};
	}
	*ret_count = count;
	return 0;
}

static int add_rule(scmp_filter_ctx ctx, const struct json *rule, struct error *e)
{
	struct scmp_arg_cmp tests[SECCOMP_ARGS];
	unsigned int count = 0;
	uint32_t action;

	if (action_of(&action, json_find(rule, "action"), number_of(rule, "errnoRet"), e) ||
	    tests_of(tests, &count, json_find(rule, "args"), e))
		return -1;
	json_each (name, json_find(rule, "names")) {
		int number = seccomp_syscall_resolve_name(json_text(name));
		int failed = number == __NR_SCMP_ERROR
				     ? -EINVAL
				     : seccomp_rule_add_array(ctx, action, number, count, tests);

		if (failed)
			return error_set(e, ERR_SYSTEM, "libseccomp does not take '%s': %s",
					 json_text(name), strerror(-failed));
	}
	return 0;
}

/* The machine of the build need not be the one that mantlet is for. */
static int choose_arch(scmp_filter_ctx ctx, struct error *e)
{
	uint32_t wanted = ARCH_NATIVE == ARCH_X86_64 ? SCMP_ARCH_X86_64 : SCMP_ARCH_AARCH64;
	uint32_t here = seccomp_arch_native();

	if (wanted != here &&
	    (seccomp_arch_add(ctx, wanted) < 0 || seccomp_arch_remove(ctx, here) < 0))
		return error_set(e, ERR_SYSTEM, "libseccomp cannot compile for this machine");
	return 0;
}

static int fill(scmp_filter_ctx ctx, const struct json *section, struct error *e)
{
	if (choose_arch(ctx, e))
		return -1;
	if (seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) < 0)
		return error_set(e, ERR_SYSTEM, "libseccomp has no binary tree (2.5 or newer)");
	json_each (rule, json_find(section, "syscalls")) {
		if (add_rule(ctx, rule, e))
			return -1;
	}
	return 0;
}

static const char *base64(struct arena *arena, const unsigned char *bytes, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = arena_alloc(arena, (len + 2) / 3 * 4 + 1), *to = text;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t second = i + 1 < len ? bytes[i + 1] : 0;
		uint32_t third = i + 2 < len ? bytes[i + 2] : 0;
		uint32_t bits = (uint32_t)bytes[i] << 16 | second << 8 | third;

		*to++ = digits[bits >> 18];
		*to++ = digits[bits >> 12 & 63];
		*to++ = i + 1 < len ? digits[bits >> 6 & 63] : '=';
		*to++ = i + 2 < len ? digits[bits & 63] : '=';
	}
	*to = '\0';
	return text;
}

static int export(const char **ret_program, struct arena *arena, scmp_filter_ctx ctx,
		  struct error *e)
{
	auto_close int fd = memfd_create("filter", MFD_CLOEXEC);
	const char *bytes;
	size_t len;

	if (fd < 0 || seccomp_export_bpf(ctx, fd) || lseek(fd, 0, SEEK_SET))
		return error_set(e, ERR_SYSTEM, "libseccomp cannot export the filter");
	if (fd_read_all(fd, MAX_PROGRAM, arena, &bytes, &len, "the filter", e))
		return -1;
	*ret_program = base64(arena, (const unsigned char *)bytes, len);
	return 0;
}

int seccomp_compile(const char **ret_program, struct arena *arena, const struct json *section,
		    struct error *e)
{
	scmp_filter_ctx ctx;
	uint32_t other;
	int result;

	if (action_of(&other, json_find(section, "defaultAction"),
		      number_of(section, "defaultErrnoRet"), e))
		return -1;
	ctx = seccomp_init(other);
	if (!ctx)
		return error_set(e, ERR_SYSTEM, "libseccomp does not take the default action");
	result = fill(ctx, section, e) || export(ret_program, arena, ctx, e) ? -1 : 0;
	seccomp_release(ctx);
	return result;
}
