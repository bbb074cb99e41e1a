/* Control cgroup: the container stays under the engine's own cgroup. */
#include <glob.h>

#include "trial.h"

#define CONTROL &control_cgroup
#define PLACE(path) TRIAL_DOC(",\"linux\":{\"cgroupsPath\":\"" path "\"}")
#define POD "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"

static const struct {
	enum engine engine;
	const char *path;
} engines_own[] = {
	{ ENGINE_DOCKER, "/docker/" TRIAL_ID },
	{ ENGINE_DOCKER, "system.slice:docker:" TRIAL_ID },
	{ ENGINE_PODMAN, "/libpod_parent/libpod-" TRIAL_ID },
	{ ENGINE_PODMAN, "/libpod_parent/" POD "/libpod-" TRIAL_ID },
	{ ENGINE_PODMAN, "machine.slice:libpod:" TRIAL_ID },
	{ ENGINE_PODMAN, "machine-libpod_pod_" POD ".slice:libpod:" TRIAL_ID },
	{ ENGINE_CTR, "/default/" TRIAL_ID },
	{ ENGINE_CTR, "system.slice:nerdctl:" TRIAL_ID },
	{ ENGINE_CRI, "/kubepods/besteffort/pod1234/" TRIAL_ID },
	{ ENGINE_CRI, "/kubepods/pod1234/" TRIAL_ID },
	{ ENGINE_CRI, "/kubelet/kubepods/burstable/pod1234/" TRIAL_ID },
	{ ENGINE_CRI, "kubepods-besteffort-pod1234.slice:cri-containerd:" TRIAL_ID },
	{ ENGINE_CRI, "kubelet-kubepods-pod1234.slice:cri-containerd:" TRIAL_ID },
	{ ENGINE_CRIO, "kubepods-burstable-pod1234.slice:crio:" TRIAL_ID },
	{ ENGINE_CRIO, "/kubepods/burstable/pod1234/crio-" TRIAL_ID },
	{ ENGINE_PLAIN, "/" TRIAL_ID },
	{ ENGINE_PLAIN, "/docker/" TRIAL_ID },
	{ ENGINE_PLAIN, "/libpod_parent/libpod-" TRIAL_ID },
	{ ENGINE_DOCKER, "" },
};

static void test_engines_own(void)
{
	auto_arena struct arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(engines_own); i++)
		trial_stays(arena_printf(arena, "%s's '%s'", engine_name(engines_own[i].engine),
					 engines_own[i].path),
			    CONTROL, engines_own[i].engine,
			    arena_printf(arena, PLACE("%s"), engines_own[i].path), "{}");
	trial_stays("no path at all", CONTROL, ENGINE_DOCKER, TRIAL_DOC(",\"linux\":{}"), "{}");
}

/* Nothing that is not sound passes, not even with the parents that it pretends to have. */
static void test_foreign(void)
{
	static const char *const paths[] = {
		"/",
		"/docker",
		"/docker/",
		"/custom/parent/" TRIAL_ID,
		"/docker/../" TRIAL_ID,
		"/docker/./" TRIAL_ID,
		"/docker//" TRIAL_ID,
		"/docker/../../" TRIAL_ID,
		"docker/" TRIAL_ID,
		"../docker/" TRIAL_ID,
		"/docker/x/" TRIAL_ID,
		"/docker/" TRIAL_ID "/x",
		"/docker/x" TRIAL_ID,
		"/dockerx/" TRIAL_ID,
		"/docker/" POD,
		"/docker/*",
		"/docker/" TRIAL_ID "\\n",
		"-.slice:docker:" TRIAL_ID,
		".slice:docker:" TRIAL_ID,
		"custom.slice:docker:" TRIAL_ID,
		"system.slice:docker:" POD,
		"system.slice:docker",
		"system.slice:docker:" TRIAL_ID ":x",
		"system.slice/../x.slice:docker:" TRIAL_ID,
		"/system.slice:docker:" TRIAL_ID,
		":docker:" TRIAL_ID,
		"::",
		":",
	};
	auto_arena struct arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		trial_modes(arena_printf(arena, "'%s'", paths[i]), CONTROL, ENGINE_DOCKER,
			    arena_printf(arena, PLACE("%s"), paths[i]), "{}", "--cgroup-parent '");
}

static void written(enum engine engine, const char *bundle, bool is_systemd, const char *want)
{
	struct trial t;

	if (!trial_start(&t, engine, PLACE("/custom/parent/x")))
		return;
	t.facts.is_systemd_cgroup = is_systemd;
	t.facts.bundle = bundle;
	trial_run(&t, CONTROL, MODE_FIX, "{}");
	is_text(trial_value(&t, "linux", "cgroupsPath"), want,
		arena_printf(t.arena, "cgroup: %s%s gets its own again", engine_name(engine),
			     is_systemd ? " with systemd" : ""));
	trial_end(&t);
}

