/*
 * What `mantlet-net show` has found, for somebody who was woken by it: first what the firewall is
 * and what it has blocked in sum, then line by line, then who listens. With --json the same for
 * programs.
 */
#include <string.h>

#include "net_show.h"
#include "text.h"

static const char *const reach_names[] = {
	[NET_LOCAL] = "local",           [NET_OPEN] = "open",
	[NET_DECLARED] = "declared",     [NET_CLOSED] = "closed",
	[NET_UNDECLARED] = "undeclared",
};

const char *net_show_reach_name(enum net_reach reach)
{
	return reach_names[reach];
}

/* ---- controls ---- */

struct control {
	const char *id;
	bool is_present, is_enforced;
	const char *words; /* what it blocks */
};

#define CONTROLS 3

static const char *default_words(const struct net_part *part)
{
	return part->blocks_default ? "all that no line allows" : "what lines block";
}

static void list_controls(const struct net_plan *plan, struct control ret_controls[static CONTROLS])
{
	ret_controls[0] = (struct control){ "metadata", plan->metadata.is_present,
					    plan->metadata.is_enforced, "cloud metadata services" };
	ret_controls[1] =
		(struct control){ "egress", plan->egress.is_present, plan->egress.is_enforced,
				  default_words(&plan->egress) };
	ret_controls[2] =
		(struct control){ "ingress", plan->ingress.is_present, plan->ingress.is_enforced,
				  default_words(&plan->ingress) };
}

/* ---- JSON ---- */

static void put_controls_json(const struct net_show *show, struct strbuf *out)
{
	struct control controls[CONTROLS];

	strbuf_puts(out, ",\"controls\":");
	if (!show->has_plan) {
		strbuf_puts(out, "null,\"blocked\":null");
		return;
	}
	list_controls(&show->run.plan, controls);
	for (size_t i = 0; i < CONTROLS; i++) {
		strbuf_puts(out, i ? "," : "{");
		strbuf_member(out, controls[i].id,
			      !controls[i].is_present   ? "off"
			      : controls[i].is_enforced ? "enforced"
							: "audit");
	}
	/* As in the event of `delete`: what cannot block is not said to be 0. */
	strbuf_puts(out, "},\"blocked\":{");
	for (size_t i = 0; i < CONTROLS; i++) {
		strbuf_puts(out, i ? "," : "");
		if (controls[i].is_present && show->seen.has_table)
			strbuf_printf(out, "\"%s\":%llu", controls[i].id,
				      (unsigned long long)net_blocked(&show->seen, controls[i].id));
		else
			strbuf_member(out, controls[i].id, NULL);
	}
	strbuf_puts(out, "}");
}

static void put_rules_json(const struct net_show *show, struct strbuf *out)
{
	strbuf_puts(out, ",\"rules\":[");
	for (size_t i = 0; i < show->row_count; i++) {
		const struct net_row *row = &show->rows[i];

		strbuf_puts(out, i ? ",{" : "{");
		strbuf_member(out, "chain", row->chain);
		strbuf_puts(out, ",");
		strbuf_member(out, "rule", row->name);
		strbuf_puts(out, ",");
		strbuf_member(out, "text", row->text);
		strbuf_puts(out, ",");
		strbuf_member(out, "verdict", row->verdict);
		strbuf_printf(out, ",\"packets\":%llu,\"bytes\":%llu}",
			      (unsigned long long)row->packets, (unsigned long long)row->bytes);
	}
	strbuf_puts(out, "]");
}

static void put_listeners_json(const struct net_show *show, struct strbuf *out)
{
	char address[INET6_ADDRSTRLEN];

	strbuf_puts(out, ",\"listening\":[");
	for (size_t i = 0; i < show->listeners.count; i++) {
		const struct net_listener *it = &show->listeners.items[i];

		strbuf_puts(out, i ? ",{" : "{");
		strbuf_member(out, "proto", it->is_udp ? "udp" : "tcp");
		strbuf_puts(out, ",");
		strbuf_member(out, "address", net_address_text(address, it->family, it->address));
		strbuf_printf(out, ",\"port\":%u,\"uid\":%u,", it->port, it->uid);
		strbuf_member(out, "reach", net_show_reach_name(net_show_reach(show, it)));
		strbuf_puts(out, "}");
	}
	strbuf_puts(out, "]");
}

