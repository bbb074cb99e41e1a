/*
 * What becomes of a start or a delete when looking at the firewall ends in a signal: a library that
 * is cut off on a full disk (SIGBUS), a fault of ours, a file system that does not answer (the
 * alarm). A start that policy must hold is refused; all else becomes the runtime there and then.
 *
 * The handler makes system calls only (signal-safety(7)), and we have one thread. It could run
 * while net_socket_open() is in the container's network namespace, where the runtime must never be:
 * so it goes home first, and without that there is no runtime either.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>

#include "fdio.h"
#include "net_run.h"

#define SECONDS 10

/* SIGXFSZ: the audit log has reached a limit of the engine's. */
static const int signals[] = { SIGBUS, SIGSEGV, SIGILL, SIGFPE, SIGABRT, SIGXFSZ, SIGALRM };

static struct {
	struct sigaction old[ARRAY_SIZE(signals)];
	sigset_t mask;
	int home; /* our own network namespace */
	const char *path;
	char **argv;
	const char *plan, *pin;
} fault;

static void refuse(void)
{
	static const char text[] =
		"mantlet: refused: looking at the container's firewall ended in a fault or took "
		"more than 10 seconds; root: is libmnl (Debian: libmnl0) whole? see mantlet-net(8) "
		"[firewall]\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(EXIT_FAILURE);
}

static void on_signal(int number)
{
	if (!fault.path)
		refuse();
	if (fault.plan) {
		(void)umount2(fault.pin, MNT_DETACH | UMOUNT_NOFOLLOW);
		(void)unlink(fault.pin);
		(void)unlink(fault.plan);
	}
	if (fault.home < 0 || setns(fault.home, CLONE_NEWNET) < 0)
		_exit(EXIT_FAILURE);
	net_fault_end();
	/* By its path: after a fault nothing is called that could fault too. A crun mounts for
	 * itself. */
	(void)execve(fault.path, fault.argv, environ);
	_exit(EXIT_FAILURE);
}

void net_fault_begin(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t ours;

	fault.home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	(void)sigemptyset(&ours);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		(void)sigaction(signals[i], &action, &fault.old[i]);
		(void)sigaddset(&ours, signals[i]);
	}
	(void)sigprocmask(SIG_UNBLOCK, &ours, &fault.mask);
	(void)alarm(SECONDS);
}

void net_fault_go_on(const char *path, char **argv)
{
	fault.argv = argv;
	fault.path = path;
}

void net_fault_forget(const char *plan, const char *pin)
{
	fault.pin = pin;
	fault.plan = plan;
}

/* The runtime inherits what is ignored and what is blocked: as it was. */
void net_fault_end(void)
{
	(void)alarm(0);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		(void)sigaction(signals[i], &fault.old[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &fault.mask, NULL);
}
