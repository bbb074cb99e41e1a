/*
 * Writing a container's record.
 *
 * A record is two lines of JSON. The first is what exec, update and delete need, and they read no
 * further: health checks are execs. The second is for people: request, journal, refusals, notes.
 *
 * The request must be written before the controls change the document, its result is known after
 * them. So the file is begun early, under a name that nobody looks for, with room for the result.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "health_seen.h"
#include "net_files.h"
#include "process_id.h"
#include "runtime_state.h"
#include "state_maker.h"

/* Spaces in front of a number are JSON too. 10 digits hold every uid, 71 bytes a digest. */
#define RESULT_FORMAT                                                                              \
	"\"config_digest\":\"%71s\",\"final_uid\":%10llu,\"final_gid\":%10llu,\"firewall\":%1u"

static void put_policy(struct strbuf *out, const struct policy *policy)
{
	const struct {
		const char *name, *value;
	} texts[] = {
		{ "name", policy->name },     { "revision", policy->revision },
		{ "help", policy->help },     { "digest", policy->digest },
		{ "source", policy->source }, { "profile", policy->profile },
		{ "rule", policy->rule },     { "exec_args", policy->exec_args },
	};
	struct error ignored = { 0 };

	strbuf_puts(out, ",\"policy\":{");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		strbuf_member(out, texts[i].name, texts[i].value);
		strbuf_puts(out, ",");
	}
	strbuf_printf(out, "\"audit_required\":%s", policy->is_audit_required ? "true" : "false");
	if (policy->sinks) {
		strbuf_puts(out, ",\"sinks\":");
		(void)!json_write(out, policy->sinks, &ignored);
	}
	if (policy->live) {
		strbuf_puts(out, ",\"live\":");
		(void)!json_write(out, policy->live, &ignored);
	}
	strbuf_puts(out, ",\"controls\":");
	(void)!json_write(out, policy->controls, &ignored);
	strbuf_puts(out, "}");
}

/* Who writes this, and becomes the runtime. Zeros when that cannot be told: never judged. */
static void put_creator(struct strbuf *out)
{
	struct process_id self = { 0 };

	(void)!process_id_self(&self);
	strbuf_printf(out, ",\"creator\":{\"pid\":%llu,\"started\":%llu,\"pid_namespace\":%llu}",
		      (unsigned long long)self.pid, (unsigned long long)self.started,
		      (unsigned long long)self.pid_namespace);
}

/* The first line. Returns where the result stands in it. */
static size_t put_head(struct strbuf *out, const struct decision *d)
{
	const struct create_request *created = &d->facts.created;
	struct error ignored = { 0 };
	size_t result_at;

	strbuf_printf(out, "{\"v\":%d,", STATE_VERSION);
	strbuf_member(out, "mantlet", state_maker());
	strbuf_puts(out, ",");
	strbuf_member(out, "event", d->event_id);
	strbuf_puts(out, ",");
	strbuf_member(out, "id", d->facts.id);
	strbuf_puts(out, ",");
	strbuf_member(out, "engine", engine_name(d->facts.engine));
	strbuf_puts(out, ",");
	strbuf_member(out, "bundle", d->facts.bundle);
	strbuf_puts(out, ",");
	strbuf_member(out, "runtime", d->runtime);
	put_creator(out);
	strbuf_printf(out, ",\"created\":{\"uid\":%llu,\"capabilities\":%llu,",
		      (unsigned long long)created->uid, (unsigned long long)created->capabilities);
	result_at = out->len;
	strbuf_printf(out, RESULT_FORMAT "}", "", 0ULL, 0ULL, 0U);
	if (created->healthcheck) {
		strbuf_puts(out, ",\"healthcheck\":");
		(void)!json_write(out, created->healthcheck, &ignored);
	}
	put_policy(out, &d->policy);
	strbuf_puts(out, "}\n");
	return result_at;
}

static void put_request(struct strbuf *out, struct json_doc *doc)
{
	struct error ignored = { 0 };

	strbuf_puts(out, "{\"request\":");
	journal_cut_values(doc->root, true);
	/* A tree within the limits always writes. */
	(void)!json_write(out, doc->root, &ignored);
	journal_cut_values(doc->root, false);
}

/* Not in the words for a file that is replaced: a record is new. */
static int not_written(int sys_errno, struct error *e)
{
	errno = sys_errno;
	return error_sys(e, "cannot write the record of the container to /run/mantlet");
}

int state_begin(struct state_file *ret_file, const struct decision *d, struct json_doc *doc,
		struct error *e)
{
	struct state_file *f = ret_file;

	*f = (struct state_file){ .place = STATE_RECORD_NONE, .file.fd = -1 };
	f->place.id = d->facts.id;
	if (state_file_name(f->place.name, d->facts.id))
		return error_set(e, ERR_USAGE,
				 "the container id has more than %d characters; use a shorter one",
				 STATE_ID_MAX);
	if (state_root(f->place.root, &d->inv, d->runtime, e))
		return -1;
	f->place.dir = state_dir_make(f->place.root, &d->policy, e);
	if (f->place.dir < 0)
		return -1;
	if (fd_new_open(&f->file, f->place.dir, f->place.name, e))
		return not_written(e->sys_errno, e);

