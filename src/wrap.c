/*
 * A container is to be created: read the bundle's config.json once, bring it into line with the
 * policy or refuse it, write it back, and leave a record. The order of the last steps matters: the
 * record and the audit event are there before anything can run.
 */
#include "wrap.h"

#include <stdlib.h>

#include "audit.h"
#include "bundle.h"
#include "caps.h"
#include "control.h"
#include "edit_run.h"
#include "health.h"
#include "net_attach.h"
#include "net_control.h"
#include "runtime.h"
#include "runtime_become.h"
#include "spec.h"
#include "state.h"
#include "state_dir.h"

int wrap_choose_policy(struct decision *d, struct error *e)
{
	if (policy_load(&d->policy, d->arena, d->inv.policy_file, d->inv.profile, e))
		return error_wrap(e, "the policy is broken");
	d->has_policy = true;
	return runtime_find(&d->runtime, d->arena, d->policy.runtime, e);
}

/* The walls were built for the container's whole life: also where the policy of today, which holds
 * for a record of another version, does not know them. */
static void keep_walls(struct edit *ed, const struct decision *d)
{
	if (d->firewall != FIREWALL_ENFORCED)
		return;
	edit_begin(ed, "metadata");
	net_control_cut(ed);
	edit_keep(ed, false);
}

int wrap_decide(struct decision *d, struct json_doc *doc, enum edit_scope scope, struct error *e)
{
	struct edit *ed = edit_new(d->arena, doc, &d->facts, scope, &d->journal);

	if (control_run_all(ed, d->policy.controls, e))
		return -1;
	if (scope == SCOPE_SPEC && net_attach(ed, d, e))
		return -1;
	if (scope == SCOPE_PROCESS)
		keep_walls(ed, d);
	if (journal_is_refused(&d->journal))
		return decision_refuse(d, e);
	return json_check(doc, e);
}

/*
 * A runtime that is called with NOTIFY_SOCKET gives the container that variable and a directory of
 * the host, behind the document (runc, notify_socket.go; crun(1), where it is writable). Under
 * audit and off nothing is changed; and who keeps the variable keeps what comes with it.
 */
void wrap_drop_notify_socket(struct decision *d)
{
	const struct json *cfg = json_find(d->policy.controls, "environment");
	enum control_mode mode;

	if (!getenv("NOTIFY_SOCKET") ||
	    (control_mode_parse(json_text(json_find(cfg, "mode")), &mode) == 0 &&
	     (mode <= MODE_AUDIT || policy_list_globs(cfg, "keep", "NOTIFY_SOCKET"))))
		return;
	(void)unsetenv("NOTIFY_SOCKET");
	journal_add_note(&d->journal, d->arena, "environment",
			 "NOTIFY_SOCKET of the caller is not handed to the runtime, which would "
			 "mount a directory of the host for it");
}

/* What exec will have to know of this request: a later uid 0 is no wish of its own when the create
 * request said uid 0 too, and capabilities beyond the request's are one. */
static void note_request(struct create_request *created, struct json_doc *doc)
{
	created->is_known = true;
	created->uid = json_u64(doc, json_get(doc, "process", "user", "uid"), 0);
	json_each (name, json_get(doc, "process", "capabilities", "bounding")) {
		int number = caps_number(json_text(name), false);

		if (number >= 0 && number < 64)
			created->capabilities |= UINT64_C(1) << number;
	}
}

/* Docker alone runs health checks by exec of what it recorded beforehand. */
static void note_health_check(struct decision *d, struct json_doc *doc)
{
	struct create_request *created = &d->facts.created;
	const char *why = NULL;

	if (d->facts.engine != ENGINE_DOCKER)
		return;
	created->health_key = health_new_key(d->arena);
	created->healthcheck = health_find(d->arena, d->facts.id, created->health_key, doc, &why);
	if (why)
		journal_add_note(&d->journal, d->arena, "exec", why);
}

static void note_result(struct create_request *created, struct json_doc *doc)
{
	created->final_uid = json_u64(doc, json_get(doc, "process", "user", "uid"), 0);
	created->final_gid = json_u64(doc, json_get(doc, "process", "user", "gid"), 0);
}

static void find_facts(struct decision *d, const struct bundle *bundle)
{
	d->facts.bundle = bundle->path;
	d->facts.bundle_fd = bundle->dir_fd;
	d->facts.is_systemd_cgroup = d->inv.is_systemd_cgroup;
	d->facts.is_restore = d->inv.kind == COMMAND_RESTORE;
	d->facts.is_crun = runtime_is_crun(d->runtime);
	d->facts.engine = engine_of_bundle(bundle->path);
	/* CRI-O keeps its bundles where podman does, but always says --root; podman never does. */
	if (d->facts.engine == ENGINE_PODMAN && d->inv.root)
		d->facts.engine = ENGINE_CRIO;
	facts_host(&d->facts);
}

/* The text is not needed behind the tree, and may be as large. */
static int parse_bundle(struct json_doc *ret_doc, struct bundle *bundle, struct decision *d,
			struct error *e)
{
	auto_arena struct arena *text_arena = arena_new();

	if (bundle_open(bundle, text_arena, cli_get(&d->inv, "bundle"), e))
		return -1;
	bundle->path = arena_strdup(d->arena, bundle->path);
	/* The runtime gets the path that was checked: a link in it could be switched meanwhile. */
	cli_set(&d->inv, "bundle", bundle->path);
	find_facts(d, bundle);
	if (json_parse(ret_doc, d->arena, bundle->text, bundle->len, 0, "config.json", e))
		return -1;
	bundle->text = NULL;
	return spec_check(ret_doc, SCOPE_SPEC, e);
}

static int harden(struct decision *d, struct bundle *bundle, struct state_file *record,
		  struct error *e)
{
	auto_strbuf struct strbuf text = { 0 };
	char digest[BUNDLE_DIGEST_SIZE];
	struct json_doc doc = { 0 };

	if (parse_bundle(&doc, bundle, d, e))
		return -1;
	note_request(&d->facts.created, &doc);
	note_health_check(d, &doc);
	if (d->inv.kind == COMMAND_RESTORE && checkpoint_prepare(d, e))
		return -1;
	if (state_begin(record, d, &doc, e))
		return -1;
	d->facts.runtime_root = record->place.root;
	d->facts.net_plan = state_plan_path(d->arena, record->place.root, d->facts.id);
	if (wrap_decide(d, &doc, SCOPE_SPEC, e))
		return -1;
	note_result(&d->facts.created, &doc);
	wrap_drop_notify_socket(d);

	/* The bytes that the digest is of are the bytes that are written. */
	if (json_write(&text, doc.root, e))
		return -1;
	bundle_digest(digest, text.data, text.len);
	d->config_digest = arena_strdup(d->arena, digest);
	if (state_keep(record, d, e))
		return -1;
	if (bundle_write(bundle, text.data, text.len, e) || audit_write(d, ERR_NONE, NULL, e)) {
		state_take_back(d);
		return -1;
	}
	return 0;
}

int wrap_create(struct decision *d, struct error *e)
{
	struct state_file record = { .place = STATE_RECORD_NONE, .file.fd = -1 };
	struct bundle bundle = { .dir_fd = -1 };
	int result;

	d->facts.id = d->inv.id;
	if (wrap_choose_policy(d, e) || state_check_free(d, e))
		return -1;
	result = harden(d, &bundle, &record, e);
	state_close(&record);
	bundle_close(&bundle);
	return result;
}
