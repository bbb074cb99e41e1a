/*
 * `mantlet-net show`: the rules in force with their counters, and the sockets that listen beside
 * the ports that `ingress` opens. For people, or with --json for programs; changes nothing.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "net_run.h"
#include "report.h"
#include "runtime_state.h"
#include "text.h"

struct show {
	struct net_run run;
	bool has_plan, is_json;
	struct net_seen seen;
	struct net_listeners listeners;
};

/* Rules of one line of policy (both families, several ports) are one line here. */
struct row {
	const char *chain, *name, *text, *verdict;
	uint64_t packets, bytes;
};

/* What the plan's rule does, in words. */
static const char *verdict_words(const struct net_rule *rule, const char *comment)
{
	static const char *const ids[] = { "metadata", "egress", "ingress" };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		if (net_comment_is_block(comment, ids[i]))
			return rule && (rule->verdict == NET_ACCEPT ||
					rule->verdict == NET_CONTINUE)
				       ? "counted"
				       : "blocked";
	}
	return "allowed";
}

static const struct net_rule *find_rule(const struct show *show, const char *comment)
{
	for (size_t i = 0; show->has_plan && i < show->run.table.rule_count; i++) {
		if (text_equal(show->run.table.rules[i].comment, comment))
			return &show->run.table.rules[i];
	}
	return NULL;
}

static bool is_shown(const struct net_seen_rule *rule)
{
	return rule->comment && !text_equal(rule->chain, NET_REFUSE_CHAIN) &&
	       strstr(rule->expressions, "counter{");
}

/* Neighbours with the same comment are summed; there are at most a few thousand rules. */
static size_t make_rows(const struct show *show, struct row *rows)
{
	size_t count = 0;

	for (size_t i = 0; i < show->seen.rule_count; i++) {
		const struct net_seen_rule *rule = &show->seen.rules[i];
		struct row *last = count ? &rows[count - 1] : NULL;
		const struct net_rule *plan;

		if (!is_shown(rule))
			continue;
		if (last && text_equal(last->name, rule->comment) &&
		    text_equal(last->chain, rule->chain)) {
			last->packets += rule->packets;
			last->bytes += rule->bytes;
			continue;
		}
		plan = find_rule(show, rule->comment);
		rows[count++] = (struct row){ .chain = rule->chain,
					      .name = rule->comment,
					      .text = plan ? plan->text : NULL,
					      .verdict = verdict_words(plan, rule->comment),
					      .packets = rule->packets,
					      .bytes = rule->bytes };
	}
	return count;
}

static bool is_loopback(const struct net_listener *it)
{
	static const uint8_t loopback[16] = { [15] = 1 };

	return it->family == NET_V4 ? it->address[0] == 127
				    : memcmp(it->address, loopback, 16) == 0;
}

/* True when some line of ingress opens the port, for whomever. */
static bool is_declared(const struct show *show, const struct net_listener *it)
{
	const struct net_part *ingress = &show->run.plan.ingress;

	for (size_t i = 0; i < ingress->allow.count; i++) {
		const struct net_entry *entry = &ingress->allow.items[i];

		if (entry->proto != NET_ANY && entry->proto != (it->is_udp ? NET_UDP : NET_TCP))
			continue;
		if (entry->port_count == 0)
			return true;
		for (size_t p = 0; p < entry->port_count; p++) {
			if (it->port >= entry->ports[p].first && it->port <= entry->ports[p].last)
				return true;
		}
	}
	return false;
}

static const char *reach_of(const struct show *show, const struct net_listener *it)
{
	if (is_loopback(it))
		return "local";
	if (!show->has_plan || !show->run.plan.ingress.is_present)
		return "open";
	return is_declared(show, it) ? "declared" : "undeclared";
}

static void write_json(const struct show *show, const struct row *rows, size_t count,
		       struct strbuf *out)
{
	char address[INET6_ADDRSTRLEN];

