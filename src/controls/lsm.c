/*
 * The profile of the kernel's second opinion: AppArmor (apparmor(7)) or SELinux, where the host has
 * it. "unconfined" takes it away, and another loaded profile may have been written for a daemon of
 * the host that may do more than a container should.
 *
 * At exec an absent profile is the container's own (runc and crun take it from their state), so
 * only a profile that is named there is judged.
 */
#include <fcntl.h>
#include <string.h>

#include "control_table.h"
#include "fdio.h"
#include "policy.h"
#include "text.h"

#define PROFILES "/sys/kernel/security/apparmor/profiles"
#define MAX_PROFILES ((size_t)4 * 1024 * 1024)

/* What each engine loads and names when nobody asks. */
static const char *engine_profile(enum engine engine)
{
	switch (engine) {
	case ENGINE_DOCKER:
	case ENGINE_BUILDKIT:
		return "docker-default";
	case ENGINE_CRI:
		return "cri-containerd.apparmor.d";
	case ENGINE_CRIO:
		return "crio-default";
	case ENGINE_PODMAN:
	case ENGINE_BUILDAH:
		return "containers-default"; /* and a version behind */
	case ENGINE_CTR:
	case ENGINE_PLAIN:
		break;
	}
	return NULL;
}

/* Podman's name carries its version ("containers-default-0.50.1"). Nothing else may follow: in
 * "A//&B" it would be a second profile. */
static bool is_wanted(const char *profile, const char *wanted, bool is_named)
{
	const char *version = profile + strlen("containers-default-");

	if (text_equal(profile, wanted))
		return true;
	return !is_named && text_equal(wanted, "containers-default") &&
	       text_starts(profile, "containers-default-") && version[0] &&
	       strspn(version, "0123456789.") == strlen(version);
}

/* Any engine's own: what an unknown engine names, and exec into a container without a record. */
static bool is_of_some_engine(const char *profile)
{
	for (enum engine engine = ENGINE_PLAIN; engine <= ENGINE_BUILDKIT; engine++) {
		const char *wanted = engine_profile(engine);

		if (wanted && is_wanted(profile, wanted, false))
			return true;
	}
	return false;
}

/* The wanted profile as it is loaded, NULL when it is not. The file has lines "NAME (enforce)";
 * only a profile that enforces confines anything. */
static const char *loaded_profile(struct arena *arena, const char *wanted, bool is_named)
{
	auto_close int fd = -1;
	const char *text;
	struct error ignored = { 0 };
	char *rest;
	size_t len;

	fd = open(PROFILES, O_RDONLY | O_CLOEXEC);
	if (!wanted || fd < 0 ||
	    fd_read_all(fd, MAX_PROFILES, arena, &text, &len, PROFILES, &ignored))
		return NULL;
	rest = arena_memdup(arena, text, len);
	for (char *line; (line = strsep(&rest, "\n"));) {
		char *mode = strstr(line, " (enforce)");

		if (!mode)
			continue;
		*mode = '\0';
		if (is_wanted(line, wanted, is_named))
			return line;
	}
	return NULL;
}

static void apply_apparmor(struct edit *ed, const struct json *cfg)
{
	struct arena *arena = edit_arena(ed);
	struct json *node = json_get(edit_doc(ed), "process", "apparmorProfile");
	const char *wanted = policy_word(cfg, "apparmor", ""), *loaded;
	bool is_named = wanted[0] != '\0', is_asked = node && node->len > 0;
	char quoted[QUOTED_SIZE];

	if (!is_named)
		wanted = engine_profile(edit_facts(ed)->engine);
	if (is_asked &&
	    (wanted ? is_wanted(node->text, wanted, is_named) : is_of_some_engine(node->text)))
		return;
	if (!is_asked && edit_scope(ed) == SCOPE_PROCESS)
		return;

	if (is_asked && edit_ask_class(ed) == EDIT_ASK)
		edit_ask(ed, "apparmor-profile",
			 arena_printf(arena,
				      "%s'%s' is not the profile for containers on this host",
				      edit_words(ed, "--security-opt apparmor=", "appArmorProfile ",
						 "process.apparmorProfile "),
				      error_quote(quoted, node->text, node->len)),
			 wanted ? arena_printf(arena, "remove it; '%s' is used", wanted)
				: "remove it");
	loaded = loaded_profile(arena, wanted, is_named);
	if (!loaded) {
		if (is_named)
			edit_refuse(ed, "apparmor-not-loaded",
				    arena_printf(arena,
						 "the AppArmor profile '%s' of the policy is not "
						 "loaded on this host",
						 wanted),
				    "root: load it with apparmor_parser, or change the policy");
		else if (is_asked)
			edit_refuse(ed, "apparmor-none",
				    "this host has no AppArmor profile for containers loaded",
				    "root: load one and name it in the policy (control lsm)");
		else
			edit_note(ed, "no AppArmor profile for containers is loaded on this host");
		return;
	}
	edit_set(ed, is_asked ? edit_ask_class(ed) : EDIT_FILL,
		 "confined by the host's profile for containers", json_new_str(arena, loaded),
		 "process", "apparmorProfile");
}

/* user:role:type:level, cut up. */
struct label {
	const char *owner; /* "user:role:" */
	const char *type;
	const char *level; /* ":s0:c1,c2", or "" */
};

