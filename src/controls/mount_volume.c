/*
 * What lies behind a volume.
 *
 * A volume is a directory of the engine, unless it was made with options:
 * "docker volume create -o type=none -o o=bind -o device=/ evil" is a name for the host's root,
 * and "-o type=ext4 -o device=/dev/sda1" for its disk. The engine mounts that at the volume's
 * directory before it calls the runtime, so the path looks harmless; the mount table does not.
 *
 * A bind has other names: wherever else the same file system is mounted, the same directory can be
 * reached. When one of them is a path that the policy allows, the volume gives no more than
 * "-v PATH" would. A new tmpfs has no other name and nothing in it. Everything else is refused.
 */
#include <fcntl.h>
#include <string.h>

#include "mounts.h"
#include "rootfs.h"
#include "text.h"

/* Names of one directory that are looked at; more than a few need a host with bind mounts of bind
 * mounts. */
#define MAX_NAMES 64U

/* The path at which OTHER shows what MOUNT shows at its point; NULL when it does not. */
static const char *other_name(struct mounts *m, const struct mountinfo_entry *mount,
			      const struct mountinfo_entry *other)
{
	const char *rest;

	if (!mount->root || !text_equal(other->device, mount->device) ||
	    !rootfs_is_below(mount->root, other->root))
		return NULL;
	rest = mount->root + (text_equal(other->root, "/") ? 0 : strlen(other->root));
	if (text_equal(rest, "/"))
		rest = "";
	if (text_equal(other->point, "/"))
		return rest[0] ? rest : "/";
	return arena_printf(m->arena, "%s%s", other->point, rest);
}

static bool refuse(struct mounts *m, const struct mount *mount, const char *what,
		   struct mount_fault *ret_fault)
{
	ret_fault->key = "volume-source";
	ret_fault->asked = arena_printf(m->arena, "%s is a volume that mounts %s",
					mount_words(m, mount), what);
	ret_fault->remedy =
		"use a volume without options (docker volume create NAME), or one of an "
		"allowed path";
	return false;
}

/* One other name: ALLOWED as mount_allow_path() says, by inode the same directory. */
static enum mount_allowed judge_name(struct mounts *m, const struct hostpath *source,
				     const char *name, bool *ret_is_same)
{
	auto_hostpath struct hostpath path = { .fd = -1 };
	struct error ignored = { 0 };

	if (hostpath_open(&path, m->arena, AT_FDCWD, name, &ignored) < 0 ||
	    !text_equal(path.real, name) || !hostpath_is_same(&path, source))
		return ALLOWED_NOT;
	*ret_is_same = true;
	/* The directory of another volume is no name that the host's administrator gave. */
	return mount_engine_is_volume(name) ? ALLOWED_NOT : mount_allow_path(m, &path);
}

bool mount_volume_check(struct mounts *m, struct mount *mount, const struct hostpath *source,
			struct mount_fault *ret_fault)
{
	struct error e = { 0 };
	const struct mountinfo *info = mounts_info(m, &e);
	const struct mountinfo_entry *own = NULL;
	const char *shown = NULL;
	uint64_t id;
	unsigned int names = 0;
	bool has_sibling = false;
	enum mount_allowed best = ALLOWED_NOT;

	if (info && hostpath_mount_id(source, &id))
		own = mountinfo_find(info, id);
	if (!own)
		return refuse(m, mount, "something that cannot be looked up", ret_fault);
	/* An ordinary directory on the file system of everything around it. */
	if (!text_equal(own->point, source->real))
		return true;

	for (size_t i = 0; i < info->count && best != ALLOWED && names < MAX_NAMES; i++) {
		const struct mountinfo_entry *other = &info->entries[i];
		const char *name;
		enum mount_allowed found;
		bool is_same = false;

		if (!text_equal(other->device, own->device) || text_equal(other->point, own->point))
			continue;
		has_sibling = true;
		name = other_name(m, own, other);
		if (!name)
			continue;
		names++;
		found = judge_name(m, source, name, &is_same);
		if (is_same && (!shown || !mount_engine_is_volume(name)))
			shown = name;
		if (found > best)
			best = found;
	}

	mount->is_ro_required = best == ALLOWED_READ_ONLY;
	if (best != ALLOWED_NOT)
		return true;
	if (shown)
		return refuse(m, mount,
			      arena_printf(m->arena, "'%s' of the host", mounts_quote(m, shown)),
			      ret_fault);
	/* Mounted for this volume alone, and whole. */
	if (!has_sibling && text_equal(own->type, "tmpfs") && text_equal(own->root, "/"))
		return true;
	return refuse(
		m, mount,
		arena_printf(m->arena, "a file system of type '%s'", mounts_quote(m, own->type)),
		ret_fault);
}
