/*
 * A running container is to be written to disk: its memory, open files, everything (criu(8)).
 *
 * There is no document, so none is hardened. What the command line names is judged by the control
 * "restore" with the profile of the container's record, and the runtime gets directories without
 * symlinks: those that were looked at. The first half is a restore's as well.
 */
#include "checkpoint.h"

#include <string.h>

#include "audit.h"
#include "criu.h"
#include "hostpath.h"
#include "wrap.h"

/* Written out: the current directory is another one once a runtime has gone to the bundle. */
static void find_dir(struct decision *d, struct checkpoint_dir *ret_dir, const char *name,
		     const char *fallback)
{
	const char *asked = cli_get(&d->inv, name);

	if (!asked)
		asked = fallback;
	if (!asked)
		return;
	checkpoint_dir_find(ret_dir, d->arena, arena_printf(d->arena, "--%s", name), asked);
	if (ret_dir->real)
		cli_set(&d->inv, name, ret_dir->real);
}

/* ASKED seen from the image directory. That one may not be there yet, and has no links in it, so
 * its own names are taken off here; the kernel walks the rest. */
static const char *beside_image(struct arena *arena, const char *image, const char *asked)
{
	for (;; asked += strspn(asked, "/")) {
		size_t len = strcspn(asked, "/");

		if (len == 2 && strncmp(asked, "..", len) == 0)
			image = hostpath_dirname(image, arena);
		else if (len != 1 || asked[0] != '.')
			return arena_printf(arena, "%s/%s", image, asked);
		asked += len;
	}
}

/* criu makes a link of this text inside of the image directory, so it stays a relative path. */
static void find_parent(struct decision *d, struct checkpoint *cp)
{
	const char *asked = cli_get(&d->inv, "parent-path");
	struct checkpoint_dir *parent = &cp->parent;

	if (!asked)
		return;
	*parent = (struct checkpoint_dir){ .flag = "--parent-path", .asked = asked };
	if (asked[0] == '/')
		parent->fault = "is not relative to --image-path, as it must be";
	else if (!cp->image.real)
		parent->fault = "lies beside an image directory that cannot be told";
	if (parent->fault)
		return;
	checkpoint_dir_find(parent, d->arena, parent->flag,
			    beside_image(d->arena, cp->image.real, asked));
	parent->asked = asked;
	if (parent->real)
		cli_set(&d->inv, "parent-path",
			checkpoint_dir_relative(d->arena, cp->image.real, parent->real));
}

int checkpoint_prepare(struct decision *d, struct error *e)
{
	struct checkpoint *cp = arena_alloc(d->arena, sizeof(*cp));

	cp->is_restore = d->inv.kind == COMMAND_RESTORE;
	/* runc(8) and crun(1): what is used when nothing is named. Without a work directory criu
	 * takes the image directory. */
	find_dir(d, &cp->image, "image-path", "checkpoint");
	find_dir(d, &cp->work, "work-path", NULL);
	cp->cgroups_mode = cli_get(&d->inv, "manage-cgroups-mode");
	cp->is_lazy = cli_get(&d->inv, "lazy-pages");
	cp->is_shell_job = cli_get(&d->inv, "shell-job");
	if (cp->is_restore) {
		if (!cp->image.fault)
			checkpoint_dir_check_images(&cp->image, d->arena);
		cp->lsm_profile = cli_get(&d->inv, "lsm-profile");
		cp->lsm_mount_context = cli_get(&d->inv, "lsm-mount-context");
	} else {
		find_parent(d, cp);
		cp->page_server = cli_get(&d->inv, "page-server");
	}
	d->facts.checkpoint = cp;
	return criu_check(&d->inv, e);
}

int wrap_checkpoint(struct decision *d, struct error *e)
{
	struct json_doc doc = { .arena = d->arena, .root = json_new(d->arena, JSON_OBJECT) };

	if (wrap_open_container(d, e) || checkpoint_prepare(d, e) ||
	    wrap_decide(d, &doc, SCOPE_CHECKPOINT, e))
		return -1;
	return audit_write(d, ERR_NONE, NULL, e);
}
