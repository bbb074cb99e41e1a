/* JSON as text: what is read, what is refused and with which line, what is written. */
#include "json.h"

#include <time.h>

#include "tap.h"

static struct arena *arena;
static struct error last;

static struct json_doc doc_of(const char *text, size_t len, unsigned int flags)
{
	struct json_doc doc = { 0 };

	last = (struct error){ 0 };
	if (json_parse(&doc, arena, text, len, flags, "x.json", &last) < 0 && doc.root)
		doc.root = NULL, ok(false, "json: a refused document is handed out");
	return doc;
}

static struct json_doc doc(const char *text)
{
	return doc_of(text, strlen(text), 0);
}

static void refused_len(const char *text, size_t len, const char *why, const char *name)
{
	struct json_doc d = doc_of(text, len, 0);

	ok(!d.root && last.kind == ERR_SPEC && strstr(last.message, why), "json: %s", name);
	if (d.root || !strstr(last.message, why))
		printf("#   got: %s\n", last.message);
}

static void refused(const char *text, const char *why, const char *name)
{
	refused_len(text, strlen(text), why, name);
}

static void becomes(const char *text, const char *want, const char *name)
{
	auto_strbuf struct strbuf out = { 0 };
	char full[128];
	struct json_doc d = doc(text);

	(void)snprintf(full, sizeof(full), "json: %s", name);
	if (d.root && json_write(&out, d.root, &last) == 0)
		is_text(out.data, want, full);
	else
		ok(false, "%s (%s)", full, last.message);
}

static void stays(const char *text, const char *name)
{
	becomes(text, text, name);
}

static void test_round_trip(void)
{
	stays("{}", "an empty object");
	stays("[]", "an empty list");
	stays("[[],{},[[]],{\"a\":{}}]", "empty ones inside");
	stays("null", "a document may be any value");
	stays("17", "a number that ends the text");
	stays("\"\"", "an empty string");
	stays("{\"b\":1,\"a\":[true,false,null],\"\":\"\"}", "the order stays");
	stays("[1e3,1.0,-0,1E+2,18446744073709551616,1e400,0.1000]", "the text of numbers stays");
	becomes(" { \"a\" :\t[ 1 ,\r\n2 ] } \n", "{\"a\":[1,2]}", "white space goes");
	becomes("\"\\u003c\\/\\u0041\\u00e4\\ud83c\\udf7a\\\"\\\\\"", "\"</Aä🍺\\\"\\\\\"",
		"escapes are decoded");
	becomes("\"\\b\\f\\n\\r\\t\\u0001\"", "\"\\b\\f\\n\\r\\t\\u0001\"", "controls are escaped");
	becomes("{\"\\u0061\\n\":1}", "{\"a\\n\":1}", "keys are decoded and escaped");
	becomes("\"\\\\u0000\\\\ud800\"", "\"\\\\u0000\\\\ud800\"",
		"a backslash before a letter u is no escape");
	stays("\"\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\x7F\"", "the edges of Unicode");
	stays("\"ends with a surrogate's neighbours \xEF\xBF\xBD\"",
	      "U+FFFD itself is a character");
}

