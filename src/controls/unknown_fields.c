/*
 * Fields that this version does not know.
 *
 * What we do not know we have not judged, and a newer runtime may act on it. So such a field never
 * reaches the runtime: dropped whole under fix, refused under deny. A newer engine may well write
 * one that nobody asked for; that is why the built-in levels say fix.
 */
#include "control.h"
#include "control_table.h"
#include "spec.h"

#define MOST_FIELDS 256U /* beyond this it is no newer engine */
#define MOST_NAMED 8U    /* in the sentence; the journal has them all */

struct found {
	struct edit *ed;
	struct strbuf names;
	unsigned int count;
};

static void drop(void *context, struct json *node)
{
	struct found *found = context;

	if (++found->count > MOST_FIELDS)
		return;
	if (found->count <= MOST_NAMED) {
		auto_strbuf struct strbuf pointer = { 0 };
		char place[QUOTED_SIZE];

		json_pointer(&pointer, node);
		strbuf_printf(&found->names, "%s'%s'", found->count > 1 ? ", " : "",
			      error_quote(place, strbuf_text(&pointer), pointer.len));
	}
	edit_remove(found->ed, EDIT_ASK, "a field that mantlet does not know is not passed on",
		    node);
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	struct found found = { .ed = ed };
	struct arena *arena = edit_arena(ed);
	const char *asked;

	spec_each_unknown(edit_doc(ed), drop, &found);
	if (found.count > MOST_NAMED)
		strbuf_printf(&found.names, " and %u more", found.count - MOST_NAMED);
	asked = arena_printf(arena, "%s: not in the runtime specification 1.0 to 1.3",
			     strbuf_text(&found.names));
	strbuf_free(&found.names);

	if (found.count > MOST_FIELDS)
		return error_set(e, ERR_SPEC,
				 "the document has %u unknown fields; at most %u are dropped",
				 found.count, MOST_FIELDS);
	if (found.count)
		edit_ask(ed, "unknown-field", asked,
			 "remove it, or install a mantlet that knows it");
	return 0;
}

const struct control control_unknown_fields = {
	.id = "unknown-fields",
	.title = "Drop what the runtime specification does not know",
	.refs = REFS("OCI-runtime-spec-1.3.0/config"),
	.scopes = ON_SPEC | ON_PROCESS | ON_RESOURCES,
	.apply = apply,
};
