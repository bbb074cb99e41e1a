/*
 * Mounts and the user that will use them. A tmpfs that the request brought belongs to root unless
 * it says otherwise, so a program that no longer is root could not write it: it gets the final user
 * as its owner. A volume cannot be given away so easily, its files are somebody's; when the user
 * was changed and the new one could not write, that is said now, instead of failing inside where
 * nobody says why.
 */
#include "user_parts.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "idmap.h"
#include "policy.h"
#include "rootfs.h"
#include "text.h"

/* More volumes than this in one refusal help nobody. */
#define MAX_NAMED 8

/* Files and directories that engines bind into every container; programs only read them. */
static const char *const engine_files[] = {
	"/etc/hosts", "/etc/hostname",      "/etc/resolv.conf", "/etc/passwd",
	"/etc/group", "/run/.containerenv", "/run/secrets",     NULL,
};

static const struct json *options_of(struct edit *ed, const struct json *mount)
{
	return json_member(edit_doc(ed), mount, "options");
}

static bool has_option(struct edit *ed, const struct json *mount, const char *word)
{
	json_each (option, options_of(ed, mount)) {
		if (json_is(option, word))
			return true;
	}
	return false;
}

static bool is_bind(struct edit *ed, const struct json *mount)
{
	return json_is(json_member(edit_doc(ed), mount, "type"), "bind") ||
	       has_option(ed, mount, "bind") || has_option(ed, mount, "rbind");
}

/* The last word counts, for runc and crun alike. */
static bool is_read_only(struct edit *ed, const struct json *mount)
{
	bool result = false;

	json_each (option, options_of(ed, mount)) {
		if (json_is(option, "ro") || json_is(option, "rro"))
			result = true;
		else if (json_is(option, "rw") || json_is(option, "rrw"))
			result = false;
	}
	return result;
}

static const char *destination_of(struct edit *ed, const struct json *mount)
{
	const char *text = json_text(json_member(edit_doc(ed), mount, "destination"));

	return rootfs_clean_path(text ? text : "/", edit_arena(ed));
}

/* What the engine builds for itself; /dev must stay root's, or its nodes could be replaced. */
static bool is_kernel_tree(const char *destination)
{
	return rootfs_is_below(destination, "/dev") || rootfs_is_below(destination, "/proc") ||
	       rootfs_is_below(destination, "/sys");
}

static bool has_owner(struct edit *ed, const struct json *mount)
{
	json_each (option, options_of(ed, mount)) {
		if (text_starts(json_text(option), "uid=") ||
		    text_starts(json_text(option), "gid="))
			return true;
	}
	return false;
}

void user_own_tmpfs(struct user *user)
{
	static const char reason[] = "the final user must be able to write what was asked for it";
	struct edit *ed = user->ed;
	struct arena *arena = edit_arena(ed);

	if (user->uid == 0)
		return;
	json_each (mount, json_get(edit_doc(ed), "mounts")) {
		struct json *options = json_member(edit_doc(ed), mount, "options");
		const char *words[2];

		if (!json_is(json_member(edit_doc(ed), mount, "type"), "tmpfs") ||
		    is_bind(ed, mount) || has_owner(ed, mount) ||
		    is_kernel_tree(destination_of(ed, mount)))
			continue;
		words[0] = arena_printf(arena, "uid=%" PRIu64, user->uid);
		words[1] = arena_printf(arena, "gid=%" PRIu64, user->gid);
		if (!options) {
			options = json_new(arena, JSON_ARRAY);
			json_append(arena, options, NULL, json_new_str(arena, words[0]));
			json_append(arena, options, NULL, json_new_str(arena, words[1]));
			edit_append(ed, EDIT_COMP, reason, mount, "options", options);
			continue;
		}
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			edit_append(ed, EDIT_COMP, reason, options, NULL,
				    json_new_str(arena, words[i]));
	}
}

/* Looking through more groups than this is left to the kernel. */
#define MAX_GROUPS 1024

/* The final user as the host sees it. */
struct writer {
	uint64_t uid;
	uint64_t gid;
	uint64_t groups[MAX_GROUPS];
	size_t group_count;
};

static void add_groups(struct writer *writer, struct json_doc *doc)
{
	json_each (item, json_get(doc, "process", "user", "additionalGids")) {
		uint64_t host, gid = json_u64(doc, item, 0);

		if (writer->group_count == MAX_GROUPS)
			return;
		if (idmap_host(&host, doc, "gidMappings", gid) == IDMAP_MAPPED)
			writer->groups[writer->group_count++] = host;
	}
}

static bool is_in_group(const struct writer *writer, gid_t group)
{
	if (writer->gid == group || writer->group_count == MAX_GROUPS)
		return true;
	for (size_t i = 0; i < writer->group_count; i++) {
		if (writer->groups[i] == group)
			return true;
	}
	return false;
}

