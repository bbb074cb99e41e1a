/*
 * Which bind sources are the engine's own.
 *
 * Engines write files for a container (hosts, resolv.conf, a shared memory directory) and mount
 * them into it, and volumes live in a directory of theirs. Where that directory is, only the engine
 * knows: tests, live systems and sites root it elsewhere. So such paths are recognised by their
 * shape, and the shape holds the id of this very container: anybody may ask for
 * "-v /var/lib/docker/containers/OTHER/hosts:/etc/hosts", and the file of another container is
 * only right when that container's network is joined. Who owns the directories is looked at
 * elsewhere (mount_source.c).
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "fdio.h"
#include "mounts.h"
#include "nsfs.h"
#include "rootfs.h"
#include "text.h"

#define MAX_PARTS 64U
#define MAX_CGROUP_TEXT ((size_t)64 * 1024)
#define CRI_DIR "io.containerd.grpc.v1.cri"

/* A path cut into names. */
struct parts {
	const char *names[MAX_PARTS];
	size_t count;
};

static bool split(struct parts *parts, const char *path, struct arena *arena)
{
	parts->count = 0;
	while (*path) {
		size_t len = strcspn(path, "/");

		if (len) {
			if (parts->count == MAX_PARTS)
				return false;
			parts->names[parts->count++] = arena_memdup(arena, path, len);
		}
		path += len + (path[len] == '/');
	}
	return true;
}

/* The Nth name from the end (0: last); "" when there are not so many. */
static const char *from_end(const struct parts *parts, size_t nth)
{
	return nth < parts->count ? parts->names[parts->count - 1 - nth] : "";
}