static void test_refused(void)
{
	refused("", "x.json is empty", "an empty text is refused");
	refused(" \n ", "not valid JSON", "white space alone is refused");
	refused("\xEF\xBB\xBF{}", "byte order mark", "a byte order mark is refused");
	refused("{}{}", "trailing garbage", "a second document is refused");
	refused("{} x", "trailing garbage", "trailing text is refused");
	refused_len("{}\0", 3, "trailing garbage", "a NUL behind the document is refused");
	refused("{", "line 1: not valid JSON", "an open object is refused");
	refused("[\"a", "not valid JSON", "an open string is refused");
	refused("[1,]", "not valid JSON", "a comma too much is refused");
	refused("{\"a\":1,}", "not valid JSON", "a comma too much in an object is refused");
	refused("[01]", "not valid JSON", "a leading zero is refused");
	refused("[+1]", "not valid JSON", "a plus sign is refused");
	refused("[.5]", "not valid JSON", "a number without its zero is refused");
	refused("[1.]", "not valid JSON", "a fraction without digits is refused");
	refused("[-]", "not valid JSON", "a lone minus is refused");
	refused("[NaN]", "not valid JSON", "NaN is refused");
	refused("[tru]", "not valid JSON", "a cut word is refused");
	refused("{a:1}", "not valid JSON", "a bare key is refused");
	refused("{'a':1}", "not valid JSON", "single quotes are refused");
	refused("{1:1}", "not valid JSON", "a number as key is refused");
	refused("[\"a\nb\"]", "not valid JSON", "a raw line break in a string is refused");
	refused("[\"\\x41\"]", "not valid JSON", "an unknown escape is refused");
	refused("[\"\\u12\"]", "not valid JSON", "a short escape is refused");
	refused("[\"\\u12g4\"]", "not valid JSON", "an escape that is not hexadecimal is refused");
	refused("[1] // x", "not valid JSON", "a comment is refused");
	refused("[/* x */1]", "not valid JSON", "a comment inside is refused");
	refused_len("[\"a\0b\"]", 7, "not valid JSON", "a raw NUL in a string is refused");

	refused("[\"\\u0000\"]", "NUL", "an escaped NUL is refused");
	refused("{\"a\\u0000\":1}", "NUL", "an escaped NUL in a key is refused");
	refused("[\"\\uD800\"]", "surrogate", "a lone high surrogate is refused");
	refused("[\"\\ud800X\"]", "surrogate", "a lone high surrogate before a letter is refused");
	refused("[\"\\udfff\"]", "surrogate", "a lone low surrogate is refused");
	refused("[\"\\ud800\\ud800\\udc00\"]", "surrogate", "two high surrogates are refused");
	refused("[\"\\ud83c\\u0041\"]", "surrogate", "a high surrogate before a letter is refused");
	refused("[\"\\ud83c", "surrogate", "a high surrogate at the end of the text is refused");
	refused("[\"\\\\\\ud83c\"]", "surrogate", "a lone surrogate behind a backslash is refused");
	refused("{\"\\udc00\":1}", "surrogate", "a lone surrogate in a key is refused");

	refused("[\"\xFF\"]", "not valid UTF-8", "a byte that is no UTF-8 is refused");
	refused("[\"\xC0\xAF\"]", "not valid UTF-8", "an overlong form is refused");
	refused("[\"\xE0\x80\xAF\"]", "not valid UTF-8", "a longer overlong form is refused");
	refused("[\"\xED\xA0\x80\"]", "not valid UTF-8", "a surrogate in UTF-8 is refused");
	refused("[\"\xF4\x90\x80\x80\"]", "not valid UTF-8",
		"a character above U+10FFFF is refused");
	refused("[\"1234567\xC3\"]", "not valid UTF-8", "a cut character is refused");
	refused("[\"12345678\x80\"]", "not valid UTF-8", "a lone continuation byte is refused");
	refused("[\"abc\x80"
		"efgh\"]",
		"not valid UTF-8", "... among eight bytes as well");
	refused("{\"\xFF\":1}", "a key is not valid UTF-8", "a key that is no UTF-8 is refused");
	refused("[\"\\n\xC3\\n\"]", "not valid UTF-8",
		"a cut character between escapes is refused");

	refused("{\"a\":1,\"b\":2,\"a\":1}", "the key 'a' is there twice",
		"a duplicate key is refused");
	refused("[{\"x\":{\"a\":{},\"\\u0061\":1}}]", "the key 'a' is there twice",
		"a duplicate key in another spelling of the same text is refused");
	refused("{\"\":1,\"\":1}", "the key '' is there twice", "a duplicate empty key is refused");
	stays("[{\"a\":1},{\"a\":1}]", "the same key in two objects is fine");
	stays("{\"a\":{\"a\":{\"a\":1}}}", "the same key on two levels is fine");
	stays("{\"a\":1,\"A\":1}",
	      "keys that only fold to each other are not the parser's business");
}

