/* Control pids: every container has a number of processes written down, and not above the max. */
#include "trial.h"

#define CONTROL &control_pids
#define CFG "{\"default\":2048,\"max\":16384}"
#define RESOURCES(members) TRIAL_DOC(",\"linux\":{\"resources\":{" members "}}")
#define PIDS(number) RESOURCES("\"pids\":{\"limit\":" number "}")

static const char *after(struct trial *t, enum edit_scope scope, const char *doc, const char *cfg)
{
	if (!trial_start(t, ENGINE_DOCKER, doc))
		return "no document";
	t->scope = scope;
	trial_run(t, CONTROL, MODE_FIX, cfg);
	return trial_value(t, "linux", "resources", "pids", "limit");
}

static void test_create(void)
{
	struct trial t;

	is_text(after(&t, SCOPE_SPEC, TRIAL_DOC(""), CFG), "2048",
		"pids: a document without a limit gets the default");
	ok(trial_count(&t, EDIT_FILL) == 1, "pids: and that is a fill");
	trial_end(&t);
	is_text(after(&t, SCOPE_SPEC, PIDS("0"), CFG), "2048", "pids: 0 is no limit");
	trial_end(&t);
	is_text(after(&t, SCOPE_SPEC, TRIAL_DOC(""), "{\"default\":2048,\"max\":100}"), "100",
		"pids: the default is never above the max");
	trial_end(&t);
	is_text(after(&t, SCOPE_SPEC, TRIAL_DOC(""), "{\"default\":\"none\",\"max\":100}"), "100",
		"pids: without a default a silent document gets the max");
	trial_end(&t);
	is_text(after(&t, SCOPE_SPEC, TRIAL_DOC(""), "{\"default\":\"none\",\"max\":\"none\"}"),
		"absent", "pids: a policy without limits writes none");
	trial_end(&t);
	is_text(after(&t, SCOPE_SPEC, PIDS("-1"), CFG), "16384", "pids: unlimited becomes the max");
	trial_end(&t);

	trial_stays("a tighter limit", CONTROL, ENGINE_DOCKER, PIDS("100"), CFG);
	trial_stays("podman's default", CONTROL, ENGINE_PODMAN, PIDS("2048"), CFG);
	trial_stays("exactly the max", CONTROL, ENGINE_DOCKER, PIDS("16384"), CFG);
	trial_modes("a document without a limit", CONTROL, ENGINE_DOCKER, TRIAL_DOC(""), CFG, NULL);
	trial_modes("more than the max", CONTROL, ENGINE_DOCKER, PIDS("16385"), CFG,
		    "--pids-limit 16385 is above the limit 16384 of this container");
	trial_modes("podman's default above a small max", CONTROL, ENGINE_PODMAN, PIDS("2048"),
		    "{\"default\":100,\"max\":200}", NULL);
	trial_modes("the same from Docker, where it was asked for", CONTROL, ENGINE_DOCKER,
		    PIDS("2048"), "{\"default\":100,\"max\":200}",
		    "--pids-limit 2048 is above the limit 200 of this container");
	trial_modes("no limit at all", CONTROL, ENGINE_PLAIN, PIDS("-1"), CFG,
		    "linux.resources.pids.limit -1 is above");
}

static void test_update(void)
{
	struct trial t;

	is_text(after(&t, SCOPE_RESOURCES, RESOURCES(""), CFG), "absent",
		"pids: an update that does not name it leaves it alone");
	ok(trial_edits(&t) == 0, "pids: and records nothing");
	trial_end(&t);
	is_text(after(&t, SCOPE_RESOURCES, PIDS("0"), CFG), "0",
		"pids: 0 in an update is 'as it is'");
	trial_end(&t);
	is_text(after(&t, SCOPE_RESOURCES, PIDS("-1"), CFG), "16384",
		"pids: an update to unlimited is clamped");
	is_text(trial_asked(&t),
		"update --pids-limit -1 is above the limit 16384 of this container",
		"pids: an update to unlimited is named as it was asked");
	is_text(t.journal.refusals->remedy, "nothing was changed; ask for at most 16384",
		"pids: and what would be right");
	trial_end(&t);
	is_text(after(&t, SCOPE_RESOURCES, PIDS("2048"), "{\"max\":200}"), "200",
		"pids: an update to podman's default is clamped");
	ok(trial_count(&t, EDIT_ASK) == 1, "pids: and somebody asked for it");
	trial_end(&t);
	is_text(after(&t, SCOPE_RESOURCES, PIDS("50"), CFG), "50", "pids: an update to less stays");
	trial_end(&t);
}

static void test_unified(void)
{
	struct trial t;

	(void)after(&t, SCOPE_SPEC, RESOURCES("\"unified\":{\"pids.max\":\"max\"}"), CFG);
	ok(journal_is_refused(&t.journal) &&
		   text_starts(trial_asked(&t), "--cgroup-conf 'pids.max' writes files"),
	   "pids: a limit by the back door of unified is refused under fix");
	trial_end(&t);
	(void)after(&t, SCOPE_SPEC, RESOURCES("\"unified\":{\"cpu.weight\":\"1\"}"), CFG);
	ok(!t.journal.refusals, "pids: keys of other controls are left to them");
	trial_end(&t);
}

int main(void)
{
	test_create();
	test_update();
	test_unified();
	return done_testing();
}
