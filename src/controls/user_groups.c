/*
 * Additional groups. A number below 1000 that the host's /etc/group knows is a key to something on
 * the host: disk opens block devices, docker is root by another name, shadow reads the passwords'
 * hashes; bind mounts and devices compare numbers, not names. Docker fills the list from the
 * image's /etc/group, so what the image says there is no wish of anybody's.
 *
 * The primary group is another matter: images run as 101:101, and some group of the host may have
 * that number by chance. There only the groups that are known to be keys count, by name.
 */
#include "user_parts.h"

#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "passwd.h"
#include "text.h"

#define MAX_NAMED 5

int user_check_groups(const struct json *value, struct error *e)
{
	if (!text_equal(value->key, "keep"))
		return error_set(e, ERR_POLICY, "the only key here is 'keep'");
	if (value->type != JSON_ARRAY)
		return error_set(e, ERR_POLICY, "not a list of group numbers");
	json_each (item, value) {
		uint64_t gid;

		if (!json_number_u64(item, &gid) || gid > ID_MAX)
			return error_set(e, ERR_POLICY, "not a list of group numbers");
		if (gid == 0)
			return error_set(e, ERR_POLICY,
					 "group 0 is kept by \"root_group\": \"keep\"");
	}
	return 0;
}

/* Groups whose members read disks, memory, passwords or logs. Below 100 distributions give fixed
 * numbers; above, 999 is docker on one host and postgres in an image, and means nothing. */
static const char *const keys[] = { "adm", "dialout", "disk", "kmem",  "mem",   "shadow", "sudo",
				    "sys", "tape",    "tty",  "video", "wheel", NULL };
#define FIXED_END 100U

bool user_gid_is_key(const struct user *user, uint64_t gid)
{
	bool is_key = false;
	struct group *group;
	FILE *file;

	if (gid == 0 || gid >= FIXED_END)
		return false;
	json_each (item, json_find(json_find(user->cfg, "groups"), "keep")) {
		uint64_t kept;

		if (json_number_u64(item, &kept) && kept == gid)
			return false;
	}
	file = fopen("/etc/group", "re");
	if (!file)
		return true; /* a host that does not say which groups it has */
	while (!is_key && (group = fgetgrent(file)))
		is_key = group->gr_gid == gid && text_in(group->gr_name, keys);
	(void)fclose(file);
	return is_key;
}

/* What decides about each number; arrays, because there may be 65536 of them. */
struct groups {
	struct group_set host;  /* known on the host */
	struct group_set image; /* the image's own /etc/group gives them to this user */
	struct group_set kept;  /* by policy */
	bool is_image_known;
};

static void read_kept(struct groups *groups, const struct user *user)
{
	json_each (item, json_find(json_find(user->cfg, "groups"), "keep")) {
		uint64_t gid;

		if (json_number_u64(item, &gid) && gid < GROUP_SYSTEM_END)
			groups->kept.is_in[gid] = true;
	}
}

/* A host that does not say which groups it has could have all of them. */
static void read_host(struct groups *groups, struct arena *arena)
{
	auto_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct error ignored = { 0 };

	if (root < 0 || group_read(&groups->host, root, NULL, arena, &ignored) < 0)
		memset(groups->host.is_in, true, sizeof(groups->host.is_in));
}

/* Only decides how a dropped group is called, so a file that cannot be read is no matter. */
static void read_image(struct groups *groups, struct user *user)
{
	struct error ignored = { 0 };
	struct passwd_entry entry;
	struct arena *arena = edit_arena(user->ed);
	int root_fd;

	if (edit_scope(user->ed) != SCOPE_SPEC)
		return;
	root_fd = user_root_fd(user, &ignored);
	if (root_fd < 0)
		return;
	if (passwd_by_uid(&entry, root_fd, user->asked_uid, arena, &ignored) == 1 &&
	    group_read(&groups->image, root_fd, entry.name, arena, &ignored) == 0)
		groups->is_image_known = true;
}

static bool is_dropped(const struct user *user, const struct groups *groups, uint64_t gid)
{
	if (gid == 0)
		return user->drops_root_group;
	/* The primary group says it already. */
	if (gid >= GROUP_SYSTEM_END || gid == user->gid)
		return false;
	return groups->host.is_in[gid] && !groups->kept.is_in[gid];
}

static bool has_system_group(const struct json *list)
{
	json_each (item, list) {
		uint64_t gid;

		if (json_number_u64(item, &gid) && gid > 0 && gid < GROUP_SYSTEM_END)
			return true;
	}
	return false;
}

void user_settle_groups(struct user *user)
{
	struct edit *ed = user->ed;
	struct arena *arena = edit_arena(ed);
	struct json *list = json_get(edit_doc(ed), "process", "user", "additionalGids");
	struct json *fresh = json_new(arena, JSON_ARRAY);
	struct groups *groups = arena_alloc(arena, sizeof(*groups));
	auto_strbuf struct strbuf asked = { 0 };
	unsigned int count = 0, dropped = 0;

	if (!json_first(list))
		return;
	if (has_system_group(list)) {
		read_kept(groups, user);
		read_host(groups, arena);
		read_image(groups, user);
	}
	json_each (item, list) {
		uint64_t gid = json_u64(edit_doc(ed), item, 0);

		if (!is_dropped(user, groups, gid)) {
			json_append(arena, fresh, NULL, json_clone(arena, item));
			continue;
		}
		dropped++;
		if (gid == 0 || !groups->is_image_known || groups->image.is_in[gid])
			continue;
		if (++count <= MAX_NAMED)
			strbuf_printf(&asked, "%s%" PRIu64, asked.len ? ", " : "", gid);
	}
	if (dropped == 0)
		return;
	/* One edit for the whole list: one for each of 65536 would be quadratic. */
	edit_replace(ed, count ? EDIT_ASK : EDIT_TRIM, "these numbers are groups of the host", list,
		     fresh);
	if (count)
		edit_ask(ed, "host-group",
			 arena_printf(arena, "%s %s%s: a system group of the host has that number",
				      edit_words(ed, "--group-add",
						 "securityContext.supplementalGroups",
						 "process.user.additionalGids"),
				      strbuf_text(&asked), count > MAX_NAMED ? ", ..." : ""),
			 "use a group of 1000 or above, or ask for it in user.groups.keep");
}
