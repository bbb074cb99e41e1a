/* Control masked-paths: the union of what was asked and ours. */
#include "trial.h"

#define CONTROL &control_masked_paths
#define FIXTURES "tests/data/fixtures/"
#define LISTS(masked, readonly)                                                                    \
	TRIAL_DOC(",\"linux\":{\"maskedPaths\":[" masked "],\"readonlyPaths\":[" readonly "]}")

static bool holds(struct trial *t, const char *key, const char *path)
{
	json_each (entry, json_get(&t->doc, "linux", key)) {
		if (json_is(entry, path))
			return true;
	}
	return false;
}

/* The lists of spec-fields. */
static bool has_all(struct trial *t)
{
	static const char *const masked[] = {
		"/proc/acpi",       "/proc/asound",      "/proc/interrupts",
		"/proc/kcore",      "/proc/keys",        "/proc/latency_stats",
		"/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
		"/proc/scsi",       "/sys/firmware",     "/sys/devices/virtual/powercap",
	};
	static const char *const readonly[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
						"/proc/sysrq-trigger" };

	for (size_t i = 0; i < ARRAY_SIZE(masked); i++) {
		if (!holds(t, "maskedPaths", masked[i]))
			return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(readonly); i++) {
		if (!holds(t, "readonlyPaths", readonly[i]))
			return false;
	}
	return true;
}

static void test_engine(enum engine engine, const char *file, bool is_asking)
{
	auto_arena struct arena *arena = arena_new();
	struct trial t;
	size_t before;

	if (!trial_start_file(&t, engine, arena_printf(arena, FIXTURES "%s", file)))
		return;
	before = json_count(json_get(&t.doc, "linux", "maskedPaths"));
	trial_run(&t, CONTROL, MODE_DENY, "{}");
	ok(has_all(&t), "masked-paths: %s has the whole union afterwards", file);
	ok(journal_is_refused(&t.journal) == is_asking, "masked-paths: %s is %s under deny", file,
	   is_asking ? "refused" : "accepted");
	ok(json_count(json_get(&t.doc, "linux", "maskedPaths")) > before,
	   "masked-paths: %s lost nothing", file);
	trial_run(&t, CONTROL, MODE_DENY, "{}");
	ok(trial_edits(&t) == 0 && !t.journal.refusals,
	   "masked-paths: a second run over %s finds nothing to do", file);
	trial_end(&t);
}

static void test_class(const char *name, enum engine engine, const char *doc, enum edit_class class)
{
	struct trial t;

	if (!trial_start(&t, engine, doc))
		return;
	trial_run(&t, CONTROL, MODE_FIX, "{}");
	ok(trial_edits(&t) > 0 && trial_count(&t, class) == trial_edits(&t),
	   "masked-paths: %s is of class %s", name, edit_class_name(class));
	trial_end(&t);
}

static void test_asked(void)
{
	static const char dockers[] = "--security-opt systempaths=unconfined opens kernel files";

	trial_modes("missing lists", CONTROL, ENGINE_DOCKER, TRIAL_DOC(",\"linux\":{}"), "{}",
		    dockers);
	trial_modes("a missing linux section", CONTROL, ENGINE_DOCKER, TRIAL_DOC(""), "{}",
		    dockers);
	trial_modes("empty lists", CONTROL, ENGINE_DOCKER, LISTS("", ""), "{}", dockers);
	trial_modes("an empty list of the two", CONTROL, ENGINE_PODMAN,
		    LISTS("", "\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/sys\","
			      "\"/proc/sysrq-trigger\""),
		    "{}", "--security-opt unmask opens kernel files");
	trial_modes("one path taken out", CONTROL, ENGINE_PODMAN,
		    LISTS("\"/proc/acpi\",\"/proc/keys\"", "\"/proc/sys\""), "{}",
		    "--security-opt unmask opens");
	trial_modes("missing lists from containerd", CONTROL, ENGINE_CTR, TRIAL_DOC(""), "{}",
		    NULL);
	trial_modes("missing lists from Kubernetes", CONTROL, ENGINE_CRI, TRIAL_DOC(""), "{}",
		    NULL);
	test_class("a missing list from containerd", ENGINE_CTR, TRIAL_DOC(""), EDIT_TRIM);
	test_class("a missing list from Docker", ENGINE_DOCKER, TRIAL_DOC(""), EDIT_ASK);
}

