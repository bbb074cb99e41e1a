/*
 * Control mounts: ways to write a path that lead somewhere else. The root directory, the working
 * directory, magic links, other names of a socket, destinations.
 */
#include "host_tree.h"

/* A document whose root and working directory are these. */
static const char *rooted(const char *root, const char *cwd)
{
	return arena_printf(arena,
			    "{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],\"cwd\":"
			    "\"%s\"},\"root\":{\"path\":\"%s\"}}",
			    cwd, root);
}

/* What deny says of the document, "" when it passes; root.path as it then is. */
static const char *judged(const char *doc, const char *settings, const char **ret_root)
{
	struct trial t;
	const char *asked = "no sound document";

	if (!trial_start(&t, ENGINE_PODMAN, doc))
		return asked;
	image_use(&image, &t);
	trial_run(&t, CONTROL, MODE_DENY, settings);
	asked = journal_is_refused(&t.journal) ? arena_strdup(arena, trial_asked(&t)) : "";
	*ret_root = arena_strdup(arena, trial_value(&t, "root", "path"));
	trial_end(&t);
	return asked;
}

static void test_root(void)
{
	const char *root = at("theirs/image/rootfs"), *through = at("theirs/link/rootfs");
	const char *now = NULL, *said;

	if (!ok(make_dirs(root) && make_dirs(at("images/one/rootfs")) &&
			symlink(at("images/one"), at("theirs/link")) == 0 &&
			symlink(at("images/one"), at("images/two")) == 0,
		"mounts: images are made"))
		return;

	is_text(judged(rooted("rootfs", "/"), "{}", &now), "", "mounts: a root in the bundle");
	is_text(now, "\"rootfs\"", "mounts: and it stays as it is written");
	is_text(judged(rooted(at("images/one/rootfs"), "/"), "{}", &now), "",
		"mounts: a root below root's directories");
	is_text(now, arena_printf(arena, "\"%s\"", at("images/one/rootfs")),
		"mounts: and it stays, too");

	said = judged(rooted(root, "/"), "{}", &now);
	ok(strstr(said, "so it could be exchanged for a link") != NULL,
	   "mounts: a root in a directory of somebody else is refused");
	is_text(judged(rooted(root, "/"), "{\"parents\":\"any\"}", &now), "",
		"mounts: unless the policy lets anybody own what is above");

	is_text(judged(rooted(at("images/two/rootfs"), "/"), "{}", &now), "",
		"mounts: a root behind a symlink");
	is_text(now, arena_printf(arena, "\"%s\"", at("images/one/rootfs")),
		"mounts: is written without it");
	is_text(judged(rooted(through, "/"), "{}", &now), "",
		"mounts: a root behind somebody else's symlink");
	is_text(now, arena_printf(arena, "\"%s\"", at("images/one/rootfs")),
		"mounts: is written without that one");
}

static void test_cwd(void)
{
	static const struct {
		const char *cwd;
		bool is_fine;
	} cases[] = {
		{ "/app", true },    { "/none/yet", true },    { "/plain", true },
		{ "/proc", true },   { "/toproc", true },      { "/todevfd", false },
		{ "/fd7", false },   { "/fd7/x", false },      { "/toproc/self/fd/7", false },
		{ "/chain", false }, { "/todev/fd/7", false }, { "/loop", false },
	};
	const char *root;

	image_dir(&image, "app", 0755);
	image_link(&image, "plain", "app");
	image_link(&image, "toproc", "/proc");
	image_link(&image, "todev", "../../dev");
	image_link(&image, "todevfd", "/dev/fd");
	image_link(&image, "fd7", "/proc/self/fd/7");
	image_link(&image, "chain", "app/../fd7/../../..");
	image_link(&image, "loop", "loop");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *said = judged(rooted("rootfs", cases[i].cwd), "{}", &root);

		if (!ok((said[0] == '\0') == cases[i].is_fine,
			"mounts: working directory '%s' of this image is %s", cases[i].cwd,
			cases[i].is_fine ? "accepted" : "refused"))
			printf("#   %s\n", said);
	}
}

