/* What becomes of levels, controls, profiles, sets, live and locked. */
#include "policy_try.h"

static void modes(void)
{
	load("{\"version\":1,\"controls\":{\"pids\":\"audit\"}}", NULL);
	is_text(control_json("pids"), "{\"mode\":\"audit\",\"default\":2048,\"max\":16384}",
		"merge: the short form changes the mode and keeps the settings");
	load("{\"version\":1,\"controls\":{\"pids\":{\"max\":100}}}", NULL);
	is_text(control_json("pids"), "{\"mode\":\"fix\",\"default\":2048,\"max\":100}",
		"merge: a missing mode is inherited, and so is a missing setting");
	load("{\"version\":1,\"controls\":{\"pids\":{\"mode\":\"deny\",\"default\":\"none\"}}}",
	     NULL);
	is_text(control_json("pids"), "{\"mode\":\"deny\",\"default\":\"none\",\"max\":16384}",
		"merge: a word replaces a number");
	load("{\"version\":1,\"controls\":{\"pids\":{\"note\":\"why\",\"max\":5}}}", NULL);
	is_text(control_json("pids"), "{\"mode\":\"fix\",\"default\":2048,\"max\":5}",
		"merge: notes are left out");
	load("{\"version\":1,\"controls\":{\"rootfs\":{\"readonly\":false}}}", NULL);
	is_text(setting_json("rootfs", "readonly"), "false",
		"merge: false is a value where it is no member of a map");
	load("{\"version\":1,\"extends\":\"baseline\",\"controls\":{}}", NULL);
	is_text(mode_of_control("rootfs"), "off", "merge: another level can be extended");
	load("{\"version\":1,\"extends\":\"baseline@1\"}", NULL);
	is_text(setting_json("user", "root"), "\"keep\"", "merge: or an edition of it");
}

