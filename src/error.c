/*
 * The one error object, and the words in it.
 *
 * A message ends up in the engine's log, on a terminal and inside the engine's own error handling,
 * which searches it: Docker and podman turn "permission denied" or "no such file or directory"
 * anywhere in the text into an error (and an exit status) of their own (contract, 5.3). So our
 * words never contain these phrases, and text that somebody else chose loses them.
 */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* Lower case; the engines search without regard to case. */
static const char *const engine_phrases[] = {
	"permission denied",         "operation not permitted", "no such file or directory",
	"executable file not found", "not a directory",
};

const char *error_words(int sys_errno)
{
	const char *words;

	switch (sys_errno) {
	case ENOENT:
		return "it is not there";
	case EACCES:
		return "the kernel refused access";
	case EPERM:
		return "the kernel does not permit it";
	case ENOTDIR:
		return "a part of the path is no folder";
	default:
		words = strerrordesc_np(sys_errno);
		return words ? words : "unknown error";
	}
}

/* Cut what vsnprintf() could not fit: SIZE bytes were there, a character may be cut in two. */
static void cut(char *text, size_t size)
{
	size_t at = size - sizeof("...");

	while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80)
		at--;
	memcpy(text + at, "...", sizeof("..."));
}

static bool is_control(unsigned char byte)
{
	return byte < 0x20 || byte == 0x7F;
}

/* One event is one line, and no message moves the cursor of a terminal. */
static void replace_controls(char *text)
{
	for (; *text; text++) {
		if (is_control((unsigned char)*text))
			*text = '?';
	}
}

static void PRINTF(2, 0) format_message(struct error *e, const char *format, va_list ap)
{
	int len = vsnprintf(e->message, sizeof(e->message), format, ap);

	if (len < 0)
		(void)snprintf(e->message, sizeof(e->message),
			       "an error that cannot be put into words");
	else if ((size_t)len >= sizeof(e->message))
		cut(e->message, sizeof(e->message));
	replace_controls(e->message);
}

int error_set(struct error *e, enum error_kind kind, const char *format, ...)
{
	va_list ap;

	e->kind = kind;
	e->sys_errno = 0;
	va_start(ap, format);
	format_message(e, format, ap);
	va_end(ap);
	return -1;
}

/* Put "between" and TAIL behind the message. */
static void add_tail(struct error *e, const char *between, const char *tail)
{
	size_t len = strlen(e->message), room = sizeof(e->message) - len;
	int added = snprintf(e->message + len, room, "%s%s", between, tail);

	if (added < 0 || (size_t)added >= room)
		cut(e->message, sizeof(e->message));
}

int error_sys(struct error *e, const char *format, ...)
{
	int sys_errno = errno;
	va_list ap;

	e->kind = ERR_SYSTEM;
	e->sys_errno = sys_errno;
	va_start(ap, format);
	format_message(e, format, ap);
	va_end(ap);
	add_tail(e, ": ", error_words(sys_errno));
	return -1;
}

int error_wrap(struct error *e, const char *format, ...)
{
	char inner[sizeof(e->message)];
	va_list ap;

	memcpy(inner, e->message, sizeof(inner));
	va_start(ap, format);
	format_message(e, format, ap);
	va_end(ap);
	add_tail(e, ": ", inner);
	return -1;
}

/*
 * Bytes of TEXT that say PHRASE, or 0. Go's "(?i)" also takes U+017F for s, and engines search with
 * it. (No phrase contains a k, so U+212A needs no thought.)
 */
static size_t says(const char *text, const char *phrase)
{
	const char *p = text;

	for (; *phrase; phrase++) {
		unsigned char byte = (unsigned char)*p;

		if (*phrase == 's' && strncmp(p, "\xC5\xBF", 2) == 0)
			p += 2;
		else if ((byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte) ==
			 (unsigned char)*phrase)
			p++;
		else
			return 0;
	}
	return (size_t)(p - text);
}

static void defuse_phrases(char *text)
{
	for (; (text = strpbrk(text, "PpOoNnEe")); text++) {
		for (size_t i = 0; i < ARRAY_SIZE(engine_phrases); i++) {
			size_t len = says(text, engine_phrases[i]);
			char *space = memchr(text, ' ', len);

			if (space)
				*space = '?';
		}
	}
}

/*
 * Characters that are well-formed and still not text: C1 controls (U+009B starts a terminal's
 * escape sequence), line separators, and what turns the reading direction around, so that a log
 * shows another sentence than the one that was written.
 */
static bool is_unsafe(const char *text, size_t len)
{
	unsigned char second = (unsigned char)text[len > 1 ? 1 : 0];
	unsigned char third = (unsigned char)text[len > 2 ? 2 : 0];

	if (len == 1)
		return is_control((unsigned char)text[0]);
	if (len == 2)
		return (unsigned char)text[0] == 0xC2 && second < 0xA0;
	if (len == 3 && (unsigned char)text[0] == 0xE2)
		return (second == 0x80 && third >= 0xA8 && third <= 0xAE) ||
		       (second == 0x81 && third >= 0xA6 && third <= 0xA9);
	return false;
}

void error_defuse(char *text)
{
	size_t left = strlen(text);

	for (char *p = text; left;) {
		size_t len = text_utf8(p, left < 4 ? left : 4), step = len ? len : 1;

		if (!len || is_unsafe(p, len))
			memset(p, '?', step);
		p += step;
		left -= step;
	}
	defuse_phrases(text);
}

const char *error_quote(char buf[static QUOTED_SIZE], const char *text, size_t len)
{
	static const char more[] = "…";
	size_t end = len < 80 ? len : 80;

	if (end < len) {
		while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80)
			end--;
		/* Not a character at all, but a row of continuation bytes: any place will do. */
		if (end < 77)
			end = 80;
	}
	if (end)
		memcpy(buf, text, end);
	for (size_t i = 0; i < end; i++) {
		if (!buf[i])
			buf[i] = '?';
	}
	buf[end] = '\0';
	error_defuse(buf);
	if (end < len)
		memcpy(buf + end, more, sizeof(more));
	return buf;
}
