/*
 * The system call filter (seccomp(2)): never absent, never looser than ours or than the request's.
 *
 * Engines open their default profile when capabilities are added, so a container whose capabilities
 * were cut would keep the open filter; and the filter is the largest part of a start's cost, so
 * ours is written for one architecture. A program for another one is killed by SIGSYS without a
 * word: an image that starts with a 32-bit program is refused here, where it can be said.
 */
#include "seccomp_profile.h"

#include <limits.h>
#include <string.h>

#include "caps.h"
#include "control_table.h"
#include "engine_caps.h"
#include "policy.h"
#include "program.h"
#include "seccomp_compiled.h"
#include "strbuf.h"
#include "text.h"

#define LISTED 5 /* calls that a note names */

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

/* What policy says, read once. */
struct wanted {
	const struct seccomp_filter *ours;
	const struct json *cfg;
	bool is_engine; /* the request's own stays */
};

static void ask_unconfined(struct edit *ed, const struct wanted *wanted)
{
	edit_ask(ed, "seccomp-unconfined",
		 arena_printf(edit_arena(ed), "%s switches the system call filter off",
			      edit_words(ed, "--security-opt seccomp=unconfined",
					 "seccompProfile Unconfined",
					 "linux.seccomp with an allowing default")),
		 wanted->is_engine
			 ? "remove it, or bring a profile file that allows what the "
			   "program needs"
			 : "remove it, or bring a profile file: it is combined with ours");
}

/* What a filter means that lets everything through. */
static struct seccomp_filter *allow_all(struct edit *ed)
{
	struct seccomp_filter *all = arena_alloc(edit_arena(ed), sizeof(*all));

	all->archs = UINT_MAX;
	return all;
}

/* Without such a call a start fails late, in words that name everything but the profile. */
static bool refuse_narrowed(struct edit *ed, const struct seccomp_filter *both)
{
	const char *needed = NULL;

	for (size_t i = 0; i < both->narrowed_count && !needed; i++) {
		if (seccomp_is_needed(both->narrowed[i]))
			needed = both->narrowed[i];
	}
	if (needed)
		edit_refuse(
			ed, "seccomp-profile",
			arena_printf(edit_arena(ed),
				     "the seccomp profile has conditions for '%s' that cannot be "
				     "combined with ours, and without that call no container "
				     "starts",
				     needed),
			"use one with fewer or plainer conditions for it");
	return needed;
}

static void note_narrowed(struct edit *ed, const struct seccomp_filter *both)
{
	auto_strbuf struct strbuf text = { 0 };

	if (!both->narrowed_count)
		return;
	strbuf_puts(&text,
		    "some of what both the request's profile and ours allow is blocked, for it has "
		    "no form that runtimes and libseccomp read as it is meant:");
	for (size_t i = 0; i < both->narrowed_count && i < LISTED; i++)
		strbuf_printf(&text, "%s %s", i ? "," : "", both->narrowed[i]);
	if (both->narrowed_count > LISTED)
		strbuf_printf(&text, " and %zu more", both->narrowed_count - LISTED);
	edit_note(ed, arena_strdup(edit_arena(ed), strbuf_text(&text)));
}

/* SECTION becomes what both THEIRS and ours allow. */
static void combine_with(struct edit *ed, enum edit_class class, const char *reason,
			 const struct seccomp_filter *theirs, const struct wanted *wanted)
{
	const char *why;
	const struct seccomp_filter *both =
		seccomp_intersect(edit_arena(ed), wanted->ours, theirs, &why);
	struct json *section;

	if (!both) {
		edit_refuse(
			ed, "seccomp-profile",
			arena_printf(edit_arena(ed),
				     "the seccomp profile cannot be combined with ours: %s", why),
			"use one for this machine that allows, logs, refuses or kills; or none");
		return;
	}
	if (refuse_narrowed(ed, both))
		return;
	section = seccomp_filter_write(edit_arena(ed), both);
	if (!seccomp_section_fits(section)) {
		edit_refuse(ed, "seccomp-profile",
			    arena_printf(edit_arena(ed),
					 "the seccomp profile, combined with ours, has more than "
					 "%d rules",
					 SECCOMP_MAX_ENTRIES),
			    "use one with fewer conditions");
		return;
	}
	edit_set(ed, class, reason, section, "linux", "seccomp");
	if (both->unknown)
		edit_note(ed, both->unknown);
	note_narrowed(ed, both);
}

static void put_ours(struct edit *ed, const struct wanted *wanted)
{
	enum edit_class class = class_of_missing(ed);

	if (class == EDIT_ASK)
		ask_unconfined(ed, wanted);
	combine_with(ed, class, "never without a filter", allow_all(ed), wanted);
}

static void combine(struct edit *ed, enum edit_class class, const struct seccomp_filter *theirs,
		    const struct wanted *wanted)
{
	combine_with(ed, class, "what both the request's profile and ours allow", theirs, wanted);
}

