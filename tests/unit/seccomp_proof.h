/*
 * Is the filter of the combined profile ever more permissive than one of the two that it was made
 * of? Three filters are built as a runtime builds them, and asked about calls: every number of
 * every architecture with a few arguments, and the numbers whose rules look at arguments with the
 * values around every constant in those rules, high halves dirty, bits of masks turned. What counts
 * is the kernel's order of actions (seccomp(2)). It also counts how much the combined filter blocks
 * beyond the exact intersection.
 */
#ifndef MANTLET_SECCOMP_PROOF_H
#define MANTLET_SECCOMP_PROOF_H

#include <linux/audit.h>
#include <stdlib.h>

#include "seccomp_meaning.h"

#define PROOF_POOL 96
#define PROOF_NAMES 64
#define PROOF_NUMBERS 600

struct proof_pool {
	bool is_tested; /* some rule looks at this argument */
	unsigned int count;
	uint64_t value[PROOF_POOL];
};

struct proof {
	enum oci_runtime runtime;
	const struct json *profile[3]; /* ours, theirs, both */
	struct bpf_program program[3];
	unsigned long most; /* argument sets for one number */

	unsigned long tried, looser, exact;
	unsigned long both_run, kept;  /* calls that both let run; that the result does, too */
	unsigned long both_fail, told; /* both ERRNO; with the number of one that blocks it */
	unsigned long by_runc;         /* by runc's pieces in front of the filters only */
	unsigned long by_arch;         /* an architecture that the result does not have */
	unsigned long by_library;      /* looser than a source that libseccomp made too strict */
	/* The intersection, and native calls that both let run and that are lost without its
	 * saying so; NULL: not counted. */
	const struct seccomp_filter *filter;
	unsigned long silent;
	char first[320]; /* the first one that is looser */
	struct seccomp_data first_call;
	bool is_lost[PROOF_NUMBERS]; /* native numbers of which calls are lost */
};

/* ---- one call ---- */

static inline bool proof_is_errno(uint32_t verdict, uint32_t errno_value)
{
	return bpf_is_errno(verdict) && (verdict & SECCOMP_RET_DATA) == errno_value;
}

/* Is it the piece that runc puts in front of the result that answers this call? */
static inline bool proof_is_in_front(const struct proof *proof, const struct seccomp_data *call)
{
	json_each (name, json_find(proof->profile[2], "architectures")) {
		uint32_t arch = oci_architecture(name), number = (uint32_t)call->nr;
		uint32_t last = oci_last_number(proof->profile[2], arch);

		if (oci_audit_arch(arch) == call->arch && last != 0 && number > last &&
		    (oci_audit_arch(arch) != SCMP_ARCH_X86_64 ||
		     (arch == SCMP_ARCH_X32) == ((number & OCI_X32_BIT) != 0)))
			return proof->runtime == OCI_RUNC;
	}
	return false;
}

/* An architecture that a filter does not list: libseccomp kills the thread, and the runtimes have
 * no word for killing the process there. */
static inline bool proof_is_foreign(const struct proof *proof, const struct seccomp_data *call)
{
	/* All numbers from there on count as x32. */
	bool is_x32 = call->arch == SCMP_ARCH_X86_64 && (uint32_t)call->nr >= OCI_X32_BIT;

	return !meaning_has_arch(proof->profile[2], is_x32 ? SCMP_ARCH_X32 : call->arch);
}

static inline void proof_note(struct proof *proof, const struct seccomp_data *call,
			      const uint32_t *verdict)
{
	if (proof->looser++)
		return;
	proof->first_call = *call;
	(void)snprintf(proof->first, sizeof(proof->first),
		       "number %#x arch %#x args %#llx %#llx %#llx %#llx: ours %#x, theirs %#x, "
		       "both %#x",
		       (unsigned int)call->nr, call->arch, call->args[0], call->args[1],
		       call->args[2], call->args[3], verdict[0], verdict[1], verdict[2]);
}

/* The piece that runc puts in front of a source ends at the highest call that it names; a result
 * that names higher ones has a smaller piece. What counts are the filters without it. */
static inline bool proof_is_as_written(const struct proof *proof, const struct seccomp_data *call,
				       const uint32_t *verdict)
{
	for (unsigned int i = 0; i < 2; i++) {
		const struct bpf_program *program = &proof->program[i];

		if (bpf_rank(verdict[2]) > bpf_rank(bpf_run_from(program, program->front, call)))
			return false;
	}
	return true;
}

/* libseccomp 2.5.4 blocks some calls that a rule allows, when rules overlap and the upper halves
 * are not zero. A result in other words need not have the same fault. */
