/*
 * Run the controls over a document. What a mode means is decided here and nowhere else:
 *
 *   off    the control does not run;
 *   audit  it runs, and then every edit is taken back: the journal says what fix and deny would do;
 *   fix    its edits stay; only what no rewrite can make comply is refused;
 *   deny   its edits stay, and what a person asked for is refused.
 */
#include "control.h"

#include "annotations.h"
#include "control_table.h"
#include "edit_run.h"
#include "text.h"

static const char *const mode_names[] = {
	[MODE_OFF] = "off",
	[MODE_AUDIT] = "audit",
	[MODE_FIX] = "fix",
	[MODE_DENY] = "deny",
};

const char *control_mode_name(enum control_mode mode)
{
	return mode_names[mode];
}

int control_mode_parse(const char *word, enum control_mode *ret_mode)
{
	for (size_t i = 0; i < ARRAY_SIZE(mode_names); i++) {
		if (text_equal(word, mode_names[i])) {
			*ret_mode = (enum control_mode)i;
			return 0;
		}
	}
	return -1;
}

const struct control *control_find(const char *id)
{
	for (const struct control *const *control = controls; *control; control++) {
		if (text_equal((*control)->id, id))
			return *control;
	}
	return NULL;
}

static unsigned int scope_bit(enum edit_scope scope)
{
	switch (scope) {
	case SCOPE_SPEC:
		return ON_SPEC;
	case SCOPE_PROCESS:
		return ON_PROCESS;
	case SCOPE_RESOURCES:
		return ON_RESOURCES;
	case SCOPE_CHECKPOINT:
		return ON_CHECKPOINT;
	}
	return 0;
}

/* Fix or deny, or what is no mode. */
static bool is_enforced(const struct json *cfg)
{
	enum control_mode mode;

	return control_mode_parse(json_text(json_find(cfg, "mode")), &mode) || mode > MODE_AUDIT;
}

/* Where the control annotations holds, it drops these with all others; and where it watches, it
 * tells of them, so that a control that only watches too need not. */
static void keep_from_undoing(struct edit *ed, const struct control *control,
			      enum control_mode mode, const struct json *profile)
{
	const struct json *cfg = json_find(profile, control_annotations.id);

	if (!is_enforced(cfg) && (mode > MODE_AUDIT || json_is(json_find(cfg, "mode"), "off")))
		annotations_drop_undoing(ed, cfg, control->id);
}

static int run_one(struct edit *ed, const struct control *control, const struct json *profile,
		   struct error *e)
{
	const struct json *cfg = json_find(profile, control->id);
	struct error own = { 0 };
	enum control_mode mode;

	if (control_mode_parse(json_text(json_find(cfg, "mode")), &mode))
		return error_set(e, ERR_POLICY, "the profile has no mode for control '%s'",
				 control->id);
	if (mode == MODE_OFF)
		return 0;

	edit_begin(ed, control->id);
	if (control->apply(ed, cfg, &own)) {
		/* A control that cannot decide refuses; what it says joins the other reasons. */
		edit_refuse(ed, "undecided",
			    arena_strdup(edit_arena(ed), own.message[0] ? own.message : "failed"),
			    "mend that, or set the control to audit");
	}
	keep_from_undoing(ed, control, mode, profile);
	if (mode == MODE_AUDIT)
		edit_take_back(ed);
	else
		edit_keep(ed, mode == MODE_DENY);

	/* A faulty document is refused in every mode: audit relaxes controls, never parsing. */
	if (json_check(edit_doc(ed), e))
		return error_wrap(e, "control %s", control->id);
	return 0;
}

int control_run_all(struct edit *ed, const struct json *profile, struct error *e)
{
	unsigned int bit = scope_bit(edit_scope(ed));

	for (const struct control *const *control = controls; *control; control++) {
		if (!((*control)->scopes & bit))
			continue;
		if (run_one(ed, *control, profile, e))
			return -1;
	}
	return 0;
}

bool control_any_enforced(const struct json *profile)
{
	for (const struct control *const *control = controls; *control; control++) {
		if (is_enforced(json_find(profile, (*control)->id)))
			return true;
	}
	return false;
}
