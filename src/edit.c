/*
 * Every change of a document is made here: the tree is changed, the journal gets the change as a
 * JSON Patch operation, and the old state is remembered so that an audited control can be taken
 * back. There is no other way to change a document, so nothing can go unrecorded.
 */
#include "edit_run.h"

#include <string.h>

#include "text.h"

enum edit_op { OP_ADD, OP_REPLACE, OP_REMOVE };

/* One step back: which node stood where. */
struct undo {
	struct undo *older;
	enum edit_op op;
	struct json *old;
	struct json *fresh;
	struct json *parent;
	struct json *before;
};

struct edit {
	struct arena *arena;
	struct json_doc *doc;
	const struct facts *facts;
	enum edit_scope scope;
	struct journal *journal;
	uint64_t asked_uid;
	const char *control;
	/* Where the last change in a list was: an element and its place; NULL: not known. */
	const struct json *near;
	size_t near_place;
	/* Since edit_begin(): */
	struct undo *undo;
	struct journal_entry *last_entry; /* the newest ones before */
	struct journal_refusal *last_refusal;
	const char *first_ask; /* path of the first EDIT_ASK edit */
	bool is_privileged_marked;
	/* --privileged was said by a control that is in force. */
	bool is_privileged;
	struct edit_root root;
};

struct edit *edit_new(struct arena *arena, struct json_doc *doc, const struct facts *facts,
		      enum edit_scope scope, struct journal *journal)
{
	struct edit *ed = arena_alloc(arena, sizeof(*ed));

	ed->arena = arena;
	ed->doc = doc;
	ed->facts = facts;
	ed->scope = scope;
	ed->journal = journal;
	ed->asked_uid = json_u64(doc, json_get(doc, "process", "user", "uid"), 0);
	return ed;
}

struct json_doc *edit_doc(struct edit *ed)
{
	return ed->doc;
}

struct arena *edit_arena(struct edit *ed)
{
	return ed->arena;
}

const struct facts *edit_facts(const struct edit *ed)
{
	return ed->facts;
}

enum edit_scope edit_scope(const struct edit *ed)
{
	return ed->scope;
}

uint64_t edit_asked_uid(const struct edit *ed)
{
	return ed->asked_uid;
}

struct edit_root *edit_root(struct edit *ed)
{
	return &ed->root;
}

/* A text of megabytes is measured first and then written to its place, so that it is never there
 * twice. Trees within the limits always write. */
static const char *journal_text(struct edit *ed, const struct json *node)
{
	struct strbuf_drain drain = { .fd = -1 };
	auto_strbuf struct strbuf text = { .drain = &drain };
	struct strbuf place = { 0 };
	struct error ignored = { 0 };

	(void)!json_write(&text, node, &ignored);
	if (drain.written == 0)
		return arena_memdup(ed->arena, strbuf_text(&text), text.len);

	place.size = drain.written + text.len + 1;
	place.data = arena_alloc(ed->arena, place.size);
	(void)!json_write(&place, node, &ignored);
	return place.data;
}

/* What stood in the document, as the journal may hold it; OLD still has its place. */
static const char *old_text(struct edit *ed, struct json *old)
{
	const char *text;

	journal_cut_values(old, true);
	text = journal_text(ed, old);
	journal_cut_values(old, false);
	return text;
}

static void record(struct edit *ed, enum edit_op op, enum edit_class class, const char *reason,
		   const char *path, const char *from, const char *to)
{
	static const char *const op_names[] = { "add", "replace", "remove" };
	struct journal_entry *entry = arena_alloc(ed->arena, sizeof(*entry));

	entry->control = ed->control;
	entry->class = class;
	entry->op = op_names[op];
	entry->path = path;
	entry->from = from;
	entry->to = to;
	entry->reason = reason;

	if (ed->journal->last_entry)
		ed->journal->last_entry->next = entry;
	else
		ed->journal->entries = entry;
	ed->journal->last_entry = entry;

	if (class == EDIT_ASK && !ed->first_ask)
		ed->first_ask = path;
}

