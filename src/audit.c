/*
 * One decision as one JSON line. Counts and the outcome come before the list of changes, and the
 * list is cut when the line would pass 8 KiB: syslog and datagram sinks lose longer lines.
 */
#include "audit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "control.h"
#include "health_seen.h"
#include "host.h"
#include "report.h"
#include "text.h"

/* Room behind the list of changes. */
#define TAIL_SIZE 256
/* Most of the line is for the reasons of a refusal, the rest for the changes. */
#define REFUSALS_END 6144
/* Bytes of one text. */
#define MAX_VALUE 120
#define MAX_LONG 600
#define MAX_MESSAGE 1500

const char *audit_new_id(struct arena *arena)
{
	static const char base32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	char id[21] = { 0 };
	struct timespec now;
	uint64_t time, noise = 0;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	time = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	/* Short reads do not happen for 8 bytes (getrandom(2)); equal ids would only blur a log. */
	(void)!getrandom(&noise, sizeof(noise), 0);
	for (int i = 9; i >= 0; i--, time >>= 5)
		id[i] = base32[time & 31];
	for (int i = 19; i >= 10; i--, noise >>= 5)
		id[i] = base32[noise & 31];
	return arena_strdup(arena, id);
}

/* Not gmtime_r(3), which reads the file that TZ names. Days to a date after Howard Hinnant,
 * "chrono- Compatible Low-Level Date Algorithms": years begin with March, so a leap day is their
 * last. */
void audit_time(struct strbuf *out, const struct timespec *at)
{
	long second = at->tv_sec % 86400;
	long days = at->tv_sec / 86400 + 719468; /* from 0000-03-01 */
	long era = days / 146097, day_of_era = days % 146097;
	long year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	long day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	long month = (5 * day_of_year + 2) / 153;

	strbuf_printf(out, "%04ld-%02ld-%02ldT%02ld:%02ld:%02ld.%06ldZ",
		      era * 400 + year_of_era + (month >= 10), month < 10 ? month + 3 : month - 9,
		      day_of_year - (153 * month + 2) / 5 + 1, second / 3600, second / 60 % 60,
		      second % 60, at->tv_nsec / 1000);
}

/* A member whose text somebody else chose, who may have written megabytes. */
static void put_cut(struct strbuf *out, const char *key, const char *text, size_t most)
{
	size_t len = text ? strlen(text) : 0;

	if (len <= most) {
		strbuf_member(out, key, text);
		return;
	}
	while (most > 0 && ((unsigned char)text[most] & 0xC0) == 0x80)
		most--;
	strbuf_printf(out, "\"%s\":", key);
	strbuf_json(out, text, most);
}

static bool is_audited(const struct decision *d, const char *control)
{
	return json_is(json_find(json_find(d->policy.controls, control), "mode"), "audit");
}

static const char *outcome_of(const struct decision *d, enum error_kind kind)
{
	if (kind == ERR_DENIED)
		return "refused";
	if (kind != ERR_NONE)
		return "error";
	/* Under fix a refusal is not enforced either, but there it was rewritten. */
	for (const struct journal_refusal *r = d->journal.refusals; r; r = r->next) {
		if (!r->is_enforced && is_audited(d, r->control))
			return "would-refuse";
	}
	if (text_equal(d->inv.command, "update") && d->journal.counts[EDIT_ASK] > 0)
		return "clamped";
	return "allowed";
}

/* 2 info, 4 changed something a person asked, 6 refused, 8 around mantlet or tampered. */
static unsigned int severity_of(const struct decision *d, enum error_kind kind)
{
	if (d->is_around)
		return 8;
	if (kind != ERR_NONE)
		return 6;
	return d->journal.counts[EDIT_ASK] > 0 || d->exec.has_terminal ? 4 : 2;
}

static void put_live(struct strbuf *out, const struct json *live)
{
	struct error ignored = { 0 };

	if (!live || json_write(out, live, &ignored))
		strbuf_puts(out, "\"all\"");
}

static const char *record_word(enum record_state record)
{
	switch (record) {
	case RECORD_PRESENT:
		return "present";
	case RECORD_OTHER_VERSION:
		return "other-version";
	case RECORD_MISSING:
	case RECORD_NONE:
		break;
	}
	return "missing";
}

