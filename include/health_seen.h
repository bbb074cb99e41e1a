/*
 * "<id>.health" beside the record of a Docker container with a health check, root's alone: the key
 * of the digests in the record (health.h), and a digest of the last event of the health check. The
 * next one that would say the same is not written: a check every ten seconds in two hundred
 * containers would else fill the disk and hide what matters.
 *
 * Without the file no health check is known; nothing else depends on it.
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

/* The key, in the arena; NULL when there is none that can be believed. */
const char *health_seen_key(const struct decision *d);

/* A new container, with KEY (NULL: without a health check). DIR: the directory of records. */
void health_seen_begin(int dir, const char *id, const char *key);
void health_seen_forget(int dir, const char *id);

#endif
