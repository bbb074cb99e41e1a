/* JSON as a tree: looking up, faults, integers, comparing, changing, pointers. */
#include "json.h"

#include "tap.h"

static struct arena *arena;
static struct error last;

static struct json_doc doc(const char *text)
{
	struct json_doc doc = { 0 };

	if (json_parse(&doc, arena, text, strlen(text), 0, "x.json", &last) < 0)
		ok(false, "json: %s", last.message);
	return doc;
}

static void test_lookup(void)
{
	struct json_doc d = doc("{\"process\":{\"user\":{\"uid\":5},\"args\":[\"a\"]},\"s\":\"x\","
				"\"Kernel\":1,\"ma\\u212aed\":1,\"proce\\u017fs2\":1,\"n\":null}");

	ok(json_u64(&d, json_get(&d, "process", "user", "uid"), 9) == 5, "json: a path is walked");
	ok(!json_get(&d, "process", "user", "gid") && !json_get(&d, "x", "y"),
	   "json: absent is NULL");
	ok(json_u64(&d, json_get(&d, "process", "user", "gid"), 9) == 9, "json: absent: fallback");
	ok(json_check(&d, &last) == 0, "json: absent is no fault");
	ok(!json_member(&d, NULL, "x") && !json_find(NULL, "x"), "json: nothing has no members");
	ok(json_find(d.root, "s") && !json_find(d.root, "S") && !json_find(d.root->head->next, "x"),
	   "json: find knows exact names only");
	ok(json_check(&d, &last) == 0, "json: find makes no fault");

	ok(!json_get(&d, "kernel") && json_check(&d, &last) == -1 && last.kind == ERR_SPEC,
	   "json: another case is a fault");
	is_text(d.fault, "'Kernel' is another spelling of 'kernel'",
		"json: ... with both spellings");
	ok(!json_get(&d, "s", "x"), "json: a string has no members");
	is_text(d.fault, "'Kernel' is another spelling of 'kernel'",
		"json: the first fault counts");

	d.fault[0] = '\0';
	ok(!json_get(&d, "maked") && strstr(d.fault, "another spelling"), "json: U+212A is a k");
	d.fault[0] = '\0';
	ok(!json_get(&d, "process2") && strstr(d.fault, "another spelling"),
	   "json: U+017F is an s");
	d.fault[0] = '\0';
	ok(!json_get(&d, "process", "args", "a"), "json: a list has no members");
	is_text(d.fault, "process/args must be an object, not a list",
		"json: ... which is a fault");
	d.fault[0] = '\0';
	ok(!json_get(&d, "n", "a") && d.fault[0], "json: a step through null is a fault");

	d = doc("[1]");
	ok(!json_get(&d, "a"), "json: a list as document has no members");
	is_text(d.fault, "the document must be an object, not a list", "json: ... and says so");
}

static void test_values(void)
{
	struct json_doc d =
		doc("{\"t\":true,\"f\":false,\"n\":null,\"s\":\"x\",\"i\":12,\"o\":{}}");
	static const char *const names[] = { "n", "s", "o", "t", "i" };

	ok(json_bool(&d, json_get(&d, "t"), false) && !json_bool(&d, json_get(&d, "f"), true) &&
		   json_bool(&d, NULL, true),
	   "json: booleans");
	is_text(json_str(&d, json_get(&d, "s"), "y"), "x", "json: strings");
	is_text(json_str(&d, NULL, "y"), "y", "json: the fallback of an absent string");
	ok(json_u64(&d, json_get(&d, "i"), 1) == 12 && json_i64(&d, json_get(&d, "i"), 1) == 12,
	   "json: integers");
	ok(json_is(json_get(&d, "s"), "x") && !json_is(json_get(&d, "s"), "y") &&
		   !json_is(json_get(&d, "i"), "12") && !json_is(NULL, "x") && !json_is(NULL, NULL),
	   "json: is");
	ok(!json_text(NULL) && !json_text(json_get(&d, "i")), "json: only strings have text");
	ok(json_is_true(json_get(&d, "t")) && !json_is_true(json_get(&d, "f")) &&
		   !json_is_true(NULL),
	   "json: is true");
	ok(!d.fault[0], "json: reading what is right is no fault");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct json *node = json_get(&d, names[i]);

		d.fault[0] = '\0';
		if (node->type != JSON_TRUE)
			ok(json_bool(&d, node, true) && d.fault[0], "json: '%s' is no boolean: %s",
			   names[i], d.fault);
		d.fault[0] = '\0';
		if (node->type != JSON_STRING)
			ok(!json_str(&d, node, NULL) && d.fault[0], "json: '%s' is no string: %s",
			   names[i], d.fault);
		d.fault[0] = '\0';
		if (node->type != JSON_NUMBER)
			ok(json_u64(&d, node, 3) == 3 && d.fault[0], "json: '%s' is no integer: %s",
			   names[i], d.fault);
		d.fault[0] = '\0';
		if (node->type != JSON_NUMBER)
			ok(json_i64(&d, node, 3) == 3 && d.fault[0],
			   "json: '%s' is no signed integer: %s", names[i], d.fault);
	}
	json_fault(&d, "%s", "sooner");
	json_fault(&d, "%s", "later");
	ok(!strstr(d.fault, "later"), "json: a later fault does not replace the first");
	d.fault[0] = '\0';
	json_fault(&d, "%s", "a\nb permission denied");
	is_text(d.fault, "a?b permission?denied", "json: a fault is safe to print");
	d.fault[0] = '\0';
	json_fault(&d, "%s", "");
	ok(json_check(&d, &last) == -1, "json: a fault without words is still one");
}

