/*
 * A root file system that cannot be written: no tool is left behind in it, no program replaced.
 * What programs need to write goes to small file systems in memory, without set-uid bits and
 * devices, and for the final user to own.
 *
 * They are given only where mantlet itself made the root read-only. Who asks for --read-only says
 * where writing shall be possible, and gets nothing on top.
 */
#include "control_table.h"

#include <string.h>

#include "policy.h"
#include "rootfs.h"
#include "rootfs_tmpfs.h"
#include "text.h"

static const struct setting settings[] = {
	{ .key = "readonly", .type = SETTING_BOOL },
	{ .key = "tmpfs", .type = SETTING_MAP, .check = rootfs_check_tmpfs },
	{ .key = NULL },
};

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	struct json_doc *doc = edit_doc(ed);
	auto_close int root_fd = -1;

	if (rootfs_open(&root_fd, ed, e) < 0) {
		if (e->kind != ERR_DENIED)
			return -1;
		edit_refuse(ed, "root-path", arena_strdup(edit_arena(ed), e->message),
			    "name a directory that holds an image and nothing else");
		return 0;
	}
	if (!policy_bool(cfg, "readonly", true) || json_is_true(json_get(doc, "root", "readonly")))
		return 0;

	edit_set(ed, EDIT_TRIM, "what is written there is lost or an attacker's",
		 json_new_bool(edit_arena(ed), true), "root", "readonly");
	return rootfs_add_tmpfs(ed, cfg, root_fd, e);
}

const struct control control_rootfs = {
	.id = "rootfs",
	.title = "Make the root file system read-only, with tmpfs where programs write",
	.refs = REFS("CIS-Docker-1.6.0/5.13"),
	.settings = settings,
	.scopes = ON_SPEC,
	.apply = apply,
};
