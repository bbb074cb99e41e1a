/*
 * Control mounts: what is let in. The engine's own files, what the policy names, sockets, and all
 * the rest that is refused.
 */
#include "host_tree.h"

static void test_engine_defaults(void)
{
	static const struct {
		enum engine engine;
		const char *file;
	} plain[] = {
		{ ENGINE_DOCKER, "docker-20.10/config/default.json" },
		{ ENGINE_DOCKER, "docker-20.10/config/init.json" },
		{ ENGINE_DOCKER, "docker-20.10/config/named-volume.json" },
		{ ENGINE_DOCKER, "docker-20.10/config/read-only.json" },
		{ ENGINE_DOCKER, "docker-20.10/config/tmpfs.json" },
		{ ENGINE_DOCKER, "docker-20.10/config/shm-size.json" },
		{ ENGINE_DOCKER, "docker-20.10/config/ipc-host.json" },
		{ ENGINE_DOCKER, "docker-20.10-cgroupv2/config/default.json" },
		{ ENGINE_CTR, "ctr-1.6.20/config/default.json" },
		{ ENGINE_CTR, "ctr-1.6.20/config/net-host.json" },
		{ ENGINE_PODMAN, "podman-4.3.1/config/default.json" },
		{ ENGINE_PODMAN, "podman-4.3.1/config/tty.json" },
	};
	struct trial t;

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		const struct json *mounts;
		char id[65] = "";

		if (!trial_start_file(&t, plain[i].engine,
				      arena_printf(arena, CONFIG "%s", plain[i].file)))
			continue;
		/* The captured id, from the control group's path. */
		(void)snprintf(id, sizeof(id), "%s",
			       json_text(json_get(&t.doc, "linux", "cgroupsPath")) +
				       strlen(json_text(json_get(&t.doc, "linux", "cgroupsPath"))) -
				       64);
		t.facts.id = id;
		t.facts.bundle_fd = open("tests", O_PATH | O_DIRECTORY | O_CLOEXEC);
		mounts = json_get(&t.doc, "mounts");
		size_t before = json_count(mounts);

		trial_run(&t, CONTROL, MODE_DENY, "{\"allow\":[]}");
		ok(!t.journal.refusals && trial_count(&t, EDIT_ASK) == 0,
		   "mounts: %s asks for nothing", plain[i].file);
		if (t.journal.refusals)
			printf("#   %s\n", trial_asked(&t));
		ok(json_count(mounts) == before, "mounts: %s keeps its mounts", plain[i].file);
		trial_run(&t, CONTROL, MODE_DENY, "{\"allow\":[]}");
		ok(trial_edits(&t) == 0, "mounts: %s: once is enough", plain[i].file);
		close_fd_at(&t.facts.bundle_fd);
		trial_end(&t);
	}
}

