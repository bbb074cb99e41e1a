/* What is wrong with a policy is said with its line and the nearest right word. */
#include "policy_try.h"

static const struct {
	const char *name;
	const char *text;
	const char *message;
} wrong[] = {
	/* clang-format off */
	{ "an unknown key at the top", "{\"version\":1,\n\"profile\":{}}",
	  "p.json line 2: unknown key 'profile', did you mean 'profiles'?" },
	{ "an unknown key that is near nothing", "{\"version\":1,\n\n\"zzz\":\n{\"a\":1}}",
	  "p.json line 3: unknown key 'zzz' (there are: version, name, revision, help, extends, live, "
	  "locked, runtime, audit, records_group, sets, controls, profiles)" },
	{ "an unknown key in a profile", "{\"version\":1,\"profiles\":{\"a\":{\n\"extend\":\"b\"}}}",
	  "p.json line 2: unknown key 'extend', did you mean 'extends'?" },
	{ "an unknown key in audit", "{\"version\":1,\"audit\":{\"sink\":[]}}",
	  "p.json line 1: unknown key 'sink', did you mean 'sinks'?" },
	{ "a key in another case", "{\"version\":1,\"Live\":[]}",
	  "p.json line 1: unknown key 'Live', did you mean 'live'?" },
	{ "rules", "{\"version\":1,\n\"rules\":[]}",
	  "p.json line 2: 'rules' is not in this version of mantlet (0.1.0)" },
	{ "exceptions", "{\"version\":1,\"exceptions\":[]}",
	  "p.json line 1: 'exceptions' is not in this version of mantlet (0.1.0)" },
	{ "match in a profile", "{\"version\":1,\"profiles\":{\"a\":{\"match\":{}}}}",
	  "p.json line 1: 'match' is not in this version of mantlet (0.1.0)" },
	{ "trust", "{\"version\":1,\"trust\":\"asserted\"}",
	  "p.json line 1: 'trust' is not in this version of mantlet (0.1.0)" },
	{ "a line of egress that is none",
	  "{\"version\":1,\"controls\":{\"egress\":{\"allow\":[\n\"tcp 10.0.0.5/8 80\"]}}}",
	  "p.json line 2: 'egress.allow' has 'tcp 10.0.0.5/8 80': '10.0.0.5/8' has bits behind its "
	  "prefix; write 10.0.0.0/8" },
	{ "an unknown set in a line",
	  "{\"version\":1,\"sets\":{\"backend\":[]},\"controls\":{\"egress\":{\"allow\":[\n"
	  "\"tcp @bakend 80\"]}}}",
	  "p.json line 2: unknown set 'bakend', did you mean 'backend'?" },
	{ "a set with ports in it",
	  "{\"version\":1,\"sets\":{\"b\":[\"10.0.0.0/8 22\"]},\"controls\":{\"egress\":{\"allow\":[\n"
	  "\"tcp @b\"]}}}",
	  "p.json line 2: the set 'b' has '10.0.0.0/8 22', which is no address range such as "
	  "10.0.0.0/8" },
	{ "a nameserver that is a name",
	  "{\"version\":1,\"controls\":{\"egress\":{\"dns\":[\n\"dns.example\"]}}}",
	  "p.json line 2: 'egress.dns' has 'dns.example': not the address of a nameserver such as "
	  "10.0.0.2" },
	{ "a word of dns that is none",
	  "{\"version\":1,\"controls\":{\"egress\":{\"dns\":\n\"resolvr\"}}}",
	  "p.json line 2: unknown value 'resolvr' of 'egress.dns', did you mean 'resolver'?" },
	{ "dns that is neither word nor list",
	  "{\"version\":1,\"controls\":{\"egress\":{\"dns\":\n5}}}",
	  "p.json line 2: 'egress.dns' must be a word or a list, not a number" },
	{ "a control that comes later", "{\"version\":1,\"controls\":{\n\"secrets\":\"fix\"}}",
	  "p.json line 2: 'secrets' is not in this version of mantlet (0.1.0)" },
	{ "a control that comes later, in live", "{\"version\":1,\"live\":[\"pids\",\n\"image\"]}",
	  "p.json line 2: 'image' is not in this version of mantlet (0.1.0)" },
	{ "an unknown control", "{\"version\":1,\"controls\":{\"pid\":\"fix\"}}",
	  "p.json line 1: unknown control 'pid', did you mean 'pids'?" },
	{ "an unknown control in live", "{\"version\":1,\"live\":[\"memry\"]}",
	  "p.json line 1: unknown control 'memry', did you mean 'memory'?" },
	{ "an unknown control in locked", "{\"version\":1,\"locked\":[\"hook\"]}",
	  "p.json line 1: unknown control 'hook', did you mean 'hooks'?" },
	{ "an unknown setting", "{\"version\":1,\"controls\":{\"pids\":{\"defualt\":5}}}",
	  "p.json line 1: unknown setting 'defualt' of 'pids', did you mean 'default'?" },
	{ "a setting of a control that has none", "{\"version\":1,\"controls\":{\"privileged\":{\"allow\":[]}}}",
	  "p.json line 1: unknown setting 'allow' of 'privileged' (there are: mode)" },
	{ "a mode of another tool", "{\"version\":1,\"controls\":{\"pids\":\n\"enforce\"}}",
	  "p.json line 2: unknown mode 'enforce', did you mean 'fix'?" },
	{ "a misspelt mode", "{\"version\":1,\"controls\":{\"pids\":{\"mode\":\"audti\"}}}",
	  "p.json line 1: unknown mode 'audti', did you mean 'audit'?" },
	{ "a mode of another type", "{\"version\":1,\"controls\":{\"pids\":{\"mode\":true}}}",
	  "p.json line 1: 'mode' must be one of off, audit, fix, deny, not true or false" },
	{ "a control of another type", "{\"version\":1,\"controls\":{\"pids\":5}}",
	  "p.json line 1: 'pids' must be a mode (off, audit, fix, deny) or an object, not a number" },
	{ "a count in quotes", "{\"version\":1,\"controls\":{\"pids\":{\"max\":\"100\"}}}",
	  "p.json line 1: 'pids.max' must be a whole number, not a string" },
	{ "a negative count", "{\"version\":1,\"controls\":{\"pids\":{\"max\":-1}}}",
	  "p.json line 1: 'pids.max' is -1: not a whole number" },
	{ "a count with an exponent", "{\"version\":1,\"controls\":{\"pids\":{\"max\":1e3}}}",
	  "p.json line 1: 'pids.max' is 1e3: not a whole number" },
	{ "a count above 2^63", "{\"version\":1,\"controls\":{\"pids\":{\"max\":9223372036854775808}}}",
	  "p.json line 1: 'pids.max' is 9223372036854775808: not a whole number" },
	{ "a size with a foreign unit", "{\"version\":1,\"controls\":{\"memory\":{\n\"max\":\"64M\"}}}",
	  "p.json line 2: 'memory.max' is '64M': not a size, did you mean '64MiB'?" },
	{ "a size without unit", "{\"version\":1,\"controls\":{\"memory\":{\"max\":\"64\"}}}",
	  "p.json line 1: 'memory.max' is '64': a size needs a unit: KiB, MiB, GiB, TiB, B or %" },
	{ "a size that is a number", "{\"version\":1,\"controls\":{\"memory\":{\"max\":67108864}}}",
	  "p.json line 1: 'memory.max' must be a size such as \"64MiB\" or \"25%\", not a number" },
	{ "cores in quotes", "{\"version\":1,\"controls\":{\"cpu\":{\"max\":\"1.5\"}}}",
	  "p.json line 1: 'cpu.max' must be a number of cores, not a string" },
	{ "no cores", "{\"version\":1,\"controls\":{\"cpu\":{\"max\":0}}}",
	  "p.json line 1: 'cpu.max' is 0: not a number of cores such as 2 or 1.5" },
	{ "a list that is a string", "{\"version\":1,\"controls\":{\"capabilities\":{\"allow\":\"CHOWN\"}}}",
	  "p.json line 1: 'capabilities.allow' must be a list, not a string" },
	{ "a list of numbers", "{\"version\":1,\"controls\":{\"mounts\":{\"allow\":[\"/srv\",5]}}}",
	  "p.json line 1: 'mounts.allow' lists strings, not a number" },
	{ "a truth in quotes", "{\"version\":1,\"controls\":{\"rootfs\":{\"readonly\":\"true\"}}}",
	  "p.json line 1: 'rootfs.readonly' must be true or false, not a string" },
	{ "a map that is a list", "{\"version\":1,\"controls\":{\"rootfs\":{\"tmpfs\":[\"/tmp\"]}}}",
	  "p.json line 1: 'rootfs.tmpfs' must be an object, not a list" },
	{ "an unknown word", "{\"version\":1,\"controls\":{\"mounts\":{\"propagation\":\"privat\"}}}",
	  "p.json line 1: unknown value 'privat' of 'mounts.propagation', did you mean 'private'?" },
	{ "an unknown word in a list", "{\"version\":1,\"controls\":{\"namespaces\":{\"host\":[\"net\"]}}}",
	  "p.json line 1: unknown value 'net' of 'namespaces.host' (there are: pid, network, ipc, uts, cgroup, "
	  "user)" },
	{ "a list replaced and changed", "{\"version\":1,\"controls\":{\"capabilities\":{\"allow\":[],\n\"allow+\":[]}}}",
	  "p.json line 2: 'allow' beside 'allow+': a list is either replaced or changed" },
	{ "a list changed and replaced", "{\"version\":1,\"controls\":{\"capabilities\":{\"allow-\":[],\"allow\":[]}}}",
	  "p.json line 1: 'allow' beside 'allow-': a list is either replaced or changed" },
	{ "a count that is added to", "{\"version\":1,\"controls\":{\"pids\":{\"max+\":[5]}}}",
	  "p.json line 1: 'pids.max+': only lists can be added to or taken from" },
	{ "an added list that is a string", "{\"version\":1,\"controls\":{\"mounts\":{\"allow+\":\"/srv\"}}}",
	  "p.json line 1: 'mounts.allow+' must be a list, not a string" },
	{ "null", "{\"version\":1,\"controls\":{\"pids\":{\n\"max\":null}}}",
	  "p.json line 2: null is no value here; leave the key out to inherit" },
	{ "a version that is null", "{\"version\":null}",
	  "p.json line 1: null is no value here; leave the key out to inherit" },
	{ "a note that is no string", "{\"version\":1,\"controls\":{\"note\":{\"mode\":\"off\"}}}",
	  "p.json line 1: 'note' must be a string, not an object" },
	{ "no version", "{\"controls\":{}}",
	  "p.json line 1: 'version' is missing: a policy begins with \"version\": 1" },
	{ "another version", "{\"name\":\"x\",\n\"version\":2}",
	  "p.json line 2: 'version' 2 is not known to this mantlet (0.1.0): it must be 1" },
	{ "a version in quotes", "{\"version\":\"1\"}",
	  "p.json line 1: 'version' must be the number 1, not a string" },
	{ "a list at the top", "[]", "p.json line 1: a policy must be an object, not a list" },
	{ "an unknown set", "{\"version\":1,\"sets\":{\"nets\":[]},\"controls\":{\"mounts\":{\"allow\":[\"/srv\",\n\"@net\"]}}}",
	  "p.json line 2: unknown set 'net', did you mean 'nets'?" },
	{ "a set without sets", "{\"version\":1,\"controls\":{\"mounts\":{\"allow\":[\"@net\"]}}}",
	  "p.json line 1: unknown set 'net' (there are: none)" },
	{ "a set in a set", "{\"version\":1,\"sets\":{\"a\":[],\"b\":[\n\"@a\"]}}",
	  "p.json line 2: set 'b' names another set, '@a': sets hold plain items only" },
	{ "a set of numbers", "{\"version\":1,\"sets\":{\"a\":[5]}}",
	  "p.json line 1: set 'a' lists strings, not a number" },
	{ "a set that is no list", "{\"version\":1,\"sets\":{\"a\":\"x\"}}",
	  "p.json line 1: 'a' must be a list of strings, not a string" },
	{ "a set with a bad name", "{\"version\":1,\"sets\":{\"a b\":[]}}",
	  "p.json line 1: 'a b' is no name for a set: 1 to 64 of A-Z a-z 0-9 . _ -" },
	{ "a profile with a reserved name", "{\"version\":1,\"profiles\":{\n\"baseline\":{}}}",
	  "p.json line 2: profile 'baseline' has the name of a built-in level: give it another" },
	{ "a profile named default", "{\"version\":1,\"profiles\":{\"default\":{}}}",
	  "p.json line 1: profile 'default' is the top-level 'controls': write them there" },
	{ "a profile named as an edition to come", "{\"version\":1,\"profiles\":{\"restricted@9\":{}}}",
	  "p.json line 1: 'restricted@9' is no name for a profile: 1 to 64 of A-Z a-z 0-9 . _ -" },
	{ "a profile that extends nothing known", "{\"version\":1,\"profiles\":{\"web\":{},\"a\":{\n\"extends\":\"wbe\"}}}",
	  "p.json line 2: unknown profile 'wbe' (there are: default, a, web, restricted, baseline, observe, "
	  "build, restricted@1, baseline@1, observe@1, build@1)" },
	{ "a profile that extends an edition to come", "{\"version\":1,\"profiles\":{\"a\":{\"extends\":\"baseline@9\"}}}",
	  "p.json line 1: unknown level 'baseline@9', did you mean 'baseline@1'?" },
	{ "a cycle of one", "{\"version\":1,\"profiles\":{\"a\":{\"extends\":\"a\"}}}",
	  "p.json line 1: profile 'a' extends itself, by way of 'a'" },
	{ "a cycle of three", "{\"version\":1,\"profiles\":{\"a\":{\"extends\":\"b\"},\"b\":{\"extends\":\"c\"},\n\"c\":{\"extends\":\"a\"}}}",
	  "p.json line 2: profile 'a' extends itself, by way of 'c'" },
	{ "an unknown level", "{\"version\":1,\"extends\":\"restrict\"}",
	  "p.json line 1: unknown level 'restrict', did you mean 'restricted'?" },
	{ "a level that is a profile", "{\"version\":1,\"extends\":\"web\",\"profiles\":{\"web\":{}}}",
	  "p.json line 1: unknown level 'web' (there are: restricted, baseline, observe, build, "
	  "restricted@1, baseline@1, observe@1, build@1)" },
	{ "a profile that sets a locked control", "{\"version\":1,\"profiles\":{\"a\":{\"controls\":{\n\"hooks\":\"off\"}}}}",
	  "p.json line 2: profile 'a' sets 'hooks', which is locked: only the top-level 'controls' may" },
	{ "live that is a word", "{\"version\":1,\"live\":\"none\"}",
	  "p.json line 1: 'live' must be \"all\" or a list of controls" },
	{ "locked that is a word", "{\"version\":1,\"locked\":\"all\"}",
	  "p.json line 1: 'locked' must be a list of controls, not a string" },
	{ "a relative runtime", "{\"version\":1,\"runtime\":\"runc\"}",
	  "p.json line 1: 'runtime' is 'runc': not an absolute path" },
	{ "a runtime by a detour", "{\"version\":1,\"profiles\":{\"a\":{\"runtime\":\"/usr/../tmp/runc\"}}}",
	  "p.json line 1: 'runtime' is '/usr/../tmp/runc': a path with '..'" },
	{ "a runtime with empty parts", "{\"version\":1,\"runtime\":\"/usr//runc\"}",
	  "p.json line 1: 'runtime' is '/usr//runc': a path with '//'" },
	{ "a directory as runtime", "{\"version\":1,\"runtime\":\"/usr/bin/\"}",
	  "p.json line 1: 'runtime' is '/usr/bin/': a path with '/' at its end" },
	{ "the root as runtime", "{\"version\":1,\"runtime\":\"/\"}",
	  "p.json line 1: 'runtime' is '/': not a program" },
	{ "an unknown sink", "{\"version\":1,\"audit\":{\"sinks\":[\"journal\"]}}",
	  "p.json line 1: unknown sink 'journal', did you mean 'journald'?" },
	{ "a sink with a relative path", "{\"version\":1,\"audit\":{\"sinks\":[\"file:a.jsonl\"]}}",
	  "p.json line 1: 'sinks' has 'file:a.jsonl': not an absolute path" },
	{ "an unknown word of exec_args", "{\"version\":1,\"audit\":{\"exec_args\":\"nmae\"}}",
	  "p.json line 1: unknown value 'nmae' of 'exec_args' (there are: none, name, full)" },
	{ "audit.required in quotes", "{\"version\":1,\"audit\":{\"required\":\"yes\"}}",
	  "p.json line 1: 'required' must be true or false, not a string" },
	{ "a group id", "{\"version\":1,\"records_group\":\"0\"}",
	  "p.json line 1: 'records_group' is '0': not the name of a group" },
	{ "a name that is too long",
	  "{\"version\":1,\"name\":\"12345678901234567890123456789012345678901234567890123456789012345\"}",
	  "p.json line 1: 'name' is longer than 64 bytes" },
	{ "a name of two lines", "{\"version\":1,\"revision\":\"a\\nb\"}",
	  "p.json line 1: 'revision' has control characters" },
	{ "a name that moves the cursor", "{\"version\":1,\"name\":\"a\\u009bb\"}",
	  "p.json line 1: 'name' has control characters" },
	{ "a help that is too long",
	  "{\"version\":1,\"help\":\"123456789012345678901234567890123456789012345678901234567890123456789012345678901\"}",
	  "p.json line 1: 'help' is longer than 80 bytes" },
	{ "controls that are a list", "{\"version\":1,\"controls\":[]}",
	  "p.json line 1: 'controls' must be an object, not a list" },
	{ "a profile that is a word", "{\"version\":1,\"profiles\":{\"a\":\"fix\"}}",
	  "p.json line 1: 'a' must be an object, not a string" },
	/* clang-format on */
};

