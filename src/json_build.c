/*
 * Making new nodes and changing a tree. Only edit.c and the builders of new documents come here:
 * every change of the engine's document goes through the journal.
 *
 * All changes take constant time, so that a control may touch each of 100,000 entries. Using them
 * wrongly (a node in two places) is our own mistake and ends the process: no container starts.
 */
#include "json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct json *json_new(struct arena *arena, enum json_type type)
{
	struct json *node = arena_alloc(arena, sizeof(*node));

	node->type = (uint8_t)type;
	if (type == JSON_STRING || type == JSON_NUMBER) {
		node->text = type == JSON_STRING ? "" : "0";
		node->len = type == JSON_STRING ? 0 : 1;
	}
	return node;
}

static struct json *new_text(struct arena *arena, enum json_type type, const char *text, size_t len)
{
	struct json *node = json_new(arena, type);

	node->text = arena_memdup(arena, text, len);
	node->len = len;
	return node;
}

struct json *json_new_bool(struct arena *arena, bool value)
{
	return json_new(arena, value ? JSON_TRUE : JSON_FALSE);
}

static struct json *PRINTF(2, 3) new_number(struct arena *arena, const char *format, ...)
{
	char text[32];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	assert(len > 0 && (size_t)len < sizeof(text));
	return new_text(arena, JSON_NUMBER, text, (size_t)len);
}

struct json *json_new_u64(struct arena *arena, uint64_t value)
{
	return new_number(arena, "%" PRIu64, value);
}

struct json *json_new_i64(struct arena *arena, int64_t value)
{
	return new_number(arena, "%" PRId64, value);
}

struct json *json_new_str(struct arena *arena, const char *text)
{
	return new_text(arena, JSON_STRING, text, strlen(text));
}

struct json *json_new_strn(struct arena *arena, const char *text, size_t len)
{
	return new_text(arena, JSON_STRING, text, len);
}

struct json *json_new_lent(struct arena *arena, const char *text, size_t len)
{
	struct json *node = arena_alloc(arena, sizeof(*node));

	node->type = JSON_STRING;
	node->text = text;
	node->len = len;
	return node;
}

/* A copy without key and children. The offset stays: it still says where the value was written. */
static struct json *clone_one(struct arena *arena, const struct json *node)
{
	struct json *copy;

	if (node->type == JSON_STRING || node->type == JSON_NUMBER)
		copy = new_text(arena, (enum json_type)node->type, node->text, node->len);
	else
		copy = json_new(arena, (enum json_type)node->type);
	copy->offset = node->offset;
	return copy;
}

struct json *json_clone(struct arena *arena, const struct json *node)
{
	struct json *root = clone_one(arena, node), *into = root;
	const struct json *from = node;

	for (;;) {
		struct json *copy;

		if (json_first(from)) {
			from = from->head; /* down: into stays, it is the parent now */
		} else {
			while (from != node && !from->next) {
				from = from->parent;
				into = into->parent;
			}
			if (from == node)
				return root;
			from = from->next;
			into = into->parent;
		}
		copy = clone_one(arena, from);
		json_append(arena, into, from->key, copy);
		into = copy;
	}
}

void json_append(struct arena *arena, struct json *parent, const char *key, struct json *node)
{
	json_insert(arena, parent, parent->tail, key, node);
}

void json_insert(struct arena *arena, struct json *parent, struct json *after, const char *key,
		 struct json *node)
{
	/* A node in two lists would be written into a document that no control has seen whole. */
	assert(!node->parent && !node->next && !node->prev);
	assert(parent->type == (key ? JSON_OBJECT : JSON_ARRAY));
	assert(!after || after->parent == parent);

	node->key_len = key ? (uint32_t)strlen(key) : 0;
	node->key = key ? arena_memdup(arena, key, node->key_len) : NULL;
	node->key_hash = key ? json_key_hash(key, node->key_len) : 0;
	node->parent = parent;
	node->prev = after;
	node->next = after ? after->next : parent->head;
	*(node->next ? &node->next->prev : &parent->tail) = node;
	*(after ? &after->next : &parent->head) = node;
}

void json_unlink(struct json *node)
{
	struct json *parent = node->parent;

	if (!parent)
		return;
	*(node->prev ? &node->prev->next : &parent->head) = node->next;
	*(node->next ? &node->next->prev : &parent->tail) = node->prev;
	node->parent = node->prev = node->next = NULL;
}

void json_swap(struct json *old, struct json *fresh)
{
	struct json *parent = old->parent;

	assert(parent && !fresh->parent && !fresh->next && !fresh->prev);
	fresh->key = old->key;
	fresh->key_len = old->key_len;
	fresh->key_hash = old->key_hash;
	fresh->parent = parent;
	fresh->prev = old->prev;
	fresh->next = old->next;
	*(fresh->prev ? &fresh->prev->next : &parent->head) = fresh;
	*(fresh->next ? &fresh->next->prev : &parent->tail) = fresh;
	old->parent = old->prev = old->next = NULL;
}
