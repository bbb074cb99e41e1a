/*
 * Small questions about text, answered in one place so that they are answered the same way
 * everywhere. All of it is asked about outside text: nothing here costs more than the product of
 * the two lengths.
 */
#include "text.h"

#include <string.h>

#include "arena.h"

/* No word of ours is longer; what a person mistyped is not much longer either. */
#define NEAREST_MAX 64U
#define NEAREST_DISTANCE 3U

int parse_u64(const char *text, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!text || !*text || (text[0] == '0' && text[1]))
		return -1;
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9')
			return -1;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return -1;
	}
	*ret_value = value;
	return 0;
}

bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool text_starts(const char *text, const char *prefix)
{
	return text && strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *text, const char *suffix)
{
	size_t len = text ? strlen(text) : 0, tail = strlen(suffix);

	return text && len >= tail && memcmp(text + len - tail, suffix, tail) == 0;
}

bool text_in(const char *text, const char *const *words)
{
	if (!text)
		return false;
	for (; *words; words++) {
		if (strcmp(text, *words) == 0)
			return true;
	}
	return false;
}

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein distance of two words of at most NEAREST_MAX bytes. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[NEAREST_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];

			row[j] = smallest(above + 1, row[j - 1] + 1,
					  diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

const char *text_nearest(const char *text, const char *const *words)
{
	size_t len = strnlen(text, NEAREST_MAX + 1), best = NEAREST_DISTANCE + 1;
	const char *nearest = NULL;

	if (len > NEAREST_MAX)
		return NULL;
	for (; *words; words++) {
		size_t word_len = strnlen(*words, NEAREST_MAX + 1), found;

		if (word_len > NEAREST_MAX || word_len > len + NEAREST_DISTANCE ||
		    len > word_len + NEAREST_DISTANCE)
			continue;
		found = distance(text, len, *words, word_len);
		if (found < best && found * 2 < word_len) {
			best = found;
			nearest = *words;
		}
	}
	return nearest;
}

static bool is_tail(char byte)
{
	return ((unsigned char)byte & 0xC0) == 0x80;
}

size_t text_utf8(const char *text, size_t len)
{
	unsigned char lead, second;
	size_t need;

	if (!len)
		return 0;
	lead = (unsigned char)text[0];
	if (lead < 0x80)
		return 1;
	/* RFC 3629, section 4: C0 and C1 would be overlong, F5 and above beyond U+10FFFF. */
	if (lead < 0xC2 || lead > 0xF4)
		return 0;
	need = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
	if (len < need)
		return 0;
	for (size_t i = 1; i < need; i++) {
		if (!is_tail(text[i]))
			return 0;
	}
	second = (unsigned char)text[1];
	if ((lead == 0xE0 && second < 0xA0) || /* overlong */
	    (lead == 0xED && second > 0x9F) || /* surrogates */
	    (lead == 0xF0 && second < 0x90) || /* overlong */
	    (lead == 0xF4 && second > 0x8F))   /* beyond U+10FFFF */
		return 0;
	return need;
}

bool text_is_utf8(const char *text)
{
	for (size_t len = strlen(text), step; len; text += step, len -= step) {
		step = text_utf8(text, len);
		if (!step)
			return false;
	}
	return true;
}

/* Bytes of the character at TEXT for '?': broken UTF-8 counts byte by byte. */
static size_t char_len(const char *text)
{
	size_t len = text_utf8(text, strnlen(text, 4));

	return len ? len : 1;
}

static size_t stars(const char *pattern)
{
	return strspn(pattern, "*");
}

/* Mark AT, and what is behind it when stars there match nothing. */
static void mark(char *states, const char *pattern, size_t at)
{
	while (!states[at]) {
		states[at] = 1;
		at += stars(pattern + at);
	}
}

/*
 * All places in the pattern where a match may stand are carried along together, so the time is at
 * most pattern times text whatever the two are. Trying one star after the other (as fnmatch(3)
 * does) takes minutes for "**a**a**a**b" and a text that an image's author chose.
 */
static bool match_states(const char *pattern, size_t pattern_len, const char *text, char *now,
			 char *next)
{
	mark(now, pattern, 0);
	for (size_t step; *text; text += step) {
		bool is_alive = false;
		char *swap = now;

		step = char_len(text);
		memset(next, 0, pattern_len + 1);
		for (size_t i = 0; i < pattern_len; i++) {
			size_t run, to = 0;

			if (!now[i])
				continue;
			run = stars(pattern + i);
			if (run ? run > 1 || *text != '/' : false)
				to = i; /* the stars take this character too */
			else if (!run && pattern[i] == '?' && *text != '/')
				to = i + 1;
			else if (!run && strncmp(pattern + i, text, step) == 0)
				to = i + step;
			else
				continue;
			mark(next, pattern, to);
			is_alive = true;
		}
		if (!is_alive)
			return false;
		now = next;
		next = swap;
	}
	return now[pattern_len];
}

bool glob_match(const char *pattern, const char *text)
{
	size_t plain = strcspn(pattern, "*?"), len;
	auto_free char *states = NULL;

	/* Most entries of a list differ before the first star. */
	if (strncmp(pattern, text, plain) != 0)
		return false;
	pattern += plain;
	text += plain;
	if (!*pattern)
		return !*text;

	len = strlen(pattern);
	states = calloc(2, len + 1);
	if (!states)
		arena_oom();
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): auto_free releases it */
	return match_states(pattern, len, text, states, states + len + 1);
}

bool text_is_clean_path(const char *path)
{
	size_t len = strlen(path);

	if (path[0] != '/' || (len > 1 && path[len - 1] == '/') || strstr(path, "//"))
		return false;
	for (const char *name = path; *name;) {
		size_t part = strcspn(++name, "/");

		if ((part == 1 && name[0] == '.') ||
		    (part == 2 && name[0] == '.' && name[1] == '.'))
			return false;
		name += part;
	}
	return true;
}