/* COUNT members "k0" ... and, when AGAIN is not negative, that one once more at the end. */
static char *many_members(int count, int again)
{
	struct strbuf sb = { 0 };

	for (int i = 0; i < count; i++)
		strbuf_printf(&sb, "%s\"k%d\":0", i ? ",\n" : "{", i);
	if (again >= 0)
		strbuf_printf(&sb, ",\n\"k%d\":0", again);
	strbuf_puts(&sb, "}");
	return sb.data;
}

static void test_many_members(void)
{
	static const int sizes[] = { 1, 2, 15, 16, 17, 18, 100, 5000 };
	char name[64], why[64];

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		int again[] = { 0, sizes[i] / 2, sizes[i] - 1 };
		auto_free char *sound = many_members(sizes[i], -1);

		ok(doc(sound).root, "json: %d different keys are fine", sizes[i]);
		for (size_t j = 0; j < ARRAY_SIZE(again); j++) {
			auto_free char *text = many_members(sizes[i], again[j]);

			(void)snprintf(name, sizeof(name), "key %d twice among %d is refused",
				       again[j], sizes[i]);
			(void)snprintf(why, sizeof(why), "line %d: the key 'k%d' is there twice",
				       sizes[i] + 1, again[j]);
			refused(text, why, name);
		}
	}
}

static char *repeated(const char *front, const char *piece, size_t count, const char *back)
{
	struct strbuf sb = { 0 };

	strbuf_puts(&sb, front);
	for (size_t i = 0; i < count; i++)
		strbuf_puts(&sb, piece);
	strbuf_puts(&sb, back);
	return sb.data;
}

static char *nested(size_t depth, const char *open, const char *close)
{
	auto_free char *front = repeated("", open, depth, "");

	return repeated(front, close, depth, "");
}

static void test_limits(void)
{
	auto_free char *deep = nested(JSON_MAX_DEPTH, "[", "]");
	auto_free char *deeper = nested(JSON_MAX_DEPTH + 1, "[", "]");
	auto_free char *much_deeper = nested(100000, "[", "]");
	auto_free char *objects = nested(JSON_MAX_DEPTH, "{\"a\":", "}");
	auto_free char *values = repeated("[0", ",0", JSON_MAX_VALUES - 2, "]");
	auto_free char *more_values = repeated("[0", ",0", JSON_MAX_VALUES - 1, "]");
	auto_free char *number = repeated("[1", "0", JSON_MAX_NUMBER - 1, "]");
	auto_free char *longer = repeated("[1", "0", JSON_MAX_NUMBER, "]");
	auto_free char *large = repeated("[\"", "x", JSON_MAX_TEXT - 4, "\"]");
	auto_free char *larger = repeated("[\"", "x", JSON_MAX_TEXT - 3, "\"]");

	ok(doc(deep).root, "json: 64 levels are read");
	refused(deeper, "nested deeper than 64 levels", "65 levels are refused");
	refused(much_deeper, "nested deeper than 64 levels", "100,000 levels are refused");
	refused(objects, "not valid JSON", "64 open objects without a value are refused");
	ok(json_count(doc(values).root) == JSON_MAX_VALUES - 1, "json: 250,000 values are read");
	refused(more_values, "more than 250000 values", "250,001 values are refused");
	ok(doc(number).root, "json: a number of 64 characters is read");
	refused(longer, "a number longer than 64 characters", "a longer number is refused");
	ok(doc(large).root, "json: a text of 16 MiB is read");
	refused(larger, "x.json is larger than 16 MiB", "a larger text is refused");
}

/*
 * Nothing quadratic: 200,000 keys in one object that all have the same hash. Colliding names are
 * easy to make for anybody who knows the function; here, 's' and 'S' fold to the same.
 */