/* What runc refuses to load; crun goes on, and then waits for what it has handed over. */
static const char *find_unloadable(const struct seccomp_filter *theirs)
{
	if (theirs->other.action == ACT_NOTIFY)
		return "the seccomp profile hands all calls that it does not name to another "
		       "process, which runc does not load";
	for (size_t i = 0; i < theirs->count; i++) {
		if (theirs->rules[i].answer.action == ACT_NOTIFY &&
		    text_equal(theirs->rules[i].name, "write"))
			return "the seccomp profile hands 'write' to another process, which runc "
			       "does not load";
	}
	return NULL;
}

/* A listener decides on system calls in the container's stead, and so may allow them. */
static bool refuse_listener(struct edit *ed, const struct seccomp_filter *theirs,
			    const struct wanted *wanted)
{
	char quoted[QUOTED_SIZE];

	if (!theirs->listener && !theirs->metadata)
		return false;
	if (theirs->listener && policy_lists(wanted->cfg, "listeners", theirs->listener)) {
		if (!find_unloadable(theirs) || edit_facts(ed)->is_crun)
			return false;
		edit_refuse(ed, "seccomp-listener", find_unloadable(theirs),
			    "name the calls for the listener, and let 'write' through");
		return true;
	}
	edit_refuse(ed, "seccomp-listener",
		    arena_printf(edit_arena(ed),
				 "the seccomp profile hands system calls to another process%s%s%s",
				 theirs->listener ? ", '" : "",
				 theirs->listener ? error_quote(quoted, theirs->listener,
								strlen(theirs->listener))
						  : "",
				 theirs->listener ? "'" : ""),
		    "remove listenerPath and listenerMetadata from it; or root: name the listener "
		    "in seccomp \"listeners\"");
	return true;
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

/* Actions with which nothing is combined. */
static bool hands_over(const struct seccomp_filter *theirs)
{
	bool is_handing = theirs->other.action == ACT_TRACE || theirs->other.action == ACT_NOTIFY;

	for (size_t i = 0; i < theirs->count; i++)
		is_handing = is_handing || theirs->rules[i].answer.action == ACT_TRACE ||
			     (theirs->rules[i].answer.action == ACT_NOTIFY && !theirs->listener);
	return is_handing;
}

/* No engine's default allows these with any capability, and no program in a container has a use for
 * them: a profile that does is a list of all calls. */
static const char *const for_nobody[] = {
	"kexec_load", "kexec_file_load", "swapon", "swapoff", "nfsservctl", "uselib", NULL,
};

/* A call that only an open profile allows; NULL: there is none. */
static const char *find_open_call(const struct seccomp_filter *theirs)
{
	for (size_t i = 0; i < theirs->count; i++) {
		const struct seccomp_rule *rule = &theirs->rules[i];

		if (!seccomp_is_blocking(rule->answer) && text_in(rule->name, for_nobody))
			return rule->name;
	}
	return NULL;
}

static void ask_open(struct edit *ed, const char *call)
{
	edit_ask(ed, "seccomp-open",
		 arena_printf(edit_arena(ed), "%s allows even %s, so it is no filter",
			      edit_words(ed, "--security-opt seccomp=FILE", "seccompProfile",
					 "linux.seccomp"),
			      call),
		 "remove it, or let it allow what the program needs");
}

/* What the request brings is to stay, the engine's default or a person's own: but one that lets
 * everything through is none. */
static void keep_engines(struct edit *ed, const struct seccomp_filter *theirs,
			 const struct wanted *wanted)
{
	struct json *flags = json_get(edit_doc(ed), "linux", "seccomp", "flags");
	bool is_open = !seccomp_is_blocking(theirs->other);
	const char *call = find_open_call(theirs);

	if (is_open || call || hands_over(theirs)) {
		if (is_open && edit_ask_class(ed) == EDIT_ASK)
			ask_unconfined(ed, wanted);
		else if (call && edit_ask_class(ed) == EDIT_ASK)
			ask_open(ed, call);
		/* Combined, not replaced: what little it blocks stays blocked. */
		combine(ed, edit_ask_class(ed), theirs, wanted);
		return;
	}
	if (is_opened_in_vain(ed))
		combine(ed, EDIT_TRIM, theirs, wanted);
	else if (flags)
		edit_replace(ed, EDIT_TRIM, "no defence against speculation is switched off", flags,
			     seccomp_flags(edit_arena(ed), theirs->is_logging));
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

/* The capabilities that are left: this control runs after the one that takes them. */
static uint64_t capabilities_left(struct edit *ed)
{
	uint64_t left = 0;

	json_each (name, json_get(edit_doc(ed), "process", "capabilities", "bounding")) {
		int number = caps_number(json_text(name), false);

		if (number >= 0 && number < 64)
			left |= UINT64_C(1) << number;
	}
	return left;
}

static const struct seccomp_filter *read_theirs(struct edit *ed, const struct json *section)
{
	const char *why;
	const struct seccomp_filter *theirs = seccomp_filter_read(edit_arena(ed), section, &why);

	if (!theirs)
		edit_refuse(
			ed, "seccomp-profile",
			arena_printf(edit_arena(ed), "the seccomp profile has no meaning: %s", why),
			"use the actions of the OCI specification");
	return theirs;
}

/* Annotations by which crun uses the section otherwise than it is written. They are this control's
 * matter too: where it holds and the control annotations does not, the filter would be decoration.
 */
static void drop_orders(struct edit *ed)
{
	struct json *next;
	char quoted[QUOTED_SIZE];

	for (struct json *child = json_first(json_get(edit_doc(ed), "annotations")); child;
	     child = next) {
		next = child->next;
		if (!text_starts(child->key, "run.oci.seccomp.") &&
		    !(text_equal(child->key, "run.oci.seccomp_fail_unknown_syscall") &&
		      !json_is(child, "1")))
			continue;
		edit_ask(ed, "seccomp-annotation",
			 arena_printf(edit_arena(ed), "%s '%s' changes the system call filter",
				      edit_words(ed, "--annotation", "annotation", "annotation"),
				      error_quote(quoted, child->key, child->key_len)),
			 "remove it");
		edit_remove(ed, edit_ask_class(ed), "changes the system call filter", child);
	}
}

static int put_filter(struct edit *ed, const struct json *cfg, struct error *e)
{
	const struct json *section = json_get(edit_doc(ed), "linux", "seccomp");
	const char *word = policy_word(cfg, "profile", "default");
	bool is_compat = policy_bool(cfg, "compat", false);
	bool is_engine = text_equal(word, "engine");
	const struct seccomp_context context = {
		.caps = capabilities_left(ed),
		.archs = ARCH_NATIVE | (is_compat ? ARCH_COMPAT : 0),
		.kernel = seccomp_kernel(),
	};
	const struct seccomp_filter *theirs = NULL;
	struct wanted wanted = { .cfg = cfg, .is_engine = is_engine };
	struct seccomp_profile profile;

	if (seccomp_profile_load(&profile, edit_arena(ed), is_engine ? "default" : word, e))
		return -1;
	wanted.ours = seccomp_profile_resolve(edit_arena(ed), &profile, &context);
	if (section) {
		theirs = read_theirs(ed, section);
		if (!theirs || refuse_listener(ed, theirs, &wanted))
			return 0;
	}
	if (is_engine && theirs) {
		keep_engines(ed, theirs, &wanted);
		return 0;
	}
	refuse_other_programs(ed, is_compat);
	if (theirs)
		combine(ed, EDIT_TRIM, theirs, &wanted);
	else
		put_ours(ed, &wanted);
	return 0;
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	if (text_equal(policy_word(cfg, "profile", "default"), "unconfined"))
		return 0;
	if (put_filter(ed, cfg, e))
		return -1;
	drop_orders(ed);
	seccomp_compiled_put(ed);
	return 0;
}

/* A profile of the site's. Where the kernel flag is not set by policy, a runtime may load the
 * filter before it changes ids (seccomp(2) wants a capability then, or the flag). */
static int prepare(const struct json *cfg, const struct json *all, struct arena *arena,
		   struct error *e)
{
	const char *word = policy_word(cfg, "profile", "default");
	enum control_mode flag = MODE_OFF;

	if (word[0] != '/')
		return 0;
	(void)!control_mode_parse(json_text(json_find(json_find(all, "no-new-privileges"), "mode")),
				  &flag);
	return seccomp_profile_check(arena, word, flag < MODE_FIX, e);
}

static int check_profile(const struct json *value, struct error *e)
{
	static const char *const words[] = { "engine", "unconfined", NULL };
	const char *text = json_text(value);

	if (text_in(text, words) || text_in(text, seccomp_builtin_names) ||
	    (text && text[0] == '/'))
		return 0;
	return error_set(e, ERR_POLICY,
			 "not one of default, strict, engine, unconfined or an absolute path");
}

static int check_listener(const struct json *value, struct error *e)
{
	const char *text = json_text(value);

	return text && text[0] == '/' ? 0 : error_set(e, ERR_POLICY, "not an absolute path");
}

static const struct setting settings[] = {
	{ .key = "profile", .type = SETTING_TEXT, .check = check_profile },
	{ .key = "compat", .type = SETTING_BOOL },
	{ .key = "listeners", .type = SETTING_LIST, .check = check_listener },
	{ .key = NULL },
};

const struct control control_seccomp = {
	.id = "seccomp",
	.title = "Filter system calls by mantlet's profile and the request's",
	.refs = REFS("CIS-Docker-1.6.0/5.22", "PSS/baseline/seccomp", "PSS/restricted/seccomp"),
	.settings = settings,
	.scopes = ON_SPEC,
	.prepare = prepare,
	.apply = apply,
};
