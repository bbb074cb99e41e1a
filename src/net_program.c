/*
 * The hook runs as root on the host before every container, so its program is trusted like the
 * runtime: found by our own place and never by $PATH, and nobody but root can have written it. Its
 * environment is explicit, for runc 1.1 would hand it its own, and crun always does.
 */
#include "net_program.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "fdio.h"
#include "text.h"

#define NAME "mantlet-net"
#define HOOK_STAGE "createRuntime"
#define HOOK_PATH "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
#define HOOK_SECONDS 10

/* The directory of our own program; while it is being upgraded the old one has no name any more. */
static int own_directory(char buf[static PATH_MAX], struct error *e)
{
	static const char deleted[] = " (deleted)";
	ssize_t len = readlink("/proc/self/exe", buf, PATH_MAX - 1);
	char *slash;

	if (len <= 0)
		return error_sys(e, "the place of mantlet's own program cannot be told");
	buf[len] = '\0';
	if (text_ends(buf, deleted))
		buf[(size_t)len - strlen(deleted)] = '\0';
	slash = strrchr(buf, '/');
	if (!slash)
		return error_set(e, ERR_SYSTEM,
				 "the place of mantlet's own program cannot be told");
	*slash = '\0';
	return 0;
}

/* 1 and *RET_PATH, 0 when there is nothing, -1 when it may not be used: a program that somebody
 * tampered with is no reason to look for another one. */
static int examine(const char **ret_path, struct arena *arena, const char *path, struct error *e)
{
	auto_close int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return 0;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		return error_set(e, ERR_SYSTEM, "'%s' is not an executable file", path);
	if (fd_check_trusted(fd, path, ERR_SYSTEM, e) < 0)
		return error_wrap(e, "'%s' cannot be trusted", path);
	*ret_path = fd_path(fd, arena);
	if (!*ret_path)
		return error_set(e, ERR_SYSTEM, "'%s' was replaced just now", path);
	return 1;
}

int net_program_find(const char **ret_path, struct arena *arena, struct error *e)
{
	const char *beside, *libexec;
	char dir[PATH_MAX];
	char *slash;
	int found;

	if (own_directory(dir, e) < 0)
		return -1;
	beside = arena_printf(arena, "%s/" NAME, dir);
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	libexec = arena_printf(arena, "%s/libexec/mantlet/" NAME, dir);

	found = examine(ret_path, arena, beside, e);
	if (found == 0)
		found = examine(ret_path, arena, libexec, e);
	if (found == 0)
		return error_set(e, ERR_SYSTEM, "there is neither '%s' nor '%s'", beside, libexec);
	return found < 0 ? -1 : 0;
}

static void add(struct arena *arena, struct json *list, const char *text)
{
	json_append(arena, list, NULL, json_new_str(arena, text));
}

struct json *net_program_hook(struct arena *arena, const char *program, const char *plan)
{
	struct json *hook = json_new(arena, JSON_OBJECT);
	struct json *args = json_new(arena, JSON_ARRAY), *env = json_new(arena, JSON_ARRAY);

	add(arena, args, NAME);
	add(arena, args, "hook");
	add(arena, args, plan);
	add(arena, env, HOOK_PATH);
	json_append(arena, hook, "path", json_new_str(arena, program));
	json_append(arena, hook, "args", args);
	json_append(arena, hook, "env", env);
	json_append(arena, hook, "timeout", json_new_u64(arena, HOOK_SECONDS));
	return hook;
}

static bool is_hook_for(struct edit *ed, const char *stage, const struct json *hook,
			const char *plan)
{
	struct error ignored = { 0 };
	const char *program;

	return plan && text_equal(stage, HOOK_STAGE) &&
	       net_program_find(&program, edit_arena(ed), &ignored) == 0 &&
	       json_equal(hook, net_program_hook(edit_arena(ed), program, plan));
}

/* The plan that HOOK names; NULL when it is surely none of ours. */
static const char *plan_of(const struct json *hook)
{
	const struct json *first = json_first(json_find(hook, "args"));

	if (!first || !json_is(first, NAME) || !first->next)
		return NULL;
	return json_text(first->next->next);
}

bool net_program_is_hook(struct edit *ed, const char *stage, const struct json *hook)
{
	const char *plan = edit_facts(ed)->net_plan;

	return plan && text_equal(plan_of(hook), plan) && is_hook_for(ed, stage, hook, plan);
}

bool net_program_is_other_hook(struct edit *ed, const char *stage, const struct json *hook)
{
	return is_hook_for(ed, stage, hook, plan_of(hook));
}
