/*
 * The cgroup that holds the container.
 *
 * Every limit is written there, and whoever may name it can leave the engine's tree, share the
 * group of another container, or take "/" and be limited by nothing. So the path must be what the
 * engine writes by itself, or lie under a parent that the policy names; it ends with the
 * container's id, which makes it nobody else's. A path that is absent is fine: the runtime then
 * makes one from the id.
 *
 * With the systemd driver the path reads SLICE:PREFIX:NAME and means the scope PREFIX-NAME.scope in
 * that slice (runc docs/systemd.md).
 */
#include <string.h>

#include "control.h"
#include "control_table.h"
#include "policy.h"
#include "text.h"

/*
 * What engines write when nobody asks. $ID is the container's id, $NS containerd's namespace; the
 * rest is a glob. In Kubernetes it is the kubelet that names the pod's group, no field of a pod
 * does, and it may have a root of its own above (--cgroup-root).
 */
struct shape {
	enum engine engine;
	const char *pattern;
};

static const struct shape shapes[] = {
	{ ENGINE_DOCKER, "/docker/$ID" },
	{ ENGINE_DOCKER, "system.slice:docker:$ID" },
	{ ENGINE_PODMAN, "/libpod_parent/libpod-$ID" },
	{ ENGINE_PODMAN, "/libpod_parent/*/libpod-$ID" }, /* in a pod */
	{ ENGINE_PODMAN, "machine.slice:libpod:$ID" },
	{ ENGINE_PODMAN, "machine-libpod_pod_*.slice:libpod:$ID" },
	{ ENGINE_CTR, "/$NS/$ID" },
	{ ENGINE_CTR, "system.slice:nerdctl:$ID" },
	{ ENGINE_CRI, "/kubepods*/**/$ID" },
	{ ENGINE_CRI, "/**/kubepods*/**/$ID" },
	{ ENGINE_CRI, "kubepods*.slice:cri-containerd:$ID" },
	{ ENGINE_CRI, "*-kubepods-*.slice:cri-containerd:$ID" },
	{ ENGINE_CRI, "/$NS/$ID" },
	{ ENGINE_CRIO, "/kubepods*/**/crio-$ID" },
	{ ENGINE_CRIO, "/**/kubepods*/**/crio-$ID" },
	{ ENGINE_CRIO, "kubepods*.slice:crio:$ID" },
	{ ENGINE_CRIO, "*-kubepods-*.slice:crio:$ID" },
	{ ENGINE_CRIO, "system.slice:crio:$ID" },
	{ ENGINE_BUILDKIT, "/buildkit/$ID" },
	{ ENGINE_BUILDKIT, "/docker/buildkit/$ID" },
	{ ENGINE_PLAIN, "/$ID" },
	{ ENGINE_PLAIN, "system.slice:runc:$ID" },
};

/* "k8s.io" of …/io.containerd.runtime.v2.task/k8s.io/ID; containerd's "default" elsewhere. */
static const char *containerd_namespace(struct arena *arena, const char *bundle)
{
	static const char tasks[] = "/io.containerd.runtime.v2.task/";
	const char *start = bundle ? strstr(bundle, tasks) : NULL;
	size_t len;

	if (!start)
		return "default";
	start += sizeof(tasks) - 1;
	len = strcspn(start, "/");
	return arena_memdup(arena, start, len);
}

static const char *expand(struct arena *arena, const char *pattern, const struct facts *facts)
{
	auto_strbuf struct strbuf out = { 0 };

	for (; *pattern; pattern++) {
		if (text_starts(pattern, "$ID")) {
			strbuf_puts(&out, facts->id);
			pattern += strlen("$ID") - 1;
		} else if (text_starts(pattern, "$NS")) {
			strbuf_puts(&out, containerd_namespace(arena, facts->bundle));
			pattern += strlen("$NS") - 1;
		} else {
			strbuf_add(&out, pattern, 1);
		}
	}
	return arena_strdup(arena, strbuf_text(&out));
}

/* Neither "..", "." and "//" nor anything that systemd or a shell would read as more than a name.
 */
static bool is_sound_path(const char *path)
{
	for (const char *at = path; at; at = strchr(at + 1, '/')) {
		size_t len = strcspn(at + 1, "/");

		if (*at != '/' || len == 0 || (len <= 2 && strspn(at + 1, ".") >= len))
			return false;
	}
	return true;
}

static bool is_sound(const char *path)
{
	const char *colon = strchr(path, ':');

	for (const char *at = path; *at; at++) {
		if (*at <= ' ' || *at > '~' || strchr("*?[]{}\"'`$", *at))
			return false;
	}
	if (!colon)
		return is_sound_path(path);
	return !strchr(path, '/') && colon - path > 6 && memcmp(colon - 6, ".slice", 6) == 0 &&
	       strchr(colon + 1, ':') && strchr(colon + 1, ':') == strrchr(path, ':');
}

/* A bundle that no engine is known for may come from any of them. */
static bool is_engines_own(struct edit *ed, const char *path)
{
	const struct facts *facts = edit_facts(ed);

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		if ((shapes[i].engine == facts->engine || facts->engine == ENGINE_PLAIN) &&
		    glob_match(expand(edit_arena(ed), shapes[i].pattern, facts), path))
			return true;
	}
	return false;
}

