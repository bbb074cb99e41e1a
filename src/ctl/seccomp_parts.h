/* Inside of `mantletctl seccomp`: its verbs, and what two rules sets have in common. */
#ifndef MANTLET_SECCOMP_PARTS_H
#define MANTLET_SECCOMP_PARTS_H

#include "seccomp_view.h"

/* Put the view into ctl->out, as a table or as JSON. */
void show_table(struct ctl *ctl, const struct view *view, const struct view_question *question);
int show_json(struct ctl *ctl, const struct view *view,
	      const struct view_question *question) MUST_CHECK;

/* The differences between A and B; *RET_STATUS is CTL_OK (and no text) or CTL_FOUND. */
void diff_table(struct ctl *ctl, const struct view *a, const struct view *b,
		enum ctl_status *ret_status);
int diff_json(struct ctl *ctl, const struct view *a, const struct view *b,
	      enum ctl_status *ret_status) MUST_CHECK;

/* What a filter says to one call. */
struct verdict {
	const struct seccomp_rule *rules;
	size_t count;
	struct seccomp_answer other; /* when no rule fits */
};

/* What the two do with every set of arguments is the same, for sure. */
bool verdict_is_same(const struct verdict *a, const struct verdict *b);
/* The same, but blocked is blocked, whatever the answer. */
bool verdict_is_same_permission(const struct verdict *a, const struct verdict *b);

#endif
