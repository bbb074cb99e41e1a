/*
 * The createRuntime hook: the container's network namespace exists, its process waits, and the
 * runtime waits for us. Whatever goes wrong ends in an exit status that is not 0, and then there is
 * no container. crun starts hooks with nearly all signals blocked, so the alarm below would never
 * ring; therefore that comes first.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "fdio.h"
#include "net_files.h"
#include "net_run.h"
#include "text.h"

/* The runtime's own limit is 10 seconds (the hook's "timeout"): ours comes first, with a reason. */
#define SECONDS 8

static volatile sig_atomic_t is_harmless;

static void on_alarm(int number)
{
	static const char text[] = "mantlet: firewall: loading it took more than 8 seconds; is the "
				   "host overloaded? start the container again\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(is_harmless ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* A library that is cut off, or a fault of ours: where nothing is enforced no container is stopped
 * for it. */
static void on_fault(int number)
{
	static const char text[] = "mantlet: firewall: mantlet-net was ended by a fault; root: is "
				   "libmnl (Debian: libmnl0) whole? see mantlet-net(8)\n";

	if (is_harmless)
		_exit(EXIT_SUCCESS);
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(EXIT_FAILURE);
}

static void reset_signals(void)
{
	static const int faults[] = { SIGBUS, SIGSEGV, SIGILL, SIGFPE, SIGABRT, SIGXFSZ };
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)sigaction(number, &action, NULL); /* SIGKILL, SIGSTOP: EINVAL */
	action.sa_handler = on_alarm;
	(void)sigaction(SIGALRM, &action, NULL);
	action.sa_handler = on_fault;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		(void)sigaction(faults[i], &action, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)alarm(SECONDS);
}

/* The state of a container as OCI's runtime specification gives it to hooks. */
static int read_pid(struct net_run *run, pid_t *ret_pid, struct error *e)
{
	struct json_doc doc = { 0 };
	const char *text;
	size_t len;
	uint64_t pid;

	if (fd_read_all(STDIN_FILENO, (size_t)JSON_MAX_TEXT, run->arena, &text, &len,
			"the state of the container", e) < 0 ||
	    json_parse(&doc, run->arena, text, len, 0, "the state of the container", e) < 0)
		return -1;
	if (!json_is(json_find(doc.root, "id"), run->plan.id))
		return error_set(e, ERR_SYSTEM,
				 "the state that the runtime gave is of another container than the "
				 "plan '%s'; start the container again",
				 run->path);
	/* 0: crun in createContainer, or no process any more; 1: runc's own view of it. */
	if (!json_number_u64(json_find(doc.root, "pid"), &pid) || pid < 2 || pid > INT_MAX)
		return error_set(e, ERR_SYSTEM,
				 "the state that the runtime gave has no process; the hook belongs "
				 "into createRuntime");
	*ret_pid = (pid_t)pid;
	return 0;
}

static int load(struct net_run *run, const char *path, struct error *e)
{
	auto_close int ns = -1, fd = -1;
	bool is_new = false;
	pid_t pid = 0;

	if (net_run_load(run, path, e) < 0)
		return -1;
	is_harmless = !net_plan_is_enforced(&run->plan);
	if (read_pid(run, &pid, e) < 0)
		return -1;
	ns = net_namespace_open(pid, e);
	if (ns < 0)
		return -1;
	fd = net_socket_open(ns, NETLINK_NETFILTER, e);
	if (fd < 0 || net_run_install(run, fd, &is_new, e) < 0)
		return -1;
	/* Only counters are lost without it. */
	if (is_new) {
		net_files_unpin_dead(run->path, run->plan.root);
		(void)!net_files_pin(run->path, ns);
	}
	return 0;
}

/* Visible, for these rules are not those of the policy of today. */
static void tell_followed(const struct net_run *run)
{
	struct error text = { 0 };

	if (!run->followed)
		return;
	(void)error_set(&text, ERR_DENIED, "%s", net_run_followed_text(run));
	net_run_sign(run, &text);
	error_defuse(text.message);
	net_run_event(run, "firewall", "allowed", text.message, NULL);
}

int net_hook(const char *path)
{
	auto_arena struct arena *arena = arena_new();
	struct net_run run = { .arena = arena };
	struct error e = { 0 };

	reset_signals();
	(void)clock_gettime(CLOCK_MONOTONIC, &run.started);
	if (load(&run, path, &e) == 0) {
		tell_followed(&run);
		return EXIT_SUCCESS;
	}
	/* What only counts may not be held up by its event either. */
	if (!is_harmless)
		(void)alarm(0);
	net_run_sign(&run, &e);
	error_defuse(e.message);
	net_run_event(&run, "firewall", is_harmless ? "would-refuse" : "error", e.message, NULL);
	if (is_harmless)
		return EXIT_SUCCESS;
	(void)fprintf(stderr, "mantlet: firewall: %s\n", e.message);
	return EXIT_FAILURE;
}
