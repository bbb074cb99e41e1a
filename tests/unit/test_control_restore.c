/* Control restore: a checkpoint cannot be rewritten, so what is wrong is refused in every mode that
 * acts. */
#include "checkpoint.h"
#include "trial.h"

#define CONTROL &control_restore
#define FINE(path)                                                                                 \
	{                                                                                          \
		.flag = "--image-path", .asked = path, .real = path                                \
	}

/* The reasons of one run, joined by blanks. */
static const char *reasons(struct trial *t)
{
	const char *all = "";

	for (const struct journal_refusal *r = t->journal.refusals; r; r = r->next)
		all = arena_printf(t->arena, "%s%s%s", all, all[0] ? " " : "", r->key);
	return all;
}

static void judged(const char *name, const struct checkpoint *cp, const char *rest, const char *cfg,
		   const char *want)
{
	struct arena *text = arena_new();
	struct trial t;

	if (!ok(trial_start(&t, ENGINE_DOCKER, arena_printf(text, TRIAL_DOC("%s"), rest)),
		"restore: %s has a sound document", name))
		return;
	t.facts.checkpoint = cp;
	t.facts.is_restore = cp->is_restore;
	t.facts.bundle = "/bundle";
	t.facts.created.is_known = true;
	t.scope = cp->is_restore ? SCOPE_SPEC : SCOPE_CHECKPOINT;
	for (enum control_mode mode = MODE_AUDIT; mode <= MODE_DENY; mode++) {
		trial_run(&t, CONTROL, mode, cfg);
		is_text(reasons(&t), want,
			arena_printf(t.arena, "restore: %s, %s", name, control_mode_name(mode)));
		ok(journal_is_refused(&t.journal) == (want[0] && mode != MODE_AUDIT) &&
			   trial_edits(&t) == 0,
		   "restore: ... %s", want[0] && mode != MODE_AUDIT ? "refused" : "passes");
	}
	trial_end(&t);
	arena_free(text);
}

static void test_restore(void)
{
	struct trial t;

	trial_stays("a create", CONTROL, ENGINE_DOCKER, TRIAL_DOC(""), "{}");

	for (enum control_mode mode = MODE_AUDIT; mode <= MODE_DENY; mode++) {
		if (!trial_start(&t, ENGINE_DOCKER, TRIAL_DOC("")))
			break;
		t.facts.is_restore = true;
		trial_run(&t, CONTROL, mode, "{}");
		ok(journal_is_refused(&t.journal) == (mode != MODE_AUDIT), "restore: %s %s",
		   control_mode_name(mode), mode == MODE_AUDIT ? "lets it pass" : "refuses");
		ok(text_starts(trial_asked(&t), "start --checkpoint brings its own credentials"),
		   "restore: and %s says why", control_mode_name(mode));
		ok(trial_edits(&t) == 0, "restore: the document is not touched");
		trial_run(&t, CONTROL, mode, "{\"allow_restore\":false}");
		ok(t.journal.refusals != NULL, "restore: allow_restore: false is the default");
		trial_run(&t, CONTROL, mode, "{\"allow_restore\":true}");
		ok(t.journal.refusals == NULL, "restore: allow_restore: true permits it");
		trial_end(&t);
	}

	if (trial_start(&t, ENGINE_PLAIN, TRIAL_DOC(""))) {
		t.facts.is_restore = true;
		trial_run(&t, CONTROL, MODE_DENY, "{}");
		ok(text_starts(trial_asked(&t), "restore brings its own"),
		   "restore: whoever calls the runtime reads the runtime's word for it");
		trial_end(&t);
	}
}

static void test_options(void)
{
	static const char labels[] = ",\"linux\":{\"mountLabel\":\"m\"}";
	static const char allow[] = "{\"allow_restore\":true}";
	struct checkpoint cp = { .is_restore = true, .image = FINE("/bundle/checkpoint") };

	judged("a restore", &cp, "", "{}", "checkpoint");
	judged("a permitted restore", &cp, "", allow, "");
	cp.is_lazy = true;
	judged("lazy pages from the work directory", &cp, "", allow, "");
	cp.is_shell_job = true;
	judged("a shell job", &cp, "", allow, "shell-job");
	cp = (struct checkpoint){ .is_restore = true, .cgroups_mode = "soft" };
	judged("cgroups mode soft", &cp, "", allow, "");
	cp.cgroups_mode = "ignore";
	judged("cgroups mode ignore", &cp, "", allow, "cgroups-mode");
	cp.cgroups_mode = "full";
	judged("cgroups mode full", &cp, "", allow, "cgroups-mode");
	cp = (struct checkpoint){ .is_restore = true, .lsm_mount_context = "m" };
	judged("the document's mount label", &cp, labels, allow, "");
	judged("a mount label", &cp, "", allow, "lsm-mount-context");
	cp = (struct checkpoint){ .is_restore = true, .lsm_profile = "apparmor:" };
	judged("an empty profile", &cp, "", allow, "lsm-profile");
	cp.lsm_profile = "apparmor:unconfined";
	judged("unconfined", &cp, "", allow, "lsm-profile");

	cp = (struct checkpoint){ .page_server = "1.2.3.4:5" };
	judged("a page server", &cp, "", "{}", "page-server");
	judged("a permitted page server", &cp, "", "{\"page_server\":true}", "");
	cp = (struct checkpoint){ .is_lazy = true };
	judged("lazy pages", &cp, "", "{}", "page-server");
	cp = (struct checkpoint){ .is_shell_job = true, .cgroups_mode = "ignore" };
	judged("what only a restore obeys", &cp, "", "{}", "");
}

