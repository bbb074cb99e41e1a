/*
 * mantlet, the OCI runtime: what is asked, what does policy say, become the runtime.
 *
 * main is the table of contents. Every failure ends in one place, fail(), and starts no container.
 */
#include <malloc.h>
#include <signal.h>
#include <time.h>

#include "audit.h"
#include "descriptors.h"
#include "net_chain.h"
#include "report.h"
#include "state.h"
#include "wrap.h"

static int decide(struct decision *d, struct error *e)
{
	if (d->inv.kind != COMMAND_PASS && d->inv.kind != COMMAND_DELETE && geteuid() != 0)
		return error_set(e, ERR_USAGE,
				 "mantlet must run as root (rootless containers are not supported "
				 "in this version); run the engine as root, or use plain runc for "
				 "rootless containers");
	d->facts.asked = d->inv.asked;

	switch (d->inv.kind) {
	case COMMAND_PASS:
	case COMMAND_DELETE:
		return wrap_pass(d, e);
	case COMMAND_CREATE:
	case COMMAND_RESTORE:
		return wrap_create(d, e);
	case COMMAND_START:
		return wrap_start(d, e);
	case COMMAND_EXEC:
		return wrap_exec(d, e);
	case COMMAND_UPDATE:
		return wrap_update(d, e);
	case COMMAND_CHECKPOINT:
		return wrap_checkpoint(d, e);
	}
	return error_set(e, ERR_USAGE, "this command is not known");
}

static int fail(const struct decision *d, struct error *e)
{
	struct error audit_error = { 0 };
	int status = report_error(&d->inv, e);

	/* The refusal stands whether or not its event can be written. */
	if (d->inv.command && d->inv.kind != COMMAND_PASS && d->inv.kind != COMMAND_DELETE)
		(void)!audit_write(d, e->kind, e->message, &audit_error);
	return status;
}

/* Returns only on failure, and then nothing was created: no record may say so. */
static void become_runtime(struct decision *d, struct error *e)
{
	(void)!net_chain_exec(d, cli_argv(&d->inv, d->runtime), e);
	if (d->inv.kind == COMMAND_CREATE || d->inv.kind == COMMAND_RESTORE)
		state_take_back(d);
	d->event_id = audit_new_id(d->arena); /* the first one said "allowed" */
}

int main(int argc, char **argv)
{
	/* A low RLIMIT_FSIZE (setrlimit(2)) must end in a message and not in a half written file.
	 */
	void (*on_file_size)(int) = signal(SIGXFSZ, SIG_IGN);
	struct error e = { 0 };
	struct decision d = { .arena = arena_new(), .path_prefix = "", .facts.bundle_fd = -1 };

	/* Set, it stays: large blocks then always go back to the kernel (mallopt(3)). */
	(void)mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	(void)clock_gettime(CLOCK_MONOTONIC, &d.started);
	d.inv.arena = d.arena;
	d.event_id = audit_new_id(d.arena);

	if (descriptors_hold_standard(&e) == 0 &&     /* nothing of ours lands in 0, 1, 2 */
	    cli_parse(&d.inv, argc, argv, &e) == 0 && /* what is the engine asking for? */
	    descriptors_check_preserved(d.inv.preserved_fds, &e) == 0 && /* nor in what it gives */
	    decide(&d, &e) == 0) {                                       /* harden, or refuse */
		(void)signal(SIGXFSZ, on_file_size);
		become_runtime(&d, &e); /* no return */
	}
	return fail(&d, &e);
}
