/* Which process it was, and whether it is still there. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process_id.h"
#include "tap.h"

static void test_self(void)
{
	struct process_id id = { 0 };

	ok(process_id_self(&id) && id.pid == (uint64_t)getpid() && id.started > 0 &&
		   id.pid_namespace > 0,
	   "process_id: our own pid, start and namespace");
	ok(!process_id_has_ended(id.pid, id.started), "process_id: we are alive");
	ok(process_id_has_ended(id.pid, id.started + 1),
	   "process_id: another start is another process");
}

/* A child that says which process it is, and then waits to be killed. */
static pid_t start_child(struct process_id *ret_id)
{
	struct process_id id = { 0 };
	int ends[2];
	pid_t child;

	if (pipe(ends) < 0)
		return -1;
	child = fork();
	if (child == 0) {
		(void)!process_id_self(&id);
		(void)!write(ends[1], &id, sizeof(id));
		(void)pause();
		_exit(0);
	}
	if (read(ends[0], ret_id, sizeof(*ret_id)) != (ssize_t)sizeof(*ret_id))
		return -1;
	(void)close(ends[0]);
	(void)close(ends[1]);
	return child;
}

static void test_others(void)
{
	struct process_id id = { 0 };
	pid_t child = start_child(&id);
	siginfo_t info;

	ok(child > 0 && id.pid == (uint64_t)child && !process_id_has_ended(id.pid, id.started),
	   "process_id: another process is alive");
	(void)kill(child, SIGKILL);
	(void)waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	ok(process_id_has_ended(id.pid, id.started), "process_id: a zombie has ended");
	(void)waitpid(child, NULL, 0);
	ok(process_id_has_ended(id.pid, id.started), "process_id: one that is gone has ended");
	ok(process_id_has_ended(UINT64_C(1) << 40, id.started),
	   "process_id: a pid that nobody has");
}

int main(void)
{
	test_self();
	test_others();
	return done_testing();
}
