/*
 * Is the journal the difference? patchcheck BEFORE AFTER RECORD
 *
 * Applies the enforced entries of the record's journal, as a JSON Patch (RFC 6902), to the document
 * that was read, and compares the outcome with the document that was written: types, order of
 * members, the text of numbers. Each entry's "from" must be what stands there at that moment. It
 * shares no code with mantlet: yajl_tree reads, the tree and the comparison are its own.
 *
 * Exit 0 and the number of entries, or 1 and the first difference.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

struct node {
	yajl_type type;
	char *text; /* string or number */
	size_t count;
	char **keys; /* of an object */
	struct node **children;
};

static void die(const char *what, const char *detail)
{
	printf("patchcheck: %s: %s\n", what, detail);
	exit(1);
}

static void *grow(void *old, size_t size)
{
	void *fresh = realloc(old, size);

	if (!fresh)
		die("memory", "none left");
	return fresh;
}

static struct node *from_yajl(yajl_val value)
{
	struct node *node = grow(NULL, sizeof(*node));
	size_t i, count = 0;

	memset(node, 0, sizeof(*node));
	node->type = value->type;
	if (YAJL_IS_STRING(value))
		node->text = strdup(value->u.string);
	else if (value->type == yajl_t_number)
		node->text = strdup(YAJL_GET_NUMBER(value));
	else if (YAJL_IS_OBJECT(value))
		count = value->u.object.len;
	else if (YAJL_IS_ARRAY(value))
		count = value->u.array.len;

	node->count = count;
	node->children = count ? grow(NULL, count * sizeof(*node->children)) : NULL;
	node->keys = count ? grow(NULL, count * sizeof(*node->keys)) : NULL;
	for (i = 0; i < count; i++) {
		bool is_object = YAJL_IS_OBJECT(value);

		node->keys[i] = is_object ? strdup(value->u.object.keys[i]) : NULL;
		node->children[i] =
			from_yajl(is_object ? value->u.object.values[i] : value->u.array.values[i]);
	}
	return node;
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t len = 0, got;

	if (!file)
		die("cannot open", path);
	do {
		text = grow(text, len + 65537);
		got = fread(text + len, 1, 65536, file);
		len += got;
	} while (got > 0);
	text[len] = '\0';
	(void)fclose(file);
	return text;
}

static struct node *parse(const char *text, const char *name)
{
	char error[256];
	yajl_val value = yajl_tree_parse(text, error, sizeof(error));

	if (!value)
		die(name, error);
	return from_yajl(value);
}

/* "NAME=" in the journal stands for "NAME=value": environment values are written nowhere. */
static bool equal_variable(const char *there, const char *from)
{
	size_t len = strlen(from);

	return strcmp(there, from) == 0 ||
	       (len > 0 && from[len - 1] == '=' && strncmp(there, from, len) == 0);
}

/* IS_ENV: A and B are what an "env" holds. */
static bool equal_as(const struct node *a, const struct node *b, bool is_env)
{
	if (a->type != b->type || a->count != b->count)
		return false;
	if (a->text && (is_env ? !equal_variable(a->text, b->text) : strcmp(a->text, b->text) != 0))
		return false;
	for (size_t i = 0; i < a->count; i++) {
		bool is_env_key = a->keys[i] && strcmp(a->keys[i], "env") == 0;

		if (a->keys[i] && strcmp(a->keys[i], b->keys[i]) != 0)
			return false;
		if (!equal_as(a->children[i], b->children[i],
			      is_env_key || (is_env && a->type == yajl_t_array)))
			return false;
	}
	return true;
}

static bool equal(const struct node *a, const struct node *b)
{
	return equal_as(a, b, false);
}

static bool equal_but_for_env(const struct node *there, const struct node *from, const char *path)
{
	return equal_as(there, from, strstr(path, "/env/") != NULL);
}

static long find_child(const struct node *node, const char *token)
{
	char *end;
	long index;

	for (size_t i = 0; node->type == yajl_t_object && i < node->count; i++) {
		if (strcmp(node->keys[i], token) == 0)
			return (long)i;
	}
	if (node->type != yajl_t_array)
		return -1;
	index = strtol(token, &end, 10);
	return *end || index < 0 || (size_t)index >= node->count ? -1 : index;
}

static void unescape(char *token)
{
	char *to = token;

	for (char *from = token; *from; from++) {
		if (from[0] == '~' && (from[1] == '0' || from[1] == '1'))
			*to++ = *++from == '0' ? '~' : '/';
		else
			*to++ = *from;
	}
	*to = '\0';
}

