/*
 * Where a read-only root is written after all: tmpfs mounts that the policy names.
 *
 * Mounts are applied in order and a later one hides what lies below it, so place and path matter. A
 * tmpfs on /run behind a bind under /var/run would hide that bind, because in most images /var/run
 * is a link to /run. Therefore destinations are compared as they will really lie inside this image,
 * and ours come before everything that somebody asked for.
 *
 * mode= is written for crun; runc before 1.2 gives the new file system the mode of the directory it
 * covers. uid= and gid= hold for both, and only they make it writable for the user.
 */
#include "rootfs_tmpfs.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "policy.h"
#include "rootfs.h"
#include "rootfs_content.h"
#include "text.h"

#define MAX_TMPFS 64
#define DEFAULT_SIZE (UINT64_C(64) * 1024 * 1024)

struct tmpfs {
	const char *named; /* as the policy names it */
	const char *path;  /* as it lies in this image */
	uint64_t size;
	uint64_t uid;
	uint64_t gid;
	unsigned int mode; /* 0: that of the directory it covers */
	bool is_exec;
	bool keeps;
};

struct plan {
	struct edit *ed;
	int root_fd;
	const char **mounts; /* where the document's own mounts will lie */
	size_t mount_count;
	size_t head;       /* so many of them are the engine's, at the front of the list */
	struct json *last; /* ours follow this node */
	struct tmpfs added[MAX_TMPFS];
	size_t added_count;
};

static bool is_kernel_tree(const char *path)
{
	return rootfs_is_below(path, "/proc") || rootfs_is_below(path, "/sys") ||
	       rootfs_is_below(path, "/dev");
}

/* "1777" */
static bool parse_mode(const char *text, unsigned int *ret_mode)
{
	size_t len = text ? strlen(text) : 0;

	if (len < 3 || len > 4 || strspn(text, "01234567") != len)
		return false;
	*ret_mode = (unsigned int)strtoul(text, NULL, 8);
	return *ret_mode > 0;
}

/* "1000:1000" */
static bool parse_owner(const char *text, uint64_t *ret_uid, uint64_t *ret_gid)
{
	const char *colon = text ? strchr(text, ':') : NULL;
	char uid[16];

	if (!colon || (size_t)(colon - text) >= sizeof(uid))
		return false;
	memcpy(uid, text, (size_t)(colon - text));
	uid[colon - text] = '\0';
	return parse_u64(uid, ret_uid) == 0 && parse_u64(colon + 1, ret_gid) == 0 &&
	       *ret_uid <= INT32_MAX && *ret_gid <= INT32_MAX;
}

static int check_member(const struct json *member, struct error *e)
{
	bool is_bool = member->type == JSON_TRUE || member->type == JSON_FALSE;
	uint64_t size, uid, gid;
	unsigned int mode;

	if (text_equal(member->key, "size"))
		return policy_size(member->parent, "size", INT64_MAX, &size)
			       ? 0
			       : error_set(e, ERR_POLICY, "'size' is not a size such as \"64MiB\"");
	if (text_equal(member->key, "exec") || text_equal(member->key, "keep"))
		return is_bool ? 0
			       : error_set(e, ERR_POLICY, "'%s' must be true or false",
					   member->key);
	if (text_equal(member->key, "owner"))
		return json_is(member, "user") || parse_owner(json_text(member), &uid, &gid)
			       ? 0
			       : error_set(e, ERR_POLICY, "'owner' is \"user\" or \"UID:GID\"");
	if (text_equal(member->key, "mode"))
		return parse_mode(json_text(member), &mode)
			       ? 0
			       : error_set(e, ERR_POLICY, "'mode' is octal, such as \"1777\"");
	return error_set(e, ERR_POLICY,
			 "unknown key '%s' (there are: size, exec, owner, mode, keep)",
			 member->key);
}

int rootfs_check_tmpfs(const struct json *value, struct error *e)
{
	const char *path = value->key;
	uint64_t size;

	if (path[0] != '/' || path[1] == '\0' || strstr(path, "//") || strstr(path, "/./") ||
	    strstr(path, "/../") || text_ends(path, "/") || text_ends(path, "/.") ||
	    text_ends(path, "/.."))
		return error_set(e, ERR_POLICY, "not an absolute path below '/'");
	if (is_kernel_tree(path))
		return error_set(e, ERR_POLICY, "/proc, /sys and /dev are the engine's");
	if (value->type == JSON_STRING)
		return policy_size(value->parent, path, INT64_MAX, &size)
			       ? 0
			       : error_set(e, ERR_POLICY, "not a size such as \"64MiB\"");
	if (value->type != JSON_OBJECT)
		return error_set(e, ERR_POLICY, "neither a size such as \"64MiB\" nor an object");
	json_each (member, value) {
		if (check_member(member, e) < 0)
			return -1;
	}
	return 0;
}

