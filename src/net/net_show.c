/*
 * `mantlet-net show`: the rules in force with their counters, and the sockets that listen beside
 * the ports that `ingress` opens. It changes nothing. This file looks; net_words.c says what was
 * found, for people and for programs.
 *
 * What is looked at may belong to somebody hostile: a namespace given by its process can have a
 * table of our name that we have not made. So no text of it is printed as it is, and what a rule
 * lacks is not relied on.
 */
#include "net_show.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "net_files.h"
#include "report.h"
#include "runtime_state.h"
#include "text.h"

/* As mantletctl, which becomes this program. */
enum show_status { SHOW_OK, SHOW_FOUND, SHOW_USAGE, SHOW_FAILED };

#define NAMED_PORTS 8 /* in the finding; the rest is counted */

/* ---- rules ---- */

static bool is_block(const char *comment)
{
	return net_comment_is_block(comment, "metadata") ||
	       net_comment_is_block(comment, "egress") || net_comment_is_block(comment, "ingress");
}

/* What the plan's rule does. */
static const char *verdict_of(const struct net_rule *rule, const char *comment)
{
	if (!is_block(comment))
		return "allowed";
	return rule && (rule->verdict == NET_ACCEPT || rule->verdict == NET_CONTINUE) ? "counted"
										      : "blocked";
}

/* Rules that have no line of policy say their own name. */
static const char *text_of(const struct net_rule *rule)
{
	if (!rule)
		return NULL;
	if (text_equal(rule->text, "dns"))
		return "port 53 of the nameservers";
	return text_equal(rule->text, "egress.dns") ? "port 53 of all others" : rule->text;
}

static const struct net_rule *find_rule(const struct net_show *show, const char *comment)
{
	for (size_t i = 0; show->has_plan && i < show->run.table.rule_count; i++) {
		if (text_equal(show->run.table.rules[i].comment, comment))
			return &show->run.table.rules[i];
	}
	return NULL;
}

static bool is_shown(const struct net_seen_rule *rule)
{
	return rule->chain && rule->comment && rule->expressions &&
	       !text_equal(rule->chain, NET_REFUSE_CHAIN) && strstr(rule->expressions, "counter{");
}

static const char *safe(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);

	error_defuse(copy);
	return copy;
}

/* How many rows there are now. */
static size_t add_row(const struct net_show *show, struct net_row *rows, size_t count,
		      const struct net_seen_rule *rule)
{
	struct net_row *last = count ? &rows[count - 1] : NULL;
	const char *chain = safe(show->run.arena, rule->chain);
	const char *name = safe(show->run.arena, rule->comment);
	const struct net_rule *plan;

	if (last && text_equal(last->name, name) && text_equal(last->chain, chain)) {
		last->packets += rule->packets;
		last->bytes += rule->bytes;
		return count;
	}
	plan = find_rule(show, rule->comment);
	rows[count] = (struct net_row){
		.chain = chain,
		.name = name,
		.text = text_of(plan),
		.verdict = verdict_of(plan, rule->comment),
		.packets = rule->packets,
		.bytes = rule->bytes,
	};
	return count + 1;
}

/* What was blocked is why somebody looks, so it comes first. */
static void make_rows(struct net_show *show)
{
	size_t room = show->seen.rule_count + 1, count = 0;
	struct net_row *rows = arena_alloc(show->run.arena, room * sizeof(*rows));

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < show->seen.rule_count; i++) {
			const struct net_seen_rule *rule = &show->seen.rules[i];

			if (is_shown(rule) && is_block(rule->comment) == (pass == 0))
				count = add_row(show, rows, count, rule);
		}
	}
	show->rows = rows;
	show->row_count = count;
}

/* ---- sockets ---- */

/* Also as Java writes it, an IPv4 address in IPv6. */
static bool is_loopback(const struct net_listener *it)
{
	static const uint8_t loopback[16] = { [15] = 1 };
	static const uint8_t mapped[13] = { [10] = 0xFF, [11] = 0xFF, [12] = 127 };

	if (it->family == NET_V4)
		return it->address[0] == 127;
	return memcmp(it->address, loopback, sizeof(loopback)) == 0 ||
	       memcmp(it->address, mapped, sizeof(mapped)) == 0;
}

static bool is_for_everybody(const struct net_entry *entry)
{
	for (enum net_family f = NET_V4; f < NET_FAMILIES; f++) {
		if (entry->to[f].count != 1 || !net_range_is_all(&entry->to[f].items[0], f))
			return false;
	}
	return true;
}

