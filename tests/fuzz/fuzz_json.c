/*
 * Any bytes at all: what json_parse() accepts must be written, read and written again without a
 * difference, must be well-formed UTF-8 within the limits, and the functions over the tree must
 * agree with each other on it.
 */
#include "fuzz.h"

#include <string.h>

#include "json.h"
#include "text.h"

static void check_text(const char *text, size_t len)
{
	must(text[len] == '\0' && strlen(text) == len, "a text has no NUL inside and one behind");
	for (size_t at = 0, step; at < len; at += step) {
		step = text_utf8(text + at, len - at);
		must(step > 0, "a text is UTF-8");
	}
}

/* Every node: links, limits, and its place as a pointer. Recursion is fine here: depth is 64. */
static size_t check_tree(const struct json *node, const struct json *parent, size_t depth,
			 size_t text_len)
{
	const struct json *prev = NULL;
	size_t count = 1;

	must(depth <= JSON_MAX_DEPTH, "the depth is limited");
	must(node->parent == parent, "a node knows its parent");
	must(node->offset > 0 && node->offset <= text_len, "a value ends inside the text");
	must(!node->key == !(parent && parent->type == JSON_OBJECT), "members have keys");
	if (node->key) {
		check_text(node->key, node->key_len);
		must(node->key_hash == json_key_hash(node->key, node->key_len),
		     "the hash is right");
		must(json_find(parent, node->key) == node, "a key is there once");
	}
	if (node->type == JSON_STRING || node->type == JSON_NUMBER)
		check_text(node->text, node->len);
	must(node->type != JSON_NUMBER || node->len <= JSON_MAX_NUMBER, "numbers are limited");
	json_each (child, node) {
		must(child->prev == prev, "siblings are linked both ways");
		must(!prev || prev->offset < child->offset, "siblings end one after the other");
		must(child->offset < node->offset, "a container ends behind its children");
		count += check_tree(child, node, depth + (json_first(child) != NULL), text_len);
		prev = child;
	}
	return count;
}

static void check_document(struct arena *arena, const struct json_doc *doc, unsigned int flags)
{
	auto_strbuf struct strbuf out = { 0 }, again = { 0 }, pointer = { 0 };
	struct json *copy = json_clone(arena, doc->root);
	struct json_doc second;
	struct error e = { 0 };

	must(check_tree(doc->root, NULL, 1, doc->text_len) <= JSON_MAX_VALUES,
	     "values are limited");
	must(json_write(&out, doc->root, &e) == 0, "what was read can be written");
	must(json_parse(&second, arena, out.data, out.len, flags, "out", &e) == 0,
	     "what was written can be read");
	must(json_equal(doc->root, second.root), "... and is the same");
	must(json_write(&again, second.root, &e) == 0 && again.len == out.len &&
		     memcmp(again.data, out.data, out.len) == 0,
	     "... letter by letter");
	must(json_equal(copy, doc->root), "a clone equals");
	if (json_first(copy)) {
		json_pointer(&pointer, copy->tail);
		json_unlink(copy->tail);
		must(!json_equal(copy, doc->root), "a clone changes alone");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena *arena = arena_new();
	/* A block of exactly this size, so that reading behind it is noticed. */
	auto_free char *text = malloc(size ? size : 1);
	struct json_doc doc;
	struct error e = { 0 };
	bool is_strict;

	if (!text)
		return 0;
	memcpy(text, data, size);
	is_strict = json_parse(&doc, arena, text, size, 0, "fuzz", &e) == 0;
	if (is_strict)
		check_document(arena, &doc, 0);
	else
		must(e.kind == ERR_SPEC && e.message[0], "a refusal says why");

	if (json_parse(&doc, arena, text, size, JSON_COMMENTS, "fuzz", &e) == 0)
		check_document(arena, &doc, JSON_COMMENTS);
	else
		must(!is_strict, "comments are optional");
	return 0;
}
