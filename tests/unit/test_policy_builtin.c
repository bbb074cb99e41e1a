/* The built-in levels: the files of policy/, what they promise, and that they say everything. */
#include <fcntl.h>

#include "embed.h"
#include "fdio.h"
#include "policy_try.h"
#include "text.h"

static const struct {
	const char *path;
	const char *text;
	const char *end;
} embedded[] = {
	{ "policy/restricted@1.json", embed_restricted_1, embed_restricted_1_end },
	{ "policy/baseline@1.json", embed_baseline_1, embed_baseline_1_end },
	{ "policy/observe@1.json", embed_observe_1, embed_observe_1_end },
	{ "policy/build@1.json", embed_build_1, embed_build_1_end },
};

static const char *read_file(const char *path, size_t *ret_len)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *text = "";
	struct error e = { 0 };

	*ret_len = 0;
	if (fd < 0 || fd_read_all(fd, 1U << 20, try_arena, &text, ret_len, path, &e) < 0)
		printf("# cannot read %s\n", path);
	return text;
}

static void files_are_embedded(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(embedded); i++) {
		size_t len, own = (size_t)(embedded[i].end - embedded[i].text);
		const char *text = read_file(embedded[i].path, &len);

		ok(own > 0 && len == own && memcmp(text, embedded[i].text, len) == 0,
		   "built-in: %s is in the program byte for byte", embedded[i].path);
	}
}

/* An edition must not lean on defaults in the code: those may change, the edition never. */
static void editions_say_everything(void)
{
	for (size_t i = 0; i < 4; i++) {
		size_t len;
		const char *text = read_file(embedded[i].path, &len);
		struct json_doc doc;
		struct error e = { 0 };
		const struct json *block;

		if (json_parse(&doc, try_arena, text, len, 0, embedded[i].path, &e)) {
			ok(false, "built-in: %s", e.message);
			continue;
		}
		block = json_find(doc.root, "controls");
		for (const struct control *const *c = controls; *c; c++) {
			const struct json *own = json_find(block, (*c)->id);

			ok(json_text(json_find(own, "mode")) != NULL,
			   "built-in: %s has a mode for %s", embedded[i].path, (*c)->id);
			for (const struct setting *row = (*c)->settings; row && row->key; row++)
				/* Without "dns" it depends on "default" which names resolve. */
				ok(strcmp(row->key, "*") == 0 || strcmp(row->key, "dns") == 0 ||
					   json_find(own, row->key),
				   "built-in: %s says %s.%s", embedded[i].path, (*c)->id, row->key);
		}
		ok(json_count(block) == 28, "built-in: %s has all controls and no others",
		   embedded[i].path);
		ok(policy_load_text(&try_policy, try_arena, text, len, embedded[i].path, NULL,
				    &e) == 0,
		   "built-in: %s is a policy file too", embedded[i].path);
		for (const struct control *const *c = controls; *c; c++)
			is_text(control_json((*c)->id), json_of(json_find(block, (*c)->id)),
				"built-in: ... and a copy of it means the same");
	}
}

static void every_mode(const char *level, enum control_mode mode)
{
	/* What has nothing to say without the lines of a policy. */
	static const char *const unasked[] = { "egress", "ingress", NULL };
	bool is_all = true;

	load("{\"version\":1,\"locked\":[]}", level);
	json_each (own, try_policy.controls)
		is_all = is_all &&
			 json_is(json_find(own, "mode"),
				 text_in(own->key, unasked) ? "off" : control_mode_name(mode));
	ok(is_all && json_count(try_policy.controls) == 28, "built-in: %s has every control in %s",
	   level, control_mode_name(mode));
}

static void levels(void)
{
	static const char *const denied[] = { "privileged",   "namespaces", "capabilities",
					      "mounts",       "devices",    "sysctl",
					      "cgroup",       "hooks",      "restore",
					      "command-line", NULL };
	static const char *const audited[] = { "exec", NULL };
	static const char *const off[] = { "no-new-privileges", "rootfs", "memory",  "cpu", "io",
					   "rlimits",           "egress", "ingress", NULL };
	static const char *const unasked[] = { "egress", "ingress", NULL };

	load("{\"version\":1,\"locked\":[]}", "restricted");
	for (const struct control *const *c = controls; *c; c++)
		is_text(mode_of_control((*c)->id),
			text_in((*c)->id, denied)    ? "deny"
			: text_in((*c)->id, unasked) ? "off"
			: text_in((*c)->id, audited) ? "audit"
						     : "fix",
			arena_printf(try_arena, "built-in: mode of %s in restricted", (*c)->id));
	is_text(control_json("user"),
		"{\"mode\":\"fix\",\"root\":\"65532:65532\",\"root_group\":\"replace\","
		"\"groups\":{\"keep\":[]},\"umask\":\"022\",\"volumes\":\"refuse\"}",
		"built-in: users in restricted");
	is_text(setting_json("capabilities", "allow"), "[]",
		"built-in: no capabilities in restricted");

	load("{\"version\":1,\"locked\":[]}", "baseline");
	for (const struct control *const *c = controls; *c; c++) {
		const char *mode = text_in((*c)->id, denied)    ? "deny"
				   : text_in((*c)->id, audited) ? "audit"
								: "fix";

		is_text(mode_of_control((*c)->id), text_in((*c)->id, off) ? "off" : mode,
			arena_printf(try_arena, "built-in: mode of %s in baseline", (*c)->id));
	}
	is_text(setting_json("capabilities", "allow"),
		"[\"AUDIT_WRITE\",\"CHOWN\",\"DAC_OVERRIDE\",\"FOWNER\",\"FSETID\",\"KILL\","
		"\"MKNOD\","
		"\"NET_BIND_SERVICE\",\"SETFCAP\",\"SETGID\",\"SETPCAP\",\"SETUID\",\"SYS_"
		"CHROOT\"]",
		"built-in: the 13 capabilities of PSS baseline");
	is_text(setting_json("user", "root"), "\"keep\"", "built-in: baseline keeps root");
	is_text(setting_json("seccomp", "profile"), "\"engine\"",
		"built-in: and the engine's profile");
	every_mode("observe", MODE_AUDIT);
}

static void without_files(void)
{
	struct error e = { 0 };

	/* The tests may run on a machine that has a policy of its own. */
	if (access(POLICY_FILE, F_OK) == 0 || access(POLICY_FRAGMENTS, F_OK) == 0) {
		ok(true, "built-in: this host has a policy # SKIP %s", POLICY_FILE);
		return;
	}
	ok(policy_load(&try_policy, try_arena, NULL, NULL, &e) == 0,
	   "built-in: without files there is a policy");
	is_text(try_policy.name, "built-in", "built-in: its name");
	is_text(try_policy.revision, "restricted@1", "built-in: its revision is the edition");
	is_text(try_policy.source, "built-in", "built-in: its source");
	is_text(try_policy.profile, "default", "built-in: its profile");
	ok(strlen(try_policy.digest) == strlen("sha256:") + 64, "built-in: it has a digest");
	is_text(mode_of_control("privileged"), "deny", "built-in: it is restricted");
	ok(policy_load(&try_policy, try_arena, NULL, "baseline", &e) == 0 &&
		   strcmp(mode_of_control("rootfs"), "off") == 0,
	   "built-in: another level can be chosen");
}

int main(void)
{
	try_arena = arena_new();
	files_are_embedded();
	editions_say_everything();
	levels();
	without_files();
	arena_free(try_arena);
	return done_testing();
}
