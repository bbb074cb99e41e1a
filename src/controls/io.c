/*
 * Who gets the disk first. A weight above the policy's takes it from the neighbours; throttles only
 * ever restrict their own container and stay as they are. Two smaller things live here because they
 * have no control of their own: network classes, by which firewalls of the host may sort packets,
 * and the keys of "unified" that no other control answers for.
 */
#include "control_table.h"

#include <inttypes.h>

#include "policy.h"
#include "resources.h"

/* The range of blkio.weight; runtimes convert it for cgroup v2. 0 is "unset". */
#define WEIGHT_MAX 1000

static const char *const none[] = { "none", NULL };

static const struct setting settings[] = {
	{ .key = "weight_max", .type = SETTING_COUNT, .words = none },
	{ .key = NULL },
};

/* True when NODE was above MAX and was lowered. */
static bool clamp(struct edit *ed, struct json *node, uint64_t max)
{
	uint64_t asked = json_u64(edit_doc(ed), node, 0);

	if (asked <= max)
		return false;
	edit_replace(ed, EDIT_ASK, "the policy's weight_max", node,
		     json_new_u64(edit_arena(ed), max));
	return true;
}

static void clamp_weights(struct edit *ed, uint64_t max)
{
	struct json_doc *doc = edit_doc(ed);
	const char *limit = arena_printf(edit_arena(ed), "%" PRIu64, max);
	struct json *weight = resources_get(ed, "blockIO", "weight");
	const char *words = arena_printf(edit_arena(ed), "%" PRIu64, json_u64(doc, weight, 0));
	bool is_clamped = false;

	if (clamp(ed, weight, max))
		resources_ask_above(ed, "io-weight",
				    resources_asked(ed, "--blkio-weight", "the runtime's io weight",
						    "blockIO", "weight", words),
				    limit);
	if (clamp(ed, resources_get(ed, "blockIO", "leafWeight"), max))
		is_clamped = true;
	json_each (device, resources_get(ed, "blockIO", "weightDevice")) {
		if (clamp(ed, json_member(doc, device, "weight"), max))
			is_clamped = true;
		if (clamp(ed, json_member(doc, device, "leafWeight"), max))
			is_clamped = true;
	}
	if (is_clamped)
		resources_ask_above(ed, "io-weight-device",
				    resources_asked(ed, "--blkio-weight-device",
						    "the runtime's io weight", "blockIO",
						    "weightDevice", "with a weight"),
				    limit);
}

static void drop_network_class(struct edit *ed)
{
	struct json *class_id = resources_get(ed, "network", "classID");
	struct json *priorities = resources_get(ed, "network", "priorities");
	bool is_asked = json_u64(edit_doc(ed), class_id, 0) > 0 || json_first(priorities);

	if (!is_asked)
		return;
	edit_remove(ed, EDIT_ASK, "traffic classes belong to the host's firewall",
		    json_get(edit_doc(ed), "linux", "resources", "network"));
	edit_ask(
		ed, "network-class",
		"linux.resources.network sets traffic classes, by which firewalls of the host sort "
		"packets",
		"remove it");
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	uint64_t max;

	if (!policy_count(cfg, "weight_max", &max) || max > WEIGHT_MAX)
		max = WEIGHT_MAX;
	clamp_weights(ed, max);
	drop_network_class(ed);
	resources_unified(
		ed, NULL, NULL,
		"use the flags for memory, processes, cpu and disk; nothing else is checked");
	return 0;
}

const struct control control_io = {
	.id = "io",
	.title = "Limit the share of the disk",
	.refs = REFS("CIS-Docker-1.6.0/5.25"),
	.settings = settings,
	.scopes = ON_SPEC | ON_RESOURCES,
	.apply = apply,
};
