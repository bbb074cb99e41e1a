/*
 * A shell by its name.
 *
 * This is hygiene and no boundary: a copied or renamed shell, "perl -e", "find -exec" start
 * anything as well. It stops habits and accidents, and makes the rest visible. The boundary is what
 * every added process is (no root, no capabilities), and the list of allowed commands.
 */
#include "exec_command.h"

#include <string.h>

#include "rootfs.h"
#include "text.h"

/* clang-format off */
static const char *const shells[] = {
	"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "lksh", "pdksh", "oksh", "csh", "tcsh",
	"fish", "rbash", "rksh", "rzsh", "posh", "yash", "sash", "hush", "msh", "lash", "osh",
	"ysh", "nu", "elvish", "pwsh", "xonsh",
	/* These start one even when nobody names it: su(1), script(1), login(1), watch(1). */
	"su", "runuser", "script", "login", "sulogin", "newgrp", "sg", "watch", "screen", "tmux",
	"cttyhack", NULL,
};

/* One file that is many programs: the name of the one that is meant comes next. */
static const char *const many[] = { "busybox", "toybox", NULL };

/* They start what a later argument names, behind options of every kind. */
static const char *const starters[] = {
	"env", "nice", "ionice", "nohup", "timeout", "setsid", "setpriv", "chroot", "sudo", "doas",
	"gosu", "su-exec", "xargs", "stdbuf", "unshare", "nsenter", "taskset", "chrt", "flock",
	"time", "strace", "ltrace", "setarch", "linux32", "linux64", "start-stop-daemon", "tini",
	"dumb-init", "catatonit", "docker-init", "capsh", "prlimit", "softlimit", "chpst",
	"setuidgid", "unbuffer", "socat", NULL,
};

/* The dynamic loader starts the program that it is given: ld.so(8). */
static const char *const loaders[] = { "ld.so", "ld-linux*.so.*", "ld-musl-*.so.*", "ld-2.*.so" };
/* clang-format on */

static const char *base_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

/* What may follow a name: a version (bash5, bash-5.2, ksh93), or how it was built. */
static bool is_suffix(const char *text)
{
	static const char *const builds[] = { "-static", ".static", "-minimal", ".distrib", NULL };

	if (!*text || text_in(text, builds))
		return true;
	text += *text == '-';
	return *text >= '0' && *text <= '9' && text[strspn(text, "0123456789.-")] == '\0';
}

static bool is_one_of(const char *base, const char *const *words)
{
	for (; *words; words++) {
		if (text_starts(base, *words) && is_suffix(base + strlen(*words)))
			return true;
	}
	return false;
}

/* A login shell is told so by a '-' in front: "-sh". */
static bool is_shell(const char *name)
{
	const char *base = base_of(name);

	return is_one_of(base + (base[0] == '-'), shells);
}

static bool is_loader(const char *base)
{
	for (size_t i = 0; i < ARRAY_SIZE(loaders); i++) {
		if (glob_match(loaders[i], base))
			return true;
	}
	return false;
}

/* "--shell=/bin/sh" names one, "SHELL=/bin/sh" is a variable. */
static bool names_shell(const char *arg)
{
	const char *equals = strchr(arg, '=');

	if (arg[0] == '-' && equals)
		return is_shell(equals + 1);
	return !equals && is_shell(arg);
}

bool exec_starts_shell(const struct json *args)
{
	const struct json *arg = json_first(args);

	for (; arg && json_text(arg); arg = arg->next) {
		const char *base = base_of(arg->text);

		if (is_shell(arg->text))
			return true;
		if (!is_one_of(base, many)) {
			if (!is_one_of(base, starters) && !is_loader(base))
				return false;
			break;
		}
	}
	for (arg = arg ? arg->next : NULL; arg; arg = arg->next) {
		if (json_text(arg) && names_shell(arg->text))
			return true;
	}
	return false;
}

struct exec_program exec_program_of(const struct json *args, const char *cwd, struct arena *arena)
{
	struct exec_program program = { .name = json_text(json_first(args)) };
	const char *full;

	if (!program.name)
		return (struct exec_program){ .name = "", .base = "" };
	program.base = base_of(program.name);
	if (!strchr(program.name, '/'))
		return program;
	full = program.name[0] == '/' ? program.name
				      : arena_printf(arena, "%s/%s", cwd ? cwd : "", program.name);
	program.path = rootfs_clean_path(full, arena);
	return program;
}

bool exec_is_blocked_by(const char *glob, const struct exec_program *program)
{
	if (!strchr(glob, '/'))
		return glob_match(glob, program->base);
	return program->path ? glob_match(glob, program->path)
			     : glob_match(base_of(glob), program->name);
}

bool exec_is_allowed_by(const char *glob, const struct exec_program *program)
{
	/* A glob without a slash would match no path anyway but for "**". */
	if (!strchr(glob, '/'))
		return !program->path && program->name[0] && glob_match(glob, program->name);
	return program->path && exec_path_is_clean(program->name) &&
	       glob_match(glob, program->name);
}

bool exec_path_is_clean(const char *path)
{
	return text_is_clean_path(path) && path[1];
}
