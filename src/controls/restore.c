/*
 * Checkpoints.
 *
 * A checkpoint brings its own memory, credentials, capabilities, seccomp filters and open files;
 * what stands in config.json is not what runs (criu(8)). Nothing that we could write there makes it
 * comply, so a restore is refused under fix as under deny. Where the policy permits restores
 * ("allow_restore", or this control is off or audited), the document is treated as that of a create
 * by all the other controls.
 *
 * What is judged beside that, and refused for the same reason, is what reaches beyond the
 * container: directories in which root writes (restore_dirs.c), and options of criu.
 *
 * Options that pass, and why. --tcp-established, --tcp-close, --tcp-skip-in-flight: connections of
 * the container's own network namespace; the host's is the business of the control "namespaces".
 * --ext-unix-sk: the other end of a datagram socket stays outside and is found again by its name,
 * which the container must have seen anyway. --file-locks: locks on files that it has open.
 * --empty-ns network: a namespace without interfaces instead of the saved ones, which is less.
 * --link-remap: links beside the container's own files. --auto-dedup: writes to the images below,
 * which are judged as --parent-path. --status-fd: one byte to a descriptor of the caller's.
 * --lazy-pages at a restore: memory comes through a socket in the work directory.
 * --leave-running, --pre-dump: nothing new. --shell-job at a checkpoint: only noted in the image.
 */
#include "checkpoint.h"
#include "control.h"
#include "control_table.h"
#include "policy.h"
#include "text.h"

#include <string.h>

static void refuse_restore(struct edit *ed)
{
	edit_refuse(ed, "checkpoint",
		    edit_words(ed,
			       "start --checkpoint brings its own credentials and system call "
			       "filter, which no policy can change",
			       "a restored container brings its own credentials and system call "
			       "filter, which no policy can change",
			       "restore brings its own credentials and system call filter, "
			       "which no policy can change"),
		    "start the container afresh");
}

/*
 * The annotation org.criu.config names a file of options that criu obeys as root, programs to run
 * among them (--action-script). In containers that we created it is gone (control "annotations").
 */
static void judge_container(struct edit *ed)
{
	if (!edit_facts(ed)->created.is_known)
		edit_refuse(ed, "unknown-container",
			    "this container was not started through mantlet, so its annotations "
			    "may give orders to criu, which is root",
			    "start it again, then checkpoint it");
}

/* Both send the container's memory, its secrets included, over the network, to whoever answers or
 * asks. Without an address --lazy-pages listens on all of the host's. */
static void judge_network(struct edit *ed, const struct json *cfg, const struct checkpoint *cp)
{
	char quoted[QUOTED_SIZE];

	if (policy_bool(cfg, "page_server", false))
		return;
	if (cp->page_server)
		edit_refuse(
			ed, "page-server",
			arena_printf(edit_arena(ed),
				     "--page-server %s sends the container's memory over the "
				     "network",
				     error_quote(quoted, cp->page_server, strlen(cp->page_server))),
			"save it into a directory; root: or set restore.page_server");
	else if (cp->is_lazy)
		edit_refuse(ed, "page-server",
			    "--lazy-pages offers the container's memory to the network",
			    "leave it out; root: or set restore.page_server");
}

/*
 * "soft", the default, keeps the limits that the runtime has just set from config.json. The others
 * take them from the image ("full", "strict", "props"), or leave the process where criu is
 * ("ignore").
 */
static void judge_cgroups(struct edit *ed, const struct checkpoint *cp)
{
	char quoted[QUOTED_SIZE];

	if (!cp->cgroups_mode || text_equal(cp->cgroups_mode, "soft"))
		return;
	edit_refuse(ed, "cgroups-mode",
		    arena_printf(edit_arena(ed),
				 "--manage-cgroups-mode %s restores the container outside of the "
				 "limits of its document",
				 error_quote(quoted, cp->cgroups_mode, strlen(cp->cgroups_mode))),
		    "leave it out, or write soft");
}

static bool is_label(const char *label, const char *type, const struct json *value)
{
	size_t len = strlen(type);

	return value && value->len && strncmp(label, type, len) == 0 &&
	       text_equal(label + len, value->text);
}

/* CRI-O gives the labels of the document once more, and only those can stay: the control "lsm" has
 * judged them there. */
static void judge_labels(struct edit *ed, const struct checkpoint *cp)
{
	struct json_doc *doc = edit_doc(ed);
	const struct json *apparmor = json_get(doc, "process", "apparmorProfile");
	const struct json *selinux = json_get(doc, "process", "selinuxLabel");
	const struct json *mounts = json_get(doc, "linux", "mountLabel");
	char quoted[QUOTED_SIZE];

	if (cp->lsm_profile && !is_label(cp->lsm_profile, "apparmor:", apparmor) &&
	    !is_label(cp->lsm_profile, "selinux:", selinux))
		edit_refuse(
			ed, "lsm-profile",
			arena_printf(edit_arena(ed),
				     "--lsm-profile '%s' is another profile than the "
				     "document's",
				     error_quote(quoted, cp->lsm_profile, strlen(cp->lsm_profile))),
			"leave it out");
	if (cp->lsm_mount_context && !is_label(cp->lsm_mount_context, "", mounts))
		edit_refuse(ed, "lsm-mount-context",
			    arena_printf(edit_arena(ed),
					 "--lsm-mount-context '%s' is another label than the "
					 "document's linux.mountLabel",
					 error_quote(quoted, cp->lsm_mount_context,
						     strlen(cp->lsm_mount_context))),
			    "leave it out");
}

/* The process joins the session of whoever calls, and can type into that terminal (TIOCSTI,
 * ioctl_tty(2)): into a root shell, when a person calls. */
static void judge_session(struct edit *ed, const struct checkpoint *cp)
{
	if (cp->is_shell_job)
		edit_refuse(ed, "shell-job",
			    "--shell-job puts the container into the session of its caller, whose "
			    "terminal it can type into",
			    "leave it out; use --console-socket for a terminal");
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	const struct checkpoint *cp = edit_facts(ed)->checkpoint;

	if (edit_facts(ed)->is_restore && !policy_bool(cfg, "allow_restore", false))
		refuse_restore(ed);
	if (!cp)
		return 0;
	restore_dirs_judge(ed, cfg, cp);
	if (cp->is_restore) {
		judge_cgroups(ed, cp);
		judge_labels(ed, cp);
		judge_session(ed, cp);
	} else {
		judge_container(ed);
		judge_network(ed, cfg, cp);
	}
	return 0;
}

static const struct setting settings[] = {
	{ .key = "allow_restore", .type = SETTING_BOOL },
	{ .key = "paths", .type = SETTING_LIST, .check = restore_dirs_check_glob },
	{ .key = "page_server", .type = SETTING_BOOL },
	{ .key = NULL },
};

const struct control control_restore = {
	.id = "restore",
	.title = "Refuse to restore checkpoints, and judge where they are written",
	.refs = REFS("CIS-Docker-1.6.0/5.22", "CIS-Docker-1.6.0/5.4"),
	.settings = settings,
	.scopes = ON_SPEC | ON_CHECKPOINT,
	.apply = apply,
};