static void put_where(struct strbuf *out, const struct decision *d)
{
	const struct policy *policy = &d->policy;

	strbuf_puts(out, ",\"host\":{");
	host_write_identity(out);
	strbuf_puts(out, "},\"engine\":{");
	strbuf_member(out, "name", engine_name(d->facts.engine));
	strbuf_puts(out, ",\"by\":\"path\",");
	strbuf_member(out, "runtime", d->runtime);
	strbuf_puts(out, ",");
	put_cut(out, "argv0", d->inv.name, MAX_VALUE);
	strbuf_puts(out, "},\"actor\":{");
	host_write_actor(out);
	strbuf_puts(out, "},\"container\":{");
	strbuf_member(out, "id", d->facts.id);
	if (d->create_id) {
		strbuf_puts(out, ",");
		strbuf_member(out, "create_id", d->create_id);
	}
	if (d->record != RECORD_NONE) {
		strbuf_puts(out, ",");
		strbuf_member(out, "record", record_word(d->record));
	}
	strbuf_puts(out, "},\"policy\":");
	if (!d->has_policy) {
		strbuf_puts(out, "null");
		return;
	}
	strbuf_puts(out, "{");
	strbuf_member(out, "name", policy->name);
	strbuf_puts(out, ",");
	strbuf_member(out, "revision", policy->revision);
	strbuf_puts(out, ",");
	strbuf_member(out, "digest", policy->digest);
	strbuf_puts(out, ",\"live\":");
	put_live(out, policy->live);
	strbuf_puts(out, ",");
	strbuf_member(out, "source", d->record == RECORD_PRESENT ? "record" : policy->source);
	strbuf_puts(out, "},\"decision\":{");
	strbuf_member(out, "profile", policy->profile);
	strbuf_puts(out, ",");
	strbuf_member(out, "rule", policy->rule);
	strbuf_puts(out, "}");
}

static void put_bool(struct strbuf *out, const char *key, bool value)
{
	strbuf_printf(out, ",\"%s\":%s", key, value ? "true" : "false");
}

static void put_exec(struct strbuf *out, const struct decision *d)
{
	const char *how = d->policy.exec_args;

	if (!d->exec.program)
		return;
	strbuf_puts(out, ",\"exec\":{");
	put_cut(out, "program", text_equal(how, "none") ? NULL : d->exec.program, MAX_VALUE);
	strbuf_printf(out, ",\"argc\":%u", d->exec.argc);
	put_bool(out, "tty", d->exec.has_terminal);
	put_bool(out, "shell", d->exec.is_shell);
	put_bool(out, "healthcheck", d->facts.is_health_check);
	strbuf_printf(out, ",\"form\":\"%s\",\"asked_user\":\"%llu:%llu\"",
		      d->exec.is_flags ? "flags" : "document",
		      (unsigned long long)d->exec.asked_uid, (unsigned long long)d->exec.asked_gid);
	put_bool(out, "asked_privileged", d->exec.asked_privileged);
	if (text_equal(how, "full")) {
		const char *comma = "";

		/* An argument list may be megabytes; the event may not. */
		strbuf_puts(out, ",\"args\":[");
		json_each (arg, d->exec.args) {
			auto_strbuf struct strbuf one = { 0 };

			strbuf_json(&one, arg->text, arg->len <= MAX_LONG ? arg->len : MAX_LONG);
			if (out->len + one.len > AUDIT_MAX_LINE / 2)
				break;
			strbuf_puts(out, comma);
			strbuf_add(out, one.data, one.len);
			comma = ",";
		}
		strbuf_puts(out, "]");
	}
	strbuf_puts(out, "}");
}

/* JSON text as a string, cut: a whole seccomp section has no place in an event. */
static void put_value(struct strbuf *out, const char *key, const char *json)
{
	size_t len = json ? strlen(json) : 0;

	strbuf_printf(out, ",\"%s\":", key);
	if (!json)
		strbuf_puts(out, "null");
	else if (json[0] == '"' && len <= MAX_VALUE)
		strbuf_add(out, json, len);
	else
		strbuf_json(out, json, len <= MAX_VALUE ? len : MAX_VALUE);
}

/* The references of a control stand with the first of its changes. */
static void put_change(struct strbuf *out, const struct decision *d,
		       const struct journal_entry *entry, bool has_refs)
{
	const struct control *control = has_refs ? control_find(entry->control) : NULL;
	const char *path = entry->path;
	const char *comma = "";

	if (text_starts(path, d->path_prefix))
		path += strlen(d->path_prefix);
	strbuf_puts(out, "{");
	strbuf_member(out, "control", entry->control);
	strbuf_printf(out, ",\"class\":\"%s\",", edit_class_name(entry->class));
	strbuf_member(out, "path", path);
	put_value(out, "from", entry->from);
	put_value(out, "to", entry->to);
	if (!entry->is_enforced)
		strbuf_puts(out, ",\"enforced\":false");
	if (control)
		strbuf_puts(out, ",\"ref\":[");
	for (const char *const *ref = control ? control->refs : NULL; ref && *ref; ref++) {
		strbuf_puts(out, comma);
		strbuf_json(out, *ref, strlen(*ref));
		comma = ",";
	}
	strbuf_puts(out, control ? "]}" : "}");
}

/* The changes that a person asked for, or all others. True when everything fitted. */
static bool put_changes_of(struct strbuf *out, const struct decision *d, bool is_ask)
{
	const char *last = NULL;

	for (const struct journal_entry *entry = d->journal.entries; entry; entry = entry->next) {
		auto_strbuf struct strbuf one = { 0 };

		if ((entry->class == EDIT_ASK) != is_ask)
			continue;
		put_change(&one, d, entry, !text_equal(entry->control, last));
		if (out->len + one.len + TAIL_SIZE > AUDIT_MAX_LINE)
			return false;
		last = entry->control;
		if (out->data[out->len - 1] != '[')
			strbuf_puts(out, ",");
		strbuf_add(out, one.data, one.len);
	}
	return true;
}

