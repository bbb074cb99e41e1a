/* Whose is a namespace that a container wants to join? (policy-language, "Joined namespaces") */
#ifndef MANTLET_JOINED_H
#define MANTLET_JOINED_H

#include "edit.h"
#include "nsfs.h"

/*
 * NULL when the container may join ID (of TYPE; FILE under /proc/PID/ns), else why not, in words:
 *  - a network namespace with no process in it yet is one that the engine has just prepared
 *    (podman, CNI);
 *  - otherwise every process in it must belong to a container with a record of ours, and TYPE must
 *    be one that the setting "join" lists, or under Kubernetes the owner must be this pod's
 * sandbox.
 */
const char *joined_is_refused(struct edit *ed, const struct json *cfg, const char *type,
			      const char *file, struct ns_id id);

#endif
