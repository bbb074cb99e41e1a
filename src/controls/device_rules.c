/*
 * linux.resources.devices: the device cgroup, which decides whatever nodes there are.
 *
 * The rules apply in their order and the last that fits wins. So everything is denied first, and
 * what is allowed behind that must be one of the devices that every container has, or one that the
 * policy names. A number that is missing or -1 means "any": no rule of that kind stays.
 */
#include <inttypes.h>
#include <string.h>

#include "devices.h"
#include "text.h"

#define MOST_SAID 8U

struct rule {
	struct json *node;
	bool is_allowing;
	char type;
	int64_t major; /* -1: any */
	int64_t minor;
	const char *access;
};

static int64_t number(struct json_doc *doc, const struct json *node, const char *name)
{
	int64_t value = json_i64(doc, json_member(doc, node, name), -1);

	return value < 0 ? -1 : value;
}

static struct rule read_rule(struct devices *d, struct json *node)
{
	struct json_doc *doc = edit_doc(d->ed);

	return (struct rule){
		.node = node,
		.is_allowing = json_bool(doc, json_member(doc, node, "allow"), true),
		.type = device_type(json_member(doc, node, "type")),
		.major = number(doc, node, "major"),
		.minor = number(doc, node, "minor"),
		.access = json_str(doc, json_member(doc, node, "access"), "rwm"),
	};
}

static bool is_deny_all(const struct rule *rule)
{
	return !rule->is_allowing && rule->type == 'a' && rule->major < 0 && rule->minor < 0 &&
	       strchr(rule->access, 'r') && strchr(rule->access, 'w') && strchr(rule->access, 'm');
}

/* "b 8:* rwm", as --device-cgroup-rule spells it. */
static const char *rule_text(struct devices *d, const struct rule *rule)
{
	char quoted[QUOTED_SIZE];
	const char *major = "*", *minor = "*";

	if (rule->major >= 0)
		major = arena_printf(d->arena, "%" PRId64, rule->major);
	if (rule->minor >= 0)
		minor = arena_printf(d->arena, "%" PRId64, rule->minor);
	return arena_printf(d->arena, "%c %s:%s %s", rule->type, major, minor,
			    error_quote(quoted, rule->access, strlen(rule->access)));
}

static bool is_said_of_node(struct devices *d, const struct rule *rule, const struct json *refused)
{
	struct json_doc *doc = edit_doc(d->ed);

	json_each (node, refused) {
		if (device_type(json_find(node, "type")) == rule->type &&
		    json_i64(doc, json_find(node, "major"), 0) == rule->major &&
		    json_i64(doc, json_find(node, "minor"), 0) == rule->minor)
			return true;
	}
	return false;
}

/* What engines write by themselves and no container needs: old containerd opens /dev/net/tun, and
 * "m" alone lets nodes be made that nobody can then open. */
static bool is_engines_own(const struct rule *rule)
{
	return (rule->type == 'c' && rule->major == 10 && rule->minor == 200) ||
	       (rule->type != 'a' && text_equal(rule->access, "m"));
}

static void ask(struct devices *d, const struct rule *rule)
{
	const char *text = rule_text(d, rule);

	if (rule->type == 'a' || (rule->major < 0 && rule->minor < 0)) {
		edit_ask(d->ed, "all-devices",
			 arena_printf(
				 d->arena, "%s opens every device of the host",
				 edit_words(
					 d->ed,
					 arena_printf(d->arena, "--device-cgroup-rule '%s'", text),
					 "the device rule for everything",
					 arena_printf(d->arena, "the device rule '%s'", text))),
			 "remove it and name the devices that are needed");
		return;
	}
	edit_ask(d->ed, "device-rule",
		 arena_printf(d->arena, "%s '%s' opens %s of the host",
			      edit_words(d->ed, "--device-cgroup-rule", "the device rule",
					 "the device rule"),
			      text, rule->type == 'b' ? "disks" : "devices"),
		 arena_printf(d->arena, "remove it; allowed devices: %s", devices_allowed(d)));
}