	f->drain.fd = f->file.fd;
	f->text.drain = &f->drain;
	f->result_at = put_head(&f->text, d);
	put_request(&f->text, doc);
	return 0;
}

static void put_notes(struct strbuf *out, const struct journal *journal)
{
	const char *comma = "";

	strbuf_puts(out, ",\"notes\":[");
	for (const struct journal_note *note = journal->notes; note; note = note->next) {
		strbuf_printf(out, "%s{", comma);
		strbuf_member(out, "control", note->control);
		strbuf_puts(out, ",");
		strbuf_member(out, "text", note->text);
		strbuf_puts(out, "}");
		comma = ",";
	}
	strbuf_puts(out, "]");
}

static int put_result(const struct state_file *f, const struct decision *d)
{
	const struct create_request *created = &d->facts.created;
	char text[192];
	int len = snprintf(text, sizeof(text), RESULT_FORMAT, d->config_digest,
			   (unsigned long long)created->final_uid,
			   (unsigned long long)created->final_gid, (unsigned int)d->firewall);
	ssize_t written = pwrite(f->file.fd, text, (size_t)len, (off_t)f->result_at);

	return written == len ? 0 : -1;
}

/* The record of a container that exists says how it was started; the second one of its name will be
 * refused by the runtime, and must not change what holds for the first. */
static int taken(const struct decision *d, struct error *e)
{
	return error_set(e, ERR_USAGE,
			 "there is a container '%s' under this runtime root already; delete it, or "
			 "choose another id",
			 d->inv.id);
}

/* Whatever cannot be read or judged is replaced: the runtime decides whether the id is free. */
static enum state_life life_of(const struct state_record *record, const struct decision *d)
{
	struct error ignored = { 0 };
	struct json_doc doc = { 0 };

	if (!runtime_state_is_absent(record->root, d->inv.id))
		return STATE_KEPT;
	if (record->fd < 0 || state_record_read(&doc, record, d->arena, &ignored))
		return STATE_UNJUDGED;
	return state_record_life(record, doc.root, d->inv.id);
}

int state_check_free(const struct decision *d, struct error *e)
{
	struct state_record record;
	enum state_life life;

	if (state_record_open(&record, &d->inv, d->runtime, d->inv.id, e) < 0) {
		state_record_close(&record);
		return -1;
	}
	life = life_of(&record, d);
	if (life == STATE_STALE)
		state_record_drop(&record);
	state_record_close(&record);
	return life == STATE_KEPT || life == STATE_COMING ? taken(d, e) : 0;
}

/* In the place of what an older container of this name left. The hook reads it, so without it the
 * container would not start: better said here. */
static int put_plan(const struct state_file *f, const struct decision *d, struct error *e)
{
	char name[NAME_MAX + 1];

	net_files_remove(f->place.dir, d->facts.id);
	if (!d->net_text)
		return 0;
	if (net_files_plan_name(name, d->facts.id) ||
	    fd_replace(f->place.dir, name, d->net_text, strlen(d->net_text), 0600, geteuid(),
		       getegid(), e))
		return error_wrap(e, "the plan of the container's firewall");
	return 0;
}

/*
 * Two creates of one id may have come this far. The first to have the lock puts its record, and
 * lives on as the runtime; the second sees that. So what the first one did not win in the runtime,
 * the second one has not touched.
 */
static int put_in_place(struct state_file *f, const struct decision *d, struct error *e)
{
	auto_close int lock = state_lock(e);
	enum state_life life;

	if (lock < 0)
		return -1;
	f->place.fd =
		openat(f->place.dir, f->place.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	life = life_of(&f->place, d);
	if (life == STATE_KEPT || life == STATE_COMING)
		return taken(d, e);
	if (put_plan(f, d, e))
		return -1;
	if (fd_new_keep(&f->file, 0600, geteuid(), getegid(), e)) {
		net_files_remove(f->place.dir, d->facts.id);
		return not_written(e->sys_errno, e);
	}
	/* In the place of what an older container of this name left. */
	health_seen_begin(f->place.dir, d->facts.id,
			  d->facts.created.healthcheck ? d->facts.created.health_key : NULL);
	return 0;
}

int state_keep(struct state_file *f, const struct decision *d, struct error *e)
{
	strbuf_puts(&f->text, ",\"journal\":");
	journal_write(&f->text, &d->journal, "");
	strbuf_puts(&f->text, ",\"refusals\":");
	journal_write_refusals(&f->text, &d->journal);
	put_notes(&f->text, &d->journal);
	strbuf_puts(&f->text, "}\n");

	if (strbuf_flush(&f->text) || put_result(f, d))
		return not_written(errno, e);
	if (put_in_place(f, d, e))
		return -1;
	if (d->policy.records_group) {
		auto_close int fd =
			openat(f->place.dir, f->place.name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (fd >= 0)
			state_share(fd, 0640, 0600, &d->policy);
	}
	return 0;
}

void state_close(struct state_file *f)
{
	strbuf_free(&f->text);
	fd_new_close(&f->file);
	state_record_close(&f->place);
}
