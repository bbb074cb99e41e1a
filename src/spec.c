/*
 * Does the document say what the specification lets it say?
 *
 * The controls judge values; they can only do that when a list is a list and a number is the number
 * that the runtime will read. So this runs first, once over the whole tree, and what it finds
 * refuses the container in every mode. It is one walk along the table of spec_table.c; an unknown
 * field is not entered, because the control unknown-fields drops it whole.
 *
 * A message names the place as a JSON pointer and what should stand there. It never shows a text of
 * the author's: the list may be the environment.
 */
#include "spec.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "spec_table.h"
#include "text.h"

struct walk {
	const char *document; /* how the file is called in messages */
	struct error *e;
};

static int fault(const struct walk *walk, const struct json *node, const char *format, ...)
	PRINTF(3, 4);

static int fault(const struct walk *walk, const struct json *node, const char *format, ...)
{
	auto_strbuf struct strbuf pointer = { 0 };
	char place[QUOTED_SIZE], text[512];
	va_list ap;

	json_pointer(&pointer, node);
	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (!pointer.len)
		return error_set(walk->e, ERR_SPEC, "%s: %s", walk->document, text);
	return error_set(walk->e, ERR_SPEC, "%s: '%s' %s", walk->document,
			 error_quote(place, strbuf_text(&pointer), pointer.len), text);
}

/* What NODE is, in words. */
/* What stands there: for numbers and truths the value itself says most. */
static const char *describe(const struct json *node)
{
	if (node->type == JSON_TRUE || node->type == JSON_FALSE)
		return node->type == JSON_TRUE ? "true" : "false";
	return node->type == JSON_NUMBER ? node->text : json_type_words(node);
}

static int expected(const struct walk *walk, const struct json *node, const char *what)
{
	return fault(walk, node, "must be %s, not %s", what, describe(node));
}

/* The walk calls itself as deep as the table is, never as deep as the document. */
/* NOLINTBEGIN(misc-no-recursion) */
static int check(const struct walk *walk, const struct json *node, const struct spec_type *type);

static const struct spec_field *find_field(const struct spec_type *type, const struct json *node)
{
	for (const struct spec_field *field = type->fields; field->key; field++) {
		if (text_equal(field->key, node->key))
			return field;
	}
	return NULL;
}

/* Go's decoder, and so runc, takes "Process" and even U+017F for a long s as the known name. */
static int check_spelling(const struct walk *walk, const struct json *node,
			  const struct spec_type *type)
{
	for (const struct spec_field *field = type->fields; field->key; field++) {
		if (json_key_folds(field->key, strlen(field->key), node->key, node->key_len))
			return fault(walk, node,
				     "is another spelling of '%s', which runc would read; write "
				     "it exactly so",
				     field->key);
	}
	return 0;
}

static int check_object(const struct walk *walk, const struct json *node,
			const struct spec_type *type)
{
	if (node->type != JSON_OBJECT)
		return expected(walk, node, "an object");

	json_each (child, node) {
		const struct spec_field *field = find_field(type, child);

		if (field ? check(walk, child, field->type) : check_spelling(walk, child, type))
			return -1;
	}
	for (const struct spec_field *field = type->fields; field->key; field++) {
		if (field->is_required && !json_find(node, field->key))
			return fault(walk, node, "has no '%s', which the specification requires",
				     field->key);
	}
	return 0;
}

/* Pairwise: the limit on the list is small. */
static int check_unique(const struct walk *walk, const struct json *list, const char *name)
{
	json_each (item, list) {
		const char *text = json_text(json_find(item, name));

		for (const struct json *other = item->next; other; other = other->next) {
			if (text_equal(text, json_text(json_find(other, name))))
				return fault(walk, other, "has the same %s as an entry before it",
					     name);
		}
	}
	return 0;
}

static int check_list(const struct walk *walk, const struct json *node,
		      const struct spec_type *type)
{
	unsigned int count = 0;

	if (node->type != JSON_ARRAY)
		return expected(walk, node, "a list");

	json_each (child, node) {
		if (type->most && ++count > type->most)
			return fault(walk, node, "has more than %u entries, the most accepted here",
				     type->most);
		if (check(walk, child, type->item))
			return -1;
	}
	if (type->least && !json_first(node))
		return fault(walk, node, "must not be empty");
	return type->unique ? check_unique(walk, node, type->unique) : 0;
}

static int check_map(const struct walk *walk, const struct json *node, const struct spec_type *type)
{
	unsigned int count = 0;

	if (node->type != JSON_OBJECT)
		return expected(walk, node, "an object");

	json_each (child, node) {
		if (type->most && ++count > type->most)
			return fault(walk, node, "has more than %u members, the most accepted here",
				     type->most);
		if (check(walk, child, type->item))
			return -1;
	}
	return 0;
}

