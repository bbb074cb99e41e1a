/*
 * Events of the firewall in the audit log, of the same form as mantlet's own (mantlet(8), "AUDIT
 * EVENTS") with what was blocked.
 */
#include <string.h>

#include "audit.h"
#include "host.h"
#include "net_run.h"
#include "text.h"

#define SEVERITY_INFO 2U
#define SEVERITY_NOTICE 4U
#define SEVERITY_ERROR 6U

static uint64_t microseconds_since(const struct timespec *start)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)((now.tv_sec - start->tv_sec) * 1000000 +
			  (now.tv_nsec - start->tv_nsec) / 1000);
}

/* What no control of the plan could block is not said to be 0. */
static void put_blocked(struct strbuf *out, const char *id, bool is_on, const struct net_seen *seen,
			uint64_t *sum)
{
	uint64_t packets = is_on ? net_blocked(seen, id) : 0;

	if (out->data[out->len - 1] != '{')
		strbuf_puts(out, ",");
	if (is_on)
		strbuf_printf(out, "\"%s\":%llu", id, (unsigned long long)packets);
	else
		strbuf_member(out, id, NULL);
	*sum += packets;
}

static void put_counters(struct strbuf *out, const struct net_plan *plan,
			 const struct net_seen *seen, uint64_t *sum)
{
	strbuf_puts(out, ",\"blocked\":");
	if (!seen || !seen->has_table) {
		strbuf_puts(out, "null");
		return;
	}
	strbuf_puts(out, "{");
	put_blocked(out, "metadata", plan->metadata.is_present, seen, sum);
	put_blocked(out, "egress", plan->egress.is_present, seen, sum);
	put_blocked(out, "ingress", plan->ingress.is_present, seen, sum);
	strbuf_puts(out, "}");
}

static void put_part(struct strbuf *out, const char *id, bool is_on, bool is_enforced)
{
	strbuf_puts(out, ",");
	strbuf_member(out, id, !is_on ? "off" : is_enforced ? "enforced" : "audit");
}

/* Digest and controls are those of the rules in force. */
static void put_firewall(struct strbuf *out, const struct net_run *run, const struct net_seen *seen,
			 uint64_t *sum)
{
	const struct net_plan *plan = run->followed ? run->followed : &run->plan;

	strbuf_puts(out, ",\"firewall\":{");
	strbuf_member(out, "role", run->plan.role == NET_OWNER ? "owner" : "joiner");
	strbuf_puts(out, ",");
	strbuf_member(out, "digest", plan->digest);
	put_part(out, "metadata", plan->metadata.is_present, plan->metadata.is_enforced);
	put_part(out, "egress", plan->egress.is_present, plan->egress.is_enforced);
	put_part(out, "ingress", plan->ingress.is_present, plan->ingress.is_enforced);
	put_counters(out, plan, seen, sum);
	strbuf_puts(out, "}");
}

static void put_where(struct strbuf *out, const struct net_plan *plan)
{
	strbuf_puts(out, ",\"host\":{");
	host_write_identity(out);
	strbuf_puts(out, "},\"actor\":{");
	host_write_actor(out);
	strbuf_puts(out, "},\"container\":{");
	strbuf_member(out, "id", plan->id);
	strbuf_puts(out, "},\"policy\":{");
	strbuf_member(out, "name", plan->policy);
	strbuf_puts(out, ",");
	strbuf_member(out, "revision", plan->revision);
	strbuf_puts(out, "}");
}

static void write_line(const struct net_plan *plan, const struct strbuf *line,
		       unsigned int severity)
{
	if (!plan->sinks)
		(void)!audit_sink_write("file:" AUDIT_FILE, line->data, line->len, severity);
	json_each (sink, plan->sinks)
		(void)!audit_sink_write(json_text(sink), line->data, line->len, severity);
}

void net_run_event(const struct net_run *run, const char *event, const char *outcome,
		   const char *message, const struct net_seen *seen)
{
	auto_strbuf struct strbuf line = { 0 }, firewall = { 0 };
	unsigned int severity = SEVERITY_INFO;
	struct timespec now = { 0 };
	uint64_t blocked = 0;

	if (!run->plan.id)
		return;
	put_firewall(&firewall, run, seen, &blocked);
	if (message && !text_equal(outcome, "allowed"))
		severity = SEVERITY_ERROR;
	else if (message || blocked > 0)
		severity = SEVERITY_NOTICE;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	strbuf_puts(&line, "{\"v\":1,");
	strbuf_member(&line, "id", audit_new_id(run->arena));
	strbuf_puts(&line, ",\"time\":\"");
	audit_time(&line, &now);
	strbuf_puts(&line, "\",");
	strbuf_member(&line, "event", event);
	strbuf_puts(&line, ",");
	strbuf_member(&line, "outcome", outcome);
	strbuf_printf(&line, ",\"severity\":%u", severity);
	put_where(&line, &run->plan);
	strbuf_add(&line, firewall.data, firewall.len);
	if (message) {
		strbuf_puts(&line, ",");
		strbuf_member(&line, "message", message);
	}
	strbuf_printf(&line, ",\"us\":%llu,\"cut\":false}\n",
		      (unsigned long long)microseconds_since(&run->started));
	write_line(&run->plan, &line, severity);
}
