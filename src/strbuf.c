/*
 * Text that grows by doubling. Used for everything that is put together piece by piece: the
 * document we write, records, log lines. The caller owns the struct and frees it (auto_strbuf).
 */
#include "strbuf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "fdio.h"
#include "text.h"

#define FIRST_SIZE 256U
#define DRAIN_SIZE ((size_t)64 * 1024)

static void put_out(struct strbuf_drain *to, const void *bytes, size_t len)
{
	if (to->fd >= 0 && !to->sys_errno && len > 0 && fd_write_all(to->fd, bytes, len) < 0)
		to->sys_errno = errno;
	to->written += len;
}

static void drain(struct strbuf *sb)
{
	put_out(sb->drain, sb->data, sb->len);
	sb->len = 0;
}

int strbuf_flush(struct strbuf *sb)
{
	drain(sb);
	errno = sb->drain->sys_errno;
	return errno ? -1 : 0;
}

/* Room for LEN more bytes and the NUL. */
static void reserve(struct strbuf *sb, size_t len)
{
	size_t need = 0, size = sb->size ? sb->size : FIRST_SIZE;
	char *data;

	if (len < sb->size - sb->len) /* nearly always */
		return;
	if (sb->drain && sb->size >= DRAIN_SIZE)
		drain(sb);
	if (__builtin_add_overflow(sb->len, len, &need) || __builtin_add_overflow(need, 1, &need))
		arena_oom();
	while (size < need) {
		if (__builtin_mul_overflow(size, 2, &size))
			arena_oom();
	}
	data = realloc(sb->data, size);
	if (!data)
		arena_oom();
	sb->data = data;
	sb->size = size;
}

void strbuf_add(struct strbuf *sb, const void *bytes, size_t len)
{
	if (sb->drain && len >= DRAIN_SIZE) {
		drain(sb);
		put_out(sb->drain, bytes, len);
		return;
	}
	reserve(sb, len);
	if (len == 1) /* a comma, a brace */
		sb->data[sb->len] = *(const char *)bytes;
	else if (len)
		memcpy(sb->data + sb->len, bytes, len);
	sb->len += len;
	sb->data[sb->len] = '\0';
}

void strbuf_puts(struct strbuf *sb, const char *text)
{
	strbuf_add(sb, text, strlen(text));
}

void strbuf_printf(struct strbuf *sb, const char *format, ...)
{
	size_t room;
	va_list ap;
	int len;

	/* Mostly it fits into what is there; else it is formatted a second time. */
	reserve(sb, 0);
	room = sb->size - sb->len;
	va_start(ap, format);
	len = vsnprintf(sb->data + sb->len, room, format, ap);
	va_end(ap);
	if (len < 0) /* EOVERFLOW or ENOMEM: nothing that a caller could mend */
		arena_oom();
	if ((size_t)len < room) {
		sb->len += (size_t)len;
		return;
	}

	reserve(sb, (size_t)len);
	va_start(ap, format);
	(void)vsnprintf(sb->data + sb->len, (size_t)len + 1, format, ap);
	va_end(ap);
	sb->len += (size_t)len;
}

void strbuf_free(struct strbuf *sb)
{
	free(sb->data);
	*sb = (struct strbuf){ 0 };
}

const char *strbuf_text(const struct strbuf *sb)
{
	return sb->data ? sb->data : "";
}

/* True for the bytes that stand for themselves inside a JSON string (RFC 8259, section 7). */
static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* Eight at once: no byte is below 0x20, above 0x7f, '"' or '\\'. A zero byte in X has its high bit
 * set in (X - 0x01..) & ~X; the bits above a true hit may be wrong, the answer never is. */
static bool are_plain(const char *text)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
	uint64_t bytes, quote, backslash;

	memcpy(&bytes, text, sizeof(bytes));
	quote = bytes ^ (ones * '"');
	backslash = bytes ^ (ones * '\\');
	return (((bytes - ones * 0x20) | bytes | ((quote - ones) & ~quote) |
		 ((backslash - ones) & ~backslash)) &
		high) == 0;
}

static void add_escaped(struct strbuf *sb, unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";
	static const char from[] = "\"\\\n\t\r\b\f", to[] = "\"\\ntrbf";
	const char *letter = byte ? strchr(from, byte) : NULL;

	if (letter)
		strbuf_add(sb, (const char[]){ '\\', to[letter - from] }, 2);
	else
		strbuf_add(sb,
			   (const char[]){ '\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15] },
			   6);
}

/* How many bytes of TEXT stand for themselves before the first that does not. */
static size_t count_plain(const char *text, size_t len)
{
	size_t at = 0;

	while (len - at >= sizeof(uint64_t) && are_plain(text + at))
		at += sizeof(uint64_t);
	while (at < len && is_plain((unsigned char)text[at]))
		at++;
	return at;
}

/* Nearly every string: nothing to escape, and there is room. */
static bool add_whole(struct strbuf *sb, const char *text, size_t len)
{
	char *to;

	if (len + 2 >= sb->size - sb->len || count_plain(text, len) != len)
		return false;
	to = sb->data + sb->len;
	*to++ = '"';
	if (len)
		memcpy(to, text, len);
	to[len] = '"';
	to[len + 1] = '\0';
	sb->len += len + 2;
	return true;
}

void strbuf_json(struct strbuf *sb, const char *text, size_t len)
{
	size_t at = 0, run = 0;

	if (len < DRAIN_SIZE && add_whole(sb, text, len))
		return;
	strbuf_add(sb, "\"", 1);
	for (;;) {
		size_t bytes;

		at += count_plain(text + at, len - at);
		if (at >= len)
			break;
		bytes = text_utf8(text + at, len - at);
		if (bytes > 1) {
			at += bytes;
			continue;
		}
		strbuf_add(sb, text + run, at - run);
		if (bytes == 1)
			add_escaped(sb, (unsigned char)text[at]);
		else
			strbuf_add(sb, "?", 1);
		run = ++at;
	}
	strbuf_add(sb, text + run, at - run);
	strbuf_add(sb, "\"", 1);
}

void strbuf_member(struct strbuf *sb, const char *key, const char *text)
{
	strbuf_add(sb, "\"", 1);
	strbuf_puts(sb, key);
	strbuf_add(sb, "\":", 2);
	if (text)
		strbuf_json(sb, text, strlen(text));
	else
		strbuf_puts(sb, "null");
}
