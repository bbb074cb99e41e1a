/* policy.schema.json and the program agree: on the keys, and on what is a policy. */
#include <fcntl.h>

#include "fdio.h"
#include "policy_try.h"
#include "schema.h"

static const struct json *schema;

static const struct json *parse_file(const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct json_doc doc = { 0 };
	struct error e = { 0 };
	const char *text;
	size_t len;

	if (fd < 0 || fd_read_all(fd, 1U << 20, try_arena, &text, &len, path, &e) < 0 ||
	    json_parse(&doc, try_arena, text, len, 0, path, &e) < 0) {
		ok(false, "schema: %s: %s", path, e.message);
		exit(done_testing());
	}
	return doc.root;
}

static const struct json *settings_of(const char *id)
{
	const struct json *block = json_find(json_find(schema, "definitions"), "controls");
	const struct json *forms =
		json_find(json_find(json_find(block, "properties"), id), "anyOf");

	return forms ? json_find(forms->tail, "properties") : NULL;
}

static void has_key(const struct json *keys, const char *id, const char *key, const char *sign)
{
	ok(json_find(keys, arena_printf(try_arena, "%s%s", key, sign)) != NULL,
	   "schema: %s has %s%s", id, key, sign);
}

/* What stands in the tables stands in the schema, and the reverse. */
static void keys_are_equal(void)
{
	const struct json *block = json_find(json_find(schema, "definitions"), "controls");

	for (const struct control *const *c = controls; *c; c++) {
		const struct json *keys = settings_of((*c)->id);

		has_key(keys, (*c)->id, "mode", "");
		for (const struct setting *row = (*c)->settings; row && row->key; row++) {
			if (strcmp(row->key, "*") == 0)
				continue;
			has_key(keys, (*c)->id, row->key, "");
			if (policy_is_list(row)) {
				has_key(keys, (*c)->id, row->key, "+");
				has_key(keys, (*c)->id, row->key, "-");
			}
		}
	}
	json_each (control, json_find(block, "properties")) {
		const struct control *own = control_find(control->key);

		if (strcmp(control->key, "note") == 0)
			continue;
		ok(own != NULL, "schema: %s is a control", control->key);
		json_each (key, settings_of(control->key)) {
			char *stem = arena_memdup(try_arena, key->key, key->key_len);

			stem[strcspn(stem, "+")] = '\0';
			if (text_ends(stem, "-"))
				stem[strlen(stem) - 1] = '\0';
			ok(text_equal(stem, "mode") || text_equal(stem, "note") ||
				   (own && policy_setting(own, stem)),
			   "schema: %s has %s", control->key, key->key);
		}
	}
	json_each (id, json_find(json_find(json_find(schema, "definitions"), "control_id"), "enum"))
		ok(control_find(id->text) != NULL, "schema: '%s' may stand in live", id->text);
}

static bool schema_accepts(const char *text)
{
	struct json_doc doc;
	struct error e = { 0 };

	return json_parse(&doc, try_arena, text, strlen(text), 0, "test", &e) == 0 &&
	       schema_holds(schema, schema, doc.root);
}

