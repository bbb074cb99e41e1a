/*
 * Own pid, network, ipc, uts, mount and cgroup namespaces (namespaces(7)).
 *
 * A type that is missing from the list means the host's; a type with a path may mean the host's too
 * (Docker's --network host is a path in its netns directory), so a path is judged by the inode it
 * leads to. Joining another container is for networks, and only where that container was itself
 * started through mantlet: otherwise --network container:X and --pid container:X would be ways to
 * borrow what X may do.
 */
#include <string.h>

#include "control_table.h"
#include "joined.h"
#include "nsfs.h"
#include "policy.h"
#include "text.h"

static const struct kind {
	const char *type; /* in config.json */
	const char *file; /* under /proc/PID/ns */
	const char *flag; /* what a person typed */
	const char *kubernetes;
	const char *harm;
	const char *remedy;
} kinds[] = {
	{ "pid", "pid", "--pid host", "hostPID",
	  "lets the container see and signal every process of the host",
	  "remove it; a monitoring agent needs an exception" },
	{ "network", "net", "--network host", "hostNetwork", "shares the host's network",
	  "use -p PORT:PORT on a bridge network, or join another container with --network "
	  "container:NAME" },
	{ "ipc", "ipc", "--ipc host", "hostIPC", "shares the host's shared memory and semaphores",
	  "remove it" },
	{ "uts", "uts", "--uts host", "the host's uts namespace",
	  "lets the container see and change the host's name", "remove it" },
	{ "mount", "mnt", "a missing mount namespace", "a missing mount namespace",
	  "makes the container's mounts the host's", "add {\"type\":\"mount\"}" },
	{ "cgroup", "cgroup", "--cgroupns host", "the host's cgroup namespace",
	  "shows the container the host's control groups", "remove it" },
};

static struct json *find_namespace(struct json_doc *doc, const char *type)
{
	json_each (entry, json_get(doc, "linux", "namespaces")) {
		if (json_is(json_member(doc, entry, "type"), type))
			return entry;
	}
	return NULL;
}

/* Docker on cgroup v1, podman and ctr leave the cgroup namespace out when nobody asks. */
static enum edit_class class_of_missing(const struct edit *ed, const struct kind *kind)
{
	const struct facts *facts = edit_facts(ed);

	if (!text_equal(kind->type, "cgroup"))
		return EDIT_ASK;
	return facts->engine == ENGINE_DOCKER && facts->has_cgroup_v2 ? EDIT_ASK : EDIT_TRIM;
}

static void ask_host(struct edit *ed, const struct kind *kind)
{
	struct arena *arena = edit_arena(ed);
	const char *field = arena_printf(arena, "linux.namespaces without an own '%s'", kind->type);
	const char *entry =
		arena_printf(arena, "add {\"type\":\"%s\"}, without a path", kind->type);

	edit_ask(ed, arena_printf(arena, "host-%s", kind->type),
		 arena_printf(arena, "%s %s", edit_words(ed, kind->flag, kind->kubernetes, field),
			      kind->harm),
		 edit_words(ed, kind->remedy, "remove it", entry));
}

static void ask_joined(struct edit *ed, const struct kind *kind, const struct json *path,
		       const char *why)
{
	struct arena *arena = edit_arena(ed);
	const char *flag = arena_printf(arena, "--%s container:NAME", kind->type);
	char quoted[QUOTED_SIZE];

	edit_ask(ed, arena_printf(arena, "join-%s", kind->type),
		 arena_printf(arena, "%s joins the %s namespace '%s', which is not allowed: %s",
			      edit_words(ed, flag, "the pod", "linux.namespaces"), kind->type,
			      error_quote(quoted, path->text, path->len), why),
		 "give the container its own, or share the network of a container that was started "
		 "through mantlet");
}

static void give_own(struct edit *ed, const struct kind *kind)
{
	struct arena *arena = edit_arena(ed);
	enum edit_class class = class_of_missing(ed, kind);
	struct json *list = json_get(edit_doc(ed), "linux", "namespaces");
	struct json *entry = json_new(arena, JSON_OBJECT);

	json_append(arena, entry, "type", json_new_str(arena, kind->type));
	if (class == EDIT_ASK)
		ask_host(ed, kind);
	if (list) {
		edit_append(ed, class, "an own namespace instead of the host's", list, NULL, entry);
		return;
	}
	list = json_new(arena, JSON_ARRAY);
	json_append(arena, list, NULL, entry);
	edit_set(ed, class, "an own namespace instead of the host's", list, "linux", "namespaces");
}

/* The path goes: what stays is an own, new namespace of that type. */
static void leave(struct edit *ed, struct json *path)
{
	edit_remove(ed, EDIT_ASK, "an own namespace instead of one that is not this container's",
		    path);
}

static void judge_path(struct edit *ed, const struct json *cfg, const struct kind *kind,
		       struct json *path)
{
	char quoted[QUOTED_SIZE];
	const char *why;
	struct ns_id id;

