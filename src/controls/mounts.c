/*
 * What is mounted into a container.
 *
 * Most ways out of a container are mounts that somebody asked for: the host's root, the Docker
 * socket, a disk. So everything is refused that is neither the engine's own, nor a volume, nor
 * named by the policy, and all of it is judged where it really leads. The list is taken as a whole,
 * in its order: a mount that is fine by itself may hide one that is needed.
 *
 * The files behind this one are listed in include/mounts.h.
 */
#include "mounts.h"

#include <fcntl.h>
#include <string.h>

#include "control_table.h"
#include "rootfs.h"
#include "text.h"

const struct mountinfo *mounts_info(struct mounts *m, struct error *e)
{
	if (!m->has_info && mountinfo_read(&m->info, m->arena, e) < 0)
		return NULL;
	m->has_info = true;
	return &m->info;
}

static const char *text_of(struct mounts *m, const struct json *node, const char *name)
{
	return json_str(edit_doc(m->ed), json_member(edit_doc(m->ed), node, name), "");
}

static bool has_option(const struct mount *mount, const char *word)
{
	json_each (option, mount->options) {
		if (text_equal(option->text, word))
			return true;
	}
	return false;
}

static struct mount *read_mount(struct mounts *m, struct json *node)
{
	static const char *const read_only[] = { "ro", "rro", NULL };
	static const char *const writable[] = { "rw", "rrw", NULL };
	struct mount *mount = arena_alloc(m->arena, sizeof(*mount));

	mount->node = node;
	mount->at = rootfs_clean_path(text_of(m, node, "destination"), m->arena);
	mount->type = text_of(m, node, "type");
	mount->source = text_of(m, node, "source");
	mount->options = json_member(edit_doc(m->ed), node, "options");
	mount->is_bind = text_equal(mount->type, "bind");
	/* By its type alone, crun takes along what is mounted below. */
	mount->is_recursive = mount->is_bind && !has_option(mount, "bind");
	json_each (option, mount->options) {
		bool is_rbind = text_equal(option->text, "rbind");

		mount->is_bind = mount->is_bind || is_rbind || text_equal(option->text, "bind");
		mount->is_recursive = mount->is_recursive || is_rbind;
		mount->is_ro_covering = mount->is_ro_covering || text_equal(option->text, "rro");
		if (text_in(option->text, read_only) || text_in(option->text, writable))
			mount->is_read_only = text_in(option->text, read_only);
	}
	return mount;
}

static void ask(struct mounts *m, const struct mount_fault *fault)
{
	edit_ask(m->ed, fault->key, fault->asked, fault->remedy);
}

static void refuse(struct mounts *m, const struct mount *mount, const struct mount_fault *fault)
{
	ask(m, fault);
	edit_remove(m->ed, EDIT_ASK, "the policy does not let this mount in", mount->node);
}

/* What an engine writes when /dev/shm, /dev/mqueue or /proc is the container's own. */
static void make_private(struct mounts *m, const struct mount *mount)
{
	static const char *const shm[] = { "nosuid",    "noexec",        "nodev",
					   "mode=1777", "size=67108864", NULL };
	static const char *const other[] = { "nosuid", "noexec", "nodev", NULL };
	bool is_shm = text_equal(mount->at, "/dev/shm");
	const char *type = is_shm ? "tmpfs" : text_equal(mount->at, "/proc") ? "proc" : "mqueue";
	struct json *node = json_new(m->arena, JSON_OBJECT);
	struct json *options = json_new(m->arena, JSON_ARRAY);

	json_append(m->arena, node, "destination", json_new_str(m->arena, mount->at));
	json_append(m->arena, node, "type", json_new_str(m->arena, type));
	json_append(m->arena, node, "source", json_new_str(m->arena, is_shm ? "shm" : type));
	json_append(m->arena, node, "options", options);
	for (const char *const *word = is_shm ? shm : other; *word; word++)
		json_append(m->arena, options, NULL, json_new_str(m->arena, *word));
	edit_replace(m->ed, EDIT_TRIM, "an own one instead of the host's or another container's",
		     mount->node, node);
}

static bool is_duplicate(const struct mount *mount)
{
	for (const struct json *before = mount->node->prev; before; before = before->prev) {
		if (text_equal(json_text(json_find(before, "destination")), mount->at))
			return true;
	}
	return false;
}