static void lists(void)
{
	load("{\"version\":1,\"controls\":{\"capabilities\":{\"allow\":[\"KILL\",\"CHOWN\","
	     "\"KILL\"]}}}",
	     NULL);
	is_text(setting_json("capabilities", "allow"), "[\"KILL\",\"CHOWN\"]",
		"merge: a list replaces, without duplicates");
	load("{\"version\":1,\"controls\":{\"hooks\":{\"allow+\":[\"/usr/bin/a\"]}}}", NULL);
	is_text(setting_json("hooks", "allow"), "[\"/usr/bin/a\"]", "merge: + adds");
	load("{\"version\":1,\"controls\":{\"mounts\":{\"allow-\":[\"/data/**\",\"/etc/pki/**:ro\","
	     "\"/etc/pki:ro\",\"/none\"],\"allow+\":[\"/srv/**\",\"/opt/x\"]}}}",
	     NULL);
	is_text(setting_json("mounts", "allow"),
		"[\"/srv/**\",\"/etc/localtime:ro\",\"/etc/timezone:ro\","
		"\"/usr/share/zoneinfo:ro\",\"/usr/share/zoneinfo/**:ro\","
		"\"/etc/ssl/certs:ro\",\"/etc/ssl/certs/**:ro\","
		"\"/etc/ca-certificates:ro\",\"/etc/ca-certificates/**:ro\",\"/opt/x\"]",
		"merge: - takes away, + adds what is not there yet");
	load("{\"version\":1,\"controls\":{\"mounts\":{\"sockets-\":[\"/run/a\"],"
	     "\"sockets+\":[\"/run/a\",\"/run/b\"]}}}",
	     NULL);
	is_text(setting_json("mounts", "sockets"), "[\"/run/b\"]",
		"merge: what is both added and taken away is gone, whatever the order");
	load("{\"version\":1,\"extends\":\"baseline\",\"controls\":{\"capabilities\":{"
	     "\"allow-\":[\"CAP_CHOWN\",\"MKNOD\"],\"allow+\":[\"CAP_KILL\",\"CAP_NET_RAW\"]}}}",
	     NULL);
	is_text(setting_json("capabilities", "allow"),
		"[\"AUDIT_WRITE\",\"DAC_OVERRIDE\",\"FOWNER\",\"FSETID\",\"KILL\","
		"\"NET_BIND_SERVICE\",\"SETFCAP\",\"SETGID\",\"SETPCAP\",\"SETUID\","
		"\"SYS_CHROOT\",\"CAP_NET_RAW\"]",
		"merge: CAP_CHOWN takes CHOWN away, and CAP_KILL does not add a second KILL");
	load("{\"version\":1,\"sets\":{\"db\":[\"10.1.0.0/16\",\"fd00:1::/64\"],\"none\":[]},"
	     "\"controls\":{\"egress\":{\"allow\":[\"tcp @db 5432\",\"udp @none\",\"any @db\"],"
	     "\"dns\":\"none\"}},\"profiles\":{\"a\":{\"controls\":{\"egress\":{"
	     "\"allow-\":[\"any @db\"],\"dns+\":[\"10.0.0.2\"]}}}}}",
	     "a");
	is_text(setting_json("egress", "allow"), "[\"tcp 10.1.0.0/16,fd00:1::/64 5432\"]",
		"merge: a set in a line is written out there; of an empty one no line is left");
	is_text(setting_json("egress", "dns"), "[\"10.0.0.2\"]",
		"merge: a list takes the place of a word");
	load("{\"version\":1,\"sets\":{\"b\":[\"ls\"]},\"controls\":{\"exec\":{\"commands\":{"
	     "\"allow\":[\"x @b\"]}}}}",
	     NULL);
	is_text(json_of(json_find(json_find(json_find(try_policy.controls, "exec"), "commands"),
				  "allow")),
		"[\"x @b\"]", "merge: elsewhere an @ within an item is only a character");
	load("{\"version\":1,\"controls\":{\"user\":{\"groups\":{\"keep+\":[44,107]}}},"
	     "\"profiles\":{\"a\":{\"controls\":{\"user\":{\"groups\":{\"keep-\":[44]}}}}}}",
	     "a");
	is_text(setting_json("user", "groups"), "{\"keep\":[107]}",
		"merge: lists inside of maps are changed too");
	load("{\"version\":1,\"controls\":{\"exec\":{\"commands\":{\"allow\":[\"id\",\"ls\"]}}},"
	     "\"profiles\":{\"a\":{\"controls\":{\"exec\":{\"commands\":{\"allow-\":[\"ls\"],"
	     "\"block+\":[\"nc\"]}}}},\"b\":{\"controls\":{\"exec\":{\"commands\":{"
	     "\"allow\":false}}}}}}",
	     "a");
	is_text(setting_json("exec", "commands"), "{\"allow\":[\"id\"],\"block\":[\"nc\"]}",
		"merge: commands are lists in a map");
	load("{\"version\":1,\"controls\":{\"exec\":{\"commands\":{\"allow\":[\"id\"]}}},"
	     "\"profiles\":{\"b\":{\"controls\":{\"exec\":{\"commands\":{\"allow\":false}}}}}}",
	     "b");
	is_text(setting_json("exec", "commands"), "{}",
		"merge: false takes a list of commands out");
}

static void maps(void)
{
	load("{\"version\":1,\"controls\":{\"rootfs\":{\"tmpfs\":{\"/run\":false,\"/tmp\":\"1MiB\","
	     "\"/x\":{\"size\":\"2MiB\",\"note\":\"n\"},\"/none\":false}}}}",
	     NULL);
	is_text(setting_json("rootfs", "tmpfs"),
		"{\"/tmp\":\"1MiB\",\"/var/tmp\":\"64MiB\",\"/x\":{\"size\":\"2MiB\"}}",
		"merge: maps by key, and false takes one out");
	load("{\"version\":1,\"controls\":{\"rootfs\":{\"tmpfs\":{\"/run\":{\"size\":\"1MiB\","
	     "\"exec\":true}}}},\"profiles\":{\"a\":{\"controls\":{\"rootfs\":{\"tmpfs\":{"
	     "\"/run\":{\"exec\":false}}}}}}}",
	     "a");
	is_text(json_of(json_find(json_find(json_find(try_policy.controls, "rootfs"), "tmpfs"),
				  "/run")),
		"{\"size\":\"1MiB\",\"exec\":false}",
		"merge: objects in a map by key, and false is a value there");
	load("{\"version\":1,\"controls\":{\"rlimits\":{\"core\":false,\"nofile\":\"1024:4096\"}}}",
	     NULL);
	is_text(control_json("rlimits"), "{\"mode\":\"fix\",\"nofile\":\"1024:4096\"}",
		"merge: the free keys of a control are a map");
	load("{\"version\":1,\"controls\":{\"sysctl\":{\"set\":{\"net.core.somaxconn\":\"100\"}}},"
	     "\"profiles\":{\"a\":{\"controls\":{\"sysctl\":{\"set\":{"
	     "\"net.ipv4.ip_unprivileged_port_start\":\"0\"}}}}}}",
	     "a");
	is_text(setting_json("sysctl", "set"),
		"{\"net.core.somaxconn\":\"100\",\"net.ipv4.ip_unprivileged_port_start\":\"0\"}",
		"merge: maps grow along the chain");
}