/* As path_resolution(7) decides: the first class that fits, and no other. A directory takes search
 * permission as well. */
static bool can_write(const struct writer *writer, const struct stat *st)
{
	unsigned int need = S_ISDIR(st->st_mode) ? 03 : 02;
	unsigned int shift = 0;

	if (writer->uid == st->st_uid)
		shift = 6;
	else if (is_in_group(writer, st->st_gid))
		shift = 3;
	return ((st->st_mode >> shift) & need) == need;
}

/* An access list may give what the mode does not say (acl(5)); it is left to the kernel. */
static bool has_acl(int fd)
{
	char link[64];

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return getxattr(link, "system.posix_acl_access", NULL, 0) > 0;
}

/* "volume 'data'" for .../volumes/data/_data, else the path itself. */
static const char *source_words(struct edit *ed, const char *source)
{
	static const char tail[] = "/_data";
	size_t len = strlen(source);
	char quoted[QUOTED_SIZE];
	const char *start, *end;

	if (text_ends(source, tail)) {
		end = source + len - strlen(tail);
		for (start = end; start > source && start[-1] != '/'; start--)
			;
		if ((size_t)(start - source) >= strlen("/volumes/") &&
		    memcmp(start - strlen("/volumes/"), "/volumes/", strlen("/volumes/")) == 0)
			return arena_printf(edit_arena(ed), "volume '%s'",
					    error_quote(quoted, start, (size_t)(end - start)));
	}
	return arena_printf(edit_arena(ed), "'%s'", error_quote(quoted, source, len));
}

static void refuse_volume(const struct user *user, const char *source, const char *destination,
			  const struct writer *writer, const struct stat *st)
{
	struct edit *ed = user->ed;
	struct arena *arena = edit_arena(ed);
	char quoted_source[QUOTED_SIZE], quoted_destination[QUOTED_SIZE];
	const char *asked, *remedy;

	(void)error_quote(quoted_source, source, strlen(source));
	(void)error_quote(quoted_destination, destination, strlen(destination));
	asked = arena_printf(
		arena, "%s at %s belongs to %u:%u mode %04o and user %" PRIu64 " cannot write it",
		source_words(ed, source), quoted_destination, st->st_uid, st->st_gid,
		st->st_mode & 07777U, user->uid);
	remedy = arena_printf(arena, "chown %" PRIu64 ":%" PRIu64 " %s on the host, or mount it %s",
			      writer->uid, writer->gid, quoted_source,
			      edit_words(ed, ":ro", "readOnly", "with option ro"));
	if (st->st_uid != 0 && (st->st_mode & S_IWUSR))
		remedy = arena_printf(
			arena, "%s, or run as its owner: %s %u:%u", remedy,
			edit_words(ed, "-u", "securityContext.runAsUser", "process.user"),
			st->st_uid, st->st_gid);
	edit_refuse(ed, "volume-not-writable", asked, remedy);
}

/* True when one was refused. */
static bool check_volume(const struct user *user, const struct writer *writer,
			 const struct json *mount)
{
	struct edit *ed = user->ed;
	const char *source = json_text(json_member(edit_doc(ed), mount, "source"));
	const char *destination = destination_of(ed, mount);
	auto_close int fd = -1;
	struct stat st;

	if (!source || !is_bind(ed, mount) || is_read_only(ed, mount) ||
	    is_kernel_tree(destination) || text_in(destination, engine_files))
		return false;
	/* O_PATH: looking at a FIFO or a device does nothing to it. What is missing, or neither a
	 * directory nor a file, is no matter of owners. */
	fd = openat(edit_facts(ed)->bundle_fd, source, O_PATH | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)) ||
	    can_write(writer, &st) || has_acl(fd))
		return false;
	refuse_volume(user, source, destination, writer, &st);
	return true;
}

void user_check_volumes(struct user *user)
{
	struct json_doc *doc = edit_doc(user->ed);
	struct writer writer = { .group_count = 0 };
	unsigned int refused = 0;

	if (!user->is_uid_changed ||
	    !text_equal(policy_word(user->cfg, "volumes", "leave"), "refuse"))
		return;
	if (idmap_host(&writer.uid, doc, "uidMappings", user->uid) != IDMAP_MAPPED ||
	    idmap_host(&writer.gid, doc, "gidMappings", user->gid) != IDMAP_MAPPED) {
		edit_note(user->ed, "volumes not looked at: the user namespace is another's");
		return;
	}
	add_groups(&writer, doc);
	json_each (mount, json_get(doc, "mounts")) {
		if (refused < MAX_NAMED && check_volume(user, &writer, mount))
			refused++;
	}
}
