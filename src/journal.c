/* The journal in its written form: JSON for the record, the audit event and the tests. */
#include "journal.h"

#include <string.h>

#include "text.h"

const char *edit_class_name(enum edit_class class)
{
	switch (class) {
	case EDIT_FILL:
		return "fill";
	case EDIT_TRIM:
		return "trim";
	case EDIT_ASK:
		return "ask";
	case EDIT_COMP:
		return "comp";
	}
	return "ask";
}

void journal_add_note(struct journal *journal, struct arena *arena, const char *control,
		      const char *text)
{
	struct journal_note *note = arena_alloc(arena, sizeof(*note));

	note->control = control;
	note->text = text;
	if (journal->last_note)
		journal->last_note->next = note;
	else
		journal->notes = note;
	journal->last_note = note;
}

bool journal_is_refused(const struct journal *journal)
{
	for (const struct journal_refusal *r = journal->refusals; r; r = r->next) {
		if (r->is_enforced)
			return true;
	}
	return false;
}

static void cut_value(struct json *variable, bool is_cut)
{
	const char *equals = is_cut ? memchr(variable->text, '=', variable->len) : NULL;

	/* A text has no NUL but the one behind it. */
	if (!is_cut)
		variable->len = strlen(variable->text);
	else if (equals)
		variable->len = (size_t)(equals - variable->text) + 1;
}

static bool is_environment(const struct json *node)
{
	return node && node->type == JSON_ARRAY && text_equal(node->key, "env");
}

/* Not copied: it may be most of a large document. */
// NOLINTNEXTLINE(misc-no-recursion): as deep as a document may be, 64
void journal_cut_values(struct json *node, bool is_cut)
{
	bool is_env;

	if (node->type == JSON_STRING && is_environment(node->parent))
		cut_value(node, is_cut);
	if (node->type != JSON_ARRAY && node->type != JSON_OBJECT)
		return;
	is_env = is_environment(node);
	json_each (child, node) {
		if (child->type != JSON_STRING)
			journal_cut_values(child, is_cut);
		else if (is_env)
			cut_value(child, is_cut);
	}
}

/* A value that is JSON text already. */
static void put_json(struct strbuf *out, const char *name, const char *value)
{
	if (!value)
		return;
	strbuf_puts(out, name);
	strbuf_puts(out, value);
}

void journal_write(struct strbuf *out, const struct journal *journal, const char *prefix)
{
	const char *comma = "";

	strbuf_puts(out, "[");
	for (const struct journal_entry *entry = journal->entries; entry; entry = entry->next) {
		const char *path = entry->path;

		if (text_starts(path, prefix))
			path += strlen(prefix);
		strbuf_printf(out, "%s{", comma);
		strbuf_member(out, "control", entry->control);
		strbuf_printf(out, ",\"class\":\"%s\",\"op\":\"%s\",",
			      edit_class_name(entry->class), entry->op);
		strbuf_member(out, "path", path);
		put_json(out, ",\"from\":", entry->from);
		put_json(out, ",\"to\":", entry->to);
		strbuf_puts(out, ",");
		strbuf_member(out, "reason", entry->reason);
		strbuf_printf(out, ",\"enforced\":%s}", entry->is_enforced ? "true" : "false");
		comma = ",";
	}
	strbuf_puts(out, "]");
}

void journal_write_refusals(struct strbuf *out, const struct journal *journal)
{
	const char *comma = "";

	strbuf_puts(out, "[");
	for (const struct journal_refusal *r = journal->refusals; r; r = r->next) {
		strbuf_printf(out, "%s{", comma);
		strbuf_member(out, "control", r->control);
		strbuf_puts(out, ",");
		strbuf_member(out, "reason", r->key);
		strbuf_puts(out, ",");
		strbuf_member(out, "asked", r->asked);
		strbuf_puts(out, ",");
		strbuf_member(out, "remedy", r->remedy);
		strbuf_printf(out, ",\"enforced\":%s}", r->is_enforced ? "true" : "false");
		comma = ",";
	}
	strbuf_puts(out, "]");
}
