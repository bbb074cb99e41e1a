/*
 * The metadata services of clouds: addresses such as 169.254.169.254, where whoever can send a
 * request gets the credentials of the machine. No container has business there, and no policy text
 * is needed to say so: the list is built in (net_plan_build.c).
 *
 * Here only the document is judged; the firewall itself is put together behind all controls
 * (net_attach.c) and loaded by a program of its own, mantlet-net(8).
 */
#include "control_table.h"
#include "net_control.h"

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	struct ns_id id;

	net_control_cut(ed);
	/* A rule in the host's namespace would be a rule for the host. */
	if (edit_scope(ed) == SCOPE_SPEC && net_place_of(edit_doc(ed), &id) == NET_PLACE_HOST)
		edit_note(ed, "the container has the host's network: metadata services are not "
			      "blocked");
	return 0;
}

const struct control control_metadata = {
	.id = "metadata",
	.title = "Block the metadata services of clouds",
	.refs = REFS("MITRE-ATTACK/T1552.005"),
	.scopes = ON_SPEC | ON_PROCESS,
	.apply = apply,
};
