/* The words of the OCI form: SCMP_ACT_*, SCMP_CMP_*, SCMP_ARCH_*. */
#ifndef MANTLET_SECCOMP_WORDS_H
#define MANTLET_SECCOMP_WORDS_H

#include "seccomp_filter.h"

/* -1 for a word that is none (and for NULL). */
int seccomp_action_of(const char *word);

/* "SCMP_ACT_ALLOW", ...; never NULL. ACT_KILL_THREAD is "SCMP_ACT_KILL", which all versions know.
 */
const char *seccomp_action_word(uint8_t action);

/* NULL-terminated, for messages. */
extern const char *const seccomp_action_words[];
extern const char *const seccomp_op_words[];

/*
 * One condition of the OCI form. True when it has a meaning that everybody shares: a known
 * comparison, and for SCMP_CMP_MASKED_EQ (VALUE is the mask) no bits of VALUE_TWO outside of it.
 * *RET_NEVER: nothing can pass it.
 */
bool seccomp_test_of(struct seccomp_test *ret_test, bool *ret_never, const char *op, uint64_t value,
		     uint64_t value_two);

/* "SCMP_CMP_EQ", ... of a test; never NULL. */
const char *seccomp_op_word(const struct seccomp_test *test);

/* "SCMP_ARCH_X86_64" as its bit; 0 for architectures that are none of ours. */
unsigned int seccomp_arch_of(const char *word);

/* The bits of MASK as words, from the native one: *AT starts as 0. NULL: no more. */
const char *seccomp_arch_next(unsigned int mask, unsigned int *at);

#endif
