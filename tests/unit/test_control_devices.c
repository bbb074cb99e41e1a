/* Control devices: nodes by number, rules with everything denied first. */
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "trial.h"

#define CONTROL &control_devices
#define NONE "{\"allow\":[]}"
#define DENY_ALL "{\"allow\":false,\"access\":\"rwm\"}"
#define DOC(nodes, rules)                                                                          \
	TRIAL_DOC(",\"linux\":{\"devices\":[" nodes "],\"resources\":{\"devices\":[" rules "]}}")
#define NODE(type, path, major, minor)                                                             \
	"{\"path\":\"" path "\",\"type\":\"" type "\",\"major\":" major ",\"minor\":" minor        \
	",\"fileMode\":384,\"uid\":0,\"gid\":0}"
#define RULE(type, major, minor, access)                                                           \
	"{\"allow\":true,\"type\":\"" type "\",\"major\":" major ",\"minor\":" minor               \
	",\"access\":\"" access "\"}"

#define CONFIG "tests/data/fixtures/"

static void test_defaults(void)
{
	static const struct {
		const char *name;
		enum engine engine;
		const char *file;
	} plain[] = {
		{ "Docker's default", ENGINE_DOCKER, CONFIG "docker-20.10/config/default.json" },
		{ "Docker's on cgroup v2", ENGINE_DOCKER,
		  CONFIG "docker-20.10-cgroupv2/config/default.json" },
		{ "ctr's default", ENGINE_CTR, CONFIG "ctr-1.6.20/config/default.json" },
		{ "podman's default", ENGINE_PODMAN, CONFIG "podman-4.3.1/config/default.json" },
		{ "buildah's default", ENGINE_BUILDAH, CONFIG "buildah/config/run.json" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		struct trial t;

		if (!trial_start_file(&t, plain[i].engine, plain[i].file))
			continue;
		trial_run(&t, CONTROL, MODE_DENY, NONE);
		ok(trial_edits(&t) == 0 && !t.journal.refusals, "devices: %s stays", plain[i].name);
		trial_end(&t);
	}
	trial_stays("a node that every container has", CONTROL, ENGINE_PLAIN,
		    DOC(NODE("c", "/dev/null", "1", "3"), DENY_ALL), NONE);
}

static void test_fill(void)
{
	struct trial t;

	trial_modes("a document without rules", CONTROL, ENGINE_PLAIN, TRIAL_DOC(",\"linux\":{}"),
		    NONE, NULL);
	if (trial_start(&t, ENGINE_PLAIN, DOC("", RULE("c", "1", "3", "rwm")))) {
		trial_run(&t, CONTROL, MODE_DENY, NONE);
		is_text(trial_value(&t, "linux", "resources", "devices"),
			"[" DENY_ALL "," RULE("c", "1", "3", "rwm") "]",
			"devices: all are denied before some are allowed");
		ok(trial_count(&t, EDIT_FILL) == 1 && !t.journal.refusals,
		   "devices: and nobody has asked for that");
		trial_end(&t);
	}
	if (trial_start(&t, ENGINE_PLAIN, TRIAL_DOC(""))) {
		t.scope = SCOPE_RESOURCES;
		trial_run(&t, CONTROL, MODE_DENY, NONE);
		ok(trial_edits(&t) == 0, "devices: an update without rules gets none");
		trial_end(&t);
	}
}

static void test_nodes(void)
{
	trial_modes("--device of a disk", CONTROL, ENGINE_DOCKER,
		    DOC(NODE("b", "/dev/sda", "8", "0"), DENY_ALL "," RULE("b", "8", "0", "rwm")),
		    NONE, "--device /dev/sda gives the container a disk of the host");
	trial_modes("a device in the words of Kubernetes", CONTROL, ENGINE_CRI,
		    DOC(NODE("c", "/dev/kvm", "10", "232"), DENY_ALL), NONE,
		    "the device /dev/kvm gives the container a device of the host");
	trial_modes("a disk under a harmless name", CONTROL, ENGINE_DOCKER,
		    DOC(NODE("b", "/dev/null", "8", "0"), DENY_ALL), NONE,
		    "--device /dev/null gives the container a disk");
	trial_modes("a default node under another name", CONTROL, ENGINE_PLAIN,
		    DOC(NODE("c", "/etc/null", "1", "3"), DENY_ALL), NONE,
		    "linux.devices /etc/null gives");
	trial_modes("a path that leaves /dev", CONTROL, ENGINE_PLAIN,
		    DOC(NODE("c", "/dev/../null", "1", "3"), DENY_ALL), NONE,
		    "linux.devices /dev/../null gives");
	trial_modes("a block device with the numbers of /dev/null", CONTROL, ENGINE_PLAIN,
		    DOC(NODE("b", "/dev/null", "1", "3"), DENY_ALL), NONE,
		    "linux.devices /dev/null gives the container a disk");
	trial_modes(
		"many devices", CONTROL, ENGINE_DOCKER,
		DOC(NODE("b", "/dev/a", "8", "0") "," NODE("b", "/dev/b", "8", "1") "," NODE(
			    "b", "/dev/c", "8", "2") "," NODE("b", "/dev/d", "8",
							      "3") "," NODE("b", "/dev/e", "8",
									    "4"),
		    DENY_ALL),
		NONE,
		"--device /dev/a, /dev/b, /dev/c, /dev/d and 1 more give the container devices");
}

static void test_fixtures(void)
{
	static const struct {
		const char *file;
		const char *asked;
	} asks[] = {
		{ "device", "--device /dev/loop0 gives the container a disk of the host" },
		{ "device-kvm", "--device /dev/kvm gives the container a device of the host" },
		{ "device-fuse-ro", "--device /dev/fuse gives the container a device" },
		{ "device-cgroup-rule",
		  "--device-cgroup-rule 'b 8:* rwm' opens disks of the host" },
	};
	struct trial t;
	auto_arena struct arena *arena = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(asks); i++) {
		if (!trial_start_file(&t, ENGINE_DOCKER,
				      arena_printf(arena, CONFIG "docker-20.10/config/%s.json",
						   asks[i].file)))
			continue;
		trial_run(&t, CONTROL, MODE_DENY, NONE);
		ok(journal_is_refused(&t.journal) && text_starts(trial_asked(&t), asks[i].asked) &&
			   !t.journal.refusals->next,
		   "devices: Docker's %s is one refusal", asks[i].file);
		trial_end(&t);
	}
}

