/* Seccomp sections in their OCI form: ours, and its cautious intersection with a request's. */
#ifndef MANTLET_SECCOMP_RULES_H
#define MANTLET_SECCOMP_RULES_H

#include "arena.h"
#include "error.h"
#include "json.h"

/*
 * Our profile: NAME is "default" or the absolute path of a file that holds a linux.seccomp object
 * (root's, checked like a policy file). IS_COMPAT adds the 32-bit architectures and their names.
 * The result is a new node in ARENA, or NULL with ERR_POLICY.
 */
struct json *seccomp_ours(struct arena *arena, const char *name, bool is_compat, struct error *e);

/*
 * What both allow, as a new node in ARENA: never looser than either, stricter where the exact
 * intersection has no simple form. Ours decides the default answer and what is EPERM; a call of
 * ours that THEIRS blocks is EPERM too. NULL with a reason in WHY (static text) when THEIRS cannot
 * be combined: actions other than ALLOW and ERRNO, a listener, another architecture.
 */
struct json *seccomp_intersect(struct arena *arena, const struct json *ours,
			       const struct json *theirs, const char **why);

/*
 * The flags of PROFILE that may stay, a new list in ARENA: logging. Not SPEC_ALLOW, which takes a
 * defence against speculation away; runtimes set it when there is no list at all, so an empty one
 * is not the same as none.
 */
struct json *seccomp_flags(struct arena *arena, const struct json *profile);

#endif
