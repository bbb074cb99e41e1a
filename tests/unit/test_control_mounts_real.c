/*
 * Control mounts: sources on which something is mounted. With real mounts, in a mount namespace of
 * our own.
 */
#include <sched.h>
#include <sys/mount.h>

#include "host_tree.h"

static bool bind_on(const char *source, const char *target, unsigned long flags)
{
	if (mount(source, target, "none", MS_BIND | MS_REC, NULL))
		return false;
	return !flags || mount("none", target, "none", MS_REMOUNT | MS_BIND | flags, NULL) == 0;
}

static void test_volumes(void)
{
	const char *data = at("docker/volumes/data/_data"), *evil = at("docker/volumes/evil/_data");
	const char *app = at("srv/app");

	becomes("a volume stays", ENGINE_DOCKER, bind_of(data, "/x", "\"rbind\""),
		bind_of(data, "/x", "\"rbind\"," FORCED), false);
	refused("a directory inside a volume",
		bind_of(at("docker/volumes/data/_data/sub"), "/x", RBIND), "-v ");
	refused("what looks like a volume in a user's directory",
		bind_of(at("theirs/volumes/x/_data"), "/x", RBIND), "-v x:/x mounts '");

	if (!bind_on("/", evil, 0))
		return;
	refused("a volume that is the host's root", bind_of(evil, "/x", RBIND),
		"-v evil:/x is a volume that mounts '/' of the host");
	(void)umount2(evil, MNT_DETACH);

	if (bind_on("/etc", evil, 0)) {
		refused("a volume that is a directory of the host", bind_of(evil, "/x", RBIND),
			"-v evil:/x is a volume that mounts '/etc' of the host");
		(void)umount2(evil, MNT_DETACH);
	}
	if (mount("proc", evil, "proc", 0, NULL) == 0) {
		refused("a volume that is a proc", bind_of(evil, "/x", RBIND),
			"-v evil:/x is a volume that mounts ");
		(void)umount2(evil, MNT_DETACH);
	}
	if (mount("ramfs", evil, "ramfs", 0, NULL) == 0) {
		refused("a volume of a foreign file system", bind_of(evil, "/x", RBIND),
			"-v evil:/x is a volume that mounts a file system of type 'ramfs'");
		(void)umount2(evil, MNT_DETACH);
	}
	if (mount("tmpfs", evil, "tmpfs", 0, "size=1m") == 0) {
		becomes("a volume that is a tmpfs of its own", ENGINE_DOCKER,
			bind_of(evil, "/x", DONE), bind_of(evil, "/x", DONE), false);
		ok(bind_on(evil, at("ro/some"), 0), "mounts: a tmpfs is mounted twice");
		ok(bind_on(at("ro/some"), data, 0), "mounts: and once more");
		becomes("a volume that is a directory which may be read", ENGINE_DOCKER,
			bind_of(data, "/x", "\"rbind\",\"ro\"," FORCED),
			bind_of(data, "/x", "\"rbind\",\"ro\"," FORCED), false);
		(void)umount2(at("ro/some"), MNT_DETACH);
		refused("a tmpfs that another volume is, too", bind_of(data, "/x", RBIND),
			"-v data:/x is a volume that mounts '");
		(void)umount2(data, MNT_DETACH);
		(void)umount2(evil, MNT_DETACH);
	}
	if (mount("tmpfs", evil, "tmpfs", 0, NULL) == 0 && bind_on(evil, at("ro/some"), 0) &&
	    mount("tmpfs", at("ro/some"), "tmpfs", 0, NULL) == 0) {
		refused("a tmpfs that is mounted elsewhere, but hidden there",
			bind_of(evil, "/x", RBIND),
			"-v evil:/x is a volume that mounts a file system of type 'tmpfs'");
		(void)umount2(at("ro/some"), MNT_DETACH);
		(void)umount2(at("ro/some"), MNT_DETACH);
		(void)umount2(evil, MNT_DETACH);
	}
	if (bind_on(app, evil, 0) && mount("tmpfs", app, "tmpfs", 0, NULL) == 0) {
		refused("a volume whose name on the host now means something else",
			bind_of(evil, "/x", RBIND),
			"-v evil:/x is a volume that mounts a file system of type");
		(void)umount2(app, MNT_DETACH);
		(void)umount2(evil, MNT_DETACH);
	}
	if (bind_on("/etc", evil, 0) && bind_on("/etc", data, 0)) {
		const char *before = cfg;

		cfg = arena_printf(arena, "{\"allow\":[\"%s\"]}", at("docker/**"));
		refused("a volume whose other name is a volume", bind_of(evil, "/x", RBIND),
			"-v evil:/x is a volume that mounts '/etc' of the host");
		cfg = before;
		(void)umount2(data, MNT_DETACH);
		(void)umount2(evil, MNT_DETACH);
	}
	if (bind_on(app, evil, 0)) {
		becomes("a volume that is an allowed directory", ENGINE_DOCKER,
			bind_of(evil, "/x", DONE), bind_of(evil, "/x", DONE), false);
		(void)umount2(evil, MNT_DETACH);
	}
}

