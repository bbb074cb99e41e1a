/* Numbers, the nearest word, UTF-8 and globs. */
#include "text.h"

#include "tap.h"

static void number(const char *text, bool is_one, uint64_t want)
{
	uint64_t got = 4711;
	int result = parse_u64(text, &got);

	ok(is_one ? result == 0 && got == want : result == -1 && got == 4711,
	   "text: '%s' is %s number", text, is_one ? "a" : "no");
}

static void test_numbers(void)
{
	static const char *const wrong[] = { "",
					     "-1",
					     "+1",
					     " 1",
					     "1 ",
					     "01",
					     "00",
					     "0x1",
					     "1e3",
					     "1.0",
					     "1\n",
					     "a",
					     "-0",
					     "１",
					     "18446744073709551616",
					     "99999999999999999999",
					     "184467440737095516150" };

	number("0", true, 0);
	number("7", true, 7);
	number("4294967296", true, 4294967296);
	number("18446744073709551615", true, UINT64_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		number(wrong[i], false, 0);
}

static void test_equality(void)
{
	static const char *const words[] = { "audit", "fix", "deny", NULL };

	ok(text_equal("a", "a") && !text_equal("a", "b") && !text_equal("a", "A"), "text: equal");
	ok(text_equal(NULL, NULL) && !text_equal(NULL, "") && !text_equal("", NULL),
	   "text: NULL equals NULL only");
	ok(text_starts("abc", "ab") && text_starts("abc", "") && !text_starts("a", "ab") &&
		   !text_starts(NULL, ""),
	   "text: beginnings");
	ok(text_ends("abc", "bc") && text_ends("abc", "") && !text_ends("c", "bc") &&
		   !text_ends(NULL, ""),
	   "text: ends");
	ok(text_in("fix", words) && !text_in("fi", words) && !text_in(NULL, words),
	   "text: in a list");
}

static void test_nearest(void)
{
	static const char *const words[] = {
		"memory", "mounts", "masked-paths", "pids", "io", NULL
	};
	char large[1000];

	is_text(text_nearest("memroy", words), "memory", "text: a swapped letter is recognised");
	is_text(text_nearest("mount", words), "mounts", "text: a missing letter is recognised");
	is_text(text_nearest("maskedPaths", words), "masked-paths", "text: two differences");
	is_text(text_nearest("pid", words), "pids", "text: short words");
	ok(!text_nearest("xy", words), "text: half of a word is not near");
	ok(!text_nearest("pi", words), "text: neither is two letters of four");
	ok(!text_nearest("network", words), "text: nothing is near");
	ok(!text_nearest("", words), "text: the empty word is near to none");
	memset(large, 'm', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	ok(!text_nearest(large, words), "text: a long word is near to none");
}

static void test_utf8(void)
{
	static const struct {
		const char *text;
		size_t want;
	} rows[] = {
		{ "a", 1 },
		{ "\x7F", 1 },
		{ "\xC2\x80", 2 },
		{ "\xDF\xBF", 2 },
		{ "\xE0\xA0\x80", 3 },
		{ "\xED\x9F\xBF", 3 },
		{ "\xEE\x80\x80", 3 },
		{ "\xEF\xBF\xBF", 3 },
		{ "\xF0\x90\x80\x80", 4 },
		{ "\xF4\x8F\xBF\xBF", 4 },
		{ "\x80", 0 },
		{ "\xBF", 0 },
		{ "\xC0\x80", 0 },
		{ "\xC1\xBF", 0 },
		{ "\xE0\x9F\xBF", 0 },
		{ "\xED\xA0\x80", 0 },
		{ "\xED\xBF\xBF", 0 },
		{ "\xF0\x8F\xBF\xBF", 0 },
		{ "\xF4\x90\x80\x80", 0 },
		{ "\xF5\x80\x80\x80", 0 },
		{ "\xFF", 0 },
		{ "\xC3", 0 },
		{ "\xC3z", 0 },
		{ "\xE2\x82", 0 },
		{ "\xE2\x82z", 0 },
		{ "\xF0\x9F\x8D", 0 },
		{ "\xF0\x9F\x8Dz", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ok(text_utf8(rows[i].text, strlen(rows[i].text)) == rows[i].want,
		   "text: UTF-8 row %zu has %zu bytes", i, rows[i].want);
	ok(text_utf8("", 0) == 0 && text_utf8("\0", 1) == 1 && text_utf8("ä", 1) == 0,
	   "text: UTF-8 is counted within its length");
}

static void glob(const char *pattern, const char *text, bool want)
{
	ok(glob_match(pattern, text) == want, "text: glob '%s' %s '%s'", pattern,
	   want ? "matches" : "does not match", text);
}

static void test_globs(void)
{
	glob("/srv/**", "/srv/a", true);
	glob("/srv/**", "/srv/a/b/c", true);
	glob("/srv/**", "/srv/", true);
	glob("/srv/**", "/srv", false);
	glob("/srv/**", "/srvx/a", false);
	glob("/srv/*", "/srv/a", true);
	glob("/srv/*", "/srv/a/b", false);
	glob("/srv/*", "/srv/", true);
	glob("/home/*/**", "/home/ann/x/y", true);
	glob("/home/*/**", "/home/ann", false);
	glob("/a/*/c", "/a/b/c", true);
	glob("/a/*/c", "/a/b/b/c", false);
	glob("/a/**/c", "/a/b/b/c", true);
	glob("**/c", "a/b/c", true);
	glob("**", "", true);
	glob("**", "a/b", true);
	glob("*", "", true);
	glob("*", "a", true);
	glob("*", "a/b", false);
	glob("***", "a/b", true);
	glob("", "", true);
	glob("", "a", false);
	glob("a", "", false);
	glob("a?c", "abc", true);
	glob("a?c", "ac", false);
	glob("a?c", "a/c", false);
	glob("a?c", "aäc", true);
	glob("a?c", "a\xFFy", false);
	glob("a?c",
	     "a\xFF"
	     "c",
	     true);
	glob("a??c", "aäc", false);
	glob("*ä", "xxä", true);
	glob("*ä", "xxö", false);
	glob("A", "a", false);
	glob("[ab]", "a", false);
	glob("[ab]", "[ab]", true);
	glob("a\\*", "a*", false);
	glob("*a*b", "aab", true);
	glob("*a*b", "aaba", false);
	glob("**/x*/y", "a/x/b/xz/y", true);
	glob("**a*b", "a/ab", true);
	glob("**a*b", "ab/b", false);
	glob("registry.corp.example/**", "registry.corp.example/ml/a:1", true);
	glob("registry.corp.example/**", "registry.corp.example.evil/ml/a:1", false);
}

/* Patterns and texts over a tiny alphabet, against the obvious (and exponential) definition. */
static bool plain_match(const char *p, const char *t)
{
	if (!*p)
		return !*t;
	if (p[0] == '*' && p[1] == '*')
		return plain_match(p + 2, t) || (*t && plain_match(p, t + 1));
	if (p[0] == '*')
		return plain_match(p + 1, t) || (*t && *t != '/' && plain_match(p, t + 1));
	return *t && (*p == *t || (*p == '?' && *t != '/')) && plain_match(p + 1, t + 1);
}

static void test_globs_at_random(void)
{
	uint32_t seed = 1, different = 0, matches = 0;

	for (int round = 0; round < 200000; round++) {
		char pattern[9], text[9];

		for (size_t i = 0; i < 9; i++) {
			seed = seed * 1664525U + 1013904223U;
			pattern[i] = "ab/?***\0"[seed >> 29];
			text[i] = "ab/aabb\0"[seed >> 13 & 7];
		}
		pattern[8] = text[8] = '\0';
		different += glob_match(pattern, text) != plain_match(pattern, text);
		matches += glob_match(pattern, text);
	}
	ok(different == 0 && matches > 1000, "text: globs agree with their definition (%u of %u)",
	   different, matches);
}

static void test_hostile_globs(void)
{
	enum { SIZE = 200000 };
	auto_free char *text = malloc(SIZE + 1);
	char pattern[401];

	if (!text)
		return;
	memset(text, 'a', SIZE);
	text[SIZE] = '\0';
	for (size_t i = 0; i < 400; i += 4)
		memcpy(pattern + i, i % 8 ? "**aa" : "a*a*", 4);
	memcpy(pattern + 400 - 1, "b", 2);
	ok(!glob_match(pattern, text), "text: a hundred stars and a long text come to an end");
}

int main(void)
{
	test_numbers();
	test_equality();
	test_nearest();
	test_utf8();
	test_globs();
	test_globs_at_random();
	test_hostile_globs();
	return done_testing();
}
