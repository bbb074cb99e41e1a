/*
 * Setuid programs and file capabilities are the usual way back to root. The kernel flag is
 * inherited across execve(2) and cannot be cleared (prctl(2), PR_SET_NO_NEW_PRIVS): one bit closes
 * the whole class. Engines leave it out of an exec even when the container has it, so it is set
 * there too.
 */
#include "control_table.h"

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	bool is_said = json_get(edit_doc(ed), "process", "noNewPrivileges") != NULL;

	edit_set(ed, is_said ? EDIT_TRIM : EDIT_FILL, "setuid programs must not raise privileges",
		 json_new_bool(edit_arena(ed), true), "process", "noNewPrivileges");
	return 0;
}

const struct control control_no_new_privileges = {
	.id = "no-new-privileges",
	.title = "Stop execve(2) from granting privileges",
	.refs = REFS("CIS-Docker-1.6.0/5.26", "PSS/restricted/privilege-escalation"),
	.scopes = ON_SPEC | ON_PROCESS,
	.apply = apply,
};