static int check_text(const struct walk *walk, const struct json *node,
		      const struct spec_type *type)
{
	const char *what;

	if (node->type == JSON_NULL && type->is_null_fine)
		return 0;
	if (node->type != JSON_STRING)
		return expected(walk, node, "a string");
	if (type->words && !text_in(node->text, type->words)) {
		auto_strbuf struct strbuf list = { 0 };

		for (const char *const *word = type->words; *word; word++)
			strbuf_printf(&list, "%s%s", word == type->words ? "" : ", ", *word);
		return fault(walk, node, "must be one of %s", strbuf_text(&list));
	}
	what = type->check ? type->check(node) : NULL;
	return what ? fault(walk, node, "must be %s", what) : 0;
}

static int check_number(const struct walk *walk, const struct json *node,
			const struct spec_type *type)
{
	char what[80];
	uint64_t u;
	int64_t i;

	if (type->kind == SPEC_UINT) {
		if (node->type == JSON_NUMBER && json_number_u64(node, &u) && u <= type->umax)
			return 0;
		(void)snprintf(what, sizeof(what), "an integer from 0 to %" PRIu64, type->umax);
	} else {
		if (node->type == JSON_NUMBER && json_number_i64(node, &i) && i >= type->min &&
		    i <= type->max)
			return 0;
		(void)snprintf(what, sizeof(what), "an integer from %" PRId64 " to %" PRId64,
			       type->min, type->max);
	}
	return expected(walk, node, what);
}

static int check(const struct walk *walk, const struct json *node, const struct spec_type *type)
{
	switch (type->kind) {
	case SPEC_BOOL:
		if (node->type == JSON_TRUE || node->type == JSON_FALSE)
			return 0;
		return expected(walk, node, "true or false");
	case SPEC_TEXT:
		return check_text(walk, node, type);
	case SPEC_INT:
	case SPEC_UINT:
		return check_number(walk, node, type);
	case SPEC_LIST:
		return check_list(walk, node, type);
	case SPEC_OBJECT:
		return check_object(walk, node, type);
	case SPEC_MAP:
		return check_map(walk, node, type);
	case SPEC_FOREIGN:
		if (node->type == JSON_OBJECT && !json_first(node))
			return 0;
		return fault(walk, node, "is for another platform than Linux; remove it");
	}
	return fault(walk, node, "is of a kind that the vocabulary does not know");
}
/* NOLINTEND(misc-no-recursion) */

int spec_check(struct json_doc *doc, enum edit_scope scope, struct error *e)
{
	static const char *const documents[] = {
		[SCOPE_SPEC] = "config.json",
		[SCOPE_PROCESS] = "the process document",
		[SCOPE_RESOURCES] = "the resources document",
	};
	const struct walk walk = { .document = documents[scope], .e = e };
	const struct json *root = doc->root;

	/* First, so that "Process" is not merely missed. */
	if (check(&walk, root, &spec_root))
		return -1;

	switch (scope) {
	case SCOPE_SPEC:
		for (const char *const *name =
			     (const char *const[]){ "ociVersion", "root", "process", NULL };
		     *name; name++) {
			if (!json_find(root, *name))
				return fault(&walk, root, "there is no '%s'", *name);
		}
		return 0;
	case SCOPE_PROCESS:
		return json_find(root, "process") ? 0 : fault(&walk, root, "there is no 'process'");
	case SCOPE_RESOURCES:
		if (json_find(json_find(root, "linux"), "resources"))
			return 0;
		return fault(&walk, root, "there is nothing in it");
	case SCOPE_CHECKPOINT:
		break;
	}
	return fault(&walk, root, "is of a kind that is not known");
}

/* The part of the tree below NODE, which is of TYPE. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the table */
static void each_unknown(struct json *node, const struct spec_type *type,
			 void (*each)(void *context, struct json *node), void *context)
{
	struct json *next;

	for (struct json *child = json_first(node); child; child = next) {
		const struct spec_field *field = NULL;

		next = child->next;
		if (type->kind == SPEC_LIST || type->kind == SPEC_MAP) {
			each_unknown(child, type->item, each, context);
			continue;
		}
		if (type->kind == SPEC_OBJECT)
			field = find_field(type, child);
		if (!field || field->is_foreign)
			each(context, child);
		else
			each_unknown(child, field->type, each, context);
	}
}

void spec_each_unknown(struct json_doc *doc, void (*each)(void *context, struct json *node),
		       void *context)
{
	each_unknown(doc->root, &spec_root, each, context);
}
