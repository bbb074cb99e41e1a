/*
 * What a container's record says. It decides under which policy an exec runs, so it must pass the
 * same checks that a policy passes; what is missing is never filled with a value that allows more.
 */
#include "state.h"

#include "runtime_state.h"
#include "state_maker.h"
#include "state_record.h"
#include "text.h"

/* Stale records go on the way. More than one round is needed only when another call has put a new
 * record in the place of a stale one. */
static int read_record_of(struct json_doc *ret_doc, struct arena *arena,
			  const struct invocation *inv, const char *runtime, const char *id,
			  struct error *e)
{
	int found = 0;

	for (int i = 0; i < 3; i++) {
		struct state_record record;
		bool is_stale = false;

		found = state_record_open(&record, inv, runtime, id, e);
		if (found == 1 && state_record_read(ret_doc, &record, arena, e))
			found = -1;
		if (found == 1) {
			is_stale = state_record_life(&record, ret_doc->root, id) == STATE_STALE;
			if (is_stale)
				state_record_drop(&record);
		}
		state_record_close(&record);
		if (!is_stale)
			return found;
	}
	return 0;
}

/* 1 when there is a record, 0 when there is none, -1 when it cannot be trusted. Without --root it
 * lies under the default root of the runtime that made the container. */
static int read_record(struct json_doc *ret_doc, struct arena *arena, const struct invocation *inv,
		       const char *id, struct error *e)
{
	int found = read_record_of(ret_doc, arena, inv, "/runc", id, e);

	if (found == 0 && !inv->root)
		found = read_record_of(ret_doc, arena, inv, "/crun", id, e);
	return found;
}

/* A member that must be there; *MISSING otherwise. */
static const char *text_of(const struct json *object, const char *name, bool *missing)
{
	const char *text = json_text(json_find(object, name));

	*missing = *missing || !text;
	return text;
}

static uint64_t number_of(const struct json *object, const char *name, bool *missing)
{
	uint64_t value = 0;

	*missing = !json_number_u64(json_find(object, name), &value) || *missing;
	return value;
}

static enum engine engine_of(const struct json *record, bool *missing)
{
	const char *name = text_of(record, "engine", missing);

	for (enum engine engine = ENGINE_PLAIN; engine <= ENGINE_BUILDKIT; engine++) {
		if (text_equal(name, engine_name(engine)))
			return engine;
	}
	*missing = true;
	return ENGINE_PLAIN;
}

static int take_policy(struct policy *ret_policy, struct arena *arena, const struct json *policy,
		       struct error *e)
{
	bool missing = false;
	struct policy taken = {
		.name = text_of(policy, "name", &missing),
		.revision = text_of(policy, "revision", &missing),
		.help = text_of(policy, "help", &missing),
		.digest = text_of(policy, "digest", &missing),
		.source = text_of(policy, "source", &missing),
		.profile = text_of(policy, "profile", &missing),
		.rule = text_of(policy, "rule", &missing),
		.exec_args = text_of(policy, "exec_args", &missing),
		.is_audit_required = json_is_true(json_find(policy, "audit_required")),
		.sinks = json_find(policy, "sinks"),
		.live = json_find(policy, "live"),
	};

	if (missing || policy_recall(&taken.controls, arena, json_find(policy, "controls"), e))
		return state_record_not_whole(e);
	*ret_policy = taken;
	return 0;
}

/* Records of before there were firewalls say nothing, and those containers have none. */
static enum firewall firewall_of(const struct json *created, bool *missing)
{
	uint64_t number;

	if (!json_find(created, "firewall"))
		return FIREWALL_NONE;
	number = number_of(created, "firewall", missing);
	*missing = *missing || number > FIREWALL_ENFORCED;
	return *missing ? FIREWALL_ENFORCED : (enum firewall)number;
}

