/* Growing text, JSON strings, and the arena below. */
#include "strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>

#include "arena.h"
#include "tap.h"

static void test_text(void)
{
	auto_strbuf struct strbuf sb = { 0 };
	bool is_right = true;

	is_text(strbuf_text(&sb), "", "strbuf: empty text is \"\"");
	strbuf_puts(&sb, "ab");
	strbuf_printf(&sb, "%d-%s", 12, "x");
	strbuf_add(&sb, "yz!", 2);
	is_text(strbuf_text(&sb), "ab12-xyz", "strbuf: pieces are put together");
	ok(sb.len == 8, "strbuf: the length is kept");
	strbuf_printf(&sb, "%s", "");
	strbuf_add(&sb, NULL, 0);
	ok(sb.len == 8 && sb.data[8] == '\0', "strbuf: nothing may be added");

	strbuf_free(&sb);
	ok(!sb.data && !sb.len && !sb.size, "strbuf: a freed one is empty");
	for (int i = 0; i < 100000; i++)
		strbuf_printf(&sb, "%07d", i);
	for (int i = 0; i < 100000; i++) {
		char want[16];

		(void)snprintf(want, sizeof(want), "%07d", i);
		is_right = is_right && memcmp(sb.data + 7 * i, want, 7) == 0;
	}
	ok(is_right && sb.len == 700000, "strbuf: growing loses nothing");
	ok(sb.size < 2 * sb.len, "strbuf: growing takes at most twice the room");

	strbuf_free(&sb);
	strbuf_add(&sb, "a\0b", 3);
	ok(sb.len == 3 && memcmp(sb.data, "a\0b", 4) == 0, "strbuf: bytes are bytes");
}

static void json(const char *text, size_t len, const char *want, const char *name)
{
	auto_strbuf struct strbuf sb = { 0 };

	strbuf_json(&sb, text, len);
	is_text(strbuf_text(&sb), want, name);
}

static void test_json_string(void)
{
	auto_strbuf struct strbuf sb = { 0 };

	json("", 0, "\"\"", "strbuf: the empty JSON string");
	json("a/b <&>", 7, "\"a/b <&>\"", "strbuf: nothing is escaped without need");
	json("\"\\", 2, "\"\\\"\\\\\"", "strbuf: quote and backslash are escaped");
	json("\n\t\r\b\f", 5, "\"\\n\\t\\r\\b\\f\"", "strbuf: short escapes");
	json("\x01\x1f\0x", 4, "\"\\u0001\\u001f\\u0000x\"", "strbuf: other controls as \\u00XX");
	json("\x7f", 1, "\"\x7f\"", "strbuf: DEL is no control for JSON");
	json("ä€🍺", 9, "\"ä€🍺\"", "strbuf: UTF-8 stays as it is");
	json("a\xFFz\xC3", 4, "\"a?z?\"", "strbuf: bytes that are not UTF-8 become '?'");
	json("ä", 1, "\"?\"", "strbuf: a character cut by its length becomes '?'");

	strbuf_member(&sb, "a", "x\"y");
	strbuf_puts(&sb, ",");
	strbuf_member(&sb, "b", NULL);
	is_text(strbuf_text(&sb), "\"a\":\"x\\\"y\",\"b\":null", "strbuf: members of an object");
}