/* Read-only on top and writable below is not what the policy says. */
static bool is_writable_below(struct mounts *m, const struct mount *mount,
			      struct mount_fault *ret_fault)
{
	if (!mount->is_ro_required || !mount->has_mounts_below || mount->is_ro_covering)
		return false;
	ret_fault->key = "read-only-below";
	ret_fault->asked =
		arena_printf(m->arena, "%s brings in other mounts below it, which stay writable",
			     mount_words(m, mount));
	ret_fault->remedy = edit_words(
		m->ed, "use --mount type=bind,…,readonly with bind-nonrecursive",
		"set recursiveReadOnly", "use bind instead of rbind, or rro instead of ro");
	return true;
}

/* Asked read-only where the policy does not insist: runtimes leave what is mounted below as it is.
 */
static void note_writable_below(struct mounts *m, const struct mount *mount)
{
	if (mount->is_read_only && mount->has_mounts_below && !mount->is_ro_covering)
		edit_note(m->ed, arena_printf(m->arena,
					      "what is mounted below the source of %s may be "
					      "writable",
					      mount_words(m, mount)));
}

/* Owners seen through a mapping are not those that were judged: mount_setattr(2). */
static void remove_mappings(struct mounts *m, const struct mount *mount)
{
	static const char *const names[] = { "uidMappings", "gidMappings" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct json *mapping = json_member(edit_doc(m->ed), mount->node, names[i]);

		if (!mapping)
			continue;
		if (json_first(mapping))
			edit_ask(m->ed, "mount-mapping",
				 arena_printf(m->arena, "%s maps the owners of its files (%s)",
					      mount_words(m, mount), names[i]),
				 "remove the mapping");
		edit_remove(m->ed, json_first(mapping) ? EDIT_ASK : EDIT_TRIM,
			    "files keep the owners they have", mapping);
	}
}

static void write_source(struct mounts *m, const struct mount *mount)
{
	struct json *source = json_member(edit_doc(m->ed), mount->node, "source");
	struct json *real = json_new_str(m->arena, mount->real);
	static const char reason[] = "the path that was judged, without symlinks";

	if (source)
		edit_replace(m->ed, EDIT_TRIM, reason, source, real);
	else
		edit_append(m->ed, EDIT_TRIM, reason, mount->node, "source", real);
}

/* False when the mount is gone, or is a new one that needs nothing more. */
static bool judge_bind(struct mounts *m, struct mount *mount)
{
	struct mount_fault fault = { 0 };

	switch (mount_source_judge(m, mount, &fault)) {
	case MOUNT_FINE:
		if (is_writable_below(m, mount, &fault))
			break;
		return true;
	case MOUNT_ABSENT:
		return true;
	case MOUNT_PRIVATE:
		make_private(m, mount);
		return false;
	case MOUNT_DROPPED:
		edit_remove(m->ed, EDIT_TRIM, "a file of a container that is not joined",
			    mount->node);
		return false;
	case MOUNT_IMPOSSIBLE:
		edit_refuse(m->ed, fault.key, fault.asked, fault.remedy);
		return false;
	case MOUNT_REFUSED:
		break;
	}
	refuse(m, mount, &fault);
	return false;
}

static void judge(struct mounts *m, struct mount *mount)
{
	struct mount_fault fault = { 0 };

	if (!mount_place_check(m, mount, &fault)) {
		refuse(m, mount, &fault);
		return;
	}
	if (is_duplicate(mount)) {
		fault.key = "mount-destination";
		fault.asked = arena_printf(m->arena, "%s hides another mount at the same place",
					   mount_words(m, mount));
		fault.remedy = "mount one thing there";
		refuse(m, mount, &fault);
		return;
	}
	if (mount->is_bind && !judge_bind(m, mount))
		return;
	if (!mount_place_check_links(m, mount, &fault)) {
		refuse(m, mount, &fault);
		return;
	}
	edit_replace(m->ed, EDIT_TRIM, "one way to write a path",
		     json_member(edit_doc(m->ed), mount->node, "destination"),
		     json_new_str(m->arena, mount->at));
	if (mount->real)
		write_source(m, mount);
	remove_mappings(m, mount);
	mount_options_apply(m, mount);
	note_writable_below(m, mount);
	if (m->kept_count < ARRAY_SIZE(m->kept))
		m->kept[m->kept_count++] = mount;
}

