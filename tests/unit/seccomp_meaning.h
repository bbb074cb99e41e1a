/*
 * What a profile means, read from its rules and not from the filter that libseccomp makes of them:
 * the strictest of the rules that match a call, the default when none does. Where libseccomp's
 * filter is stricter than this, that is its fault and not what the author asked for.
 */
#ifndef MANTLET_SECCOMP_MEANING_H
#define MANTLET_SECCOMP_MEANING_H

#include <linux/audit.h>

#include "seccomp_subject.h"

/* i386 has one entry for all socket calls and one for System V IPC. */
#define MEANING_SOCKETCALL 102
#define MEANING_IPC 117

static inline bool meaning_matches(const struct json *arg, const struct seccomp_data *call,
				   uint64_t width)
{
	uint64_t value = oci_number(json_find(arg, "value")) & width;
	uint64_t two = oci_number(json_find(arg, "valueTwo")) & width;
	uint64_t got = call->args[oci_number(json_find(arg, "index")) % 6] & width;
	const struct json *op = json_find(arg, "op");

	if (json_is(op, "SCMP_CMP_EQ"))
		return got == value;
	if (json_is(op, "SCMP_CMP_NE"))
		return got != value;
	if (json_is(op, "SCMP_CMP_LT"))
		return got < value;
	if (json_is(op, "SCMP_CMP_LE"))
		return got <= value;
	if (json_is(op, "SCMP_CMP_GT"))
		return got > value;
	if (json_is(op, "SCMP_CMP_GE"))
		return got >= value;
	/* MASKED_EQ: what lies outside of the mask is cut off. */
	return (got & value) == (two & value);
}

/* All tests of a rule must hold; where one argument is tested twice the runtimes take any. */
static inline bool meaning_rule_matches(const struct json *rule, const struct seccomp_data *call,
					uint64_t width)
{
	bool is_all = true, is_any = false, is_twice = false;
	unsigned int seen = 0;

	json_each (arg, json_find(rule, "args")) {
		unsigned int bit = 1U << oci_number(json_find(arg, "index")) % 6;
		bool is_match = meaning_matches(arg, call, width);

		is_all = is_all && is_match;
		is_any = is_any || is_match;
		is_twice = is_twice || (seen & bit) != 0;
		seen |= bit;
	}
	return is_twice ? is_any : is_all;
}

static inline bool meaning_has_number(const struct json *rule, uint32_t arch, int number)
{
	json_each (name, json_find(rule, "names")) {
		if (seccomp_syscall_resolve_name_arch(arch, name->text) == number)
			return true;
	}
	return false;
}

/* A rule for one of the calls behind this one, which is without conditions then. */
static inline bool meaning_is_behind(const struct json *rule, uint32_t arch,
				     const struct seccomp_data *call)
{
	if (arch != SCMP_ARCH_X86 || call->args[0] == 0 || call->args[0] > 99)
		return false;
	if (call->nr == MEANING_SOCKETCALL)
		return meaning_has_number(rule, arch, -100 - (int)call->args[0]);
	return call->nr == MEANING_IPC && meaning_has_number(rule, arch, -200 - (int)call->args[0]);
}

static inline bool meaning_has_arch(const struct json *profile, uint32_t arch)
{
	const struct json *list = json_find(profile, "architectures");

	json_each (name, list) {
		if (oci_architecture(name) == arch)
			return true;
	}
	return arch == seccomp_arch_native(); /* always there */
}

static inline int32_t meaning_of_action(const struct json *action)
{
	struct oci_build build = { .runtime = OCI_RUNC };
	uint32_t value;

	return oci_action(&build, action, NULL, &value) ? bpf_rank(value) : INT32_MIN;
}

/* As bpf_rank(); the strictest there is where this reading has no answer. */
static inline int32_t meaning_rank(const struct json *profile, const struct seccomp_data *call)
{
	bool is_x32 = call->arch == SCMP_ARCH_X86_64 && ((uint32_t)call->nr & OCI_X32_BIT) != 0;
	uint32_t arch = is_x32 ? SCMP_ARCH_X32 : call->arch;
	/* libseccomp looks at the lower halves only, x32 included. */
	uint64_t width = arch == SCMP_ARCH_X86 || is_x32 ? UINT32_MAX : UINT64_MAX;
	int32_t strictest = INT32_MAX;

	if (!meaning_has_arch(profile, arch))
		return (int32_t)SECCOMP_RET_KILL_THREAD;
	json_each (rule, json_find(profile, "syscalls")) {
		int32_t rank = meaning_of_action(json_find(rule, "action"));

		if (rank >= strictest)
			continue;
		if (meaning_is_behind(rule, arch, call) ||
		    (meaning_has_number(rule, arch, call->nr) &&
		     meaning_rule_matches(rule, call, width)))
			strictest = rank;
	}
	return strictest == INT32_MAX ? meaning_of_action(json_find(profile, "defaultAction"))
				      : strictest;
}

#endif
