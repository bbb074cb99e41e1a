/*
 * `mantletctl seccomp`: what a filter lets through, and in what two of them differ. This file is
 * the command line; where a filter comes from is in seccomp_view.c, what is said about it in
 * seccomp_show.c and seccomp_diff.c.
 */
#include <limits.h>
#include <string.h>

#include "caps.h"
#include "ctl.h"
#include "seccomp_parts.h"
#include "text.h"

static const char help[] =
	"mantletctl seccomp show [PROFILE] [OPTIONS]\n"
	"mantletctl seccomp show --container ID [--root ROOT] [--json]\n"
	"mantletctl seccomp diff A B [OPTIONS]\n"
	"\n"
	"PROFILE, A, B: default, strict, a file (Docker's format, the OCI form, or the\n"
	"config.json of a bundle), or container:ID for the filter of a container that\n"
	"mantlet started.\n"
	"\n"
	"  --cap CAP        a capability that the container has; repeat it, or CAP,CAP\n"
	"  --compat         with the 32-bit architectures, as \"compat\": true\n"
	"  --arch ARCH      amd64 or arm64 instead of this machine's\n"
	"  --kernel VER     MAJOR.MINOR instead of the kernel that runs\n"
	"  --container ID   the filter of a running container (the beginning of ID will do)\n"
	"  --root ROOT      its runtime root, when there are several of that ID\n"
	"  --json           for machines\n"
	"\n"
	"Exit status: 0 all is well, 1 findings or differences, 2 usage, 3 failure.\n";

static const struct ctl_option options[] = {
	{ .name = "cap", .value = "CAP", .is_repeatable = true },
	{ .name = "compat" },
	{ .name = "arch", .value = "ARCH" },
	{ .name = "kernel", .value = "VER" },
	{ .name = "container", .value = "ID" },
	{ .name = "root", .value = "ROOT" },
	{ .name = "json" },
	{ .name = NULL },
};

/* "SYS_PTRACE", "CAP_SYS_PTRACE", several with commas, or "ALL". */
static int read_caps(struct ctl *ctl, const char *list, uint64_t *caps)
{
	for (;;) {
		size_t len = strcspn(list, ",");
		const char *word = arena_memdup(ctl->arena, list, len);
		int number = caps_number(word, true);

		if (strcmp(word, "ALL") == 0)
			*caps = UINT64_MAX;
		else if (number >= 0)
			*caps |= UINT64_C(1) << number;
		else
			return ctl_unknown(ctl, "capability", word, caps_words());
		if (!list[len])
			return 0;
		list += len + 1;
	}
}

static int read_arch(struct ctl *ctl, const char *word, bool is_compat, unsigned int *ret_archs)
{
	static const char *const words[] = { "amd64", "arm64", "x86_64", "aarch64", NULL };
	bool is_native = !word;

	if (word && !text_in(word, words))
		return ctl_unknown(ctl, "architecture", word, words);
	if (is_native)
		*ret_archs = ARCH_NATIVE | (is_compat ? ARCH_COMPAT : 0);
	else if (strcmp(word, "amd64") == 0 || strcmp(word, "x86_64") == 0)
		*ret_archs = ARCH_X86_64 | (is_compat ? ARCH_X86 | ARCH_X32 : 0);
	else
		*ret_archs = ARCH_AARCH64 | (is_compat ? ARCH_ARM : 0);
	return 0;
}

/* "6.1", and what stands behind it in names of kernels. */
static int read_kernel(struct ctl *ctl, const char *word, uint32_t *ret_kernel)
{
	const char *dot = strchr(word, '.');
	const char *major_text, *minor_text;
	uint64_t major, minor;

	if (dot) {
		major_text = arena_memdup(ctl->arena, word, (size_t)(dot - word));
		minor_text = arena_memdup(ctl->arena, dot + 1, strcspn(dot + 1, ".-+"));
		if (parse_u64(major_text, &major) == 0 && parse_u64(minor_text, &minor) == 0 &&
		    major <= 0xFFFF && minor <= 0xFFFF) {
			*ret_kernel = (uint32_t)(major << 16 | minor);
			return 0;
		}
	}
	return error_set(&ctl->e, ERR_USAGE, "--kernel must be MAJOR.MINOR, such as 6.1, not '%s'",
			 word);
}

static int read_question(struct ctl *ctl, const struct ctl_args *args,
			 struct view_question *question)
{
	const char *kernel = ctl_value(args, "kernel");

