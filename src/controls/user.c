/*
 * As whom a container runs. Uid 0 without a user namespace is the host's root for every file and
 * every check of the kernel that asks for a uid, whatever capabilities are left. So 0 becomes the
 * policy's uid, together with group 0; a user that image or person chose stays.
 *
 * Changing the user has consequences inside, and they are dealt with in the files beside this one:
 * additional groups, HOME, owners of tmpfs mounts, volumes that the new user could not write.
 */
#include "control_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "idmap.h"
#include "passwd.h"
#include "policy.h"
#include "rootfs.h"
#include "text.h"
#include "user_parts.h"

/* The gid where a setting names none; "nonroot" of distroless images. */
#define NONROOT_GID 65532

#define UMASK_PODMAN 022 /* what podman writes when nobody says --umask */

/* "UID:GID", both above 0. */
static bool parse_pair(const char *text, uint64_t *ret_uid, uint64_t *ret_gid)
{
	const char *colon = strchr(text, ':');
	char uid[16];

	if (!colon || (size_t)(colon - text) >= sizeof(uid))
		return false;
	memcpy(uid, text, (size_t)(colon - text));
	uid[colon - text] = '\0';
	return parse_u64(uid, ret_uid) == 0 && parse_u64(colon + 1, ret_gid) == 0 && *ret_uid > 0 &&
	       *ret_uid <= ID_MAX && *ret_gid > 0 && *ret_gid <= ID_MAX;
}

/* useradd(8): the names that exist in practice; anything else cannot be looked up either. */
static bool is_user_name(const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t len = strlen(name);

	return len > 0 && len <= 32 && name[0] != '-' && strspn(name, allowed) == len;
}

static int check_root(const struct json *value, struct error *e)
{
	const char *text = json_text(value);
	uint64_t uid, gid;

	if (text_equal(text, "keep") || text_equal(text, "refuse") ||
	    (text_starts(text, "name:") && is_user_name(text + strlen("name:"))) ||
	    parse_pair(text, &uid, &gid))
		return 0;
	if (text_starts(text, "range:"))
		return error_set(e, ERR_POLICY, "ranges are not in this version of mantlet");
	return error_set(e, ERR_POLICY,
			 "not \"UID:GID\" with both above 0, \"keep\", \"refuse\" or "
			 "\"name:USER\"");
}

/* Octal, as umask(1) takes it. */
static bool parse_umask(const char *text, uint64_t *ret_umask)
{
	size_t len = strlen(text);

	if (len < 3 || len > 4 || strspn(text, "01234567") != len)
		return false;
	*ret_umask = strtoul(text, NULL, 8);
	return *ret_umask <= 0777;
}

static int check_umask(const struct json *value, struct error *e)
{
	uint64_t umask;

	if (parse_umask(json_text(value), &umask))
		return 0;
	return error_set(e, ERR_POLICY, "not an octal umask such as \"022\" or \"077\"");
}

static const struct setting settings[] = {
	{ .key = "root", .type = SETTING_TEXT, .check = check_root },
	{ .key = "root_group",
	  .type = SETTING_WORD,
	  .words = (const char *const[]){ "replace", "keep", NULL } },
	{ .key = "groups", .type = SETTING_MAP, .check = user_check_groups },
	{ .key = "umask", .type = SETTING_TEXT, .check = check_umask },
	{ .key = "volumes",
	  .type = SETTING_WORD,
	  .words = (const char *const[]){ "refuse", "leave", NULL } },
	{ .key = NULL },
};

int user_root_fd(struct user *user, struct error *e)
{
	if (user->root_fd >= 0)
		return user->root_fd;
	if (user->is_root_looked || edit_scope(user->ed) != SCOPE_SPEC)
		return error_set(e, ERR_SPEC, "the image is not at hand");
	user->is_root_looked = true;
	if (rootfs_open(&user->root_fd, user->ed, e) < 0)
		return -1;
	return user->root_fd;
}

static const char *uid_words(const struct user *user, uint64_t uid)
{
	struct edit *ed = user->ed;
	bool is_exec = edit_scope(ed) == SCOPE_PROCESS;

	return arena_printf(edit_arena(ed), "%s%s %" PRIu64, is_exec ? "exec " : "",
			    edit_words(ed, "-u", "securityContext.runAsUser", "process.user.uid"),
			    uid);
}

/* setresuid(2) takes 2^32-1 for "leave it as it is", which would leave root; some kernels and file
 * systems keep fewer bits, and 65536 is then 0. Only the first is certain on every host of today.
 */
static void check_range(const struct user *user)
{
	struct edit *ed = user->ed;
	bool is_bad = user->uid > ID_MAX || user->gid > ID_MAX;

	json_each (gid, json_get(edit_doc(ed), "process", "user", "additionalGids"))
		is_bad = is_bad || json_u64(edit_doc(ed), gid, UINT64_MAX) > ID_MAX;
	if (is_bad)
		edit_refuse(ed, "user-range",
			    arena_printf(edit_arena(ed),
					 "%s:%" PRIu64 " or one of its groups is no possible id",
					 uid_words(user, user->uid), user->gid),
			    "use ids up to 2147483647");
}