static void integer(const char *text, bool is_u64, bool is_i64)
{
	struct json_doc d = doc(text);
	uint64_t u = 4711;
	int64_t i = 4711;

	ok(json_number_u64(d.root, &u) == is_u64 && (is_u64 || u == 4711), "json: %s is %s u64",
	   text, is_u64 ? "a" : "no");
	ok(json_number_i64(d.root, &i) == is_i64 && (is_i64 || i == 4711), "json: %s is %s i64",
	   text, is_i64 ? "an" : "no");
	if (is_i64) {
		auto_strbuf struct strbuf out = { 0 };

		ok(json_write(&out, json_new_i64(arena, i), &last) == 0 &&
			   strcmp(out.data, text) == 0,
		   "json: %s has its value", text);
	}
}

static void test_integers(void)
{
	integer("0", true, true);
	integer("1", true, true);
	integer("-1", false, true);
	integer("-0", false, false);
	integer("9223372036854775807", true, true);
	integer("9223372036854775808", true, false);
	integer("-9223372036854775808", false, true);
	integer("-9223372036854775809", false, false);
	integer("18446744073709551615", true, false);
	integer("18446744073709551616", false, false);
	integer("1.0", false, false);
	integer("1e3", false, false);
	integer("1E0", false, false);
	integer("\"1\"", false, false);
	integer("null", false, false);
}

static void folds(const char *a, const char *b, bool want)
{
	ok(json_key_folds(a, strlen(a), b, strlen(b)) == want &&
		   json_key_folds(b, strlen(b), a, strlen(a)) == want &&
		   (!want || json_key_hash(a, strlen(a)) == json_key_hash(b, strlen(b))),
	   "json: '%s' %s '%s'", a, want ? "folds to" : "is not", b);
}

static void test_folding(void)
{
	folds("process", "PROCESS", true);
	folds("process", "proce\xC5\xBFS", true);
	folds("masKedPaths",
	      "ma\xC5\xBF\xE2\x84\xAA"
	      "edpath\xC5\xBF",
	      true);
	folds("", "", true);
	folds("a", "", false);
	folds("process", "process ", false);
	folds("a_b", "ab", false);
	folds("@", "`", false);
	folds("[", "{", false);
	folds("s", "\xC5", false);
	folds("k", "\xE2\x84", false);
	folds("\xC3\xA4", "\xC3\x84", false);
}

static char *text_of(const struct json *node)
{
	struct strbuf out = { 0 };

	return json_write(&out, node, &last) == 0 ? out.data : NULL;
}

static void now_is(const struct json *node, const char *want, const char *name)
{
	auto_free char *text = text_of(node);

	is_text(text, want, name);
}

static void test_changing(void)
{
	struct json_doc d = doc("{\"a\":[1,2,3],\"b\":{}}");
	struct json *list = json_get(&d, "a"), *object = json_get(&d, "b"), *two, *node;

	json_append(arena, list, NULL, json_new_u64(arena, 4));
	json_insert(arena, list, NULL, NULL, json_new_i64(arena, -1));
	json_insert(arena, list, list->head->next, NULL, json_new_str(arena, "x"));
	now_is(d.root, "{\"a\":[-1,1,\"x\",2,3,4],\"b\":{}}", "json: appending and inserting");
	ok(json_count(list) == 6 && json_count(NULL) == 0 && json_count(list->head) == 0,
	   "json: children are counted");

	two = list->head->next->next->next;
	json_unlink(two);
	ok(!two->parent && !two->next && !two->prev, "json: what was taken out belongs nowhere");
	json_unlink(two);
	json_unlink(list->head);
	json_unlink(list->tail);
	now_is(list, "[1,\"x\",3]", "json: taking out in the middle and at both ends");
	json_append(arena, object, "two", two);
	json_append(arena, object, "T", json_new_bool(arena, true));
	now_is(d.root, "{\"a\":[1,\"x\",3],\"b\":{\"two\":2,\"T\":true}}",
	       "json: it can be put in again");
	ok(json_get(&d, "b", "two") == two, "json: it is found under its new name");

	node = json_new(arena, JSON_NULL);
	json_swap(two, node);
	ok(json_get(&d, "b", "two") == node && !two->parent, "json: swapping keeps place and key");
	json_swap(list->head, json_new_strn(arena, "yz!", 2));
	json_swap(list->tail, json_new(arena, JSON_ARRAY));
	json_swap(list->head->next, json_new(arena, JSON_STRING));
	now_is(d.root, "{\"a\":[\"yz\",\"\",[]],\"b\":{\"two\":null,\"T\":true}}",
	       "json: swapping first, middle and last");
	json_swap(object, json_new(arena, JSON_OBJECT));
	now_is(d.root, "{\"a\":[\"yz\",\"\",[]],\"b\":{}}", "json: swapping the last of an object");
	while (json_first(list))
		json_unlink(list->head);
	now_is(list, "[]", "json: a list can be emptied");
	json_append(arena, list, NULL, json_new(arena, JSON_NUMBER));
	now_is(list, "[0]", "json: ... and filled again");
}

