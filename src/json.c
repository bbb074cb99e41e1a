/*
 * The document as a tree: looking things up and comparing. Text becomes a tree in json_yajl.c, a
 * tree becomes text in json_write.c, and json_build.c makes and changes trees.
 *
 * Whoever reads a field gets a usable value in every case: absent and wrong both yield the
 * fallback. Wrong is remembered in the document as its fault, and a document with a fault never
 * reaches the runtime (json_check()). Nothing here calls itself: a hostile document chooses how
 * deep it is.
 */
#include "json.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* 250,000 values are allowed, so each byte here lets a hostile document cost us 250 KB. */
static_assert(sizeof(struct json) <= 80, "a node is small");

static bool is_container(const struct json *node)
{
	return node->type == JSON_ARRAY || node->type == JSON_OBJECT;
}

const char *json_type_words(const struct json *node)
{
	switch ((enum json_type)node->type) {
	case JSON_NULL:
		return "null";
	case JSON_FALSE:
	case JSON_TRUE:
		return "true or false";
	case JSON_NUMBER:
		return "a number";
	case JSON_STRING:
		return "a string";
	case JSON_ARRAY:
		return "a list";
	case JSON_OBJECT:
		return "an object";
	}
	return "something else";
}

/* ---- names ---- */

/*
 * The next character of a key as Go's decoder compares it, or the byte itself. Besides ASCII case,
 * Unicode folds exactly two characters onto ASCII letters: U+017F (long s) and U+212A (the Kelvin
 * sign), and runc honours both (contract, section 10, case 4).
 */
static unsigned char fold(const char **at, const char *end)
{
	const unsigned char *p = (const unsigned char *)*at;
	size_t left = (size_t)(end - *at);

	if (p[0] == 0xC5 && left >= 2 && p[1] == 0xBF) {
		*at += 2;
		return 's';
	}
	if (p[0] == 0xE2 && left >= 3 && p[1] == 0x84 && p[2] == 0xAA) {
		*at += 3;
		return 'k';
	}
	*at += 1;
	return p[0] >= 'A' && p[0] <= 'Z' ? (unsigned char)(p[0] | 0x20) : p[0];
}

uint32_t json_key_hash(const char *key, size_t len)
{
	const char *end = key + len;
	uint32_t hash = 2166136261U; /* FNV-1a */

	while (key < end)
		hash = (hash ^ fold(&key, end)) * 16777619U;
	return hash;
}

bool json_key_folds(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const char *a_end = a + a_len, *b_end = b + b_len;

	while (a < a_end && b < b_end) {
		if (fold(&a, a_end) != fold(&b, b_end))
			return false;
	}
	return a == a_end && b == b_end;
}

static bool has_key(const struct json *node, const char *name, size_t len)
{
	return node->key_len == len && memcmp(node->key, name, len) == 0;
}

/* ---- faults ---- */

void json_fault(struct json_doc *doc, const char *format, ...)
{
	va_list ap;

	if (doc->fault[0]) /* the first one counts: later ones often follow from it */
		return;
	va_start(ap, format);
	if (vsnprintf(doc->fault, sizeof(doc->fault), format, ap) < 0 || !doc->fault[0])
		(void)snprintf(doc->fault, sizeof(doc->fault), "the document is malformed");
	va_end(ap);
	error_defuse(doc->fault);
}

int json_check(const struct json_doc *doc, struct error *e)
{
	return doc->fault[0] ? error_set(e, ERR_SPEC, "%s", doc->fault) : 0;
}

/* "process/user/uid" of a node, quoted; the whole document has no name of its own. */
static void fault_at(struct json_doc *doc, const struct json *node, const char *what,
		     const char *but)
{
	auto_strbuf struct strbuf path = { 0 };
	char quoted[QUOTED_SIZE];

	if (doc->fault[0])
		return;
	json_pointer(&path, node);
	if (path.len)
		json_fault(doc, "%s must be %s, not %s",
			   error_quote(quoted, path.data + 1, path.len - 1), what, but);
	else
		json_fault(doc, "the document must be %s, not %s", what, but);
}

/* ---- looking up ---- */

struct json *json_find(const struct json *object, const char *name)
{
	size_t len = strlen(name);

	if (!object || object->type != JSON_OBJECT)
		return NULL;
	json_each (child, object) {
		if (has_key(child, name, len))
			return child;
	}
	return NULL;
}

struct json *json_member(struct json_doc *doc, const struct json *object, const char *name)
{
	size_t len = strlen(name);
	const struct json *variant = NULL;
	char quoted[QUOTED_SIZE];
	uint32_t hash;

