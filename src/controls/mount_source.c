/*
 * What a bind mount brings in.
 *
 * The source is text; what the kernel mounts is what it leads to at that moment. So it is resolved
 * once, through a descriptor, and everything is judged there: what kind of file it is, whose the
 * directories above it are, whether the engine put it there, whether the policy lets it in. The
 * path that was judged is then written into the document.
 *
 * Where a directory above an allowed path is not root's, whoever owns it (a container's user, after
 * a first mount) can exchange the path for a symlink between our look and the runtime's: tried, and
 * one start in four had the host's root. So such a source is refused, unless policy says "parents":
 * "any", as baseline does for /home; then it is noted in the record.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "mounts.h"
#include "policy.h"
#include "rootfs.h"
#include "text.h"

static bool has_own_ipc(struct mounts *m)
{
	struct json_doc *doc = edit_doc(m->ed);

	json_each (entry, json_get(doc, "linux", "namespaces")) {
		if (json_is(json_member(doc, entry, "type"), "ipc"))
			return true;
	}
	return false;
}

/* Engines mount the host's /dev/shm when its ipc namespace is asked for; that namespace is judged
 * elsewhere, and goes with this mount. */
static bool is_host_shm(const struct mount *mount)
{
	return text_equal(mount->at, "/dev/shm") && text_equal(mount->source, "/dev/shm");
}

/* The host's /proc and /dev/mqueue as binds (podman, for its namespaces): a new mount shows those
 * of the namespace, and nothing that is mounted below. */
static bool is_host_api(const struct mount *mount)
{
	return text_equal(mount->at, mount->source) &&
	       (text_equal(mount->at, "/proc") || text_equal(mount->at, "/dev/mqueue"));
}

/* ctr and buildah mount the host's own file, to be read. By inode: it is often a symlink. */
static bool is_host_file(const struct mount *mount, const struct hostpath *source)
{
	static const char *const files[] = { "/etc/hosts", "/etc/resolv.conf", NULL };
	struct stat st;

	return text_in(mount->at, files) && S_ISREG(source->st.st_mode) &&
	       stat(mount->at, &st) == 0 && st.st_dev == source->st.st_dev &&
	       st.st_ino == source->st.st_ino;
}

static bool is_roots_program(const struct hostpath *source)
{
	return S_ISREG(source->st.st_mode) && source->st.st_uid == 0 &&
	       !(source->st.st_mode & (S_IWGRP | S_IWOTH)) && (source->st.st_mode & S_IXUSR);
}

/* A source that is not there cannot be judged. The engine's own files may be missing, when nobody
 * but root can make them: then the runtime says so. */
static enum mount_verdict judge_absent(struct mounts *m, struct mount *mount,
				       struct mount_fault *ret_fault)
{
	const char *path = rootfs_clean_path(mount->source, m->arena);
	enum engine_path engine = mount_engine_path(m, path, mount->at);

	if (mount->source[0] == '/' && engine != ENGINE_PATH_NONE &&
	    hostpath_is_settled_absence(path, m->arena)) {
		if (engine == ENGINE_PATH_FOREIGN)
			return text_equal(mount->at, "/dev/shm") ? MOUNT_PRIVATE : MOUNT_DROPPED;
		mount->is_engine_file = true;
		return MOUNT_ABSENT;
	}
	if (mount_words_socket(m, mount, NULL, ret_fault))
		return MOUNT_REFUSED;
	if (!mount_allow_text(m, path)) {
		mount_words_host_path(m, mount, NULL, ret_fault);
		return MOUNT_REFUSED;
	}
	ret_fault->key = "source-missing";
	ret_fault->asked = arena_printf(m->arena, "%s mounts something that is not there",
					mount_words(m, mount));
	ret_fault->remedy = "create it first";
	return MOUNT_IMPOSSIBLE;
}

static enum mount_verdict refuse_unresolved(struct mounts *m, const struct mount *mount,
					    const struct error *e, struct mount_fault *ret_fault)
{
	const char *why = e->sys_errno == ELOOP    ? "leads through a link that has no end, or "
						     "one of those in /proc"
			  : e->sys_errno == ESTALE ? "leads to something that no path leads to"
			  : e->sys_errno == EILSEQ ? "leads to a name that is not UTF-8"
						   : error_words(e->sys_errno);

	ret_fault->key = "source-unclear";
	ret_fault->asked = arena_printf(m->arena, "the source of %s cannot be judged: %s",
					mount_words(m, mount), why);
	ret_fault->remedy = hostpath_is_shortage(e->sys_errno) ? HOSTPATH_SHORTAGE_REMEDY
							       : "name the directory itself";
	return MOUNT_REFUSED;
}

static enum mount_verdict judge_device(struct mounts *m, const struct mount *mount,
				       const struct hostpath *source, struct mount_fault *ret_fault)
{
	ret_fault->key = "device-node";
	ret_fault->asked =
		arena_printf(m->arena, "%s mounts a %s (%u:%u) of the host", mount_words(m, mount),
			     S_ISBLK(source->st.st_mode) ? "disk" : "device",
			     major(source->st.st_rdev), minor(source->st.st_rdev));
	ret_fault->remedy = edit_words(m->ed, "ask for it with --device", "use a device plugin",
				       "name it in linux.devices");
	return MOUNT_REFUSED;
}