static void read_rule(struct tmpfs *tmpfs, struct edit *ed, const struct json *map,
		      const struct json *rule)
{
	struct json_doc *doc = edit_doc(ed);
	uint64_t host = edit_facts(ed)->host_memory;
	const struct json *object = rule->type == JSON_OBJECT ? rule : NULL;

	tmpfs->named = rule->key;
	tmpfs->size = DEFAULT_SIZE;
	tmpfs->uid = json_u64(doc, json_get(doc, "process", "user", "uid"), 0);
	tmpfs->gid = json_u64(doc, json_get(doc, "process", "user", "gid"), 0);
	if (!object) {
		(void)policy_size(map, rule->key, host, &tmpfs->size);
		return;
	}
	(void)policy_size(object, "size", host, &tmpfs->size);
	(void)parse_owner(policy_word(object, "owner", NULL), &tmpfs->uid, &tmpfs->gid);
	(void)parse_mode(policy_word(object, "mode", NULL), &tmpfs->mode);
	tmpfs->is_exec = policy_bool(object, "exec", false);
	tmpfs->keeps = policy_bool(object, "keep", false);
}

static int compare_paths(const void *a, const void *b)
{
	const struct tmpfs *left = a, *right = b;
	int order = strcmp(left->path, right->path);

	return order ? order : strcmp(left->named, right->named);
}

/* All rules, parents before what lies below them. */
static int read_rules(struct tmpfs *rules, size_t *ret_count, struct plan *plan,
		      const struct json *map, struct error *e)
{
	size_t count = 0;

	json_each (rule, map) {
		if (rule->type == JSON_FALSE)
			continue;
		if (count == MAX_TMPFS)
			return error_set(e, ERR_POLICY, "rootfs.tmpfs names more than %d paths",
					 MAX_TMPFS);
		read_rule(&rules[count], plan->ed, map, rule);
		if (rootfs_real_path(&rules[count].path, plan->root_fd, rule->key,
				     edit_arena(plan->ed), e) < 0)
			return -1;
		count++;
	}
	qsort(rules, count, sizeof(*rules), compare_paths);
	*ret_count = count;
	return 0;
}

/* Where everything lies that is in the document already. */
static int read_mounts(struct plan *plan, struct error *e)
{
	struct json_doc *doc = edit_doc(plan->ed);
	struct arena *arena = edit_arena(plan->ed);
	struct json *list = json_get(doc, "mounts");
	bool is_head = true;

	plan->mounts = arena_alloc(arena, (json_count(list) + 1) * sizeof(*plan->mounts));
	json_each (mount, list) {
		const char *named = json_text(json_member(doc, mount, "destination"));

		if (!named)
			named = "/";
		if (is_head && is_kernel_tree(rootfs_clean_path(named, arena))) {
			plan->head++;
			plan->last = mount;
		} else {
			is_head = false;
		}
		if (rootfs_real_path(&plan->mounts[plan->mount_count++], plan->root_fd, named,
				     arena, e) < 0)
			return error_wrap(e, "a mount of config.json");
	}
	return 0;
}

static void skip(struct plan *plan, const struct tmpfs *tmpfs, const char *why)
{
	edit_note(plan->ed,
		  arena_printf(edit_arena(plan->ed), "tmpfs %s left out: %s", tmpfs->named, why));
}

/* True when a mount that is there already leaves no place for TMPFS. */
static bool is_taken(struct plan *plan, const struct tmpfs *tmpfs)
{
	for (size_t i = 0; i < plan->added_count; i++) {
		if (text_equal(plan->added[i].path, tmpfs->path)) {
			skip(plan, tmpfs, "another one lies there");
			return true;
		}
	}
	for (size_t i = 0; i < plan->mount_count; i++) {
		if (rootfs_is_below(tmpfs->path, plan->mounts[i])) {
			skip(plan, tmpfs, "a mount of the request lies there");
			return true;
		}
		if (i < plan->head && rootfs_is_below(plan->mounts[i], tmpfs->path)) {
			skip(plan, tmpfs, "it would hide /proc, /sys or /dev in this image");
			return true;
		}
	}
	return false;
}

/* True when TMPFS lies on one of ours: the runtime makes the directory there. */
static bool is_nested(const struct plan *plan, const struct tmpfs *tmpfs)
{
	for (size_t i = 0; i < plan->added_count; i++) {
		if (rootfs_is_below(tmpfs->path, plan->added[i].path))
			return true;
	}
	return false;
}

