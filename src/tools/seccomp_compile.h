/*
 * For programs of the build: a linux.seccomp as crun compiles it.
 */
#ifndef MANTLET_SECCOMP_COMPILE_H
#define MANTLET_SECCOMP_COMPILE_H

#include "error.h"
#include "json.h"

/*
 * SECTION (of our own seccomp_filter_write(), for ARCH_NATIVE alone) as instructions for seccomp(2)
 * in base64, in ARENA. -1 with ERR_SYSTEM when libseccomp refuses something.
 */
int seccomp_compile(const char **ret_program, struct arena *arena, const struct json *section,
		    struct error *e) MUST_CHECK;

#endif
