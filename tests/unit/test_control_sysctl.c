/* Control sysctl: only listed settings, only of the container's own namespaces. */
#include <glob.h>

#include "trial.h"

#define CONTROL &control_sysctl
#define OWN                                                                                        \
	"\"namespaces\":[{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"uts\",\"path\":"    \
	"\"\"}]"
#define SETTINGS(namespaces, members)                                                              \
	TRIAL_DOC(",\"linux\":{" namespaces ",\"sysctl\":{" members "}}")
#define DOCKERS                                                                                    \
	"\"net.ipv4.ip_unprivileged_port_start\":\"0\",\"net.ipv4.ping_group_range\":\"0 "         \
	"2147483647\""

static void test_engines_own(void)
{
	trial_stays("what Docker writes by itself", CONTROL, ENGINE_DOCKER, SETTINGS(OWN, DOCKERS),
		    "{}");
	trial_stays("what podman writes by itself", CONTROL, ENGINE_PODMAN,
		    SETTINGS("\"namespaces\":[{\"type\":\"network\",\"path\":\"/run/netns/none\"}]",
			     "\"net.ipv4.ping_group_range\":\"0 0\""),
		    "{}");
	trial_modes("the same name with another value", CONTROL, ENGINE_DOCKER,
		    SETTINGS(OWN, "\"net.ipv4.ping_group_range\":\"0 5\""), "{}",
		    "--sysctl net.ipv4.ping_group_range=0 5 is not allowed by the policy");
	trial_stays("a document without settings", CONTROL, ENGINE_DOCKER, TRIAL_DOC(""), "{}");
}

static void test_allow(void)
{
	trial_modes("a setting of the container that is not listed", CONTROL, ENGINE_DOCKER,
		    SETTINGS(OWN, "\"kernel.msgmax\":\"65536\"," DOCKERS), "{}",
		    "--sysctl kernel.msgmax=65536 is not allowed by the policy");
	trial_modes("the same in Kubernetes' words", CONTROL, ENGINE_CRI,
		    SETTINGS(OWN, "\"kernel.msgmax\":\"65536\""), "{}",
		    "securityContext.sysctls kernel.msgmax=65536");
	trial_stays("a listed name", CONTROL, ENGINE_DOCKER,
		    SETTINGS(OWN, "\"net.ipv4.tcp_syncookies\":\"1\",\"kernel.hostname\":\"a\","
				  "\"fs.mqueue.msg_max\":\"10\""),
		    "{\"allow\":[\"net.ipv4.tcp_syncookies\",\"kernel.*\",\"fs.mqueue.*\"]}");
	trial_stays("a listed name with slashes", CONTROL, ENGINE_DOCKER,
		    SETTINGS(OWN, "\"net/ipv4/tcp_syncookies\":\"1\""),
		    "{\"allow\":[\"net.ipv4.tcp_syncookies\"]}");
	trial_modes("a value with a line break", CONTROL, ENGINE_DOCKER,
		    SETTINGS(OWN, "\"net.ipv4.tcp_syncookies\":\"1\\n2\""),
		    "{\"allow\":[\"net.*\"]}", "--sysctl net.ipv4.tcp_syncookies=1?2 has a value");
}

/* No list brings these in. */
static void test_host(void)
{
	static const char *const names[] = {
		"kernel.core_pattern",
		"kernel/core_pattern",
		"vm.overcommit_memory",
		"fs.suid_dumpable",
		"net.ipv4/../../kernel/core_pattern",
		"net/../kernel/core_pattern",
		"net..kernel.core_pattern",
		"net.ipv4/ip_forward",
		".net.ipv4.ip_forward",
		"net.ipv4.ip_forward.",
		"net.ipv4.conf.eth0 .x",
		"Net.ipv4.ip_forward",
		"network.x",
		"",
	};
	auto_arena struct arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		trial_modes(arena_printf(arena, "'%s'", names[i]), CONTROL, ENGINE_PLAIN,
			    arena_printf(arena, SETTINGS(OWN, "\"%s\":\"|/tmp/x\""), names[i]),
			    "{\"allow\":[\"**\",\"net.**\",\"kernel.**\"]}",
			    arena_printf(arena, "linux.sysctl %s=|/tmp/x is a setting of the whole",
					 names[i]));
}

