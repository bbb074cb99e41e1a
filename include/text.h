/* Questions about text that come up everywhere: numbers, equality, the nearest word, globs. */
#ifndef MANTLET_TEXT_H
#define MANTLET_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common.h"

/* Decimal digits only: no sign, no space, nothing behind, no overflow. 0 or -1; no leading zero. */
int parse_u64(const char *text, uint64_t *ret_value) MUST_CHECK;

bool text_equal(const char *a, const char *b); /* NULL equals NULL only */
bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);

/* True when TEXT is in WORDS, a NULL-terminated list. */
bool text_in(const char *text, const char *const *words);

/*
 * The word of a NULL-terminated list that is nearest to TEXT (edit distance at most 3 and less
 * than half the word), or NULL. For "did you mean".
 */
const char *text_nearest(const char *text, const char *const *words);

/*
 * Bytes of the well-formed UTF-8 sequence at TEXT (1 to 4), or 0 when there is none within LEN
 * bytes: overlong forms, surrogates and everything above U+10FFFF are none (RFC 3629). NUL counts
 * as well-formed.
 */
size_t text_utf8(const char *text, size_t len);

/* The whole of TEXT is such sequences. */
bool text_is_utf8(const char *text);

/*
 * Path globs of the policy language (card, line 10): '*' and '?' stay within a '/' segment, '**'
 * crosses. The whole text must match; case is kept. Linear memory, no backtracking blow-up.
 */
bool glob_match(const char *pattern, const char *text);

/* PATH is absolute and its own clean form: no "//", "." or "..", and no '/' at the end of more than
 * "/". */
bool text_is_clean_path(const char *path);

#endif
