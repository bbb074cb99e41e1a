/*
 * Control lsm. Few machines have AppArmor and SELinux at once, so both are facts here, and the
 * kernel's list of profiles is a file in a mount namespace of this test's own.
 */
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "trial.h"

#define CONTROL &control_lsm
#define ANY "{\"apparmor\":\"\",\"selinux_types\":[]}"
#define NAMED "{\"apparmor\":\"site\",\"selinux_types\":[]}"
#define PROFILES "/sys/kernel/security/apparmor/profiles"

static struct arena *arena;

static const char *document(const char *process, const char *section)
{
	return arena_printf(
		arena,
		"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\"%s},"
		"\"root\":{\"path\":\"rootfs\"}%s}",
		process, section);
}

static const char *confined(const char *profile)
{
	return document(arena_printf(arena, ",\"apparmorProfile\":\"%s\"", profile), "");
}

static const char *labelled(const char *label)
{
	return document(arena_printf(arena, ",\"selinuxLabel\":\"%s\"", label), "");
}

static bool load(const char *profiles)
{
	auto_close int fd = open(PROFILES, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	return fd >= 0 && write(fd, profiles, strlen(profiles)) == (ssize_t)strlen(profiles);
}

static bool make_world(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", "/sys/kernel/security", "tmpfs", 0, NULL) == 0 &&
	       mkdir("/sys/kernel/security/apparmor", 0755) == 0;
}

enum lsm { APPARMOR, SELINUX, NEITHER };

static void start(struct trial *t, enum engine engine, enum lsm lsm, const char *text)
{
	(void)trial_start(t, engine, text);
	t->facts.has_apparmor = lsm == APPARMOR;
	t->facts.has_selinux = lsm == SELINUX;
}

static bool begins(const char *got, const char *want)
{
	return want ? got && text_starts(got, want) : got == NULL;
}

/* VALUE afterwards; how the first reason begins under fix (final ones) and under deny; NULL: none.
 */
static void check(const char *name, enum engine engine, enum lsm lsm, const char *text,
		  const char *cfg, const char *value, const char *final, const char *asked)
{
	const char *field = lsm == SELINUX ? "selinuxLabel" : "apparmorProfile";
	struct trial t;
	const char *before;

	start(&t, engine, lsm, text);
	before = trial_text(&t);
	trial_run(&t, CONTROL, MODE_AUDIT, cfg);
	ok(text_equal(before, trial_text(&t)) && !journal_is_refused(&t.journal),
	   "lsm: %s: audit changes nothing", name);
	trial_run(&t, CONTROL, MODE_FIX, cfg);
	is_text(trial_value(&t, "process", field), value,
		arena_printf(arena, "lsm: %s: what is left", name));
	ok(journal_is_refused(&t.journal) == (final != NULL), "lsm: %s: fix %s", name,
	   final ? "refuses" : "does not refuse");
	for (const struct journal_refusal *it = t.journal.refusals; it; it = it->next) {
		if (it->is_enforced)
			ok(begins(it->asked, final), "lsm: %s: and says %s", name, it->asked);
	}
	trial_run(&t, CONTROL, MODE_FIX, cfg);
	ok(trial_edits(&t) == 0, "lsm: %s: a second run finds nothing to do", name);
	trial_end(&t);

	start(&t, engine, lsm, text);
	trial_run(&t, CONTROL, MODE_DENY, cfg);
	if (!ok(begins(trial_asked(&t), asked), "lsm: %s: deny %s", name,
		asked ? "refuses" : "does not refuse"))
		printf("#   got: %s\n", trial_asked(&t) ? trial_asked(&t) : "(nothing)");
	trial_end(&t);
}

static void test_apparmor(void)
{
	static const char unconfined[] =
		"--security-opt apparmor='unconfined' is not the profile for containers";

	ok(load("docker-default (enforce)\nsite (enforce)\nlax (complain)\n"),
	   "lsm: profiles are loaded");
	check("Docker's own", ENGINE_DOCKER, APPARMOR, confined("docker-default"), ANY,
	      "\"docker-default\"", NULL, NULL);
	check("none under Docker", ENGINE_DOCKER, APPARMOR, document("", ""), ANY,
	      "\"docker-default\"", NULL, NULL);
	check("an empty name", ENGINE_DOCKER, APPARMOR, confined(""), ANY, "\"docker-default\"",
	      NULL, NULL);
	check("unconfined", ENGINE_DOCKER, APPARMOR, confined("unconfined"), ANY,
	      "\"docker-default\"", NULL, unconfined);
	check("another profile", ENGINE_DOCKER, APPARMOR, confined("sbin.dhclient"), ANY,
	      "\"docker-default\"", NULL, "--security-opt apparmor='sbin.dhclient'");
	check("a name that only begins so", ENGINE_DOCKER, APPARMOR,
	      confined("docker-default//&unconfined"), ANY, "\"docker-default\"", NULL,
	      "--security-opt apparmor='docker-default//&unconfined'");
	check("the site's instead of Docker's", ENGINE_DOCKER, APPARMOR, confined("docker-default"),
	      NAMED, "\"site\"", NULL, "--security-opt apparmor='docker-default'");
	check("a site's that is not loaded", ENGINE_DOCKER, APPARMOR, document("", ""),
	      "{\"apparmor\":\"absent\"}", "absent",
	      "the AppArmor profile 'absent' of the policy is not loaded",
	      "the AppArmor profile 'absent' of the policy is not loaded");
	check("a site's that does not enforce", ENGINE_DOCKER, APPARMOR, document("", ""),
	      "{\"apparmor\":\"lax\"}", "absent", "the AppArmor profile 'lax' of the policy is not",
	      "the AppArmor profile 'lax' of the policy is not loaded");
	check("an engine's own in a plain bundle", ENGINE_PLAIN, APPARMOR,
	      confined("docker-default"), ANY, "\"docker-default\"", NULL, NULL);
	check("none in a plain bundle", ENGINE_PLAIN, APPARMOR, document("", ""), ANY, "absent",
	      NULL, NULL);
	check("an unconfined plain bundle", ENGINE_PLAIN, APPARMOR, confined("unconfined"), ANY,
	      "\"unconfined\"", "this host has no AppArmor profile for containers",
	      "process.apparmorProfile 'unconfined'");
	check("a host without AppArmor", ENGINE_DOCKER, NEITHER, confined("unconfined"), ANY,
	      "\"unconfined\"", NULL, NULL);
}

/* The engine's profile may have gone, or the whole list. */
static void test_not_loaded(void)
{
	ok(load("other (enforce)\ndocker-default (complain)\nxdocker-default (enforce)\n"),
	   "lsm: other profiles are loaded");
	check("none, and nothing to give", ENGINE_DOCKER, APPARMOR, document("", ""), ANY, "absent",
	      NULL, NULL);
	check("unconfined, and nothing to give", ENGINE_DOCKER, APPARMOR, confined("unconfined"),
	      ANY, "\"unconfined\"", "this host has no AppArmor profile for containers",
	      "--security-opt apparmor='unconfined'");
	ok(unlink(PROFILES) == 0, "lsm: there is no list any more");
	check("unconfined without a list", ENGINE_DOCKER, APPARMOR, confined("unconfined"), ANY,
	      "\"unconfined\"", "this host has no AppArmor profile for containers",
	      "--security-opt apparmor='unconfined'");
}

/* Podman's profile has its version behind. */
static void test_podman(void)
{
	static const char asked[] = "--security-opt apparmor='containers-default-";

	ok(load("containers-default-x (enforce)\ncontainers-default-0.50.1 (enforce)"),
	   "lsm: podman's profile is loaded");
	check("podman's own", ENGINE_PODMAN, APPARMOR, confined("containers-default-0.50.1"), ANY,
	      "\"containers-default-0.50.1\"", NULL, NULL);
	check("none under podman", ENGINE_PODMAN, APPARMOR, document("", ""), ANY,
	      "\"containers-default-0.50.1\"", NULL, NULL);
	check("a stack upon podman's", ENGINE_PODMAN, APPARMOR,
	      confined("containers-default-0.50.1//&unconfined"), ANY,
	      "\"containers-default-0.50.1\"", NULL, asked);
	check("a name like podman's", ENGINE_PODMAN, APPARMOR, confined("containers-default-x"),
	      ANY, "\"containers-default-0.50.1\"", NULL, asked);
	check("podman's without a version", ENGINE_PODMAN, APPARMOR,
	      confined("containers-default-"), ANY, "\"containers-default-0.50.1\"", NULL, asked);
}

static void test_exec(void)
{
	struct trial t;

	ok(load("docker-default (enforce)\n"), "lsm: Docker's profile is loaded");
	start(&t, ENGINE_DOCKER, APPARMOR, document("", ""));
	t.scope = SCOPE_PROCESS;
	trial_run(&t, CONTROL, MODE_DENY, ANY);
	ok(trial_edits(&t) == 0 && !t.journal.notes,
	   "lsm: an exec that names none has the container's own");
	trial_end(&t);

	start(&t, ENGINE_DOCKER, APPARMOR, confined("unconfined"));
	t.scope = SCOPE_PROCESS;
	trial_run(&t, CONTROL, MODE_DENY, ANY);
	ok(journal_is_refused(&t.journal) &&
		   text_equal(trial_value(&t, "process", "apparmorProfile"), "\"docker-default\""),
	   "lsm: exec --privileged names unconfined, which is asked for");
	trial_end(&t);
}

/* ---- SELinux ---- */

static void test_selinux(void)
{
	static const char wide[] = "--security-opt label=level:'s0-s0:c0.c1023' reaches";

	check("what engines write", ENGINE_PODMAN, SELINUX,
	      labelled("system_u:system_r:container_t:s0:c1,c2"), ANY,
	      "\"system_u:system_r:container_t:s0:c1,c2\"", NULL, NULL);
	check("spc_t", ENGINE_PODMAN, SELINUX, labelled("unconfined_u:system_r:spc_t:s0"), ANY,
	      "\"unconfined_u:system_r:container_t:s0\"", NULL,
	      "--security-opt label=type:'spc_t' is not a type for containers (allowed: "
	      "container_t)");
	check("a type of Kubernetes' user", ENGINE_CRI, SELINUX,
	      labelled("system_u:system_r:spc_t:s0:c1,c2"), ANY,
	      "\"system_u:system_r:container_t:s0:c1,c2\"", NULL, "seLinuxOptions.type 'spc_t'");
	check("a type that policy lists", ENGINE_PODMAN, SELINUX,
	      labelled("system_u:system_r:container_init_t:s0:c1,c2"),
	      "{\"selinux_types\":[\"container_t\",\"container_init_t\"]}",
	      "\"system_u:system_r:container_init_t:s0:c1,c2\"", NULL, NULL);
	check("a type that begins alike", ENGINE_PODMAN, SELINUX,
	      labelled("system_u:system_r:container_tx:s0"), ANY,
	      "\"system_u:system_r:container_t:s0\"", NULL,
	      "--security-opt label=type:'container_tx");
	check("all categories", ENGINE_PODMAN, SELINUX,
	      labelled("system_u:system_r:container_t:s0-s0:c0.c1023"), ANY,
	      "\"system_u:system_r:container_t:s0\"", NULL, wide);
	check("a label without a level", ENGINE_PODMAN, SELINUX,
	      labelled("system_u:system_r:container_t"), ANY, "\"system_u:system_r:container_t\"",
	      NULL, NULL);
	check("a label without a type", ENGINE_PODMAN, SELINUX, labelled("system_u:system_r"), ANY,
	      "\"system_u:system_r\"", "process.selinuxLabel has no type",
	      "process.selinuxLabel has no type");
	check("a label with an empty type", ENGINE_PODMAN, SELINUX, labelled("a:b::s0"), ANY,
	      "\"a:b::s0\"", "process.selinuxLabel has no type",
	      "process.selinuxLabel has no type");
	check("a type with a line break", ENGINE_PODMAN, SELINUX, labelled("a:b:x\\ny:s0"), ANY,
	      "\"a:b:container_t:s0\"", NULL, "--security-opt label=type:'x?y' is not");
	check("no label", ENGINE_PODMAN, SELINUX, document("", ""), ANY, "absent", NULL, NULL);
	check("no label where policy names types", ENGINE_PODMAN, SELINUX, document("", ""),
	      "{\"selinux_types\":[\"container_t\"]}", "absent",
	      "--security-opt label=disable takes", "--security-opt label=disable takes");
}

static void test_mount_label(void)
{
	static const char *const good[] = { "", "system_u:object_r:container_file_t:s0:c1,c2" };
	static const char *const bad[] = { "x\\\",lowerdir=/", "x y", "a\\nb", "a\\\\b", "a=b" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		trial_stays(arena_printf(arena, "the mount label '%s'", good[i]), CONTROL,
			    ENGINE_DOCKER,
			    document("", arena_printf(arena, ",\"linux\":{\"mountLabel\":\"%s\"}",
						      good[i])),
			    ANY);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		check(arena_printf(arena, "the mount label '%s'", bad[i]), ENGINE_DOCKER, NEITHER,
		      document("",
			       arena_printf(arena, ",\"linux\":{\"mountLabel\":\"%s\"}", bad[i])),
		      ANY, "absent", "linux.mountLabel has characters",
		      "linux.mountLabel has characters");
}

static void test_settings(void)
{
	ok(trial_accepts(CONTROL, "apparmor", "\"site-default\"") &&
		   !trial_accepts(CONTROL, "apparmor", "\"two words\"") &&
		   !trial_accepts(CONTROL, "apparmor", "\"a\\nb\"") &&
		   trial_accepts(CONTROL, "selinux_types", "\"container_t\"") &&
		   !trial_accepts(CONTROL, "selinux_types", "\"a,b\""),
	   "lsm: names in the policy are single words");
}

int main(void)
{
	arena = arena_new();
	if (!ok(make_world(), "lsm: the test has a list of profiles of its own"))
		return done_testing();
	test_apparmor();
	test_not_loaded();
	test_podman();
	test_exec();
	test_selinux();
	test_mount_label();
	test_settings();
	arena_free(arena);
	return done_testing();
}
