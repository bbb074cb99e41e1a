/*
 * Hooks: programs that the runtime starts as root, most of them outside the container.
 *
 * A hook is root on the host for whoever may name it, so each must be a program that the policy
 * names, exactly and without symlinks, and that nobody but root can change. Docker up to 25 brings
 * one of its own, without which there is no network: it is recognised by where its link really
 * leads and stays without being named. startContainer hooks are looked up inside the image, so no
 * policy can vouch for them.
 *
 * Hooks that stay get an explicit environment without the loader's variables. Without one, runc 1.1
 * hands them its own environment; and where a hook runs with the container's files in reach,
 * LD_PRELOAD has made root run the image's code (CVE-2025-23266).
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "control.h"
#include "control_table.h"
#include "fdio.h"
#include "net_program.h"
#include "policy.h"
#include "text.h"

#define HOOK_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *const stages[] = {
	"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
};

static bool is_digits(const char *text, size_t len)
{
	return len && strspn(text, "0123456789") >= len;
}

/* "libnetwork-setkey", "-exec-root=/run/docker", SANDBOX, CONTROLLER (moby libnetwork,
 * sandbox_externalkey_unix.go). */
static bool has_network_arguments(const struct json *args)
{
	unsigned int count = 0;

	if (!json_is(json_first(args), "libnetwork-setkey"))
		return false;
	json_each (arg, args) {
		if (count++ == 0 || text_starts(arg->text, "-exec-root=/"))
			continue;
		if (!arg->len || strspn(arg->text, "0123456789abcdef") != arg->len)
			return false;
	}
	return count <= 4;
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat first, second;

	return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
	       first.st_ino == second.st_ino;
}

