/*
 * The firewall of a container is decided here and loaded later: the container's network namespace
 * does not exist yet. So the plan goes into a file beside the record, and a createRuntime hook into
 * the document: the runtime calls mantlet-net(8) with it when the namespace is there and nothing
 * runs in it yet.
 *
 * Who has a namespace of its own, or one that the engine has just prepared, is its owner and loads
 * the table. Who joins one in which somebody lives already loads nothing, for that would change the
 * walls of a running container: its hook only verifies that the same policy holds there. Who has no
 * firewall that is in force may not join walls that it could take down.
 */
#include "net_attach.h"

#include <string.h>

#include "cli.h"
#include "control.h"
#include "edit_run.h"
#include "net_control.h"
#include "net_files.h"
#include "net_nameservers.h"
#include "net_plan.h"
#include "net_program.h"
#include "net_resolvers.h"
#include "state_maker.h"
#include "text.h"

struct wish {
	struct net_request request;
	const char *first; /* the control in whose name the hook is: one that is in force, if any */
	bool is_enforced;
};

static const struct json *take_control(struct wish *wish, const struct policy *policy,
				       const char *id)
{
	const struct json *cfg = json_find(policy->controls, id);
	enum control_mode mode = MODE_DENY; /* what is no mode cannot come here */

	(void)!control_mode_parse(json_text(json_find(cfg, "mode")), &mode);
	if (!cfg || mode == MODE_OFF)
		return NULL;
	if (!wish->first || (mode > MODE_AUDIT && !wish->is_enforced))
		wish->first = id;
	wish->is_enforced = wish->is_enforced || mode > MODE_AUDIT;
	return cfg;
}

static struct wish wish_of(const struct decision *d)
{
	struct wish wish = { .request = { .id = d->facts.id,
					  .root = d->facts.runtime_root,
					  .policy = d->policy.name,
					  .revision = d->policy.revision,
					  .source = arena_printf(d->arena, "%s %s " NET_PLAN_RULES,
								 d->policy.digest, state_maker()),
					  .profile = d->policy.profile,
					  .sinks = d->policy.sinks } };

	wish.request.metadata = take_control(&wish, &d->policy, "metadata");
	wish.request.egress = take_control(&wish, &d->policy, "egress");
	wish.request.ingress = take_control(&wish, &d->policy, "ingress");
	return wish;
}

/* One is enough to know. */
static bool stop_looking(void *context, pid_t pid)
{
	return false;
}

/* What Kubernetes says of the container; only these engines write the annotations themselves, and
 * they are known by the path of the bundle. NULL elsewhere. */
static const struct json *annotation(struct edit *ed, const char *cri, const char *crio)
{
	enum engine engine = edit_facts(ed)->engine;

	if (engine != ENGINE_CRI && engine != ENGINE_CRIO)
		return NULL;
	return json_get(edit_doc(ed), "annotations", engine == ENGINE_CRI ? cri : crio);
}

/* A pod's sandbox brings the network of its pod. */
static bool is_sandbox(struct edit *ed)
{
	return json_is(annotation(ed, "io.kubernetes.cri.container-type",
				  "io.kubernetes.cri-o.ContainerType"),
		       "sandbox");
}

static const char *pod_of(struct edit *ed)
{
	const struct json *id =
		annotation(ed, "io.kubernetes.cri.sandbox-id", "io.kubernetes.cri-o.SandboxID");
	const char *text = json_text(id);

	return text && strlen(text) == id->len && cli_is_id(text) ? text : NULL;
}

static enum net_role role_of(struct edit *ed, enum net_place place, struct ns_id id)
{
	if (place == NET_PLACE_OWN || is_sandbox(ed))
		return NET_OWNER;
	/* What cannot be looked at is somebody else's. */
	return id.ino != 0 && ns_each_process(id, "net", stop_looking, NULL) == 0 ? NET_OWNER
										  : NET_JOINER;
}

/* Our hook of an earlier start in this document, if it is there. */
static struct json *find_hook(struct edit *ed)
{
	json_each (hook, json_get(edit_doc(ed), "hooks", "createRuntime")) {
		if (net_program_is_hook(ed, "createRuntime", hook))
			return hook;
	}
	return NULL;
}

static void add_hook(struct edit *ed, const char *program)
{
	static const char reason[] = "the firewall is loaded before anything runs";
	struct arena *arena = edit_arena(ed);
	struct json *list = json_get(edit_doc(ed), "hooks", "createRuntime");
	struct json *hook = net_program_hook(arena, program, edit_facts(ed)->net_plan);

	if (find_hook(ed))
		return;
	if (list) {
		edit_append(ed, EDIT_FILL, reason, list, NULL, hook);
		return;
	}
	list = json_new(arena, JSON_ARRAY);
	json_append(arena, list, NULL, hook);
	edit_set(ed, EDIT_FILL, reason, list, "hooks", "createRuntime");
}

