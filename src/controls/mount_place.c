/*
 * Where a mount may lie.
 *
 * /proc, /sys and /dev are what masks, read-only paths, LSM labels and device rules are about: a
 * directory laid over /proc makes the runtime write a process's label into a file of the attacker's
 * (CVE-2019-16884, CVE-2023-28642), and one over /sys/fs/cgroup hides that it is read-only. So each
 * has its own mounts and nothing else. Masks themselves cannot be hidden: runtimes lay them over
 * the finished tree.
 *
 * The same for where an image's symlinks lead ("/data -> /proc/sys"): runtimes resolve them inside
 * the root, and so do we.
 */
#include <errno.h>
#include <string.h>

#include "mounts.h"
#include "rootfs.h"
#include "text.h"

/* What may lie at, or below, the kernel's directories. */
struct place {
	const char *at;
	const char *const *types;
	bool may_bind; /* a bind whose source is found to be fine */
};

#define TYPES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct place places[] = {
	{ "/proc", TYPES("proc"), false },
	{ "/sys", TYPES("sysfs"), false },
	{ "/sys/fs/cgroup", TYPES("cgroup", "cgroup2"), false },
	{ "/dev", TYPES("tmpfs"), false },
	{ "/dev/pts", TYPES("devpts"), false },
	{ "/dev/mqueue", TYPES("mqueue"), false },
	/* An engine's directory, or a pod's emptyDir of a larger size. */
	{ "/dev/shm", TYPES("tmpfs"), true },
	/* Kubernetes: where a container leaves its last words. */
	{ "/dev/termination-log", TYPES(NULL), true },
	/* podman's init program, before version 4 */
	{ "/dev/init", TYPES(NULL), true },
};

static const char *const kernel_dirs[] = { "/proc", "/sys", "/dev" };

/* Types that have their one place. All others but tmpfs and binds mount file systems of the host
 * or open interfaces of the kernel. */
static bool is_known_type(const struct mount *mount)
{
	static const char *const types[] = { "proc",   "sysfs",  "cgroup", "cgroup2",
					     "mqueue", "devpts", "tmpfs",  NULL };
	static const char *const bind_types[] = { "bind", "none", "", NULL };

	return text_in(mount->type, mount->is_bind ? bind_types : types);
}

static const struct place *find_place(const char *at)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (text_equal(at, places[i].at))
			return &places[i];
	}
	return NULL;
}

static const char *kernel_dir_of(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(kernel_dirs); i++) {
		if (rootfs_is_below(path, kernel_dirs[i]))
			return kernel_dirs[i];
	}
	return NULL;
}

static bool is_bind_of_itself(const struct mount *mount)
{
	return mount->is_bind && text_equal(mount->source, mount->at) &&
	       (text_equal(mount->at, "/proc") || text_equal(mount->at, "/dev/mqueue"));
}

static bool has_parent_parts(const char *path)
{
	for (const char *at = strstr(path, ".."); at; at = strstr(at + 1, "..")) {
		if ((at == path || at[-1] == '/') && (at[2] == '/' || !at[2]))
			return true;
	}
	return false;
}

static bool refuse(const char *key, const char *asked, const char *remedy,
		   struct mount_fault *ret_fault)
{
	ret_fault->key = key;
	ret_fault->asked = asked;
	ret_fault->remedy = remedy;
	return false;
}

static bool refuse_type(struct mounts *m, const struct mount *mount, struct mount_fault *ret_fault)
{
	const char *type = mounts_quote(m, mount->type);

	if (mount->is_bind)
		return refuse(
			"mount-type",
			arena_printf(m->arena,
				     "the mount at '%s' has the type '%s' and the option bind",
				     mounts_quote(m, mount->at), type),
			"a bind has the type \"bind\"", ret_fault);
	return refuse("mount-type",
		      arena_printf(m->arena, "%s mounts a file system of the host or the kernel",
				   mount_words(m, mount)),
		      "use a volume or a tmpfs", ret_fault);
}