static int take_record(struct decision *d, const struct json *record, struct error *e)
{
	const struct json *created = json_find(record, "created");
	struct policy policy = { 0 };
	bool missing = false;
	const char *event = text_of(record, "event", &missing);
	const char *runtime = text_of(record, "runtime", &missing);
	const char *bundle = text_of(record, "bundle", &missing);
	const char *digest = text_of(created, "config_digest", &missing);
	enum engine engine = engine_of(record, &missing);
	struct create_request request = {
		.is_known = true,
		.uid = number_of(created, "uid", &missing),
		.final_uid = number_of(created, "final_uid", &missing),
		.final_gid = number_of(created, "final_gid", &missing),
		.capabilities = number_of(created, "capabilities", &missing),
		.healthcheck = json_find(record, "healthcheck"),
	};
	enum firewall firewall = firewall_of(created, &missing);

	if (missing)
		return state_record_not_whole(e);
	if (take_policy(&policy, d->arena, json_find(record, "policy"), e))
		return -1;
	d->create_id = event;
	d->runtime = runtime;
	d->facts.engine = engine;
	d->facts.bundle = bundle;
	d->facts.created = request;
	d->config_digest = digest;
	d->firewall = firewall;
	d->policy = policy;
	d->has_policy = true;
	d->record = RECORD_PRESENT;
	return 0;
}

/* Nothing of it decides what is allowed: that is today's policy then, as without a record. */
static void take_readable(struct decision *d, const struct json *record)
{
	bool missing = false;

	d->create_id = json_text(json_find(record, "event"));
	d->runtime = json_text(json_find(record, "runtime"));
	d->facts.engine = engine_of(record, &missing);
	d->firewall = firewall_of(json_find(record, "created"), &missing);
	d->facts.created = (struct create_request){
		.healthcheck = json_find(record, "healthcheck"),
	};
	d->record = RECORD_OTHER_VERSION;
}

/* By the very same program, or by one that nobody can name any more. */
static bool is_made_by_us(const struct json *record)
{
	const char *maker = json_text(json_find(record, "mantlet"));

	return !maker || text_equal(maker, state_maker());
}

/*
 * A record of this program lacks nothing, so what is missing was damaged. Another version's may
 * lack what only this one knows, and name what only that one knew; were it refused, an upgrade
 * would fail every health check of the host. All versions have said version and id.
 */
static int take(struct decision *d, const struct json *record, struct error *e)
{
	bool missing = false;
	uint64_t version = number_of(record, "v", &missing);
	struct error why = { 0 };

	if (missing || !text_equal(text_of(record, "id", &missing), d->inv.id))
		return state_record_not_whole(e);
	if (version == STATE_VERSION) {
		if (take_record(d, record, &why) == 0)
			return 0;
		if (is_made_by_us(record)) {
			*e = why;
			return -1;
		}
	}
	take_readable(d, record);
	return 0;
}

int state_read(struct decision *d, struct error *e)
{
	struct json_doc doc = { 0 };
	int found = read_record(&doc, d->arena, &d->inv, d->inv.id, e);

	if (found < 0)
		return -1;
	if (found == 0) {
		d->record = RECORD_MISSING;
		return 0;
	}
	return take(d, doc.root, e);
}

/* Without --root, neither of the default roots has it. */
bool state_is_nowhere(const struct decision *d)
{
	static const char *const runtimes[] = { "/runc", "/crun" };
	struct error ignored = { 0 };
	char root[PATH_MAX];

	if (!state_record_knows_directory_of(d->runtime))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(runtimes); i++) {
		if (state_root(root, &d->inv, runtimes[i], &ignored) ||
		    !runtime_state_is_absent(root, d->inv.id))
			return false;
	}
	return true;
}

const char *state_runtime(struct arena *arena, const struct invocation *inv, const char *id)
{
	struct error ignored = { 0 };
	struct json_doc doc = { 0 };

	return read_record(&doc, arena, inv, id, &ignored) == 1
		       ? json_text(json_find(doc.root, "runtime"))
		       : NULL;
}
