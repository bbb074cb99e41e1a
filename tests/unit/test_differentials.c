/*
 * Documents that runc and crun read differently (or wrongly), captured from both: each must come
 * out as expect.tsv says. And the documents that real engines write: each must survive reading and
 * writing byte for byte.
 */
#include "json.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>

#include "spec.h"
#include "tap.h"
#include "text.h"

#define DIR "tests/data/fixtures"

/* Refused as text already, whatever the fields mean. */
static const char *const malformed[] = {
	"a01", "a02", "a07", "a08", "a09", "a13", "a14", "a15", "a17", "a18", "a19", "a22",
	"a23", "a24", "a29", "a31", "a32", "a33", "a40", "a42", "a43", "a44", "a45", "a46",
	"a47", "a50", "a51", "a56", "a59", "a63", "a64", "a65", "a66", "a67", "a69", NULL,
};

static bool read_all(const char *path, struct strbuf *out)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char block[65536];
	ssize_t got;

	if (fd < 0)
		return false;
	while ((got = read(fd, block, sizeof(block))) > 0)
		strbuf_add(out, block, (size_t)got);
	return got == 0;
}

/* What we do with the cases that expect.tsv leaves to us ("policy"). */
static bool accepts_by_policy(const char *file)
{
	/* a30: a variable twice in env: the last one wins everywhere, kept. a48, a68: an unknown
	 * field: control unknown-fields drops it. a62: no ociVersion: crun refuses it, so do we. */
	return text_starts(file, "a30") || text_starts(file, "a48") || text_starts(file, "a68");
}

static void test_case(const char *file, const char *expected, const char *title)
{
	auto_arena struct arena *arena = arena_new();
	auto_strbuf struct strbuf text = { 0 };
	bool is_fine = text_equal(expected, "accept") ||
		       (text_equal(expected, "policy") && accepts_by_policy(file));
	struct error e = { 0 };
	struct json_doc doc;
	char path[256], name[4] = { file[0], file[1], file[2], '\0' };
	bool is_read, is_sound;

	(void)snprintf(path, sizeof(path), DIR "/parser-differentials/%s", file);
	if (!ok(read_all(path, &text), "differentials: %s is there", file))
		return;
	is_read = json_parse(&doc, arena, text.data, text.len, 0, "config.json", &e) == 0;
	ok(is_read == !text_in(name, malformed), "differentials: %s is %s as text: %s", file,
	   is_read ? "read" : "refused", title);
	is_sound = is_read && spec_check(&doc, SCOPE_SPEC, &e) == 0;
	ok(is_sound == is_fine, "differentials: %s is %s: %s", file,
	   is_fine ? "accepted" : "refused", title);
	if (!is_sound)
		printf("#   %s\n", e.message);
	ok(is_sound || (e.kind == ERR_SPEC && e.message[0]), "differentials: %s says why", file);
}

static void test_cases(void)
{
	auto_strbuf struct strbuf list = { 0 };
	char *at, *line;
	int count = 0;

	if (!ok(read_all(DIR "/parser-differentials/expect.tsv", &list),
		"differentials: the list is there"))
		return;
	at = list.data;
	(void)strsep(&at, "\n"); /* the heading */
	while ((line = strsep(&at, "\n"))) {
		char *file = strsep(&line, "\t"), *expected = strsep(&line, "\t");

		if (!file || !expected || !line)
			continue;
		test_case(file, expected, line);
		count++;
	}
	ok(count == 70, "differentials: all 70 cases were there");
}

/* Engines written in Go escape <, > and & without need, and end the text with a newline. */
static void canonical(struct strbuf *text)
{
	static const char *const escapes[] = { "\\u003c", "\\u003e", "\\u0026" };
	auto_strbuf struct strbuf out = { 0 };

	for (const char *p = text->data; *p; p++) {
		size_t i = 0;

		while (i < 3 && !text_starts(p, escapes[i]))
			i++;
		if (p[0] == '\\' && p[1] == '\\')
			strbuf_add(&out, p++, 2);
		else if (i < 3)
			strbuf_add(&out, &"<>&"[i], 1), p += 5;
		else
			strbuf_add(&out, p, 1);
	}
	while (out.len && out.data[out.len - 1] == '\n')
		out.data[--out.len] = '\0';
	strbuf_free(text);
	strbuf_puts(text, strbuf_text(&out));
}

static void test_fixture(const char *path)
{
	auto_strbuf struct strbuf text = { 0 }, out = { 0 }, again = { 0 };
	auto_arena struct arena *arena = arena_new();
	struct json_doc doc, second;
	struct error e = { 0 };

	if (!ok(read_all(path, &text) &&
			json_parse(&doc, arena, text.data, text.len, 0, path, &e) == 0 &&
			json_write(&out, doc.root, &e) == 0,
		"differentials: %s is read and written", path)) {
		printf("#   %s\n", e.message);
		return;
	}
	canonical(&text);
	ok(strlen(text.data) == out.len && strcmp(text.data, out.data) == 0,
	   "differentials: %s stays byte for byte", path);
	ok(json_parse(&second, arena, out.data, out.len, 0, path, &e) == 0 &&
		   json_equal(doc.root, second.root) && json_write(&again, second.root, &e) == 0 &&
		   strcmp(again.data, out.data) == 0,
	   "differentials: %s is the same tree when it is read again", path);
}

static void test_fixtures(void)
{
	static const char *const patterns[] = { DIR "/*/config/*.json", DIR "/*/process/*.json",
						DIR "/*/resources/*.json" };
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		glob_t found = { 0 };

		if (glob(patterns[i], 0, NULL, &found) == 0)
			for (size_t j = 0; j < found.gl_pathc; j++, count++)
				test_fixture(found.gl_pathv[j]);
		globfree(&found);
	}
	ok(count >= 80, "differentials: the engines' documents were there (%zu)", count);
}

int main(void)
{
	test_cases();
	test_fixtures();
	return done_testing();
}