static void profiles(void)
{
	static const char text[] =
		"{\"version\":1,\"runtime\":\"/usr/bin/runc\",\"controls\":{\"pids\":{\"max\":1}},"
		"\"profiles\":{"
		"\"a\":{\"controls\":{\"pids\":{\"default\":7,\"max\":3}}},"
		"\"b\":{\"extends\":\"a\",\"runtime\":\"/usr/bin/runsc\","
		"\"controls\":{\"pids\":{\"max\":2},\"user\":{\"root\":\"keep\"}}},"
		"\"c\":{\"extends\":\"b\"},"
		"\"e\":{\"extends\":\"default\"},"
		"\"o\":{\"extends\":\"observe\",\"controls\":{\"memory\":\"fix\"}}}}";

	load(text, NULL);
	is_text(control_json("pids"), "{\"mode\":\"fix\",\"default\":2048,\"max\":1}",
		"profiles: the top-level controls are 'default'");
	is_text(try_policy.profile, "default", "profiles: that is its name");
	is_text(try_policy.runtime, "/usr/bin/runc", "profiles: with the top-level runtime");
	load(text, "default");
	is_text(control_json("pids"), "{\"mode\":\"fix\",\"default\":2048,\"max\":1}",
		"profiles: it can be asked for by name");
	load(text, "a");
	is_text(control_json("pids"), "{\"mode\":\"fix\",\"default\":7,\"max\":3}",
		"profiles: one extends 'default' unless it names another");
	is_text(try_policy.runtime, "/usr/bin/runc", "profiles: and its runtime");
	load(text, "c");
	is_text(control_json("pids"), "{\"mode\":\"fix\",\"default\":7,\"max\":2}",
		"profiles: a chain is merged from its end");
	is_text(try_policy.runtime, "/usr/bin/runsc", "profiles: the nearest runtime counts");
	is_text(try_policy.profile, "c", "profiles: the chosen name is told");
	load(text, "e");
	is_text(control_json("pids"), "{\"mode\":\"fix\",\"default\":2048,\"max\":1}",
		"profiles: 'default' can be extended by name");
	load(text, "o");
	is_text(control_json("pids"), "{\"mode\":\"audit\",\"default\":2048,\"max\":16384}",
		"profiles: one that extends a level starts from that, not from 'default'");
	is_text(mode_of_control("memory"), "fix", "profiles: and adds its own");
	load(text, "baseline");
	is_text(control_json("pids"), "{\"mode\":\"fix\",\"default\":2048,\"max\":16384}",
		"profiles: a level is a profile");
	is_text(mode_of_control("rootfs"), "off", "profiles: with all its modes");
}