/* The program behind /proc/PID/exe is called dockerd, and only root could have put it there. */
static bool is_docker_daemon(struct edit *ed, const char *path)
{
	static const char deleted[] = " (deleted)";
	auto_close int fd = -1;
	struct error why = { 0 };
	struct stat st;
	char link[4096];
	ssize_t len = readlink(path, link, sizeof(link) - 1);

	fd = open(path, O_PATH | O_CLOEXEC);
	if (len <= 0 || fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return false;
	link[len] = '\0';

	/* While a daemon outlives its upgrade, its program has no name any more; what the kernel
	 * runs is then judged by itself. */
	if (text_ends(link, deleted)) {
		link[(size_t)len - strlen(deleted)] = '\0';
		return text_ends(link, "/dockerd") && st.st_uid == 0 && !(st.st_mode & 022);
	}
	return text_ends(link, "/dockerd") && text_equal(fd_path(fd, edit_arena(ed)), link) &&
	       fd_check_trusted(fd, path, ERR_SPEC, &why) == 0;
}

/* Docker's own network hook: /proc/PID/exe, where PID is a daemon of root's beside us. A process in
 * a container has another pid namespace, whatever its program is called. */
static bool is_network_hook(struct edit *ed, const char *stage, const struct json *hook)
{
	static const char proc[] = "/proc/";
	struct arena *arena = edit_arena(ed);
	const char *path = json_text(json_find(hook, "path"));
	const char *pid = path + sizeof(proc) - 1;
	const char *dir;
	struct stat st;

	if (!text_equal(stage, "prestart") || !text_starts(path, proc) ||
	    !is_digits(pid, strcspn(pid, "/")) || !text_equal(strchr(pid, '/'), "/exe") ||
	    !has_network_arguments(json_find(hook, "args")))
		return false;

	dir = arena_printf(arena, "/proc/%.*s", (int)strcspn(pid, "/"), pid);
	if (stat(dir, &st) || st.st_uid != 0)
		return false;
	return is_same_file(arena_printf(arena, "%s/ns/pid", dir), "/proc/self/ns/pid") &&
	       is_docker_daemon(ed, path);
}

/* Judged on a descriptor; the name must be the program's own, so that no link on the way can be
 * turned round behind us. */
static int check_program(struct edit *ed, const char *path, struct error *e)
{
	auto_close int fd = -1;
	struct stat st;

	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return error_sys(e, "the program cannot be opened");
	if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		return error_set(e, ERR_SPEC, "it is not a program");
	if (!text_equal(fd_path(fd, edit_arena(ed)), path))
		return error_set(e, ERR_SPEC, "a symlink is on the way");
	return fd_check_trusted(fd, path, ERR_SPEC, e);
}

static void refuse(struct edit *ed, const char *stage, struct json *hook, const char *why,
		   const char *remedy)
{
	const struct json *path = json_find(hook, "path");
	char quoted[QUOTED_SIZE];

	edit_ask(ed, "hook",
		 arena_printf(edit_arena(ed), "%s hook '%s' %s", stage,
			      error_quote(quoted, path->text, path->len), why),
		 remedy);
	edit_remove(ed, EDIT_ASK, "only programs that the policy names run on the host", hook);
}

/* What the dynamic loader and runc's own start obey: ld.so(8). */
static bool is_dangerous(const char *variable)
{
	return text_starts(variable, "LD_") || text_starts(variable, "GLIBC_TUNABLES=") ||
	       text_starts(variable, "_LIBCONTAINER_");
}

static void settle_environment(struct edit *ed, struct json *hook)
{
	struct json *env = json_find(hook, "env"), *next;

	if (!env) {
		env = json_new(edit_arena(ed), JSON_ARRAY);
		json_append(edit_arena(ed), env, NULL, json_new_str(edit_arena(ed), HOOK_PATH));
		edit_append(ed, EDIT_FILL, "a hook does not inherit the runtime's environment",
			    hook, "env", env);
		return;
	}
	for (struct json *child = json_first(env); child; child = next) {
		next = child->next;
		if (is_dangerous(child->text))
			edit_remove(ed, EDIT_TRIM, "nobody tells a hook's loader what to load",
				    child);
	}
}

static void judge(struct edit *ed, const struct json *cfg, const char *stage, struct json *hook)
{
	const char *path = json_text(json_find(hook, "path"));
	struct error why = { 0 };

	/* To the letter the one that mantlet adds behind us: from an earlier start. */
	if (net_program_is_hook(ed, stage, hook))
		return;
	if (net_program_is_other_hook(ed, stage, hook)) {
		edit_remove(ed, EDIT_TRIM, "the firewall of another container", hook);
		return;
	}
	if (text_equal(stage, "startContainer")) {
		refuse(ed, stage, hook, "is looked up inside the image", "remove it");
		return;
	}
	if (!is_network_hook(ed, stage, hook)) {
		if (!policy_lists(cfg, "allow", path)) {
			refuse(ed, stage, hook, "runs a program on the host as root",
			       "remove it, or have the program added to the policy");
			return;
		}
		if (check_program(ed, path, &why)) {
			refuse(ed, stage, hook,
			       arena_printf(edit_arena(ed), "cannot be trusted: %s", why.message),
			       "root mends that on the host");
			return;
		}
	}
	settle_environment(ed, hook);
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	const struct json *hooks = json_get(edit_doc(ed), "hooks");

	for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
		struct json *next;

		for (struct json *hook = json_first(json_find(hooks, stages[i])); hook;
		     hook = next) {
			next = hook->next;
			judge(ed, cfg, stages[i], hook);
		}
	}
	return 0;
}

static int check_path(const struct json *value, struct error *e)
{
	const char *text = value->text;

	if (text_is_clean_path(text) && text[1])
		return 0;
	return error_set(e, ERR_POLICY, "not the absolute path of a program");
}

static const struct setting settings[] = {
	{ .key = "allow", .type = SETTING_LIST, .check = check_path },
	{ .key = NULL },
};

const struct control control_hooks = {
	.id = "hooks",
	.title = "Run only hooks that the policy names",
	.refs = REFS("CIS-Docker-1.6.0/5.5"),
	.settings = settings,
	.scopes = ON_SPEC,
	.apply = apply,
};