/* All of them lead out of every namespace, or would, a moment later. */
static void test_magic(void)
{
	static const char *const paths[] = {
		"/proc/self/fd/0",        "/proc/self/root", "/proc/self/root/etc",
		"/proc/self/cwd",         "/proc/1/root",    "/proc/1/cwd",
		"/proc/1/root/etc",       "/dev/fd/0",       "/proc/self/ns/mnt",
		"/proc/self/exe",         "/dev/stdin",      "/proc/thread-self/root",
		"/proc/self/task/1/root",
	};
	const char *before = cfg;

	/* Even where the policy lets in all that a star can. */
	cfg = "{\"allow\":[\"/**\",\"/*\",\"/proc/**\",\"/dev/**\"]}";
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct trial t;

		if (!trial_start(&t, ENGINE_DOCKER, doc_of(bind_of(paths[i], "/x", RBIND))))
			continue;
		trial_run(&t, CONTROL, MODE_DENY, cfg);
		ok(journal_is_refused(&t.journal), "mounts: '%s' is no source", paths[i]);
		trial_end(&t);
	}
	cfg = before;
	refused("the directory of open files", bind_of("/dev/fd", "/x", RBIND), "-v /dev/fd:/x ");
	refused("another process's root, relative",
		bind_of("../../../../../proc/1/root", "/x", RBIND), "");
}

static void test_sockets(void)
{
	const char *name = at("srv/innocent"), *dir = at("srv/sockets");

	if (!ok(link(at("srv/sockets/docker.sock"), name) == 0 &&
			symlink("sockets/docker.sock", at("srv/alias.txt")) == 0 &&
			mkdir(at("srv/hidden"), 0755) == 0 &&
			symlink("../sockets/docker.sock", at("srv/hidden/docker.sock")) == 0,
		"mounts: a socket has other names"))
		return;
	refused("a hard link to a socket", bind_of(name, "/x", RBIND),
		arena_printf(arena, "-v %s:/x mounts the socket", name));
	refused("a symlink to a socket", bind_of(at("srv/alias.txt"), "/x", RBIND), "-v ");
	refused("the directory that holds a socket", bind_of(dir, "/x", RBIND), "-v ");
	refused("a directory that holds a symlink to a socket",
		bind_of(at("srv/hidden"), "/x", RBIND), "-v ");
	refused("the directory, with slashes behind it",
		bind_of(arena_printf(arena, "%s//./", dir), "/x", RBIND), "-v ");
	refused("the directory, by way of another", bind_of(at("srv/app/../sockets"), "/x", RBIND),
		"-v ");
	refused("a device by a hard link",
		bind_of(link(at("srv/node"), at("srv/plain.txt")) ? "" : at("srv/plain.txt"), "/x",
			RBIND),
		arena_printf(arena, "-v %s:/x mounts a device (1:1)", at("srv/plain.txt")));
}

static void test_destinations(void)
{
	static const char *const bad[] = {
		"/x/../proc",
		"/../proc/sys",
		"/..",
		"/x/..",
		"//proc",
		"/proc/",
		"/./proc/self",
		"/proc/1/ns",
		"/proc/self/exe",
		"/sys/fs/cgroup/x",
		"/dev/../dev/sda",
		"/dev//kmsg",
		"/./",
		"//",
		"/toproc/sys",
	};
	const char *app = at("srv/app");

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		refused(arena_printf(arena, "a bind at '%s'", bad[i]), bind_of(app, bad[i], RBIND),
			"-v ");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		refused(arena_printf(arena, "a tmpfs at '%s'", bad[i]),
			mount_of("tmpfs", bad[i], ""), "--tmpfs ");

	/* The later of two mounts would hide what the first one is there for. */
	becomes("a second /proc goes", ENGINE_PLAIN,
		arena_printf(arena, "%s,%s",
			     mount_of("proc", "/proc", "\"nosuid\",\"noexec\",\"nodev\""),
			     mount_of("proc", "//proc/.", "\"nosuid\",\"noexec\",\"nodev\"")),
		mount_of("proc", "/proc", "\"nosuid\",\"noexec\",\"nodev\""), true);
	becomes("a second /dev goes", ENGINE_PLAIN,
		arena_printf(arena, "%s,%s", mount_of("tmpfs", "/dev", "\"nosuid\""),
			     mount_of("tmpfs", "/dev/", "\"nosuid\"")),
		mount_of("tmpfs", "/dev", "\"nosuid\""), true);
	becomes("a read-only mount is not hidden by a writable one", ENGINE_DOCKER,
		arena_printf(arena, "%s,%s",
			     bind_of(at("ro/some"), "/x", "\"rbind\",\"ro\"," FORCED),
			     bind_of(app, "/x/.", DONE)),
		bind_of(at("ro/some"), "/x", "\"rbind\",\"ro\"," FORCED), true);
}

int main(void)
{
	if (host_start()) {
		test_root();
		test_cwd();
		test_magic();
		test_sockets();
		test_destinations();
	}
	return host_end();
}
