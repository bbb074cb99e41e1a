/* Control mounts: where a mount may lie, of which type it is, and its options. */
#include "host_tree.h"

static void test_places(void)
{
	static const char *const kernel[] = { "/proc",    "/proc/sys", "/proc/self",
					      "/sys/fs",  "/sys",      "/dev",
					      "/dev/sda", "/dev/pts",  "/sys/fs/cgroup" };
	const char *app = at("srv/app");

	for (size_t i = 0; i < ARRAY_SIZE(kernel); i++)
		refused(arena_printf(arena, "a bind over %s", kernel[i]),
			bind_of(app, kernel[i], RBIND),
			arena_printf(arena, "-v %s:%s lies in /", app, kernel[i]));
	refused("a bind over the root", bind_of(app, "/", RBIND),
		arena_printf(arena, "-v %s:/ hides the whole container", app));
	refused("a destination with '..'", bind_of(app, "/x/../y", RBIND), "-v ");
	refused("a relative destination", bind_of(app, "x", RBIND), "-v ");
	refused("a destination that the image leads to /proc", bind_of(app, "/escape/x", RBIND),
		arena_printf(arena, "-v %s:/escape/x lies at '/proc/x' by a symlink of the image",
			     app));
	refused("a tmpfs that the image leads to /sys", mount_of("tmpfs", "/tosys", ""),
		"--tmpfs /tosys lies at '/sys' by a symlink of the image");
	becomes("a destination is written in one way", ENGINE_DOCKER,
		bind_of(app, "/x//y/./", RBIND), bind_of(app, "/x/y", DONE), false);
	becomes("a second mount at the same place goes", ENGINE_DOCKER,
		arena_printf(arena, "%s,%s", bind_of(app, "/x", DONE), bind_of(app, "/x/", RBIND)),
		bind_of(app, "/x", DONE), true);
	becomes("a mount behind a symlink of another mount goes", ENGINE_DOCKER,
		arena_printf(arena, "%s,%s", bind_of(app, "/x", DONE),
			     bind_of(at("srv/file"), "/x/link/sys", RBIND)),
		bind_of(app, "/x", DONE), true);
	becomes("a mount inside another one stays", ENGINE_DOCKER,
		arena_printf(arena, "%s,%s", bind_of(app, "/x", DONE),
			     bind_of(at("srv/file"), "/x/below/f", DONE)),
		arena_printf(arena, "%s,%s", bind_of(app, "/x", DONE),
			     bind_of(at("srv/file"), "/x/below/f", DONE)),
		false);
	becomes("a large /dev/shm from a volume stays", ENGINE_DOCKER,
		bind_of(at("docker/volumes/data/_data"), "/dev/shm", DONE),
		bind_of(at("docker/volumes/data/_data"), "/dev/shm", DONE), false);
}