/* The parent that PATH names, and its last token. */
static struct node *walk(struct node *root, char *path, char **ret_last)
{
	char *token = strtok(path, "/"), *next;

	for (; token && (next = strtok(NULL, "/")); token = next) {
		long index;

		unescape(token);
		index = find_child(root, token);
		if (index < 0)
			die("the journal names a place that is not there", token);
		root = root->children[index];
	}
	if (!token)
		die("the journal has an empty path", "");
	unescape(token);
	*ret_last = token;
	return root;
}

static void insert_at(struct node *parent, size_t index, const char *key, struct node *child)
{
	parent->children = grow(parent->children, (parent->count + 1) * sizeof(*parent->children));
	parent->keys = grow(parent->keys, (parent->count + 1) * sizeof(*parent->keys));
	memmove(parent->children + index + 1, parent->children + index,
		(parent->count - index) * sizeof(*parent->children));
	memmove(parent->keys + index + 1, parent->keys + index,
		(parent->count - index) * sizeof(*parent->keys));
	parent->children[index] = child;
	parent->keys[index] = key ? strdup(key) : NULL;
	parent->count++;
}

static void remove_at(struct node *parent, size_t index)
{
	memmove(parent->children + index, parent->children + index + 1,
		(parent->count - index - 1) * sizeof(*parent->children));
	memmove(parent->keys + index, parent->keys + index + 1,
		(parent->count - index - 1) * sizeof(*parent->keys));
	parent->count--;
}

static const struct node *member(const struct node *entry, const char *name)
{
	long index = find_child(entry, name);

	return index < 0 ? NULL : entry->children[index];
}

/* A member that every entry has. */
static const struct node *need(const struct node *entry, const char *name)
{
	const struct node *found = member(entry, name);

	if (!found)
		die("an entry of the journal lacks", name);
	return found;
}

static void apply(struct node *root, const struct node *entry)
{
	const char *op = need(entry, "op")->text, *path = need(entry, "path")->text;
	const struct node *from = member(entry, "from");
	long to_index = find_child(entry, "to");
	struct node *to = to_index < 0 ? NULL : entry->children[to_index];
	char *last, *copy = strdup(path);
	struct node *parent = walk(root, copy, &last);
	long index = find_child(parent, last);

	if (strcmp(op, "add") == 0) {
		bool is_object = parent->type == yajl_t_object;
		size_t at = is_object ? parent->count : (size_t)strtol(last, NULL, 10);

		if ((is_object && index >= 0) || at > parent->count || from || !to)
			die("this entry does not add", path);
		insert_at(parent, at, is_object ? last : NULL, to);
		return;
	}
	if (index < 0 || !from)
		die("this entry changes what is not there", path);
	if (!equal_but_for_env(parent->children[index], from, path))
		die("\"from\" is not what stands there", path);
	if (strcmp(op, "remove") == 0)
		remove_at(parent, (size_t)index);
	else if (strcmp(op, "replace") == 0 && to && !equal(from, to))
		parent->children[index] = to;
	else
		die("this entry replaces nothing", path);
}

static void compare(const struct node *want, const struct node *got, const char *where)
{
	char path[4096];

	if (want->type != got->type || want->count != got->count ||
	    (want->text && strcmp(want->text, got->text) != 0))
		die("the document that was written differs from the journal", where);
	for (size_t i = 0; i < want->count; i++) {
		if (want->keys[i] && strcmp(want->keys[i], got->keys[i]) != 0)
			die("order or names of members differ", where);
		(void)snprintf(path, sizeof(path), "%s/%s%zu", where,
			       want->keys[i] ? want->keys[i] : "", i);
		compare(want->children[i], got->children[i], path);
	}
}

int main(int argc, char **argv)
{
	struct node *before, *after, *record;
	const struct node *journal;
	size_t applied = 0;
	char *second;

	if (argc != 4)
		die("usage", "patchcheck BEFORE AFTER RECORD");
	before = parse(read_file(argv[1]), argv[1]);
	after = parse(read_file(argv[2]), argv[2]);
	second = strchr(read_file(argv[3]), '\n');
	if (!second)
		die("the record has no second line", argv[3]);
	record = parse(second + 1, argv[3]);

	journal = member(record, "journal");
	if (!journal)
		die("the record has no journal", argv[3]);
	for (size_t i = 0; i < journal->count; i++) {
		if (need(journal->children[i], "enforced")->type != yajl_t_true)
			continue;
		apply(before, journal->children[i]);
		applied++;
	}
	compare(before, after, "");
	printf("%zu\n", applied);
	return 0;
}