static void test_colliding_keys(void)
{
	auto_strbuf struct strbuf sb = { 0 };
	struct json_doc d;
	clock_t start;

	for (unsigned int i = 0; i < 200000; i++) {
		strbuf_puts(&sb, i ? ",\"" : "{\"");
		for (unsigned int bit = 0; bit < 18; bit++)
			strbuf_puts(&sb, i >> bit & 1 ? "S" : "s");
		strbuf_puts(&sb, "\":0");
	}
	strbuf_puts(&sb, "}");
	start = clock();
	d = doc_of(sb.data, sb.len, 0);
	ok(d.root && d.root->head->key_hash == d.root->tail->key_hash,
	   "json: 200,000 colliding keys are read");
	ok((clock() - start) / CLOCKS_PER_SEC < 10, "json: ... before the reader loses patience");
}

static unsigned int line_of(const char *text, const struct json *node)
{
	return json_line(text, strlen(text), node->offset);
}

static void test_lines(void)
{
	/* Each number and string says on which line it stands. */
	static const char text[] = "// 1\n{ /* 2\n3 \" */ \"a\": 3,\r\n"
				   "\"b\": \"4\", \"c\":\n\n[ 6, \"\\u0036\",\n"
				   "\"7\" // \\ud800\n , {}, {\n\"x\\n\"\n:\n11\n},\n\"13\"],"
				   "\"d\"\n:true}\n// 15";
	struct json_doc d = doc_of(text, sizeof(text) - 1, JSON_COMMENTS);
	const struct json *list;
	bool is_right = true;
	int seen = 0;

	if (!ok(d.root, "json: comments are read when they are allowed"))
		return;
	list = json_get(&d, "c");
	for (const struct json *node = d.root; node;) {
		if (node->type == JSON_NUMBER || node->type == JSON_STRING) {
			unsigned int line = line_of(text, node);

			seen++;
			is_right = is_right && strtoul(node->text, NULL, 10) == line;
			if (strtoul(node->text, NULL, 10) != line)
				printf("# %s on line %u\n", node->text, line);
		}
		if (json_first(node)) {
			node = node->head;
			continue;
		}
		while (node && !node->next)
			node = node->parent;
		node = node ? node->next : NULL;
	}
	ok(is_right && seen == 7, "json: values know the line on which they end");
	ok(line_of(text, list) == 13, "json: a list ends where its bracket is");
	ok(line_of(text, list->tail->prev) == 12, "json: an object ends where its brace is");
	ok(line_of(text, json_get(&d, "d")) == 14, "json: a word knows its line");
	ok(line_of(text, d.root) == 14, "json: the document ends where it ends");
	ok(json_node_line(text, strlen(text), list) == 4 &&
		   json_node_line(text, strlen(text), json_get(&d, "d")) == 14,
	   "json: a list stands in the line of its key, a word where it ends");

	d = doc("\n\n17");
	ok(d.root && line_of("\n\n17", d.root) == 3, "json: a number at the end knows its line");
	ok(json_line("a\nb", 3, 0) == 1 && json_line("a\nb", 3, 1) == 1 &&
		   json_line("a\nb", 3, 2) == 2 && json_line("a\nb", 3, 99) == 2,
	   "json: lines are counted from 1 and end with the text");

	refused("{\n\"a\": 1,\n\"b\": x\n}",
		"x.json line 3: ", "a wrong letter is told with its line");
	refused("{\n\"a\": 1\n\"b\": 2\n}",
		"x.json line 3: ", "a missing comma is told with its line");
	refused("{\n\"a\": \"x\ny\"\n}", "x.json line 2: ", "an open string is told with its line");
	refused("{\n\"a\": 1,\n// x\n}", "x.json line 3: ", "a comment is told with its line");
	refused("{\n\"a\":\n\x01}", "x.json line 3: ", "an odd byte is told with its line");
	refused("{\n\"a\": tru\n}", "x.json line 2: ", "a cut word is told with its line");
	refused("{\n\"a\": -\n}", "x.json line 2: ", "a cut number is told with its line");
	refused("{\n\"a\": 1}\n\n}", "x.json line 4: ", "trailing text is told with its line");
	refused("{\n\"a\": \"\\\n\"}", "x.json line 2: ", "a cut escape is told with its line");
	refused("{\n\"a\": [1,\n]}", "x.json line 3: ", "a comma too much is told with its line");
	refused("{\n\"a\": 1,\n\n", "x.json line 4: ", "an early end is told with the last line");
	refused("{\n\"a\": [\"\\n\",\n\"\\ud800\"]}",
		"x.json line 3: ", "a lone surrogate is told with its line");
	refused("{\n\"a\": 1,\n\"a\": {\n}}",
		"x.json line 4: ", "a duplicate is told with its line");
}