/* 1 when the directory is there (or need not be), 0 when TMPFS is left out, -1. */
static int look_at_target(struct plan *plan, struct tmpfs *tmpfs, struct error *e)
{
	struct arena *arena = edit_arena(plan->ed);
	auto_close int fd = -1;
	struct error own = { 0 };
	const char *fault;
	struct stat st;

	if (rootfs_resolve(&fd, plan->root_fd, tmpfs->path, &own) < 0) {
		if (own.sys_errno != ENOENT && own.sys_errno != ENOTDIR) {
			*e = own;
			return -1;
		}
		tmpfs->keeps = false;
		if (!tmpfs->mode)
			tmpfs->mode = 0755;
		if (is_nested(plan, tmpfs))
			return 1;
		skip(plan, tmpfs, "the image has no such directory");
		return 0;
	}
	if (fstat(fd, &st) < 0)
		return error_sys(e, "cannot look at '%s' of the image", tmpfs->path);
	if (!S_ISDIR(st.st_mode)) {
		skip(plan, tmpfs, "it is no directory in this image");
		return 0;
	}
	/* The owner must be able to write; set-gid directories of an image are not taken over. */
	if (!tmpfs->mode)
		tmpfs->mode = (st.st_mode & 01777U) | 0700U;
	fault = tmpfs->keeps ? rootfs_content_fault(fd, tmpfs->size, arena) : NULL;
	if (fault)
		edit_refuse(plan->ed, "tmpfs-keep",
			    arena_printf(arena,
					 "the image's content of %s cannot be kept on a tmpfs: %s",
					 tmpfs->named, fault),
			    "raise its size in rootfs.tmpfs, or leave 'keep' out");
	return 1;
}

static struct json *mount_node(struct arena *arena, const struct tmpfs *tmpfs)
{
	struct json *mount = json_new(arena, JSON_OBJECT), *options = json_new(arena, JSON_ARRAY);
	const char *words[] = {
		"nosuid",
		"nodev",
		tmpfs->is_exec ? NULL : "noexec",
		arena_printf(arena, "size=%" PRIu64, tmpfs->size),
		arena_printf(arena, "uid=%" PRIu64, tmpfs->uid),
		arena_printf(arena, "gid=%" PRIu64, tmpfs->gid),
		arena_printf(arena, "mode=%o", tmpfs->mode),
		tmpfs->keeps ? "tmpcopyup" : NULL,
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (words[i])
			json_append(arena, options, NULL, json_new_str(arena, words[i]));
	}
	json_append(arena, mount, "destination", json_new_str(arena, tmpfs->path));
	json_append(arena, mount, "type", json_new_str(arena, "tmpfs"));
	json_append(arena, mount, "source", json_new_str(arena, "tmpfs"));
	json_append(arena, mount, "options", options);
	return mount;
}

static void add(struct plan *plan, const struct tmpfs *tmpfs)
{
	static const char reason[] = "programs write here, and the root is read-only now";
	struct edit *ed = plan->ed;
	struct json *list = json_get(edit_doc(ed), "mounts");
	struct json *mount = mount_node(edit_arena(ed), tmpfs);

	if (list) {
		edit_insert(ed, EDIT_COMP, reason, list, plan->last, NULL, mount);
	} else {
		list = json_new(edit_arena(ed), JSON_ARRAY);
		json_append(edit_arena(ed), list, NULL, mount);
		edit_set(ed, EDIT_COMP, reason, list, "mounts");
	}
	plan->last = mount;
	plan->added[plan->added_count++] = *tmpfs;
}

int rootfs_add_tmpfs(struct edit *ed, const struct json *cfg, int root_fd, struct error *e)
{
	struct plan *plan = arena_alloc(edit_arena(ed), sizeof(*plan));
	struct tmpfs rules[MAX_TMPFS] = { 0 };
	size_t count;

	plan->ed = ed;
	plan->root_fd = root_fd;
	if (read_rules(rules, &count, plan, json_find(cfg, "tmpfs"), e) < 0 ||
	    read_mounts(plan, e) < 0)
		return -1;

	for (size_t i = 0; i < count; i++) {
		int is_there;

		if (is_kernel_tree(rules[i].path) || text_equal(rules[i].path, "/")) {
			skip(plan, &rules[i], "in this image it leads to the engine's own mounts");
			continue;
		}
		if (is_taken(plan, &rules[i]))
			continue;
		is_there = look_at_target(plan, &rules[i], e);
		if (is_there < 0)
			return -1;
		if (is_there)
			add(plan, &rules[i]);
	}
	return 0;
}