static inline bool proof_is_as_meant(const struct proof *proof, const struct seccomp_data *call,
				     const uint32_t *verdict)
{
	for (unsigned int i = 0; i < 2; i++) {
		if (bpf_rank(verdict[2]) > bpf_rank(verdict[i]) &&
		    bpf_rank(verdict[2]) > meaning_rank(proof->profile[i], call))
			return false;
	}
	return true;
}

/* Let run by both as they are written, too, on the one architecture that has no gates. */
static inline bool proof_is_native(const struct proof *proof, const struct seccomp_data *call)
{
	return call->arch == AUDIT_ARCH_X86_64 && (uint32_t)call->nr < OCI_X32_BIT &&
	       bpf_lets_run((uint32_t)meaning_rank(proof->profile[0], call)) &&
	       bpf_lets_run((uint32_t)meaning_rank(proof->profile[1], call));
}

static inline bool proof_is_told(const struct proof *proof, const struct seccomp_data *call)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, call->nr);
	bool is_told = false;

	for (size_t i = 0; name && i < proof->filter->narrowed_count; i++)
		is_told = is_told || text_equal(name, proof->filter->narrowed[i]);
	free(name);
	return is_told;
}

static inline void proof_try(struct proof *proof, const struct seccomp_data *call)
{
	uint32_t verdict[3];
	int32_t want;

	for (unsigned int i = 0; i < 3; i++)
		verdict[i] = bpf_run(&proof->program[i], call);
	want = bpf_rank(verdict[0]) < bpf_rank(verdict[1]) ? bpf_rank(verdict[0])
							   : bpf_rank(verdict[1]);
	proof->tried++;
	proof->exact += bpf_rank(verdict[2]) == want;
	if (bpf_rank(verdict[2]) > want) {
		/* A kill that became an error: by runc's own piece the call is not made either, and
		 * no document of ours can take that piece away. */
		if (proof_is_errno(verdict[2], ENOSYS) && proof_is_in_front(proof, call))
			proof->by_runc++;
		else if (proof_is_as_written(proof, call, verdict))
			proof->by_runc++;
		else if (verdict[2] == SECCOMP_RET_KILL_THREAD && proof_is_foreign(proof, call))
			proof->by_arch++;
		else if (proof_is_as_meant(proof, call, verdict))
			proof->by_library++;
		else
			proof_note(proof, call, verdict);
	}
	if (bpf_lets_run((uint32_t)want)) {
		bool is_kept = bpf_lets_run(verdict[2]);

		proof->both_run++;
		proof->kept += is_kept;
		proof->silent += proof->filter && !is_kept && proof_is_native(proof, call) &&
				 !proof_is_told(proof, call);
		if (!is_kept && call->arch == AUDIT_ARCH_X86_64 &&
		    (uint32_t)call->nr < PROOF_NUMBERS)
			proof->is_lost[call->nr] = true;
	} else if (bpf_is_errno((uint32_t)want) && bpf_is_errno(verdict[2])) {
		proof->both_fail++;
		proof->told += (bpf_rank(verdict[0]) == want && verdict[0] == verdict[2]) ||
			       (bpf_rank(verdict[1]) == want && verdict[1] == verdict[2]);
	}
}

/* ---- arguments ---- */

static inline void proof_put(struct proof_pool *pool, uint64_t value)
{
	for (unsigned int i = 0; i < pool->count; i++) {
		if (pool->value[i] == value)
			return;
	}
	if (pool->count < PROOF_POOL)
		pool->value[pool->count++] = value;
}

static inline void proof_put_around(struct proof_pool *pool, uint64_t value)
{
	proof_put(pool, value);
	proof_put(pool, value + 1);
	proof_put(pool, value - 1);
	proof_put(pool, value ^ 1ULL << 32);
	proof_put(pool, value | 0xffffffff00000000);
	proof_put(pool, value & 0xffffffff);
}

static inline void proof_put_masked(struct proof_pool *pool, uint64_t mask, uint64_t bits)
{
	uint64_t lowest = mask & (0 - mask);
	uint64_t highest = mask ? 1ULL << (63 - __builtin_clzll(mask)) : 0;

	proof_put(pool, bits);
	proof_put(pool, (bits & mask) | ~mask);
	proof_put(pool, bits ^ lowest);
	proof_put(pool, bits ^ highest);
	proof_put(pool, (bits ^ highest) | ~mask);
	proof_put(pool, (bits & mask) | (subject_dice(UINT64_MAX) & ~mask));
	proof_put(pool, mask);
	proof_put(pool, ~mask);
}

