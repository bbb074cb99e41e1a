/* Control privileged: the shape of --privileged, said once, and its two worst parts taken. */
#include "trial.h"

#define CONTROL &control_privileged
#define DOCKER "tests/data/fixtures/docker-20.10/config/"

static void test_fixtures(void)
{
	static const struct {
		enum engine engine;
		const char *path;
		const char *asked;
	} rows[] = {
		{ ENGINE_DOCKER, DOCKER "privileged.json",
		  "--privileged gives the container the host" },
		{ ENGINE_DOCKER, "tests/data/fixtures/docker-20.10-cgroupv2/config/privileged.json",
		  "--privileged gives the container the host" },
		{ ENGINE_PODMAN, "tests/data/fixtures/podman-4.3.1/config/privileged.json",
		  "--privileged gives the container the host" },
		{ ENGINE_CTR, "tests/data/fixtures/ctr-1.6.20/config/privileged.json",
		  "a privileged container (every capability and device) gives" },
		{ ENGINE_CRI, DOCKER "privileged.json", "securityContext.privileged gives" },
		{ ENGINE_DOCKER, DOCKER "default.json", NULL },
		{ ENGINE_DOCKER, DOCKER "cap-add-all.json", NULL },
		{ ENGINE_DOCKER, DOCKER "device.json", NULL },
		{ ENGINE_DOCKER, DOCKER "device-cgroup-rule.json", NULL },
		{ ENGINE_PODMAN, "tests/data/fixtures/podman-4.3.1/config/default.json", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_arena struct arena *arena = arena_new();
		auto_close int fd = open(rows[i].path, O_RDONLY | O_CLOEXEC);
		struct error e = { 0 };
		const char *text;
		size_t len;

		if (fd < 0 || fd_read_all(fd, JSON_MAX_TEXT, arena, &text, &len, "fixture", &e))
			ok(false, "privileged: %s cannot be read", rows[i].path);
		else if (rows[i].asked)
			trial_modes(rows[i].path, CONTROL, rows[i].engine, text, "{}",
				    rows[i].asked);
		else
			trial_stays(rows[i].path, CONTROL, rows[i].engine, text, "{}");
	}
}

/* Nothing else may be in force: what this control takes must be gone by itself. */
static void test_parts(void)
{
	struct trial t;
	const char *first;

	if (!trial_start_file(&t, ENGINE_DOCKER, DOCKER "privileged.json"))
		return;
	trial_run(&t, CONTROL, MODE_FIX, "{}");
	first = trial_value(&t, "process", "capabilities", "bounding");
	ok(!strstr(first, "CAP_SYS_ADMIN") && strstr(first, "CAP_CHOWN"),
	   "privileged: the bounding set is the engine's default again");
	json_each (set, json_get(&t.doc, "process", "capabilities"))
		is_text(trial_value(&t, "process", "capabilities", set->key), first,
			arena_printf(t.arena, "privileged: and so is %s", set->key));
	is_text(trial_value(&t, "linux", "devices"), "absent", "privileged: no device nodes stay");
	is_text(trial_value(&t, "linux", "resources", "devices"),
		"[{\"allow\":false,\"access\":\"rwm\"}]", "privileged: devices are denied first");
	trial_end(&t);
}

/* The rule that opens everything, as runtimes read it. */
static void test_rules(void)
{
	static const struct {
		const char *rule;
		bool is_all;
	} rows[] = {
		{ "{\"allow\":true,\"access\":\"rwm\"}", true },
		{ "{\"allow\":true,\"type\":\"a\",\"access\":\"rwm\"}", true },
		{ "{\"allow\":true,\"type\":\"a\",\"major\":-1,\"minor\":-1}", true },
		{ "{\"allow\":false,\"access\":\"rwm\"}", false },
		{ "{\"allow\":true,\"type\":\"c\",\"access\":\"rwm\"}", false },
		{ "{\"allow\":true,\"type\":\"a\",\"major\":8}", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct trial t;

		if (!trial_start_file(&t, ENGINE_DOCKER, DOCKER "cap-add-all.json"))
			continue;
		json_append(t.arena, json_get(&t.doc, "linux", "resources", "devices"), NULL,
			    json_new(t.arena, JSON_OBJECT));
		{
			struct json_doc rule = { 0 };
			struct json *last = json_get(&t.doc, "linux", "resources", "devices")->tail;

			if (json_parse(&rule, t.arena, rows[i].rule, strlen(rows[i].rule), 0,
				       "rule", &t.e) == 0)
				json_swap(last, rule.root);
		}
		trial_run(&t, CONTROL, MODE_DENY, "{}");
		ok(journal_is_refused(&t.journal) == rows[i].is_all,
		   "privileged: all capabilities and %s are %sthe shape", rows[i].rule,
		   rows[i].is_all ? "" : "not ");
		trial_end(&t);
	}
}

int main(void)
{
	test_fixtures();
	test_parts();
	test_rules();
	return done_testing();
}
