/*
 * What the controls of linux.resources have in common: how an asked value is named to the person
 * who asked for it, and the map "unified", which can write any file of a cgroup.
 *
 * In an update document (SCOPE_RESOURCES) 0 and absent mean "as it is", in config.json "no limit".
 */
#ifndef MANTLET_RESOURCES_H
#define MANTLET_RESOURCES_H

#include "edit.h"

/* A field of linux.resources; NULL when absent. */
struct json *resources_get(struct edit *ed, const char *section, const char *name);

/* True for an update of limits. */
bool resources_is_update(const struct edit *ed);

/* "64MiB", "1.5GiB", "1000000 bytes": in ARENA. */
const char *resources_size(struct arena *arena, uint64_t bytes);

/*
 * "-m 64GiB", "update -m 64GiB", "resources.limits.memory 64GiB", "linux.resources.memory.limit
 * 64GiB": what was asked, in the words of the engine's users. In the arena of ED.
 */
const char *resources_asked(struct edit *ed, const char *flag, const char *kubernetes,
			    const char *section, const char *name, const char *value);

/* edit_ask() for a value above LIMIT: the sentence and its remedy. */
void resources_ask_above(struct edit *ed, const char *key, const char *asked, const char *limit);

/*
 * Refuse every key of linux.resources.unified that begins with one of PREFIXES and is not in KEPT
 * (NULL: none is kept). It writes the cgroup file of that name behind all the named fields, so what
 * a control has just limited would be set anew; what is wanted has a named field (REMEDY).
 * PREFIXES NULL: every key that no other control answers for.
 */
void resources_unified(struct edit *ed, const char *const *prefixes, const char *const *kept,
		       const char *remedy);

#endif