	strbuf_puts(out, "{\"v\":1,");
	strbuf_member(out, "id", show->has_plan ? show->run.plan.id : NULL);
	strbuf_printf(out, ",\"table\":%s,", show->seen.has_table ? "true" : "false");
	strbuf_member(out, "identity", net_seen_identity(&show->seen));
	strbuf_puts(out, ",\"rules\":[");
	for (size_t i = 0; i < count; i++) {
		strbuf_puts(out, i ? ",{" : "{");
		strbuf_member(out, "chain", rows[i].chain);
		strbuf_puts(out, ",");
		strbuf_member(out, "rule", rows[i].name);
		strbuf_puts(out, ",");
		strbuf_member(out, "text", rows[i].text);
		strbuf_puts(out, ",");
		strbuf_member(out, "verdict", rows[i].verdict);
		strbuf_printf(out, ",\"packets\":%llu,\"bytes\":%llu}",
			      (unsigned long long)rows[i].packets,
			      (unsigned long long)rows[i].bytes);
	}
	strbuf_puts(out, "],\"listening\":[");
	for (size_t i = 0; i < show->listeners.count; i++) {
		const struct net_listener *it = &show->listeners.items[i];

		strbuf_puts(out, i ? ",{" : "{");
		strbuf_member(out, "proto", it->is_udp ? "udp" : "tcp");
		strbuf_puts(out, ",");
		strbuf_member(out, "address", net_address_text(address, it->family, it->address));
		strbuf_printf(out, ",\"port\":%u,\"uid\":%u,", it->port, it->uid);
		strbuf_member(out, "reach", reach_of(show, it));
		strbuf_puts(out, "}");
	}
	strbuf_puts(out, "]}\n");
}

static void write_words(const struct show *show, const struct row *rows, size_t count,
			struct strbuf *out)
{
	char address[INET6_ADDRSTRLEN];

	if (!show->seen.has_table)
		strbuf_puts(out, "no firewall of mantlet's here\n");
	else
		strbuf_printf(out, "%-8s %-20s %-8s %10s %12s  %s\n", "CHAIN", "RULE", "IS",
			      "PACKETS", "BYTES", "WHAT");
	for (size_t i = 0; i < count; i++)
		strbuf_printf(out, "%-8s %-20s %-8s %10llu %12llu  %s\n", rows[i].chain,
			      rows[i].name, rows[i].verdict, (unsigned long long)rows[i].packets,
			      (unsigned long long)rows[i].bytes, rows[i].text ? rows[i].text : "");
	if (show->listeners.count)
		strbuf_printf(out, "\n%-8s %-40s %5s %10s  %s\n", "LISTENS", "ADDRESS", "PORT",
			      "UID", "REACH");
	for (size_t i = 0; i < show->listeners.count; i++) {
		const struct net_listener *it = &show->listeners.items[i];

		strbuf_printf(out, "%-8s %-40s %5u %10u  %s\n", it->is_udp ? "udp" : "tcp",
			      net_address_text(address, it->family, it->address), it->port, it->uid,
			      reach_of(show, it));
	}
}

/* A number is a process, everything else the path of a plan. */
static int find_process(struct show *show, const char *what, pid_t *ret_pid, struct error *e)
{
	uint64_t pid;

	if (parse_u64(what, &pid) == 0 && pid > 0 && pid <= INT_MAX) {
		*ret_pid = (pid_t)pid;
		return 0;
	}
	if (net_run_load(&show->run, what, e) < 0)
		return -1;
	show->has_plan = true;
	*ret_pid = runtime_state_pid(show->run.plan.root, show->run.plan.id);
	if (*ret_pid)
		return 0;
	return error_set(e, ERR_SYSTEM, "the container '%s' has no process; is it running?",
			 show->run.plan.id);
}

static int look(struct show *show, const char *what, struct error *e)
{
	auto_close int ns = -1, fd = -1, diag = -1;
	pid_t pid;

	if (find_process(show, what, &pid, e) < 0)
		return -1;
	ns = net_namespace_open(pid, e);
	if (ns < 0)
		return -1;
	fd = net_socket_open(ns, NETLINK_NETFILTER, e);
	if (fd < 0 || net_read(&show->seen, show->run.arena, fd, NULL, e) < 0)
		return -1;
	diag = net_socket_open(ns, NETLINK_SOCK_DIAG, e);
	return diag < 0 ? -1 : net_diag(&show->listeners, show->run.arena, diag, e);
}

int net_show(char **argv)
{
	auto_arena struct arena *arena = arena_new();
	struct show show = { .run.arena = arena };
	auto_strbuf struct strbuf out = { 0 };
	struct error e = { 0 };
	struct row *rows;
	size_t count;

	show.is_json = text_equal(argv[1], "--json");
	if ((argv[1] && !show.is_json) || (show.is_json && argv[2])) {
		(void)fputs("usage: mantlet-net show PLAN|PID [--json]\n", stderr);
		return 2;
	}
	if (look(&show, argv[0], &e) < 0) {
		const struct invocation none = { 0 };

		return report_error(&none, &e);
	}
	rows = arena_alloc(show.run.arena, (show.seen.rule_count + 1) * sizeof(*rows));
	count = make_rows(&show, rows);
	(show.is_json ? write_json : write_words)(&show, rows, count, &out);
	return fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0
		       ? EXIT_SUCCESS
		       : EXIT_FAILURE;
}
