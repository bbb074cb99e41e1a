/*
 * What "checkpoint" and "restore" name on their command lines, found out once: directories that
 * root writes to and reads from, and options of criu(8) that reach beyond the container.
 *
 * The flow looks (src/checkpoint.c), the control "restore" judges (src/controls/restore.c).
 */
#ifndef MANTLET_CHECKPOINT_H
#define MANTLET_CHECKPOINT_H

#include <stdbool.h>

#include "edit.h"

struct checkpoint_dir {
	const char *flag;  /* "--image-path"; NULL: not given */
	const char *asked; /* as it was given */
	const char *real;  /* absolute, without symlinks, what is not there yet included; NULL: it
			    * cannot be told */
	const char *fault; /* what is wrong with it ("can be changed by others than root"); NULL:
			    * it is root's alone, all the way up */
};

struct checkpoint {
	bool is_restore;
	struct checkpoint_dir image, work, parent;
	const char *page_server; /* NULL: not given, as all the others */
	const char *cgroups_mode;
	const char *lsm_profile;
	const char *lsm_mount_context;
	bool is_lazy; /* --lazy-pages */
	bool is_shell_job;
};

/*
 * Find out about the directory ASKED (relative: to the current one), which the flag FLAG names.
 * All texts in ARENA or literals. Never fails: what cannot be told is in RET_DIR->fault.
 */
void checkpoint_dir_find(struct checkpoint_dir *ret_dir, struct arena *arena, const char *flag,
			 const char *asked);

/* IMAGE will be restored: what lies in it must be root's as well, and so must the images that it
 * was made on top of ("parent", criu(8) --prev-images-dir). Else IMAGE->fault says why not. */
void checkpoint_dir_check_images(struct checkpoint_dir *image, struct arena *arena);

/* The way from directory FROM to TO, both absolute and without symlinks: "../previous". */
const char *checkpoint_dir_relative(struct arena *arena, const char *from, const char *to);

/* controls/restore_dirs.c: judge the directories of CP, with the settings CFG. */
void restore_dirs_judge(struct edit *ed, const struct json *cfg, const struct checkpoint *cp);
int restore_dirs_check_glob(const struct json *value, struct error *e) MUST_CHECK;

#endif
