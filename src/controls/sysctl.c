/*
 * Kernel settings.
 *
 * The runtime writes them to /proc/sys as root, from inside the container's namespaces. Those that
 * belong to a namespace change the container's own network, message queues or host name; all others
 * are the host's, and so are these when the container has no such namespace of its own. So a
 * setting stays when the policy allows its name and the namespace is the container's; everything
 * else was asked for by a person, for no engine writes it by itself.
 *
 * Docker and podman write two by themselves, which let a program without capabilities bind port 80
 * and ping: they stay, with the values that those engines write.
 *
 * Names may be written with dots or with slashes, and runtimes disagree about a name that has both
 * (sysctl(8) swaps them, runc turns every dot into a slash), so such a name is nobody's.
 */
#include <string.h>

#include "control.h"
#include "control_table.h"
#include "nsfs.h"
#include "policy.h"
#include "text.h"

#define MOST_NAMED 8U /* in sentences; the journal has them all */
#define MOST_VALUE 256

struct own {
	const char *name;
	const char *values[3];
};

/* moby daemon/oci_linux.go; podman writes what containers.conf has for "default_sysctls". */
static const struct own engines_own[] = {
	{ "net.ipv4.ip_unprivileged_port_start", { "0" } },
	{ "net.ipv4.ping_group_range", { "0 2147483647", "0 0" } },
};

/* Which namespace a setting belongs to: namespaces(7), and the lists in runc's validator. */
static const char *const ipc_names[] = { "kernel.msgmax", "kernel.msgmnb",          "kernel.msgmni",
					 "kernel.sem",    "kernel.shmall",          "kernel.shmmax",
					 "kernel.shmmni", "kernel.shm_rmid_forced", NULL };
static const char *const uts_names[] = { "kernel.domainname", "kernel.hostname", NULL };

static const char *namespace_of(const char *name)
{
	if (text_starts(name, "net."))
		return "network";
	if (text_starts(name, "fs.mqueue.") || text_in(name, ipc_names))
		return "ipc";
	return text_in(name, uts_names) ? "uts" : NULL;
}

/* The name with dots, or NULL when it is none that all runtimes read alike. */
static const char *normal_name(struct arena *arena, const char *name)
{
	char *copy, *at;

	if (!*name || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "_-./") != strlen(name))
		return NULL;
	if (strchr(name, '.') && strchr(name, '/'))
		return NULL;

	copy = arena_strdup(arena, name);
	for (at = copy; *at; at++) {
		if (*at == '/')
			*at = '.';
	}
	if (copy[0] == '.' || at[-1] == '.' || strstr(copy, ".."))
		return NULL;
	return copy;
}

static bool is_host_namespace(const char *type, const char *path)
{
	struct ns_id id;

	/* What is no namespace cannot be joined either. */
	return ns_of_path(path, &id) == 0 &&
	       ns_is_host(id, text_equal(type, "network") ? "net" : type);
}

/* The container has a namespace of TYPE that is not the host's. One that an engine prepared comes
 * as a path (podman, every Kubernetes container); the control namespaces judges who may join. */
static bool has_own(struct json_doc *doc, const char *type)
{
	json_each (entry, json_get(doc, "linux", "namespaces")) {
		const char *path = json_text(json_find(entry, "path"));

		if (json_is(json_find(entry, "type"), type))
			return !path || !is_host_namespace(type, path);
	}
	return false;
}

static bool is_engines_own(const char *name, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(engines_own); i++) {
		if (text_equal(name, engines_own[i].name))
			return text_in(value, engines_own[i].values);
	}
	return false;
}

static bool is_plain_value(const char *value)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < len; i++) {
		if ((value[i] < ' ' || value[i] > '~') && value[i] != '\t')
			return false;
	}
	return len <= MOST_VALUE;
}

/* NULL when the setting may stay, else why not. NAME is NULL when it is no name. IS_OURS: the
 * policy gives it a value of its own, after this. */
static const char *verdict(struct edit *ed, const struct json *cfg, const char *name,
			   const char *value, bool is_ours)
{
	const char *type = name ? namespace_of(name) : NULL;

	if (!type)
		return "is a setting of the whole host";
	if (!has_own(edit_doc(ed), type))
		return "would change the host, whose namespace the container shares";
	if (is_ours)
		return NULL;
	if (!is_plain_value(value))
		return "has a value that is not plain text";
	if (is_engines_own(name, value) || policy_list_globs(cfg, "allow", name))
		return NULL;
	return "is not allowed by the policy";
}

