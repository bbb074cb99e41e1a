/*
 * Loading and verifying a firewall: what hook and start have in common.
 *
 * A network namespace can have several containers (--network container:, the pods of Kubernetes).
 * The first one's table holds for all, nobody replaces it, and whoever joins must bring the same
 * policy: a container can neither widen the walls of another one nor live inside of weaker ones.
 * The containers of one pod alone may be of a later policy than their pod.
 */
#include "net_run.h"

#include <string.h>

#include "cli.h"
#include "net_files.h"
#include "text.h"

int net_run_load(struct net_run *run, const char *path, struct error *e)
{
	run->path = path;
	if (net_files_load(&run->plan, run->arena, path, e) < 0)
		return -1;
	if (net_plan_is_empty(&run->plan))
		return error_set(
			e, ERR_SYSTEM,
			"the plan of the firewall '%s' is empty; start the container again", path);
	net_table_build(&run->table, run->arena, &run->plan);
	return 0;
}

/* "v1 <id> <digest>": the id of the container that loaded the table; NULL when it says none. */
static const char *owner_of(struct arena *arena, const char *identity)
{
	const char *id = text_starts(identity, "v1 ") ? identity + 3 : NULL;
	const char *space = id ? strchr(id, ' ') : NULL;

	if (!space)
		return NULL;
	id = arena_memdup(arena, id, (size_t)(space - id));
	return cli_is_id(id) ? id : NULL;
}

/* The plan of the container that loaded the table; NULL when there is none. */
static struct net_plan *plan_of_owner(const struct net_run *run, const char *identity)
{
	const char *id = owner_of(run->arena, identity), *slash = strrchr(run->path, '/');
	struct net_plan *plan = arena_alloc(run->arena, sizeof(*plan));
	struct error ignored = { 0 };

	if (!id || net_files_load(plan, run->arena,
				  arena_printf(run->arena, "%.*s/%s.net", (int)(slash - run->path),
					       run->path, id),
				  &ignored) < 0)
		return NULL;
	return plan;
}

/*
 * The table as the plan of its owner says, when that plan is like ours but for the nameservers that
 * each of the two found (after its start a container of Docker's lists another one), or when ours
 * may follow it. A pod of Kubernetes outlives its containers, and its walls cannot be changed while
 * others live inside: refused, each change of policy would stop all pods, one crash at a time.
 */
static const struct net_table *table_of_owner(struct net_run *run, const char *identity)
{
	const struct net_plan *plan = plan_of_owner(run, identity);
	struct net_table *table;

	if (!plan)
		return NULL;
	if (!net_plan_is_alike(plan, &run->plan)) {
		if (!net_plan_follows(&run->plan, plan))
			return NULL;
		run->followed = plan;
	}
	table = arena_alloc(run->arena, sizeof(*table));
	net_table_build(table, run->arena, plan);
	return table;
}

static int nothing_there(const struct net_run *run, struct error *e)
{
	if (run->plan.role == NET_OWNER)
		return error_set(e, ERR_DENIED,
				 "the container's firewall is gone (the table 'inet " NET_TABLE
				 "' is not there); create the container anew");
	return error_set(e, ERR_DENIED,
			 "the network that this container joins has no firewall, for its owner was "
			 "started without mantlet or with another policy; start the owner anew "
			 "through mantlet (Kubernetes: make the pod anew)");
}

int net_run_verify(struct net_run *run, int fd, struct error *e)
{
	const struct net_table *table = &run->table;
	struct net_seen seen;
	const char *identity;

	run->followed = NULL;
	if (net_read(&seen, run->arena, fd, NULL, e) < 0)
		return -1;
	if (!seen.has_table)
		return nothing_there(run, e);
	identity = net_seen_identity(&seen);
	if (!text_ends(identity, run->plan.digest)) {
		table = table_of_owner(run, identity);
		if (!table)
			return error_set(
				e, ERR_DENIED,
				"the network of this container has the firewall of another "
				"policy; when the policy was changed start the owner of the "
				"network anew (Kubernetes: make the pod anew), else give all "
				"containers that share a network the same metadata, egress and "
				"ingress");
	}
	if (net_verify(fd, table, run->arena, e) == 0)
		return 0;
	run->followed = NULL;
	if (e->kind != ERR_DENIED)
		return -1;
	(void)error_wrap(e, "the container's firewall was changed");
	return error_set(e, ERR_DENIED, "%.*s; create the container anew", 2048,
			 arena_strdup(run->arena, e->message));
}

int net_run_install(struct net_run *run, int fd, bool *ret_is_new, struct error *e)
{
	auto_batch struct net_batch batch;
	int result;

	*ret_is_new = false;
	if (run->plan.role == NET_JOINER)
		return net_run_verify(run, fd, e);
	net_batch_open(&batch);
	if (net_encode_table(&batch, &run->table, e) < 0)
		return -1;
	result = net_commit(fd, &batch, e);
	*ret_is_new = result == 0;
	/* Somebody was faster, or the namespace is shared: what is there must be what we would
	 * load. */
	return result == 1 ? net_run_verify(run, fd, e) : result;
}

void net_run_sign(const struct net_run *run, struct error *e)
{
	const struct net_plan *plan = &run->plan;
	const char *message = arena_strdup(run->arena, e->message);

	if (!plan->id)
		return;
	(void)error_set(e, e->kind, "%.*s [%s, policy %s%s%s, %.*s]", 3000, message,
			net_plan_controls(plan, run->arena), plan->policy,
			plan->revision[0] ? " " : "", plan->revision,
			strlen(plan->id) == 64 ? 12 : 64, plan->id);
}

const char *net_run_followed_text(const struct net_run *run)
{
	const struct net_plan *owner = run->followed;

	return arena_printf(run->arena,
			    "the pod keeps the firewall of policy %s%s%s, under which it was made; "
			    "make it anew for that of today",
			    owner->policy, owner->revision[0] ? " " : "", owner->revision);
}
