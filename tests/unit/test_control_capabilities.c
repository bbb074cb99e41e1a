/* Control capabilities: five sets, cut to the allow-list; ambient only where mantlet took root. */
#include <stdlib.h>

#include "caps.h"
#include "engine_caps.h"
#include "trial.h"

#define CONTROL &control_capabilities
#define NONE "{\"allow\":[]}"
#define BIND "{\"allow\":[\"NET_BIND_SERVICE\"]}"
#define EMPTY                                                                                      \
	"{\"bounding\":[],\"effective\":[],\"inheritable\":[],\"permitted\":[],\"ambient\":[]}"
#define EMPTY_TOO                                                                                  \
	"{\"bounding\":[],\"effective\":[],\"permitted\":[],\"inheritable\":[],\"ambient\":[]}"
#define DOCKER "tests/data/fixtures/docker-20.10/"

static struct arena *arena;

static const char *document(const char *uid, const char *capabilities)
{
	return arena_printf(
		arena,
		"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\","
		"\"user\":{\"uid\":%s,\"gid\":0},\"capabilities\":%s},"
		"\"root\":{\"path\":\"rootfs\"}}",
		uid, capabilities);
}

/* The sets that engines write for root, each holding NAMES. */
static const char *as_root(const char *names)
{
	return document("0",
			arena_printf(arena,
				     "{\"bounding\":[%s],\"effective\":[%s],\"permitted\":[%s]}",
				     names, names, names));
}

static void test_modes(void)
{
	static const char asked[] =
		"--cap-add NET_ADMIN, SYS_PTRACE are not allowed (allowed: none)";

	trial_modes("--cap-add of two", CONTROL, ENGINE_DOCKER,
		    as_root("\"CAP_CHOWN\",\"CAP_NET_ADMIN\",\"CAP_SYS_PTRACE\""), NONE, asked);
	trial_modes("one beyond a list", CONTROL, ENGINE_DOCKER,
		    as_root("\"CAP_SYS_ADMIN\",\"CAP_NET_BIND_SERVICE\""), BIND,
		    "--cap-add SYS_ADMIN is not allowed (allowed: NET_BIND_SERVICE)");
	trial_modes("the same in Kubernetes' words", CONTROL, ENGINE_CRI,
		    as_root("\"CAP_SYS_ADMIN\""), NONE,
		    "securityContext.capabilities.add SYS_ADMIN is not allowed");
	trial_modes("a name that is none", CONTROL, ENGINE_DOCKER,
		    as_root("\"CAP_CHOWN\",\"CAP_EVERYTHING\""), NONE,
		    "process.capabilities names something that is no capability");
	trial_modes("a name as other runtimes would read it", CONTROL, ENGINE_DOCKER,
		    as_root("\"cap_sys_admin\""), NONE,
		    "process.capabilities names something that is no capability");
	trial_modes("a missing object", CONTROL, ENGINE_PLAIN, TRIAL_DOC(""), NONE, NULL);
	trial_modes("missing sets", CONTROL, ENGINE_PLAIN, document("1000", "{}"), NONE, NULL);
	trial_modes("an asked one in the ambient set alone", CONTROL, ENGINE_PLAIN,
		    document("1000", "{\"ambient\":[\"CAP_NET_ADMIN\"]}"), NONE,
		    "process.capabilities NET_ADMIN is not allowed");
	trial_stays("five empty sets", CONTROL, ENGINE_DOCKER, document("0", EMPTY), NONE);
	trial_stays("what policy allows, in another order", CONTROL, ENGINE_PLAIN,
		    document("1000", "{\"bounding\":[\"CAP_NET_RAW\",\"CAP_CHOWN\"],"
				     "\"effective\":[],\"inheritable\":[],\"permitted\":[],"
				     "\"ambient\":[]}"),
		    "{\"allow\":[\"CHOWN\",\"CAP_NET_RAW\"]}");
}