static void test_engine_files(void)
{
	const char *own = at("docker/containers/" TRIAL_ID "/hosts");
	const char *other = at("docker/containers/" OTHER_ID "/hosts");
	const char *init = at("bin/docker-init");

	becomes("the engine's own file stays", ENGINE_DOCKER, bind_of(own, "/etc/hosts", RBIND),
		bind_of(own, "/etc/hosts", DONE), false);
	refused("the engine's own file somewhere else", bind_of(own, "/x", RBIND), "-v ");
	becomes("another container's file goes, as the engine wrote it", ENGINE_DOCKER,
		bind_of(other, "/etc/hosts", RBIND), "", false);
	refused("another container's file somewhere else", bind_of(other, "/x", RBIND), "-v ");
	becomes("the engine's shared memory stays", ENGINE_DOCKER,
		bind_of(at("docker/containers/" TRIAL_ID "/mounts/shm"), "/dev/shm", RBIND),
		bind_of(at("docker/containers/" TRIAL_ID "/mounts/shm"), "/dev/shm", DONE), false);
	becomes("another container's shared memory becomes an own one", ENGINE_DOCKER,
		bind_of(at("docker/containers/" OTHER_ID "/mounts/shm"), "/dev/shm", RBIND),
		"{\"destination\":\"/dev/shm\",\"type\":\"tmpfs\",\"source\":\"shm\",\"options\":["
		"\"nosuid\",\"noexec\",\"nodev\",\"mode=1777\",\"size=67108864\"]}",
		false);
	becomes("the host's shared memory becomes an own one", ENGINE_DOCKER,
		bind_of("/dev/shm", "/dev/shm", RBIND),
		"{\"destination\":\"/dev/shm\",\"type\":\"tmpfs\",\"source\":\"shm\",\"options\":["
		"\"nosuid\",\"noexec\",\"nodev\",\"mode=1777\",\"size=67108864\"]}",
		false);
	becomes("the host's /proc becomes an own one", ENGINE_PODMAN,
		bind_of("/proc", "/proc", "\"rbind\""),
		"{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\",\"options\":["
		"\"nosuid\",\"noexec\",\"nodev\"]}",
		false);
	becomes("the init program stays", ENGINE_DOCKER,
		bind_of(init, "/sbin/docker-init", "\"bind\",\"ro\""),
		bind_of(init, "/sbin/docker-init", "\"bind\",\"ro\"," FORCED), false);
	becomes("the init program becomes read-only", ENGINE_DOCKER,
		bind_of(init, "/sbin/docker-init", "\"bind\""),
		bind_of(init, "/sbin/docker-init",
			"\"bind\",\"nosuid\",\"nodev\",\"ro\",\"rprivate"
			"\""),
		true);
	refused("an init program that is none",
		bind_of(at("srv/file"), "/sbin/docker-init",
			"\"ro\""
			",\"bind\"")
			? bind_of("/etc/passwd", "/sbin/docker-init", "\"bind\",\"ro\"")
			: "",
		"-v /etc/passwd:/sbin/docker-init mounts '/etc/passwd' of the host");
	becomes("a file of the engine that is not there is the runtime's matter", ENGINE_DOCKER,
		bind_of("/var/lib/none/containers/" TRIAL_ID "/hosts", "/etc/hosts", RBIND),
		bind_of("/var/lib/none/containers/" TRIAL_ID "/hosts", "/etc/hosts", DONE), false);
	refused("one that anybody could make",
		bind_of("/tmp/none/containers/" TRIAL_ID "/hosts", "/etc/hosts", RBIND), "-v /tmp");
	becomes("the host's own hosts file may be read", ENGINE_CTR,
		bind_of("/etc/hosts", "/etc/hosts", "\"rbind\",\"ro\""),
		bind_of("/etc/hosts", "/etc/hosts", "\"rbind\",\"ro\"," FORCED), false);
	becomes("and not written", ENGINE_CTR, bind_of("/etc/hosts", "/etc/hosts", "\"rbind\""),
		bind_of("/etc/hosts", "/etc/hosts",
			"\"rbind\",\"nosuid\",\"nodev\",\"ro\",\"rprivate\""),
		true);
}