	if (ns_of_path(json_text(path), &id)) {
		edit_ask(ed, "namespace-path",
			 arena_printf(edit_arena(ed),
				      "the %s namespace path '%s' leads to no namespace",
				      kind->type, error_quote(quoted, path->text, path->len)),
			 "start the container or pod that owns it first");
		leave(ed, path);
		return;
	}
	if (ns_is_host(id, kind->file)) {
		if (policy_lists(cfg, "host", kind->type))
			return;
		ask_host(ed, kind);
		leave(ed, path);
		return;
	}
	why = joined_is_refused(ed, cfg, kind->type, kind->file, id);
	if (!why)
		return;
	ask_joined(ed, kind, path, why);
	leave(ed, path);
}

/* An own user namespace is a gain, unless it maps the host's root or comes from somewhere else. */
static void judge_user_namespace(struct edit *ed)
{
	static const char *const mappings[] = { "uidMappings", "gidMappings" };
	struct json_doc *doc = edit_doc(ed);
	const struct json *entry = find_namespace(doc, "user"), *path;

	if (!entry)
		return;
	path = json_member(doc, entry, "path");
	if (path && path->len > 0)
		edit_refuse(ed, "join-user", "joining another user namespace changes who root is",
			    "give the container its own user namespace, or none");
	for (size_t i = 0; i < ARRAY_SIZE(mappings); i++) {
		json_each (mapping, json_get(doc, "linux", mappings[i])) {
			if (json_u64(doc, json_member(doc, mapping, "hostID"), 0) != 0)
				continue;
			edit_refuse(
				ed, "map-root",
				arena_printf(edit_arena(ed),
					     "linux.%s maps id 0 of the host into the container",
					     mappings[i]),
				"map a range that no account of the host uses (subuid(5))");
		}
	}
}

/* Rarely asked for, never by an engine itself: personality(2), time_namespaces(7), resctrl,
 * set_mempolicy(2). */
static void strip_odd_fields(struct edit *ed)
{
	static const char *const host_parts[][2] = {
		{ "intelRdt", "linux.intelRdt takes part of the host's cache for the container" },
		{ "memoryPolicy", "linux.memoryPolicy can empty a memory node of the host" },
	};
	struct json_doc *doc = edit_doc(ed);
	struct json *personality = json_get(doc, "linux", "personality");
	struct json *offsets = json_get(doc, "linux", "timeOffsets");

	if (personality && (json_first(json_member(doc, personality, "flags")) ||
			    !json_is(json_member(doc, personality, "domain"), "LINUX"))) {
		edit_ask(ed, "personality",
			 "linux.personality can switch address randomisation off", "remove it");
		edit_remove(ed, EDIT_ASK, "the kernel's own personality", personality);
	}
	if (json_first(offsets)) {
		edit_ask(ed, "time-offsets", "linux.timeOffsets moves the clocks of the container",
			 "remove it");
		edit_remove(ed, EDIT_ASK, "the host's clocks", offsets);
	}
	for (size_t i = 0; i < ARRAY_SIZE(host_parts); i++) {
		struct json *part = json_get(doc, "linux", host_parts[i][0]);

		if (!json_first(part))
			continue;
		edit_ask(ed, "host-part", host_parts[i][1], "remove it");
		edit_remove(ed, EDIT_ASK, "a part of the host is not one container's", part);
	}
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct json *entry = find_namespace(edit_doc(ed), kinds[i].type);
		struct json *path = entry ? json_member(edit_doc(ed), entry, "path") : NULL;

		if (!entry && !policy_lists(cfg, "host", kinds[i].type) &&
		    ns_is_known(kinds[i].file))
			give_own(ed, &kinds[i]);
		/* An empty path is no path to runc, and an error to crun. */
		if (path && path->len == 0)
			edit_remove(ed, EDIT_TRIM, "an empty path is none", path);
		else if (path)
			judge_path(ed, cfg, &kinds[i], path);
	}
	judge_user_namespace(ed);
	strip_odd_fields(ed);
	return 0;
}

static const char *const host_words[] = { "pid", "network", "ipc", "uts", "cgroup", "user", NULL };
static const char *const join_words[] = { "network", "ipc", "uts", "pid", NULL };

static const struct setting settings[] = {
	{ .key = "host", .type = SETTING_LIST, .words = host_words },
	{ .key = "join", .type = SETTING_LIST, .words = join_words },
	{ .key = NULL },
};

const struct control control_namespaces = {
	.id = "namespaces",
	.title = "Give the container namespaces of its own",
	.refs = REFS("CIS-Docker-1.6.0/5.10", "CIS-Docker-1.6.0/5.16", "CIS-Docker-1.6.0/5.17",
		     "CIS-Docker-1.6.0/5.21", "PSS/baseline/host-namespaces"),
	.settings = settings,
	.scopes = ON_SPEC,
	.apply = apply,
};
