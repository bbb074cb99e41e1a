/* Control rootfs: a read-only root, and tmpfs where it was writable a moment ago. */
#include "image.h"

#define CONTROL &control_rootfs
#define CFG                                                                                        \
	"{\"readonly\":true,\"tmpfs\":{\"/tmp\":\"64MiB\",\"/run\":\"16MiB\",\"/var/tmp\":"        \
	"\"64MiB\"}}"
#define CFG_TMPFS(map) "{\"readonly\":true,\"tmpfs\":{" map "}}"
#define DOC(root, mounts)                                                                          \
	"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"" root "},\"process\":{\"args\":[\"a\"],"  \
	"\"cwd\":\"/\",\"user\":{\"uid\":65532,\"gid\":65533}},\"mounts\":[" mounts "]}"
#define BUNDLE(mounts) DOC("rootfs\"", mounts)
#define AT(destination)                                                                            \
	"{\"destination\":\"" destination "\",\"type\":\"bind\",\"source\":\"/x\",\"options\":["   \
	"\"bind\"]}"

static struct image image;

/* Run under deny, where nothing of this control is an ask. */
static void run(struct trial *t, const char *doc, const char *cfg)
{
	if (!trial_start(t, ENGINE_DOCKER, doc))
		return;
	image_use(&image, t);
	trial_run(t, CONTROL, MODE_DENY, cfg);
}

/* The destinations of all mounts in order, with a star at ours. */
static const char *places(struct trial *t)
{
	auto_strbuf struct strbuf text = { 0 };

	json_each (mount, json_get(&t->doc, "mounts")) {
		const char *source = json_text(json_find(mount, "source"));

		strbuf_printf(&text, "%s%s%s", text.len ? " " : "",
			      json_text(json_find(mount, "destination")),
			      text_equal(source, "tmpfs") ? "*" : "");
	}
	return arena_strdup(t->arena, strbuf_text(&text));
}

static void expect(const char *mounts, const char *cfg, const char *want, const char *name)
{
	auto_arena struct arena *arena = arena_new();
	struct trial t;

	run(&t, arena_printf(arena, BUNDLE("%s"), mounts), cfg);
	is_text(places(&t), want, name);
	if (t.journal.refusals || t.result)
		ok(false, "rootfs: accepted, not: %s %s", trial_asked(&t), t.e.message);
	trial_run(&t, CONTROL, MODE_DENY, cfg);
	if (trial_edits(&t))
		ok(false, "rootfs: a second run finds nothing to do");
	trial_end(&t);
}

static void test_readonly(void)
{
	struct trial t;

	run(&t, BUNDLE(""), CFG);
	is_text(trial_value(&t, "root"), "{\"path\":\"rootfs\",\"readonly\":true}",
		"rootfs: a writable root becomes read-only");
	ok(trial_count(&t, EDIT_TRIM) == 1 && trial_count(&t, EDIT_COMP) == 3 &&
		   trial_edits(&t) == 4 && !t.journal.refusals,
	   "rootfs: which is a trim and three compensations, and nobody's wish");
	trial_run(&t, CONTROL, MODE_DENY, CFG);
	ok(trial_edits(&t) == 0, "rootfs: a second run finds nothing to do");
	trial_end(&t);

	run(&t, DOC("rootfs\",\"readonly\":false", ""), CFG);
	is_text(trial_value(&t, "root", "readonly"), "true", "rootfs: false is no wish either");
	trial_end(&t);
	run(&t, DOC("rootfs\",\"readonly\":true", ""), CFG);
	ok(trial_edits(&t) == 0, "rootfs: an asked --read-only gets no tmpfs on top");
	trial_end(&t);
	run(&t, BUNDLE(""), "{\"readonly\":false,\"tmpfs\":{\"/tmp\":\"64MiB\"}}");
	ok(trial_edits(&t) == 0, "rootfs: a policy may leave the root writable");
	trial_end(&t);

	if (trial_start(&t, ENGINE_DOCKER, BUNDLE(AT("/data")))) {
		const char *before = trial_text(&t);

		image_use(&image, &t);
		trial_run(&t, CONTROL, MODE_AUDIT, CFG);
		ok(trial_edits(&t) == 4 && text_equal(trial_text(&t), before),
		   "rootfs: audit records and changes nothing");
		trial_end(&t);
	}
}

