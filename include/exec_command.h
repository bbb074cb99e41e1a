/*
 * What the argument list of a process says about it: is it a shell, is it the program that a policy
 * entry names? Only names are looked at; what lies behind a name in the container may be anything.
 */
#ifndef MANTLET_EXEC_COMMAND_H
#define MANTLET_EXEC_COMMAND_H

#include <stdbool.h>

#include "arena.h"
#include "json.h"

/* ARGS (process.args, may be NULL) names a shell, or a program that starts another and names one
 * ("busybox sh", "env bash"), or one that always starts a shell (su, script). Linear. */
bool exec_starts_shell(const struct json *args);

/*
 * A program as asked for: NAME is args[0], PATH the same from the root and without "." and "..",
 * NULL for a bare name, which the runtime looks for in the PATH of the process.
 */
struct exec_program {
	const char *name;
	const char *base; /* behind the last slash of NAME */
	const char *path;
};

/* ARGS[0] in a process whose directory is CWD (NULL: the root). In ARENA; all empty without ARGS.
 */
struct exec_program exec_program_of(const struct json *args, const char *cwd, struct arena *arena);

/* Does the entry GLOB of a block list mean PROGRAM? In doubt yes: a bare name may be found by PATH
 * to be what an entry with a slash names. */
bool exec_is_blocked_by(const char *glob, const struct exec_program *program);

/*
 * The same for a list of what is allowed, in doubt no: an entry with a slash means an absolute path
 * that was written without detours, never a bare name, for whoever asks chooses PATH too; an entry
 * without one means that bare name only.
 */
bool exec_is_allowed_by(const char *glob, const struct exec_program *program);

/* Absolute, no empty part, no "." and "..", no slash at the end; stars are characters. */
bool exec_path_is_clean(const char *path);

#endif
