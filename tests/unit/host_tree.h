/*
 * A small host for the tests of the control "mounts": an engine's data root, volumes, a directory
 * that the policy allows, and one more that it allows to be read. host_start() makes it, host_end()
 * removes it.
 */
#ifndef MANTLET_HOST_TREE_H
#define MANTLET_HOST_TREE_H

#include <errno.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "image.h"

#define CONTROL &control_mounts
#define OTHER_ID "0000000000000000000000000000000000000000000000000000000000000000"
#define CONFIG "tests/data/fixtures/"
#define FORCED "\"nosuid\",\"nodev\",\"rprivate\""

static struct arena *arena;
static struct image image;
static char host[] = "/tmp/mantlet-mounts-XXXXXX";
static const char *cfg; /* allows HOST/srv and, read-only, HOST/ro */

static inline const char *at(const char *path)
{
	return arena_printf(arena, "%s/%s", host, path);
}

static inline bool make_dirs(const char *path)
{
	char *copy = arena_strdup(arena, path);

	for (char *slash = strchr(copy + strlen(host) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0755) && errno != EEXIST)
			return false;
		*slash = '/';
	}
	return mkdir(copy, 0755) == 0 || errno == EEXIST;
}

static inline bool make_file(const char *path, mode_t mode)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

	return fd >= 0;
}

static inline bool make_socket(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	return fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0;
}

static inline bool make_host(void)
{
	if (!mkdtemp(host) || chmod(host, 0755) ||
	    !make_dirs(at("docker/containers/" TRIAL_ID "/mounts/shm")) ||
	    !make_dirs(at("docker/containers/" OTHER_ID "/mounts/shm")) ||
	    !make_dirs(at("docker/volumes/data/_data/sub")) ||
	    !make_dirs(at("docker/volumes/evil/_data")) || !make_dirs(at("docker/overlay2/x")) ||
	    !make_dirs(at("srv/app/below")) || !make_dirs(at("srv/engine/volumes")) ||
	    !make_dirs(at("srv/sockets")) || !make_dirs(at("ro/some")) || !make_dirs(at("bin")) ||
	    !make_dirs(at("theirs/volumes/x/_data")) || chown(at("theirs"), 1000, 1000) ||
	    symlink("/etc", at("srv/link")) || symlink("app", at("srv/alias")) ||
	    symlink("/proc/self/root", at("srv/magic")) || mkfifo(at("srv/fifo"), 0666) ||
	    mknod(at("srv/disk"), S_IFBLK | 0600, makedev(8, 0)) ||
	    mknod(at("srv/node"), S_IFCHR | 0600, makedev(1, 1)) ||
	    symlink("/proc", at("srv/app/link")))
		return false;
	return make_file(at("docker/containers/" TRIAL_ID "/hosts"), 0644) &&
	       make_file(at("docker/containers/" OTHER_ID "/hosts"), 0644) &&
	       make_file(at("srv/engine/volumes/metadata.db"), 0600) &&
	       make_file(at("srv/file"), 0644) && make_file(at("bin/docker-init"), 0755) &&
	       make_socket(at("srv/socket")) && make_socket(at("srv/sockets/docker.sock"));
}

/* A document with these mounts (JSON), an own ipc namespace and a root directory that exists. */
static inline const char *doc_of(const char *mounts)
{
	return arena_printf(arena,
			    "{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],\"cwd\":"
			    "\"/\"},\"root\":{\"path\":\"%s/rootfs\"},\"linux\":{\"namespaces\":[{"
			    "\"type\":\"ipc\"}]},\"mounts\":[%s]}",
			    image.bundle, mounts);
}

static inline const char *bind_of(const char *source, const char *dest, const char *options)
{
	return arena_printf(arena,
			    "{\"destination\":\"%s\",\"type\":\"bind\",\"source\":\"%s\","
			    "\"options\":[%s]}",
			    dest, source, options);
}

static inline const char *mount_of(const char *type, const char *dest, const char *options)
{
	return arena_printf(arena,
			    "{\"destination\":\"%s\",\"type\":\"%s\",\"source\":\"%s\","
			    "\"options\":[%s]}",
			    dest, type, type, options);
}

#define RBIND "\"rbind\",\"rprivate\""
#define DONE "\"rbind\",\"rprivate\",\"nosuid\",\"nodev\""

/* Refused under deny, gone under fix. */
static inline void refused_as(const char *name, enum engine engine, const char *mount,
			      const char *asked)
{
	struct trial t;

	trial_modes(name, CONTROL, engine, doc_of(mount), cfg, asked);
	if (trial_start(&t, engine, doc_of(mount))) {
		trial_run(&t, CONTROL, MODE_FIX, cfg);
		is_text(trial_value(&t, "mounts"), "[]",
			arena_printf(arena, "mounts: fix takes %s out", name));
		trial_end(&t);
	}
}

static inline void refused(const char *name, const char *mount, const char *asked)
{
	refused_as(name, ENGINE_DOCKER, mount, asked);
}

/* The list of mounts after fix, and whether a person was told. */
static inline void becomes(const char *name, enum engine engine, const char *mount,
			   const char *want, bool is_asked)
{
	struct trial t;

	if (!trial_start(&t, engine, doc_of(mount)))
		return;
	trial_run(&t, CONTROL, MODE_FIX, cfg);
	is_text(trial_value(&t, "mounts"), arena_printf(arena, "[%s]", want),
		arena_printf(arena, "mounts: %s", name));
	ok((t.journal.refusals != NULL) == is_asked && !journal_is_refused(&t.journal),
	   "mounts: %s: %s", name, is_asked ? "asked for" : "nobody asked");
	trial_run(&t, CONTROL, MODE_DENY, cfg);
	ok(trial_edits(&t) == 0 && !t.journal.refusals, "mounts: %s: once is enough", name);
	trial_end(&t);
}

static inline bool host_start(void)
{
	arena = arena_new();
	if (!ok(make_host(), "mounts: a host for the tests is made"))
		return false;
	cfg = arena_printf(arena, "{\"allow\":[\"%s\",\"%s:ro\",\"/no:ro\"]}", at("srv/**"),
			   at("ro/**"));
	return image_make(&image);
}

static inline int host_end(void)
{
	image_end(&image);
	(void)nftw(host, image_remove, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	arena_free(arena);
	return done_testing();
}

#endif