/* The access that the policy gives, of what was asked. */
static const char *fair_access(struct devices *d, const struct rule *rule,
			       const struct host_device *host)
{
	bool may_read = host->may_read && strchr(rule->access, 'r');
	bool may_write = host->may_write && strchr(rule->access, 'w');

	return may_read ? may_write ? "rw" : "r" : may_write ? "w" : "";
}

static void clamp_access(struct devices *d, const struct rule *rule, const struct host_device *host)
{
	const char *access = fair_access(d, rule, host);
	struct json *node = json_member(edit_doc(d->ed), rule->node, "access");
	struct json *value = json_new_str(d->arena, access);
	/* "m" is what engines add for nobody; a direction beyond the policy's is a person's. */
	bool is_less = (strchr(rule->access, 'w') && !host->may_write) ||
		       (strchr(rule->access, 'r') && !host->may_read);
	enum edit_class class = is_less ? edit_ask_class(d->ed) : EDIT_TRIM;

	if (text_equal(rule->access, access))
		return;
	if (class == EDIT_ASK)
		edit_ask(d->ed, "device-access",
			 arena_printf(d->arena,
				      "the device rule '%s' asks for more than the policy gives "
				      "('%s')",
				      rule_text(d, rule), access),
			 arena_printf(d->arena, "ask for :%s", access));
	if (!access[0])
		edit_remove(d->ed, class, "the policy gives no such access", rule->node);
	else if (node)
		edit_replace(d->ed, class, "the policy's access", node, value);
	else
		edit_append(d->ed, class, "the policy's access", rule->node, "access", value);
}

/* True when it was beyond the policy, and a person is to be told. */
static bool judge_rule(struct devices *d, const struct rule *rule, const struct json *refused,
		       bool may_say)
{
	const struct host_device *host;
	enum edit_class class = edit_ask_class(d->ed);
	bool is_told = false;
	const char *name;

	if (!rule->is_allowing || device_is_default(rule->type, rule->major, rule->minor, &name))
		return false;
	host = device_host_find(d, rule->type, rule->major, rule->minor);
	if (host) {
		clamp_access(d, rule, host);
		return false;
	}
	if (is_engines_own(rule))
		class = EDIT_TRIM;
	if (class == EDIT_ASK && !is_said_of_node(d, rule, refused)) {
		is_told = true;
		if (may_say)
			ask(d, rule);
	}
	edit_remove(d->ed, class, "not a device that the policy allows", rule->node);
	return is_told;
}

static struct json *deny_all(struct devices *d)
{
	struct json *rule = json_new(d->arena, JSON_OBJECT);

	json_append(d->arena, rule, "allow", json_new_bool(d->arena, false));
	json_append(d->arena, rule, "access", json_new_str(d->arena, "rwm"));
	return rule;
}

/* Without it some runtimes start from what the parent group allows: everything. */
static void deny_first(struct devices *d, struct json *rules)
{
	static const char reason[] = "all devices are denied before some are allowed";

	if (!rules) {
		rules = json_new(d->arena, JSON_ARRAY);
		json_append(d->arena, rules, NULL, deny_all(d));
		edit_set(d->ed, EDIT_FILL, reason, rules, "linux", "resources", "devices");
		return;
	}
	if (json_first(rules)) {
		struct rule first = read_rule(d, json_first(rules));

		if (is_deny_all(&first))
			return;
	}
	edit_insert(d->ed, EDIT_FILL, reason, rules, NULL, NULL, deny_all(d));
}

void device_rules_apply(struct devices *d, const struct json *refused)
{
	struct json *rules = json_get(edit_doc(d->ed), "linux", "resources", "devices");
	struct json *next;
	unsigned int told = 0;

	for (struct json *node = json_first(rules); node; node = next) {
		struct rule rule = read_rule(d, node);

		next = node->next;
		told += judge_rule(d, &rule, refused, told < MOST_SAID);
	}
	if (told > MOST_SAID)
		edit_ask(d->ed, "device-rule",
			 arena_printf(d->arena, "%u more device rules open devices of the host",
				      told - MOST_SAID),
			 "remove them");
	/* An update adds to what is there; without rules it changes none. */
	if (rules || edit_scope(d->ed) == SCOPE_SPEC)
		deny_first(d, rules);
}