static bool is_zero(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

static void test_arena(void)
{
	auto_arena struct arena *arena = arena_new();
	bool is_aligned = true, is_clean = true;
	char *first, *large;
	size_t asked = 0;

	ok(arena_used(arena) == 0, "arena: a new one holds nothing");
	first = arena_strdup(arena, "first");
	for (size_t size = 0; size < 5000; size++) {
		char *p = arena_alloc(arena, size % 700);

		is_aligned = is_aligned && (uintptr_t)p % 16 == 0;
		is_clean = is_clean && is_zero(p, size % 700);
		memset(p, 0xAA, size % 700);
		asked += size % 700;
		if (size % 3 == 0)
			(void)arena_memdup(arena, "xyz", size % 4);
	}
	ok(is_aligned, "arena: memory is aligned for any type");
	ok(is_clean, "arena: memory is zeroed");
	is_text(first, "first", "arena: nothing moves");
	ok(arena_used(arena) >= asked && arena_used(arena) < asked + 64 * 1024,
	   "arena: what is used is counted");

	large = arena_alloc(arena, (size_t)3 * 1024 * 1024);
	ok(is_zero(large, (size_t)3 * 1024 * 1024), "arena: a large request is met");
	memset(large, 0xAA, (size_t)3 * 1024 * 1024);
	is_text(arena_printf(arena, "%s-%d", "a", 5), "a-5", "arena: text can be formatted");
	is_text(arena_memdup(arena, "abc", 2), "ab", "arena: a copy ends in NUL");
	is_text(arena_memdup(arena, NULL, 0), "", "arena: a copy of nothing is \"\"");
	is_text(first, "first", "arena: nothing moves behind a large request either");
	ok(arena_alloc(arena, 0) != arena_alloc(arena, 0), "arena: no two requests share a place");
	arena_free(NULL);
}

/* strbuf_json looks at eight bytes at once; every byte at every place of eight must come out as it
 * does alone. */
static void eight_are_as_one(void)
{
	unsigned int wrong = 0;

	for (int byte = 0; byte < 256; byte++) {
		for (size_t place = 0; place < 8; place++) {
			auto_strbuf struct strbuf whole = { 0 }, pieces = { 0 };
			char text[8];

			memset(text, 'x', sizeof(text));
			text[place] = (char)byte;
			strbuf_json(&whole, text, sizeof(text));
			strbuf_add(&pieces, "\"", 1);
			for (size_t i = 0; i < sizeof(text); i++) {
				auto_strbuf struct strbuf one = { 0 };

				strbuf_json(&one, text + i, 1);
				strbuf_add(&pieces, one.data + 1, one.len - 2);
			}
			strbuf_add(&pieces, "\"", 1);
			wrong += strcmp(strbuf_text(&whole), strbuf_text(&pieces)) != 0;
		}
	}
	ok(wrong == 0, "strbuf: eight bytes at once come out as each does alone");
}

/* What a drain lets through is what was added, in whatever pieces. */
static void test_drain(void)
{
	struct strbuf_drain to = { .fd = memfd_create("drain", MFD_CLOEXEC) }, count = { .fd = -1 };
	auto_strbuf struct strbuf sb = { .drain = &to }, counted = { .drain = &count },
				  want = { 0 };
	static char large[200000];
	static char got[1600000];

	memset(large, 'L', sizeof(large));
	for (int i = 0; i < 20000; i++) {
		strbuf_printf(&sb, "%d,", i);
		strbuf_printf(&counted, "%d,", i);
		strbuf_printf(&want, "%d,", i);
		if (i % 5000 == 17) {
			strbuf_add(&sb, large, sizeof(large));
			strbuf_add(&counted, large, sizeof(large));
			strbuf_add(&want, large, sizeof(large));
		}
	}
	ok(sb.size <= (size_t)256 * 1024, "strbuf: with a drain it does not grow with the text");
	ok(strbuf_flush(&sb) == 0 && to.written == want.len &&
		   pread(to.fd, got, sizeof(got), 0) == (ssize_t)want.len &&
		   memcmp(got, want.data, want.len) == 0,
	   "strbuf: a drain gets every byte in order");
	ok(strbuf_flush(&counted) == 0 && count.written == want.len,
	   "strbuf: a drain without a file counts");
	(void)close(to.fd);
}

static void test_full_drain(void)
{
	struct strbuf_drain to = { .fd = open("/dev/full", O_WRONLY | O_CLOEXEC) };
	auto_strbuf struct strbuf sb = { .drain = &to };

	for (int i = 0; i < 100000; i++)
		strbuf_puts(&sb, "0123456789");
	ok(strbuf_flush(&sb) == -1 && errno == ENOSPC && to.sys_errno == ENOSPC,
	   "strbuf: a drain that cannot be written says so at the end");
	(void)close(to.fd);
}

int main(void)
{
	test_drain();
	test_full_drain();
	test_text();
	test_json_string();
	test_arena();
	eight_are_as_one();
	return done_testing();
}
