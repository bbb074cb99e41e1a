/*
 * HOME after the user was changed. Programs keep their settings there, and root's home is closed to
 * everybody else: they would fail with a message about a file that nobody knows. The new user's
 * home is what the image's /etc/passwd says, "/" when it does not know the number.
 */
#include "user_parts.h"

#include <string.h>

#include "passwd.h"
#include "text.h"

#define MAX_HOME 1024

/* The image's text goes into the document: an absolute path of plain characters, or "/". */
static const char *usable(const char *home)
{
	size_t len = strlen(home);

	if (home[0] != '/' || len > MAX_HOME)
		return "/";
	for (size_t i = 0; i < len; i++) {
		if (home[i] <= ' ' || home[i] > '~')
			return "/";
	}
	return home;
}

static const char *home_of(struct user *user, uint64_t uid, const char *fallback)
{
	struct error ignored = { 0 };
	struct passwd_entry entry;
	int root_fd = user_root_fd(user, &ignored);

	if (root_fd >= 0 &&
	    passwd_by_uid(&entry, root_fd, uid, edit_arena(user->ed), &ignored) == 1)
		return usable(entry.home);
	return fallback;
}

void user_settle_home(struct user *user)
{
	static const char reason[] = "the user was changed, and root's home is closed to it";
	struct edit *ed = user->ed;
	bool is_exec = edit_scope(ed) == SCOPE_PROCESS, has_home = false;
	struct json *env = json_get(edit_doc(ed), "process", "env"), *next;
	const char *root_home, *home, *variable;
	struct json *fresh;

	if (!user->is_uid_changed)
		return;
	root_home = is_exec ? "/root" : home_of(user, 0, "/root");
	home = is_exec ? "/" : home_of(user, user->uid, "/");
	variable = arena_printf(edit_arena(ed), "HOME=%s", home);

	/* More than one is possible, and which of them counts depends on the program. */
	for (struct json *item = json_first(env); item; item = next) {
		const char *value;

		next = item->next;
		if (!text_starts(json_text(item), "HOME="))
			continue;
		value = json_text(item) + strlen("HOME=");
		has_home = true;
		if (value[0] != '\0' && !text_equal(value, "/root") &&
		    !text_equal(value, root_home))
			continue;
		/* Within a running container the image is not at hand. The runtime looks the new
		 * user up there when nobody names a HOME. */
		if (is_exec)
			edit_remove(ed, EDIT_COMP, reason, item);
		else
			edit_replace(ed, EDIT_COMP, reason, item,
				     json_new_str(edit_arena(ed), variable));
	}
	if (has_home || is_exec)
		return;
	if (env) {
		edit_append(ed, EDIT_COMP, reason, env, NULL,
			    json_new_str(edit_arena(ed), variable));
		return;
	}
	fresh = json_new(edit_arena(ed), JSON_ARRAY);
	json_append(edit_arena(ed), fresh, NULL, json_new_str(edit_arena(ed), variable));
	edit_set(ed, EDIT_COMP, reason, fresh, "process", "env");
}