static void commented(const char *text, bool is_fine, const char *name)
{
	struct json_doc d = doc_of(text, strlen(text), JSON_COMMENTS);

	ok(is_fine == (d.root != NULL), "json: %s", name);
	if (is_fine != (d.root != NULL))
		printf("#   %s\n", last.message);
}

static void test_comments(void)
{
	commented("/**/[1]/***/", true, "comments may stand outside");
	commented("[1,// x, \" \\ \n2]", true, "a quote in a comment opens no string");
	commented("[\"// /* \\\" \", /* \" */ 1]", true, "a comment in a string is text");
	commented("[1] // \\ud800 \\u0000", true, "an escape in a comment is no escape");
	commented("[\"//\", \"\\ud800\"]", false, "slashes in a string hide no lone surrogate");
	commented("[\"\\\"/*\", \"\\u0000\"] /* \"*/", false, "an escaped quote hides no NUL");
	commented("[\"\\\\\", /*\"*/ \"\\ud800\"]", false, "a quote in a comment hides nothing");
	commented("[1 /*/ ]", false, "a comment that is not closed is refused");
	commented("[1] /* x", false, "an open comment behind the document is refused");
	commented("[1] //", true, "a line comment may end the text");
	commented("[1] /", false, "a slash alone is refused");
	commented("[1 # x\n]", false, "other comments are refused");
	commented("[1,//\n]", false, "a comment is no value");
	commented("// nothing", false, "a comment is no document");
}

static void test_writer_depth(void)
{
	struct json *root = json_new(arena, JSON_ARRAY), *at = root;
	auto_strbuf struct strbuf out = { 0 };

	for (int i = 1; i < JSON_MAX_DEPTH; i++) {
		json_append(arena, at, NULL, json_new(arena, JSON_ARRAY));
		at = at->head;
	}
	ok(json_write(&out, root, &last) == 0 && doc(out.data).root,
	   "json: 64 levels are written, and read again");
	json_append(arena, at, NULL, json_new(arena, JSON_NULL));
	ok(json_write(&out, root, &last) == 0, "json: ... with a value inside");
	json_append(arena, at, NULL, json_new(arena, JSON_OBJECT));
	ok(json_write(&out, root, &last) == -1 && strstr(last.message, "64 levels"),
	   "json: what could not be read again is not written");
}

static void test_memory(void)
{
	auto_strbuf struct strbuf sb = { 0 };
	auto_arena struct arena *own = arena_new();
	struct json_doc d;

	strbuf_puts(&sb, "[");
	while (sb.len < 64 * 1024)
		strbuf_printf(&sb, "%s\"NAME_%zu=value-%zu\"", sb.len > 1 ? "," : "", sb.len,
			      sb.len);
	strbuf_puts(&sb, "]");
	ok(json_parse(&d, own, sb.data, sb.len, 0, "x.json", &last) == 0 &&
		   arena_used(own) < (size_t)1024 * 1024,
	   "json: a document of 64 KiB takes less than 1 MiB (%zu bytes)", arena_used(own));
}

int main(void)
{
	arena = arena_new();
	test_round_trip();
	test_refused();
	test_many_members();
	test_limits();
	test_colliding_keys();
	test_lines();
	test_comments();
	test_writer_depth();
	test_memory();
	arena_free(arena);
	return done_testing();
}
