/*
 * What the commands for a container that exists already have in common: its record, the runtime
 * that made it, and the document that the engine hands over.
 */
#include "wrap.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "audit.h"
#include "control.h"
#include "fdio.h"
#include "net_chain.h"
#include "runtime.h"
#include "state.h"
#include "text.h"

static int find_recorded_runtime(struct decision *d, struct error *e)
{
	const char *recorded = d->runtime;

	d->runtime = NULL;
	return runtime_find_recorded(&d->runtime, d->arena, recorded, e);
}

const char *wrap_bundle_of_log(const struct decision *d)
{
	char *dir = d->inv.log && d->inv.log[0] == '/' ? arena_strdup(d->arena, d->inv.log) : NULL;

	for (int levels = 0; dir && levels < 2; levels++) {
		char *slash = strrchr(dir, '/');

		if (!slash)
			return NULL;
		*slash = '\0';
		if (engine_of_bundle(dir) != ENGINE_PLAIN)
			return dir;
	}
	return NULL;
}

/* A record of another version may have said it. */
static void guess_engine(struct decision *d)
{
	const char *bundle = wrap_bundle_of_log(d);

	if (d->facts.engine == ENGINE_PLAIN && bundle)
		d->facts.engine = engine_of_bundle(bundle);
}

int wrap_open_container(struct decision *d, struct error *e)
{
	const char *recorded;

	d->facts.id = d->inv.id;
	if (state_read(d, e))
		return -1;
	facts_host(&d->facts);
	if (d->record == RECORD_PRESENT)
		return find_recorded_runtime(d, e);
	recorded = d->runtime;
	guess_engine(d);
	if (wrap_choose_policy(d, e))
		return -1;
	if (!recorded)
		return 0;
	d->runtime = recorded;
	return find_recorded_runtime(d, e);
}

/*
 * The runtime holds a created container that mantlet knows nothing of: nobody has hardened it, and
 * what it will be is in the runtime's own state already, out of our reach. Or there is none of that
 * id: refused as well, for one could be there a moment later, but no alarm.
 */
static int judge_unknown(struct decision *d, struct error *e)
{
	d->is_around = true;
	guess_engine(d);
	if (wrap_choose_policy(d, e))
		return -1;
	d->is_around = !state_is_nowhere(d);
	if (!control_any_enforced(d->policy.controls))
		return audit_write(d, ERR_NONE, NULL, e);
	if (!d->is_around)
		return error_set(
			e, ERR_USAGE,
			"there is no container '%s' under this runtime root; look at 'list', "
			"or create it first",
			d->inv.id);
	return decision_refuse_as(
		d, "start",
		arena_printf(d->arena,
			     "there is no record of container '%s': it was created before mantlet "
			     "was installed, or around it, so nothing in it is hardened; delete "
			     "it and create it again",
			     d->inv.id),
		e);
}

/* Without a word of who made the container. A broken policy must not keep anybody from listing and
 * deleting containers. */
static int find_usual_runtime(struct decision *d, struct error *e)
{
	struct error ignored = { 0 };

	if (policy_load(&d->policy, d->arena, d->inv.policy_file, d->inv.profile, &ignored) == 0)
		d->has_policy = true;
	return runtime_find(&d->runtime, d->arena, d->has_policy ? d->policy.runtime : NULL, e);
}

/* The record's existence is what counts, of whatever version. The runtime does not read config.json
 * at start (contract: it has kept its own copy), so a look at the document would prove nothing. */
int wrap_start(struct decision *d, struct error *e)
{
	d->facts.id = d->inv.id;
	if (state_read(d, e))
		return -1;
	if (d->record == RECORD_MISSING)
		return judge_unknown(d, e);
	wrap_drop_notify_socket(d);
	if (d->runtime ? find_recorded_runtime(d, e) : find_usual_runtime(d, e))
		return -1;
	return net_chain_prepare(d, e);
}

int wrap_parse_document(struct json_doc *ret_doc, struct arena *arena, const char *path,
			const char *name, struct error *e)
{
	auto_arena struct arena *text_arena = arena_new(); /* not held longer than needed */
	auto_close int fd = -1;
	struct stat st;
	const char *text;
	size_t len;

	/* A FIFO or /dev/stdin is legal; the engine is at its other end, and we wait as the runtime
	 * would. */
	fd = text_equal(path, "-") ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
				   : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return error_sys(e, "cannot open %s '%s'", name, path);
	if (fstat(fd, &st))
		return error_sys(e, "cannot examine %s '%s'", name, path);
	if (S_ISREG(st.st_mode) && (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH))))
		return error_set(e, ERR_SPEC,
				 "%s '%s' can be written by others than root; chown it to root and "
				 "chmod go-w it",
				 name, path);
	if (fd_read_all(fd, (size_t)JSON_MAX_TEXT, text_arena, &text, &len, name, e))
		return -1;
	return json_parse(ret_doc, arena, text, len, 0, name, e);
}

/* Whichever word is the container's id: the runtime that made it. Nothing is believed but the path
 * of a runtime, and that is checked. */
static const char *recorded_runtime(const struct decision *d)
{
	const char *runtime = NULL;

	for (char **word = d->inv.args; !runtime && *word; word++) {
		if (cli_is_id(*word))
			runtime = state_runtime(d->arena, &d->inv, *word);
	}
	return runtime;
}

static int find_runtime(struct decision *d, struct error *e)
{
	d->runtime = recorded_runtime(d);
	return d->runtime ? find_recorded_runtime(d, e) : find_usual_runtime(d, e);
}

int wrap_pass(struct decision *d, struct error *e)
{
	if (find_runtime(d, e))
		return -1;
	if (d->inv.kind == COMMAND_DELETE && d->inv.id)
		state_forget(d);
	return 0;
}
