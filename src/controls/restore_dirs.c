/*
 * Where checkpoints may lie.
 *
 * Root makes these directories and fills them. In most places of a host that is at least litter,
 * and in some it is an order: in a directory that a service reads, in another container's files. No
 * list of such places is ever complete, so it is the other way round: the directories that engines
 * use for this very container, and what the policy names in "paths".
 *
 * The container's own files are not among them: what its root writes belongs to the host's root as
 * well, so the owner of a directory would prove nothing there.
 */
#include "checkpoint.h"
#include "control.h"
#include "hostpath.h"
#include "policy.h"
#include "rootfs.h"
#include "text.h"

#include <fcntl.h>
#include <string.h>

#define REMEDY "use one that is root's, in directories that only root can write to"

/*
 * Behind "..._ID" comes the container's id. containerd makes a directory in /tmp (or in
 * XDG_RUNTIME_DIR, which for root is the second) and takes its criu-work from the container's
 * directory of state; CRI, Docker's daemon, podman and CRI-O have places of their own.
 */
static const char *const temporary[] = { "/tmp/ctd-checkpoint*", "/tmp/ctrd-checkpoint*",
					 "/run/user/0/ctd-checkpoint*",
					 "/run/user/0/ctrd-checkpoint*" };

static const struct place {
	const char *before, *behind; /* the id between them */
} places[] = {
	{ "/var/lib/containerd/io.containerd.runtime.v2.task/*/", "/criu-work" },
	{ "/var/lib/docker/containerd/daemon/io.containerd.runtime.v2.task/*/", "/criu-work" },
	{ "/var/lib/containerd/io.containerd.grpc.v1.cri/containers/", "/ctrd-checkpoint" },
	{ "/var/lib/docker/containers/", "/checkpoints/*" },
	{ "/var/lib/containers/storage/*-containers/", "/userdata" },
	{ "/var/lib/containers/storage/*-containers/", "/userdata/checkpoint" },
	{ "/var/lib/containers/storage/*-containers/", "/userdata/pre-checkpoint" },
};

/* In the bundle, which lies where the engine's data lies: podman's, and runc's own default. */
static const char *const in_bundle[] = { "", "/checkpoint", "/pre-checkpoint", "/criu-work" };

/* Where files of root's are orders to the host. A glob of the policy with a star in front of such
 * a name was written with data in mind. */
static const char *const system_trees[] = {
	"/bin",
	"/boot",
	"/dev",
	"/etc",
	"/lib",
	"/lib32",
	"/lib64",
	"/libx32",
	"/proc",
	"/root",
	"/run",
	"/sbin",
	"/sys",
	"/usr",
	"/var/lib/systemd",
	"/var/lib/docker",
	"/var/lib/containerd",
	"/var/lib/containers",
	"/var/lib/kubelet",
	"/var/lib/mantlet",
	"/var/spool",
};

static bool is_in_bundle(struct arena *arena, const char *bundle, const char *path)
{
	auto_hostpath struct hostpath work = { .fd = -1 };
	struct error ignored = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(in_bundle); i++) {
		if (text_equal(path, arena_printf(arena, "%s%s", bundle, in_bundle[i])))
			return true;
	}
	/* containerd's link to the directory that outlives the bundle; root's own, as is all in a
	 * bundle that was accepted. */
	return hostpath_open(&work, arena, AT_FDCWD, arena_printf(arena, "%s/work", bundle),
			     &ignored) == 0 &&
	       text_equal(path, arena_printf(arena, "%s/criu-work", work.real));
}

static bool is_engines(struct edit *ed, const char *path)
{
	const struct facts *facts = edit_facts(ed);
	struct arena *arena = edit_arena(ed);

	for (size_t i = 0; i < ARRAY_SIZE(temporary); i++) {
		if (glob_match(temporary[i], path))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		/* An id has no star in it (cli_is_id()). */
		if (glob_match(arena_printf(arena, "%s%s%s", places[i].before, facts->id,
					    places[i].behind),
			       path))
			return true;
	}
	return facts->bundle && is_in_bundle(arena, facts->bundle, path);
}

static bool is_meant(struct arena *arena, const char *glob, const char *path)
{
	const char *plain = arena_memdup(arena, glob, strcspn(glob, "*?"));

	for (size_t i = 0; i < ARRAY_SIZE(system_trees); i++) {
		if (rootfs_is_below(path, system_trees[i]) &&
		    !rootfs_is_below(plain, system_trees[i]))
			return false;
	}
	return true;
}

static bool is_allowed(struct edit *ed, const struct json *cfg, const char *path)
{
	json_each (glob, json_find(cfg, "paths")) {
		if (glob_match(glob->text, path) && is_meant(edit_arena(ed), glob->text, path))
			return true;
	}
	return false;
}

static void judge(struct edit *ed, const struct json *cfg, const struct checkpoint_dir *dir)
{
	struct arena *arena = edit_arena(ed);
	char asked[QUOTED_SIZE], real[QUOTED_SIZE];
	const char *where = "";

	if (!dir->flag)
		return;
	error_quote(asked, dir->asked, strlen(dir->asked));
	if (dir->fault) {
		edit_refuse(ed, "checkpoint-directory",
			    arena_printf(arena, "%s '%s' %s", dir->flag, asked, dir->fault),
			    REMEDY);
		return;
	}
	if (is_engines(ed, dir->real) || is_allowed(ed, cfg, dir->real))
		return;
	if (!text_equal(dir->asked, dir->real))
		where = arena_printf(arena, ", which is '%s',",
				     error_quote(real, dir->real, strlen(dir->real)));
	edit_refuse(ed, "checkpoint-place",
		    arena_printf(arena,
				 "%s '%s'%s is no place where this container's engine keeps "
				 "checkpoints",
				 dir->flag, asked, where),
		    "use the engine's own; root: name further ones in the policy (restore.paths)");
}

void restore_dirs_judge(struct edit *ed, const struct json *cfg, const struct checkpoint *cp)
{
	judge(ed, cfg, &cp->image);
	judge(ed, cfg, &cp->work);
	judge(ed, cfg, &cp->parent);
}

int restore_dirs_check_glob(const struct json *value, struct error *e)
{
	auto_arena struct arena *arena = arena_new();

	if (value->text[0] == '/' && text_equal(rootfs_clean_path(value->text, arena), value->text))
		return 0;
	return error_set(e, ERR_POLICY,
			 "an absolute path of the host, with * and ** if need be "
			 "(\"/srv/checkpoints/**\")");
}