static void test_host_paths(void)
{
	refused("the host's root", bind_of("/", "/host", RBIND),
		"-v /:/host mounts the host's root");
	refused("a directory of the host", bind_of("/etc", "/x", RBIND),
		arena_printf(arena,
			     "-v /etc:/x mounts '/etc' of the host (allowed: volumes, %s, %s:ro, "
			     "1 more)",
			     at("srv/**"), at("ro/**")));
	refused_as("the same in Kubernetes' words", ENGINE_CRI, bind_of("/etc", "/x", RBIND),
		   "hostPath '/etc' at '/x' mounts '/etc' of the host");
	refused_as("and in those of config.json", ENGINE_PLAIN, bind_of("/etc", "/x", RBIND),
		   "the mount of '/etc' at '/x' mounts '/etc' of the host");
	refused("a directory of sockets", bind_of("/run", "/x", RBIND), "-v /run:/x mounts '/run'");
	refused("a symlink that leads out of what is allowed", bind_of(at("srv/link"), "/x", RBIND),
		arena_printf(arena, "-v %s:/x leads to '/etc' of the host", at("srv/link")));
	refused("a way back to the root", bind_of("/etc/..", "/x", RBIND),
		"-v /etc/..:/x leads to the host's root");
	refused("a magic link", bind_of(at("srv/magic/etc"), "/x", RBIND), "the source of -v ");
	refused("a magic link of /proc", bind_of("/proc/self/root", "/x", RBIND),
		"the source of -v /proc/self/root:/x cannot be judged");
	refused("a block device", bind_of(at("srv/disk"), "/x", RBIND),
		arena_printf(arena, "-v %s:/x mounts a disk (8:0) of the host", at("srv/disk")));
	refused("a character device", bind_of(at("srv/node"), "/x", RBIND),
		arena_printf(arena, "-v %s:/x mounts a device (1:1) of the host", at("srv/node")));
	refused("an option that makes a bind", mount_of("none", "/x", "\"bind\""), "the ");
	refused("a tmpfs that is a bind",
		"{\"destination\":\"/x\",\"type\":\"tmpfs\",\"source\":\"/etc\",\"options\":["
		"\"rbind\"]}",
		"the mount at '/x' has the type 'tmpfs' and the option bind");
	refused("a bind by its type alone",
		"{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"/etc\"}",
		"-v /etc:/x mounts '/etc'");
	refused("a bind without a source", "{\"destination\":\"/x\",\"type\":\"bind\"}",
		"the source of");
	refused("what the policy does not know and is not there", bind_of("/no/such", "/x", RBIND),
		"-v /no/such:/x mounts '/no/such' of the host");
}

static void test_allowed(void)
{
	const char *app = at("srv/app"), *doc;
	struct trial t;

	becomes("a path that the policy names", ENGINE_DOCKER, bind_of(app, "/x", RBIND),
		bind_of(app, "/x", DONE), false);
	becomes("a symlink within it is written out", ENGINE_DOCKER,
		bind_of(at("srv/alias"), "/x", RBIND), bind_of(app, "/x", DONE), false);
	becomes("a FIFO is a file", ENGINE_DOCKER, bind_of(at("srv/fifo"), "/x", RBIND),
		bind_of(at("srv/fifo"), "/x", DONE), false);
	becomes("a read-only path, read-only", ENGINE_DOCKER,
		bind_of(at("ro/some"), "/x", "\"rbind\",\"ro\""),
		bind_of(at("ro/some"), "/x", "\"rbind\",\"ro\"," FORCED), false);
	becomes("a read-only path, asked writable", ENGINE_DOCKER,
		bind_of(at("ro/some"), "/x", "\"rbind\",\"ro\",\"rw\""),
		bind_of(at("ro/some"), "/x", "\"rbind\",\"ro\"," FORCED), false);
	becomes("a read-only path without a word", ENGINE_DOCKER,
		bind_of(at("ro/some"), "/x", "\"rbind\""),
		bind_of(at("ro/some"), "/x", "\"rbind\",\"nosuid\",\"nodev\",\"ro\",\"rprivate\""),
		true);

	doc = doc_of(bind_of(at("srv/gone"), "/x", RBIND));
	if (trial_start(&t, ENGINE_DOCKER, doc)) {
		trial_run(&t, CONTROL, MODE_FIX, cfg);
		ok(journal_is_refused(&t.journal),
		   "mounts: an allowed path that is not there is refused under fix too");
		trial_run(&t, CONTROL, MODE_AUDIT, cfg);
		ok(!journal_is_refused(&t.journal) && text_equal(trial_text(&t), doc),
		   "mounts: and recorded under audit");
		trial_end(&t);
	}
}

