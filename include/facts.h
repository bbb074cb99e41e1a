/*
 * What is known about this call without trusting its author: the engine from the shape of the
 * bundle path, the container's id, the host (policy-language.md, "Engines are recognised").
 *
 * A wrong engine never loosens: it only chooses between rewriting and refusing.
 */
#ifndef MANTLET_FACTS_H
#define MANTLET_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "command_ask.h"
#include "json.h"

enum engine {
	ENGINE_PLAIN,
	ENGINE_DOCKER,
	ENGINE_CTR,
	ENGINE_CRI,
	ENGINE_CRIO,
	ENGINE_PODMAN,
	ENGINE_BUILDAH,
	ENGINE_BUILDKIT,
};

/* What the create request of a running container said; for exec, from its record. */
struct create_request {
	bool is_known;      /* false: no record */
	uint64_t uid;       /* as asked for */
	uint64_t final_uid; /* as the container runs, and so on */
	uint64_t final_gid;
	uint64_t capabilities;          /* bit n: capability n was in the request's bounding set */
	const struct json *healthcheck; /* health.h; NULL: none, or not known */
	const char *health_key;
};

struct checkpoint;

struct facts {
	enum engine engine;
	const char *id;     /* container id */
	const char *bundle; /* absolute, resolved; NULL for exec and update */
	int bundle_fd;      /* O_PATH; -1 for exec and update */
	bool has_cgroup_v2; /* /sys/fs/cgroup is cgroup2: the unified hierarchy */
	bool has_apparmor;  /* enabled in the kernel */
	bool has_selinux;
	bool is_systemd_cgroup;              /* --systemd-cgroup was given */
	bool is_restore;                     /* the command is restore */
	bool is_crun;                        /* the real runtime is called crun */
	const struct checkpoint *checkpoint; /* NULL unless it is checkpoint or restore */
	bool is_health_check;                /* exec: Docker's health check (exec_health.h) */
	/* exec: the container's own variables, when the policy asks for them (exec_environment.h);
	 * the list may be NULL. */
	bool has_own_env;
	const struct json *own_env;
	uint64_t host_memory; /* bytes */
	/* What the command line asks, by enum command_ask (see struct invocation); NULL: nothing.
	 */
	const char *const *asked;
	struct create_request created;
	/* Of create and start: the root directory of the runtime, and where the plan of the
	 * container's firewall lies or would lie; NULL elsewhere. */
	const char *runtime_root;
	const char *net_plan;
};

/* "docker", "cri", ...: the words of the policy language; never NULL. */
const char *engine_name(enum engine engine);

/* ENGINE_PLAIN when nothing fits. BUNDLE is the resolved path. */
enum engine engine_of_bundle(const char *bundle);

/* Fill what the host says; everything about the container stays as it is. */
void facts_host(struct facts *facts);

#endif
