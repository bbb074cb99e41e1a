/* What a filter says, in words: answers, conditions, architectures. All texts are in ARENA. */
#ifndef MANTLET_SECCOMP_PHRASE_H
#define MANTLET_SECCOMP_PHRASE_H

#include "seccomp_filter.h"

/* "allowed", "EPERM", "kills the process". */
const char *seccomp_phrase_answer(struct arena *arena, struct seccomp_answer answer);

/*
 * The conditions of COUNT rules of CALL as one: "only AF_UNIX, AF_INET", "without namespace flags",
 * "family AF_NETLINK and protocol 0x9 or ...". NULL when one of them has no condition.
 */
const char *seccomp_phrase_when(struct arena *arena, const char *call,
				const struct seccomp_rule *const *rules, size_t count);

/*
 * All rules of one call: "allowed: without namespace flags; EPERM: with CLONE_NEWUSER". With OTHER,
 * which may be NULL, also what holds where no rule fits: "; otherwise ENOSYS".
 */
const char *seccomp_phrase_call(struct arena *arena, const char *call,
				const struct seccomp_rule *rules, size_t count,
				const struct seccomp_answer *other);

/* "x86_64, x86, x32". */
const char *seccomp_phrase_archs(struct arena *arena, unsigned int archs);

#endif