/* A star does not reach an engine's data; what is named whole is meant. */
static void test_stars(void)
{
	static const struct {
		const char *source; /* below the tests' host; "" is the real root */
		const char *allow;
		bool is_fine;
	} cases[] = {
		{ "srv/engine", "srv/**", false },
		{ "srv/engine/volumes", "srv/**", false },
		{ "srv/engine", "srv/engine", true },
		{ "srv/engine/volumes", "srv/engine/**", true },
		{ "srv/sockets", "srv/**", false },
		{ "srv/sockets", "srv/sockets", true },
		{ "docker/overlay2", "**", false },
		{ "docker", "*", false },
		{ "docker/overlay2/x", "docker/**", true },
	};
	struct trial t;
	const char *docker =
		bind_of(at("docker/containers/" TRIAL_ID "/hosts"), "/etc/hosts", RBIND);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *doc = doc_of(arena_printf(arena, "%s,%s", docker,
						      bind_of(at(cases[i].source), "/x", RBIND)));

		if (!trial_start(&t, ENGINE_DOCKER, doc))
			continue;
		trial_run(&t, CONTROL, MODE_DENY,
			  arena_printf(arena, "{\"allow\":[\"%s\"]}", at(cases[i].allow)));
		ok(journal_is_refused(&t.journal) != cases[i].is_fine, "mounts: '%s' %s '%s'",
		   cases[i].allow, cases[i].is_fine ? "is" : "is not", cases[i].source);
		trial_end(&t);
	}
	if (trial_start(&t, ENGINE_DOCKER, doc_of(bind_of("/", "/host", "\"bind\",\"ro\"")))) {
		trial_run(&t, CONTROL, MODE_DENY, "{\"allow\":[\"/**\"]}");
		ok(journal_is_refused(&t.journal), "mounts: '/**' is not '/'");
		trial_run(&t, CONTROL, MODE_DENY, "{\"allow\":[\"/:ro\"]}");
		ok(!t.journal.refusals, "mounts: '/:ro' is");
		trial_end(&t);
	}
	for (size_t i = 0; i < 2; i++) {
		const char *source =
			i ? image.bundle : arena_printf(arena, "%s/rootfs/tmp", image.bundle);

		if (!trial_start(&t, ENGINE_PLAIN, doc_of(bind_of(source, "/x", RBIND))))
			continue;
		image_use(&image, &t);
		trial_run(&t, CONTROL, MODE_DENY,
			  arena_printf(arena, "{\"allow\":[\"%s/**\"]}", image.dir));
		ok(journal_is_refused(&t.journal) == (i == 1), "mounts: a star %s %s",
		   i ? "does not reach" : "may reach into", "the bundle itself");
		trial_end(&t);
	}
	if (trial_start(&t, ENGINE_DOCKER, doc_of(bind_of("/proc", "/x", "\"bind\",\"ro\"")))) {
		trial_run(&t, CONTROL, MODE_DENY, "{\"allow\":[\"/**\",\"/*:ro\"]}");
		ok(journal_is_refused(&t.journal), "mounts: '/**' is not '/proc'");
		trial_end(&t);
	}
}

static void test_sockets(void)
{
	struct trial t;
	const char *doc = doc_of(bind_of(at("srv/socket"), "/x", RBIND));

	refused("the Docker socket", bind_of("/var/run/docker.sock", "/var/run/docker.sock", RBIND),
		"-v /var/run/docker.sock mounts the Docker socket, which is root on the host");
	refused("another socket, where files are allowed", bind_of(at("srv/socket"), "/x", RBIND),
		arena_printf(arena, "-v %s:/x mounts the socket", at("srv/socket")));
	if (trial_start(&t, ENGINE_DOCKER, doc)) {
		trial_run(&t, CONTROL, MODE_DENY,
			  arena_printf(arena, "{\"allow\":[],\"sockets\":[\"%s\"]}",
				       at("srv/socket")));
		ok(!t.journal.refusals, "mounts: a socket that the policy names is let in");
		trial_run(&t, CONTROL, MODE_DENY,
			  arena_printf(arena, "{\"allow\":[],\"sockets\":[\"%s\"]}",
				       at("srv/sockets/docker.sock")));
		ok(journal_is_refused(&t.journal), "mounts: and no other");
		trial_end(&t);
	}
}

