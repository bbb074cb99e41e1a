/*
 * The system call filter (seccomp(2)): never absent, never looser than ours or than the request's.
 *
 * Engines open their default profile when capabilities are added, so a container whose capabilities
 * were cut would keep the open filter; and the filter is the largest part of a start's cost, so
 * ours is written for one architecture. A program for another one is killed by SIGSYS without a
 * word: an image that starts with a 32-bit program is refused here, where it can be said.
 */
#include "seccomp_rules.h"

#include "caps.h"
#include "control_table.h"
#include "engine_caps.h"
#include "policy.h"
#include "program.h"
#include "text.h"

/* Kubernetes' default is no filter, and ctr and plain bundles have none; for Docker and podman the
 * missing key is "--security-opt seccomp=unconfined". */
static enum edit_class class_of_missing(struct edit *ed)
{
	switch (edit_facts(ed)->engine) {
	case ENGINE_DOCKER:
	case ENGINE_PODMAN:
		return edit_ask_class(ed);
	case ENGINE_PLAIN:
	case ENGINE_CTR:
	case ENGINE_CRI:
	case ENGINE_CRIO:
	case ENGINE_BUILDAH:
	case ENGINE_BUILDKIT:
		break;
	}
	return EDIT_TRIM;
}

static void ask_unconfined(struct edit *ed)
{
	edit_ask(ed, "seccomp-unconfined",
		 arena_printf(edit_arena(ed), "%s switches the system call filter off",
			      edit_words(ed, "--security-opt seccomp=unconfined",
					 "seccompProfile Unconfined",
					 "linux.seccomp with an allowing default")),
		 "remove it, or bring a profile file: it is combined with ours");
}

static void put_ours(struct edit *ed, struct json *ours)
{
	enum edit_class class = class_of_missing(ed);

	if (class == EDIT_ASK)
		ask_unconfined(ed);
	edit_set(ed, class, "never without a filter", ours, "linux", "seccomp");
}

static void combine(struct edit *ed, enum edit_class class, const struct json *theirs,
		    const struct json *ours)
{
	struct json *both;
	const char *why;

	/* A profile file of the site's may have another order than combine() writes. */
	if (json_equal(theirs, ours))
		return;
	both = seccomp_intersect(edit_arena(ed), ours, theirs, &why);
	if (!both) {
		edit_refuse(ed, "seccomp-profile",
			    arena_printf(edit_arena(ed),
					 "the seccomp profile cannot be combined with ours: %s",
					 why),
			    "use one with ALLOW and ERRNO only, or none");
		return;
	}
	edit_set(ed, class, "what both the request's profile and ours allow", both, "linux",
		 "seccomp");
}

/* Capabilities that were asked for and are gone: the engine opened its filter for them. */
static bool is_opened_in_vain(struct edit *ed)
{
	const struct facts *facts = edit_facts(ed);
	uint64_t gone = facts->created.capabilities & ~engine_default_caps();

	json_each (name, json_get(edit_doc(ed), "process", "capabilities", "bounding")) {
		int number = caps_number(json_text(name), false);

		if (number >= 0 && number < 64)
			gone &= ~(UINT64_C(1) << number);
	}
	return gone != 0;
}

static bool is_blocking(const struct json *action)
{
	static const char *const actions[] = { "SCMP_ACT_ERRNO",        "SCMP_ACT_KILL",
					       "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
					       "SCMP_ACT_TRAP",         NULL };

	return text_in(json_text(action), actions);
}

/* The engine's own profile is to stay: but one that lets everything through is none. */
static void keep_engines(struct edit *ed, struct json *theirs, struct json *ours)
{
	struct json *flags = json_find(theirs, "flags");

	if (!is_blocking(json_find(theirs, "defaultAction"))) {
		if (edit_ask_class(ed) == EDIT_ASK)
			ask_unconfined(ed);
		/* Combined, not replaced: what little it blocks stays blocked. */
		combine(ed, edit_ask_class(ed), theirs, ours);
		return;
	}
	if (json_find(theirs, "listenerPath") || json_find(theirs, "listenerMetadata"))
		edit_refuse(ed, "seccomp-listener",
			    "the seccomp profile hands system calls to another process",
			    "remove listenerPath from it");
	else if (is_opened_in_vain(ed))
		combine(ed, EDIT_TRIM, theirs, ours);
	else if (flags)
		edit_replace(ed, EDIT_TRIM, "no defence against speculation is switched off", flags,
			     seccomp_flags(edit_arena(ed), theirs));
}

static void refuse_other_programs(struct edit *ed, bool is_compat)
{
	const char *program = is_compat ? NULL : program_of_other_arch(ed);

	if (program)
		edit_refuse(
			ed, "program-32-bit",
			arena_printf(edit_arena(ed),
				     "the image starts '%s', which is a 32-bit program, and the "
				     "system call filter is for 64-bit programs only",
				     program),
			"use the image for this machine's architecture; or root: set seccomp "
			"\"compat\": true");
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	struct json *theirs = json_get(edit_doc(ed), "linux", "seccomp"), *ours;
	const char *profile = policy_word(cfg, "profile", "default");
	bool is_compat = policy_bool(cfg, "compat", false);
	bool is_engine = text_equal(profile, "engine");

	if (text_equal(profile, "unconfined"))
		return 0;
	ours = seccomp_ours(edit_arena(ed), is_engine ? "default" : profile, is_compat, e);
	if (!ours)
		return -1;
	if (is_engine && theirs) {
		keep_engines(ed, theirs, ours);
		return 0;
	}
	refuse_other_programs(ed, is_compat);
	if (theirs)
		combine(ed, EDIT_TRIM, theirs, ours);
	else
		put_ours(ed, ours);
	return 0;
}

static int check_profile(const struct json *value, struct error *e)
{
	static const char *const words[] = { "default", "engine", "unconfined", NULL };
	const char *text = json_text(value);

	if (text_equal(text, "strict"))
		return error_set(e, ERR_POLICY, "the profile 'strict' is not in this version");
	if (text_in(text, words) || (text && text[0] == '/'))
		return 0;
	return error_set(e, ERR_POLICY,
			 "not one of default, engine, unconfined or an absolute path");
}

static const struct setting settings[] = {
	{ .key = "profile", .type = SETTING_TEXT, .check = check_profile },
	{ .key = "compat", .type = SETTING_BOOL },
	{ .key = NULL },
};

const struct control control_seccomp = {
	.id = "seccomp",
	.title = "Filter system calls by mantlet's profile and the request's",
	.refs = REFS("CIS-Docker-1.6.0/5.22", "PSS/baseline/seccomp", "PSS/restricted/seccomp"),
	.settings = settings,
	.scopes = ON_SPEC,
	.apply = apply,
};
