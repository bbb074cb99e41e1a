/*
 * Devices of the host.
 *
 * A disk's node is the host's file systems with no permissions in between, and most other nodes
 * lead into a driver that was not written for strangers. So a container has the handful that
 * every program expects and those that the policy names, judged by their numbers: the path is only
 * a name. A node that stays is no more open than the host's own.
 *
 * linux.netDevices (specification 1.3) takes a network interface away from the host.
 */
#include "devices.h"

#include <string.h>

#include "control_table.h"
#include "rootfs.h"
#include "text.h"

#define MOST_NAMED 4U /* devices in a sentence; the journal has them all */
#define PERMISSIONS 0777U

char device_type(const struct json *type)
{
	const char *text = json_text(type);

	if (!text || text_equal(text, "a") || text_equal(text, ""))
		return 'a';
	if (text_equal(text, "u"))
		return 'c'; /* an unbuffered character device is one: mknod(1) */
	if (text[0] && !text[1] && strchr("cbp", text[0]))
		return text[0];
	return '?';
}

const char *devices_allowed(struct devices *d)
{
	auto_strbuf struct strbuf text = { 0 };
	size_t count = 0;

	json_each (entry, json_find(d->cfg, "allow")) {
		if (count++ < 2)
			strbuf_printf(&text, "%s%s", text.len ? ", " : "", entry->text);
	}
	if (count > 2)
		strbuf_printf(&text, ", %zu more", count - 2);
	return count ? arena_strdup(d->arena, strbuf_text(&text)) : "none";
}

/* Below /dev, which the runtime makes anew: anywhere else the node would end up in the image. */
static bool is_placed_well(struct devices *d, const char *path)
{
	return text_starts(path, "/dev/") &&
	       rootfs_is_below(rootfs_clean_path(path, d->arena), "/dev");
}

static void set_number(struct devices *d, enum edit_class class, const char *reason,
		       struct json *node, const char *name, uint64_t value)
{
	struct json *old = json_member(edit_doc(d->ed), node, name);
	struct json *fresh = json_new_u64(d->arena, value);

	if (old)
		edit_replace(d->ed, class, reason, old, fresh);
	else
		edit_append(d->ed, class, reason, node, name, fresh);
}

/* An owner other than root or the host's would be able to open what the host keeps from it. */
static void clamp_owner(struct devices *d, struct json *node, const char *name, uint64_t host)
{
	uint64_t asked = json_u64(edit_doc(d->ed), json_member(edit_doc(d->ed), node, name), 0);

	if (asked != 0 && asked != host)
		set_number(d, EDIT_TRIM, "the owner it has on the host", node, name, host);
}

/* Without a mode runtimes take 0666. */
static void clamp_mode(struct devices *d, struct json *node, mode_t most)
{
	struct json *mode = json_member(edit_doc(d->ed), node, "fileMode");
	uint64_t asked = json_u64(edit_doc(d->ed), mode, 0666);

	if ((asked & ~(uint64_t)most & 07777) == 0)
		return;
	set_number(d, mode ? EDIT_TRIM : EDIT_FILL, "no wider than on the host", node, "fileMode",
		   asked & most & PERMISSIONS);
}

static mode_t widest_mode(const struct host_device *host)
{
	mode_t mode = host->st.st_mode & 0666;

	if (!host->may_read)
		mode &= (mode_t)~0444U;
	if (!host->may_write)
		mode &= (mode_t)~0222U;
	return mode;
}

/* True when the node may stay, brought into line. */
static bool judge_node(struct devices *d, struct json *node)
{
	struct json_doc *doc = edit_doc(d->ed);
	const char *path = json_str(doc, json_member(doc, node, "path"), "");
	char type = device_type(json_member(doc, node, "type"));
	int64_t major = json_i64(doc, json_member(doc, node, "major"), 0);
	int64_t minor = json_i64(doc, json_member(doc, node, "minor"), 0);
	const struct host_device *host;
	const char *name;

	if (!is_placed_well(d, path))
		return false;
	if (device_is_default(type, major, minor, &name) && name && text_equal(path, name)) {
		clamp_mode(d, node, 0666);
		return true;
	}
	host = device_host_find(d, type, major, minor);
	if (!host)
		return false;
	clamp_mode(d, node, widest_mode(host));
	clamp_owner(d, node, "uid", host->st.st_uid);
	clamp_owner(d, node, "gid", host->st.st_gid);
	return true;
}

static void ask_for_nodes(struct devices *d, const struct json *refused)
{
	auto_strbuf struct strbuf names = { 0 };
	size_t count = 0;
	bool has_disk = false;
	char quoted[QUOTED_SIZE];
	const char *what;

	json_each (node, refused) {
		const char *path = json_text(json_find(node, "path"));

		has_disk = has_disk || device_type(json_find(node, "type")) == 'b';
		if (count++ < MOST_NAMED)
			strbuf_printf(&names, "%s%s", names.len ? ", " : "",
				      error_quote(quoted, path, strlen(path)));
	}
	if (count > MOST_NAMED)
		strbuf_printf(&names, " and %zu more", count - MOST_NAMED);
	what = count > 1  ? "give the container devices of the host"
	       : has_disk ? "gives the container a disk of the host"
			  : "gives the container a device of the host";
	edit_ask(d->ed, "host-device",
		 arena_printf(d->arena, "%s %s %s",
			      edit_words(d->ed, "--device",
					 count > 1 ? "the devices" : "the device", "linux.devices"),
			      strbuf_text(&names), what),
		 arena_printf(d->arena, "remove %s; allowed devices: %s", count > 1 ? "them" : "it",
			      devices_allowed(d)));
}

/* Takes out what is not allowed; clones of those nodes. */
static const struct json *judge_nodes(struct devices *d)
{
	struct json *nodes = json_get(edit_doc(d->ed), "linux", "devices");
	struct json *refused = json_new(d->arena, JSON_ARRAY);
	enum edit_class class = edit_ask_class(d->ed);
	struct json *next;

	for (struct json *node = json_first(nodes); node; node = next) {
		next = node->next;
		if (judge_node(d, node))
			continue;
		json_append(d->arena, refused, NULL, json_clone(d->arena, node));
		edit_remove(d->ed, class, "not a device that the policy allows", node);
	}
	if (json_first(refused) && class == EDIT_ASK)
		ask_for_nodes(d, refused);
	return refused;
}

static void judge_interfaces(struct devices *d)
{
	struct json *interfaces = json_get(edit_doc(d->ed), "linux", "netDevices");

	if (!interfaces)
		return;
	if (!json_first(interfaces)) {
		edit_remove(d->ed, EDIT_TRIM, "an empty list says nothing", interfaces);
		return;
	}
	edit_ask(d->ed, "net-device",
		 "linux.netDevices takes network interfaces away from the host",
		 "use a network of the engine");
	edit_remove(d->ed, EDIT_ASK, "network interfaces stay with the host", interfaces);
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	struct devices d = { .ed = ed, .cfg = cfg, .arena = edit_arena(ed) };
	const struct json *refused;

	refused = judge_nodes(&d);
	device_rules_apply(&d, refused);
	judge_interfaces(&d);
	return 0;
}

static const struct setting settings[] = {
	{ .key = "allow", .type = SETTING_LIST, .check = device_host_check_glob },
	{ .key = NULL },
};

const struct control control_devices = {
	.id = "devices",
	.title = "Give a container no devices but those that the policy names",
	.refs = REFS("CIS-Docker-1.6.0/5.18", "PSS/baseline/privileged"),
	.settings = settings,
	.scopes = ON_SPEC | ON_RESOURCES,
	.apply = apply,
};