static void each_is_said(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		ok(!load(wrong[i].text, NULL) && try_error.kind == ERR_POLICY &&
			   !try_policy.controls,
		   "policy: %s is refused", wrong[i].name);
		is_text(try_error.message, wrong[i].message, "policy: ... and the message helps");
	}
}

static void syntax(void)
{
	ok(!load("", NULL) && try_error.kind == ERR_POLICY, "policy: nothing is no policy");
	ok(!load("{\"version\":1,", NULL) && try_error.kind == ERR_POLICY,
	   "policy: half a policy is none");
	ok(!load("{\"version\":1,\n\"controls\":{\"pids\":\"fix\",\n\"pids\":\"off\"}}", NULL),
	   "policy: a key twice is refused");
	ok(strstr(try_error.message, "p.json line ") != NULL, "policy: ... with its line");
	ok(load("/* a */ {\"version\":1 // b\n}", NULL), "policy: comments are accepted");
	ok(load("{\"version\":1,\"help\":\"#plattform, M\xc3\xbcnchen\"}", NULL),
	   "policy: letters of all languages are printable");
}

static void long_lists(void)
{
	auto_strbuf struct strbuf text = { 0 };

	strbuf_puts(&text, "{\"version\":1,\"sets\":{\"s\":[\"/a\"");
	for (int i = 0; i < 4095; i++)
		strbuf_printf(&text, ",\"/%d\"", i);
	strbuf_puts(&text, "]},\"controls\":{\"mounts\":{\"allow\":[\"@s\",\"@s\"]}}}");
	ok(!load(strbuf_text(&text), NULL), "policy: a list beyond the limit is refused");
	is_text(try_error.message, "p.json line 1: 'allow' has more than 4096 items",
		"policy: ... and the limit named");
	text.data[text.len - 9] = ' ';
	text.data[text.len - 8] = ' ';
	text.data[text.len - 7] = ' ';
	text.data[text.len - 6] = ' ';
	text.data[text.len - 5] = ' ';
	ok(load(strbuf_text(&text), NULL), "policy: one at the limit is not");
	is_text(try_error.message, "", "policy: ... and nothing is said");
}

