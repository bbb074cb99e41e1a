/* Ids through the mappings of config.json; see idmap.h. */
#include "idmap.h"

/* "user" among linux.namespaces, or NULL. */
static const struct json *user_namespace(struct json_doc *doc)
{
	json_each (entry, json_get(doc, "linux", "namespaces")) {
		if (json_is(json_member(doc, entry, "type"), "user"))
			return entry;
	}
	return NULL;
}

enum idmap idmap_host(uint64_t *ret_host, struct json_doc *doc, const char *list, uint64_t id)
{
	const struct json *userns = user_namespace(doc);
	const struct json *mappings = json_get(doc, "linux", list);

	if (!userns) {
		*ret_host = id;
		return IDMAP_MAPPED;
	}
	if (!json_first(mappings))
		return json_member(doc, userns, "path") ? IDMAP_UNKNOWN : IDMAP_UNMAPPED;

	json_each (range, mappings) {
		uint64_t inside = json_u64(doc, json_member(doc, range, "containerID"), 0);
		uint64_t outside = json_u64(doc, json_member(doc, range, "hostID"), 0);
		uint64_t size = json_u64(doc, json_member(doc, range, "size"), 0);

		if (id >= inside && id - inside < size) {
			*ret_host = outside + (id - inside);
			return IDMAP_MAPPED;
		}
	}
	return IDMAP_UNMAPPED;
}