static void test_mounts_below(void)
{
	const char *app = at("srv/app"), *below = at("srv/app/below");

	if (mount("tmpfs", below, "tmpfs", 0, NULL))
		return;
	becomes("what is mounted below gets the words too", ENGINE_DOCKER, bind_of(app, "/x", DONE),
		bind_of(app, "/x", DONE ",\"rnosuid\",\"rnodev\""), false);
	becomes("unless it does not come along", ENGINE_DOCKER,
		bind_of(app, "/x", "\"bind\"," FORCED), bind_of(app, "/x", "\"bind\"," FORCED),
		false);
	(void)umount2(below, MNT_DETACH);

	if (mount("tmpfs", at("ro/some"), "tmpfs", 0, NULL))
		return;
	if (mkdir(at("ro/some/below"), 0755) || mount("x", at("ro/some/below"), "tmpfs", 0, NULL))
		return;
	refused("read-only on top, writable below",
		bind_of(at("ro/some"), "/x", "\"rbind\",\"ro\""),
		arena_printf(arena, "-v %s:/x brings in other mounts below it", at("ro/some")));
	becomes("read-only all the way", ENGINE_DOCKER,
		bind_of(at("ro/some"), "/x", "\"rbind\",\"ro\",\"rro\"," FORCED),
		bind_of(at("ro/some"), "/x",
			"\"rbind\",\"ro\",\"rro\"," FORCED ",\"rnosuid\",\"rnodev\""),
		false);
	(void)umount2(at("ro/some"), MNT_DETACH);

	/* A container's root, somewhere below an allowed directory. */
	if (make_dirs(at("srv/deep/merged")) &&
	    mount("x", at("srv/deep/merged"), "tmpfs", 0, NULL) == 0) {
		refused("a directory that holds a container's root",
			bind_of(at("srv/deep"), "/x", RBIND), "-v ");
		(void)umount2(at("srv/deep/merged"), MNT_DETACH);
	}
}

/* A remount drops what the host had set on a mount. */
static void test_host_flags(void)
{
	const char *app = at("srv/app");

	if (!bind_on(app, app, MS_RDONLY | MS_NOEXEC))
		return;
	becomes("what the host has read-only and noexec stays so", ENGINE_DOCKER,
		bind_of(app, "/x", "\"rbind\",\"rprivate\",\"rw\",\"exec\""),
		bind_of(app, "/x", DONE ",\"ro\",\"noexec\""), false);
	(void)umount2(app, MNT_DETACH);
}

int main(void)
{
	if (host_start()) {
		if (unshare(CLONE_NEWNS) == 0 &&
		    mount("none", "/", "none", MS_PRIVATE | MS_REC, NULL) == 0) {
			test_volumes();
			test_mounts_below();
			test_host_flags();
		} else {
			ok(true, "mounts: real mounts # SKIP no mount namespace of our own");
		}
	}
	return host_end();
}
