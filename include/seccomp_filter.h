/*
 * A system call filter as we think of it: an answer for everything, and rules that answer
 * otherwise. The OCI form (linux.seccomp of config.json) is read into it and written from it.
 *
 * Facts: seccomp(2), seccomp_rule_add(3), and how runc and crun hand the OCI form to libseccomp.
 */
#ifndef MANTLET_SECCOMP_FILTER_H
#define MANTLET_SECCOMP_FILTER_H

#include "arena.h"
#include "json.h"
#include "seccomp_terms.h"

/* From the weakest to the strictest, as the kernel ranks what several filters say: seccomp(2).
 * Up to ACT_NOTIFY the call may happen. */
enum seccomp_action {
	ACT_ALLOW,
	ACT_LOG,
	ACT_TRACE,
	ACT_NOTIFY,
	ACT_ERRNO,
	ACT_TRAP,
	ACT_KILL_THREAD, /* SCMP_ACT_KILL is another word for it */
	ACT_KILL_PROCESS,
};

struct seccomp_answer {
	uint8_t action;     /* enum seccomp_action */
	uint16_t errno_ret; /* ACT_ERRNO: 1 to 4095; else 0 */
};

/* Architectures, as bits. */
#define ARCH_X86_64 1U
#define ARCH_X86 2U
#define ARCH_X32 4U
#define ARCH_AARCH64 8U
#define ARCH_ARM 16U
#define ARCH_32_BIT (ARCH_X86 | ARCH_X32 | ARCH_ARM)

/* MANTLET_TARGET_* is for programs of the build that work for another machine than their own. */
#if defined(MANTLET_TARGET_X86_64) || (defined(__x86_64__) && !defined(MANTLET_TARGET_AARCH64))
#define ARCH_NATIVE ARCH_X86_64
#define ARCH_COMPAT (ARCH_X86 | ARCH_X32)
#elif defined(MANTLET_TARGET_AARCH64) || defined(__aarch64__)
#define ARCH_NATIVE ARCH_AARCH64
#define ARCH_COMPAT ARCH_ARM
#else
#error "mantlet's seccomp profiles are written for x86-64 and arm64"
#endif

/* One call, one condition, one answer. Several rules of one name are alternatives. */
struct seccomp_rule {
	const char *name;
	const struct seccomp_term *term; /* NULL: always */
	struct seccomp_answer answer;
	/* What runtimes do not read alike: as a permission it counts for nothing, as a block for
	 * the whole call. */
	bool is_doubtful;
};

/* The rules of one name, in a filter that is sorted by names. */
struct seccomp_call {
	const char *name;
	int number; /* on the native architecture; below 0: none */
	uint32_t first;
	uint32_t count; /* may be 0 */
};

struct seccomp_filter {
	struct seccomp_answer other; /* for every call without a rule that fits */
	unsigned int archs;          /* ARCH_* */
	bool has_flags;       /* a list of flags, even an empty one, is not the same as none */
	bool is_logging;      /* SECCOMP_FILTER_FLAG_LOG, the only flag that we keep */
	const char *listener; /* listenerPath; NULL: none */
	const char *metadata; /* listenerMetadata */

	/* In an intersection: names of theirs that the library does not know, and that are left
	 * out: a sentence for the record, or NULL. */
	const char *unknown;
	/* Calls of which something is blocked that both let through, because it has no form that
	 * is read as it is meant. */
	const char **narrowed;
	size_t narrowed_count;

	struct seccomp_rule *rules;
	size_t count;

	/* Of seccomp_filter_sort(); NULL in a filter as it was read. */
	struct seccomp_call *calls; /* from the highest native number to the lowest */
	size_t call_count;
	const uint32_t *slots; /* of a profile: calls by name, index + 1 */
	size_t slot_mask;
};

static inline bool seccomp_is_blocking(struct seccomp_answer answer)
{
	return answer.action >= ACT_ERRNO;
}

static inline bool seccomp_is_same_answer(struct seccomp_answer a, struct seccomp_answer b)
{
	return a.action == b.action && a.errno_ret == b.errno_ret;
}

/*
 * SECTION (a linux.seccomp that spec_check() has seen) as a filter in ARENA, borrowing its texts.
 * NULL with words for people in WHY when it says something that has no meaning: an unknown action.
 * Architectures and flags that we do not know are left out, which is stricter.
 */
struct seccomp_filter *seccomp_filter_read(struct arena *arena, const struct json *section,
					   const char **why);

/*
 * The OCI form of a filter whose rules are in the order of seccomp_filter_sort(): a new node that
 * borrows the filter's texts. Names that share answer and condition share a rule.
 */
struct json *seccomp_filter_write(struct arena *arena, const struct seccomp_filter *filter);

/* Entries of linux.seccomp.syscalls in a document that we read (spec_check), and so in one that we
 * write: it is read again at an exec, and by mantletctl. */
#define SECCOMP_MAX_ENTRIES 2048

/* SECTION, as seccomp_filter_write() makes it, is not longer than that. */
bool seccomp_section_fits(const struct json *section);

/* The list "flags" with what we keep of it; a new node. */
struct json *seccomp_flags(struct arena *arena, bool is_logging);

/* Sort the rules by names, from the highest call number to the lowest. Rules of one name keep their
 * order. */
void seccomp_filter_sort(struct arena *arena, struct seccomp_filter *filter);

/* The call NAME of a filter that has slots, or NULL. */
const struct seccomp_call *seccomp_filter_find(const struct seccomp_filter *filter,
					       const char *name);

/*
 * What both allow: a new filter in ARENA, its rules sorted. OURS must be sorted, and its default
 * must block. Never more permissive than either, by the ranking of the kernel; stricter where the
 * exact intersection has no form that libseccomp compiles right (src/seccomp_form.c). NULL with
 * words for people in WHY when THEIRS cannot be combined: not for this machine, SCMP_ACT_TRACE,
 * SCMP_ACT_NOTIFY without a listener. Whether its listener may be is for the caller to say.
 */
struct seccomp_filter *seccomp_intersect(struct arena *arena, const struct seccomp_filter *ours,
					 const struct seccomp_filter *theirs, const char **why);

#endif
