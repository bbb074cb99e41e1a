/*
 * Kernel files that a container has no business with: masked, or read-only.
 *
 * /proc and /sys show the whole host, and no namespace divides these files. Engines send two lists;
 * we add what theirs leave out and take nothing away, so the result is the union. Lists that are
 * missing or empty mean that somebody switched them off (systempaths=unconfined, unmask=ALL); with
 * engines that do not let people say so it is only that engine's habit.
 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "control.h"
#include "control_table.h"
#include "policy.h"
#include "text.h"

/* PSS baseline, "/proc mount type"; moby oci/defaults.go, with what it has gained since 20.10:
 * interrupts and thermal_throttle count key strokes and loads, powercap meters power (PLATYPUS). */
static const char *const masked[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/interrupts",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/sys/firmware",
	"/sys/devices/virtual/powercap",
	NULL,
};

static const char *const readonly[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};

/* What every engine masks by itself. One of these alone missing was taken out by a person
 * (podman's unmask=PATH). */
static const char *const engines_own[] = {
	"/proc/acpi",          "/proc/kcore",      "/proc/keys",
	"/proc/latency_stats", "/proc/timer_list", "/proc/sched_debug",
	"/proc/scsi",          "/sys/firmware",    NULL,
};

/* Runtimes take no globs, so there is one path for each CPU that has such a directory. */
static void add_thermal(struct arena *arena, struct json *wanted)
{
	static const char cpus[] = "/sys/devices/system/cpu";
	const struct dirent *entry;
	DIR *dir = opendir(cpus);

	while (dir && (entry = readdir(dir))) {
		const char *name = entry->d_name;
		const char *path;

		if (!text_starts(name, "cpu") || !name[3] ||
		    name[3 + strspn(name + 3, "0123456789")])
			continue;
		path = arena_printf(arena, "%s/%s/thermal_throttle", cpus, name);
		if (access(path, F_OK) == 0)
			json_append(arena, wanted, NULL, json_new_str(arena, path));
	}
	if (dir)
		(void)closedir(dir);
}

static struct json *wanted_list(struct edit *ed, const struct json *cfg, const char *const *paths)
{
	struct arena *arena = edit_arena(ed);
	struct json *wanted = json_new(arena, JSON_ARRAY), *next;

	for (const char *const *path = paths; *path; path++)
		json_append(arena, wanted, NULL, json_new_str(arena, *path));
	if (paths == masked)
		add_thermal(arena, wanted);

	for (struct json *child = json_first(wanted); child; child = next) {
		next = child->next;
		if (policy_lists(cfg, "allow", child->text))
			json_unlink(child);
	}
	return wanted;
}

/* Both lists are short: the vocabulary caps the author's, the machine's CPUs cap ours. */
static bool holds(const struct json *list, const char *path)
{
	json_each (entry, list) {
		if (json_is(entry, path))
			return true;
	}
	return false;
}

static bool has_unmasking_people(const struct edit *ed)
{
	enum engine engine = edit_facts(ed)->engine;

	return engine == ENGINE_DOCKER || engine == ENGINE_PODMAN;
}

/* Class of adding PATH to a list that the engine sent, which has others. */
static enum edit_class class_of(struct edit *ed, const char *path)
{
	if (!text_in(path, engines_own) && !text_in(path, readonly))
		return EDIT_FILL;
	return has_unmasking_people(ed) ? edit_ask_class(ed) : EDIT_TRIM;
}

/* Add what is missing from linux.KEY. True when a person took it out. */
static bool settle(struct edit *ed, const char *key, struct json *wanted, const char *reason)
{
	struct json *list = json_get(edit_doc(ed), "linux", key);
	bool is_asked = false;

	if (!json_first(wanted))
		return false;
	if (!json_first(list)) {
		enum edit_class class = has_unmasking_people(ed) ? edit_ask_class(ed) : EDIT_TRIM;

		edit_set(ed, class, reason, wanted, "linux", key);
		return class == EDIT_ASK;
	}
	for (struct json *path = json_first(wanted), *next; path; path = next) {
		enum edit_class class = class_of(ed, path->text);

		next = path->next;
		if (holds(list, path->text))
			continue;
		json_unlink(path);
		edit_append(ed, class, reason, list, NULL, path);
		is_asked = is_asked || class == EDIT_ASK;
	}
	return is_asked;
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	bool is_podman = edit_facts(ed)->engine == ENGINE_PODMAN;
	bool is_asked;

	is_asked = settle(ed, "maskedPaths", wanted_list(ed, cfg, masked),
			  "kernel files that show the host are hidden");
	is_asked = settle(ed, "readonlyPaths", wanted_list(ed, cfg, readonly),
			  "kernel files that change the host cannot be written") ||
		   is_asked;
	if (is_asked)
		edit_ask(ed, "unmasked-paths",
			 is_podman ? "--security-opt unmask opens kernel files of the host"
				   : "--security-opt systempaths=unconfined opens kernel files of "
				     "the host",
			 "remove it");
	return 0;
}

static int check_path(const struct json *value, struct error *e)
{
	if (text_starts(value->text, "/proc/") || text_starts(value->text, "/sys/"))
		return 0;
	return error_set(e, ERR_POLICY, "not a path below /proc or /sys");
}

static const struct setting settings[] = {
	{ .key = "allow", .type = SETTING_LIST, .check = check_path },
	{ .key = NULL },
};

const struct control control_masked_paths = {
	.id = "masked-paths",
	.title = "Mask kernel files that show or change the host",
	.refs = REFS("PSS/baseline/proc-mount-type", "CIS-Docker-1.6.0/5.5"),
	.settings = settings,
	.scopes = ON_SPEC,
	.apply = apply,
};