static const char *const good[] = {
	"{\"version\":1}",
	"{\"version\":1,\"note\":\"n\",\"name\":\"fleet\",\"revision\":\"2026-11-21.4\","
	"\"help\":\"#sec\",\"extends\":\"restricted\",\"live\":\"all\",\"locked\":[\"hooks\"],"
	"\"runtime\":\"/usr/bin/runc\",\"records_group\":\"docker\",\"audit\":{\"note\":\"n\","
	"\"sinks\":[\"file:/var/log/a\",\"journald\",\"syslog\"],\"required\":false,"
	"\"exec_args\":\"full\"}}",
	"{\"version\":1,\"live\":[],\"extends\":\"baseline@1\"}",
	"{\"version\":1,\"sets\":{\"big-five\":[\"CHOWN\",\"SETUID\"],\"note\":\"n\"},"
	"\"controls\":{\"note\":\"n\",\"capabilities\":{\"allow\":[\"@big-five\",\"CAP_KILL\"]},"
	"\"namespaces\":{\"host\":[\"pid\"],\"join+\":[\"ipc\"]},\"rootfs\":\"audit\"}}",
	"{\"version\":1,\"controls\":{\"mounts\":{\"mode\":\"fix\",\"allow+\":[\"/opt/**\"],"
	"\"allow-\":[\"/data/**\"],\"sockets\":[\"/run/x.sock\"],\"propagation\":\"slave\"}}}",
	"{\"version\":1,\"controls\":{\"memory\":{\"default\":\"25%\",\"max\":\"4GiB\","
	"\"min\":\"6MiB\",\"swap\":\"none\"},\"pids\":{\"default\":\"none\",\"max\":5},"
	"\"cpu\":{\"default\":1.5,\"max\":2,\"shares_max\":1024},\"io\":{\"weight_max\":500}}}",
	"{\"version\":1,\"controls\":{\"rootfs\":{\"readonly\":true,\"tmpfs\":{\"/run\":false,"
	"\"/tmp\":\"1MiB\",\"/x\":{\"size\":\"1MiB\",\"exec\":true,\"mode\":\"3775\","
	"\"owner\":\"user\",\"keep\":false,\"note\":\"n\"}}}}}",
	"{\"version\":1,\"controls\":{\"rlimits\":{\"core\":\"0:0\",\"nofile\":\"1024:unlimited\","
	"\"stack\":false}}}",
	"{\"version\":1,\"controls\":{\"user\":{\"root\":\"name:postgres\",\"root_group\":\"keep\","
	"\"groups\":{\"keep+\":[44]},\"umask\":\"077\",\"volumes\":\"leave\"},"
	"\"sysctl\":{\"allow\":[\"net.core.somaxconn\"],\"set\":{\"net.core.somaxconn\":\"100\"}}}"
	"}",
	"{\"version\":1,\"sets\":{\"tools\":[\"ls\"]},\"controls\":{\"exec\":{\"mode\":\"deny\","
	"\"shells\":\"allow\",\"tty\":\"block\",\"commands\":{\"note\":\"n\",\"allow+\":[\"/bin/"
	"*\","
	"\"id\",\"@tools\"],\"block\":[\"perl*\"]}}}}",
	"{\"version\":1,\"controls\":{\"exec\":{\"commands\":{\"allow\":false}}}}",
	"{\"version\":1,\"controls\":{\"command-line\":{\"allow\":[\"no-pivot\",\"preserve-fds\"]},"
	"\"environment\":{\"mode\":\"deny\",\"keep+\":[\"NVIDIA_*\",\"LD_LIBRARY_PATH\"]}}}",
	"{\"version\":1,\"sets\":{\"db\":[\"10.1.0.0/16\",\"fd00:1::/64\"],\"ns\":[\"10.0.0.2\"]},"
	"\"controls\":{\"metadata\":\"deny\",\"egress\":{\"mode\":\"fix\",\"default\":\"block\","
	"\"allow\":[\"tcp @db 5432\",\"udp * 123,8000-8010\"],\"block+\":[\"any 10.9.0.0/16\"],"
	"\"dns\":[\"@ns\",\"fd00::53\"]},\"ingress\":{\"allow+\":[\"tcp @db 80\"]}}}",
	"{\"version\":1,\"controls\":{\"egress\":{\"mode\":\"audit\",\"default\":\"allow\","
	"\"dns\":\"none\"},\"metadata\":{\"note\":\"n\"}}}",
	"{\"version\":1,\"profiles\":{\"web\":{\"note\":\"n\",\"controls\":{\"pids\":\"off\"}},"
	"\"s6\":{\"extends\":\"web\",\"runtime\":\"/usr/bin/runsc\"}}}",
};

