/*
 * The finished program of a built-in filter, for crun.
 *
 * The program is only ever used for the very text that it was compiled of: with one more name, one
 * other condition, a capability that is left or a second architecture there is none, and crun
 * compiles as always. So there are not two opinions about what a filter is; unit tests compile the
 * text once more and compare the answers to every call.
 */
#include "seccomp_compiled.h"

#include <string.h>

#include "text.h"

static const char *program_of(const struct json *section)
{
	auto_strbuf struct strbuf text = { 0 };
	struct error ignored = { 0 };

	if (!section || json_write(&text, section, &ignored))
		return NULL;
	for (const struct seccomp_compiled *row = seccomp_compiled; row->section; row++) {
		if (text_equal(row->section, strbuf_text(&text)))
			return row->program;
	}
	return NULL;
}

static bool is_ours(const char *value)
{
	for (const struct seccomp_compiled *row = seccomp_compiled; row->section; row++) {
		if (text_equal(row->program, value))
			return true;
	}
	return false;
}

bool seccomp_compiled_is_right(const struct json *section, const char *value)
{
	const char *right = value ? program_of(section) : NULL;

	return right && text_equal(right, value);
}

/* A filter of ours that has changed since, or somebody's own. */
static void remove_other(struct edit *ed, struct json *there)
{
	if (is_ours(json_text(there))) {
		edit_remove(ed, EDIT_TRIM, "the program of another filter", there);
		return;
	}
	edit_ask(ed, "seccomp-program",
		 arena_printf(edit_arena(ed),
			      "%s '" SECCOMP_COMPILED_ANNOTATION "' replaces the "
			      "system call filter",
			      edit_words(ed, "--annotation", "annotation", "annotation")),
		 "remove it");
	edit_remove(ed, edit_ask_class(ed), "replaces the system call filter", there);
}

void seccomp_compiled_put(struct edit *ed)
{
	struct json *there = json_get(edit_doc(ed), "annotations", SECCOMP_COMPILED_ANNOTATION);
	const char *right = NULL;

	if (there || edit_facts(ed)->is_crun)
		right = program_of(json_get(edit_doc(ed), "linux", "seccomp"));
	if (there && right && json_is(there, right))
		return;
	if (there)
		remove_other(ed, there);
	if (right && edit_facts(ed)->is_crun)
		edit_set(ed, EDIT_FILL, "the same filter, compiled already",
			 json_new_lent(edit_arena(ed), right, strlen(right)), "annotations",
			 SECCOMP_COMPILED_ANNOTATION);
}
