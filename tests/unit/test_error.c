/* The error object: what may stand in a message, and what must not. */
#include "error.h"

#include <errno.h>

#include "tap.h"

static const char *const phrases[] = {
	"permission denied",         "operation not permitted", "no such file or directory",
	"executable file not found", "not a directory",
};

static bool has_phrase(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(phrases); i++) {
		if (strcasestr(text, phrases[i]))
			return true;
	}
	return false;
}

static void test_words(void)
{
	bool is_clean = true, is_said = true;

	for (int code = 0; code < 4096; code++) {
		is_clean = is_clean && !has_phrase(error_words(code));
		is_said = is_said && error_words(code)[0];
	}
	ok(is_clean, "error: no errno is put into words that engines take for their own");
	ok(is_said, "error: every errno has words");
	is_text(error_words(ENOENT), "it is not there", "error: ENOENT has words of its own");
	is_text(error_words(ENOSPC), "No space left on device", "error: ENOSPC is told as it is");
	is_text(error_words(-1), "unknown error", "error: no errno at all has words, too");
}

static void test_set(void)
{
	struct error e = { 0 };
	static char large[6000];

	ok(error_set(&e, ERR_POLICY, "line %d", 7) == -1, "error: setting returns -1");
	ok(e.kind == ERR_POLICY && e.sys_errno == 0, "error: the kind is kept");
	is_text(e.message, "line 7", "error: the message is formatted");

	(void)error_set(&e, ERR_SPEC, "a\nb\x1b[31m\x7f\tc");
	is_text(e.message, "a?b?[31m??c", "error: control bytes lose their effect");

	errno = EACCES;
	ok(error_sys(&e, "cannot open '%s'", "x") == -1 && e.kind == ERR_SYSTEM &&
		   e.sys_errno == EACCES,
	   "error: a system call's errno is kept");
	is_text(e.message, "cannot open 'x': the kernel refused access",
		"error: the meaning of errno stands behind the message");

	ok(error_wrap(&e, "policy") == -1 && e.kind == ERR_SYSTEM && e.sys_errno == EACCES,
	   "error: wrapping keeps kind and errno");
	is_text(e.message, "policy: cannot open 'x': the kernel refused access",
		"error: the context stands in front");

	memset(large, 'x', sizeof(large) - 1);
	(void)error_set(&e, ERR_SPEC, "%s", large);
	ok(strlen(e.message) == sizeof(e.message) - 1 &&
		   strcmp(e.message + sizeof(e.message) - 5, "x...") == 0,
	   "error: a text that does not fit ends in dots");
	(void)error_wrap(&e, "%s", "context");
	ok(strlen(e.message) == sizeof(e.message) - 1 &&
		   strncmp(e.message, "context: xxx", 12) == 0,
	   "error: wrapping a full message cuts it again");

	for (size_t i = 0; i + 2 < sizeof(large); i += 2)
		memcpy(large + i, "ä", 2);
	for (size_t shift = 0; shift < 2; shift++) {
		(void)error_set(&e, ERR_SPEC, "%s%s", shift ? "x" : "", large);
		error_defuse(e.message);
		ok(!strchr(e.message, '?'), "error: no character is cut in two (shift %zu)", shift);
	}
}

static void defused(const char *text, const char *want, const char *name)
{
	char copy[256];

	(void)snprintf(copy, sizeof(copy), "%s", text);
	error_defuse(copy);
	is_text(copy, want, name);
}

static void test_defuse(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(phrases); i++) {
		char text[128];

		(void)snprintf(text, sizeof(text), "x %s y", phrases[i]);
		error_defuse(text);
		ok(!has_phrase(text), "error: '%s' does not reach the engine", text);
	}
	defused("PerMission DENIED", "PerMission?DENIED", "error: phrases are found in any case");
	defused("permission denied permission denied", "permission?denied permission?denied",
		"error: every occurrence is found");
	defused("permissio permission denied", "permissio permission?denied",
		"error: a beginning of a phrase does not hide the phrase behind it");
	defused("permi\xC5\xBFsion denied", "permi\xC5\xBFsion?denied",
		"error: the long s that Go takes for s is found");
	defused("no such file", "no such file", "error: a part of a phrase may stay");
	defused("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x8D\xBA",
		"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x8D\xBA", "error: UTF-8 stays");
	defused("a\xC3z\xFF\xC0\xAF\xED\xA0\x80\xF4\x90\x80\x80", "a?z??????????",
		"error: broken UTF-8 becomes question marks");
	defused("a\rb\x1b", "a?b?", "error: outside text cannot move the cursor");
	defused("a\xC2\x9B"
		"1m",
		"a??1m", "error: a C1 control is a control");
	defused("a\xE2\x80\xAE"
		"b\xE2\x81\xA6"
		"c\xE2\x80\xA8"
		"d",
		"a???b???c???d",
		"error: outside text cannot turn the reading direction or start a line");
	defused("", "", "error: empty text is fine");
}

static void quoted(const char *text, size_t len, const char *want, const char *name)
{
	char buf[QUOTED_SIZE];

	ok(error_quote(buf, text, len) == buf, "error: quoting returns its buffer");
	is_text(buf, want, name);
}

static void test_quote(void)
{
	char text[400], want[QUOTED_SIZE], buf[QUOTED_SIZE];

	quoted("web", 3, "web", "error: a short text is quoted whole");
	quoted("", 0, "", "error: an empty text is quoted as such");
	quoted("a\0b", 3, "a?b", "error: a NUL does not end a quoted text");

	memset(text, 'x', sizeof(text));
	memset(want, 'x', 80);
	want[80] = '\0';
	quoted(text, 80, want, "error: 80 bytes fit");
	memcpy(want + 80, "…", sizeof("…"));
	quoted(text, 81, want, "error: 81 bytes are cut at 80");
	memcpy(text + 79, "€", 3);
	memcpy(want + 79, "…", sizeof("…"));
	quoted(text, 200, want, "error: the cut is between two characters");
	memset(text, 0x80, sizeof(text));
	ok(strlen(error_quote(buf, text, sizeof(text))) == 83,
	   "error: a row of broken bytes is cut as well");
	memset(text, '\n', sizeof(text));
	ok(!strchr(error_quote(buf, text, sizeof(text)), '\n'), "error: a quoted text is one line");
}

int main(void)
{
	test_words();
	test_set();
	test_defuse();
	test_quote();
	return done_testing();
}
