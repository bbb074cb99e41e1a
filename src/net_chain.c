/*
 * A hook proves that a program ended, not that a firewall stands; so before a container starts
 * mantlet-net reads the table back, and before it is deleted the counters. mantlet is static and
 * cannot speak netlink itself: it becomes mantlet-net, and that becomes the runtime.
 */
#include "net_chain.h"

#include <string.h>

#include "net_program.h"
#include "runtime.h"
#include "state_dir.h"
#include "text.h"

static int cannot_look(const struct decision *d, const char *why, struct error *e)
{
	return decision_refuse_as(
		d, "firewall",
		arena_printf(d->arena, "the container's firewall cannot be looked at: %s", why), e);
}

int net_chain_prepare(struct decision *d, struct error *e)
{
	struct error why = { 0 };
	char *root;

	if (d->firewall == FIREWALL_NONE)
		return 0;
	root = arena_alloc(d->arena, PATH_MAX);
	if (state_root(root, &d->inv, d->runtime, e))
		return -1;
	d->facts.runtime_root = root;
	d->facts.net_plan = state_plan_path(d->arena, root, d->facts.id);
	if (net_program_find(&d->net_program, d->arena, &why) < 0) {
		if (d->firewall == FIREWALL_AUDITED)
			return 0;
		return cannot_look(d,
				   arena_printf(d->arena,
						"mantlet-net cannot be used (%s); root: install it "
						"(make install)",
						why.message),
				   e);
	}
	if (!d->facts.net_plan || access(d->facts.net_plan, F_OK) != 0) {
		if (d->firewall == FIREWALL_AUDITED)
			return 0;
		return cannot_look(d,
				   "its plan is gone from /run/mantlet; delete the container "
				   "and create it again",
				   e);
	}
	d->net_command = "start";
	return 0;
}

/* mantlet-net COMMAND PLAN RUNTIME ARGV... */
static char **chain_of(const struct decision *d, char **argv)
{
	const char *const front[] = { "mantlet-net", d->net_command, d->facts.net_plan,
				      d->runtime };
	size_t count = 0;
	char **chain;

	while (argv[count])
		count++;
	chain = arena_alloc(d->arena, (ARRAY_SIZE(front) + count + 1) * sizeof(*chain));
	for (size_t i = 0; i < ARRAY_SIZE(front); i++)
		chain[i] = arena_strdup(d->arena, front[i]);
	memcpy(chain + ARRAY_SIZE(front), argv, count * sizeof(*argv));
	return chain;
}

int net_chain_exec(const struct decision *d, char **argv, struct error *e)
{
	if (!d->net_command)
		return runtime_exec(d->runtime, argv, e);
	(void)!runtime_exec(d->net_program, chain_of(d, argv), e);
	/* Nothing may keep a container from being deleted. */
	if (text_equal(d->net_command, "delete") || d->firewall == FIREWALL_AUDITED)
		return runtime_exec(d->runtime, argv, e);
	return -1;
}
