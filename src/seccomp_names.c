/*
 * Names and numbers of system calls, from libseccomp: the runtimes read profiles with it, so what
 * it knows is what a name can mean. We use its tables only; filters are built by the runtime.
 *
 * It gives numbers below zero to calls that an architecture does not have or, on i386, hides behind
 * socketcall(2) and ipc(2): -101 to -120 and -201 to -224 (seccomp_syscall_resolve_name(3)).
 */
#include "seccomp_names.h"

#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>

#include "arena.h"
#include "seccomp_filter.h"

#define MAX_NUMBER 1024 /* above every native number of today: 457 are in use */

static const uint32_t native = ARCH_NATIVE == ARCH_X86_64 ? SCMP_ARCH_X86_64 : SCMP_ARCH_AARCH64;

bool seccomp_names_has(const char *name)
{
	return seccomp_syscall_resolve_name_arch(native, name) != __NR_SCMP_ERROR;
}

int seccomp_names_number(const char *name)
{
	int number = seccomp_syscall_resolve_name_arch(native, name);

	return number < 0 ? -1 : number;
}

static const struct {
	unsigned int arch;
	uint32_t token;
} tokens[] = {
	{ ARCH_X86_64, SCMP_ARCH_X86_64 },   { ARCH_X86, SCMP_ARCH_X86 },
	{ ARCH_X32, SCMP_ARCH_X32 },         { ARCH_ARM, SCMP_ARCH_ARM },
	{ ARCH_AARCH64, SCMP_ARCH_AARCH64 },
};

bool seccomp_names_is_on(const char *name, unsigned int archs)
{
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		int number = archs & tokens[i].arch
				     ? seccomp_syscall_resolve_name_arch(tokens[i].token, name)
				     : __NR_SCMP_ERROR;

		/* Elsewhere the numbers below zero mean that there is no such call. */
		if (number >= 0 || (tokens[i].arch == ARCH_X86 && number <= -100 && number > -300))
			return true;
	}
	return false;
}

bool seccomp_names_is_on_each(const char *name, unsigned int archs)
{
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		if ((archs & tokens[i].arch) &&
		    seccomp_syscall_resolve_name_arch(tokens[i].token, name) < 0)
			return false;
	}
	return true;
}

const char *seccomp_names_gate(const char *name)
{
	int number = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86, name);

	if (number <= -100 && number > -200)
		return "socketcall";
	if (number <= -200 && number > -300)
		return "ipc";
	return NULL;
}

/* The program ends before anybody would free these. */
static const char *words[MAX_NUMBER + 1];

static void load(void)
{
	size_t count = 0;

	if (words[0])
		return;
	for (int number = 0; number < MAX_NUMBER; number++) {
		char *name = seccomp_syscall_resolve_num_arch(native, number);

		if (name)
			words[count++] = name;
	}
}

const char *const *seccomp_names_all(void)
{
	load();
	return words;
}
