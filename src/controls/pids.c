/*
 * How many processes a container may have. Without a limit one loop of fork(2) takes every process
 * id of the host, and not even root can log in to end it. Zero and an absent limit are "unlimited"
 * for the runtimes of today and "none at all" in newer texts of the specification, so the number is
 * always written out.
 */
#include "control_table.h"

#include <inttypes.h>

#include "policy.h"
#include "resources.h"

/* What podman writes when nobody says --pids-limit (containers.conf(5), pids_limit). */
#define PIDS_PODMAN 2048

static const char *const none[] = { "none", NULL };

static const struct setting settings[] = {
	{ .key = "default", .type = SETTING_COUNT, .words = none },
	{ .key = "max", .type = SETTING_COUNT, .words = none },
	{ .key = NULL },
};

static void write_limit(struct edit *ed, enum edit_class class, const char *reason, uint64_t limit)
{
	edit_set(ed, class, reason, json_new_u64(edit_arena(ed), limit), "linux", "resources",
		 "pids", "limit");
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	static const char *const prefixes[] = { "pids.", NULL };
	struct json *node = resources_get(ed, "pids", "limit");
	int64_t asked = json_i64(edit_doc(ed), node, 0);
	uint64_t fill, max;
	bool has_max = policy_count(cfg, "max", &max);
	bool has_default = policy_count(cfg, "default", &fill);

	if (has_max && (!has_default || fill > max)) {
		fill = max;
		has_default = true;
	}
	if (has_default && fill == 0)
		return error_set(e, ERR_POLICY, "pids: a limit of 0 lets nothing run");

	resources_unified(ed, prefixes, NULL, "use --pids-limit");

	/* No wish of a person's: under deny every plain podman run would be refused. */
	if (has_max && asked == PIDS_PODMAN && (uint64_t)asked > max && !resources_is_update(ed) &&
	    edit_facts(ed)->engine == ENGINE_PODMAN) {
		write_limit(ed, EDIT_TRIM, "the policy's max", max);
		return 0;
	}
	if (has_max && (asked < 0 || (uint64_t)asked > max)) {
		const char *value = arena_printf(edit_arena(ed), "%" PRId64, asked);
		const char *limit = arena_printf(edit_arena(ed), "%" PRIu64, max);

		write_limit(ed, EDIT_ASK, "the policy's max", max);
		resources_ask_above(ed, "pids-limit",
				    resources_asked(ed, "--pids-limit", "the pod's pids limit",
						    "pids", "limit", value),
				    limit);
		return 0;
	}
	if (asked == 0 && has_default && !resources_is_update(ed))
		write_limit(ed, EDIT_FILL, "a fork bomb must end at a limit", fill);
	return 0;
}

const struct control control_pids = {
	.id = "pids",
	.title = "Limit the number of processes",
	.refs = REFS("CIS-Docker-1.6.0/5.29"),
	.settings = settings,
	.scopes = ON_SPEC | ON_RESOURCES,
	.apply = apply,
};