	*question = (struct view_question){ .root = ctl_value(args, "root") };
	question->context.kernel = seccomp_kernel();
	for (size_t i = 0; i < args->count; i++) {
		if (strcmp(args->given[i].option->name, "cap") == 0 &&
		    read_caps(ctl, args->given[i].value, &question->context.caps))
			return -1;
	}
	if (kernel && read_kernel(ctl, kernel, &question->context.kernel))
		return -1;
	return read_arch(ctl, ctl_value(args, "arch"), ctl_value(args, "compat") != NULL,
			 &question->context.archs);
}

/* A container's filter is what it is: conditions were resolved when it started. */
static int check_conditions(struct ctl *ctl, const struct ctl_args *args, bool has_profile)
{
	static const char *const conditions[] = { "cap", "compat", "arch", "kernel" };

	for (size_t i = 0; i < ARRAY_SIZE(conditions) && !has_profile; i++) {
		if (ctl_value(args, conditions[i]))
			return error_set(&ctl->e, ERR_USAGE,
					 "--%s goes with a profile: a container's filter is what "
					 "it is",
					 conditions[i]);
	}
	return 0;
}

static int check_words(struct ctl *ctl, const struct ctl_args *args, const char *const *profiles)
{
	bool has_container = false, has_profile = false;

	for (; *profiles; profiles++) {
		bool is_container = text_starts(*profiles, "container:");

		has_container = has_container || is_container;
		has_profile = has_profile || !is_container;
	}
	if (ctl_value(args, "root") && !has_container)
		return error_set(&ctl->e, ERR_USAGE, "--root goes with a container only");
	return check_conditions(ctl, args, has_profile);
}

static int show(struct ctl *ctl, const struct ctl_args *args)
{
	const char *id = ctl_value(args, "container");
	const char *profiles[] = { args->words > 1 ? args->word[1] : "default", NULL };
	struct view_question question;
	struct view view;

	if (args->words > 2 || (id && args->words > 1))
		return error_set(&ctl->e, ERR_USAGE,
				 "seccomp show takes one profile, or one "
				 "--container");
	if (id)
		profiles[0] = arena_printf(ctl->arena, "container:%s", id);
	if (check_words(ctl, args, profiles) || read_question(ctl, args, &question) ||
	    view_load(ctl, &view, profiles[0], &question) ||
	    check_conditions(ctl, args, !view.is_container))
		return -1;
	if (view.finding)
		ctl_say(ctl, view.finding);
	if (!ctl_value(args, "json"))
		show_table(ctl, &view, &question);
	else if (show_json(ctl, &view, &question))
		return -1;
	return view.finding ? CTL_FOUND : CTL_OK;
}

static int diff(struct ctl *ctl, const struct ctl_args *args)
{
	const char *profiles[] = { args->word[1], args->word[2], NULL };
	enum ctl_status status = CTL_OK;
	struct view_question question;
	struct view view[2];

	if (args->words != 3)
		return error_set(&ctl->e, ERR_USAGE,
				 "seccomp diff takes two profiles: mantletctl seccomp diff A B");
	if (ctl_value(args, "container"))
		return error_set(&ctl->e, ERR_USAGE,
				 "--container goes with seccomp show; here write container:ID");
	if (check_words(ctl, args, profiles) || read_question(ctl, args, &question))
		return -1;
	for (size_t i = 0; i < 2; i++) {
		if (view_load(ctl, &view[i], profiles[i], &question))
			return -1;
	}
	if (check_conditions(ctl, args, !view[0].is_container || !view[1].is_container))
		return -1;
	for (size_t i = 0; i < 2; i++) {
		if (view[i].finding && (i == 0 || strcmp(profiles[0], profiles[1]) != 0))
			ctl_say(ctl, view[i].finding);
	}
	if (!ctl_value(args, "json"))
		diff_table(ctl, &view[0], &view[1], &status);
	else if (diff_json(ctl, &view[0], &view[1], &status))
		return -1;
	return (int)status;
}

static int run(struct ctl *ctl, char **words)
{
	static const char *const verbs[] = { "show", "diff", NULL };
	struct ctl_args args;

	if (ctl_parse(ctl, &args, options, words))
		return -1;
	if (!args.words)
		return error_set(&ctl->e, ERR_USAGE, "seccomp needs a word: show or diff");
	if (strcmp(args.word[0], "show") == 0)
		return show(ctl, &args);
	if (strcmp(args.word[0], "diff") == 0)
		return diff(ctl, &args);
	return ctl_unknown(ctl, "word behind seccomp", args.word[0], verbs);
}

const struct ctl_command ctl_seccomp = {
	.name = "seccomp",
	.summary = "what a system call filter lets through; in what two of them differ",
	.help = help,
	.run = run,
};