/* Where engines of this host keep their data, as this document betrays it: no entry of the policy
 * means those by a star. */
static void add_data_root(struct mounts *m, const char *path, const char *mark)
{
	const char *at = path ? strstr(path, mark) : NULL;
	struct hostpath root = { .fd = -1 };
	struct error ignored = { 0 };
	const char *dir;

	if (!at || at == path || m->data_root_count + 2 > ARRAY_SIZE(m->data_roots))
		return;
	dir = arena_memdup(m->arena, path, (size_t)(at - path));
	m->data_roots[m->data_root_count++] = dir;
	if (hostpath_open(&root, m->arena, AT_FDCWD, dir, &ignored) < 0)
		return;
	if (!text_equal(root.real, dir))
		m->data_roots[m->data_root_count++] = root.real;
	hostpath_close(&root);
}

static void find_data_roots(struct mounts *m)
{
	static const char *const marks[] = {
		"/overlay2/",         "/vfs/dir/", "/fuse-overlayfs/",
		"/btrfs/subvolumes/", "/overlay/", "/rootfs/overlayfs/"
	};
	const char *root = json_text(json_get(edit_doc(m->ed), "root", "path"));

	for (size_t i = 0; i < ARRAY_SIZE(marks) && !m->data_root_count; i++)
		add_data_root(m, root, marks[i]);
	if (m->facts->bundle && m->data_root_count < ARRAY_SIZE(m->data_roots))
		m->data_roots[m->data_root_count++] =
			arena_printf(m->arena, "%s/config.json", m->facts->bundle);
	if (!m->facts->id)
		return;
	json_each (node, json_get(edit_doc(m->ed), "mounts")) {
		const char *source = json_text(json_find(node, "source"));

		if (!source || !strstr(source, m->facts->id))
			continue;
		add_data_root(m, source, arena_printf(m->arena, "/containers/%s/", m->facts->id));
		return;
	}
}

/* "shared" lets every mount made inside out; without the word runtimes take "rslave". */
static void judge_rootfs_propagation(struct mounts *m)
{
	struct json *node = json_get(edit_doc(m->ed), "linux", "rootfsPropagation");
	const char *word = json_text(node);

	if (!node || text_in(word, WORDS("", "private", "rprivate", "slave", "rslave", "unbindable",
					 "runbindable")))
		return;
	edit_ask(m->ed, "propagation",
		 arena_printf(m->arena, "%s lets mounts made inside appear on the host",
			      edit_words(m->ed, "bind-propagation=shared",
					 "mountPropagation: Bidirectional",
					 "linux.rootfsPropagation 'shared'")),
		 "leave it out");
	edit_remove(m->ed, EDIT_ASK, "mounts made inside must not appear on the host", node);
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	struct mounts m = {
		.ed = ed,
		.cfg = cfg,
		.arena = edit_arena(ed),
		.facts = edit_facts(ed),
		.root_fd = -1,
	};
	struct json *next;

	mount_root_judge(&m);
	find_data_roots(&m);
	for (struct json *node = json_first(json_get(edit_doc(ed), "mounts")); node; node = next) {
		next = node->next;
		judge(&m, read_mount(&m, node));
	}
	judge_rootfs_propagation(&m);
	mount_root_judge_cwd(&m);
	close_fd_at(&m.root_fd);
	return 0;
}

static const struct setting settings[] = {
	{ .key = "allow", .type = SETTING_LIST, .check = mount_allow_check_glob },
	{ .key = "sockets", .type = SETTING_LIST, .check = mount_allow_check_socket },
	{ .key = "propagation", .type = SETTING_WORD, .words = WORDS("private", "slave") },
	{ .key = "parents", .type = SETTING_WORD, .words = WORDS("root", "any") },
	{ .key = NULL },
};

const struct control control_mounts = {
	.id = "mounts",
	.title = "Let in volumes and what the policy names, and nothing else of the host",
	.refs = REFS("CIS-Docker-1.6.0/5.6", "CIS-Docker-1.6.0/5.20", "CIS-Docker-1.6.0/5.32",
		     "PSS/baseline/host-path-volumes", "PSS/restricted/volume-types"),
	.settings = settings,
	.scopes = ON_SPEC,
	.apply = apply,
};
