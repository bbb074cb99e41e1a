/*
 * When a record goes: before "delete" is passed on, unless the container may outlive that; and when
 * the create that wrote it came to nothing before the runtime was there. All else that a record can
 * outlive makes it stale, and the next call for that id removes it (state_record.c).
 */
#include <fcntl.h>

#include "net_files.h"
#include "net_program.h"
#include "runtime_state.h"
#include "state.h"
#include "text.h"

/* What cli_id_of_delete() lets stand in front of the id. */
static bool is_forced(const struct invocation *inv)
{
	return text_equal(inv->args[0], "--force") || text_equal(inv->args[0], "-f");
}

/*
 * A create that is going on while its id is deleted wins or loses in the runtime, behind our back.
 * Its record must be there when it wins; when it loses, it is stale. A "run" that waits for its
 * container has a creator as well, but its runtime has written the state.
 */
static bool is_coming(const struct state_record *record, const struct json *line, const char *id)
{
	enum state_life life = state_record_life(record, line, id);

	return life == STATE_COMING ||
	       (life == STATE_KEPT && !runtime_state_is_written(record->root, id) &&
		state_record_has_creator(line));
}

static bool must_stay(const struct state_record *record, const struct invocation *inv)
{
	auto_arena struct arena *arena = arena_new();
	struct error ignored = { 0 };
	struct json_doc doc = { 0 };

	/* One that cannot be read keeps nobody from deleting, and goes. */
	if (record->fd >= 0 && state_record_read(&doc, record, arena, &ignored) == 0 &&
	    is_coming(record, doc.root, inv->id))
		return true;
	/* A created container may be started before the runtime looks, and would then run without a
	 * record. When the delete wins, the record is stale. */
	return !is_forced(inv) && runtime_state_is_alive(record->root, inv->id);
}

/* The plan of the firewall of a container whose record goes now; NULL when it has none. */
static const char *find_plan(struct arena *arena, const struct state_record *record)
{
	char name[NAME_MAX + 1];

	if (net_files_plan_name(name, record->id) ||
	    faccessat(record->dir, name, F_OK, AT_SYMLINK_NOFOLLOW))
		return NULL;
	return state_plan_path(arena, record->root, record->id);
}

/* False when there is none under the root of RUNTIME. */
static bool forget_under(struct decision *d, const char *runtime)
{
	const struct invocation *inv = &d->inv;
	struct error ignored = { 0 };
	struct state_record record;
	auto_close int lock = state_lock(&ignored);
	bool is_found =
		state_record_open(&record, inv, runtime, inv->id, &ignored) != 0 && record.dir >= 0;

	if (is_found && lock >= 0 && !must_stay(&record, inv)) {
		/* Whoever cannot read the counters must delete all the same. */
		d->facts.net_plan = find_plan(d->arena, &record);
		if (d->facts.net_plan && net_program_find(&d->net_program, d->arena, &ignored) == 0)
			d->net_command = "delete";
		state_record_unlink(&record, d->net_command != NULL);
	}
	state_record_close(&record);
	return is_found;
}

void state_forget(struct decision *d)
{
	if (!forget_under(d, "/runc") && !d->inv.root)
		(void)forget_under(d, "/crun");
}

void state_take_back(const struct decision *d)
{
	auto_arena struct arena *arena = arena_new();
	struct error ignored = { 0 };
	struct state_record record;
	struct json_doc doc = { 0 };

	/* Not another create's that has come since. */
	if (state_record_open(&record, &d->inv, d->runtime, d->inv.id, &ignored) == 1 &&
	    state_record_read(&doc, &record, arena, &ignored) == 0 &&
	    text_equal(json_text(json_find(doc.root, "event")), d->event_id))
		state_record_drop(&record);
	state_record_close(&record);
}
