/*
 * Who may connect to a container, and to which of its ports: lines as for egress, the addresses
 * being those of the other side. Ports are the container's own: what an engine publishes on the
 * host is translated before it comes here.
 */
#include "control_table.h"
#include "net_control.h"

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	net_control_cut(ed);
	net_control_need_network(ed, "ingress");
	return 0;
}

static const struct setting settings[] = {
	{ .key = "default", .type = SETTING_WORD, .words = net_control_defaults },
	{ .key = "allow", .type = SETTING_LINES, .check = net_control_check_line },
	{ .key = "block", .type = SETTING_LINES, .check = net_control_check_line },
	{ .key = NULL },
};

const struct control control_ingress = {
	.id = "ingress",
	.title = "Accept connections only as the policy allows",
	.refs = REFS("CIS-Docker-1.6.0/5.9"),
	.settings = settings,
	.scopes = ON_SPEC | ON_PROCESS,
	.apply = apply,
};
