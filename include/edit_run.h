/* The runner's side of edit.h: one edit session over one document, control by control. */
#ifndef MANTLET_EDIT_RUN_H
#define MANTLET_EDIT_RUN_H

#include "edit.h"
#include "journal.h"

/* ARENA, DOC, FACTS and JOURNAL (zeroed) are borrowed and outlive the session. */
struct edit *edit_new(struct arena *arena, struct json_doc *doc, const struct facts *facts,
		      enum edit_scope scope, struct journal *journal);

/* What follows is the work of CONTROL. */
void edit_begin(struct edit *ed, const char *control);

/* Undo every edit since edit_begin(), newest first; the journal keeps them as not enforced. */
void edit_take_back(struct edit *ed);

/*
 * Keep the edits since edit_begin(). IS_DENY: what a person asked for is refused. An EDIT_ASK edit
 * for which the control found no words is refused all the same, in general ones.
 */
void edit_keep(struct edit *ed, bool is_deny);

#endif