/* The last part of either form is the id, behind nothing but an engine's own prefix: "a-b" may be
 * the id of another container. */
static bool ends_with_id(const char *path, const char *id)
{
	static const char *const prefixes[] = { "libpod-", "libpod-payload-", "crio-", "docker-",
						NULL };
	const char *name = strrchr(path, strchr(path, ':') ? ':' : '/') + 1;

	if (text_equal(name, id))
		return true;
	for (const char *const *prefix = prefixes; *prefix; prefix++) {
		if (text_starts(name, *prefix) && text_equal(name + strlen(*prefix), id))
			return true;
	}
	return false;
}

/* The parent is PARENT, or below it: "/a" holds "/a/b", "a.slice" holds "a-b.slice". */
static bool is_below(const char *path, const char *parent)
{
	size_t len = strlen(parent);

	if (parent[0] == '/')
		return text_starts(path, parent) && (path[len] == '/' || len == 1);
	len -= strlen(".slice");
	return strncmp(path, parent, len) == 0 &&
	       (path[len] == '-' || text_starts(path + len, ".slice:"));
}

static bool is_allowed(const struct json *cfg, const char *path, const char *id)
{
	if (!ends_with_id(path, id))
		return false;
	json_each (parent, json_find(cfg, "parents")) {
		if (is_below(path, parent->text))
			return true;
	}
	return false;
}

/* What this engine would have written; NULL: nothing, so that the runtime makes one from the id. */
static const char *engines_default(struct edit *ed, bool is_systemd)
{
	const struct facts *facts = edit_facts(ed);

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		if (facts->engine != ENGINE_PLAIN && shapes[i].engine == facts->engine &&
		    (strchr(shapes[i].pattern, ':') != NULL) == is_systemd)
			return expand(edit_arena(ed), shapes[i].pattern, facts);
	}
	return NULL;
}

/* Length of what a person typed: docker and podman put "/ID" or "/libpod-ID" behind it. */
static size_t parent_len(const struct edit *ed, const char *path)
{
	enum engine engine = edit_facts(ed)->engine;
	const char *slash = strrchr(path, '/');

	if ((engine != ENGINE_DOCKER && engine != ENGINE_PODMAN) || !slash || slash == path ||
	    !text_ends(slash, edit_facts(ed)->id))
		return strlen(path);
	return (size_t)(slash - path);
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	static const char reason[] = "the container stays under the engine's own cgroup";
	static const char remedy[] = "remove it";
	const struct facts *facts = edit_facts(ed);
	struct json *node = json_get(edit_doc(ed), "linux", "cgroupsPath");
	const char *path = json_text(node), *instead, *asked;
	char quoted[QUOTED_SIZE];

	/* "" is absent for every runtime. */
	if (!path || !*path)
		return 0;
	if (!facts->id || !*facts->id)
		return error_set(e, ERR_SPEC, "the container has no id to judge its cgroup by");
	if (is_sound(path) && (is_engines_own(ed, path) || is_allowed(cfg, path, facts->id)))
		return 0;

	asked = arena_printf(
		edit_arena(ed), "%s '%s' leaves the engine's cgroup",
		edit_words(ed, "--cgroup-parent", "the pod's cgroup parent", "linux.cgroupsPath"),
		error_quote(quoted, path, parent_len(ed, path)));
	switch (facts->engine) {
	case ENGINE_CRI:
	case ENGINE_CRIO:
		/* Its pod's group is known to the kubelet alone; outside it the pod's limits end.
		 */
		edit_refuse(ed, "cgroup-parent", asked,
			    "let the kubelet name it, or add the parent to the policy");
		return 0;
	case ENGINE_PLAIN:
	case ENGINE_DOCKER:
	case ENGINE_CTR:
	case ENGINE_PODMAN:
	case ENGINE_BUILDAH:
	case ENGINE_BUILDKIT:
		break;
	}
	edit_ask(ed, "cgroup-parent", asked, remedy);
	instead = engines_default(ed, facts->is_systemd_cgroup || strchr(path, ':'));
	if (instead)
		edit_replace(ed, EDIT_ASK, reason, node, json_new_str(edit_arena(ed), instead));
	else
		edit_remove(ed, EDIT_ASK, reason, node);
	return 0;
}

static int check_parent(const struct json *value, struct error *e)
{
	const char *text = value->text;

	if (text[0] == '/' ? text_equal(text, "/") || is_sound_path(text)
			   : text_ends(text, ".slice") && text[0] != '-' && text[0] != '.' &&
				     !strpbrk(text, "/:"))
		return 0;
	return error_set(e, ERR_POLICY, "not an absolute cgroup path or the name of a slice");
}

static const struct setting settings[] = {
	{ .key = "parents", .type = SETTING_LIST, .check = check_parent },
	{ .key = NULL },
};

const struct control control_cgroup = {
	.id = "cgroup",
	.title = "Keep the container under the engine's own cgroup",
	.refs = REFS("CIS-Docker-1.6.0/5.25"),
	.settings = settings,
	.scopes = ON_SPEC,
	.apply = apply,
};