static void remember(struct edit *ed, enum edit_op op, struct json *old, struct json *fresh,
		     struct json *parent, struct json *before)
{
	struct undo *undo = arena_alloc(ed->arena, sizeof(*undo));

	undo->older = ed->undo;
	undo->op = op;
	undo->old = old;
	undo->fresh = fresh;
	undo->parent = parent;
	undo->before = before;
	ed->undo = undo;
}

static const char *path_of(struct edit *ed, const struct json *node)
{
	auto_strbuf struct strbuf text = { 0 };

	json_pointer(&text, node);
	return arena_memdup(ed->arena, strbuf_text(&text), text.len);
}

/* An element's place in its list, counted from where the last change was: who changes hundreds of
 * thousands of them in order must not count all of them each time. */
static size_t place_of(const struct edit *ed, const struct json *node)
{
	size_t steps = 0;

	for (; node->prev && node != ed->near; node = node->prev)
		steps++;
	return node == ed->near ? ed->near_place + steps : steps;
}

/* The path of NODE, which is about to be replaced or removed. */
static const char *path_of_old(struct edit *ed, const struct json *node)
{
	auto_strbuf struct strbuf text = { 0 };

	if (!node->parent || node->parent->type != JSON_ARRAY)
		return path_of(ed, node);
	ed->near_place = place_of(ed, node);
	ed->near = node;
	json_pointer(&text, node->parent);
	strbuf_printf(&text, "/%zu", ed->near_place);
	return arena_memdup(ed->arena, strbuf_text(&text), text.len);
}

void edit_replace(struct edit *ed, enum edit_class class, const char *reason, struct json *old,
		  struct json *fresh)
{
	if (json_equal(old, fresh))
		return;

	record(ed, OP_REPLACE, class, reason, path_of_old(ed, old), old_text(ed, old),
	       journal_text(ed, fresh));
	json_swap(old, fresh);
	ed->near = fresh;
	remember(ed, OP_REPLACE, old, fresh, NULL, NULL);
}

void edit_remove(struct edit *ed, enum edit_class class, const char *reason, struct json *node)
{
	record(ed, OP_REMOVE, class, reason, path_of_old(ed, node), old_text(ed, node), NULL);
	remember(ed, OP_REMOVE, node, NULL, node->parent, node->prev);
	ed->near = node->prev;
	ed->near_place--;
	json_unlink(node);
}

void edit_insert(struct edit *ed, enum edit_class class, const char *reason, struct json *parent,
		 struct json *after, const char *key, struct json *node)
{
	json_insert(ed->arena, parent, after, key, node);
	ed->near = NULL;
	record(ed, OP_ADD, class, reason, path_of(ed, node), NULL, journal_text(ed, node));
	remember(ed, OP_ADD, NULL, node, NULL, NULL);
}

void edit_append(struct edit *ed, enum edit_class class, const char *reason, struct json *parent,
		 const char *key, struct json *node)
{
	edit_insert(ed, class, reason, parent, parent->tail, key, node);
}

void edit_set_path(struct edit *ed, enum edit_class class, const char *reason, struct json *value,
		   const char *const *names)
{
	struct json *parent = ed->doc->root;
	struct json *child;
	size_t last = 0;

	while (names[last + 1])
		last++;

	for (; (child = json_member(ed->doc, parent, *names)) && names[1]; names++, last--)
		parent = child;

	if (parent->type != JSON_OBJECT) {
		json_fault(ed->doc, "there is no object to hold '%s'", *names);
		return;
	}
	if (child) {
		edit_replace(ed, class, reason, child, value);
		return;
	}
	/* Objects that are missing on the way come with the value, as one edit. */
	for (; last > 0; last--) {
		struct json *wrapper = json_new(ed->arena, JSON_OBJECT);

		json_append(ed->arena, wrapper, names[last], value);
		value = wrapper;
	}
	edit_append(ed, class, reason, parent, *names, value);
}