static void test_fixture_asks(void)
{
	static const struct {
		const char *file;
		enum engine engine;
		const char *asked;
	} asks[] = {
		{ "docker-20.10/config/host-root-mount", ENGINE_DOCKER,
		  "-v /:/host mounts the host's root" },
		{ "docker-20.10/config/docker-sock-mount", ENGINE_DOCKER,
		  "-v /var/run/docker.sock mounts the Docker socket" },
		{ "docker-20.10/config/mount-bind-ro", ENGINE_DOCKER,
		  "-v /etc:/hostetc mounts '/etc' of the host" },
		{ "docker-20.10/config/mount-rshared", ENGINE_DOCKER,
		  "-v /mnt/shared:/mnt/shared" },
		{ "docker-20.10/config/privileged", ENGINE_DOCKER,
		  "the mount of type 'sysfs' at '/sys' would be writable" },
		{ "podman-4.3.1/config/host-mount", ENGINE_PODMAN,
		  "-v /:/host mounts the host's root" },
	};
	struct trial t;

	for (size_t i = 0; i < ARRAY_SIZE(asks); i++) {
		if (!trial_start_file(&t, asks[i].engine,
				      arena_printf(arena, CONFIG "%s.json", asks[i].file)))
			continue;
		trial_run(&t, CONTROL, MODE_DENY, "{\"allow\":[]}");
		if (!ok(journal_is_refused(&t.journal) &&
				text_starts(trial_asked(&t), asks[i].asked),
			"mounts: %s is refused", asks[i].file))
			printf("#   %s\n", trial_asked(&t) ? trial_asked(&t) : "(nothing)");
		trial_end(&t);
	}
}

static void test_settings(void)
{
	static const char *const good[] = { "\"/srv/**\"", "\"/:ro\"", "\"/\"", "\"/etc/x:ro\"",
					    "\"/home/*/**\"" };
	static const char *const bad[] = { "\"\"",        "\"srv/**\"", "\"/srv/\"",
					   "\"/a/../b\"", "\"/a//b\"",  "\"/a/.\"",
					   "\"/a:rw\"",   "\":ro\"",    "\"/a/..\"" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ok(trial_accepts(CONTROL, "allow", good[i]), "mounts: %s may be allowed", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(!trial_accepts(CONTROL, "allow", bad[i]), "mounts: %s may not", bad[i]);
	ok(trial_accepts(CONTROL, "sockets", "\"/run/x/socket\"") &&
		   !trial_accepts(CONTROL, "sockets", "\"/run/*\"") &&
		   !trial_accepts(CONTROL, "sockets", "\"socket\""),
	   "mounts: sockets are named by their path");
}

/* podman run --rootfs / is a mount as well, and the control rootfs may be off. */
static void test_root_path(void)
{
	static const char text[] =
		"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\"},"
		"\"root\":{\"path\":\"/\"}}";
	struct trial t;

	(void)trial_start(&t, ENGINE_PODMAN, text);
	trial_run(&t, &control_mounts, MODE_FIX, "{\"allow\":[],\"sockets\":[]}");
	ok(journal_is_refused(&t.journal) && text_starts(trial_asked(&t), "root.path '/' makes"),
	   "mounts: the host's root as the container's is refused, under fix too");
	trial_end(&t);
}

int main(void)
{
	if (host_start()) {
		test_settings();
		test_engine_defaults();
		test_fixture_asks();
		test_engine_files();
		test_host_paths();
		test_allowed();
		test_stars();
		test_sockets();
		test_root_path();
	}
	return host_end();
}
