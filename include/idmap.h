/* Which user of the host a user of the container is (user_namespaces(7)). */
#ifndef MANTLET_IDMAP_H
#define MANTLET_IDMAP_H

#include "json.h"

enum idmap {
	IDMAP_MAPPED,   /* *RET_HOST is the host's id; the same one without a user namespace */
	IDMAP_UNMAPPED, /* the container cannot have this id at all */
	IDMAP_UNKNOWN,  /* a joined user namespace, whose mappings config.json does not hold */
};

/* LIST is "uidMappings" or "gidMappings". */
enum idmap idmap_host(uint64_t *ret_host, struct json_doc *doc, const char *list, uint64_t id);

#endif