static bool cut_label(struct label *label, struct arena *arena, const char *text)
{
	const char *role = strchr(text, ':');
	const char *type = role ? strchr(role + 1, ':') : NULL;
	size_t len;

	if (!type)
		return false;
	type++;
	len = strcspn(type, ":");
	*label = (struct label){
		.owner = arena_memdup(arena, text, (size_t)(type - text)),
		.type = arena_memdup(arena, type, len),
		.level = type + len,
	};
	return len > 0;
}

static const char *first_type(const struct json *cfg)
{
	const char *first = json_text(json_first(json_find(cfg, "selinux_types")));

	return first ? first : "container_t";
}

/* Engines give one sensitivity and two categories, which keep containers apart. A range of either
 * ("s0-s15:c0.c1023") reaches what is others'. */
static bool is_wide(const char *level)
{
	return strpbrk(level, "-.") != NULL;
}

static void ask_label(struct edit *ed, const char *flag, const char *field, const char *value,
		      const char *why)
{
	struct arena *arena = edit_arena(ed);
	char quoted[QUOTED_SIZE];

	edit_ask(ed, "selinux-label",
		 arena_printf(arena, "%s%s' %s",
			      edit_words(ed, arena_printf(arena, "--security-opt label=%s:'", flag),
					 arena_printf(arena, "seLinuxOptions.%s '", flag), field),
			      error_quote(quoted, value, strlen(value)), why),
		 "remove it");
}

static void judge_label(struct edit *ed, const struct json *cfg, struct json *node,
			const struct label *label)
{
	struct arena *arena = edit_arena(ed);
	const char *wanted = first_type(cfg);
	bool is_right =
		text_equal(label->type, wanted) || policy_lists(cfg, "selinux_types", label->type);
	bool is_narrow = !is_wide(label->level);

	if (is_right && is_narrow)
		return;
	if (edit_ask_class(ed) == EDIT_ASK && !is_right)
		ask_label(
			ed, "type", "process.selinuxLabel with type '", label->type,
			arena_printf(arena, "is not a type for containers (allowed: %s)", wanted));
	if (edit_ask_class(ed) == EDIT_ASK && !is_narrow)
		ask_label(ed, "level", "process.selinuxLabel with level '", label->level + 1,
			  "reaches the files of other containers");
	edit_replace(ed, edit_ask_class(ed), "confined by the type and level for containers", node,
		     json_new_str(arena, arena_printf(arena, "%s%s%s", label->owner,
						      is_right ? label->type : wanted,
						      is_narrow ? label->level : ":s0")));
}

static void apply_selinux(struct edit *ed, const struct json *cfg)
{
	struct json *node = json_get(edit_doc(ed), "process", "selinuxLabel");
	struct label label;

	if (!node || node->len == 0) {
		/* An engine that was not told to use SELinux gives none; only a policy that names
		 * types knows that there must be one. */
		if (edit_scope(ed) == SCOPE_PROCESS)
			return;
		if (json_first(json_find(cfg, "selinux_types")))
			edit_refuse(ed, "selinux-none",
				    edit_words(ed,
					       "--security-opt label=disable takes the "
					       "SELinux label away",
					       "the container has no SELinux label",
					       "process.selinuxLabel is missing"),
				    "remove it; or root: switch SELinux on in the engine");
		else
			edit_note(ed, "the engine gave no SELinux label on a host with SELinux");
		return;
	}
	if (cut_label(&label, edit_arena(ed), node->text))
		judge_label(ed, cfg, node, &label);
	else
		edit_refuse(ed, "selinux-label", "process.selinuxLabel has no type in it",
			    "write it as user:role:type:level");
}

/* Runtimes put it between quotes into the mount's data (mount(2)), on any host. */
static void check_mount_label(struct edit *ed)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:,";
	const char *text = json_text(json_get(edit_doc(ed), "linux", "mountLabel"));

	if (text && strspn(text, allowed) != strlen(text))
		edit_refuse(ed, "mount-label",
			    "linux.mountLabel has characters that would become mount options",
			    "write it as user:role:type:level");
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	check_mount_label(ed);
	if (edit_facts(ed)->has_apparmor)
		apply_apparmor(ed, cfg);
	if (edit_facts(ed)->has_selinux)
		apply_selinux(ed, cfg);
	return 0;
}

/* Names go into a kernel file as they are (proc(5), attr/apparmor/exec): one word. */
static int check_word(const struct json *value, struct error *e)
{
	const char *text = json_text(value);

	for (const char *c = text; c && *c; c++) {
		if (*c <= ' ' || *c == '"' || *c == ',' || *c == 0x7f)
			return error_set(e, ERR_POLICY, "not one word");
	}
	return 0;
}

static const struct setting settings[] = {
	{ .key = "apparmor", .type = SETTING_TEXT, .check = check_word },
	{ .key = "selinux_types", .type = SETTING_LIST, .check = check_word },
	{ .key = NULL },
};

const struct control control_lsm = {
	.id = "lsm",
	.title = "Keep the host's AppArmor profile or SELinux type on",
	.refs = REFS("CIS-Docker-1.6.0/5.2", "CIS-Docker-1.6.0/5.3", "PSS/baseline/apparmor",
		     "PSS/baseline/selinux"),
	.settings = settings,
	.scopes = ON_SPEC | ON_PROCESS,
	.apply = apply,
};