static void test_types(void)
{
	static const char *const types[] = { "ext4",    "overlay", "nfs",      "debugfs",
					     "tracefs", "bpf",     "devtmpfs", "securityfs",
					     "fuse",    "none",    "",         "TMPFS" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		refused(arena_printf(arena, "a mount of type '%s'", types[i]),
			mount_of(types[i], "/x", ""),
			arena_printf(arena, "the mount of type '%s' at '/x' mounts a file system",
				     types[i]));
	refused("a second proc", mount_of("proc", "/x", ""),
		"the mount of type 'proc' at '/x' shows the kernel's files without masks");
	refused("a cgroup mount elsewhere", mount_of("cgroup2", "/x", ""), "the mount of type");
	refused("a tmpfs over /sys", mount_of("tmpfs", "/sys", ""), "--tmpfs /sys lies in /sys");
}

static void test_options(void)
{
	const char *app = at("srv/app");

	becomes("what --tmpfs without options means", ENGINE_DOCKER, mount_of("tmpfs", "/t", ""),
		mount_of("tmpfs", "/t", "\"nosuid\",\"nodev\",\"noexec\""), false);
	becomes("a mount without any options gets them", ENGINE_DOCKER,
		"{\"destination\":\"/t\",\"type\":\"tmpfs\"}",
		"{\"destination\":\"/t\",\"type\":\"tmpfs\",\"options\":[\"nosuid\",\"nodev\","
		"\"noexec\"]}",
		false);
	becomes("programs in a tmpfs", ENGINE_DOCKER,
		mount_of("tmpfs", "/t", "\"nosuid\",\"nodev\",\"exec\",\"size=1m\""),
		mount_of("tmpfs", "/t", "\"nosuid\",\"nodev\",\"size=1m\",\"noexec\""), true);
	becomes("devices and set-uid programs", ENGINE_DOCKER,
		bind_of(app, "/x",
			"\"rbind\",\"dev\",\"suid\",\"rdev\",\"rsuid\",\"rexec\",\"rrw\""),
		bind_of(app, "/x", "\"rbind\"," FORCED), true);
	becomes("options that nobody knows", ENGINE_DOCKER,
		bind_of(app, "/x",
			"\"rbind\",\"lowerdir=/etc\",\"remount\",\"idmap\",\"tmpcopyup\",\"\","
			"\"symfollow\",\"size=1m\""),
		bind_of(app, "/x", "\"rbind\"," FORCED), true);
	becomes("a tmpfs without a limit", ENGINE_DOCKER,
		mount_of("tmpfs", "/t",
			 "\"nosuid\",\"nodev\",\"noexec\",\"size=0\",\"nr_inodes=0\",\"mode=1777\","
			 "\"uid=1\",\"size=x\",\"size=1m,exec\",\"mode=9\",\"gid=\""),
		mount_of("tmpfs", "/t", "\"nosuid\",\"nodev\",\"noexec\",\"mode=1777\",\"uid=1\""),
		true);
	becomes("shared propagation", ENGINE_DOCKER,
		bind_of(app, "/x", "\"rbind\",\"rshared\",\"shared\""),
		bind_of(app, "/x", "\"rbind\"," FORCED), true);
	becomes("slave propagation", ENGINE_DOCKER, bind_of(app, "/x", "\"rbind\",\"rslave\""),
		bind_of(app, "/x", "\"rbind\"," FORCED), true);
	becomes("the engine's /dev keeps its devices", ENGINE_DOCKER,
		mount_of("tmpfs", "/dev",
			 "\"nosuid\",\"strictatime\",\"mode=755\",\"size=65536k\""),
		mount_of("tmpfs", "/dev",
			 "\"nosuid\",\"strictatime\",\"mode=755\",\"size=65536k\""),
		false);
	becomes("terminals of the container's own", ENGINE_PLAIN,
		mount_of("devpts", "/dev/pts", "\"noexec\",\"mode=666\",\"ptmxmode=0666\""),
		mount_of("devpts", "/dev/pts",
			 "\"noexec\",\"ptmxmode=0666\",\"nosuid\",\"newinstance\",\"mode=0620\""),
		true);
	becomes("a stricter /proc stays", ENGINE_PLAIN,
		mount_of("proc", "/proc", "\"nosuid\",\"noexec\",\"nodev\",\"hidepid=2\""),
		mount_of("proc", "/proc", "\"nosuid\",\"noexec\",\"nodev\",\"hidepid=2\""), false);
	becomes("a writable /sys", ENGINE_PODMAN,
		mount_of("sysfs", "/sys", "\"rprivate\",\"nosuid\",\"noexec\",\"nodev\",\"rw\""),
		mount_of("sysfs", "/sys", "\"rprivate\",\"nosuid\",\"noexec\",\"nodev\",\"ro\""),
		true);
	becomes("writable control groups, which buildah mounts by itself", ENGINE_BUILDAH,
		mount_of("cgroup", "/sys/fs/cgroup", "\"nosuid\",\"noexec\",\"nodev\",\"rw\""),
		mount_of("cgroup", "/sys/fs/cgroup", "\"nosuid\",\"noexec\",\"nodev\",\"ro\""),
		false);
	becomes("other owners", ENGINE_PLAIN,
		arena_printf(
			arena,
			"{\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"%s\",\"options\""
			":[" DONE "],\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":"
			"1}]}",
			app),
		bind_of(app, "/x", DONE), true);
}

/* The sentences of options, the tmpfs limit of this host, the policy's other words. */
static void test_option_details(void)
{
	struct trial t;
	const char *slave = doc_of(bind_of(at("srv/app"), "/x", "\"rbind\",\"rslave\""));
	const char *tmpfs = doc_of(mount_of(
		"tmpfs", "/t", "\"nosuid\",\"nodev\",\"noexec\",\"size=60%\",\"nr_inodes=1m\""));
	const char *exec = doc_of(mount_of("tmpfs", "/t", "\"nosuid\",\"nodev\",\"exec\""));

	trial_modes("shared propagation in words", CONTROL, ENGINE_DOCKER,
		    doc_of(bind_of(at("srv/app"), "/x", "\"rbind\",\"rshared\"")), cfg,
		    arena_printf(arena, "-v %s:/x with rshared asks for more", at("srv/app")));
	if (trial_start(&t, ENGINE_DOCKER, slave)) {
		trial_run(&t, CONTROL, MODE_DENY,
			  arena_printf(arena, "{\"allow\":[\"%s\"],\"propagation\":\"slave\"}",
				       at("srv/**")));
		ok(!t.journal.refusals &&
			   strstr(trial_value(&t, "mounts"), "\"rslave\",\"nosuid\",\"nodev\"]"),
		   "mounts: slave propagation is let in where the policy says so");
		trial_end(&t);
	}
	if (trial_start(&t, ENGINE_DOCKER, tmpfs)) {
		t.facts.host_memory = UINT64_C(1) << 30;
		trial_run(&t, CONTROL, MODE_DENY, cfg);
		is_text(trial_asked(&t),
			"--tmpfs /t with size=60%, nr_inodes=1m asks for more than the policy "
			"allows",
			"mounts: a tmpfs larger than half of the memory is refused");
		trial_end(&t);
	}
	if (trial_start(&t, ENGINE_DOCKER, exec)) {
		auto_arena struct arena *own = arena_new();
		struct json_doc profile = { 0 };
		struct error e = { 0 };
		struct edit *ed = edit_new(t.arena, &t.doc, &t.facts, SCOPE_SPEC, &t.journal);
		static const char text[] =
			"{\"mounts\":{\"allow\":[]},\"rootfs\":{\"tmpfs\":{\"/t\":"
			"{\"size\":\"1MiB\",\"exec\":true}}}}";

		ok(json_parse(&profile, own, text, strlen(text), 0, "profile", &e) == 0,
		   "mounts: a profile is read");
		edit_begin(ed, "mounts");
		(void)control_mounts.apply(ed, json_find(profile.root, "mounts"), &e);
		ok(!t.journal.entries && !t.journal.refusals,
		   "mounts: programs run where the policy's own tmpfs has them");
		trial_end(&t);
	}
	trial_modes("shared propagation of the root", CONTROL, ENGINE_DOCKER,
		    TRIAL_DOC(",\"linux\":{\"rootfsPropagation\":\"shared\"}"), cfg,
		    "bind-propagation=shared lets mounts made inside appear on the host");
	trial_stays("a private root", CONTROL, ENGINE_DOCKER,
		    TRIAL_DOC(",\"linux\":{\"rootfsPropagation\":\"rprivate\"}"), cfg);
}

int main(void)
{
	if (host_start()) {
		image_link(&image, "escape", "/proc");
		image_link(&image, "tosys", "/sys");
		test_places();
		test_types();
		test_options();
		test_option_details();
	}
	return host_end();
}
