/* The tmpfs half of the control "rootfs". */
#ifndef MANTLET_ROOTFS_TMPFS_H
#define MANTLET_ROOTFS_TMPFS_H

#include "edit.h"

/* One member of the setting "tmpfs": path -> size or {"size", "exec", "owner", "mode", "keep"}. */
int rootfs_check_tmpfs(const struct json *value, struct error *e);

/*
 * Add the tmpfs mounts that CFG names, behind the engine's own entries at the head of the list and
 * before all others, so that nothing that was asked for is hidden. What the image does not have as
 * a directory, and what already has a mount, is left out and noted.
 */
int rootfs_add_tmpfs(struct edit *ed, const struct json *cfg, int root_fd,
		     struct error *e) MUST_CHECK;

#endif