/* Lists that are within the limit one by one. */
static void long_sums(void)
{
	auto_strbuf struct strbuf text = { 0 };

	strbuf_puts(&text, "{\"version\":1,\"sets\":{\"s\":[\"/a\"");
	for (int i = 0; i < 4095; i++)
		strbuf_printf(&text, ",\"/%d\"", i);
	strbuf_puts(&text, "]},\"controls\":{\"mounts\":{\"allow\":[\"@s\"]}},\"profiles\":{"
			   "\"more\":{\"controls\":{\"mounts\":{\"allow+\":[\"/b\"]}}}");
	for (int i = 0; i < 14; i++)
		strbuf_printf(&text, ",\"p%d\":{\"controls\":{\"mounts\":{\"allow\":[\"@s\"]}}}",
			      i);
	strbuf_puts(&text, "}}");
	ok(load(strbuf_text(&text), NULL), "policy: lists at the limit are not refused");
	ok(!load(strbuf_text(&text), "more"), "policy: one that grows beyond it is");
	is_text(try_error.message, "p.json line 1: 'allow' has more than 4096 items",
		"policy: ... and the limit named");
	text.len -= 2;
	strbuf_puts(&text, ",\"x\":{\"controls\":{\"mounts\":{\"allow\":[\"@s\"]}}},"
			   "\"y\":{\"controls\":{\"mounts\":{\"allow\":[\"@s\"]}}}}}");
	ok(!load(strbuf_text(&text), NULL), "policy: sets that are used too often are refused");
	is_text(try_error.message,
		"p.json line 1: all sets together are written out to more than 65536 items",
		"policy: ... and the limit named");
}

static void profile_arguments(void)
{
	ok(!load("{\"version\":1,\"profiles\":{\"nginx\":{}}}", "ngnix"),
	   "policy: an unknown profile is refused");
	is_text(try_error.message, "unknown profile 'ngnix', did you mean 'nginx'?",
		"policy: ... and the nearest is named");
	ok(!load("{\"version\":1}", "baseline@7"), "policy: an unknown edition is refused");
	is_text(try_error.message, "unknown level 'baseline@7', did you mean 'baseline@1'?",
		"policy: ... and the nearest is named");
	ok(!load("{\"version\":1}", "a\nb: permission denied"),
	   "policy: hostile names are refused");
	ok(!strchr(try_error.message, '\n') && !strstr(try_error.message, "permission denied"),
	   "policy: ... and defused");
}

int main(void)
{
	each_is_said();
	syntax();
	long_lists();
	long_sums();
	profile_arguments();
	arena_free(try_arena);
	return done_testing();
}