/* True when some line names the port, for whomever or only those that are for everybody. */
static bool is_named(const struct net_entries *entries, const struct net_listener *it,
		     bool everybody)
{
	for (size_t i = 0; i < entries->count; i++) {
		const struct net_entry *entry = &entries->items[i];

		if (entry->proto != NET_ANY && entry->proto != (it->is_udp ? NET_UDP : NET_TCP))
			continue;
		if (everybody && !is_for_everybody(entry))
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

enum net_reach net_show_reach(const struct net_show *show, const struct net_listener *it)
{
	const struct net_part *ingress = &show->run.plan.ingress;

	if (is_loopback(it))
		return NET_LOCAL;
	if (!show->has_plan || !ingress->is_present)
		return NET_OPEN;
	if (is_named(&ingress->block, it, true))
		return NET_CLOSED;
	if (is_named(&ingress->allow, it, false))
		return NET_DECLARED;
	return ingress->blocks_default ? NET_UNDECLARED : NET_OPEN;
}

/* ---- findings ---- */

static void add_finding(struct net_show *show, const char *text)
{
	if (show->finding_count < NET_MAX_FINDINGS)
		show->findings[show->finding_count++] = safe(show->run.arena, text);
}

/* Only TCP: a UDP socket without a peer is as often that of a client, with a port of chance. */
static void find_undeclared(struct net_show *show)
{
	auto_strbuf struct strbuf text = { 0 };
	size_t count = 0;

	strbuf_puts(&text, "ports listen that no line of ingress opens: tcp");
	for (size_t i = 0; i < show->listeners.count; i++) {
		const struct net_listener *it = &show->listeners.items[i];

		if (it->is_udp || net_show_reach(show, it) != NET_UNDECLARED)
			continue;
		if (count++ < NAMED_PORTS)
			strbuf_printf(&text, "%s %u", count > 1 ? "," : "", it->port);
	}
	if (count > NAMED_PORTS)
		strbuf_printf(&text, " and %zu more", count - NAMED_PORTS);
	if (count)
		add_finding(show, text.data);
}

/* What is in force is what is shown; whose it is stays said. */
static void show_followed(struct net_show *show)
{
	const struct net_plan *owner = show->run.followed;
	struct net_plan *plan = &show->run.plan;

	if (!owner)
		return;
	add_finding(show, net_run_followed_text(&show->run));
	plan->metadata = owner->metadata;
	plan->egress = owner->egress;
	plan->ingress = owner->ingress;
	net_table_build(&show->run.table, show->run.arena, owner);
}

/* A table that somebody has changed is shown as it is, and called that. */
static int find_changes(struct net_show *show, int fd, struct error *e)
{
	struct error why = { 0 };

	if (!show->has_plan)
		return 0;
	if (net_run_verify(&show->run, fd, &why) == 0) {
		show_followed(show);
		return 0;
	}
	if (why.kind != ERR_DENIED) {
		*e = why;
		return -1;
	}
	add_finding(show, why.message);
	return 0;
}

/* ---- looking ---- */

/* The namespace of WHAT: a number is a process, everything else the path of a plan. After the last
 * process that which the hook kept. */
static int open_namespace(struct net_show *show, const char *what, struct error *e)
{
	struct error ignored = { 0 };
	uint64_t pid;
	int ns;

	show->is_running = true;
	if (parse_u64(what, &pid) == 0 && pid > 0 && pid <= INT_MAX)
		return net_namespace_open((pid_t)pid, e);
	if (net_run_load(&show->run, what, e) < 0)
		return -1;
	show->has_plan = true;
	pid = (uint64_t)runtime_state_pid(show->run.plan.root, show->run.plan.id);
	if (pid)
		return net_namespace_open((pid_t)pid, e);
	show->is_running = false;
	ns = net_namespace_open_path(net_files_pin_path(show->run.arena, what), &ignored);
	if (ns < 0)
		(void)error_set(e, ERR_SYSTEM, "the container '%s' has no process; is it running?",
				show->run.plan.id);
	return ns;
}

static int look(struct net_show *show, const char *what, struct error *e)
{
	auto_close int ns = open_namespace(show, what, e), fd = -1, diag = -1;

	if (ns < 0)
		return -1;
	fd = net_socket_open(ns, NETLINK_NETFILTER, e);
	if (fd < 0 || net_read(&show->seen, show->run.arena, fd, NULL, e) < 0 ||
	    find_changes(show, fd, e) < 0)
		return -1;
	diag = net_socket_open(ns, NETLINK_SOCK_DIAG, e);
	if (diag < 0 || net_diag(&show->listeners, show->run.arena, diag, e) < 0)
		return -1;
	make_rows(show);
	find_undeclared(show);
	return 0;
}

int net_show(char **argv)
{
	auto_arena struct arena *arena = arena_new();
	struct net_show show = { .run.arena = arena };
	auto_strbuf struct strbuf out = { 0 };
	bool is_json = text_equal(argv[1], "--json");
	struct error e = { 0 };

	if ((argv[1] && !is_json) || (is_json && argv[2])) {
		(void)fputs("usage: mantlet-net show PLAN|PID [--json]\n", stderr);
		return SHOW_USAGE;
	}
	if (look(&show, argv[0], &e) < 0) {
		const struct invocation none = { 0 };

		(void)report_error(&none, &e);
		return SHOW_FAILED;
	}
	(is_json ? net_show_json : net_show_words)(&show, &out);
	if (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0) {
		(void)fputs("mantlet: cannot write the output\n", stderr);
		return SHOW_FAILED;
	}
	for (size_t i = 0; i < show.finding_count; i++)
		(void)fprintf(stderr, "mantlet: %s\n", show.findings[i]);
	return show.finding_count ? SHOW_FOUND : SHOW_OK;
}
