/* What the control annotations does for other controls. */
#ifndef MANTLET_ANNOTATIONS_H
#define MANTLET_ANNOTATIONS_H

#include "edit.h"

/*
 * Drops the annotations by which a runtime would undo what CONTROL does (crun(1); runc,
 * docs/systemd.md), as edits of the control that is being run. CFG: the settings of the control
 * annotations, whose "keep" holds.
 */
void annotations_drop_undoing(struct edit *ed, const struct json *cfg, const char *control);

#endif