/* An engine's files for one container lie in one directory, which is looked at once. */
static bool is_settled(struct mounts *m, const struct hostpath *source, struct error *e)
{
	const char *dir = hostpath_dirname(source->real, m->arena);

	if (text_equal(dir, m->settled_dir))
		return true;
	if (!hostpath_is_settled(source, m->arena, e))
		return false;
	m->settled_dir = dir;
	return true;
}

/* The shape says it is the engine's: then the directories must be root's as well, all the way. */
static bool judge_engine_path(struct mounts *m, struct mount *mount, const struct hostpath *source,
			      enum mount_verdict *ret_verdict, struct mount_fault *ret_fault)
{
	enum engine_path engine = mount_engine_path(m, source->real, mount->at);
	struct error ignored = { 0 };

	if (is_host_file(mount, source))
		engine = ENGINE_PATH_READ_ONLY;
	else if (engine == ENGINE_PATH_READ_ONLY && !is_roots_program(source))
		return false;
	if (engine == ENGINE_PATH_NONE)
		return false;
	/* systemd-resolved's own directory is not root's; the inode has already proved the file. */
	if (!is_host_file(mount, source) && !is_settled(m, source, &ignored))
		return false;

	switch (engine) {
	case ENGINE_PATH_OWN:
		mount->is_engine_file = S_ISREG(source->st.st_mode);
		*ret_verdict = MOUNT_FINE;
		return true;
	case ENGINE_PATH_READ_ONLY:
		mount->is_engine_file = true;
		mount->is_ro_required = true;
		*ret_verdict = MOUNT_FINE;
		return true;
	case ENGINE_PATH_VOLUME:
		*ret_verdict = mount_volume_check(m, mount, source, ret_fault) ? MOUNT_FINE
									       : MOUNT_REFUSED;
		return true;
	case ENGINE_PATH_FOREIGN:
		*ret_verdict = text_equal(mount->at, "/dev/shm") ? MOUNT_PRIVATE : MOUNT_DROPPED;
		return true;
	case ENGINE_PATH_NONE:
		break;
	}
	return false;
}

static enum mount_verdict judge_host_path(struct mounts *m, struct mount *mount,
					  const struct hostpath *source,
					  struct mount_fault *ret_fault)
{
	struct error e = { 0 };
	char quoted[QUOTED_SIZE];

	switch (mount_allow_path(m, source)) {
	case ALLOWED:
		break;
	case ALLOWED_READ_ONLY:
		mount->is_ro_required = true;
		break;
	case ALLOWED_NOT:
		mount_words_host_path(m, mount, source->real, ret_fault);
		return MOUNT_REFUSED;
	}
	if (is_settled(m, source, &e))
		return MOUNT_FINE;
	if (hostpath_is_shortage(e.sys_errno))
		return refuse_unresolved(m, mount, &e, ret_fault);
	if (text_equal(policy_word(m->cfg, "parents", "root"), "root")) {
		ret_fault->key = "parent-not-roots";
		ret_fault->asked = arena_printf(
			m->arena,
			"%s lies in a directory that others than root can change, so it could be "
			"exchanged for a link to anywhere",
			mount_words(m, mount));
		ret_fault->remedy = "mount a directory whose parents belong to root, or a volume";
		return MOUNT_REFUSED;
	}
	edit_note(m->ed, arena_printf(m->arena,
				      "a directory above '%s' can be changed by others than root",
				      error_quote(quoted, source->real, strlen(source->real))));
	return MOUNT_FINE;
}

/* What is mounted below comes along with rbind. */
static bool look_below(struct mounts *m, struct mount *mount, const struct hostpath *source,
		       struct error *e)
{
	const struct mountinfo *info;

	if (!mount->is_recursive || !S_ISDIR(source->st.st_mode))
		return true;
	info = mounts_info(m, e);
	mount->has_mounts_below = info && mountinfo_below(info, source->real);
	return info != NULL;
}

enum mount_verdict mount_source_judge(struct mounts *m, struct mount *mount,
				      struct mount_fault *ret_fault)
{
	auto_hostpath struct hostpath source = { .fd = -1 };
	enum mount_verdict verdict = MOUNT_REFUSED;
	struct error e = { 0 };
	int dir_fd = mount->source[0] == '/' ? AT_FDCWD : m->facts->bundle_fd;

	if (is_host_api(mount) || (is_host_shm(mount) && has_own_ipc(m)))
		return MOUNT_PRIVATE;
	if (hostpath_open(&source, m->arena, dir_fd, mount->source, &e) < 0)
		return e.sys_errno == ENOENT ? judge_absent(m, mount, ret_fault)
					     : refuse_unresolved(m, mount, &e, ret_fault);
	mount->real = source.real;
	mount->flags = source.flags;
	if (!look_below(m, mount, &source, &e))
		return refuse_unresolved(m, mount, &e, ret_fault);

	if (S_ISSOCK(source.st.st_mode)) {
		if (mount_allow_socket(m, &source))
			return MOUNT_FINE;
		(void)mount_words_socket(m, mount, &source, ret_fault);
		return MOUNT_REFUSED;
	}
	if (S_ISBLK(source.st.st_mode) || S_ISCHR(source.st.st_mode))
		return judge_device(m, mount, &source, ret_fault);
	if (is_host_shm(mount) && text_equal(source.real, mount->at))
		return MOUNT_FINE;
	if (judge_engine_path(m, mount, &source, &verdict, ret_fault))
		return verdict;
	return judge_host_path(m, mount, &source, ret_fault);
}
