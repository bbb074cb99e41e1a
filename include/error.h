/*
 * One error object, filled where a failure is understood and printed once, by main.
 *
 * The buffer lives inside the struct, so that reporting a failure cannot itself fail.
 */
#ifndef MANTLET_ERROR_H
#define MANTLET_ERROR_H

#include "common.h"

enum error_kind {
	ERR_NONE,
	ERR_USAGE,  /* the command line */
	ERR_POLICY, /* the policy files */
	ERR_SPEC,   /* the document */
	ERR_DENIED, /* everything was understood, and policy says no */
	ERR_SYSTEM, /* a system call failed */
};

struct error {
	enum error_kind kind;
	int sys_errno;      /* 0 when no system call was involved */
	char message[4096]; /* one line, without "mantlet:" in front */
};

/*
 * All three return -1, so that a failure is one line. Text that does not fit is cut with "...".
 * error_sys() appends the meaning of errno in words that no engine reinterprets (contract, 5.3).
 * error_wrap() puts context in front of what is already there.
 */
int error_set(struct error *e, enum error_kind kind, const char *format, ...) PRINTF(3, 4);
int error_sys(struct error *e, const char *format, ...) PRINTF(2, 3);
int error_wrap(struct error *e, const char *format, ...) PRINTF(2, 3);

/* Words for an errno value; static text, never NULL. */
const char *error_words(int sys_errno);

/*
 * Make outside text safe to print, in place: control bytes, broken UTF-8 and the phrases that
 * engines read as their own errors ("permission denied", ...) lose characters to '?'.
 */
void error_defuse(char *text);

/*
 * Copy outside text of LEN bytes, defused and cut at 80 bytes with "…", into BUF and return BUF.
 * For author-chosen strings inside messages (messages.md, "Rules for a refusal").
 */
#define QUOTED_SIZE 88
const char *error_quote(char buf[static QUOTED_SIZE], const char *text, size_t len);

#endif