void net_show_json(const struct net_show *show, struct strbuf *out)
{
	const struct net_plan *plan = show->has_plan ? &show->run.plan : NULL;
	const char *identity = net_seen_identity(&show->seen);

	strbuf_puts(out, "{\"v\":1,");
	strbuf_member(out, "id", plan ? plan->id : NULL);
	strbuf_puts(out, ",");
	strbuf_member(out, "role", !plan ? NULL : plan->role == NET_OWNER ? "owner" : "joiner");
	strbuf_puts(out, ",");
	strbuf_member(out, "policy", plan ? plan->policy : NULL);
	strbuf_puts(out, ",");
	strbuf_member(out, "revision", plan ? plan->revision : NULL);
	strbuf_printf(out, ",\"running\":%s,\"table\":%s,", show->is_running ? "true" : "false",
		      show->seen.has_table ? "true" : "false");
	strbuf_member(out, "identity", text_is_utf8(identity) ? identity : NULL);
	strbuf_puts(out, ",\"findings\":[");
	for (size_t i = 0; i < show->finding_count; i++) {
		strbuf_puts(out, i ? "," : "");
		strbuf_json(out, show->findings[i], strlen(show->findings[i]));
	}
	strbuf_puts(out, "]");
	put_controls_json(show, out);
	put_rules_json(show, out);
	put_listeners_json(show, out);
	strbuf_puts(out, "}\n");
}

/* ---- words ---- */

static void put_controls(const struct net_show *show, struct strbuf *out)
{
	const struct net_plan *plan = &show->run.plan;
	char policy[QUOTED_SIZE], revision[QUOTED_SIZE];
	struct control controls[CONTROLS];

	strbuf_printf(out, "%s: policy %s%s%s%s\n", plan->id,
		      error_quote(policy, plan->policy, strlen(plan->policy)),
		      plan->revision[0] ? " " : "",
		      error_quote(revision, plan->revision, strlen(plan->revision)),
		      show->is_running ? "" : "; it has ended, these are its last counters");
	if (plan->role == NET_JOINER)
		strbuf_puts(out, "It shares the network of another container, and with it all "
				 "counters and sockets.\n");
	list_controls(plan, controls);
	for (size_t i = 0; i < CONTROLS; i++) {
		const struct control *it = &controls[i];
		uint64_t packets = net_blocked(&show->seen, it->id);

		if (!it->is_present)
			strbuf_printf(out, "  %-8s  off\n", it->id);
		else
			strbuf_printf(out, "  %-8s  %-8s  %s %s: %llu packet%s\n", it->id,
				      it->is_enforced ? "in force" : "audit",
				      it->is_enforced ? "blocked" : "counted, let pass", it->words,
				      (unsigned long long)packets, packets == 1 ? "" : "s");
	}
}

/* Seen from the container. */
static const char *way_of(const char *chain)
{
	if (text_equal(chain, "output"))
		return "out";
	return text_equal(chain, "input") ? "in" : chain;
}

static void put_rules(const struct net_show *show, struct strbuf *out)
{
	if (show->row_count)
		strbuf_printf(out, "\n%-8s %-8s %10s %12s  %-20s %s\n", "IS", "WAY", "PACKETS",
			      "BYTES", "RULE", "WHAT");
	for (size_t i = 0; i < show->row_count; i++) {
		const struct net_row *row = &show->rows[i];

		strbuf_printf(out, "%-8s %-8s %10llu %12llu  %-20s %s\n", row->verdict,
			      way_of(row->chain), (unsigned long long)row->packets,
			      (unsigned long long)row->bytes, row->name,
			      row->text ? row->text : "");
	}
}

static const char *reach_words(const struct net_show *show, enum net_reach reach)
{
	bool has_ingress = show->has_plan && show->run.plan.ingress.is_present;
	bool is_enforced = has_ingress && show->run.plan.ingress.is_enforced;

	switch (reach) {
	case NET_LOCAL:
		return "local: from inside only";
	case NET_OPEN:
		return has_ingress ? "open: ingress allows what no line blocks"
				   : "open: ingress is off";
	case NET_DECLARED:
		return "declared: a line of ingress opens it";
	case NET_CLOSED:
		return is_enforced ? "closed: a line of ingress blocks it"
				   : "closed by a line of ingress, but audit lets it pass";
	case NET_UNDECLARED:
		return is_enforced ? "undeclared: no line of ingress opens it, so it is blocked"
				   : "undeclared: no line of ingress opens it, but audit lets it "
				     "pass";
	}
	return "";
}

static void put_listeners(const struct net_show *show, struct strbuf *out)
{
	char address[INET6_ADDRSTRLEN];

	if (show->listeners.count)
		strbuf_printf(out, "\n%-8s %-24s %5s %10s  %s\n", "LISTENS", "ADDRESS", "PORT",
			      "UID", "REACH");
	else
		strbuf_puts(out, "\nNothing listens.\n");
	for (size_t i = 0; i < show->listeners.count; i++) {
		const struct net_listener *it = &show->listeners.items[i];

		strbuf_printf(out, "%-8s %-24s %5u %10u  %s\n", it->is_udp ? "udp" : "tcp",
			      net_address_text(address, it->family, it->address), it->port, it->uid,
			      reach_words(show, net_show_reach(show, it)));
	}
}

void net_show_words(const struct net_show *show, struct strbuf *out)
{
	if (show->has_plan)
		put_controls(show, out);
	if (!show->seen.has_table)
		strbuf_puts(out, "no firewall of mantlet's here\n");
	put_rules(show, out);
	put_listeners(show, out);
}
