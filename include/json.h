/*
 * A small, ordered JSON document.
 *
 * What matters is not what we read but what the runtime will read (contract, section 10), so the
 * document is read once, strictly, and the runtime only ever sees bytes written from this tree.
 * Refused while parsing: duplicate keys, invalid UTF-8, lone surrogates, NUL in strings, comments,
 * anything after the document, and everything above the limits below. Keys that equal a known
 * field only after folding (ASCII case, U+017F = s, U+212A = k) are refused where the vocabulary is
 * known: by spec_check() and by every lookup.
 *
 * Absent is normal and yields the fallback. Wrong (another type, a case variant, null) records the
 * first fault in the document, as ferror(3) does, and yields the fallback: json_check() reports it.
 *
 * Nothing but edit.c and the builders of new documents may call the functions under "Changing".
 */
#ifndef MANTLET_JSON_H
#define MANTLET_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "error.h"
#include "strbuf.h"

#define JSON_MAX_TEXT (16U * 1024 * 1024)
#define JSON_MAX_DEPTH 64
#define JSON_MAX_VALUES 250000
#define JSON_MAX_NUMBER 64

enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

struct json {
	uint8_t type; /* enum json_type */
	uint32_t key_len;
	uint32_t key_hash; /* of the folded key */
	uint32_t offset;   /* byte in the text where the value ends; 0 when made by us */
	const char *key;   /* member of an object: its name, NUL behind; else NULL */
	struct json *next;
	struct json *prev;
	struct json *parent;
	union {
		struct { /* JSON_STRING, JSON_NUMBER (the number's own text); NUL behind */
			const char *text;
			size_t len;
		};
		struct { /* JSON_ARRAY, JSON_OBJECT */
			struct json *head;
			struct json *tail;
		};
	};
};

struct json_doc {
	struct arena *arena; /* not owned; keys, texts and nodes live there */
	struct json *root;
	size_t text_len;
	char fault[256]; /* first fault, "" while sound */
};

/*
 * Parse LEN bytes. FLAGS: JSON_COMMENTS accepts comments (policy files only).
 * NAME is used in messages ("config.json"). 0, or -1 with ERR_SPEC and nothing written.
 * The document borrows ARENA, not TEXT.
 */
#define JSON_COMMENTS 1U
int json_parse(struct json_doc *ret_doc, struct arena *arena, const char *text, size_t len,
	       unsigned int flags, const char *name, struct error *e) MUST_CHECK;

/* Write canonical text: no spaces, same order, number text untouched. 0 or -1 (cannot happen for
 * trees within the limits). */
int json_write(struct strbuf *out, const struct json *node, struct error *e) MUST_CHECK;

/* Line (from 1) of a byte offset in TEXT. */
unsigned int json_line(const char *text, size_t len, uint32_t offset);
/* Line of NODE in the TEXT that it was parsed from: of a list or an object that of its key (written
 * without escapes), else where the value ends. */
unsigned int json_node_line(const char *text, size_t len, const struct json *node);

/*
 * Reading. json_get(doc, "process", "user", "uid") walks objects from the root; NULL when absent.
 * json_member() looks one name up in OBJECT (NULL object: NULL). A name that is there only in
 * another case, or a step through something that is not an object, is a fault.
 */
#define json_get(doc, ...) json_path((doc), (const char *const[]){ __VA_ARGS__, NULL })
struct json *json_path(struct json_doc *doc, const char *const *names);
struct json *json_member(struct json_doc *doc, const struct json *object, const char *name);
/* The same without any fault, for our own trees; exact name only. */
struct json *json_find(const struct json *object, const char *name);

/* NODE may be NULL (absent): FALLBACK. Another type is a fault and FALLBACK. */
bool json_bool(struct json_doc *doc, const struct json *node, bool fallback);
uint64_t json_u64(struct json_doc *doc, const struct json *node, uint64_t fallback);
int64_t json_i64(struct json_doc *doc, const struct json *node, int64_t fallback);
const char *json_str(struct json_doc *doc, const struct json *node, const char *fallback);

/* Without a document: true when NODE is a string equal to TEXT. NULL accepted. */
bool json_is(const struct json *node, const char *text);
/* Text of a string node, or NULL for NULL and every other type. */
const char *json_text(const struct json *node);
bool json_is_true(const struct json *node);
/* Integers as Go reads them: "0" or [1-9][0-9]*, with '-' for i64. False for everything else. */
bool json_number_u64(const struct json *node, uint64_t *ret_value);
bool json_number_i64(const struct json *node, int64_t *ret_value);

/* "a string", "a list", ...: for messages. Static text. */
const char *json_type_words(const struct json *node);

/* Number of children; 0 for NULL and scalars. Linear. */
size_t json_count(const struct json *node);

/* True when two names are equal for Go's decoder: ASCII case, U+017F = s, U+212A = k. */
bool json_key_folds(const char *a, size_t a_len, const char *b, size_t b_len);
/* The key_hash of a name: equal for names that fold alike. Not a defence: names can be made to
 * collide, so it may save comparisons but nothing may become quadratic without it. */
uint32_t json_key_hash(const char *key, size_t len);

/* Children in order. NODE may be NULL or a scalar: no turns. */
static inline struct json *json_first(const struct json *node)
{
	return node && (node->type == JSON_ARRAY || node->type == JSON_OBJECT) ? node->head : NULL;
}
#define json_each(child, node)                                                                     \
	for (struct json *child = json_first(node); child; child = child->next)

/* Deep equality: types, key names in order, text of numbers and strings. NULL equals NULL. */
bool json_equal(const struct json *a, const struct json *b);

/* 0, or -1 with ERR_SPEC when a fault was recorded. */
int json_check(const struct json_doc *doc, struct error *e) MUST_CHECK;
void json_fault(struct json_doc *doc, const char *format, ...) PRINTF(2, 3);

/* RFC 6901 pointer of NODE from the root of its tree, appended to OUT ("" for the root). For an
 * element of a list this counts the elements in front of it. */
void json_pointer(struct strbuf *out, const struct json *node);

/* Building: new nodes in ARENA, belonging to no tree yet. Strings are copied. */
struct json *json_new(struct arena *arena, enum json_type type);
struct json *json_new_bool(struct arena *arena, bool value);
struct json *json_new_u64(struct arena *arena, uint64_t value);
struct json *json_new_i64(struct arena *arena, int64_t value);
struct json *json_new_str(struct arena *arena, const char *text);
struct json *json_new_strn(struct arena *arena, const char *text, size_t len);
/* A string that is not copied: TEXT lives as long as the tree (a constant, or in the same arena).
 */
struct json *json_new_lent(struct arena *arena, const char *text, size_t len);
struct json *json_clone(struct arena *arena, const struct json *node); /* deep, without its key */

/*
 * Changing. NODE must belong to no tree; KEY is copied into ARENA (NULL for arrays).
 * json_insert() puts NODE behind AFTER (NULL: first).
 */
void json_append(struct arena *arena, struct json *parent, const char *key, struct json *node);
void json_insert(struct arena *arena, struct json *parent, struct json *after, const char *key,
		 struct json *node);
void json_unlink(struct json *node); /* out of its parent, which it forgets; constant time */
/* FRESH takes OLD's place and key; OLD belongs to no tree then. */
void json_swap(struct json *old, struct json *fresh);

#endif