static void test_namespaces(void)
{
	static const char would[] = "--sysctl net.ipv4.ip_forward=1 would change the host";
	static const char forward[] = "\"net.ipv4.ip_forward\":\"1\"";
	static const char allow[] = "{\"allow\":[\"net.*\",\"kernel.*\"]}";
	auto_arena struct arena *arena = arena_new();

	trial_modes(
		"a network setting without a network namespace", CONTROL, ENGINE_DOCKER,
		SETTINGS("\"namespaces\":[{\"type\":\"ipc\"}]", "\"net.ipv4.ip_forward\":\"1\""),
		allow, would);
	trial_modes("a network setting in the host's namespace by path", CONTROL, ENGINE_DOCKER,
		    arena_printf(arena,
				 SETTINGS("\"namespaces\":[{\"type\":\"network\",\"path\":"
					  "\"/proc/self/ns/net\"}]",
					  "%s"),
				 forward),
		    allow, would);
	trial_modes("an ipc setting without an ipc namespace", CONTROL, ENGINE_DOCKER,
		    SETTINGS("\"namespaces\":[{\"type\":\"network\"}]", "\"kernel.sem\":\"1\""),
		    allow, "--sysctl kernel.sem=1 would change the host");
	trial_modes("a host name without a uts namespace", CONTROL, ENGINE_DOCKER,
		    SETTINGS("\"namespaces\":[]", "\"kernel.hostname\":\"1\""), allow,
		    "--sysctl kernel.hostname=1 would change the host");
	trial_modes("even what Docker writes by itself", CONTROL, ENGINE_DOCKER,
		    SETTINGS("\"namespaces\":[]", DOCKERS), allow,
		    "--sysctl net.ipv4.ip_unprivileged_port_start=0 would change the host");
}

static void test_set(void)
{
	static const char cfg[] = "{\"set\":{\"net.ipv4.ip_unprivileged_port_start\":\"80\"}}";
	struct trial t;

	trial_modes("an order of the policy", CONTROL, ENGINE_DOCKER, SETTINGS(OWN, DOCKERS), cfg,
		    NULL);
	if (trial_start(&t, ENGINE_CTR, TRIAL_DOC(",\"linux\":{" OWN "}"))) {
		trial_run(&t, CONTROL, MODE_DENY, cfg);
		is_text(trial_value(&t, "linux", "sysctl"),
			"{\"net.ipv4.ip_unprivileged_port_start\":\"80\"}",
			"sysctl: what the policy sets is written where nothing was");
		ok(trial_edits(&t) == 1 && trial_count(&t, EDIT_COMP) == 1,
		   "sysctl: as a compensation");
		trial_end(&t);
	}
	if (trial_start(&t, ENGINE_CTR,
			SETTINGS(OWN, "\"net/ipv4/ip_unprivileged_port_start\":\"0\""))) {
		trial_run(&t, CONTROL, MODE_FIX, cfg);
		is_text(trial_value(&t, "linux", "sysctl"),
			"{\"net.ipv4.ip_unprivileged_port_start\":\"80\"}",
			"sysctl: another spelling of what the policy sets goes");
		trial_end(&t);
	}
	if (trial_start(&t, ENGINE_DOCKER,
			SETTINGS("\"namespaces\":[]",
				 "\"net.ipv4.ip_unprivileged_port_start\":\"0\""))) {
		trial_run(&t, CONTROL, MODE_FIX, cfg);
		is_text(trial_value(&t, "linux", "sysctl"), "{}",
			"sysctl: the policy's own is not written into the host's namespace");
		ok(t.journal.notes && strstr(t.journal.notes->text, "shares that namespace"),
		   "sysctl: and the record says so");
		trial_end(&t);
	}
}

static void test_checks(void)
{
	static const char *const good[] = { "net.*", "net.ipv4.tcp_syncookies", "fs.mqueue.*",
					    "kernel.shm*", "kernel.sem" };
	static const char *const bad[] = { "kernel.core_pattern", "vm.*", "kernel.core*", "",
					   "net/ipv4/x" };
	auto_arena struct arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ok(trial_accepts(CONTROL, "allow", arena_printf(arena, "\"%s\"", good[i])),
		   "sysctl: allow may list %s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(!trial_accepts(CONTROL, "allow", arena_printf(arena, "\"%s\"", bad[i])),
		   "sysctl: allow may not list '%s'", bad[i]);
	ok(trial_accepts(CONTROL, "set", "{\"net.ipv4.x\":\"1\"}") &&
		   !trial_accepts(CONTROL, "set", "{\"net.ipv4.x\":1}") &&
		   !trial_accepts(CONTROL, "set", "{\"vm.x\":\"1\"}") &&
		   !trial_accepts(CONTROL, "set", "{\"net.ipv4/x\":\"1\"}"),
	   "sysctl: set takes a container's setting and a text");
}

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
			bool is_asking = text_ends(found.gl_pathv[i], "/sysctl.json");

			if (!trial_start_file(&t, engines[n].engine, found.gl_pathv[i]))
				continue;
			trial_run(&t, CONTROL, MODE_DENY, "{}");
			ok(journal_is_refused(&t.journal) == is_asking &&
				   (is_asking || trial_edits(&t) == 0),
			   "sysctl: %s is %s", found.gl_pathv[i] + strlen("tests/data/fixtures/"),
			   is_asking ? "refused" : "untouched");
			trial_end(&t);
		}
		globfree(&found);
	}
}

int main(void)
{
	test_engines_own();
	test_allow();
	test_host();
	test_namespaces();
	test_set();
	test_checks();
	test_fixtures();
	return done_testing();
}
