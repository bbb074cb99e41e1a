/*
 * A process tells its container by its control group, a part of whose path is the container's id,
 * bare ("/docker/ID") or as a systemd scope ("docker-ID.scope"). Processes inside cannot change
 * that: the group is written by the runtime, and moving out of it takes the host's root. What lies
 * below it they may have made themselves (init.scope), so the last part that is an id counts.
 */
#include "joined.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "policy.h"
#include "state.h"
#include "text.h"

#define CGROUP_SIZE 8192
#define ID_LENGTH 64 /* of the ids that engines make, in hexadecimal digits */

struct owners {
	const char *sandbox; /* this pod's sandbox, NULL outside Kubernetes */
	bool has_stranger;   /* a process without a container of ours */
	bool has_sandbox;
	char known[CGROUP_SIZE]; /* control groups of the last process that was one of ours */
};

/* The id that a part of a cgroup path may be: "ID", "docker-ID.scope", podman's "libpod-ID" below
 * cgroupfs. Cut in place. */
static const char *id_of_part(char *part)
{
	char *dash = strrchr(part, '-');

	if (!text_ends(part, ".scope"))
		return text_starts(part, "libpod-") ? part + strlen("libpod-") : part;
	part[strlen(part) - strlen(".scope")] = '\0';
	return dash ? dash + 1 : part;
}

static bool is_engines_id(const char *id)
{
	return strspn(id, "0123456789abcdef") == ID_LENGTH && id[ID_LENGTH] == '\0';
}

/* The container with a record to which this path leads, "" when it leads to none. False: to one
 * that has no record. */
static bool container_of_path(char *path, const char **ret_id)
{
	bool is_ours = true;

	*ret_id = "";
	for (char *part; (part = strsep(&path, "/"));) {
		const char *id = id_of_part(part);

		if (id[0] && state_has_container(id)) {
			*ret_id = id;
			is_ours = true;
		} else if (is_engines_id(id)) {
			is_ours = false;
		}
	}
	return is_ours;
}

/* The same for all the control groups of a process: proc(5), /proc/PID/cgroup. NULL: not ours. */
static const char *container_of_groups(char *text)
{
	const char *found = NULL;

	for (char *line; (line = strsep(&text, "\n"));) {
		const char *id;

		if (!container_of_path(line, &id))
			return NULL;
		if (id[0])
			found = id;
	}
	return found;
}

/* 1, or 0 when the process has ended meanwhile, or -1. */
static int read_groups(pid_t pid, char text[static CGROUP_SIZE])
{
	char path[64];
	auto_close int fd = -1;
	ssize_t len;

	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	len = read(fd, text, CGROUP_SIZE);
	if (len < 0)
		return errno == ESRCH ? 0 : -1;
	/* Cut off, an id could read as another one. */
	if (len == 0 || len == CGROUP_SIZE)
		return -1;
	text[len] = '\0';
	return 1;
}

static bool look_at(void *context, pid_t pid)
{
	struct owners *owners = context;
	char text[CGROUP_SIZE], groups[CGROUP_SIZE];
	int result = read_groups(pid, text);
	const char *id = NULL;

	/* A container has thousands of processes in one group: asked once. */
	if (result == 0 || (result > 0 && strcmp(text, owners->known) == 0))
		return true;
	if (result > 0) {
		memcpy(groups, text, sizeof(groups));
		id = container_of_groups(groups);
	}
	if (!id) {
		owners->has_stranger = true;
		return false;
	}
	owners->has_sandbox = owners->has_sandbox || text_equal(id, owners->sandbox);
	memcpy(owners->known, text, sizeof(owners->known));
	return true;
}

static const char *sandbox_of(struct edit *ed)
{
	static const char *const keys[] = { "io.kubernetes.cri.sandbox-id",
					    "io.kubernetes.cri-o.SandboxID" };
	enum engine engine = edit_facts(ed)->engine;

	/* Only these engines write the keys themselves; elsewhere the container's author may. */
	if (engine != ENGINE_CRI && engine != ENGINE_CRIO)
		return NULL;
	return json_text(json_get(edit_doc(ed), "annotations", keys[engine == ENGINE_CRIO]));
}

/*
 * Programs of the host pass through for an instant: the runtime's first process on its way into its
 * control group, mantlet-net while it opens a socket there. Whoever is still there after a while
 * lives there; and one look is no less sure than another, for anybody may come right after it.
 */
static int look_for(struct owners *owners, struct ns_id id, const char *file)
{
	static const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	const struct owners fresh = *owners;
	int count = 0;

	for (int looks = 0; looks < 5; looks++) {
		*owners = fresh;
		count = ns_each_process(id, file, look_at, owners);
		if (count <= 0 || !owners->has_stranger)
			break;
		(void)nanosleep(&pause, NULL);
	}
	return count;
}

const char *joined_is_refused(struct edit *ed, const struct json *cfg, const char *type,
			      const char *file, struct ns_id id)
{
	struct owners owners = { .sandbox = sandbox_of(ed) };
	int count = look_for(&owners, id, file);

	if (count < 0)
		return "its processes cannot be looked at";
	if (count == 0)
		return text_equal(type, "network") ? NULL : "there is no process in it";
	if (owners.has_stranger)
		return "a process in it was not started through mantlet";
	/* In another's mount namespace neither the root nor the mounts of this document would
	 * count. */
	if (owners.sandbox && !text_equal(type, "mount"))
		return owners.has_sandbox ? NULL : "it is not this pod's";
	return policy_lists(cfg, "join", type) ? NULL
					       : "policy lets containers share networks only";
}
