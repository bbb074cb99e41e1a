/*
 * The firewall lives in the container's own network namespace, so what it is worth depends on what
 * the container may do there. With CAP_NET_ADMIN it deletes the table. With CAP_NET_RAW, which
 * Docker gives by default, frames from a packet socket reach the wire without passing any chain of
 * the family inet (both tried on Linux 6.18). ping(1) needs neither: the engines open
 * net.ipv4.ping_group_range.
 */
#include "net_control.h"

#include <linux/capability.h>

#include <string.h>

#include "caps.h"
#include "engine_caps.h"
#include "net_plan.h"

#define BIT(capability) (UINT64_C(1) << (capability))
#define CUT (BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW))

static const char *const sets[] = { "bounding", "effective", "inheritable", "permitted",
				    "ambient" };

enum net_place net_place_of(struct json_doc *doc, struct ns_id *ret_id)
{
	const char *path;

	*ret_id = (struct ns_id){ 0 };
	json_each (entry, json_get(doc, "linux", "namespaces")) {
		if (!json_is(json_member(doc, entry, "type"), "network"))
			continue;
		path = json_str(doc, json_member(doc, entry, "path"), "");
		if (!path[0])
			return NET_PLACE_OWN;
		if (ns_of_path(path, ret_id) == 0 && ns_is_host(*ret_id, "net"))
			return NET_PLACE_HOST;
		return NET_PLACE_JOINED;
	}
	return NET_PLACE_HOST;
}

/* The bits of LIST that must go; a name that we do not know may be one that the runtime knows. */
static uint64_t cut_bits(const struct json *list, bool *ret_has_unknown)
{
	uint64_t bits = 0;

	*ret_has_unknown = false;
	json_each (name, list) {
		int number = caps_number(json_text(name), false);

		if (number < 0)
			*ret_has_unknown = true;
		else if (number < 64)
			bits |= BIT(number) & CUT;
	}
	return bits;
}

static struct json *without(struct arena *arena, const struct json *list)
{
	struct json *kept = json_new(arena, JSON_ARRAY);

	json_each (name, list) {
		int number = caps_number(json_text(name), false);

		if (number >= 0 && number < 64 && !(BIT(number) & CUT))
			json_append(arena, kept, NULL, json_clone(arena, name));
	}
	return kept;
}

static void ask(struct edit *ed, uint64_t asked)
{
	struct arena *arena = edit_arena(ed);
	const char *names = asked == CUT                  ? "NET_ADMIN, NET_RAW"
			    : asked == BIT(CAP_NET_ADMIN) ? "NET_ADMIN"
			    : asked == BIT(CAP_NET_RAW)   ? "NET_RAW"
							  : "with a name that is no capability";
	const char *flag = edit_words(ed, "--cap-add ", "securityContext.capabilities.add ",
				      "process.capabilities ");

	if (edit_scope(ed) == SCOPE_PROCESS)
		flag = edit_words(ed, "exec --privileged with ", "exec with ", "exec with ");
	edit_ask(ed, "firewall-capabilities",
		 arena_printf(arena, "%s%s gets around the container's firewall", flag, names),
		 "remove it");
}

void net_control_cut(struct edit *ed)
{
	struct json_doc *doc = edit_doc(ed);
	uint64_t asked = 0, unasked = engine_unasked_caps(ed);
	bool is_asked = false;

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		struct json *list = json_get(doc, "process", "capabilities", sets[i]);
		enum edit_class class = EDIT_TRIM;
		bool has_unknown;
		uint64_t cut = cut_bits(list, &has_unknown);

		if (list && !cut && !has_unknown)
			continue;
		/* At exec a missing list means the container's own, which has neither. */
		if (!list && edit_scope(ed) == SCOPE_PROCESS)
			continue;
		if (!list)
			class = EDIT_FILL;
		else if (has_unknown || (cut & ~unasked))
			class = edit_ask_class(ed);
		asked |= cut & ~unasked;
		is_asked = is_asked || class == EDIT_ASK;
		edit_set(ed, class, "a container cannot undo its own firewall",
			 without(edit_arena(ed), list), "process", "capabilities", sets[i]);
	}
	if (is_asked)
		ask(ed, asked);
}

void net_control_need_network(struct edit *ed, const char *id)
{
	struct arena *arena = edit_arena(ed);
	struct ns_id ns;

	if (edit_scope(ed) != SCOPE_SPEC || net_place_of(edit_doc(ed), &ns) != NET_PLACE_HOST)
		return;
	edit_refuse(ed, "firewall-host",
		    arena_printf(arena, "%s leaves no place for the rules of '%s'",
				 edit_words(ed, "--network host", "hostNetwork",
					    "the host's network namespace"),
				 id),
		    arena_printf(arena,
				 "give the container a network of its own, or it a profile that "
				 "sets '%s' to off",
				 id));
}

const char *const net_control_defaults[] = { "allow", "block", NULL };

int net_control_check_line(const struct json *value, struct error *e)
{
	if (strlen(value->text) != value->len)
		return error_set(e, ERR_POLICY, "a line with a NUL in it");
	return net_line_check(value->text, e);
}