static void test_places(void)
{
	static const struct {
		const char *path, *cfg;
		bool is_fine;
	} rows[] = {
		{ "/bundle/checkpoint", "{}", true },
		{ "/bundle", "{}", true },
		{ "/bundle/pre-checkpoint", "{}", true },
		{ "/bundle/rootfs", "{}", false },
		{ "/bundle/rootfs/checkpoint", "{}", false },
		{ "/bundle/checkpoint/x", "{}", false },
		{ "/bundle-2/checkpoint", "{}", false },
		{ "/tmp/ctd-checkpoint1415773709", "{}", true },
		{ "/tmp/ctrd-checkpoint1", "{}", true },
		{ "/tmp/ctrd-checkpoint1/x", "{}", false },
		{ "/tmp/x", "{}", false },
		{ "/var/lib/docker/containers/" TRIAL_ID "/checkpoints/c1", "{}", true },
		{ "/var/lib/docker/containers/x/checkpoints/c1", "{}", false },
		{ "/var/lib/docker/volumes/" TRIAL_ID "/_data", "{}", false },
		{ "/var/lib/containers/storage/overlay-containers/" TRIAL_ID "/userdata", "{}",
		  true },
		{ "/var/lib/containers/storage/overlay-containers/" TRIAL_ID "/userdata/checkpoint",
		  "{}", true },
		{ "/var/lib/containers/storage/overlay-containers/" TRIAL_ID "/userdata/shm", "{}",
		  false },
		{ "/var/lib/containerd/io.containerd.runtime.v2.task/k8s.io/" TRIAL_ID "/criu-work",
		  "{}", true },
		{ "/var/lib/containerd/io.containerd.grpc.v1.cri/containers/" TRIAL_ID
		  "/ctrd-checkpoint",
		  "{}", true },
		{ "/srv/a/b", "{\"paths\":[\"/srv/**\"]}", true },
		{ "/srv/a/b", "{\"paths\":[\"/srv/*\"]}", false },
		{ "/srv/a", "{\"paths\":[\"/data/*\",\"/srv/*\"]}", true },
		{ "/etc/x", "{\"paths\":[\"/**\"]}", false },
		{ "/etc/x", "{\"paths\":[\"/e*/**\"]}", false },
		{ "/etc", "{\"paths\":[\"/**\"]}", false },
		{ "/etcetera/x", "{\"paths\":[\"/**\"]}", true },
		{ "/etc/x/y", "{\"paths\":[\"/etc/x/*\"]}", true },
		{ "/var/spool/cron/x", "{\"paths\":[\"/var/**\"]}", false },
		{ "/var/lib/docker/volumes/x/_data", "{\"paths\":[\"/var/lib/**\"]}", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct checkpoint cp = { .image = FINE(rows[i].path) };

		judged(rows[i].path, &cp, "", rows[i].cfg,
		       rows[i].is_fine ? "" : "checkpoint-place");
		cp.image.fault = "is wrong";
		judged("with a fault", &cp, "", rows[i].cfg, "checkpoint-directory");
		cp = (struct checkpoint){ .image = FINE("/bundle"),
					  .work = FINE(rows[i].path),
					  .parent = FINE(rows[i].path) };
		judged("as the other two", &cp, "", rows[i].cfg,
		       rows[i].is_fine ? "" : "checkpoint-place checkpoint-place");
	}
}

static void test_unknown(void)
{
	struct checkpoint cp = { .image = FINE("/tmp/ctd-checkpoint1") };
	struct trial t;

	if (!trial_start(&t, ENGINE_PLAIN, TRIAL_DOC("")))
		return;
	t.facts.checkpoint = &cp;
	t.scope = SCOPE_CHECKPOINT;
	trial_run(&t, CONTROL, MODE_FIX, "{}");
	is_text(reasons(&t), "unknown-container",
		"restore: a container without a record is not checkpointed");
	trial_end(&t);
}

static void test_settings(void)
{
	static const char *const wrong[] = { "\"srv\"", "\"/srv/../etc\"", "\"/srv/\"",
					     "\"/srv//x\"", "\"\"" };

	ok(trial_accepts(CONTROL, "paths", "\"/srv/checkpoints/**\""), "restore: a path is one");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		ok(!trial_accepts(CONTROL, "paths", wrong[i]), "restore: %s is none", wrong[i]);
}

int main(void)
{
	test_restore();
	test_options();
	test_places();
	test_unknown();
	test_settings();
	return done_testing();
}