/* True when everything fitted. */
static bool put_changes(struct strbuf *out, const struct decision *d)
{
	bool is_whole;

	strbuf_printf(out,
		      ",\"counts\":{\"fill\":%u,\"trim\":%u,\"ask\":%u,\"comp\":%u,\"audit\":%u}"
		      ",\"changes\":[",
		      d->journal.counts[EDIT_FILL], d->journal.counts[EDIT_TRIM],
		      d->journal.counts[EDIT_ASK], d->journal.counts[EDIT_COMP],
		      d->journal.audited);
	/* What somebody asked for comes first, so that a line that is cut still has it. */
	is_whole = put_changes_of(out, d, true) && put_changes_of(out, d, false);
	strbuf_puts(out, "]");
	return is_whole;
}

static bool put_refusals(struct strbuf *out, const struct decision *d)
{
	const char *comma = "";

	if (!d->journal.refusals)
		return true;
	strbuf_puts(out, ",\"refusals\":[");
	for (const struct journal_refusal *r = d->journal.refusals; r; r = r->next) {
		auto_strbuf struct strbuf one = { 0 };

		strbuf_puts(&one, "{");
		strbuf_member(&one, "control", r->control);
		strbuf_puts(&one, ",");
		strbuf_member(&one, "reason", r->key);
		strbuf_puts(&one, ",");
		put_cut(&one, "asked", r->asked, MAX_LONG);
		strbuf_puts(&one, r->is_enforced ? "}" : ",\"enforced\":false}");
		if (out->len + one.len > REFUSALS_END) {
			strbuf_puts(out, "]");
			return false;
		}
		strbuf_puts(out, comma);
		strbuf_add(out, one.data, one.len);
		comma = ",";
	}
	strbuf_puts(out, "]");
	return true;
}

static uint64_t microseconds_since(const struct timespec *start)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)((now.tv_sec - start->tv_sec) * 1000000 +
			  (now.tv_nsec - start->tv_nsec) / 1000);
}

/* The sink that failed, its errno in *RET_ERRNO; NULL when all were written. */
static const char *write_to_sinks(const struct decision *d, const struct strbuf *line,
				  unsigned int severity, int *ret_errno)
{
	const char *failed = NULL;

	if (!d->policy.sinks) {
		if (audit_sink_write("file:" AUDIT_FILE, line->data, line->len, severity) == 0)
			return NULL;
		*ret_errno = errno;
		return "file:" AUDIT_FILE;
	}
	json_each (sink, d->policy.sinks) {
		if (audit_sink_write(json_text(sink), line->data, line->len, severity) == 0)
			continue;
		*ret_errno = errno;
		failed = json_text(sink);
	}
	return failed;
}

/* What was asked and what became of it; false when something was cut. */
static bool put_body(struct strbuf *out, const struct decision *d, enum error_kind kind,
		     const char *message)
{
	bool is_whole;

	put_exec(out, d);
	if (message) {
		strbuf_puts(out, ",");
		put_cut(out, "message",
			arena_printf(d->arena, "%s%s", report_prefix(kind), message), MAX_MESSAGE);
		strbuf_puts(out, ",\"exit\":1");
	}
	is_whole = put_refusals(out, d);
	return put_changes(out, d) && is_whole;
}

/* The event as far as time, host and caller, which differ from one to the next. */
static void put_head(struct strbuf *out, const struct decision *d, enum error_kind kind)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	strbuf_puts(out, "{\"v\":1,");
	strbuf_member(out, "id", d->event_id);
	strbuf_puts(out, ",\"time\":\"");
	audit_time(out, &now);
	strbuf_puts(out, "\",");
	strbuf_member(out, "event", text_equal(d->inv.command, "run") ? "create" : d->inv.command);
	strbuf_puts(out, ",");
	strbuf_member(out, "outcome", outcome_of(d, kind));
	strbuf_printf(out, ",\"severity\":%u", severity_of(d, kind));
	put_where(out, d);
}

int audit_write(const struct decision *d, enum error_kind kind, const char *message,
		struct error *e)
{
	auto_strbuf struct strbuf line = { 0 };
	const char *sink, *seen = NULL;
	size_t body_at;
	bool is_whole;
	int sys_errno = 0;

	put_head(&line, d, kind);
	body_at = line.len;
	is_whole = put_body(&line, d, kind, message);
	if (d->facts.is_health_check) {
		seen = health_seen_digest(d, outcome_of(d, kind), line.data + body_at,
					  line.len - body_at);
		if (health_seen_is(d, seen))
			return 0;
	}
	strbuf_printf(&line, ",\"us\":%llu,\"cut\":%s}\n",
		      (unsigned long long)microseconds_since(&d->started),
		      is_whole ? "false" : "true");

	sink = write_to_sinks(d, &line, severity_of(d, kind), &sys_errno);
	if (!sink && seen)
		health_seen_keep(d, seen);
	if (!sink || !d->policy.is_audit_required)
		return 0;
	errno = sys_errno;
	return error_sys(e,
			 "the audit log '%s', which the policy requires, cannot be written (a file "
			 "must be root's alone)",
			 sink);
}
