/*
 * The links in the chain from mantlet to the runtime: `start` looks whether the firewall is really
 * there, `delete` reads what it has counted. Both become the runtime with the arguments and the
 * environment that they were given.
 */
#include <fcntl.h>
#include <string.h>

#include "net_files.h"
#include "net_run.h"
#include "report.h"
#include "runtime_become.h"
#include "runtime_state.h"
#include "text.h"

/* RUNTIME and its argv, behind the plan. */
struct target {
	const char *path;
	char **argv;
	struct invocation inv;
};

static int take_target(struct target *ret, struct arena *arena, char **argv, struct error *e)
{
	int argc = 0;

	ret->path = argv[0];
	ret->argv = argv + 1;
	ret->inv.arena = arena;
	while (ret->argv[argc])
		argc++;
	/* For --log, where a refusal must go, and for the id. */
	return cli_parse(&ret->inv, argc, ret->argv, e);
}

/* Neither runtime has flags for `start`: what is not the id is refused before it comes here. */
static int check_command(const struct target *target, const struct net_run *run, struct error *e)
{
	char **rest = target->inv.args;

	if (text_equal(target->inv.command, "start") && text_equal(target->inv.id, run->plan.id) &&
	    !(rest && rest[0]))
		return 0;
	return error_set(e, ERR_USAGE,
			 "'start' is not for the container whose firewall was to be looked at; "
			 "write: start %s",
			 run->plan.id);
}

static int look(struct net_run *run, struct error *e)
{
	auto_close int ns = -1, fd = -1;
	pid_t pid = runtime_state_pid(run->plan.root, run->plan.id);

	if (pid == 0)
		return error_set(e, ERR_SYSTEM,
				 "the container has no process whose firewall could be looked at; "
				 "create the container anew");
	ns = net_namespace_open(pid, e);
	if (ns < 0)
		return -1;
	fd = net_socket_open(ns, NETLINK_NETFILTER, e);
	return fd < 0 ? -1 : net_run_verify(run, fd, e);
}

/* Where nothing is enforced it is an event and no more. */
static int look_or_watch(struct net_run *run, const struct target *target, struct error *e)
{
	if (net_plan_is_enforced(&run->plan))
		return look(run, e);
	net_fault_go_on(target->path, target->argv);
	if (look(run, e) < 0) {
		net_run_sign(run, e);
		net_run_event(run, "firewall", "would-refuse", e->message, NULL);
	}
	return 0;
}

int net_start(char **argv)
{
	auto_arena struct arena *arena = arena_new();
	struct net_run run = { .arena = arena };
	struct target target = { 0 };
	struct error e = { 0 };
	int result = -1;

	net_fault_begin();
	(void)clock_gettime(CLOCK_MONOTONIC, &run.started);
	if (take_target(&target, run.arena, argv + 1, &e) == 0 &&
	    net_run_load(&run, argv[0], &e) == 0 && check_command(&target, &run, &e) == 0)
		result = look_or_watch(&run, &target, &e);
	net_fault_end();
	if (result == 0)
		(void)!runtime_become(target.path, target.argv, &e);
	net_run_sign(&run, &e);
	net_run_event(&run, "start", e.kind == ERR_DENIED ? "refused" : "error", e.message, NULL);
	return report_error(&target.inv, &e);
}

/* The namespace that the hook kept; without it that of the process, if it still lives. */
static int open_namespace(const struct net_run *run, struct error *e)
{
	pid_t pid;
	int ns = net_namespace_open_path(net_files_pin_path(run->arena, run->path), e);

	if (ns >= 0)
		return ns;
	pid = runtime_state_pid(run->plan.root, run->plan.id);
	return pid ? net_namespace_open(pid, e) : -1;
}

static bool read_counters(struct net_run *run, struct net_seen *ret_seen, struct error *e)
{
	auto_close int ns = open_namespace(run, e), fd = -1;

	if (ns < 0)
		return false;
	fd = net_socket_open(ns, NETLINK_NETFILTER, e);
	return fd >= 0 && net_read(ret_seen, run->arena, fd, NULL, e) == 0;
}

/* As state_forget(): while the first process lives, the plan stays. */
static bool is_kept(const struct net_run *run, const struct target *target)
{
	const char *first = target->inv.args ? target->inv.args[0] : NULL;

	return !text_equal(first, "--force") && !text_equal(first, "-f") &&
	       runtime_state_is_alive(run->plan.root, run->plan.id);
}

static void forget(const struct net_run *run)
{
	const char *slash = strrchr(run->path, '/');
	auto_close int dir = -1;

	dir = open(arena_printf(run->arena, "%.*s/", (int)(slash - run->path), run->path),
		   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0)
		net_files_remove(dir, run->plan.id);
}

/* Nothing in here may keep a container from being deleted. */
int net_delete(char **argv)
{
	auto_arena struct arena *arena = arena_new();
	struct net_run run = { .arena = arena };
	struct error e = { 0 }, ignored = { 0 };
	struct net_seen seen = { 0 };
	struct target target = { 0 };

	net_fault_go_on(argv[1], argv + 2);
	net_fault_begin();
	(void)clock_gettime(CLOCK_MONOTONIC, &run.started);
	(void)!take_target(&target, run.arena, argv + 1, &ignored);
	if (net_run_load(&run, argv[0], &ignored) == 0 && !is_kept(&run, &target)) {
		net_fault_forget(run.path, net_files_pin_path(run.arena, run.path));
		/* Whoever joined has no counters of its own. */
		if (run.plan.role == NET_OWNER)
			(void)!read_counters(&run, &seen, &ignored);
		net_run_event(&run, "delete", "allowed", NULL, &seen);
		forget(&run);
	}
	net_fault_end();
	(void)!runtime_become(target.path, target.argv, &e);
	return report_error(&target.inv, &e);
}