static void refuse(struct edit *ed, const char *key, const char *asked, const char *remedy,
		   bool is_final)
{
	struct journal_refusal *refusal = arena_alloc(ed->arena, sizeof(*refusal));

	refusal->control = ed->control;
	refusal->key = key;
	refusal->asked = asked;
	refusal->remedy = remedy;
	refusal->is_final = is_final;

	if (ed->journal->last_refusal)
		ed->journal->last_refusal->next = refusal;
	else
		ed->journal->refusals = refusal;
	ed->journal->last_refusal = refusal;
}

void edit_ask(struct edit *ed, const char *key, const char *asked, const char *remedy)
{
	refuse(ed, key, asked, remedy, false);
}

void edit_refuse(struct edit *ed, const char *key, const char *asked, const char *remedy)
{
	refuse(ed, key, asked, remedy, true);
}

void edit_note(struct edit *ed, const char *text)
{
	journal_add_note(ed->journal, ed->arena, ed->control, text);
}

void edit_mark_privileged(struct edit *ed)
{
	ed->is_privileged_marked = true;
}

enum edit_class edit_ask_class(const struct edit *ed)
{
	return ed->is_privileged ? EDIT_TRIM : EDIT_ASK;
}

const char *edit_words(const struct edit *ed, const char *flag, const char *kubernetes,
		       const char *field)
{
	switch (ed->facts->engine) {
	case ENGINE_DOCKER:
	case ENGINE_PODMAN:
		return flag;
	case ENGINE_CRI:
	case ENGINE_CRIO:
		return kubernetes;
	case ENGINE_PLAIN:
	case ENGINE_CTR:
	case ENGINE_BUILDAH:
	case ENGINE_BUILDKIT:
		break;
	}
	return field;
}

void edit_begin(struct edit *ed, const char *control)
{
	ed->control = control;
	ed->near = NULL;
	ed->undo = NULL;
	ed->first_ask = NULL;
	ed->is_privileged_marked = false;
	ed->last_entry = ed->journal->last_entry;
	ed->last_refusal = ed->journal->last_refusal;
}

static struct journal_entry *first_new_entry(struct edit *ed)
{
	return ed->last_entry ? ed->last_entry->next : ed->journal->entries;
}

static struct journal_refusal *first_new_refusal(struct edit *ed)
{
	return ed->last_refusal ? ed->last_refusal->next : ed->journal->refusals;
}

void edit_take_back(struct edit *ed)
{
	for (const struct undo *undo = ed->undo; undo; undo = undo->older) {
		switch (undo->op) {
		case OP_ADD:
			json_unlink(undo->fresh);
			break;
		case OP_REPLACE:
			json_swap(undo->fresh, undo->old);
			break;
		case OP_REMOVE:
			json_insert(ed->arena, undo->parent, undo->before, undo->old->key,
				    undo->old);
			break;
		}
	}
	ed->undo = NULL;
	for (const struct journal_entry *entry = first_new_entry(ed); entry; entry = entry->next)
		ed->journal->audited++;
	for (const struct journal_refusal *r = first_new_refusal(ed); r; r = r->next)
		ed->journal->audited++;
}

void edit_keep(struct edit *ed, bool is_deny)
{
	char quoted[QUOTED_SIZE];

	if (ed->first_ask && !first_new_refusal(ed))
		edit_ask(ed, "beyond-policy",
			 arena_printf(ed->arena, "'%s' asks for more than the policy allows",
				      error_quote(quoted, ed->first_ask, strlen(ed->first_ask))),
			 "remove it");

	for (struct journal_entry *entry = first_new_entry(ed); entry; entry = entry->next) {
		entry->is_enforced = true;
		ed->journal->counts[entry->class]++;
	}
	for (struct journal_refusal *r = first_new_refusal(ed); r; r = r->next)
		r->is_enforced = is_deny || r->is_final;
	ed->is_privileged = ed->is_privileged || ed->is_privileged_marked;
}
