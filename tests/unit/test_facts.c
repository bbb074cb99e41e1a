/* The engine by the shape of the bundle path, and the capabilities that each gives unasked. */
#include "caps.h"
#include "engine_caps.h"
#include "trial.h"

static const struct {
	const char *bundle;
	enum engine engine;
} shapes[] = {
	{ "/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/" TRIAL_ID,
	  ENGINE_DOCKER },
	{ "/run/containerd/io.containerd.runtime.v2.task/moby/x", ENGINE_DOCKER },
	{ "/tmp/test/run/io.containerd.runtime.v2.task/k8s.io/x", ENGINE_CRI },
	{ "/run/containerd/io.containerd.runtime.v2.task/default/x", ENGINE_CTR },
	{ "/run/containerd/io.containerd.runtime.v2.task/buildkit/x", ENGINE_CTR },
	{ "/var/lib/containers/storage/overlay-containers/x/userdata", ENGINE_PODMAN },
	{ "/home/u/.local/share/containers/storage/vfs-containers/x/userdata", ENGINE_PODMAN },
	{ "/var/tmp/buildah3141592653", ENGINE_BUILDAH },
	{ "/var/lib/docker/buildkit/executor/abc", ENGINE_BUILDKIT },
	{ "/var/lib/buildkit/runc-overlayfs/executor/abc", ENGINE_BUILDKIT },
	/* Alike, and not the same. */
	{ "/", ENGINE_PLAIN },
	{ "", ENGINE_PLAIN },
	{ "x", ENGINE_PLAIN },
	{ "//", ENGINE_PLAIN },
	{ "moby/x", ENGINE_PLAIN },
	{ "/moby", ENGINE_PLAIN },
	{ "/io.containerd.runtime.v2.task", ENGINE_PLAIN },
	{ "/io.containerd.runtime.v2.task/moby", ENGINE_PLAIN },
	{ "/io.containerd.runtime.v2.task/moby/x/y", ENGINE_PLAIN },
	{ "/xio.containerd.runtime.v2.task/moby/x", ENGINE_PLAIN },
	{ "/io.containerd.runtime.v2.taskx/moby/x", ENGINE_PLAIN },
	{ "/a/io.containerd.runtime.v2.task/mobyx/x", ENGINE_CTR },
	{ "/a/-containers/x/userdata", ENGINE_PLAIN },
	{ "/a/overlay-containers/userdata", ENGINE_PLAIN },
	{ "/a/overlay-containers/x/userdatax", ENGINE_PLAIN },
	{ "/a/overlay-containers/x/y/userdata", ENGINE_PLAIN },
	{ "/var/tmp/buildah", ENGINE_PLAIN },
	{ "/var/tmp/buildah12x", ENGINE_PLAIN },
	{ "/var/tmp/xbuildah12", ENGINE_PLAIN },
	{ "/executor", ENGINE_PLAIN },
	{ "/executors/x", ENGINE_PLAIN },
};

static void test_shapes(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		is_text(engine_name(engine_of_bundle(shapes[i].bundle)),
			engine_name(shapes[i].engine), shapes[i].bundle);
}

/* The very paths that the engines used when the fixtures were taken. */
static void test_fixture_paths(void)
{
	static const struct {
		const char *calls;
		enum engine engine;
	} rows[] = {
		{ "tests/data/fixtures/docker-20.10/calls.json", ENGINE_DOCKER },
		{ "tests/data/fixtures/podman-4.3.1/calls.json", ENGINE_PODMAN },
		{ "tests/data/fixtures/ctr-1.6.20/calls.json", ENGINE_CTR },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_arena struct arena *arena = arena_new();
		auto_close int fd = open(rows[i].calls, O_RDONLY | O_CLOEXEC);
		unsigned int seen = 0, right = 0;
		struct json_doc doc = { 0 };
		struct error e = { 0 };
		const char *text;
		size_t len;

		if (fd < 0 || fd_read_all(fd, JSON_MAX_TEXT, arena, &text, &len, "calls", &e) ||
		    json_parse(&doc, arena, text, len, 0, "calls", &e)) {
			ok(false, "facts: %s cannot be read", rows[i].calls);
			continue;
		}
		json_each (test, doc.root) {
			json_each (call, json_find(test, "calls")) {
				bool is_next = false;

				json_each (arg, json_find(call, "argv")) {
					if (is_next && arg->text[0] == '/') {
						seen++;
						right += engine_of_bundle(arg->text) ==
							 rows[i].engine;
					}
					is_next = json_is(arg, "--bundle");
				}
			}
		}
		ok(seen > 0 && right == seen, "facts: %u of %u bundle paths of %s are recognised",
		   right, seen, engine_name(rows[i].engine));
	}
}

static void test_host(void)
{
	struct facts facts = { .id = "x", .bundle_fd = 7, .engine = ENGINE_CRI };

	facts_host(&facts);
	ok(facts.host_memory > 1024 * 1024, "facts: the host has memory");
	ok(facts.engine == ENGINE_CRI && facts.bundle_fd == 7 && text_equal(facts.id, "x"),
	   "facts: what is known about the container stays");
}

/* ---- what each engine gives when nobody asks ---- */

static void check_default(enum engine engine, const char *path, uint64_t *all)
{
	struct trial t;
	uint64_t given = 0;

	if (!ok(trial_start_file(&t, engine, path), "caps: %s is a sound document", path))
		return;
	json_each (set, json_get(&t.doc, "process", "capabilities")) {
		json_each (name, set) {
			int number = caps_number(json_text(name), false);

			given |= number >= 0 ? UINT64_C(1) << number : 0;
		}
	}
	ok(given != 0 && (given & ~engine_default_caps()) == 0,
	   "caps: the default of %s is nobody's wish", engine_name(engine));
	*all |= given;
	trial_end(&t);
}

static void test_engine_caps(void)
{
	uint64_t all = 0;

	check_default(ENGINE_DOCKER, "tests/data/fixtures/docker-20.10/config/default.json", &all);
	check_default(ENGINE_DOCKER,
		      "tests/data/fixtures/docker-20.10-cgroupv2/config/default.json", &all);
	check_default(ENGINE_CTR, "tests/data/fixtures/ctr-1.6.20/config/default.json", &all);
	check_default(ENGINE_PODMAN, "tests/data/fixtures/podman-4.3.1/config/default.json", &all);
	check_default(ENGINE_BUILDAH, "tests/data/fixtures/buildah/config/run.json", &all);
	ok(all == engine_default_caps(), "caps: and nothing else is in the table");
}

int main(void)
{
	test_shapes();
	test_fixture_paths();
	test_host();
	test_engine_caps();
	return done_testing();
}
