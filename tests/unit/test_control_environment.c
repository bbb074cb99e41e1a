/* Control environment: orders to a runtime, a loader or a hook go; everything else stays. */
#include <time.h>

#include "trial.h"

#define CONTROL &control_environment
#define PROCESS(env)                                                                               \
	"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"process\":{\"args\":[\"a\"],"       \
	"\"cwd\":\"/\",\"env\":[\"PATH=/bin\"," env ",\"LAST=1\"]}"
#define DOC(env) PROCESS(env) "}"
#define HOOKED(env) PROCESS(env) ",\"hooks\":{\"createContainer\":[{\"path\":\"/h\",\"env\":[]}]}}"
#define DOCKER(env)                                                                                \
	PROCESS(env)                                                                               \
	",\"hooks\":{\"poststop\":[],\"prestart\":[{\"path\":\"/proc/9/exe\","                     \
	"\"args\":[\"libnetwork-setkey\",\"-exec-root=/var/run/docker\",\"a\"],"                   \
	"\"env\":[]}]}}"

static void becomes(const char *doc, const char *cfg, const char *want, const char *name)
{
	struct trial t;

	if (!trial_start(&t, ENGINE_DOCKER, doc))
		return;
	trial_run(&t, CONTROL, MODE_FIX, cfg);
	is_text(trial_value(&t, "process", "env"), want, name);
	trial_end(&t);
}

static void test_dropped(void)
{
	static const char *const names[] = {
		"_LIBCONTAINER_INITPIPE",
		"_LIBCONTAINER_",
		"LISTEN_FDS",
		"LISTEN_PID",
		"LISTEN_PIDFDID",
		"LISTEN_FDNAMES",
		"NOTIFY_SOCKET",
		"RUN_OCI_SECCOMP_RECEIVER",
		"NVIDIA_DRIVER_CAPABILITIES",
		"NVIDIA_MIG_CONFIG_DEVICES",
		"NVIDIA_DISABLE_REQUIRE",
		"AMD_VISIBLE_DEVICES",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		auto_arena struct arena *arena = arena_new();

		trial_modes(names[i], CONTROL, ENGINE_DOCKER,
			    arena_printf(arena, DOC("\"%s=SECRET\""), names[i]), "{}", NULL);
		becomes(arena_printf(arena, DOC("\"%s=\",\"%s=2\",\"A=1\",\"%s=3\""), names[i],
				     names[i], names[i]),
			"{\"keep\":[]}", "[\"PATH=/bin\",\"A=1\",\"LAST=1\"]",
			"environment: of duplicates all go");
	}
}

static void test_loader(void)
{
	static const char *const names[] = { "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT",
					     "GLIBC_TUNABLES", "GCONV_PATH" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		auto_arena struct arena *arena = arena_new();

		trial_modes(names[i], CONTROL, ENGINE_DOCKER,
			    arena_printf(arena, HOOKED("\"%s=/x\""), names[i]), "{}", NULL);
		trial_stays("a loader's variable without any hook", CONTROL, ENGINE_DOCKER,
			    arena_printf(arena, DOC("\"%s=/x\""), names[i]), "{}");
		trial_stays("a loader's variable beside Docker's network hook", CONTROL,
			    ENGINE_DOCKER, arena_printf(arena, DOCKER("\"%s=/x\""), names[i]),
			    "{}");
	}
	/* As the control "hooks" leaves it; without "env" runc would give it its own. */
	becomes(PROCESS("\"LD_PRELOAD=/x\"") ",\"hooks\":{\"prestart\":[{\"path\":\"/proc/9/exe\","
					     "\"args\":[\"libnetwork-setkey\"]}]}}",
		"{}", "[\"PATH=/bin\",\"LAST=1\"]",
		"environment: a network hook without an environment of its own counts");
	becomes(PROCESS("\"LD_PRELOAD=/x\"") ",\"hooks\":{\"createContainer\":[{\"path\":"
					     "\"/proc/9/exe\",\"args\":[\"libnetwork-setkey\"],"
					     "\"env\":[]}]}}",
		"{}", "[\"PATH=/bin\",\"LAST=1\"]",
		"environment: a network hook is one only where Docker puts it");
	becomes(PROCESS("\"LD_PRELOAD=/x\"") ",\"hooks\":{\"prestart\":[],\"poststop\":[]}}", "{}",
		"[\"PATH=/bin\",\"LD_PRELOAD=/x\",\"LAST=1\"]",
		"environment: lists of hooks that are empty are none");
}