static void locked(void)
{
	static const char text[] =
		"{\"version\":1,\"controls\":{\"hooks\":{\"allow\":[\"/usr/bin/h\"]},"
		"\"pids\":{\"max\":9}},\"profiles\":{\"o\":{\"extends\":\"observe\"}}}";
	static const char own[] = "{\"version\":1,\"locked\":[\"pids\"],\"controls\":{"
				  "\"hooks\":{\"allow\":[\"/usr/bin/h\"]},\"pids\":{\"max\":9}},"
				  "\"profiles\":{\"o\":{\"extends\":\"observe\","
				  "\"controls\":{\"hooks\":\"off\"}}}}";

	load(text, "o");
	is_text(control_json("hooks"), "{\"mode\":\"deny\",\"allow\":[\"/usr/bin/h\"]}",
		"locked: a profile that extends a level does not change hooks");
	is_text(mode_of_control("annotations"), "fix", "locked: nor annotations");
	is_text(mode_of_control("unknown-fields"), "fix", "locked: nor unknown fields");
	is_text(mode_of_control("pids"), "audit", "locked: but everything else");
	load(text, "observe");
	is_text(control_json("hooks"), "{\"mode\":\"deny\",\"allow\":[\"/usr/bin/h\"]}",
		"locked: a level used as a profile does not change it either");
	load(own, "o");
	is_text(control_json("pids"), "{\"mode\":\"fix\",\"default\":2048,\"max\":9}",
		"locked: the list can be another");
	is_text(mode_of_control("hooks"), "off", "locked: and then it is that and no more");
	load("{\"version\":1,\"locked\":[],\"profiles\":{\"a\":{\"controls\":{\"hooks\":\"off\"}}}"
	     "}",
	     "a");
	is_text(mode_of_control("hooks"), "off", "locked: or empty");
	load("{\"version\":1,\"extends\":\"observe\"}", NULL);
	is_text(mode_of_control("hooks"), "audit",
		"locked: the top-level level changes everything");
}

static void live(void)
{
	load("{\"version\":1,\"live\":[],\"controls\":{\"cpu\":\"off\"}}", NULL);
	is_text(mode_of_control("privileged"), "audit", "live: [] lowers deny to audit");
	is_text(mode_of_control("pids"), "audit", "live: and fix");
	is_text(mode_of_control("hooks"), "audit", "live: also of a locked control");
	is_text(mode_of_control("cpu"), "off", "live: what is off stays off");
	is_text(json_of(try_policy.live), "[]", "live: it is told as it was written");
	load("{\"version\":1,\"live\":[\"pids\",\"privileged\"]}", NULL);
	is_text(mode_of_control("privileged"), "deny", "live: what is named keeps its mode");
	is_text(mode_of_control("memory"), "audit", "live: what is not is lowered");
	load("{\"version\":1,\"live\":[\"rootfs\"],\"extends\":\"baseline\"}", NULL);
	is_text(mode_of_control("rootfs"), "off", "live: nothing is raised by it");
	load("{\"version\":1,\"live\":\"all\"}", NULL);
	is_text(mode_of_control("privileged"), "deny", "live: all is all");
	load("{\"version\":1}", NULL);
	is_text(json_of(try_policy.live), "\"all\"", "live: and what holds when it is not there");
}

static void sets(void)
{
	static const char text[] =
		"{\"version\":1,\"sets\":{\"five\":[\"CHOWN\",\"SETUID\"],\"none\":[],"
		"\"typo\":[\"CHWN\"]},\"controls\":{"
		"\"capabilities\":{\"allow\":[\"KILL\",\"@five\",\"@none\",\"CHOWN\"]}},"
		"\"profiles\":{\"a\":{\"controls\":{\"capabilities\":{\"allow-\":[\"@five\"]}}}}}";

	load(text, NULL);
	is_text(setting_json("capabilities", "allow"), "[\"KILL\",\"CHOWN\",\"SETUID\"]",
		"sets: their items stand in the list, in order and once");
	load(text, "a");
	is_text(setting_json("capabilities", "allow"), "[\"KILL\"]",
		"sets: they can be taken away");
	ok(!load("{\"version\":1,\"sets\":{\"x\":[\"CHWN\"]},\"controls\":{\"capabilities\":{"
		 "\"allow\":[\"KILL\",\n\"@x\"]}}}",
		 NULL),
	   "sets: items of the wrong type are refused");
	ok(strstr(try_error.message, "p.json line 2: 'capabilities.allow' has 'CHWN': ") != NULL,
	   "sets: ... and the line is where the set was used");
	ok(load("{\"version\":1,\"sets\":{\"x\":[\"CHWN\"]}}", NULL),
	   "sets: one that nobody uses is any list of strings");
	ok(!load("{\"version\":1,\"sets\":{\"x\":[\"7\"]},\"controls\":{\"user\":{\"groups\":{"
		 "\"keep\":[\"@x\"]}}}}",
		 NULL) ||
		   strcmp(setting_json("user", "groups"), "{\"keep\":[\"7\"]}") == 0,
	   "sets: strings do not become numbers");
}

