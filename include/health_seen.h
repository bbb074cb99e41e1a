/*
 * The last event of a container's health check, as a digest beside the record: the next one that
 * would say the same is not written. A check every ten seconds in two hundred containers would
 * else fill the disk and hide what matters.
 *
 * The file is root's alone and may be lost at any time: then one event more is written.
 */
#ifndef MANTLET_HEALTH_SEEN_H
#define MANTLET_HEALTH_SEEN_H

#include "decision.h"

/* SHA-256 (hexadecimal, in the arena) of the document as it came, the OUTCOME, and BODY: what the
 * event says of both. */
const char *health_seen_digest(const struct decision *d, const char *outcome, const char *body,
			       size_t len);

/* Is DIGEST that of the last event of D's container? */
bool health_seen_is(const struct decision *d, const char *digest);

/* It is from now on. */
void health_seen_keep(const struct decision *d, const char *digest);

/* DIR: the directory of records. */
void health_seen_forget(int dir, const char *id);

#endif
