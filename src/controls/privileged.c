/*
 * --privileged asks for everything at once: all capabilities, all devices, no masks, no filter. It
 * is recognised by its shape and said in one sentence, so that a person reads one reason and not
 * seven.
 *
 * Under fix the two parts that give the host away are taken here, whatever the other controls do:
 * the capabilities beyond the engine's default and the devices. Masks, seccomp, LSM and read-only
 * /sys are then trims for their own controls.
 */
#include "caps.h"
#include "control_table.h"
#include "engine_caps.h"
#include "text.h"

/* Daemons without CAP_SYS_RESOURCE & Co. give "all" of 38 capabilities; nobody types thirty. */
#define MANY_CAPABILITIES 30

static bool has_many_capabilities(struct json_doc *doc)
{
	const struct json *bounding = json_get(doc, "process", "capabilities", "bounding");
	unsigned int count = 0;
	bool has_sys_admin = false;

	json_each (name, bounding) {
		count++;
		has_sys_admin = has_sys_admin || json_is(name, "CAP_SYS_ADMIN");
	}
	return has_sys_admin && count >= MANY_CAPABILITIES;
}

/* To runtimes, a number that is absent and -1 are the same: any. */
static bool is_any(struct json_doc *doc, const struct json *number)
{
	return json_i64(doc, number, -1) < 0;
}

/* {"allow": true} with neither type nor numbers, or with "a": every device there is. */
static bool allows_every_device(struct json_doc *doc)
{
	json_each (rule, json_get(doc, "linux", "resources", "devices")) {
		const struct json *type = json_member(doc, rule, "type");

		if (json_bool(doc, json_member(doc, rule, "allow"), false) &&
		    (!type || json_is(type, "a")) && is_any(doc, json_member(doc, rule, "major")) &&
		    is_any(doc, json_member(doc, rule, "minor")))
			return true;
	}
	return false;
}

static void cut_capabilities(struct edit *ed)
{
	struct json *sets = json_get(edit_doc(ed), "process", "capabilities");
	uint64_t keep = engine_default_caps();
	struct json *next;

	for (struct json *set = json_first(sets); set; set = next) {
		struct json *kept = json_new(edit_arena(ed), JSON_ARRAY);

		next = set->next; /* a set that is replaced has no neighbours any more */
		json_each (name, set) {
			int number = caps_number(json_text(name), false);

			if (number >= 0 && number < 64 && (keep >> number & 1))
				json_append(edit_arena(ed), kept, NULL,
					    json_clone(edit_arena(ed), name));
		}
		edit_set(ed, EDIT_ASK, "--privileged gives every capability", kept, "process",
			 "capabilities", set->key);
	}
}

static void cut_devices(struct edit *ed)
{
	struct arena *arena = edit_arena(ed);
	struct json *nodes = json_get(edit_doc(ed), "linux", "devices");
	struct json *rules = json_new(arena, JSON_ARRAY);
	struct json *deny = json_new(arena, JSON_OBJECT);

	if (nodes)
		edit_remove(ed, EDIT_ASK, "--privileged gives every device node", nodes);
	/* Runtimes add the rules for /dev/null and its like themselves. */
	json_append(arena, deny, "allow", json_new_bool(arena, false));
	json_append(arena, deny, "access", json_new_str(arena, "rwm"));
	json_append(arena, rules, NULL, deny);
	edit_set(ed, EDIT_ASK, "--privileged opens every device", rules, "linux", "resources",
		 "devices");
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	if (!has_many_capabilities(edit_doc(ed)) || !allows_every_device(edit_doc(ed)))
		return 0;

	edit_ask(
		ed, "privileged-shape",
		arena_printf(edit_arena(ed), "%s gives the container the host",
			     edit_words(ed, "--privileged", "securityContext.privileged",
					"a privileged container (every capability and device)")),
		edit_words(
			ed,
			"remove it and ask for what you need, e.g. --cap-add NET_ADMIN or --device "
			"/dev/fuse",
			"remove it and ask for what you need under securityContext.capabilities",
			"remove it and name the capabilities and devices that are needed"));
	cut_capabilities(ed);
	cut_devices(ed);
	edit_mark_privileged(ed);
	return 0;
}

const struct control control_privileged = {
	.id = "privileged",
	.title = "Recognise the shape of --privileged and say so in one sentence",
	.refs = REFS("CIS-Docker-1.6.0/5.5", "PSS/baseline/privileged"),
	.scopes = ON_SPEC,
	.apply = apply,
};