	if (!object)
		return NULL;
	if (object->type != JSON_OBJECT) {
		fault_at(doc, object, "an object", json_type_words(object));
		return NULL;
	}
	hash = json_key_hash(name, len);
	json_each (child, object) {
		if (child->key_hash != hash)
			continue;
		if (has_key(child, name, len))
			return child;
		if (!variant && json_key_folds(child->key, child->key_len, name, len))
			variant = child;
	}
	/* runc would read it as the field, so it is neither absent nor ours to read. */
	if (variant)
		json_fault(doc, "'%s' is another spelling of '%s'",
			   error_quote(quoted, variant->key, variant->key_len), name);
	return NULL;
}

struct json *json_path(struct json_doc *doc, const char *const *names)
{
	struct json *node = doc->root;

	for (; node && *names; names++)
		node = json_member(doc, node, *names);
	return node;
}

/* ---- values ---- */

bool json_bool(struct json_doc *doc, const struct json *node, bool fallback)
{
	if (!node)
		return fallback;
	if (node->type == JSON_TRUE || node->type == JSON_FALSE)
		return node->type == JSON_TRUE;
	fault_at(doc, node, "true or false", json_type_words(node));
	return fallback;
}

/* What was there instead of an integer: the number itself, or its type. */
static void integer_fault(struct json_doc *doc, const struct json *node, const char *what)
{
	fault_at(doc, node, what, node->type == JSON_NUMBER ? node->text : json_type_words(node));
}

uint64_t json_u64(struct json_doc *doc, const struct json *node, uint64_t fallback)
{
	uint64_t value = fallback;

	if (node && !json_number_u64(node, &value))
		integer_fault(doc, node, "a whole number from 0 to 2^64-1");
	return value;
}

int64_t json_i64(struct json_doc *doc, const struct json *node, int64_t fallback)
{
	int64_t value = fallback;

	if (node && !json_number_i64(node, &value))
		integer_fault(doc, node, "a whole number from -2^63 to 2^63-1");
	return value;
}

const char *json_str(struct json_doc *doc, const struct json *node, const char *fallback)
{
	if (!node)
		return fallback;
	if (node->type == JSON_STRING)
		return node->text;
	fault_at(doc, node, "a string", json_type_words(node));
	return fallback;
}

const char *json_text(const struct json *node)
{
	return node && node->type == JSON_STRING ? node->text : NULL;
}

bool json_is(const struct json *node, const char *text)
{
	return text && text_equal(json_text(node), text);
}

bool json_is_true(const struct json *node)
{
	return node && node->type == JSON_TRUE;
}

bool json_number_u64(const struct json *node, uint64_t *ret_value)
{
	return node && node->type == JSON_NUMBER && parse_u64(node->text, ret_value) == 0;
}

bool json_number_i64(const struct json *node, int64_t *ret_value)
{
	uint64_t value;
	bool is_negative;

	if (!node || node->type != JSON_NUMBER)
		return false;
	is_negative = node->text[0] == '-';
	if (parse_u64(node->text + is_negative, &value) < 0)
		return false;
	if (!is_negative && value <= INT64_MAX) {
		*ret_value = (int64_t)value;
		return true;
	}
	/* "-0" is refused by Go and read as 0 by crun (contract, section 10, case 24). */
	if (is_negative && value > 0 && value <= (uint64_t)INT64_MAX + 1) {
		*ret_value = -(int64_t)(value - 1) - 1;
		return true;
	}
	return false;
}

size_t json_count(const struct json *node)
{
	size_t count = 0;

	json_each (child, node)
		count++;
	return count;
}

static bool same_text(const struct json *a, const struct json *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* Equal without looking at children. */
static bool same_node(const struct json *a, const struct json *b)
{
	if (a->type != b->type)
		return false;
	return is_container(a) || (a->type != JSON_STRING && a->type != JSON_NUMBER) ||
	       same_text(a, b);
}

static bool same_key(const struct json *a, const struct json *b)
{
	if (!a->key || !b->key)
		return a->key == b->key;
	return has_key(a, b->key, b->key_len);
}

bool json_equal(const struct json *a, const struct json *b)
{
	const struct json *x = a, *y = b;

	if (!a || !b)
		return a == b;
	if (!same_node(x, y))
		return false;
	for (;;) {
		const struct json *x_next = json_first(x), *y_next = json_first(y);

		/* Down, else along, else up until there is an along: both trees in step. */
		if (!x_next && !y_next) {
			while (x != a && !x->next && !y->next) {
				x = x->parent;
				y = y->parent;
			}
			if (x == a)
				return true;
			x_next = x->next;
			y_next = y->next;
		}
		if (!x_next || !y_next || !same_node(x_next, y_next) || !same_key(x_next, y_next))
			return false;
		x = x_next;
		y = y_next;
	}
}