static const char *const bad[] = {
	"{}",
	"[]",
	"{\"version\":2}",
	"{\"version\":1,\"profile\":{}}",
	"{\"version\":1,\"rules\":[]}",
	"{\"version\":1,\"live\":\"none\"}",
	"{\"version\":1,\"live\":[\"pid\"]}",
	"{\"version\":1,\"locked\":[\"secrets\"]}",
	"{\"version\":1,\"extends\":\"web\"}",
	"{\"version\":1,\"runtime\":\"runc\"}",
	"{\"version\":1,\"records_group\":\"0\"}",
	"{\"version\":1,\"audit\":{\"sinks\":[\"stdout\"]}}",
	"{\"version\":1,\"audit\":{\"exec_args\":\"all\"}}",
	"{\"version\":1,\"sets\":{\"a\":[\"@b\"]}}",
	"{\"version\":1,\"sets\":{\"a b\":[]}}",
	"{\"version\":1,\"profiles\":{\"default\":{}}}",
	"{\"version\":1,\"profiles\":{\"observe\":{}}}",
	"{\"version\":1,\"profiles\":{\"a\":{\"live\":[]}}}",
	"{\"version\":1,\"controls\":{\"secrets\":\"fix\"}}",
	"{\"version\":1,\"controls\":{\"metadata\":{\"allow\":[]}}}",
	"{\"version\":1,\"controls\":{\"egress\":{\"default\":\"deny\"}}}",
	"{\"version\":1,\"controls\":{\"egress\":{\"allow\":[\"10.0.0.0/8\"]}}}",
	"{\"version\":1,\"controls\":{\"egress\":{\"allow\":[\"http * 80\"]}}}",
	"{\"version\":1,\"controls\":{\"egress\":{\"allow\":\"tcp * 80\"}}}",
	"{\"version\":1,\"controls\":{\"egress\":{\"dns\":\"google\"}}}",
	"{\"version\":1,\"controls\":{\"egress\":{\"dns\":[\"none\"]}}}",
	"{\"version\":1,\"controls\":{\"egress\":{\"dns\":[\"dns.example\"]}}}",
	"{\"version\":1,\"controls\":{\"egress\":{\"dns\":5}}}",
	"{\"version\":1,\"controls\":{\"ingress\":{\"dns\":\"none\"}}}",
	"{\"version\":1,\"controls\":{\"pids\":\"enforce\"}}",
	"{\"version\":1,\"controls\":{\"pids\":{\"max\":\"5\"}}}",
	"{\"version\":1,\"controls\":{\"pids\":{\"max\":-1}}}",
	"{\"version\":1,\"controls\":{\"pids\":{\"max\":null}}}",
	"{\"version\":1,\"controls\":{\"pids\":{\"limit\":5}}}",
	"{\"version\":1,\"controls\":{\"memory\":{\"max\":\"64M\"}}}",
	"{\"version\":1,\"controls\":{\"memory\":{\"max\":\"0MiB\"}}}",
	"{\"version\":1,\"controls\":{\"memory\":{\"max\":\"101%\"}}}",
	"{\"version\":1,\"controls\":{\"cpu\":{\"max\":0}}}",
	"{\"version\":1,\"controls\":{\"capabilities\":{\"allow\":\"KILL\"}}}",
	"{\"version\":1,\"controls\":{\"capabilities\":{\"allow\":[\"cap_kill\"]}}}",
	"{\"version\":1,\"controls\":{\"capabilities\":{\"allow\":[],\"allow+\":[]}}}",
	"{\"version\":1,\"controls\":{\"namespaces\":{\"host\":[\"net\"]}}}",
	"{\"version\":1,\"controls\":{\"mounts\":{\"propagation\":\"shared\"}}}",
	"{\"version\":1,\"controls\":{\"mounts\":{\"allow\":[\"srv\"]}}}",
	"{\"version\":1,\"controls\":{\"rootfs\":{\"tmpfs\":{\"tmp\":\"1MiB\"}}}}",
	"{\"version\":1,\"controls\":{\"rootfs\":{\"tmpfs\":{\"/tmp\":\"1M\"}}}}",
	"{\"version\":1,\"controls\":{\"rootfs\":{\"tmpfs\":{\"/tmp\":{\"exce\":true}}}}}",
	"{\"version\":1,\"controls\":{\"rlimits\":{\"nproc\":\"1:1\"}}}",
	"{\"version\":1,\"controls\":{\"rlimits\":{\"core\":\"0\"}}}",
	"{\"version\":1,\"controls\":{\"user\":{\"root\":\"0:0:0\"}}}",
	"{\"version\":1,\"controls\":{\"user\":{\"umask\":\"9\"}}}",
	"{\"version\":1,\"controls\":{\"seccomp\":{\"profile\":\"stricter\"}}}",
	"{\"version\":1,\"controls\":{\"command-line\":{\"allow\":[\"config\"]}}}",
	"{\"version\":1,\"controls\":{\"environment\":{\"keep\":[\"A=1\"]}}}",
	"{\"version\":1,\"controls\":{\"environment\":{\"keep\":[\"\"]}}}",
	"{\"version\":1,\"controls\":{\"restore\":{\"note\":5}}}",
	"{\"version\":1,\"controls\":{\"exec\":{\"shells\":true}}}",
	"{\"version\":1,\"controls\":{\"exec\":{\"tty\":\"deny\"}}}",
	"{\"version\":1,\"controls\":{\"exec\":{\"commands\":[\"ls\"]}}}",
	"{\"version\":1,\"controls\":{\"exec\":{\"commands\":{\"deny\":[]}}}}",
	"{\"version\":1,\"controls\":{\"exec\":{\"commands\":{\"allow\":[\"bin/ls\"]}}}}",
	"{\"version\":1,\"controls\":{\"exec\":{\"commands\":{\"allow\":[\"\"]}}}}",
	"{\"version\":1,\"controls\":{\"exec\":{\"commands\":{\"allow\":[],\"allow+\":[]}}}}",
};

int main(void)
{
	static const char *const files[] = { "policy/restricted@1.json", "policy/baseline@1.json",
					     "policy/observe@1.json", "policy/build@1.json" };

	try_arena = arena_new();
	schema = parse_file("policy/policy.schema.json");
	keys_are_equal();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		ok(schema_holds(schema, schema, parse_file(files[i])), "schema: accepts %s",
		   files[i]);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		ok(schema_accepts(good[i]), "schema: accepts %s", good[i]);
		ok(load(good[i], NULL), "policy: accepts it too");
		is_text(try_error.message, "", "policy: ... without a word");
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ok(!schema_accepts(bad[i]), "schema: refuses %s", bad[i]);
		ok(!load(bad[i], NULL), "policy: refuses it too");
	}
	arena_free(try_arena);
	return done_testing();
}
