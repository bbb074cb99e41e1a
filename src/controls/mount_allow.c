/*
 * What the policy lets in: "allow" (globs of host paths, ":ro" behind them for read-only) and
 * "sockets" (paths). Both speak of where a source resolves, never of what a person typed.
 *
 * A star is generous: "/data/" and two stars were written with data in mind, and on a host whose
 * engine keeps its root in /data/docker they would hand over every container. So what gives the
 * host away must be named: below such a tree an entry counts only when the part before its first
 * star lies in the tree, and what holds such a tree must be named whole ("/:ro").
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "mounts.h"
#include "policy.h"
#include "rootfs.h"
#include "text.h"

/* The kernel's own, sockets of every service, boot files, and where engines keep their state. */
static const char *const trees[] = { "/proc",
				     "/sys",
				     "/dev",
				     "/run",
				     "/boot",
				     "/etc/mantlet",
				     "/var/lib/docker",
				     "/var/lib/containerd",
				     "/var/lib/containers",
				     "/var/lib/kubelet",
				     "/var/lib/crio",
				     "/var/lib/nerdctl",
				     "/var/lib/rancher",
				     "/var/lib/mantlet",
				     "/var/lib/buildkit" };

/* Files that only the root of an engine's data has. */
static const char *const engine_marks[] = {
	"volumes/metadata.db",            /* Docker */
	"io.containerd.metadata.v1.bolt", /* containerd */
	"storage.lock",                   /* podman, CRI-O, buildah */
	"cpu_manager_state",              /* kubelet */
};

static const char *const engine_sockets[] = { "docker.sock", "containerd.sock", "podman.sock",
					      "crio.sock" };

/* Without ":ro" at its end. */
static const char *entry_glob(struct mounts *m, const char *entry, bool *ret_is_read_only)
{
	*ret_is_read_only = text_ends(entry, ":ro");
	return *ret_is_read_only ? arena_memdup(m->arena, entry, strlen(entry) - strlen(":ro"))
				 : entry;
}

/* The part of a glob before its first star lies at or below TREE. */
static bool names_tree(struct mounts *m, const char *glob, const char *tree)
{
	const char *plain = arena_memdup(m->arena, glob, strcspn(glob, "*?"));

	return rootfs_is_below(plain, tree);
}

static bool holds(const char *dir, const char *tree)
{
	return rootfs_is_below(tree, dir) && !text_equal(dir, tree);
}

/* GLOB says what PATH is, as far as TREE is concerned. */
static bool is_named_for(struct mounts *m, const char *glob, const char *path, const char *tree)
{
	if (rootfs_is_below(path, tree))
		return names_tree(m, glob, tree);
	return !holds(path, tree) || text_equal(glob, path);
}

/* The nearest directory at or above PATH that bears the marks of an engine's data root. */
static const char *marked_root(struct mounts *m, const char *path)
{
	for (const char *dir = path;; dir = hostpath_dirname(dir, m->arena)) {
		for (size_t i = 0; i < ARRAY_SIZE(engine_marks); i++) {
			const char *mark = arena_printf(m->arena, "%s/%s", dir, engine_marks[i]);

			if (faccessat(AT_FDCWD, mark, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
				return dir;
		}
		if (text_equal(dir, "/"))
			return NULL;
	}
}

/* A mount below DIR that only an engine makes: a container's root, a volume. */
static bool holds_engine_mounts(struct mounts *m, const char *dir)
{
	struct error ignored = { 0 };
	const struct mountinfo *info = mounts_info(m, &ignored);

	for (size_t i = 0; info && i < info->count; i++) {
		const char *point = info->entries[i].point;

		if (holds(dir, point) &&
		    (text_ends(point, "/merged") || mount_engine_is_volume(point)))
			return true;
	}
	return !info;
}

static bool is_named(struct mounts *m, const char *glob, const struct hostpath *source,
		     const char *marked)
{
	const char *path = source->real;

	for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
		if (!is_named_for(m, glob, path, trees[i]))
			return false;
	}
	for (size_t i = 0; i < m->data_root_count; i++) {
		if (!is_named_for(m, glob, path, m->data_roots[i]))
			return false;
	}
	if (marked && !names_tree(m, glob, marked))
		return false;
	return text_equal(glob, path) || !S_ISDIR(source->st.st_mode) ||
	       !holds_engine_mounts(m, path);
}

bool mount_allow_is_sensitive(struct mounts *m, const char *dir)
{
	for (size_t i = 0; i < m->data_root_count; i++) {
		if (rootfs_is_below(m->data_roots[i], dir))
			return true;
	}
	return text_equal(dir, "/") || holds(dir, "/var/lib/docker");
}

/* A directory with an engine's socket in it is as good as the socket. */
static bool holds_engine_socket(const struct hostpath *path)
{
	struct stat st;

	if (!S_ISDIR(path->st.st_mode))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(engine_sockets); i++) {
		if (fstatat(path->fd, engine_sockets[i], &st, 0) == 0 && S_ISSOCK(st.st_mode))
			return true;
	}
	return false;
}

enum mount_allowed mount_allow_path(struct mounts *m, const struct hostpath *path)
{
	enum mount_allowed best = ALLOWED_NOT;
	const char *marked = NULL;
	bool has_looked = false;

	json_each (entry, json_find(m->cfg, "allow")) {
		bool is_read_only;
		const char *glob = entry_glob(m, entry->text, &is_read_only);

		if (!glob_match(glob, path->real))
			continue;
		if (!has_looked)
			marked = marked_root(m, path->real);
		has_looked = true;
		if (!is_named(m, glob, path, marked) ||
		    (!text_equal(glob, path->real) && holds_engine_socket(path)))
			continue;
		if (!is_read_only)
			return ALLOWED;
		best = ALLOWED_READ_ONLY;
	}
	return best;
}

bool mount_allow_text(struct mounts *m, const char *path)
{
	json_each (entry, json_find(m->cfg, "allow")) {
		bool is_read_only;

		if (glob_match(entry_glob(m, entry->text, &is_read_only), path))
			return true;
	}
	return false;
}

/* An entry may be written with a symlink in it (/var/run): what it leads to decides. */
bool mount_allow_socket(struct mounts *m, const struct hostpath *socket)
{
	json_each (entry, json_find(m->cfg, "sockets")) {
		auto_hostpath struct hostpath listed = { .fd = -1 };
		struct error ignored = { 0 };

		if (text_equal(entry->text, socket->real))
			return true;
		if (hostpath_open(&listed, m->arena, AT_FDCWD, entry->text, &ignored) == 0 &&
		    hostpath_is_settled(&listed, m->arena, &ignored) &&
		    hostpath_is_same(&listed, socket))
			return true;
	}
	return false;
}

int mount_allow_check_glob(const struct json *value, struct error *e)
{
	auto_arena struct arena *arena = arena_new();
	const char *glob = value->text;

	if (text_ends(glob, ":ro"))
		glob = arena_memdup(arena, glob, value->len - strlen(":ro"));
	if (text_is_clean_path(glob) && !strchr(glob, ':'))
		return 0;
	return error_set(
		e, ERR_POLICY,
		"an absolute path of the host, with * and ** if need be, and :ro behind it "
		"for read-only (\"/srv/**\", \"/etc/localtime:ro\")");
}

int mount_allow_check_socket(const struct json *value, struct error *e)
{
	if (text_is_clean_path(value->text) && !strpbrk(value->text, "*?"))
		return 0;
	return error_set(e, ERR_POLICY,
			 "the absolute path of a socket (\"/run/app/socket\"), without stars");
}
