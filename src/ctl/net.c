/*
 * `mantletctl net`: the firewall of a container, with what it has blocked, and who listens inside.
 *
 * Reading a firewall needs netlink and libmnl, which a static program has not. So this finds the
 * container and the plan of its firewall, says what is wrong where there is nothing to show, and
 * becomes mantlet-net, which shows it: a chain, no child.
 */
#include <errno.h>
#include <string.h>

#include "container.h"
#include "fdio.h"
#include "net_program.h"
#include "state_dir.h"
#include "state_record.h"
#include "text.h"

static const char help[] =
	"mantletctl net ID [--root ROOT] [--json]\n"
	"\n"
	"What the firewall of a container blocks and allows, with counters; and the sockets\n"
	"that listen inside, beside the ports that ingress opens.\n"
	"\n"
	"  ID               of the container; the beginning of it will do\n"
	"  --root ROOT      its runtime root, when there are several of that ID\n"
	"  --json           for machines\n"
	"\n"
	"Exit status: 0 all is well, 1 there is no firewall, it was changed, or ports listen\n"
	"that no line of ingress opens; 2 usage, 3 failure.\n";

static const struct ctl_option options[] = {
	{ .name = "root", .value = "ROOT" },
	{ .name = "json" },
	{ .name = NULL },
};

static const char *const controls[] = { "metadata", "egress", "ingress", NULL };

/* True when some control was on, so that a firewall could be expected. */
static bool is_ordered(const struct decision *d)
{
	for (const char *const *id = controls; *id; id++) {
		const char *mode = json_text(json_find(json_find(d->policy.controls, *id), "mode"));

		if (mode && strcmp(mode, "off") != 0)
			return true;
	}
	return false;
}

/* What mantlet noted when it started the container without rules: it stands in the second line of
 * the record, which is for people. NULL: nothing. The first line was read and checked before. */
static const char *noted_reason(struct ctl *ctl, const struct decision *d)
{
	struct error ignored = { 0 };
	struct state_record record;
	const char *text, *second = NULL, *reason = NULL;
	struct json_doc doc;
	size_t len = 0;

	if (state_record_open(&record, &d->inv, d->runtime, d->inv.id, &ignored) > 0 &&
	    fd_read_all(record.fd, 2 * (size_t)JSON_MAX_TEXT, ctl->arena, &text, &len, record.name,
			&ignored) == 0)
		second = memchr(text, '\n', len);
	if (second && json_parse(&doc, ctl->arena, second + 1, len - (size_t)(second + 1 - text), 0,
				 record.name, &ignored) == 0) {
		json_each (note, json_find(doc.root, "notes")) {
			const char *control = json_text(json_find(note, "control"));

			if (!reason && control && text_in(control, controls))
				reason = json_text(json_find(note, "text"));
		}
	}
	state_record_close(&record);
	return reason;
}

/* A finding and no failure: the question is answered. */
static int no_firewall(struct ctl *ctl, const struct decision *d, bool is_json)
{
	const char *why = "metadata, egress and ingress were off in its policy";
	const char *finding;

	if (is_ordered(d)) {
		why = noted_reason(ctl, d);
		if (!why)
			why = "it had no network of its own, or mantlet-net could not be used";
	}
	finding = arena_printf(ctl->arena, "container '%s' was started without a firewall: %s",
			       d->inv.id, why);
	ctl_say(ctl, finding);
	if (is_json) {
		strbuf_puts(&ctl->out, "{\"v\":1,");
		strbuf_member(&ctl->out, "id", d->inv.id);
		strbuf_puts(&ctl->out, ",\"table\":false,\"findings\":[");
		strbuf_json(&ctl->out, finding, strlen(finding));
		strbuf_puts(&ctl->out, "],\"controls\":null,\"blocked\":null,\"rules\":[],"
				       "\"listening\":null}\n");
	}
	return CTL_FOUND;
}

static int become_net(struct ctl *ctl, const char *plan, bool is_json)
{
	char *argv[] = { arena_strdup(ctl->arena, "mantlet-net"), arena_strdup(ctl->arena, "show"),
			 arena_strdup(ctl->arena, plan),
			 is_json ? arena_strdup(ctl->arena, "--json") : NULL, NULL };
	struct error why = { 0 };
	const char *program;

	if (net_program_find(&program, ctl->arena, &why) < 0)
		return error_set(&ctl->e, ERR_SYSTEM,
				 "mantlet-net, which reads firewalls, cannot be used: %.*s; root: "
				 "install it (make install)",
				 2048, why.message);
	(void)execve(program, argv, environ);
	return error_sys(&ctl->e, "cannot execute '%s'", program);
}

static int run(struct ctl *ctl, char **words)
{
	struct ctl_args args;
	struct decision d;
	const char *plan;
	bool is_json;

	if (ctl_parse(ctl, &args, options, words))
		return -1;
	if (args.words != 1)
		return error_set(&ctl->e, ERR_USAGE, "net takes one container: mantletctl net ID");
	if (container_find(ctl, &d, args.word[0], ctl_value(&args, "root")))
		return -1;
	is_json = ctl_value(&args, "json") != NULL;
	if (d.firewall == FIREWALL_NONE)
		return no_firewall(ctl, &d, is_json);
	plan = state_plan_path(ctl->arena, d.inv.root, d.inv.id);
	if (!plan || (access(plan, F_OK) != 0 && errno == ENOENT))
		return error_set(&ctl->e, ERR_SYSTEM,
				 "the plan of the firewall of container '%s' is gone from "
				 "/run/mantlet; delete the container and create it again",
				 d.inv.id);
	return become_net(ctl, plan, is_json);
}

const struct ctl_command ctl_net = {
	.name = "net",
	.summary = "the firewall of a container, what it has blocked, and who listens inside",
	.help = help,
	.run = run,
};
