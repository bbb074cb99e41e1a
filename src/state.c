/*
 * Writing a container's record, and when it goes.
 *
 * A record is two lines of JSON. The first is what exec, update and delete need, and they read no
 * further: health checks are execs. The second is for people: request, journal, refusals, notes.
 *
 * The request must be written before the controls change the document, its result is known after
 * them. So the file is begun early, under a name that nobody looks for, with room for the result.
 */
#include "state.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "health_seen.h"
#include "runtime_state.h"
#include "state_dir.h"
#include "text.h"

/* Spaces in front of a number are JSON too. 10 digits hold every uid. */
#define RESULT_FORMAT "\"final_uid\":%10llu,\"final_gid\":%10llu"

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

/* The first line. Returns where the result stands in it. */
static size_t put_head(struct strbuf *out, const struct decision *d)
{
	const struct create_request *created = &d->facts.created;
	struct error ignored = { 0 };
	size_t result_at;

	strbuf_printf(out, "{\"v\":%d,", STATE_VERSION);
	strbuf_member(out, "event", d->event_id);
	strbuf_puts(out, ",");
	strbuf_member(out, "id", d->facts.id);
	strbuf_puts(out, ",");
	strbuf_member(out, "engine", engine_name(d->facts.engine));
	strbuf_puts(out, ",");
	strbuf_member(out, "bundle", d->facts.bundle);
	strbuf_puts(out, ",");
	strbuf_member(out, "runtime", d->runtime);
	strbuf_printf(out, ",\"created\":{\"uid\":%llu,\"capabilities\":%llu,",
		      (unsigned long long)created->uid, (unsigned long long)created->capabilities);
	result_at = out->len;
	strbuf_printf(out, RESULT_FORMAT "}", 0ULL, 0ULL);
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

int state_begin(struct state_file *ret_file, const struct decision *d, struct json_doc *doc,
		struct error *e)
{
	struct state_file *f = ret_file;

	*f = (struct state_file){ .dir = -1, .file.fd = -1 };
	if (state_file_name(f->name, d->facts.id))
		return error_set(e, ERR_USAGE,
				 "the container id has more than %d characters; use a shorter one",
				 STATE_ID_MAX);
	f->dir = state_dir_make(d, e);
	if (f->dir < 0)
		return -1;
	if (fd_new_open(&f->file, f->dir, f->name, e))
		return error_wrap(e, "the record of the container");

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

static int put_result(const struct state_file *f, const struct create_request *created)
{
	char text[64];
	int len =
		snprintf(text, sizeof(text), RESULT_FORMAT, (unsigned long long)created->final_uid,
			 (unsigned long long)created->final_gid);
	ssize_t written = pwrite(f->file.fd, text, (size_t)len, (off_t)f->result_at);

	return written == len ? 0 : -1;
}

int state_keep(struct state_file *f, const struct decision *d, struct error *e)
{
	strbuf_puts(&f->text, ",\"journal\":");
	journal_write(&f->text, &d->journal, "");
	strbuf_puts(&f->text, ",\"refusals\":");
	journal_write_refusals(&f->text, &d->journal);
	put_notes(&f->text, &d->journal);
	strbuf_puts(&f->text, "}\n");

	if (strbuf_flush(&f->text) || put_result(f, &d->facts.created))
		return error_sys(e, "cannot write the record of the container to /run/mantlet");
	if (fd_new_keep(&f->file, 0600, geteuid(), getegid(), e))
		return error_wrap(e, "the record of the container");
	/* In the place of what an older container of this name left. */
	health_seen_begin(f->dir, d->facts.id,
			  d->facts.created.healthcheck ? d->facts.created.health_key : NULL);
	if (d->policy.records_group) {
		auto_close int fd = openat(f->dir, f->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (fd >= 0)
			state_share(fd, 0640, 0600, &d->policy);
	}
	return 0;
}

void state_close(struct state_file *f)
{
	strbuf_free(&f->text);
	fd_new_close(&f->file);
	if (f->dir >= 0)
		(void)close(f->dir);
	f->dir = -1;
}

void state_remove(const struct invocation *inv, const char *runtime)
{
	struct error ignored = { 0 };
	char name[NAME_MAX + 1];
	auto_close int dir = -1;

	if (state_dir_open(&dir, inv, runtime, &ignored) == 1 &&
	    state_file_name(name, inv->id) == 0) {
		(void)unlinkat(dir, name, 0);
		health_seen_forget(dir, inv->id);
	}
}

/* What cli_id_of_delete() lets stand in front of the id. */
static bool is_forced(const struct invocation *inv)
{
	return text_equal(inv->args[0], "--force") || text_equal(inv->args[0], "-f");
}

void state_forget(const struct invocation *inv, const char *runtime)
{
	char root[PATH_MAX];

	if (is_forced(inv) || state_root(root, inv, runtime) < 0 ||
	    !runtime_state_is_running(root, inv->id))
		state_remove(inv, runtime);
}

bool state_is_taken(const struct invocation *inv, const char *runtime)
{
	char root[PATH_MAX];

	return state_root(root, inv, runtime) == 0 && runtime_state_exists(root, inv->id);
}
