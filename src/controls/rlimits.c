/*
 * Limits of each process (setrlimit(2)), and who is killed or scheduled first. The policy's limits
 * are written where the document has none and bind where it asks for more; a tighter one stays.
 * Real-time priorities, negative niceness and protection from the out-of-memory killer are never
 * given: each takes from everybody else on the host.
 *
 * nproc cannot be set: the kernel counts processes by uid over the whole host, and all containers
 * of a host share one uid. What is meant is the control "pids".
 */
#include "control_table.h"

#include <inttypes.h>
#include <sys/resource.h>

#include "policy.h"
#include "rlimits.h"
#include "text.h"

static int check_limit(const struct json *value, struct error *e)
{
	struct rlimit_range range;
	const char *nearest;

	if (text_equal(value->key, "nproc"))
		return error_set(e, ERR_POLICY,
				 "nproc is counted by uid over the whole host; use control 'pids'");
	if (rlimit_number(value->key) < 0) {
		nearest = text_nearest(value->key, rlimit_names);
		return nearest ? error_set(e, ERR_POLICY, "'%s' is no limit, did you mean '%s'?",
					   value->key, nearest)
			       : error_set(e, ERR_POLICY, "'%s' is no limit (see setrlimit(2))",
					   value->key);
	}
	return rlimit_parse(&range, json_text(value), e);
}

static const struct setting settings[] = {
	{ .key = "*", .type = SETTING_TEXT, .check = check_limit },
	{ .key = NULL },
};

/* "RLIMIT_NOFILE" */
static const char *type_of(struct arena *arena, const char *name)
{
	char *type = arena_printf(arena, "RLIMIT_%s", name);

	for (char *c = type; *c; c++) {
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	}
	return type;
}

static const char *limit_words(struct edit *ed, uint64_t limit)
{
	return limit == RLIM_INFINITY ? "unlimited"
				      : arena_printf(edit_arena(ed), "%" PRIu64, limit);
}

/* What podman writes when nobody says --ulimit; buildah and ctr stay far below. */
static bool is_engine_default(const struct edit *ed, const char *name, uint64_t hard)
{
	enum engine engine = edit_facts(ed)->engine;

	if (engine != ENGINE_PODMAN && engine != ENGINE_PLAIN)
		return false;
	return (text_equal(name, "nofile") && hard == 1048576) ||
	       (text_equal(name, "nproc") && hard == 32768);
}

/* Lower SOFT and HARD of ENTRY to MOST. */
static void clamp(struct edit *ed, struct json *entry, const char *name,
		  const struct rlimit_range *most)
{
	static const char reason[] = "the policy's limit";
	struct json *soft = json_member(edit_doc(ed), entry, "soft");
	struct json *hard = json_member(edit_doc(ed), entry, "hard");
	uint64_t asked_soft = json_u64(edit_doc(ed), soft, 0);
	uint64_t asked_hard = json_u64(edit_doc(ed), hard, 0);
	/* A soft limit may be raised by the process as far as the hard one, so only that is asked
	 * for; but no document may begin above the policy's soft limit. */
	uint64_t new_hard = asked_hard < most->hard ? asked_hard : most->hard;
	uint64_t new_soft = asked_soft < most->soft ? asked_soft : most->soft;
	enum edit_class class = EDIT_ASK;
	const char *asked;

	if (new_hard == asked_hard && new_soft == asked_soft)
		return;
	if (is_engine_default(ed, name, asked_hard))
		class = EDIT_TRIM;
	edit_replace(ed, class, reason, soft, json_new_u64(edit_arena(ed), new_soft));
	edit_replace(ed, class, reason, hard, json_new_u64(edit_arena(ed), new_hard));
	if (class != EDIT_ASK)
		return;
	asked = edit_words(
		ed, arena_printf(edit_arena(ed), "--ulimit %s=", name),
		arena_printf(edit_arena(ed), "the runtime's ulimit %s ", name),
		arena_printf(edit_arena(ed), "process.rlimits %s ", type_of(edit_arena(ed), name)));
	edit_ask(ed, arena_printf(edit_arena(ed), "rlimit-%s", name),
		 arena_printf(edit_arena(ed), "%s%s:%s is above %s:%s", asked,
			      limit_words(ed, asked_soft), limit_words(ed, asked_hard),
			      limit_words(ed, most->soft), limit_words(ed, most->hard)),
		 arena_printf(edit_arena(ed), "ask for at most %s:%s", limit_words(ed, most->soft),
			      limit_words(ed, most->hard)));
}