static void test_stays(void)
{
	static const char *const names[] = {
		"ld_preload",
		"Ld_Preload",
		"LD",
		"XLD_PRELOAD",
		"listen_fds",
		"LISTEN_FDS2",
		"LISTEN",
		"NOTIFY_SOCKET_",
		"_libcontainer_x",
		"LIBCONTAINER_X",
		"_LIBCONTAINER",
		"nvidia_visible_devices",
		"NVIDIA_VERSION",
		"NVIDIA_REQUIRE_CUDA",
		"CUDA_VERSION",
		"CUDA_VISIBLE_DEVICES",
		"HOME",
		"GCONV_PATHS",
		"GLIBC_TUNABLES_",
		" LD_PRELOAD",
		"NVIDIA_DEVICE_PLUGIN_SERVICE_HOST",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		auto_arena struct arena *arena = arena_new();

		trial_stays(names[i], CONTROL, ENGINE_DOCKER,
			    arena_printf(arena, HOOKED("\"%s=LD_PRELOAD=1\""), names[i]), "{}");
	}
	trial_stays("a document without environment", CONTROL, ENGINE_DOCKER, TRIAL_DOC(""), "{}");
}

static void test_devices(void)
{
	static const char *const nothing[] = { "", "void", "none" };
	auto_arena struct arena *arena = arena_new();

	trial_modes("a device that is asked for", CONTROL, ENGINE_DOCKER,
		    DOC("\"NVIDIA_VISIBLE_DEVICES=0\""), "{}", NULL);
	becomes(DOC("\"NVIDIA_VISIBLE_DEVICES=all\",\"B=2\",\"NVIDIA_VISIBLE_DEVICES=GPU-1\""),
		"{}",
		"[\"PATH=/bin\",\"NVIDIA_VISIBLE_DEVICES=void\",\"B=2\","
		"\"NVIDIA_VISIBLE_DEVICES=void\",\"LAST=1\"]",
		"environment: absent would be all devices for old images, void is none");
	for (size_t i = 0; i < ARRAY_SIZE(nothing); i++)
		trial_stays("a request for no device", CONTROL, ENGINE_DOCKER,
			    arena_printf(arena, DOC("\"NVIDIA_VISIBLE_DEVICES=%s\""), nothing[i]),
			    "{}");
}

static void test_keep(void)
{
	becomes(HOOKED("\"NVIDIA_VISIBLE_DEVICES=all\",\"NVIDIA_DRIVER_CAPABILITIES=all\","
		       "\"LD_LIBRARY_PATH=/a\",\"LD_PRELOAD=/b\",\"NOTIFY_SOCKET=/n\","
		       "\"_LIBCONTAINER_X=1\""),
		"{\"keep\":[\"NVIDIA_*\",\"LD_LIBRARY_PATH\",\"NOTIFY_SOCKET\",\"*CONTAINER_*\"]}",
		"[\"PATH=/bin\",\"NVIDIA_VISIBLE_DEVICES=all\",\"NVIDIA_DRIVER_CAPABILITIES=all\","
		"\"LD_LIBRARY_PATH=/a\",\"NOTIFY_SOCKET=/n\",\"LAST=1\"]",
		"environment: what the policy keeps stays, but never the runtime's own");
	ok(trial_accepts(CONTROL, "keep", "\"LD_*\"") && !trial_accepts(CONTROL, "keep", "\"\"") &&
		   !trial_accepts(CONTROL, "keep", "\"A=1\""),
	   "environment: keep takes names");
}