static void test_rules(void)
{
	trial_modes("a rule for everything", CONTROL, ENGINE_CTR,
		    DOC("", "{\"allow\":true,\"access\":\"rwm\"}"), NONE,
		    "the device rule 'a *:* rwm' opens every device of the host");
	trial_modes("a rule for everything, of type a", CONTROL, ENGINE_CTR,
		    DOC("", DENY_ALL ",{\"allow\":true,\"type\":\"a\",\"access\":\"rwm\"}"), NONE,
		    "the device rule 'a *:* rwm' opens every device of the host");
	trial_modes("a rule for all disks", CONTROL, ENGINE_DOCKER,
		    DOC("", DENY_ALL ",{\"allow\":true,\"type\":\"b\",\"access\":\"r\"}"), NONE,
		    "--device-cgroup-rule 'b *:* r' opens every device of the host");
	trial_modes("a rule with any minor", CONTROL, ENGINE_DOCKER,
		    DOC("", DENY_ALL "," RULE("c", "1", "-1", "rwm")), NONE,
		    "--device-cgroup-rule 'c 1:* rwm' opens devices of the host");
	trial_modes("/dev/net/tun, which old containerd opens by itself", CONTROL, ENGINE_CTR,
		    DOC("", DENY_ALL "," RULE("c", "10", "200", "rwm")), NONE, NULL);
	trial_modes("leave to make nodes", CONTROL, ENGINE_CRI,
		    DOC("", DENY_ALL "," RULE("b", "-1", "-1", "m")), NONE, NULL);
	trial_stays("rules that take away", CONTROL, ENGINE_PLAIN,
		    DOC("", DENY_ALL "," RULE("c", "136", "-1", "rwm") "," DENY_ALL), NONE);
}