static void ask(struct edit *ed, const struct json *setting, const char *why)
{
	struct arena *arena = edit_arena(ed);
	char name[QUOTED_SIZE], value[QUOTED_SIZE];

	edit_ask(ed, "sysctl",
		 arena_printf(arena, "%s %s=%s %s",
			      edit_words(ed, "--sysctl", "securityContext.sysctls", "linux.sysctl"),
			      error_quote(name, setting->key, setting->key_len),
			      error_quote(value, setting->text, setting->len), why),
		 "remove it");
}

static void drop_others(struct edit *ed, const struct json *cfg)
{
	struct arena *arena = edit_arena(ed);
	const struct json *set = json_find(cfg, "set");
	unsigned int asked = 0;
	struct json *next;

	for (struct json *child = json_first(json_get(edit_doc(ed), "linux", "sysctl")); child;
	     child = next) {
		const char *name = normal_name(arena, child->key);
		const char *why;

		next = child->next;
		why = verdict(ed, cfg, name, child->text, json_find(set, child->key) != NULL);
		if (!why)
			continue;
		if (++asked <= MOST_NAMED)
			ask(ed, child, why);
		edit_remove(ed, EDIT_ASK, why, child);
	}
	if (asked > MOST_NAMED)
		edit_ask(ed, "sysctl",
			 arena_printf(arena, "%u more kernel settings are not allowed",
				      asked - MOST_NAMED),
			 "remove them");
}

/* Two spellings of one setting: which is written last is the runtime's choice. */
static void drop_other_spellings(struct edit *ed, const char *name)
{
	struct json *next;

	for (struct json *child = json_first(json_get(edit_doc(ed), "linux", "sysctl")); child;
	     child = next) {
		next = child->next;
		if (!text_equal(child->key, name) &&
		    text_equal(normal_name(edit_arena(ed), child->key), name))
			edit_remove(ed, EDIT_COMP, "the policy sets this kernel setting", child);
	}
}

static void write_ours(struct edit *ed, const struct json *cfg)
{
	struct arena *arena = edit_arena(ed);

	json_each (setting, json_find(cfg, "set")) {
		struct json *fresh;

		if (!has_own(edit_doc(ed), namespace_of(setting->key))) {
			edit_note(ed, arena_printf(arena,
						   "%s is not set: the container shares that "
						   "namespace with the host",
						   setting->key));
			continue;
		}
		drop_other_spellings(ed, setting->key);
		fresh = json_new_strn(arena, setting->text, setting->len);
		edit_set(ed, EDIT_COMP, "the policy sets this kernel setting", fresh, "linux",
			 "sysctl", setting->key);
	}
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	drop_others(ed, cfg);
	write_ours(ed, cfg);
	return 0;
}

/* A glob that could only match settings of the host is a mistake. */
static int check_allow(const struct json *value, struct error *e)
{
	static const char *const *const lists[] = { ipc_names, uts_names };

	if (text_starts(value->text, "net.") || text_starts(value->text, "fs.mqueue."))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		for (const char *const *name = lists[i]; *name; name++) {
			if (glob_match(value->text, *name))
				return 0;
		}
	}
	return error_set(
		e, ERR_POLICY,
		"not a kernel setting of the container's own namespaces, written with dots "
		"(net.*, fs.mqueue.*, kernel.shm*, kernel.msg*, kernel.sem)");
}

static int check_set(const struct json *value, struct error *e)
{
	if (!namespace_of(value->key) || strchr(value->key, '/') || strstr(value->key, "..") ||
	    text_ends(value->key, "."))
		return error_set(e, ERR_POLICY,
				 "not a kernel setting of the container's own namespaces, written "
				 "with dots");
	if (value->type != JSON_STRING || !is_plain_value(value->text))
		return error_set(e, ERR_POLICY, "not a value in quotes (\"0\")");
	return 0;
}

static const struct setting settings[] = {
	{ .key = "allow", .type = SETTING_LIST, .check = check_allow },
	{ .key = "set", .type = SETTING_MAP, .check = check_set },
	{ .key = NULL },
};

const struct control control_sysctl = {
	.id = "sysctl",
	.title = "Allow only listed kernel settings of the container's own namespaces",
	.refs = REFS("PSS/baseline/sysctls"),
	.settings = settings,
	.scopes = ON_SPEC,
	.apply = apply,
};
