/*
 * JSON text to tree. The only file that knows the JSON library.
 *
 * yajl 2.1 splits the text into values; everything that decides what a document may be is ours,
 * because what matters is that no second reader can read it differently (contract, section 10).
 * yajl lets overlong UTF-8, surrogates and duplicate keys through and swallows the character behind
 * a lone surrogate escape, so escapes are looked at before it runs, decoded strings in its
 * callbacks, and the keys of an object when it closes. All of that is linear in the text, or n log
 * n in the members of one object.
 */
#include "json.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "text.h"

/* Up to here, comparing each key with each is cheaper than sorting; the cost stays linear. */
#define FEW_MEMBERS 16

struct reader {
	struct json_doc doc; /* handed out only when everything was right */
	const char *text;
	size_t len;
	const char *name;
	yajl_handle yajl;
	bool is_at_end;    /* yajl was given all of the text and finishes what is left */
	struct json *open; /* innermost container that is not closed yet */
	const char *key;   /* of the value that comes next */
	uint32_t key_len;
	uint32_t key_hash;
	size_t depth;
	size_t values;
	size_t members[JSON_MAX_DEPTH + 1]; /* of the open containers, by depth */
	struct error *e;
	bool is_refused; /* e says why */
};

/* Always 0, the callbacks' word for "stop". AT is the byte that the message is about. */
static int PRINTF(3, 4) refuse(struct reader *r, size_t at, const char *format, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, format);
	if (vsnprintf(why, sizeof(why), format, ap) < 0)
		why[0] = '\0';
	va_end(ap);
	(void)error_set(r->e, ERR_SPEC, "%s line %u: %s", r->name,
			json_line(r->text, r->len, (uint32_t)at), why);
	r->is_refused = true;
	return 0;
}

/* ---- before parsing: escapes ---- */

