/*
 * A tree as text: the document for the runtime, and the places in it for messages and records.
 *
 * Our own walk with strbuf instead of yajl_gen, which would copy everything a second time, returns
 * a status for each token and stops at depth 128. The runtime reads nothing but what is written
 * here, so the form is canonical: no spaces, the order of the tree, numbers letter by letter.
 */
#include "json.h"

#include <string.h>

static void write_open(struct strbuf *out, const struct json *node)
{
	switch ((enum json_type)node->type) {
	case JSON_NULL:
		strbuf_add(out, "null", 4);
		break;
	case JSON_FALSE:
		strbuf_add(out, "false", 5);
		break;
	case JSON_TRUE:
		strbuf_add(out, "true", 4);
		break;
	case JSON_NUMBER:
		strbuf_add(out, node->text, node->len);
		break;
	case JSON_STRING:
		strbuf_json(out, node->text, node->len);
		break;
	case JSON_ARRAY:
		strbuf_add(out, "[", 1);
		break;
	case JSON_OBJECT:
		strbuf_add(out, "{", 1);
		break;
	}
}

static void write_close(struct strbuf *out, const struct json *node)
{
	if (node->type == JSON_ARRAY)
		strbuf_add(out, "]", 1);
	else if (node->type == JSON_OBJECT)
		strbuf_add(out, "}", 1);
}

int json_write(struct strbuf *out, const struct json *node, struct error *e)
{
	const struct json *at = node;
	size_t depth = 0; /* containers around AT */

	for (;;) {
		/* What is deeper could not be read back: refuse now, not at the next exec. */
		if (depth == JSON_MAX_DEPTH && (at->type == JSON_ARRAY || at->type == JSON_OBJECT))
			return error_set(e, ERR_SPEC, "nested deeper than %d levels",
					 JSON_MAX_DEPTH);
		write_open(out, at);
		if (json_first(at)) {
			depth++;
			at = at->head;
		} else {
			write_close(out, at);
			while (at != node && !at->next) {
				depth--;
				at = at->parent;
				write_close(out, at);
			}
			if (at == node)
				return 0;
			at = at->next;
			strbuf_add(out, ",", 1);
		}
		if (at->key) {
			strbuf_json(out, at->key, at->key_len);
			strbuf_add(out, ":", 1);
		}
	}
}

unsigned int json_line(const char *text, size_t len, uint32_t offset)
{
	const char *at = text, *end = text + (offset < len ? offset : len);
	unsigned int line = 1;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		line++;
		at++;
	}
	return line;
}

/* Where "KEY" stands last before END; NULL: nowhere. */
static const char *find_key(const char *text, const char *end, const struct json *node)
{
	for (const char *at = end; at - text >= (ptrdiff_t)node->key_len + 2; at--) {
		const char *quote = at - node->key_len - 2;

		if (quote[0] == '"' && at[-1] == '"' &&
		    memcmp(quote + 1, node->key, node->key_len) == 0)
			return quote;
	}
	return NULL;
}

/* What is remembered is where a value ends. The first word inside of a list or an object ends
 * behind its beginning, and nothing but brackets and keys is between that and its own key. */
unsigned int json_node_line(const char *text, size_t len, const struct json *node)
{
	size_t offset = node->offset;
	const char *key = NULL;

	for (const struct json *child = json_first(node); child; child = json_first(child)) {
		if (child->offset && child->offset < offset)
			offset = child->offset;
	}
	offset = offset < len ? offset : len;
	if (node->key && (node->type == JSON_OBJECT || node->type == JSON_ARRAY))
		key = find_key(text, text + offset, node);
	if (key)
		offset = (size_t)(key - text);
	else if (offset)
		offset--;
	return json_line(text, len, (uint32_t)offset);
}

static void add_step(struct strbuf *out, const struct json *node)
{
	size_t index = 0, run = 0;

	strbuf_puts(out, "/");
	if (!node->key) {
		for (const struct json *p = node->prev; p; p = p->prev)
			index++;
		strbuf_printf(out, "%zu", index);
		return;
	}
	for (size_t i = 0; i < node->key_len; i++) {
		if (node->key[i] != '~' && node->key[i] != '/')
			continue;
		strbuf_add(out, node->key + run, i - run);
		strbuf_puts(out, node->key[i] == '~' ? "~0" : "~1");
		run = i + 1;
	}
	strbuf_add(out, node->key + run, node->key_len - run);
}

void json_pointer(struct strbuf *out, const struct json *node)
{
	size_t depth = 0;

	for (const struct json *p = node; p->parent; p = p->parent)
		depth++;
	/* Climbing anew for each step needs no room, and the depth is at most 64. */
	for (; depth; depth--) {
		const struct json *step = node;

		for (size_t i = 1; i < depth; i++)
			step = step->parent;
		add_step(out, step);
	}
}