static bool refuse_name(struct user *user, const char *asked)
{
	edit_refuse(user->ed, "user-name", asked,
		    edit_words(user->ed, "use -u UID:GID", "set securityContext.runAsUser",
			       "set process.user"));
	return false;
}

/* "name:postgres" in the image: 999 in Debian's, 70 in Alpine's, one profile for both. */
static bool look_up(struct user *user, const char *name, uint64_t *ret_uid, uint64_t *ret_gid)
{
	struct edit *ed = user->ed;
	struct error e = { 0 };
	struct passwd_entry entry;
	int root_fd, found = -1;

	if (edit_scope(ed) != SCOPE_SPEC)
		return refuse_name(user,
				   arena_printf(edit_arena(ed),
						"root becomes '%s' of the image here, and there is "
						"no record of this container to say who that is",
						name));
	root_fd = user_root_fd(user, &e);
	if (root_fd >= 0)
		found = passwd_by_name(&entry, root_fd, name, edit_arena(ed), &e);
	if (found < 0)
		return refuse_name(user,
				   arena_printf(edit_arena(ed),
						"root becomes '%s' of the image here, and: %s",
						name, e.message));
	if (!found || entry.uid == 0 || entry.uid > ID_MAX || entry.gid > ID_MAX)
		return refuse_name(
			user,
			arena_printf(edit_arena(ed),
				     "root becomes '%s' here, and the image's /etc/passwd has no "
				     "such user%s",
				     name, found ? " that is not root" : ""));
	*ret_uid = entry.uid;
	*ret_gid = entry.gid > 0 ? entry.gid : NONROOT_GID;
	return true;
}

/* Whom uid 0 becomes; at exec: who the container runs as. False: it was refused. */
static bool target(struct user *user, const char *root, uint64_t *ret_uid, uint64_t *ret_gid)
{
	const struct create_request *created = &edit_facts(user->ed)->created;

	if (edit_scope(user->ed) == SCOPE_PROCESS && created->is_known && created->final_uid > 0) {
		*ret_uid = created->final_uid;
		*ret_gid = created->final_gid;
		return true;
	}
	if (parse_pair(root, ret_uid, ret_gid))
		return true;
	if (text_starts(root, "name:"))
		return look_up(user, root + strlen("name:"), ret_uid, ret_gid);
	edit_refuse(user->ed, "user-root",
		    arena_printf(edit_arena(user->ed), "%s is root, by request or by image",
				 uid_words(user, 0)),
		    edit_words(user->ed, "use -u UID:GID or an image with a USER",
			       "set securityContext.runAsUser", "set process.user.uid above 0"));
	return false;
}

/* Group for a user that was chosen, but came with root's. */
static uint64_t target_gid(const struct user *user)
{
	const struct create_request *created = &edit_facts(user->ed)->created;
	uint64_t uid, gid;

	if (edit_scope(user->ed) == SCOPE_PROCESS && created->is_known && created->final_gid > 0)
		return created->final_gid;
	return parse_pair(policy_word(user->cfg, "root", ""), &uid, &gid) ? gid : NONROOT_GID;
}

/* Docker sends uid 0 for `exec -u 0` and for nothing at all, when the image has no user. Without a
 * record nobody can tell, and every health check comes this way. */
static enum edit_class class_of_root(const struct user *user)
{
	const struct create_request *created = &edit_facts(user->ed)->created;

	if (edit_scope(user->ed) == SCOPE_PROCESS && created->is_known && created->uid != 0)
		return EDIT_ASK;
	return EDIT_TRIM;
}

/* "cannot set uid to unmapped user" is all that the runtime would say. */
static void check_mapped(const struct user *user)
{
	struct json_doc *doc = edit_doc(user->ed);
	uint64_t host;

	if (edit_scope(user->ed) != SCOPE_SPEC)
		return;
	if (idmap_host(&host, doc, "uidMappings", user->uid) != IDMAP_UNMAPPED &&
	    idmap_host(&host, doc, "gidMappings", user->gid) != IDMAP_UNMAPPED)
		return;
	edit_refuse(user->ed, "user-unmapped",
		    arena_printf(edit_arena(user->ed),
				 "root becomes %" PRIu64 ":%" PRIu64
				 " here, which the container's user namespace does not hold",
				 user->uid, user->gid),
		    edit_words(user->ed, "use -u UID:GID within it, or a larger range of ids",
			       "set securityContext.runAsUser within it",
			       "set process.user within uidMappings and gidMappings"));
}