static bool read_unit(const struct reader *r, size_t at, unsigned int *ret_unit)
{
	unsigned int unit = 0;

	if (r->len < 6 || at > r->len - 6 || r->text[at] != '\\' || r->text[at + 1] != 'u')
		return false;
	for (size_t i = at + 2; i < at + 6; i++) {
		char c = r->text[i];

		if (c >= '0' && c <= '9')
			unit = unit << 4 | (unsigned int)(c - '0');
		else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
			unit = unit << 4 | (unsigned int)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*ret_unit = unit;
	return true;
}

/* Step over the escape at *AT; 0 when it is refused. yajl itself refuses what is none at all. */
static int skip_escape(struct reader *r, size_t *at)
{
	unsigned int unit, low;

	if (!read_unit(r, *at, &unit)) {
		*at += 2;
		return 1;
	}
	if (unit == 0) /* runc refuses it, crun's strings end there (case 21) */
		return refuse(r, *at, "a NUL character in a string");
	if (unit >= 0xDC00 && unit <= 0xDFFF)
		return refuse(r, *at, "half of a surrogate pair in a string");
	if (unit >= 0xD800 && unit <= 0xDBFF) {
		if (!read_unit(r, *at + 6, &low) || low < 0xDC00 || low > 0xDFFF)
			return refuse(r, *at, "half of a surrogate pair in a string");
		*at += 6;
	}
	*at += 6;
	return 1;
}

/* Step over the comment at *AT, if there is one; 0 when it has no end. */
static int skip_comment(struct reader *r, size_t *at)
{
	const char *start = r->text + *at, *end;
	size_t left = r->len - *at;

	if (left < 2 || (start[1] != '/' && start[1] != '*')) {
		*at += 1;
		return 1;
	}
	if (start[1] == '/') {
		end = memchr(start, '\n', left);
		*at = end ? (size_t)(end - r->text) : r->len;
		return 1;
	}
	end = memmem(start + 2, left - 2, "*/", 2);
	if (!end) /* yajl would take the rest of the file as a comment */
		return refuse(r, *at, "a comment is not closed");
	*at = (size_t)(end - r->text) + 2;
	return 1;
}

/*
 * In a document that yajl accepts, every backslash outside comments belongs to a string. So without
 * comments it is enough to go from backslash to backslash; with them, strings and comments have to
 * be told apart.
 */
static int check_escapes(struct reader *r, unsigned int flags)
{
	bool is_in_string = false;
	size_t at = 0;

	while (!(flags & JSON_COMMENTS) && at < r->len) {
		const char *next = memchr(r->text + at, '\\', r->len - at);

		if (!next)
			return 1;
		at = (size_t)(next - r->text);
		if (!skip_escape(r, &at))
			return 0;
	}
	while (at < r->len) {
		if (is_in_string && r->text[at] == '\\') {
			if (!skip_escape(r, &at))
				return 0;
		} else if (!is_in_string && r->text[at] == '/') {
			if (!skip_comment(r, &at))
				return 0;
		} else {
			is_in_string ^= r->text[at] == '"';
			at++;
		}
	}
	return 1;
}

/* ---- after decoding: strings ---- */

/* Well-formed UTF-8 without NUL; eight bytes at a time where all of them are ASCII. */
static bool is_sound(const char *text, size_t len)
{
	const uint64_t ones = 0x0101010101010101U, highs = 0x8080808080808080U;

	for (size_t at = 0, step; at < len; at += step) {
		unsigned char byte = (unsigned char)text[at];
		uint64_t word;

		if (len - at >= sizeof(word)) {
			memcpy(&word, text + at, sizeof(word));
			step = sizeof(word);
			if ((((word - ones) | word) & highs) == 0) /* each byte is 01 to 7F */
				continue;
		}
		step = byte < 0x80 ? byte != '\0' : text_utf8(text + at, len - at);
		if (!step)
			return false;
	}
	return true;
}

/* ---- duplicate keys ---- */

static int compare_keys(const struct json *a, const struct json *b)
{
	if (a->key_hash != b->key_hash)
		return a->key_hash < b->key_hash ? -1 : 1;
	if (a->key_len != b->key_len)
		return a->key_len < b->key_len ? -1 : 1;
	return memcmp(a->key, b->key, a->key_len);
}

static int compare_pointers(const void *a, const void *b)
{
	return compare_keys(*(const struct json *const *)a, *(const struct json *const *)b);
}

static int refuse_duplicate(struct reader *r, const struct json *a, const struct json *b)
{
	const struct json *second = a->offset > b->offset ? a : b;
	char quoted[QUOTED_SIZE];

	return refuse(r, second->offset, "the key '%s' is there twice",
		      error_quote(quoted, second->key, second->key_len));
}

/*
 * runc merges the second object into the first, crun takes the first (case 1). Sorting, because a
 * hash table's time is the attacker's to choose: names that collide are easy to make.
 */
static int check_many(struct reader *r, const struct json *object, size_t count)
{
	/* NOLINTBEGIN(bugprone-sizeof-expression): a list of pointers is what is sorted */
	auto_free const struct json **members = calloc(count, sizeof(*members));
	size_t filled = 0;

	if (!members)
		arena_oom();
	json_each (child, object) {
		members[filled++] = child;
	}
	qsort(members, filled, sizeof(members[0]), compare_pointers);
	/* NOLINTEND(bugprone-sizeof-expression) */
	for (size_t i = 1; i < filled; i++) {
		if (compare_keys(members[i - 1], members[i]) == 0)
			return refuse_duplicate(r, members[i - 1], members[i]);
	}
	return 1;
}

static int check_duplicates(struct reader *r, const struct json *object, size_t count)
{
	if (count > FEW_MEMBERS)
		return check_many(r, object, count);
	json_each (a, object) {
		for (const struct json *b = a->next; b; b = b->next) {
			if (compare_keys(a, b) == 0)
				return refuse_duplicate(r, a, b);
		}
	}
	return 1;
}

/* ---- yajl's callbacks ---- */

/*
 * Where yajl stands, just behind the value that it tells us about. It counts while it parses; only
 * a number at the very end of the text is told about later, from yajl_complete_parse().
 */
static size_t here(const struct reader *r)
{
	return r->is_at_end ? r->len : yajl_get_bytes_consumed(r->yajl);
}

static struct json *add_value(struct reader *r, enum json_type type)
{
	struct json *node, *parent = r->open;

	if (++r->values > JSON_MAX_VALUES) {
		(void)refuse(r, here(r), "more than %d values", JSON_MAX_VALUES);
		return NULL;
	}
	node = json_new(r->doc.arena, type);
	node->offset = (uint32_t)here(r);
	node->key = r->key;
	node->key_len = r->key_len;
	node->key_hash = r->key_hash;
	r->key = NULL;
	r->key_len = r->key_hash = 0;
	if (!parent) {
		r->doc.root = node;
		return node;
	}
	r->members[r->depth]++;
	node->parent = parent;
	node->prev = parent->tail;
	*(parent->tail ? &parent->tail->next : &parent->head) = node;
	parent->tail = node;
	return node;
}

static int add_text(struct reader *r, enum json_type type, const char *text, size_t len)
{
	struct json *node = add_value(r, type);

	if (!node)
		return 0;
	node->text = arena_memdup(r->doc.arena, text, len);
	node->len = len;
	return 1;
}

static int open_container(struct reader *r, enum json_type type)
{
	struct json *node;

	if (r->depth == JSON_MAX_DEPTH)
		return refuse(r, here(r), "nested deeper than %d levels", JSON_MAX_DEPTH);
	node = add_value(r, type);
	if (!node)
		return 0;
	r->open = node;
	r->members[++r->depth] = 0;
	return 1;
}

static void close_container(struct reader *r)
{
	r->open->offset = (uint32_t)here(r);
	r->open = r->open->parent;
	r->depth--;
}

static int on_null(void *ctx)
{
	return add_value(ctx, JSON_NULL) != NULL;
}

static int on_boolean(void *ctx, int value)
{
	return add_value(ctx, value ? JSON_TRUE : JSON_FALSE) != NULL;
}

static int on_number(void *ctx, const char *text, size_t len)
{
	struct reader *r = ctx;

	if (len > JSON_MAX_NUMBER)
		return refuse(r, here(r), "a number longer than %d characters", JSON_MAX_NUMBER);
	return add_text(r, JSON_NUMBER, text, len);
}

static int on_string(void *ctx, const unsigned char *text, size_t len)
{
	struct reader *r = ctx;

	if (!is_sound((const char *)text, len))
		return refuse(r, here(r), "a string is not valid UTF-8");
	return add_text(r, JSON_STRING, (const char *)text, len);
}

static int on_map_key(void *ctx, const unsigned char *key, size_t len)
{
	struct reader *r = ctx;

	if (!is_sound((const char *)key, len))
		return refuse(r, here(r), "a key is not valid UTF-8");
	r->key = arena_memdup(r->doc.arena, key, len);
	r->key_len = (uint32_t)len;
	r->key_hash = json_key_hash(r->key, len);
	return 1;
}

static int on_start_map(void *ctx)
{
	return open_container(ctx, JSON_OBJECT);
}

static int on_end_map(void *ctx)
{
	struct reader *r = ctx;

	if (!check_duplicates(r, r->open, r->members[r->depth]))
		return 0;
	close_container(r);
	return 1;
}

static int on_start_array(void *ctx)
{
	return open_container(ctx, JSON_ARRAY);
}

static int on_end_array(void *ctx)
{
	close_container(ctx);
	return 1;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_map_key = on_map_key,
	.yajl_start_map = on_start_map,
	.yajl_end_map = on_end_map,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end_array,
};

/* ---- yajl's memory: it does not look at what malloc(3) returns ---- */

static void *take_memory(void *ctx, size_t size)
{
	void *memory = malloc(size ? size : 1);

	if (!memory)
		arena_oom();
	return memory;
}

static void *resize_memory(void *ctx, void *old, size_t size)
{
	void *memory = realloc(old, size ? size : 1);

	if (!memory)
		arena_oom();
	return memory;
}

static void free_memory(void *ctx, void *memory)
{
	free(memory);
}

/* ---- parsing ---- */

/* Put yajl's "lexical error: invalid char in json text.\n" into our sentence. */
static void refuse_syntax(struct reader *r, size_t at)
{
	unsigned char *words = yajl_get_error(r->yajl, 0, NULL, 0);
	const char *why = words ? (const char *)words : "", *colon = strstr(why, "error: ");

	if (colon)
		why = colon + strlen("error: ");
	(void)refuse(r, at, "not valid JSON: %.*s", (int)strcspn(why, "\n"), why);
	yajl_free_error(r->yajl, words);
}

static int read_text(struct reader *r)
{
	yajl_status status = yajl_parse(r->yajl, (const unsigned char *)r->text, r->len);
	size_t at = r->len;

	if (status == yajl_status_ok) {
		r->is_at_end = true;
		status = yajl_complete_parse(r->yajl);
	} else {
		/* Behind the offending piece, which never ends in a line break, or in front of it.
		 */
		at = yajl_get_bytes_consumed(r->yajl);
	}
	if (status != yajl_status_ok && !r->is_refused)
		refuse_syntax(r, at);
	else if (!r->is_refused && (!r->doc.root || r->open))
		(void)refuse(r, at, "not valid JSON: it ends too early");
	return r->is_refused ? -1 : 0;
}

int json_parse(struct json_doc *ret_doc, struct arena *arena, const char *text, size_t len,
	       unsigned int flags, const char *name, struct error *e)
{
	yajl_alloc_funcs memory = { take_memory, resize_memory, free_memory, NULL };
	struct reader r = { .text = text, .len = len, .name = name, .e = e };
	int result;

	if (len > (size_t)JSON_MAX_TEXT)
		return error_set(e, ERR_SPEC, "%s is larger than %u MiB", name,
				 JSON_MAX_TEXT / (1024 * 1024));
	if (len == 0)
		return error_set(e, ERR_SPEC, "%s is empty", name);
	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		return error_set(e, ERR_SPEC, "%s starts with a byte order mark", name);
	if (!check_escapes(&r, flags))
		return -1;

	r.doc.arena = arena;
	r.doc.text_len = len;
	r.yajl = yajl_alloc(&callbacks, &memory, &r);
	if (!r.yajl)
		arena_oom();
	/* Its check of UTF-8 is too lax to be of use: is_sound() looks at all strings. */
	(void)yajl_config(r.yajl, yajl_dont_validate_strings, 1);
	(void)yajl_config(r.yajl, yajl_allow_comments, (flags & JSON_COMMENTS) != 0);
	result = read_text(&r);
	yajl_free(r.yajl);
	if (result == 0)
		*ret_doc = r.doc;
	return result;
}
