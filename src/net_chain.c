/*
 * A hook proves that a program ended, not that a firewall stands; so before a container starts
 * mantlet-net reads the table back, and before it is deleted the counters. mantlet is static and
 * cannot speak netlink itself: it becomes mantlet-net, and that becomes the runtime. So a look that
 * comes to nothing, for whatever reason, is no start.
 *
 * Where that must not be, for a delete and where nothing is enforced, it is the other way round: we
 * have the look taken and go on whatever became of it. mantlet-net is a dynamic program, which the
 * loader can end in front of its own code.
 */
#include "net_chain.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "net_files.h"
#include "net_program.h"
#include "runtime.h"
#include "state_dir.h"
#include "text.h"

/* What nobody's start depends on may not take longer. */
#define SECONDS 10

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
static char **chain_of(const struct decision *d, const char *runtime, char **argv)
{
	const char *const front[] = { "mantlet-net", d->net_command, d->facts.net_plan, runtime };
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

/* mantlet-net in a process of its own. False when it did not do its work. */
static bool look_apart(const struct decision *d, char **argv)
{
	struct sigaction own = { .sa_handler = SIG_DFL }, old;
	struct error ignored = { 0 };
	int status = -1;
	sigset_t none;
	pid_t pid;

	/* Ignored, it would have the kernel reap the child for us. */
	(void)sigaction(SIGCHLD, &own, &old);
	pid = fork();
	if (pid == 0) {
		/* The alarm outlives the execve(2). */
		(void)sigaction(SIGALRM, &own, NULL);
		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		(void)alarm(SECONDS);
		(void)!runtime_exec(d->net_program, chain_of(d, NET_PROGRAM_NO_RUNTIME, argv),
				    &ignored);
		_exit(EXIT_FAILURE);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	(void)sigaction(SIGCHLD, &old, NULL);
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

/* What mantlet-net would have removed. */
static void forget_plan(const struct decision *d)
{
	const char *plan = d->facts.net_plan, *slash = strrchr(plan, '/');
	auto_close int dir = -1;

	dir = open(arena_printf(d->arena, "%.*s/", (int)(slash - plan), plan),
		   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0)
		net_files_remove(dir, d->inv.id);
}

int net_chain_exec(const struct decision *d, char **argv, struct error *e)
{
	bool is_delete = text_equal(d->net_command, "delete");

	if (d->net_command && !is_delete && d->firewall != FIREWALL_AUDITED)
		return runtime_exec(d->net_program, chain_of(d, d->runtime, argv), e);
	if (d->net_command && !look_apart(d, argv) && is_delete)
		forget_plan(d);
	return runtime_exec(d->runtime, argv, e);
}