/* The values worth trying for the arguments of NAME. */
static inline void proof_pools(const struct proof *proof, const char *name,
			       struct proof_pool pools[6])
{
	memset(pools, 0, 6 * sizeof(*pools));
	for (unsigned int i = 0; i < 3; i++) {
		json_each (rule, json_find(proof->profile[i], "syscalls")) {
			if (!json_first(json_find(rule, "args")) || !has_name(rule, name))
				continue;
			json_each (arg, json_find(rule, "args")) {
				uint64_t index = oci_number(json_find(arg, "index"));
				uint64_t value = oci_number(json_find(arg, "value"));
				uint64_t two = oci_number(json_find(arg, "valueTwo"));
				struct proof_pool *pool = &pools[index % 6];

				pool->is_tested = true;
				if (json_is(json_find(arg, "op"), "SCMP_CMP_MASKED_EQ"))
					proof_put_masked(pool, value, two);
				else
					proof_put_around(pool, value);
			}
		}
	}
	for (unsigned int i = 0; i < 6; i++) {
		proof_put(&pools[i], 0);
		proof_put(&pools[i], UINT64_MAX);
		proof_put(&pools[i], subject_dice(UINT64_MAX));
	}
}

static inline void proof_try_args(struct proof *proof, uint32_t arch, uint32_t number,
				  const uint64_t *args)
{
	struct seccomp_data call = { .nr = (int)number, .arch = oci_audit_arch(arch) };
	/* The kernel gives a filter the lower halves only. */
	bool is_narrow = (call.arch & __AUDIT_ARCH_64BIT) == 0;

	for (unsigned int i = 0; i < 6; i++)
		call.args[i] = is_narrow ? (uint32_t)args[i] : args[i];
	proof_try(proof, &call);
}

/* Every combination of the tested arguments when there are not too many, else as many at random. */
static inline void proof_try_pools(struct proof *proof, uint32_t arch, uint32_t number,
				   const struct proof_pool *pools)
{
	unsigned long all = 1, turns;

	for (unsigned int i = 0; i < 6; i++) {
		if (pools[i].is_tested)
			all *= all > proof->most ? 1 : pools[i].count;
	}
	turns = all > proof->most ? proof->most : all;
	for (unsigned long turn = 0; turn < turns; turn++) {
		unsigned long rest = turn;
		uint64_t args[6];

		for (unsigned int i = 0; i < 6; i++) {
			unsigned int count = pools[i].count;

			if (!pools[i].is_tested || all > proof->most) {
				args[i] = pools[i].value[subject_dice(count)];
				continue;
			}
			args[i] = pools[i].value[rest % count];
			rest /= count;
		}
		proof_try_args(proof, arch, number, args);
	}
}

static inline void proof_try_plainly(struct proof *proof, uint32_t arch, uint32_t number)
{
	const uint64_t zeros[6] = { 0 };
	uint64_t ones[6], some[6];

	for (unsigned int i = 0; i < 6; i++) {
		ones[i] = UINT64_MAX;
		some[i] = subject_dice(UINT64_MAX);
	}
	proof_try_args(proof, arch, number, zeros);
	proof_try_args(proof, arch, number, ones);
	proof_try_args(proof, arch, number, some);
}

/* ---- numbers ---- */

/* The names whose arguments some rule looks at. */
static inline size_t proof_conditional(const struct proof *proof, const char **names)
{
	size_t count = 0;

	for (unsigned int i = 0; i < 3; i++) {
		json_each (rule, json_find(proof->profile[i], "syscalls")) {
			if (!json_first(json_find(rule, "args")))
				continue;
			json_each (name, json_find(rule, "names")) {
				size_t at = 0;

				while (at < count && strcmp(names[at], name->text) != 0)
					at++;
				if (at == count && count < PROOF_NAMES)
					names[count++] = name->text;
			}
		}
	}
	return count;
}

/* i386 has one entry for all socket calls and one for System V IPC; which one it is, is the first
 * argument, and libseccomp makes conditions of it. */
static inline void proof_try_multiplexed(struct proof *proof)
{
	for (uint64_t which = 0; which < 32; which++) {
		const uint64_t args[6] = { which, subject_dice(3), 2, subject_dice(3), 5, 6 };

		proof_try_args(proof, SCMP_ARCH_X86, 102, args);
		proof_try_args(proof, SCMP_ARCH_X86, 117, args);
	}
}

static inline void proof_try_odd(struct proof *proof, uint32_t arch)
{
	static const uint32_t odd[] = {
		601,        999,        1024,       0xffff,     0x0f0002,
		0x3fffffff, 0x40000000, 0x40000001, 0x400003e7, 0x7fffffff,
		0x80000000, 0xffffd8ef, 0xffffff9b, 0xfffffffe, 0xffffffff
	};

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		proof_try_plainly(proof, arch, odd[i]);
}

static inline void proof_try_names(struct proof *proof, uint32_t arch)
{
	const char *names[PROOF_NAMES];
	size_t count = proof_conditional(proof, names);

	for (size_t i = 0; i < count; i++) {
		int number = seccomp_syscall_resolve_name_arch(arch, names[i]);
		struct proof_pool pools[6];

		if (number < 0)
			continue;
		proof_pools(proof, names[i], pools);
		proof_try_pools(proof, arch, (uint32_t)number, pools);
	}
}

