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

bool journal_is_refused(const struct journal *journal)
{
	for (const struct journal_refusal *r = journal->refusals; r; r = r->next) {
		if (r->is_enforced)
			return true;
	}
	return false;
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
		/* From and to are JSON texts already. */
		if (entry->from)
			strbuf_printf(out, ",\"from\":%s", entry->from);
		if (entry->to)
			strbuf_printf(out, ",\"to\":%s", entry->to);
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
