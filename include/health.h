/*
 * Docker's health check of a container: which command dockerd will add to it by exec.
 *
 * It is looked up at create (and at exec for a container without a record), where only root writes:
 * <data-root>/containers/<id>/config.v2.json (runtime contract, section 7). Nothing that is odd
 * there stops a container; its health check is then not known, and meets the rules that every other
 * exec meets.
 */
#ifndef MANTLET_HEALTH_H
#define MANTLET_HEALTH_H

#include "arena.h"
#include "json.h"

#define HEALTH_DAEMON_FILE "/etc/docker/daemon.json"
#define HEALTH_DATA_ROOT "/var/lib/docker" /* dockerd(8), --data-root */

/*
 * SHA-256 (hexadecimal, in ARENA) of KEY, a working directory and a list of arguments, the length
 * of each in front; NULL when ARGS is no list of strings or empty. Records are for more readers
 * than passwords in arguments and variables should have, and a digest alone lets a weak one be
 * guessed: the key is random for each container and lies in a file of root's (health_seen.h).
 */
const char *health_digest(struct arena *arena, const char *key, const char *cwd,
			  const struct json *args);

/* A new key: 64 hexadecimal digits; NULL when the kernel gives none. */
const char *health_new_key(struct arena *arena);

/*
 * What the record keeps of the health check of the Docker container ID, whose config.json SPEC is:
 * {"args": the digest above, "env": [128 bits of the same of each variable]}, in ARENA. NULL: it
 * has none, or it cannot be known, and then *RET_NOTE says why (else NULL).
 */
struct json *health_find(struct arena *arena, const char *id, const char *key,
			 struct json_doc *spec, const char **ret_note);

/*
 * Is DOC ("process" of an exec) the health check KNOWN (as above; both may be NULL)? Without
 * terminal, the same arguments in the same directory, and no variable that the container does not
 * have: with a PATH or LD_PRELOAD of one's own every command is another one.
 */
bool health_is_check(struct arena *arena, const struct json *known, const char *key,
		     struct json_doc *doc);

/*
 * The steps of it. health_data_root(): what the daemon's FILE says, else FALLBACK. health_read():
 * the digest of what stands in the container's directory below DATA_ROOT; *RET_IS_THERE is false
 * when there is none.
 */
const char *health_data_root(struct arena *arena, const char *file, const char *fallback);
const char *health_mounted_root(struct arena *arena, const char *id, struct json_doc *spec);
struct health_asked {
	const char *id, *key, *cwd;
};
const char *health_read(struct arena *arena, const char *data_root,
			const struct health_asked *asked, bool *ret_is_there,
			const char **ret_note);

#endif