static void test_path(void)
{
	struct trial t;

	run(&t, DOC("/etc\"", ""), CFG);
	ok(journal_is_refused(&t.journal), "rootfs: a directory of the host is refused");
	is_text(trial_asked(&t), "root.path '/etc' makes the host's own /etc the container's root",
		"rootfs: and named");
	trial_run(&t, CONTROL, MODE_FIX, CFG);
	ok(journal_is_refused(&t.journal), "rootfs: under fix too");
	trial_end(&t);
	run(&t, DOC("absent\"", ""), CFG);
	ok(t.result < 0, "rootfs: what cannot be opened is no verdict, so no start");
	trial_end(&t);
}

static void test_options(void)
{
	struct trial t;

	run(&t, BUNDLE(""), CFG_TMPFS("\"/run\":\"16MiB\""));
	is_text(trial_value(&t, "mounts"),
		"[{\"destination\":\"/run\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":["
		"\"nosuid\",\"nodev\",\"noexec\",\"size=16777216\",\"uid=65532\",\"gid=65533\","
		"\"mode=755\"]}]",
		"rootfs: a tmpfs is sized, owned by the user, without set-uid, devices, programs");
	trial_end(&t);
	run(&t, BUNDLE(""),
	    CFG_TMPFS("\"/"
		      "tmp\":{\"size\":\"1%\",\"exec\":true,\"owner\":\"5:6\",\"mode\":\"3775\"}"));
	is_text(trial_value(&t, "mounts"),
		"[{\"destination\":\"/tmp\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":["
		"\"nosuid\",\"nodev\",\"size=85897216\",\"uid=5\",\"gid=6\",\"mode=3775\"]}]",
		"rootfs: a policy may say more about one");
	trial_end(&t);
	run(&t, BUNDLE(""), CFG_TMPFS("\"/tmp\":{\"exec\":true}"));
	ok(strstr(trial_value(&t, "mounts"), "\"size=67108864\"") != NULL,
	   "rootfs: no tmpfs is without a size");
	trial_end(&t);
}

static void test_place(void)
{
	static const char cfg[] = CFG_TMPFS("\"/run/db\":\"4MiB\",\"/run\":\"16MiB\"");

	expect(AT("/proc") "," AT("/dev") "," AT("/dev/pts") "," AT("/data") "," AT(
		       "/sys/fs/cgroup"),
	       CFG_TMPFS("\"/tmp\":\"1MiB\""), "/proc /dev /dev/pts /tmp* /data /sys/fs/cgroup",
	       "rootfs: ours come behind the engine's and before all others");
	expect(AT("/data"), CFG_TMPFS("\"/tmp\":\"1MiB\""), "/tmp* /data",
	       "rootfs: first, where the engine has none");
	expect(AT("/proc") "," AT("/var/run/app.sock"), CFG_TMPFS("\"/run\":\"1MiB\""),
	       "/proc /run* /var/run/app.sock",
	       "rootfs: a bind under /var/run is not hidden by a tmpfs on /run");
	expect(AT("/var/run"), CFG_TMPFS("\"/run\":\"1MiB\""), "/var/run",
	       "rootfs: a mount on /var/run is one on /run");
	expect(AT("/run"), CFG_TMPFS("\"/var/run\":\"1MiB\""), "/run",
	       "rootfs: and the other way round");
	expect("", CFG_TMPFS("\"/var/run\":\"1MiB\",\"/run\":\"2MiB\""), "/run*",
	       "rootfs: two names of one directory get one tmpfs");
	expect(AT("/var"), CFG_TMPFS("\"/var/tmp\":\"1MiB\""), "/var",
	       "rootfs: below a mount of the request none is needed");
	expect("", cfg, "/run* /run/db*",
	       "rootfs: parents come first, and what lies on ours need not exist");
	expect("", CFG_TMPFS("\"/tmp\":false"), "", "rootfs: false takes one away");
}

/* 1 note, saying WHY. */
static void expect_skipped(const char *path, const char *why, const char *name)
{
	auto_arena struct arena *arena = arena_new();
	struct trial t;

	run(&t, BUNDLE(AT("/proc")), arena_printf(arena, CFG_TMPFS("\"%s\":\"1MiB\""), path));
	is_text(places(&t), "/proc", name);
	is_text(t.journal.notes ? t.journal.notes->text : NULL,
		arena_printf(arena, "tmpfs %s left out: %s", path, why), "rootfs: and noted");
	trial_end(&t);
}

static void test_skipped(void)
{
	struct trial t;

	image_file(&image, "file", "");
	image_link(&image, "out", "../../../../home/x");
	image_link(&image, "kernel", "/proc/sys");
	image_link(&image, "root", "/");
	expect_skipped("/absent", "the image has no such directory",
		       "rootfs: a directory that the image lacks gets none");
	expect_skipped("/file", "it is no directory in this image", "rootfs: nor does a file");
	expect_skipped("/out", "the image has no such directory",
		       "rootfs: nor a link that would lead out");
	expect_skipped("/kernel", "in this image it leads to the engine's own mounts",
		       "rootfs: nor a link into /proc");
	expect_skipped("/root", "in this image it leads to the engine's own mounts",
		       "rootfs: nor a link to the root itself");

	image_link(&image, "dev", "/run/dev");
	run(&t, BUNDLE(AT("/dev")), CFG_TMPFS("\"/run\":\"1MiB\""));
	is_text(places(&t), "/dev", "rootfs: an image whose /dev lies in /run keeps it visible");
	trial_end(&t);

	image_link(&image, "loop", "/loop");
	run(&t, BUNDLE(AT("/loop/x")), CFG);
	ok(t.result < 0, "rootfs: a mount through a loop of links is no verdict, so no start");
	trial_end(&t);
}

static void test_keep(void)
{
	static const char cfg[] = CFG_TMPFS("\"/keep\":{\"size\":\"64KiB\",\"keep\":true}");
	struct trial t;

	image_dir(&image, "keep", 0700);
	image_file(&image, "keep/file", "text");
	run(&t, BUNDLE(""), cfg);
	ok(text_ends(trial_value(&t, "mounts"), "\"mode=700\",\"tmpcopyup\"]}]") &&
		   !t.journal.refusals,
	   "rootfs: content is kept where the policy says so");
	trial_end(&t);

	(void)mkfifoat(image.fd, "keep/fifo", 0644);
	run(&t, BUNDLE(""), cfg);
	ok(journal_is_refused(&t.journal), "rootfs: content that runtimes cannot copy is refused");
	is_text(trial_asked(&t),
		"the image's content of /keep cannot be kept on a tmpfs: it holds a FIFO, a socket "
		"or a device",
		"rootfs: with a sentence");
	trial_end(&t);
}

static void test_many(void)
{
	auto_strbuf struct strbuf mounts = { 0 };
	auto_arena struct arena *arena = arena_new();
	struct trial t;

	for (int i = 0; i < 256; i++)
		strbuf_printf(&mounts, "%s" AT("/var/run/%d"), i ? "," : "", i);
	run(&t, arena_printf(arena, BUNDLE("%s"), strbuf_text(&mounts)), CFG);
	ok(trial_edits(&t) == 4 && text_starts(places(&t), "/run* /tmp* /var/tmp* /var/run/0 "),
	   "rootfs: hundreds of mounts are looked at");
	trial_end(&t);
}

static void test_settings(void)
{
	static const char *const right[] = {
		"{\"/tmp\":\"64MiB\"}",
		"{\"/run/x\":\"5%\"}",
		"{\"/a\":{\"size\":\"1KiB\",\"exec\":true,\"owner\":\"user\",\"mode\":\"1777\","
		"\"keep\":false}}",
		"{\"/a\":{\"owner\":\"0:0\"}}",
	};
	static const char *const wrong[] = {
		"{\"tmp\":\"64MiB\"}",
		"{\"/\":\"64MiB\"}",
		"{\"/tmp/\":\"64MiB\"}",
		"{\"/a/../b\":\"64MiB\"}",
		"{\"/a/..\":\"64MiB\"}",
		"{\"//a\":\"64MiB\"}",
		"{\"/proc/x\":\"64MiB\"}",
		"{\"/dev/shm\":\"64MiB\"}",
		"{\"/tmp\":\"64\"}",
		"{\"/tmp\":64}",
		"{\"/tmp\":true}",
		"{\"/tmp\":{\"size\":64}}",
		"{\"/tmp\":{\"exec\":1}}",
		"{\"/tmp\":{\"mode\":\"9\"}}",
		"{\"/tmp\":{\"owner\":\"root\"}}",
		"{\"/tmp\":{\"sizes\":\"1MiB\"}}",
		"{\"/tmp\":{\"mode\":\"0000\"}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(right); i++)
		ok(trial_accepts(CONTROL, "tmpfs", right[i]), "rootfs: tmpfs %s is right",
		   right[i]);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		ok(!trial_accepts(CONTROL, "tmpfs", wrong[i]), "rootfs: tmpfs %s is wrong",
		   wrong[i]);
}

int main(void)
{
	if (image_make(&image)) {
		test_readonly();
		test_path();
		test_options();
		test_place();
		test_skipped();
		test_keep();
		test_many();
		test_settings();
	}
	image_end(&image);
	return done_testing();
}