/* x86-64 and its 32-bit forms, listed or not, and one that is not of this machine. */
static const uint32_t proof_archs[] = { SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32,
					SCMP_ARCH_AARCH64 };

static inline void proof_try_all(struct proof *proof)
{
	for (size_t i = 0; i < ARRAY_SIZE(proof_archs); i++) {
		uint32_t first = proof_archs[i] == SCMP_ARCH_X32 ? OCI_X32_BIT : 0;

		for (uint32_t number = 0; number <= PROOF_NUMBERS; number++)
			proof_try_plainly(proof, proof_archs[i], first + number);
		proof_try_odd(proof, proof_archs[i]);
		proof_try_names(proof, proof_archs[i]);
	}
	proof_try_multiplexed(proof);
	proof_try_odd(proof, 0x12345678);
}

/* The same with only these names and a few numbers beside: for many small profiles. */
static inline void proof_try_few(struct proof *proof, const char *const *names, size_t count)
{
	for (size_t i = 0; i < ARRAY_SIZE(proof_archs); i++) {
		for (size_t n = 0; n < count; n++) {
			int number = seccomp_syscall_resolve_name_arch(proof_archs[i], names[n]);

			if (number >= 0)
				proof_try_plainly(proof, proof_archs[i], (uint32_t)number);
		}
		proof_try_odd(proof, proof_archs[i]);
		proof_try_names(proof, proof_archs[i]);
	}
	proof_try_multiplexed(proof);
}

/* ---- all of it ---- */

enum proof_built { PROOF_BUILT, PROOF_SOURCE_REFUSED, PROOF_RESULT_REFUSED };

static inline enum proof_built proof_start(struct proof *proof, enum oci_runtime runtime,
					   const struct json *ours, const struct json *theirs,
					   const struct json *both, const char **why)
{
	memset(proof, 0, sizeof(*proof));
	proof->runtime = runtime;
	proof->profile[0] = ours;
	proof->profile[1] = theirs;
	proof->profile[2] = both;
	for (unsigned int i = 0; i < 3; i++) {
		*why = oci_filter_build(&proof->program[i], proof->profile[i], runtime);
		if (*why)
			return i < 2 ? PROOF_SOURCE_REFUSED : PROOF_RESULT_REFUSED;
	}
	return PROOF_BUILT;
}

static inline double proof_share(unsigned long part, unsigned long all)
{
	return all ? 100.0 * (double)part / (double)all : 100.0;
}

static inline void proof_print_name(const struct proof *proof, uint32_t arch, int number)
{
	static const char *const whose[] = { "ours", "theirs", "both" };
	auto_arena struct arena *arena = arena_new();
	char *name = seccomp_syscall_resolve_num_arch(arch, number);

	for (unsigned int i = 0; i < 3 && name; i++) {
		printf("#   %-6s default %s", whose[i],
		       seccomp_text(arena, json_find(proof->profile[i], "defaultAction")));
		json_each (rule, json_find(proof->profile[i], "syscalls")) {
			if (has_name(rule, name))
				printf(", %s %s", seccomp_text(arena, json_find(rule, "action")),
				       seccomp_text(arena, json_find(rule, "args")));
		}
		printf(" [%s]\n", name);
	}
	free(name);
}

/* The rules of one call in the three profiles: what a person needs to see of a counter-example. */
static inline void proof_print_rules(const struct proof *proof, const struct seccomp_data *call)
{
	bool is_x32 = ((uint32_t)call->nr & OCI_X32_BIT) != 0;
	uint32_t arch = is_x32 && call->arch == SCMP_ARCH_X86_64 ? SCMP_ARCH_X32 : call->arch;

	proof_print_name(proof, arch, call->nr);
	if (arch == SCMP_ARCH_X86 && call->nr == MEANING_SOCKETCALL)
		proof_print_name(proof, arch, -100 - (int)call->args[0]);
	if (arch == SCMP_ARCH_X86 && call->nr == MEANING_IPC)
		proof_print_name(proof, arch, -200 - (int)call->args[0]);
}

/* Up to eight names of calls that both let run, with some arguments at least, and the result does
 * not. */
static inline void proof_print_lost(const struct proof *proof)
{
	unsigned int count = 0;

	for (int number = 0; number < PROOF_NUMBERS; number++) {
		char *name;

		if (!proof->is_lost[number])
			continue;
		name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, number);
		if (count++ < 8)
			printf("%s %s", count == 1 ? "; lost:" : "", name ? name : "?");
		free(name);
	}
	if (count > 8)
		printf(" and %u more", count - 8);
	putchar('\n');
}

#endif
