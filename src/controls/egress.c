/*
 * Where a container may connect to: lines "PROTO CIDR-or-@set PORTS" that allow and block, and what
 * happens to everything else. Block beats allow and the order of lines means nothing, so that a
 * policy can be read a line at a time. See metadata.c for who loads it.
 *
 * The nameservers that a container may ask are those of its resolv.conf (net_resolvers.c). Engines
 * mount that file writable and keep what was written for the next start, so root in the container
 * could name any address and wait for a restart: the mount becomes read-only.
 *
 * On the host's network nothing can be loaded: it would be the host's firewall. Policy text that
 * orders rules and cannot have them is no reason to start without.
 */
#include <string.h>

#include "control_table.h"
#include "net_control.h"
#include "net_plan.h"

/* The last word counts: runc and crun take options one after the other. */
static bool is_read_only(const struct json *options)
{
	bool result = false;

	json_each (option, options) {
		if (json_is(option, "ro") || json_is(option, "rw"))
			result = json_is(option, "ro");
	}
	return result;
}

static void protect_nameservers(struct edit *ed)
{
	static const char reason[] = "a container does not choose its own nameservers";
	struct arena *arena = edit_arena(ed);

	json_each (mount, json_get(edit_doc(ed), "mounts")) {
		struct json *options = json_find(mount, "options"), *fresh;

		if (!json_is(json_find(mount, "destination"), "/etc/resolv.conf") ||
		    is_read_only(options))
			continue;
		fresh = json_new(arena, JSON_ARRAY);
		json_each (option, options) {
			if (!json_is(option, "rw"))
				json_append(arena, fresh, NULL, json_clone(arena, option));
		}
		json_append(arena, fresh, NULL, json_new_str(arena, "ro"));
		if (options)
			edit_replace(ed, EDIT_TRIM, reason, options, fresh);
		else
			edit_append(ed, EDIT_TRIM, reason, mount, "options", fresh);
	}
}

/* "none" and a list name the nameservers themselves, and where nothing is blocked by default any
 * can be asked. */
static bool is_resolver(const struct json *cfg)
{
	const struct json *dns = json_find(cfg, "dns");

	return dns ? json_is(dns, "resolver") : !json_is(json_find(cfg, "default"), "allow");
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	net_control_cut(ed);
	if (edit_scope(ed) == SCOPE_SPEC && is_resolver(cfg))
		protect_nameservers(ed);
	net_control_need_network(ed, "egress");
	return 0;
}

static int check_address(const struct json *value, struct error *e)
{
	uint8_t address[16];
	enum net_family family;

	if (strlen(value->text) == value->len && net_address_parse(&family, address, value->text))
		return 0;
	return error_set(e, ERR_POLICY, "not the address of a nameserver such as 10.0.0.2");
}

static const char *const dns_words[] = { "resolver", "none", NULL };

static const struct setting settings[] = {
	{ .key = "default", .type = SETTING_WORD, .words = net_control_defaults },
	{ .key = "allow", .type = SETTING_LINES, .check = net_control_check_line },
	{ .key = "block", .type = SETTING_LINES, .check = net_control_check_line },
	{ .key = "dns", .type = SETTING_WORD_OR_LIST, .words = dns_words, .check = check_address },
	{ .key = NULL },
};

const struct control control_egress = {
	.id = "egress",
	.title = "Connect only to what the policy allows",
	.refs = REFS("MITRE-ATTACK/T1041"),
	.settings = settings,
	.scopes = ON_SPEC | ON_PROCESS,
	.apply = apply,
};