static void top(void)
{
	load("{\"version\":1}", NULL);
	is_text(try_policy.name, "site", "top: the name of a file without one");
	is_text(try_policy.revision, "", "top: no revision");
	is_text(try_policy.exec_args, "name", "top: exec_args is 'name' unless said");
	is_text(try_policy.source, "current", "top: the source of files");
	is_text(try_policy.rule, "default", "top: the rule, until there are rules");
	ok(!try_policy.sinks && !try_policy.is_audit_required && !try_policy.records_group &&
		   !try_policy.runtime,
	   "top: the rest is not set");
	load("{\"version\":1,\"name\":\"fleet\",\"revision\":\"7\",\"help\":\"#sec\","
	     "\"records_group\":\"docker\",\"runtime\":\"/usr/bin/crun\",\"audit\":{"
	     "\"sinks\":[\"file:/var/log/a.jsonl\",\"syslog\",\"journald\"],\"required\":true,"
	     "\"exec_args\":\"none\"}}",
	     NULL);
	is_text(try_policy.name, "fleet", "top: name");
	is_text(try_policy.revision, "7", "top: revision");
	is_text(try_policy.help, "#sec", "top: help");
	is_text(try_policy.records_group, "docker", "top: records_group");
	is_text(try_policy.runtime, "/usr/bin/crun", "top: runtime");
	is_text(json_of(try_policy.sinks), "[\"file:/var/log/a.jsonl\",\"syslog\",\"journald\"]",
		"top: sinks");
	ok(try_policy.is_audit_required, "top: audit.required");
	is_text(try_policy.exec_args, "none", "top: exec_args");
}

/* What a record holds means the same when it is read again. */
static void recall(void)
{
	static const char text[] =
		"{\"version\":1,\"live\":[\"rootfs\"],\"controls\":{\"rootfs\":{\"tmpfs\":{\"/"
		"run\":false}},"
		"\"rlimits\":{\"nofile\":\"1024:4096\"},\"user\":{\"groups\":{\"keep\":[44]}}}}";
	const char *once;
	struct json *again = NULL;
	struct json_doc doc;
	struct error e = { 0 };

	load(text, NULL);
	once = json_of(try_policy.controls);
	ok(json_parse(&doc, try_arena, once, strlen(once), 0, "record", &e) == 0 &&
		   policy_recall(&again, try_arena, doc.root, &e) == 0,
	   "recall: a resolved profile is read again");
	is_text(json_of(again), once, "recall: and is the same");
	is_text(json_of(doc.root), once, "recall: the record's own tree stays as it was");

	json_unlink(json_find(doc.root, "restore"));
	ok(policy_recall(&again, try_arena, doc.root, &e) == -1 && e.kind == ERR_POLICY,
	   "recall: a control that the record lacks is refused, not off");
	is_text(e.message, "the record has no control 'restore'", "recall: ... and named");
	json_unlink(json_find(json_find(doc.root, "pids"), "mode"));
	ok(policy_recall(&again, try_arena, doc.root, &e) == -1 && e.kind == ERR_POLICY,
	   "recall: a control without mode is refused, not off");
	is_text(e.message, "the record has no mode for control 'pids'", "recall: ... and named");
	ok(policy_recall(&again, try_arena, NULL, &e) == -1 &&
		   policy_recall(&again, try_arena, json_new_str(try_arena, "fix"), &e) == -1,
	   "recall: nothing and other types are refused");
}

int main(void)
{
	modes();
	lists();
	maps();
	profiles();
	locked();
	live();
	sets();
	top();
	recall();
	arena_free(try_arena);
	return done_testing();
}
