/*
 * The audit log: one JSON line for each decision (schema: messages.md section 4; mantlet(8),
 * "AUDIT EVENTS"), at most 8 KiB, one write(2) with O_APPEND; file, syslog(3) socket, journald.
 * Environment values never appear, argument values only when the policy says "exec_args": "full".
 */
#ifndef MANTLET_AUDIT_H
#define MANTLET_AUDIT_H

#include "decision.h"

#define AUDIT_FILE "/var/log/mantlet/audit.jsonl"
#define AUDIT_MAX_LINE 8192

/* A new id for an event, sortable by time: 10 + 10 characters of base32. In the arena. */
const char *audit_new_id(struct arena *arena);

/* A time (CLOCK_REALTIME) as RFC 3339 in UTC with microseconds. */
void audit_time(struct strbuf *out, const struct timespec *at);

/*
 * Write the event of D to the policy's sinks (the default file when there is no policy).
 * MESSAGE is the refusal or error text, NULL when allowed; KIND tells refusals from errors.
 * A sink that fails is said on nobody's stdout: 0 unless "required" is set, then -1.
 */
int audit_write(const struct decision *d, enum error_kind kind, const char *message,
		struct error *e) MUST_CHECK;

/* One line to one sink ("file:/path", "syslog", "journald"). 0 or -1 with errno. */
int audit_sink_write(const char *sink, const char *line, size_t len, unsigned int severity);

#endif