static void write_ids(struct user *user, enum edit_class class)
{
	static const char reason[] = "uid 0 is the host's root wherever only the uid is asked for";
	static const char group_reason[] =
		"root's and the host's system groups open what is the host's";
	struct edit *ed = user->ed;
	struct arena *arena = edit_arena(ed);
	bool is_changed = user->is_uid_changed ||
			  json_u64(edit_doc(ed), json_get(edit_doc(ed), "process", "user", "gid"),
				   0) != user->gid;

	if (!is_changed)
		return;
	if (user->is_uid_changed)
		edit_set(ed, class, reason, json_new_u64(arena, user->uid), "process", "user",
			 "uid");
	edit_set(ed, class, group_reason, json_new_u64(arena, user->gid), "process", "user", "gid");
	check_mapped(user);
}

static void settle_root(struct user *user)
{
	struct edit *ed = user->ed;
	const char *root = policy_word(user->cfg, "root", "refuse");
	enum edit_class class = class_of_root(user);
	uint64_t uid, gid;

	/* "refuse", and whatever else is no user, is refused by target(). */
	if (text_equal(root, "keep") || !target(user, root, &uid, &gid))
		return;

	user->drops_root_group = true;
	user->is_uid_changed = true;
	user->uid = uid;
	/* -u 0:6 would leave group disk behind; a group from 1000 on was chosen and is nobody's
	 * key.
	 */
	if (user->gid < GROUP_SYSTEM_END)
		user->gid = gid;
	write_ids(user, class);
	if (class == EDIT_ASK)
		edit_ask(ed, "exec-root",
			 arena_printf(edit_arena(ed),
				      "%s asks for root in a container that runs as %" PRIu64,
				      uid_words(user, 0), user->uid),
			 edit_words(ed, "leave -u out", "leave it out", "leave the user out"));
}

/* -u 1000:6 is group disk as well as --group-add 6 is. */
static void settle_key(struct user *user)
{
	struct arena *arena = edit_arena(user->ed);

	edit_ask(user->ed, "host-group",
		 arena_printf(arena, "%s:%" PRIu64 " is a system group of the host",
			      uid_words(user, user->uid), user->gid),
		 "leave the group out, or use one of 1000 or above");
	user->gid = target_gid(user);
	write_ids(user, EDIT_ASK);
}

static void settle_ids(struct user *user)
{
	user->drops_root_group =
		text_equal(policy_word(user->cfg, "root_group", "replace"), "replace");
	if (user->uid == 0) {
		/* Where uid 0 stays, group 0 adds nothing to it. */
		user->drops_root_group = false;
		settle_root(user);
	} else if (user->gid == 0 && user->drops_root_group) {
		user->gid = target_gid(user);
		write_ids(user, EDIT_TRIM);
	} else if (user_gid_is_key(user, user->gid)) {
		settle_key(user);
	}
}

/* A umask can only take permissions away, so the two are combined. */
static void settle_umask(const struct user *user)
{
	struct edit *ed = user->ed;
	struct json *node = json_get(edit_doc(ed), "process", "user", "umask");
	const char *text = policy_word(user->cfg, "umask", NULL);
	uint64_t asked = json_u64(edit_doc(ed), node, 0), policy;
	enum edit_class class = EDIT_ASK;

	if (!text || !parse_umask(text, &policy) || (node && (asked & policy) == policy))
		return;
	if (!node)
		class = EDIT_FILL;
	else if (asked == UMASK_PODMAN)
		class = EDIT_TRIM;
	edit_set(ed, class, "new files must not be writable for everybody",
		 json_new_u64(edit_arena(ed), asked | policy), "process", "user", "umask");
	if (class == EDIT_ASK)
		edit_ask(ed, "umask",
			 arena_printf(edit_arena(ed),
				      "%s 0%03" PRIo64 " gives others more than the policy's %s",
				      edit_words(ed, "--umask", "the runtime's umask",
						 "process.user.umask"),
				      asked, text),
			 "leave it out");
}

static void settle(struct user *user)
{
	check_range(user);
	settle_ids(user);
	user_settle_groups(user);
	settle_umask(user);
	user_settle_home(user);
	if (edit_scope(user->ed) == SCOPE_SPEC) {
		user_own_tmpfs(user);
		user_check_volumes(user);
	}
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	struct json_doc *doc = edit_doc(ed);
	struct user user = { .ed = ed, .cfg = cfg, .root_fd = -1 };

	if (!json_get(doc, "process"))
		return error_set(e, ERR_SPEC, "config.json has no \"process\"");
	user.asked_uid = json_u64(doc, json_get(doc, "process", "user", "uid"), 0);
	user.uid = user.asked_uid;
	user.gid = json_u64(doc, json_get(doc, "process", "user", "gid"), 0);

	settle(&user);
	close_fd_at(&user.root_fd);
	return 0;
}

const struct control control_user = {
	.id = "user",
	.title = "Run as a user that is not root",
	.refs = REFS("CIS-Docker-1.6.0/4.1", "CIS-Docker-1.6.0/5.24",
		     "PSS/restricted/running-as-non-root",
		     "PSS/restricted/running-as-non-root-user"),
	.settings = settings,
	.scopes = ON_SPEC | ON_PROCESS,
	.apply = apply,
};
