/*
 * The root itself is the first mount of all, and some engines let people name it (podman run
 * --rootfs DIR, ctr run --rootfs DIR). So it is judged as a source is: it must not be a piece of
 * the host, nobody but root may be able to exchange it for a link while the container starts, and
 * the path without links is the one that is written. The control rootfs may be off; what is here
 * may not.
 *
 * The working directory belongs here too, because an image can make a link of it: the runtime
 * enters it while directories of the host are still open (CVE-2024-21626). What the text alone says
 * is looked at in spec_table.c.
 */
#include <errno.h>
#include <string.h>

#include "mounts.h"
#include "policy.h"
#include "rootfs.h"
#include "text.h"

static void refuse_unsettled(struct mounts *m, const char *given, const struct error *e)
{
	if (hostpath_is_shortage(e->sys_errno)) {
		edit_refuse(m->ed, "root-unclear",
			    arena_printf(m->arena, "root.path '%s' cannot be judged: %s",
					 mounts_quote(m, given), error_words(e->sys_errno)),
			    HOSTPATH_SHORTAGE_REMEDY);
		return;
	}
	edit_refuse(m->ed, "root-parent",
		    arena_printf(m->arena,
				 "root.path '%s' lies in a directory that others than root can "
				 "change, so it could be exchanged for a link to anywhere",
				 mounts_quote(m, given)),
		    "keep images where only root can write");
}

static void write_root(struct mounts *m, const char *given, const struct hostpath *root)
{
	const char *joined = given[0] == '/' || !m->facts->bundle
				     ? given
				     : arena_printf(m->arena, "%s/%s", m->facts->bundle, given);

	if (!text_equal(joined, root->real))
		edit_replace(m->ed, EDIT_TRIM, "the path that was judged, without symlinks",
			     json_get(edit_doc(m->ed), "root", "path"),
			     json_new_str(m->arena, root->real));
}

/* The directory of ROOT_FD is known by a path that holds until the runtime has opened it. */
static void settle(struct mounts *m)
{
	const char *given = json_text(json_get(edit_doc(m->ed), "root", "path"));
	auto_hostpath struct hostpath root = { .fd = -1 };
	struct error e = { 0 };
	struct stat st;

	/* A name in the bundle, which is root's all the way up. */
	if (!strchr(given, '/'))
		return;
	if (hostpath_open(&root, m->arena, m->facts->bundle_fd, given, &e) < 0 ||
	    fstat(m->root_fd, &st) < 0 || st.st_dev != root.st.st_dev ||
	    st.st_ino != root.st.st_ino) {
		refuse_unsettled(m, given, &e);
		return;
	}
	write_root(m, given, &root);
	if (hostpath_is_settled(&root, m->arena, &e))
		return;
	if (hostpath_is_shortage(e.sys_errno) ||
	    text_equal(policy_word(m->cfg, "parents", "root"), "root"))
		refuse_unsettled(m, given, &e);
	else
		edit_note(m->ed,
			  arena_printf(m->arena,
				       "a directory above the container's root '%s' can be changed "
				       "by others than root",
				       mounts_quote(m, root.real)));
}

void mount_root_judge(struct mounts *m)
{
	struct error e = { 0 };

	if (rootfs_open(&m->root_fd, m->ed, &e) == 0)
		settle(m);
	else if (e.kind == ERR_DENIED)
		edit_refuse(m->ed, "root-path", arena_strdup(m->arena, e.message),
			    "name a directory that holds an image and nothing else");
	else
		m->is_root_absent = e.sys_errno == ENOENT;
}

void mount_root_judge_cwd(struct mounts *m)
{
	const char *cwd = json_text(json_get(edit_doc(m->ed), "process", "cwd")), *real;
	struct error e = { 0 };

	if (m->root_fd < 0 || !cwd || text_equal(cwd, "/"))
		return;
	if (rootfs_real_path(&real, m->root_fd, cwd, m->arena, &e) < 0) {
		edit_refuse(m->ed, "working-directory",
			    arena_printf(m->arena, "the working directory cannot be followed: %s",
					 e.message),
			    "mend the image, or choose another directory (-w)");
		return;
	}
	if (!rootfs_is_magic(real))
		return;
	edit_refuse(
		m->ed, "working-directory",
		arena_printf(m->arena,
			     "the working directory '%s' lies at '%s' by a symlink of the image",
			     mounts_quote(m, cwd), mounts_quote(m, real)),
		"choose another directory (-w)");
}