/* Every captured document: what the engine writes by itself is no wish. */
static void test_defaults(void)
{
	static const struct {
		enum engine engine;
		const char *path;
		bool is_asked;
	} rows[] = {
		{ ENGINE_DOCKER, DOCKER "config/default.json", false },
		{ ENGINE_DOCKER, DOCKER "config/cap-drop-all.json", false },
		{ ENGINE_DOCKER, DOCKER "config/user-1000.json", false },
		{ ENGINE_DOCKER, DOCKER "config/cap-add-net-admin.json", true },
		{ ENGINE_DOCKER, DOCKER "config/cap-add-all.json", true },
		{ ENGINE_CTR, "tests/data/fixtures/ctr-1.6.20/config/default.json", false },
		{ ENGINE_PODMAN, "tests/data/fixtures/podman-4.3.1/config/default.json", false },
		{ ENGINE_BUILDAH, "tests/data/fixtures/buildah/config/run.json", false },
		{ ENGINE_PLAIN, DOCKER "config/default.json", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct trial t;

		if (!trial_start_file(&t, rows[i].engine, rows[i].path))
			continue;
		trial_run(&t, CONTROL, MODE_DENY, NONE);
		ok(journal_is_refused(&t.journal) == rows[i].is_asked,
		   "capabilities: %s is %srefused under deny", rows[i].path,
		   rows[i].is_asked ? "" : "not ");
		is_text(trial_value(&t, "process", "capabilities", "bounding"), "[]",
			"capabilities: and loses them all");
		trial_end(&t);
	}
}

/* ---- ambient ---- */

/* Run as control "user" would have left it: uid FINAL where the document said ASKED. */
static void run_changed(struct trial *t, const char *final, enum edit_scope scope, const char *cfg)
{
	struct json_doc settings = { 0 };
	struct error own = { 0 };
	struct edit *ed = edit_new(t->arena, &t->doc, &t->facts, scope, &t->journal);

	edit_begin(ed, "user");
	edit_set(ed, EDIT_TRIM, "r", json_new_u64(t->arena, strtoull(final, NULL, 10)), "process",
		 "user", "uid");
	edit_keep(ed, true);
	edit_begin(ed, "capabilities");
	t->result = json_parse(&settings, t->arena, cfg, strlen(cfg), 0, "settings", &t->e) ||
		    control_capabilities.apply(ed, settings.root, &own);
	edit_keep(ed, true);
}

static void check_ambient(const char *name, const char *text, const char *final, const char *want)
{
	struct trial t;

	if (!trial_start(&t, ENGINE_DOCKER, text))
		return;
	run_changed(&t, final, SCOPE_SPEC, BIND);
	is_text(trial_value(&t, "process", "capabilities", "ambient"), want,
		arena_printf(arena, "capabilities: ambient of %s", name));
	trial_end(&t);
}

static void test_ambient(void)
{
	static const char bind[] = "[\"CAP_NET_BIND_SERVICE\"]";
	static const char names[] = "\"CAP_CHOWN\",\"CAP_NET_BIND_SERVICE\"";
	struct trial t;

	check_ambient("root that became a user", as_root(names), "65532", bind);
	check_ambient("root that stays root", as_root(names), "0", "[]");
	check_ambient("root that had not the allowed one", as_root("\"CAP_CHOWN\""), "65532", "[]");
	check_ambient("a chosen user",
		      document("1000", "{\"bounding\":[\"CAP_NET_BIND_SERVICE\"],"
				       "\"effective\":[\"CAP_NET_BIND_SERVICE\"],"
				       "\"permitted\":[\"CAP_NET_BIND_SERVICE\"]}"),
		      "1000", "[]");
	/* capset(2) would have refused these sets, or execve(2) taken the capability away. */
	check_ambient("root with it in the effective set alone",
		      document("0", "{\"effective\":[\"CAP_NET_BIND_SERVICE\"]}"), "65532", "[]");
	check_ambient("root without it in the bounding set",
		      document("0", "{\"effective\":[\"CAP_NET_BIND_SERVICE\"],"
				    "\"permitted\":[\"CAP_NET_BIND_SERVICE\"]}"),
		      "65532", "[]");

	if (!trial_start(&t, ENGINE_DOCKER, as_root(names)))
		return;
	run_changed(&t, "65532", SCOPE_SPEC, BIND);
	ok(trial_count(&t, EDIT_COMP) == 2 && !journal_is_refused(&t.journal),
	   "capabilities: the two sets that gain are compensations");
	is_text(trial_value(&t, "process", "capabilities", "inheritable"), bind,
		"capabilities: ambient needs inheritable (capabilities(7))");
	trial_run(&t, CONTROL, MODE_DENY, BIND);
	ok(trial_edits(&t) == 0, "capabilities: a second run keeps the ambient set");
	trial_end(&t);

	if (!trial_start(&t, ENGINE_DOCKER,
			 document("0",
				  "{\"bounding\":[\"CAP_NET_BIND_SERVICE\"],\"effective\":["
				  "\"CAP_NET_BIND_SERVICE\"],\"permitted\":["
				  "\"CAP_NET_BIND_SERVICE\"],\"ambient\":[\"CAP_NET_ADMIN\"]}")))
		return;
	run_changed(&t, "65532", SCOPE_SPEC, BIND);
	ok(trial_count(&t, EDIT_ASK) == 1 && journal_is_refused(&t.journal),
	   "capabilities: a set that loses an asked one and gains another was asked for");
	trial_end(&t);
}

/* ---- exec ---- */

static uint64_t bits(const char *names)
{
	uint64_t result = 0;

	for (size_t len; *names; names += len + (names[len] == ' ')) {
		char name[64];

		len = strcspn(names, " ");
		(void)snprintf(name, sizeof(name), "CAP_%.*s", (int)len, names);
		result |= UINT64_C(1) << caps_number(name, false);
	}
	return result;
}

/* An exec with NAMES into a container that was created with CREATED. */
static void start_exec(struct trial *t, const char *names, uint64_t created)
{
	(void)trial_start(t, ENGINE_DOCKER, as_root(names));
	t->scope = SCOPE_PROCESS;
	t->facts.created = (struct create_request){ .is_known = true, .capabilities = created };
}

static void test_exec(void)
{
	struct trial t;

	start_exec(&t, "\"CAP_CHOWN\",\"CAP_NET_BIND_SERVICE\"", engine_default_caps());
	run_changed(&t, "65532", SCOPE_PROCESS, BIND);
	ok(!journal_is_refused(&t.journal), "capabilities: exec of the container's own is no wish");
	is_text(trial_value(&t, "process", "capabilities", "ambient"), "[\"CAP_NET_BIND_SERVICE\"]",
		"capabilities: it gets the allowed one as the first process did");
	trial_end(&t);

	/* --cap-drop ALL at create: policy would have allowed it, the container does not have it.
	 */
	start_exec(&t, "\"CAP_NET_BIND_SERVICE\"", 0);
	run_changed(&t, "65532", SCOPE_PROCESS, BIND);
	is_text(trial_value(&t, "process", "capabilities"), EMPTY_TOO,
		"capabilities: exec gets no more than the container was created with");
	is_text(trial_asked(&t),
		"exec --privileged asks for 1 capability that this container does not have",
		"capabilities: more is a wish, even where policy lists it");
	trial_end(&t);

	start_exec(&t, "\"CAP_NET_ADMIN\",\"CAP_SYS_ADMIN\",\"CAP_CHOWN\"", bits("CHOWN"));
	trial_run(&t, CONTROL, MODE_DENY, NONE);
	is_text(trial_asked(&t),
		"exec --privileged asks for 2 capabilities that this container does not have",
		"capabilities: exec --privileged is refused in its own words");
	trial_end(&t);

	/* What was asked for at create and refused or cut there is not asked for anew. */
	start_exec(&t, "\"CAP_NET_ADMIN\"", bits("NET_ADMIN"));
	trial_run(&t, CONTROL, MODE_DENY, NONE);
	ok(!journal_is_refused(&t.journal) &&
		   text_equal(trial_value(&t, "process", "capabilities"), EMPTY_TOO),
	   "capabilities: what the create request had is cut without a refusal");
	trial_end(&t);

	(void)trial_start(&t, ENGINE_DOCKER, as_root("\"CAP_CHOWN\""));
	t.scope = SCOPE_PROCESS;
	trial_run(&t, CONTROL, MODE_DENY, NONE);
	ok(!journal_is_refused(&t.journal),
	   "capabilities: without a record the engine's default is no wish");
	trial_end(&t);
}

static void test_settings(void)
{
	ok(trial_accepts(CONTROL, "allow", "\"NET_ADMIN\"") &&
		   trial_accepts(CONTROL, "allow", "\"CAP_NET_ADMIN\"") &&
		   !trial_accepts(CONTROL, "allow", "\"NET_ADMINS\"") &&
		   !trial_accepts(CONTROL, "allow", "\"net_admin\"") &&
		   !trial_accepts(CONTROL, "allow", "\"ALL\"") &&
		   !trial_accepts(CONTROL, "allow", "\"\""),
	   "capabilities: the policy's names are the kernel's");
}

int main(void)
{
	arena = arena_new();
	test_modes();
	test_defaults();
	test_ambient();
	test_exec();
	test_settings();
	arena_free(arena);
	return done_testing();
}
