/* Control annotations: notes stay, orders to a runtime go. */
#include <glob.h>

#include "trial.h"

#define CONTROL &control_annotations
#define NOTES(members) TRIAL_DOC(",\"annotations\":{" members "}")

/* Every order of the contract's list, section 7, and of spec-fields. */
static void test_orders(void)
{
	static const char *const names[] = {
		"run.oci.seccomp_bpf_data",
		"run.oci.seccomp.receiver",
		"run.oci.seccomp.plugins",
		"run.oci.seccomp_fail_unknown_syscall",
		"run.oci.keep_original_groups",
		"run.oci.handler",
		"run.oci.hooks.stdout",
		"run.oci.hooks.stderr",
		"run.oci.pidfd_receiver",
		"run.oci.systemd.force_cgroup_v1",
		"run.oci.systemd.subgroup",
		"run.oci.delegate-cgroup",
		"run.oci.something_new",
		"module.wasm.image/variant",
		"org.systemd.property.DeviceAllow",
		"org.systemd.property.MemoryMax",
		"org.criu.config",
		"bundle",
		"io.katacontainers.config.hypervisor.path",
		"dev.gvisor.flag.network",
		"mantlet.policy",
		"io.mantlet.off",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		auto_arena struct arena *arena = arena_new();
		const char *asked = arena_printf(arena, "--annotation '%s' ", names[i]);

		trial_modes(names[i], CONTROL, ENGINE_DOCKER,
			    arena_printf(arena, NOTES("\"%s\":\"0\",\"note\":\"x\""), names[i]),
			    "{}", asked);
	}
}

static void test_notes(void)
{
	static const char *const names[] = {
		"com.docker.compose.project",
		"io.kubernetes.cri.sandbox-id",
		"io.kubernetes.cri-o.TTY",
		"io.container.manager",
		"io.podman.annotations.privileged",
		"org.opencontainers.image.stopSignal",
		"nerdctl/name",
		"bundles",
		"run.oci",
		"my.run.oci.handler",
		"free text, with: anything",
		"",
	};
	auto_strbuf struct strbuf members = { 0 };
	auto_arena struct arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		strbuf_printf(&members, "%s\"%s\":\"\"", i ? "," : "", names[i]);
	trial_stays("a note that no runtime reads", CONTROL, ENGINE_DOCKER,
		    arena_printf(arena, NOTES("%s"), strbuf_text(&members)), "{}");
	trial_stays("a document without annotations", CONTROL, ENGINE_DOCKER, TRIAL_DOC(""), "{}");
	trial_stays("a note that is null", CONTROL, ENGINE_DOCKER, NOTES("\"a\":null"), "{}");
}

static void test_engines_own(void)
{
	trial_stays("what podman and CRI-O tell systemd by themselves", CONTROL, ENGINE_PODMAN,
		    NOTES("\"org.systemd.property.TimeoutStopUSec\":\"uint64 10000000\","
			  "\"org.systemd.property.KillSignal\":\"15\","
			  "\"org.systemd.property.CollectMode\":\"'inactive-or-failed'\","
			  "\"org.systemd.property.DefaultDependencies\":\"true\","
			  "\"org.systemd.property.After\":\"['crio.service']\""),
		    "{}");
	trial_modes(
		"a timeout that holds up the host's shutdown", CONTROL, ENGINE_PODMAN,
		NOTES("\"org.systemd.property.TimeoutStopUSec\":\"uint64 18446744073709551615\""),
		"{}", "--annotation 'org.systemd.property.TimeoutStopUSec'");
	trial_modes("a property with a value of a person's", CONTROL, ENGINE_CRIO,
		    NOTES("\"org.systemd.property.After\":\"['evil.service']\""), "{}",
		    "annotation 'org.systemd.property.After'");
	trial_modes("the label type that podman writes by itself", CONTROL, ENGINE_PODMAN,
		    NOTES("\"run.oci.mount_context_type\":\"rootcontext\""), "{}", NULL);
	trial_stays("a stricter filter", CONTROL, ENGINE_DOCKER,
		    NOTES("\"run.oci.seccomp_fail_unknown_syscall\":\"1\""), "{}");
}

static void test_keep(void)
{
	trial_stays("what the policy keeps", CONTROL, ENGINE_DOCKER,
		    NOTES("\"run.oci.handler\":\"krun\",\"cdi.k8s.io/gpu\":\"a\""),
		    "{\"keep\":[\"run.oci.handler\",\"cdi.k8s.io/*\"]}");
	trial_modes("what the policy does not keep", CONTROL, ENGINE_DOCKER,
		    NOTES("\"run.oci.handler2\":\"krun\""), "{\"keep\":[\"run.oci.handler\"]}",
		    "--annotation 'run.oci.handler2'");
	ok(trial_accepts(CONTROL, "keep", "\"a.b/*\"") && !trial_accepts(CONTROL, "keep", "\"\""),
	   "annotations: keep takes names");
}

static void test_many(void)
{
	auto_strbuf struct strbuf text = { 0 };
	struct trial t;
	unsigned int refusals = 0;

	strbuf_puts(&text, "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"process\":{"
			   "\"args\":[\"a\"],\"cwd\":\"/\"},\"annotations\":{\"a\":\"\"");
	for (unsigned int i = 0; i < 20000; i++)
		strbuf_printf(&text, ",\"run.oci.%u\":\"\"", i);
	strbuf_puts(&text, "}}");
	if (!trial_start(&t, ENGINE_DOCKER, strbuf_text(&text)))
		return;
	trial_run(&t, CONTROL, MODE_DENY, "{}");
	for (const struct journal_refusal *r = t.journal.refusals; r; r = r->next)
		refusals++;
	ok(trial_edits(&t) == 20000 && refusals == 9 &&
		   text_starts(t.journal.last_refusal->asked, "19992 more"),
	   "annotations: twenty thousand orders are dropped, eight named and the rest counted");
	trial_end(&t);
}

static void test_fixtures(void)
{
	glob_t found = { 0 };
	struct trial t;

	(void)glob("tests/data/fixtures/*/config/*.json", 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		if (!trial_start_file(&t, ENGINE_PLAIN, found.gl_pathv[i]))
			continue;
		trial_run(&t, CONTROL, MODE_DENY, "{}");
		if (trial_edits(&t) || i + 1 == found.gl_pathc)
			ok(trial_edits(&t) == 0,
			   "annotations: no engine's own note is touched (%s)", found.gl_pathv[i]);
		trial_end(&t);
	}
	globfree(&found);
}

int main(void)
{
	test_orders();
	test_notes();
	test_engines_own();
	test_keep();
	test_many();
	test_fixtures();
	return done_testing();
}
