/*
 * Checkpoints.
 *
 * A checkpoint brings its own memory, credentials, capabilities, seccomp filters and open files;
 * what stands in config.json is not what runs (criu(8)). Nothing that we could write there makes it
 * comply, so it is refused under fix as under deny. Where the policy sets this control to off or
 * audit, the document of a restore is treated as that of a create by all the others.
 */
#include "control.h"
#include "control_table.h"

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	if (edit_facts(ed)->is_restore)
		edit_refuse(
			ed, "checkpoint",
			edit_words(
				ed,
				"start --checkpoint brings its own credentials and system call "
				"filter, which no policy can change",
				"a restored container brings its own credentials and system call "
				"filter, which no policy can change",
				"restore brings its own credentials and system call filter, "
				"which no policy can change"),
			"start the container afresh");
	return 0;
}

const struct control control_restore = {
	.id = "restore",
	.title = "Refuse to restore checkpoints",
	.refs = REFS("CIS-Docker-1.6.0/5.22", "CIS-Docker-1.6.0/5.4"),
	.scopes = ON_SPEC,
	.apply = apply,
};