/* What stops a start where policy must hold is worth a note where it only watches. */
static void cannot(struct edit *ed, const struct wish *wish, const char *key, const char *why,
		   const char *remedy)
{
	struct arena *arena = edit_arena(ed);

	if (wish->is_enforced)
		edit_refuse(ed, key,
			    arena_printf(arena,
					 "the firewall that the policy orders cannot be "
					 "loaded: %s",
					 why),
			    remedy);
	else
		edit_note(ed, arena_printf(arena, "nothing is counted: %s", why));
}

/* runc alone is known to run createRuntime hooks when it restores. */
static bool runs_no_hooks(const struct decision *d)
{
	const char *slash = strrchr(d->runtime, '/');

	return d->facts.is_restore && !(slash && text_starts(slash + 1, "runc"));
}

static int make_plan(struct net_plan *ret_plan, struct edit *ed, struct wish *wish, struct error *e)
{
	const char *why;

	wish->request.resolvers = net_resolvers_find(edit_arena(ed), edit_doc(ed), &why);
	wish->request.host_resolvers =
		net_resolvers_of_host(edit_arena(ed), NET_HOST_RESOLV, NET_HOST_RESOLVED);
	if (net_plan_build(ret_plan, edit_arena(ed), &wish->request, e) < 0)
		return error_wrap(e, "the firewall cannot be built");
	net_nameservers_note(ed, ret_plan, &wish->request, why);
	return 0;
}

static int attach(struct edit *ed, struct decision *d, struct wish *wish, struct error *e)
{
	auto_strbuf struct strbuf text = { 0 };
	const char *program;
	struct error why = { 0 };
	struct net_plan plan;

	if (runs_no_hooks(d)) {
		cannot(ed, wish, "firewall-restore", "this runtime runs no hooks at restore",
		       "start the container anew, or restore it with runc");
		return 0;
	}
	if (net_program_find(&program, d->arena, &why) < 0) {
		cannot(ed, wish, "firewall-program",
		       arena_printf(d->arena, "mantlet-net cannot be used: %s", why.message),
		       arena_printf(
			       d->arena,
			       "root: install it (make install), or set control '%s' to off on "
			       "this host",
			       wish->first));
		return 0;
	}
	if (make_plan(&plan, ed, wish, &why) < 0) {
		if (wish->is_enforced)
			return error_set(e, why.kind, "%s", why.message);
		cannot(ed, wish, "firewall-plan", arena_strdup(d->arena, why.message), "");
		return 0;
	}
	add_hook(ed, program);
	net_plan_write(&plan, &text);
	strbuf_puts(&text, "\n");
	d->net_text = arena_memdup(d->arena, text.data, text.len);
	d->firewall = wish->is_enforced ? FIREWALL_ENFORCED : FIREWALL_AUDITED;
	return 0;
}

/*
 * A container whose own firewall is off or only counts may have CAP_NET_ADMIN and would take down
 * that of the container whose network it joins, or has Docker's CAP_NET_RAW and sends below it.
 * Audit lets its own container pass, not somebody else's wall fall. Under Kubernetes whoever wrote
 * the pod has written both.
 */
static void check_walls(struct edit *ed, struct ns_id id)
{
	const struct facts *facts = edit_facts(ed);

	if (facts->engine == ENGINE_CRI || facts->engine == ENGINE_CRIO || !facts->net_plan ||
	    !net_files_is_walled(facts->net_plan, id))
		return;
	edit_refuse(
		ed, "firewall-join",
		arena_printf(
			edit_arena(ed),
			"%s joins a network with a firewall that this container's policy "
			"does not have",
			edit_words(ed, "--network container:NAME", "the pod", "linux.namespaces")),
		"give all containers that share a network the same metadata, egress and ingress");
}

int net_attach(struct edit *ed, struct decision *d, struct error *e)
{
	struct wish wish = wish_of(d);
	enum net_place place;
	struct json *hook;
	struct ns_id id;
	int result = 0;

	place = net_place_of(edit_doc(ed), &id);
	edit_begin(ed, wish.first ? wish.first : "metadata");
	if (!wish.is_enforced && place == NET_PLACE_JOINED)
		check_walls(ed, id);
	if (wish.first && place != NET_PLACE_HOST) {
		wish.request.role = role_of(ed, place, id);
		wish.request.pod = pod_of(ed);
		result = attach(ed, d, &wish, e);
	}
	hook = d->net_text ? NULL : find_hook(ed);
	if (hook)
		edit_remove(ed, EDIT_TRIM, "there is no firewall to load any more", hook);
	edit_keep(ed, false);
	return result;
}