static void test_written(void)
{
	static const char bundle[] = "/run/containerd/io.containerd.runtime.v2.task/prod/" TRIAL_ID;
	struct trial t;

	written(ENGINE_DOCKER, NULL, false, "\"/docker/" TRIAL_ID "\"");
	written(ENGINE_DOCKER, NULL, true, "\"system.slice:docker:" TRIAL_ID "\"");
	written(ENGINE_PODMAN, NULL, false, "\"/libpod_parent/libpod-" TRIAL_ID "\"");
	written(ENGINE_PODMAN, NULL, true, "\"machine.slice:libpod:" TRIAL_ID "\"");
	written(ENGINE_CTR, bundle, false, "\"/prod/" TRIAL_ID "\"");
	written(ENGINE_PLAIN, NULL, false, "absent");
	written(ENGINE_BUILDAH, NULL, false, "absent");

	if (trial_start(&t, ENGINE_CRI, PLACE("/custom/" TRIAL_ID))) {
		trial_run(&t, CONTROL, MODE_FIX, "{}");
		ok(journal_is_refused(&t.journal) && trial_edits(&t) == 0,
		   "cgroup: a pod's place is not guessed: refused under fix too");
		trial_end(&t);
	}
	if (trial_start(&t, ENGINE_DOCKER, PLACE("/docker/" TRIAL_ID))) {
		t.facts.id = NULL;
		trial_run(&t, CONTROL, MODE_FIX, "{}");
		ok(t.result == -1, "cgroup: without an id nothing is accepted");
		trial_end(&t);
	}
}

static void test_parents(void)
{
	static const char cfg[] = "{\"parents\":[\"/custom/parent\",\"jobs.slice\"]}";

	trial_stays("a parent that the policy names", CONTROL, ENGINE_DOCKER,
		    PLACE("/custom/parent/" TRIAL_ID), cfg);
	trial_stays("a place below such a parent", CONTROL, ENGINE_PODMAN,
		    PLACE("/custom/parent/a/libpod-" TRIAL_ID), cfg);
	trial_stays("a slice that the policy names", CONTROL, ENGINE_DOCKER,
		    PLACE("jobs.slice:docker:" TRIAL_ID), cfg);
	trial_stays("a slice within it", CONTROL, ENGINE_DOCKER,
		    PLACE("jobs-night.slice:docker:" TRIAL_ID), cfg);
	trial_modes("a name that only begins like such a parent", CONTROL, ENGINE_DOCKER,
		    PLACE("/custom/parents/" TRIAL_ID), cfg, "--cgroup-parent '/custom/parents' ");
	trial_modes("a slice that only begins like it", CONTROL, ENGINE_DOCKER,
		    PLACE("jobsx.slice:docker:" TRIAL_ID), cfg, "--cgroup-parent 'jobsx.slice");
	trial_modes("another container's name under such a parent", CONTROL, ENGINE_DOCKER,
		    PLACE("/custom/parent/x-" TRIAL_ID), cfg, "--cgroup-parent '/custom/parent' ");
	trial_modes("a way out of such a parent", CONTROL, ENGINE_DOCKER,
		    PLACE("/custom/parent/../../" TRIAL_ID), cfg, "--cgroup-parent '/custom/");
	ok(trial_accepts(CONTROL, "parents", "\"/a/b\"") &&
		   trial_accepts(CONTROL, "parents", "\"a.slice\"") &&
		   !trial_accepts(CONTROL, "parents", "\"a\"") &&
		   !trial_accepts(CONTROL, "parents", "\"/a/../b\"") &&
		   !trial_accepts(CONTROL, "parents", "\"-.slice\"") &&
		   !trial_accepts(CONTROL, "parents", "\"/a/\""),
	   "cgroup: parents takes paths and slices");
}

/* The id is the last part of what the engine wrote. */
static void test_fixtures(void)
{
	static const struct {
		const char *folder;
		enum engine engine;
	} engines[] = {
		{ "docker-20.10", ENGINE_DOCKER }, { "docker-20.10-cgroupv2", ENGINE_DOCKER },
		{ "podman-4.3.1", ENGINE_PODMAN }, { "ctr-1.6.20", ENGINE_CTR },
		{ "buildah", ENGINE_BUILDAH },
	};
	struct trial t;

	for (size_t n = 0; n < ARRAY_SIZE(engines); n++) {
		glob_t found = { 0 };
		char pattern[128];

		(void)snprintf(pattern, sizeof(pattern), "tests/data/fixtures/%s/config/*.json",
			       engines[n].folder);
		(void)glob(pattern, 0, NULL, &found);
		for (size_t i = 0; i < found.gl_pathc; i++) {
			bool is_asking = text_ends(found.gl_pathv[i], "/cgroup-parent.json");
			const char *path;

			if (!trial_start_file(&t, engines[n].engine, found.gl_pathv[i]))
				continue;
			path = json_text(json_get(&t.doc, "linux", "cgroupsPath"));
			if (path)
				t.facts.id = text_starts(path, "/libpod") ? strrchr(path, '-') + 1
									  : strrchr(path, '/') + 1;
			trial_run(&t, CONTROL, MODE_DENY, "{}");
			ok(journal_is_refused(&t.journal) == is_asking, "cgroup: %s is %s",
			   found.gl_pathv[i] + strlen("tests/data/fixtures/"),
			   is_asking ? "refused" : "accepted");
			trial_end(&t);
		}
		globfree(&found);
	}
}

int main(void)
{
	test_engines_own();
	test_foreign();
	test_written();
	test_parents();
	test_fixtures();
	return done_testing();
}