static void test_clone_and_equal(void)
{
	static const char text[] = "{\"a\":[1,[2,{\"x\":[]}],\"s\"],\"b\":{\"c\":null},\"d\":true}";
	static const char *const others[] = {
		"{\"a\":[1,[2,{\"x\":[]}],\"s\"],\"b\":{\"c\":null}}",
		"{\"a\":[1,[2,{\"x\":[]}],\"s\"],\"b\":{\"c\":null},\"d\":true,\"e\":1}",
		"{\"a\":[1,[2,{\"x\":{}}],\"s\"],\"b\":{\"c\":null},\"d\":true}",
		"{\"a\":[1,[2,{\"y\":[]}],\"s\"],\"b\":{\"c\":null},\"d\":true}",
		"{\"a\":[1,[2,{\"x\":[0]}],\"s\"],\"b\":{\"c\":null},\"d\":true}",
		"{\"a\":[1,[2],\"s\"],\"b\":{\"c\":null},\"d\":true}",
		"{\"a\":[1.0,[2,{\"x\":[]}],\"s\"],\"b\":{\"c\":null},\"d\":true}",
		"{\"a\":[1,[2,{\"x\":[]}],\"t\"],\"b\":{\"c\":null},\"d\":true}",
		"{\"a\":[1,[2,{\"x\":[]}],\"s\"],\"b\":{\"c\":null},\"d\":false}",
		"{\"b\":{\"c\":null},\"a\":[1,[2,{\"x\":[]}],\"s\"],\"d\":true}",
		"{\"a\":[1,[2,{\"x\":[]}],\"s\",0],\"b\":{\"c\":null},\"d\":true}",
		"1",
		"[]",
		"{}",
	};
	struct json_doc d = doc(text), same = doc(text);
	struct json *copy = json_clone(arena, d.root);

	ok(json_equal(d.root, same.root), "json: equal documents are equal");
	ok(json_equal(d.root, copy) && copy != d.root, "json: a clone equals");
	now_is(copy, text, "json: a clone is whole");
	ok(copy->head->offset == d.root->head->offset && copy->head->offset > 0,
	   "json: a clone still knows where it was written");
	ok(!json_clone(arena, d.root->head)->key, "json: a clone has no key");
	now_is(json_clone(arena, d.root->head->head->next), "[2,{\"x\":[]}]",
	       "json: a part is cloned without what stands behind it");
	ok(json_equal(d.root->head, copy->head), "json: parts can be compared");
	json_unlink(copy->head->head);
	ok(!json_equal(d.root, copy), "json: a clone changes alone");
	now_is(d.root, text, "json: its original stays");

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct json_doc other = doc(others[i]);

		ok(!json_equal(d.root, other.root) && !json_equal(other.root, d.root),
		   "json: not equal: %s", others[i]);
	}
	ok(json_equal(NULL, NULL) && !json_equal(NULL, d.root) && !json_equal(d.root, NULL),
	   "json: NULL equals NULL");
}

static void points(const struct json *node, const char *want)
{
	auto_strbuf struct strbuf out = { 0 };

	json_pointer(&out, node);
	ok(strcmp(strbuf_text(&out), want) == 0, "json: the pointer \"%s\"", want);
}

static void test_pointers(void)
{
	struct json_doc d = doc("{\"a\":[0,{\"m~n\":{\"/\":1,\"\":2}},[[3]]]}");
	struct json *list = json_get(&d, "a");

	points(d.root, "");
	points(list, "/a");
	points(list->head, "/a/0");
	points(list->head->next->head, "/a/1/m~0n");
	points(list->head->next->head->head, "/a/1/m~0n/~1");
	points(list->head->next->head->tail, "/a/1/m~0n/");
	points(list->tail->head->head, "/a/2/0/0");
	json_unlink(list->head);
	points(list->tail->head->head, "/a/1/0/0");
}

int main(void)
{
	arena = arena_new();
	test_lookup();
	test_values();
	test_integers();
	test_folding();
	test_changing();
	test_clone_and_equal();
	test_pointers();
	arena_free(arena);
	return done_testing();
}
