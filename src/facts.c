/*
 * Which engine is calling, and what this host is.
 *
 * The engine is read off the shape of the bundle path, wherever it is rooted: root owns that path,
 * the container's author does not. Annotations say "io.container.manager" and the like, but anybody
 * can write those.
 */
#include "facts.h"

#include <ctype.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>

#include "text.h"

const char *engine_name(enum engine engine)
{
	switch (engine) {
	case ENGINE_PLAIN:
		return "plain";
	case ENGINE_DOCKER:
		return "docker";
	case ENGINE_CTR:
		return "ctr";
	case ENGINE_CRI:
		return "cri";
	case ENGINE_CRIO:
		return "crio";
	case ENGINE_PODMAN:
		return "podman";
	case ENGINE_BUILDAH:
		return "buildah";
	case ENGINE_BUILDKIT:
		return "buildkit";
	}
	return "plain";
}

/* The Nth component from the end (0 = last) of an absolute path, its length in *RET_LEN; "" when
 * there are not so many. */
static const char *component(const char *path, unsigned int nth, size_t *ret_len)
{
	const char *end = path + strlen(path);

	for (;;) {
		const char *start = end;

		while (start > path && start[-1] != '/')
			start--;
		if (nth == 0) {
			*ret_len = (size_t)(end - start);
			return start;
		}
		if (start == path) {
			*ret_len = 0;
			return "";
		}
		nth--;
		end = start - 1;
	}
}

static bool component_is(const char *path, unsigned int nth, const char *name)
{
	size_t len;
	const char *start = component(path, nth, &len);

	return len == strlen(name) && memcmp(start, name, len) == 0;
}

static bool component_ends(const char *path, unsigned int nth, const char *suffix)
{
	size_t len, suffix_len = strlen(suffix);
	const char *start = component(path, nth, &len);

	return len > suffix_len && memcmp(start + len - suffix_len, suffix, suffix_len) == 0;
}

/* buildah's bundles are mkdtemp(3)-like: "buildah" and digits. */
static bool is_buildah(const char *path)
{
	size_t len;
	const char *start = component(path, 0, &len);

	if (len <= strlen("buildah") || memcmp(start, "buildah", strlen("buildah")) != 0)
		return false;
	for (size_t i = strlen("buildah"); i < len; i++) {
		if (!isdigit((unsigned char)start[i]))
			return false;
	}
	return true;
}

enum engine engine_of_bundle(const char *bundle)
{
	if (component_is(bundle, 2, "io.containerd.runtime.v2.task")) {
		if (component_is(bundle, 1, "moby"))
			return ENGINE_DOCKER;
		return component_is(bundle, 1, "k8s.io") ? ENGINE_CRI : ENGINE_CTR;
	}
	if (component_is(bundle, 0, "userdata") && component_ends(bundle, 2, "-containers"))
		return ENGINE_PODMAN;
	if (is_buildah(bundle))
		return ENGINE_BUILDAH;
	if (component_is(bundle, 1, "executor"))
		return ENGINE_BUILDKIT;
	return ENGINE_PLAIN;
}

/* AppArmor compiled in and enabled: apparmor(7). */
static bool apparmor_is_enabled(void)
{
	auto_close int fd = -1;
	char answer = 'N';

	fd = open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, &answer, 1) == 1 && answer == 'Y';
}

void facts_host(struct facts *facts)
{
	struct statfs fs;
	struct sysinfo host;

	facts->has_cgroup_v2 =
		statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
	facts->has_apparmor = apparmor_is_enabled();
	facts->has_selinux = access("/sys/fs/selinux/enforce", F_OK) == 0;
	if (sysinfo(&host) == 0)
		facts->host_memory = (uint64_t)host.totalram * host.mem_unit;
}