bool mount_place_check(struct mounts *m, const struct mount *mount, struct mount_fault *ret_fault)
{
	const struct place *place = find_place(mount->at);
	const char *asked = json_text(json_find(mount->node, "destination"));

	if (!asked || asked[0] != '/' || has_parent_parts(asked))
		return refuse("mount-destination",
			      arena_printf(m->arena, "%s has a destination that is not plain",
					   mount_words(m, mount)),
			      "give an absolute path without '..'", ret_fault);
	if (!is_known_type(mount))
		return refuse_type(m, mount, ret_fault);
	if (text_equal(mount->at, "/"))
		return refuse("mount-destination",
			      arena_printf(m->arena, "%s hides the whole container",
					   mount_words(m, mount)),
			      "mount it on a directory", ret_fault);
	if (is_bind_of_itself(mount))
		return true;
	if (place && (mount->is_bind ? place->may_bind : text_in(mount->type, place->types)))
		return true;
	if (kernel_dir_of(mount->at))
		return refuse("mount-destination",
			      arena_printf(m->arena, "%s lies in %s, which belongs to the kernel",
					   mount_words(m, mount), kernel_dir_of(mount->at)),
			      "choose another destination", ret_fault);
	/* proc and its like are what they are only in their place, with masks laid over them. */
	if (!mount->is_bind && !text_equal(mount->type, "tmpfs"))
		return refuse("mount-type",
			      arena_printf(m->arena, "%s shows the kernel's files without masks",
					   mount_words(m, mount)),
			      "remove it", ret_fault);
	return true;
}

/* The container's root, opened once. */
static bool open_root(struct mounts *m, struct error *e)
{
	if (m->root_fd >= 0 || m->is_root_absent)
		return true;
	if (rootfs_open(&m->root_fd, m->ed, e) == 0)
		return true;
	m->is_root_absent = e->sys_errno == ENOENT;
	return m->is_root_absent;
}

/* Where the destination leads in the image; NULL with a fault when that cannot be told. */
static const char *follow(struct mounts *m, const struct mount *mount,
			  struct mount_fault *ret_fault)
{
	struct error e = { 0 };
	const char *real = mount->at;

	if (open_root(m, &e) && (m->is_root_absent ||
				 rootfs_real_path(&real, m->root_fd, mount->at, m->arena, &e) == 0))
		return real;
	(void)refuse("mount-destination",
		     arena_printf(m->arena, "%s has a destination that cannot be followed: %s",
				  mount_words(m, mount), e.message),
		     "mend the image", ret_fault);
	return NULL;
}

/* A volume, filled by another container, may hold "link -> /proc": nothing is mounted behind a
 * symlink of what was mounted before. */
static bool leads_through_mount(struct mounts *m, const struct mount *mount)
{
	for (size_t i = 0; i < m->kept_count; i++) {
		const struct mount *outer = m->kept[i];

		if (outer->real && rootfs_is_below(mount->lies_at, outer->lies_at) &&
		    hostpath_has_symlink(arena_printf(m->arena, "%s%s", outer->real,
						      mount->lies_at + strlen(outer->lies_at))))
			return true;
	}
	return false;
}

bool mount_place_check_links(struct mounts *m, struct mount *mount, struct mount_fault *ret_fault)
{
	mount->lies_at = mount->at;
	if (find_place(mount->at) || mount->is_engine_file)
		return true;
	mount->lies_at = follow(m, mount, ret_fault);
	if (!mount->lies_at)
		return false;
	if (kernel_dir_of(mount->lies_at) || text_equal(mount->lies_at, "/"))
		return refuse("mount-destination",
			      arena_printf(m->arena, "%s lies at '%s' by a symlink of the image",
					   mount_words(m, mount), mounts_quote(m, mount->lies_at)),
			      "choose another destination", ret_fault);
	if (leads_through_mount(m, mount))
		return refuse("mount-destination",
			      arena_printf(m->arena, "%s leads through a symlink in another mount",
					   mount_words(m, mount)),
			      "choose another destination", ret_fault);
	return true;
}