/* /dev/full is on every host; its numbers are put under a name that is no default. */
static void test_allowed(void)
{
	static const char full[] =
		DOC(NODE("c", "/dev/x", "1", "7"), DENY_ALL "," RULE("c", "1", "7", "rwm"));
	struct stat st;
	struct trial t;

	trial_stays("a node that the policy names", CONTROL, ENGINE_DOCKER, full,
		    "{\"allow\":[\"/dev/full\"]}");
	trial_stays("a node that a glob means", CONTROL, ENGINE_DOCKER, full,
		    "{\"allow\":[\"/dev/f*l\"]}");
	trial_modes("a node that another glob means", CONTROL, ENGINE_DOCKER, full,
		    "{\"allow\":[\"/dev/zer*\"]}", "--device /dev/x gives the container a device");

	trial_modes("an allowed node outside /dev", CONTROL, ENGINE_DOCKER,
		    DOC(NODE("c", "/etc/full", "1", "7"), DENY_ALL), "{\"allow\":[\"/dev/full\"]}",
		    "--device /etc/full gives the container a device");

	if (stat("/dev/net/tun", &st) < 0 && stat("/dev/kmsg", &st) < 0) {
		printf("# no further device node here to try\n");
		return;
	}
	auto_arena struct arena *arena = arena_new();
	const char *path = stat("/dev/net/tun", &st) == 0 ? "/dev/net/tun" : "/dev/kmsg";
	unsigned int minor = minor(st.st_rdev), major = major(st.st_rdev);
	const char *doc = arena_printf(
		arena,
		DOC("{\"path\":\"/dev/net/tun\",\"type\":\"c\",\"major\":%u,\"minor\":%u,"
		    "\"fileMode\":511,\"uid\":4242,\"gid\":0}",
		    DENY_ALL ",{\"allow\":true,\"type\":\"c\",\"major\":%u,\"minor\":%u,"
			     "\"access\":\"rwm\"}"),
		major, minor, major, minor);

	if (trial_start(&t, ENGINE_DOCKER, doc)) {
		trial_run(&t, CONTROL, MODE_DENY,
			  arena_printf(arena, "{\"allow\":[\"%s\"]}", path));
		ok(!t.journal.refusals, "devices: the mknod access that engines add is no ask");
		ok(strstr(trial_value(&t, "linux", "resources", "devices"), "\"rw\"") != NULL,
		   "devices: and it goes");
		ok(!strstr(trial_value(&t, "linux", "devices"), "4242"),
		   "devices: a foreign owner becomes the host's");
		ok(!strstr(trial_value(&t, "linux", "devices"), "511"),
		   "devices: the mode is no wider than the host's");
		trial_end(&t);
	}
	trial_modes(
		"writing where the policy allows to read", CONTROL, ENGINE_DOCKER, doc,
		arena_printf(arena, "{\"allow\":[\"%s:r\"]}", path),
		arena_printf(arena, "the device rule 'c %u:%u rwm' asks for more", major, minor));
}

static void test_privileged(void)
{
	struct trial t;

	if (!trial_start_file(&t, ENGINE_DOCKER, CONFIG "docker-20.10/config/privileged.json"))
		return;
	trial_run(&t, CONTROL, MODE_DENY, NONE);
	ok(journal_is_refused(&t.journal), "devices: --privileged alone is refused here too");
	ok(strstr(trial_asked(&t), "92 more give the container devices of the host") != NULL,
	   "devices: and says how many devices");
	is_text(trial_value(&t, "linux", "resources", "devices"), "[" DENY_ALL "]",
		"devices: what remains is that all are denied");
	trial_end(&t);
}

static void test_interfaces(void)
{
	trial_modes("a network interface of the host", CONTROL, ENGINE_PLAIN,
		    TRIAL_DOC(",\"linux\":{\"netDevices\":{\"eth0\":{}},\"resources\":{\"devices\":"
			      "[" DENY_ALL "]}}"),
		    NONE, "linux.netDevices takes network interfaces away from the host");
}

static void test_settings(void)
{
	static const char *const good[] = { "\"/dev/fuse\"", "\"/dev/nvidia*\"", "\"/dev/dri/**\"",
					    "\"/dev/fuse:r\"", "\"/dev/fuse:rw\"" };
	static const char *const bad[] = { "\"\"",        "\"fuse\"",      "\"/dev/\"",
					   "\"/etc/x\"",  "\"/dev/../x\"", "\"/dev/a:x\"",
					   "\"/dev/a:\"", "\"/dev//a\"" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ok(trial_accepts(CONTROL, "allow", good[i]), "devices: %s may be allowed", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(!trial_accepts(CONTROL, "allow", bad[i]), "devices: %s may not", bad[i]);
}

int main(void)
{
	test_defaults();
	test_fill();
	test_nodes();
	test_fixtures();
	test_rules();
	test_allowed();
	test_privileged();
	test_interfaces();
	test_settings();
	return done_testing();
}