/* What Docker, podman and Kubernetes call their containers: 64 hexadecimal digits. */
static bool is_long_id(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* The pod's sandbox: under Kubernetes the engine writes this annotation, and no pod can. */
static const char *sandbox_id(struct mounts *m)
{
	const char *key = m->facts->engine == ENGINE_CRI    ? "io.kubernetes.cri.sandbox-id"
			  : m->facts->engine == ENGINE_CRIO ? "io.kubernetes.cri-o.SandboxID"
							    : NULL;

	return key ? json_text(json_find(json_get(edit_doc(m->ed), "annotations"), key)) : NULL;
}

/* Process PID's control group names the container: engines put the id into it, and moving out of it
 * takes the host's root. */
static bool process_is_of(void *context, pid_t pid)
{
	const char **id = context;
	auto_arena struct arena *arena = arena_new();
	struct error ignored = { 0 };
	const char *text, *path = arena_printf(arena, "/proc/%d/cgroup", (int)pid);
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len;

	if (fd < 0 || fd_read_all(fd, MAX_CGROUP_TEXT, arena, &text, &len, path, &ignored) < 0 ||
	    !strstr(text, *id))
		return true; /* go on looking */
	*id = NULL;
	return false;
}

/* Does this container join the namespace TYPE that container ID lives in? */
static bool joins(struct mounts *m, const char *id, const char *type, const char *file)
{
	struct json_doc *doc = edit_doc(m->ed);

	if (!is_long_id(id))
		return false;
	json_each (entry, json_get(doc, "linux", "namespaces")) {
		const char *path = json_text(json_member(doc, entry, "path"));
		const char *wanted = id;
		struct ns_id ns;

		if (!path || !json_is(json_member(doc, entry, "type"), type) ||
		    ns_of_path(path, &ns) < 0)
			continue;
		(void)ns_each_process(ns, file, process_is_of, &wanted);
		if (!wanted)
			return true;
	}
	return false;
}

static enum engine_path of_container(struct mounts *m, const char *id, const char *type,
				     const char *file)
{
	if (text_equal(id, m->facts->id) || text_equal(id, sandbox_id(m)) ||
	    joins(m, id, type, file))
		return ENGINE_PATH_OWN;
	return is_long_id(id) ? ENGINE_PATH_FOREIGN : ENGINE_PATH_NONE;
}

/* NAME is one of the three files about the network, and AT is where it belongs. */
static bool is_network_file(const char *name, const char *at)
{
	static const char *const names[] = { "resolv.conf", "hosts", "hostname", NULL };

	return text_in(name, names) && text_starts(at, "/etc/") && text_equal(at + 5, name);
}

/* ROOT/containers/ID/{hosts,hostname,resolv.conf}, ROOT/containers/ID/mounts/... */
static enum engine_path docker_path(struct mounts *m, const struct parts *p, const char *at)
{
	if (text_equal(from_end(p, 2), "containers") && is_network_file(from_end(p, 0), at))
		return of_container(m, from_end(p, 1), "network", "net");
	if (text_equal(from_end(p, 3), "containers") && text_equal(from_end(p, 1), "mounts") &&
	    text_equal(from_end(p, 0), "shm") && text_equal(at, "/dev/shm"))
		return of_container(m, from_end(p, 2), "ipc", "ipc");
	/* Secrets and configurations of Swarm: this container's only. */
	for (size_t i = 0; i + 3 < p->count; i++) {
		if (text_equal(p->names[i], "containers") && is_long_id(p->names[i + 1]) &&
		    text_equal(p->names[i + 1], m->facts->id) &&
		    text_equal(p->names[i + 2], "mounts"))
			return ENGINE_PATH_OWN;
	}
	return ENGINE_PATH_NONE;
}

/* ROOT/DRIVER-containers/ID/userdata/NAME: podman, CRI-O. */
static enum engine_path podman_path(struct mounts *m, const struct parts *p, const char *at)
{
	static const char *const own[] = { ".containerenv", "passwd", "group",   "localtime",
					   "notify",        "run",    "secrets", NULL };

	for (size_t i = 0; i + 3 < p->count; i++) {
		const char *id = p->names[i + 1], *name = p->names[i + 3];
		bool is_last = i + 4 == p->count;

		if (!text_ends(p->names[i], "-containers") ||
		    !text_equal(p->names[i + 2], "userdata"))
			continue;
		if (is_last && is_network_file(name, at))
			return of_container(m, id, "network", "net");
		if (is_last && text_equal(name, "shm") && text_equal(at, "/dev/shm"))
			return of_container(m, id, "ipc", "ipc");
		if (is_last && text_equal(name, ".containerenv"))
			return of_container(m, id, "network", "net");
		if (text_in(name, own) && text_equal(id, m->facts->id))
			return ENGINE_PATH_OWN;
		/* A build's VOLUMEs, copied from the image; by hash, not by container. */
		if (m->facts->engine == ENGINE_BUILDAH && i + 5 == p->count && is_long_id(id) &&
		    text_equal(name, "buildah-volumes") && is_long_id(p->names[i + 4]))
			return ENGINE_PATH_OWN;
	}
	return ENGINE_PATH_NONE;
}

/* buildah writes its files beside the bundle's config.json, BuildKit beside the bundle. */
static enum engine_path build_path(struct mounts *m, const char *path, const struct parts *p)
{
	static const char *const buildah[] = { "/hosts", "/hostname", "/resolv.conf",
					       "/run/.containerenv", NULL };
	const char *bundle = m->facts->bundle;
	const char *id = m->facts->id;

	if (m->facts->engine == ENGINE_BUILDKIT && bundle)
		return text_equal(hostpath_dirname(path, m->arena),
				  hostpath_dirname(bundle, m->arena)) &&
				       (text_starts(from_end(p, 0), "hosts") ||
					text_equal(from_end(p, 0), "resolv.conf"))
			       ? ENGINE_PATH_OWN
			       : ENGINE_PATH_NONE;
	if (m->facts->engine != ENGINE_BUILDAH)
		return ENGINE_PATH_NONE;
	for (size_t i = 0; buildah[i]; i++) {
		const char *dir;

		if (!text_ends(path, buildah[i]))
			continue;
		dir = arena_memdup(m->arena, path, strlen(path) - strlen(buildah[i]));
		/* The id is "buildah-" and the name of the directory. */
		if (text_equal(dir, bundle) ||
		    (text_starts(id, "buildah-") && strrchr(dir, '/') &&
		     text_equal(id + strlen("buildah-"), strrchr(dir, '/') + 1)))
			return ENGINE_PATH_OWN;
	}
	return ENGINE_PATH_NONE;
}

/* containerd's CRI: .../sandboxes/ID/{hostname,...,shm}, .../containers/ID/volumes/X. */
static enum engine_path cri_path(struct mounts *m, const struct parts *p)
{
	static const char *const names[] = { "hostname", "hosts", "resolv.conf", "shm", NULL };

	if (text_equal(from_end(p, 3), CRI_DIR) && text_equal(from_end(p, 2), "sandboxes") &&
	    text_in(from_end(p, 0), names) &&
	    (text_equal(from_end(p, 1), sandbox_id(m)) || text_equal(from_end(p, 1), m->facts->id)))
		return ENGINE_PATH_OWN;
	if (text_equal(from_end(p, 4), CRI_DIR) && text_equal(from_end(p, 3), "containers") &&
	    text_equal(from_end(p, 2), m->facts->id) && text_equal(from_end(p, 1), "volumes"))
		return ENGINE_PATH_OWN;
	return ENGINE_PATH_NONE;
}

/* The pod's control group holds its uid, with "_" for "-" under systemd: of all that the document
 * says about the pod, this is what the kubelet alone writes. */
static bool is_own_pod(struct mounts *m, const char *uid)
{
	const char *cgroup = json_text(json_get(edit_doc(m->ed), "linux", "cgroupsPath"));
	char *systemd = arena_strdup(m->arena, uid);

	for (char *c = systemd; *c; c++) {
		if (*c == '-')
			*c = '_';
	}
	return cgroup && strlen(uid) >= 32 && (strstr(cgroup, uid) || strstr(cgroup, systemd));
}

/* .../kubelet/pods/UID/... */
static enum engine_path kubelet_path(struct mounts *m, const struct parts *p, const char *at)
{
	if (m->facts->engine != ENGINE_CRI && m->facts->engine != ENGINE_CRIO)
		return ENGINE_PATH_NONE;
	for (size_t i = 0; i + 3 < p->count; i++) {
		const char *kind = p->names[i + 3];
		size_t behind = p->count - (i + 4);

		if (!text_equal(p->names[i], "kubelet") || !text_equal(p->names[i + 1], "pods") ||
		    !is_own_pod(m, p->names[i + 2]))
			continue;
		if ((text_equal(kind, "etc-hosts") && text_equal(at, "/etc/hosts")) ||
		    (text_equal(kind, "volumes") && behind >= 2) ||
		    (text_equal(kind, "volume-subpaths") && behind >= 3) ||
		    (text_equal(kind, "containers") && behind == 2))
			return ENGINE_PATH_OWN;
	}
	return ENGINE_PATH_NONE;
}

/* nerdctl: ROOT/HASH/containers/NAMESPACE/ID/resolv.conf, ROOT/HASH/etchosts/NAMESPACE/ID/hosts */
static enum engine_path nerdctl_path(struct mounts *m, const struct parts *p, const char *at)
{
	bool is_own = text_equal(from_end(p, 1), m->facts->id) && is_long_id(from_end(p, 1));

	return is_own && is_network_file(from_end(p, 0), at) &&
			       (text_equal(from_end(p, 3), "containers") ||
				text_equal(from_end(p, 3), "etchosts"))
		       ? ENGINE_PATH_OWN
		       : ENGINE_PATH_NONE;
}

/* docker run --init, podman run --init: a small program of the host becomes process 1. */
static bool is_init(const struct parts *p, const char *at)
{
	static const char *const places[] = { "/sbin/docker-init", "/run/podman-init", "/dev/init",
					      NULL };
	static const char *const names[] = { "docker-init", "tini",      "tini-static",
					     "catatonit",   "dumb-init", NULL };

	return text_in(at, places) && text_in(from_end(p, 0), names);
}

/* ROOT/volumes/NAME/_data; nerdctl: ROOT/HASH/volumes/NAMESPACE/NAME/_data. */
static bool is_volume(const struct parts *p)
{
	return text_equal(from_end(p, 0), "_data") && p->count > 3 &&
	       (text_equal(from_end(p, 2), "volumes") ||
		(text_equal(from_end(p, 3), "volumes") && p->count > 4));
}

bool mount_engine_is_volume(const char *path)
{
	auto_arena struct arena *arena = arena_new();
	struct parts parts;

	return split(&parts, path, arena) && is_volume(&parts);
}

enum engine_path mount_engine_path(struct mounts *m, const char *path, const char *at)
{
	struct parts parts;
	enum engine_path is;

	if (!split(&parts, path, m->arena))
		return ENGINE_PATH_NONE;
	if (is_volume(&parts))
		return ENGINE_PATH_VOLUME;
	if (is_init(&parts, at))
		return ENGINE_PATH_READ_ONLY;
	is = docker_path(m, &parts, at);
	if (is == ENGINE_PATH_NONE)
		is = podman_path(m, &parts, at);
	if (is == ENGINE_PATH_NONE)
		is = build_path(m, path, &parts);
	if (is == ENGINE_PATH_NONE)
		is = cri_path(m, &parts);
	if (is == ENGINE_PATH_NONE)
		is = kubelet_path(m, &parts, at);
	if (is == ENGINE_PATH_NONE)
		is = nerdctl_path(m, &parts, at);
	return is;
}