static struct json *find_entry(struct edit *ed, const char *type)
{
	json_each (entry, json_get(edit_doc(ed), "process", "rlimits")) {
		if (json_is(json_member(edit_doc(ed), entry, "type"), type))
			return entry;
	}
	return NULL;
}

/* Nothing is said: the process would inherit ours (at exec too, measured with runc and crun: the
 * container's own limits do not hold there), and that is as far as a filled limit may go. To write
 * more would loosen, and without CAP_SYS_RESOURCE fail the start. */
static void fill(struct edit *ed, const char *name, const char *type,
		 const struct rlimit_range *most)
{
	static const char reason[] = "the policy's limit";
	struct arena *arena = edit_arena(ed);
	struct json *list = json_get(edit_doc(ed), "process", "rlimits");
	struct json *entry = json_new(arena, JSON_OBJECT);
	struct json *fresh;
	struct rlimit own;
	uint64_t soft = most->soft, hard = most->hard;

	if (getrlimit((__rlimit_resource_t)rlimit_number(name), &own) == 0) {
		hard = own.rlim_max < hard ? own.rlim_max : hard;
		soft = own.rlim_cur < soft ? own.rlim_cur : soft;
	}
	if (soft > hard)
		soft = hard;
	json_append(arena, entry, "type", json_new_str(arena, type));
	json_append(arena, entry, "hard", json_new_u64(arena, hard));
	json_append(arena, entry, "soft", json_new_u64(arena, soft));
	if (list) {
		edit_append(ed, EDIT_FILL, reason, list, NULL, entry);
		return;
	}
	fresh = json_new(arena, JSON_ARRAY);
	json_append(arena, fresh, NULL, entry);
	edit_set(ed, EDIT_FILL, reason, fresh, "process", "rlimits");
}

static void settle(struct edit *ed, const char *name, const struct rlimit_range *most,
		   bool is_filled)
{
	const char *type = type_of(edit_arena(ed), name);
	struct json *entry = find_entry(ed, type);

	if (entry)
		clamp(ed, entry, name, most);
	else if (is_filled)
		fill(ed, name, type, most);
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	static const struct rlimit_range nothing = { 0, 0 };
	static const char *const priorities[] = { "rtprio", "nice" };
	struct rlimit_range range;

	json_each (limit, cfg) {
		if (text_equal(limit->key, "mode") || limit->type != JSON_STRING)
			continue;
		if (rlimit_number(limit->key) < 0)
			return error_set(e, ERR_POLICY, "rlimits: '%s' is no limit", limit->key);
		if (rlimit_parse(&range, limit->text, e) < 0)
			return -1;
		settle(ed, limit->key, &range, true);
	}
	for (size_t i = 0; i < ARRAY_SIZE(priorities); i++) {
		/* A policy that names it has been obeyed above. */
		if (!json_text(json_find(cfg, priorities[i])))
			settle(ed, priorities[i], &nothing, false);
	}
	rlimits_settle_scheduling(ed);
	return 0;
}

const struct control control_rlimits = {
	.id = "rlimits",
	.title = "Limit what a single process may use and whom it may starve",
	.refs = REFS("CIS-Docker-1.6.0/5.19", "CIS-Docker-1.6.0/5.12"),
	.settings = settings,
	.scopes = ON_SPEC | ON_PROCESS,
	.apply = apply,
};