/* The sentence for --privileged has been said; this is then part of it. */
static void test_privileged(void)
{
	struct trial t;
	struct edit *ed;
	struct json_doc cfg = { 0 };

	if (!trial_start(&t, ENGINE_DOCKER, TRIAL_DOC("")) ||
	    json_parse(&cfg, t.arena, "{}", 2, 0, "settings", &t.e))
		return;
	ed = edit_new(t.arena, &t.doc, &t.facts, SCOPE_SPEC, &t.journal);
	edit_begin(ed, "privileged");
	edit_mark_privileged(ed);
	edit_keep(ed, true);
	edit_begin(ed, "masked-paths");
	ok(control_masked_paths.apply(ed, cfg.root, &t.e) == 0 && has_all(&t) &&
		   !t.journal.refusals && trial_count(&t, EDIT_TRIM) == trial_edits(&t),
	   "masked-paths: behind --privileged the lists are filled without another sentence");
	trial_end(&t);
}

static void test_union(void)
{
	static const char asked[] = "\"/proc/own\",\"/proc/kcore\"";
	struct trial t;

	if (!trial_start(&t, ENGINE_CTR, LISTS("\"/proc/own\",\"/proc/kcore\"", "\"/own\"")))
		return;
	trial_run(&t, CONTROL, MODE_FIX, "{}");
	ok(has_all(&t) && holds(&t, "readonlyPaths", "/own"),
	   "masked-paths: what the request hides stays hidden");
	ok(text_starts(trial_value(&t, "linux", "maskedPaths") + 1, asked),
	   "masked-paths: and stays in its place, ours behind it");
	trial_end(&t);
}

static void test_allow(void)
{
	static const char cfg[] = "{\"allow\":[\"/proc/asound\",\"/proc/sys\"]}";
	struct trial t;

	if (trial_start(&t, ENGINE_CTR, TRIAL_DOC(""))) {
		trial_run(&t, CONTROL, MODE_FIX, cfg);
		ok(!holds(&t, "maskedPaths", "/proc/asound") &&
			   holds(&t, "maskedPaths", "/proc/acpi") &&
			   !holds(&t, "readonlyPaths", "/proc/sys"),
		   "masked-paths: what the policy allows is not added");
		trial_end(&t);
	}
	if (trial_start(&t, ENGINE_CTR, LISTS("\"/proc/asound\"", "\"/proc/sys\""))) {
		trial_run(&t, CONTROL, MODE_FIX, cfg);
		ok(holds(&t, "maskedPaths", "/proc/asound") &&
			   holds(&t, "readonlyPaths", "/proc/sys"),
		   "masked-paths: but what the request hides is not opened");
		trial_end(&t);
	}
	ok(trial_accepts(CONTROL, "allow", "\"/proc/asound\"") &&
		   trial_accepts(CONTROL, "allow", "\"/sys/firmware\"") &&
		   !trial_accepts(CONTROL, "allow", "\"/etc\"") &&
		   !trial_accepts(CONTROL, "allow", "\"proc/asound\""),
	   "masked-paths: allow takes kernel paths");
}

static void test_thermal(void)
{
	bool is_here = access("/sys/devices/system/cpu/cpu0/thermal_throttle", F_OK) == 0;
	struct trial t;

	if (!trial_start(&t, ENGINE_CTR, TRIAL_DOC("")))
		return;
	trial_run(&t, CONTROL, MODE_FIX, "{}");
	ok(holds(&t, "maskedPaths", "/sys/devices/system/cpu/cpu0/thermal_throttle") == is_here,
	   "masked-paths: a CPU's thermal_throttle is masked when there is one (here: %s)",
	   is_here ? "yes" : "no");
	trial_end(&t);
}

int main(void)
{
	test_engine(ENGINE_DOCKER, "docker-20.10/config/default.json", false);
	test_engine(ENGINE_DOCKER, "docker-20.10-cgroupv2/config/default.json", false);
	test_engine(ENGINE_DOCKER, "docker-20.10/config/systempaths-unconfined.json", true);
	test_engine(ENGINE_DOCKER, "docker-20.10/config/privileged.json", true);
	test_engine(ENGINE_PODMAN, "podman-4.3.1/config/default.json", false);
	test_engine(ENGINE_PODMAN, "podman-4.3.1/config/privileged.json", true);
	test_engine(ENGINE_CTR, "ctr-1.6.20/config/default.json", false);
	test_engine(ENGINE_BUILDAH, "buildah/config/run.json", false);
	test_class("what Docker never hid", ENGINE_DOCKER,
		   LISTS("\"/proc/acpi\",\"/proc/kcore\",\"/proc/keys\",\"/proc/latency_stats\","
			 "\"/proc/timer_list\",\"/proc/sched_debug\",\"/proc/scsi\","
			 "\"/sys/firmware\"",
			 "\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/sys\","
			 "\"/proc/sysrq-trigger\""),
		   EDIT_FILL);
	test_asked();
	test_privileged();
	test_union();
	test_allow();
	test_thermal();
	return done_testing();
}