static void test_exec(void)
{
	struct trial t;

	if (!trial_start(&t, ENGINE_DOCKER, DOC("\"LD_PRELOAD=/x\",\"LISTEN_FDS=1\"")))
		return;
	json_unlink(json_find(t.doc.root, "root"));
	t.scope = SCOPE_PROCESS;
	trial_run(&t, CONTROL, MODE_FIX, "{}");
	is_text(trial_value(&t, "process", "env"), "[\"PATH=/bin\",\"LD_PRELOAD=/x\",\"LAST=1\"]",
		"environment: at exec there is no hook, and a container's loader is its own "
		"affair");
	trial_end(&t);
}

static void test_values(void)
{
	struct trial t;

	if (!trial_start(&t, ENGINE_DOCKER,
			 HOOKED("\"LD_PRELOAD=/SECRET\",\"NVIDIA_VISIBLE_DEVICES=SECRET\"")))
		return;
	trial_run(&t, CONTROL, MODE_FIX, "{}");
	ok(trial_edits(&t) == 2, "environment: variable by variable");
	for (const struct journal_entry *entry = t.journal.entries; entry; entry = entry->next)
		ok(!strstr(entry->from, "SECRET") && (!entry->to || !strstr(entry->to, "SECRET")),
		   "environment: no value is in the journal: %s", entry->from);
	is_text(t.journal.entries->path, "/process/env/1", "environment: paths are as at the time");
	is_text(t.journal.last_entry->path, "/process/env/1",
		"environment: ... of the second edit too");
	trial_end(&t);
}

/* FRONT that stay, then COUNT that do not. */
static bool start_many(struct trial *t, unsigned int front, unsigned int count)
{
	auto_strbuf struct strbuf text = { 0 };

	strbuf_puts(&text, "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"process\":{"
			   "\"args\":[\"a\"],\"cwd\":\"/\",\"env\":[\"A=1\"");
	for (unsigned int i = 1; i < front; i++)
		strbuf_puts(&text, ",\"A=1\"");
	for (unsigned int i = 0; i < count; i++)
		strbuf_puts(&text, i % 2 ? ",\"LISTEN_FDS=1\"" : ",\"NVIDIA_VISIBLE_DEVICES=1\"");
	strbuf_puts(&text, "]}}");
	return trial_start(t, ENGINE_DOCKER, strbuf_text(&text));
}

/* The last of a great many go: no edit may count anew what is in front of it. */
static void test_many(void)
{
	const unsigned int front = 230000, most = 10000;
	struct timespec begin, end;
	struct trial t;
	bool is_right = true;
	unsigned int place = front;

	if (!start_many(&t, front, most))
		return;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	trial_run(&t, CONTROL, MODE_FIX, "{}");
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	for (const struct journal_entry *entry = t.journal.entries; entry; entry = entry->next) {
		is_right = is_right &&
			   text_equal(entry->path, arena_printf(t.arena, "/process/env/%u", place));
		place += text_equal(entry->op, "replace");
	}
	ok(is_right && trial_edits(&t) == most && !t.journal.refusals,
	   "environment: ten thousand edits, each with its own path");
	ok(end.tv_sec - begin.tv_sec < 2, "environment: ... in time linear in their number");
	trial_end(&t);

	if (!start_many(&t, 1, most + 1))
		return;
	trial_run(&t, CONTROL, MODE_FIX, "{}");
	ok(journal_is_refused(&t.journal) && trial_edits(&t) == most &&
		   text_starts(trial_asked(&t), "process.env has more than 10000 variables"),
	   "environment: one more is refused");
	trial_end(&t);
}

int main(void)
{
	test_dropped();
	test_loader();
	test_stays();
	test_devices();
	test_keep();
	test_exec();
	test_values();
	test_many();
	return done_testing();
}
