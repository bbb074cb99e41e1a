/*
 * The sentence that a refused person reads, at the end of a line that begins with the engine's own
 * words. All reasons at once, the remedy with each, one line, and in brackets what an operator
 * needs to find the rule again.
 */
#include "decision.h"

#include <string.h>

#include "text.h"

/* Room for the bracket and the help line behind the reasons. */
#define REASONS_SIZE 3200

/* Two controls may refuse the same thing in the same words (the host's root as root.path). */
static bool is_said(const struct journal *journal, const struct journal_refusal *refusal)
{
	for (const struct journal_refusal *r = journal->refusals; r != refusal; r = r->next) {
		if (r->is_enforced && text_equal(r->asked, refusal->asked))
			return true;
	}
	return false;
}

/* "ASKED; REMEDY", or with more than one "2 reasons: (1) ASKED; REMEDY (2) ASKED; REMEDY". */
static void put_reasons(struct strbuf *out, const struct journal *journal)
{
	unsigned int count = 0, said = 0;

	for (const struct journal_refusal *r = journal->refusals; r; r = r->next)
		count += r->is_enforced && !is_said(journal, r);
	if (count > 1)
		strbuf_printf(out, "%u reasons: ", count);

	for (const struct journal_refusal *r = journal->refusals; r; r = r->next) {
		if (!r->is_enforced || is_said(journal, r))
			continue;
		if (said > 0 && out->len + strlen(r->asked) + strlen(r->remedy) > REASONS_SIZE) {
			strbuf_printf(out, " and %u more", count - said);
			return;
		}
		if (count > 1)
			strbuf_printf(out, "%s(%u) ", said > 0 ? " " : "", said + 1);
		strbuf_printf(out, "%s; %s", r->asked, r->remedy);
		said++;
	}
}

/* Each control once: it runs once, so its refusals stand together. */
static void put_controls(struct strbuf *out, const struct journal *journal)
{
	const char *last = NULL;

	for (const struct journal_refusal *r = journal->refusals; r; r = r->next) {
		if (!r->is_enforced || text_equal(r->control, last))
			continue;
		strbuf_printf(out, "%s%s", last ? " " : "", r->control);
		last = r->control;
	}
}

/* What follows must not be lost, however long the reasons are. */
static void cut(struct strbuf *text)
{
	static const char more[] = "…";

	if (text->len <= REASONS_SIZE)
		return;
	text->len = REASONS_SIZE;
	while (text->len > 0 && ((unsigned char)text->data[text->len] & 0xC0) == 0x80)
		text->len--;
	strbuf_puts(text, more);
}

static int put_end(struct strbuf *text, const struct decision *d, const char *tag, struct error *e)
{
	cut(text);
	if (d->policy.help && d->policy.help[0])
		strbuf_printf(text, "; help: %s", d->policy.help);
	strbuf_puts(text, " [");
	if (tag)
		strbuf_puts(text, tag);
	else
		put_controls(text, &d->journal);
	strbuf_printf(text, ", policy %s", d->policy.name);
	if (d->policy.revision && d->policy.revision[0])
		strbuf_printf(text, " %s", d->policy.revision);
	/* Engines show the first twelve of their 64 digits; other names are only told by the whole.
	 */
	strbuf_printf(text, ", rule %s, %.*s]", d->policy.rule, strlen(d->facts.id) == 64 ? 12 : 64,
		      d->facts.id);
	return error_set(e, ERR_DENIED, "%s", strbuf_text(text));
}

int decision_refuse(const struct decision *d, struct error *e)
{
	auto_strbuf struct strbuf text = { 0 };

	put_reasons(&text, &d->journal);
	return put_end(&text, d, NULL, e);
}

int decision_refuse_as(const struct decision *d, const char *tag, const char *reason,
		       struct error *e)
{
	auto_strbuf struct strbuf text = { 0 };

	strbuf_puts(&text, reason);
	return put_end(&text, d, tag, e);
}
