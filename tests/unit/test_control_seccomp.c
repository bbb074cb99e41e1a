/* Control seccomp: whose filter a container gets, and which programs would die of it. */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "caps.h"
#include "engine_caps.h"
#include "trial.h"

#define CONTROL &control_seccomp
#define OURS "{\"profile\":\"default\",\"compat\":false}"
#define ENGINES "{\"profile\":\"engine\",\"compat\":false}"
#define WITH(profile) TRIAL_DOC(",\"linux\":{\"seccomp\":" profile "}")
#define CONFIG "tests/data/fixtures/docker-20.10/config/"
#define PODMAN "tests/data/fixtures/podman-4.3.1/config/"
#define UNCONFINED "--security-opt seccomp=unconfined switches the system call filter off"

static struct arena *arena;
static char place[] = "/tmp/mantlet-seccomp-XXXXXX";

static const char *read_fixture(const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct error e = { 0 };
	const char *text = NULL;
	size_t len;

	if (fd < 0 || fd_read_all(fd, JSON_MAX_TEXT, arena, &text, &len, path, &e))
		return "{}";
	return text;
}

/* ---- ours ---- */

static void test_missing(void)
{
	trial_modes("no filter under docker", CONTROL, ENGINE_DOCKER, TRIAL_DOC(""), OURS,
		    UNCONFINED);
	trial_modes("no filter under podman", CONTROL, ENGINE_PODMAN, TRIAL_DOC(""), ENGINES,
		    UNCONFINED);
	trial_modes("no filter under ctr", CONTROL, ENGINE_CTR, TRIAL_DOC(""), OURS, NULL);
	trial_modes("no filter in Kubernetes", CONTROL, ENGINE_CRI, TRIAL_DOC(""), ENGINES, NULL);
	trial_modes("no filter in a plain bundle", CONTROL, ENGINE_PLAIN, TRIAL_DOC(""), OURS,
		    NULL);
	trial_stays("no filter where policy says so", CONTROL, ENGINE_DOCKER, TRIAL_DOC(""),
		    "{\"profile\":\"unconfined\"}");
}

static void test_fixtures(void)
{
	trial_modes("Docker's default", CONTROL, ENGINE_DOCKER, read_fixture(CONFIG "default.json"),
		    OURS, NULL);
	trial_modes("podman's default", CONTROL, ENGINE_PODMAN, read_fixture(PODMAN "default.json"),
		    OURS, NULL);
	trial_modes("Docker's default, with 32-bit entries", CONTROL, ENGINE_DOCKER,
		    read_fixture(CONFIG "default.json"),
		    "{\"profile\":\"default\",\"compat\":true}", NULL);
	trial_modes("the captured unconfined", CONTROL, ENGINE_DOCKER,
		    read_fixture(CONFIG "seccomp-unconfined.json"), OURS, UNCONFINED);
	trial_stays("Docker's default where the engine's counts", CONTROL, ENGINE_DOCKER,
		    read_fixture(CONFIG "default.json"), ENGINES);
	trial_stays("podman's default where the engine's counts", CONTROL, ENGINE_PODMAN,
		    read_fixture(PODMAN "default.json"), ENGINES);
}

static void test_privileged(void)
{
	struct trial t;
	struct edit *ed;
	struct error e = { 0 };
	struct json_doc cfg = { 0 };

	if (!trial_start(&t, ENGINE_DOCKER, TRIAL_DOC("")) ||
	    json_parse(&cfg, t.arena, OURS, strlen(OURS), 0, "settings", &e))
		return;
	ed = edit_new(t.arena, &t.doc, &t.facts, SCOPE_SPEC, &t.journal);
	edit_begin(ed, "privileged");
	edit_mark_privileged(ed);
	edit_keep(ed, false);
	edit_begin(ed, "seccomp");
	ok(control_seccomp.apply(ed, cfg.root, &e) == 0 && !t.journal.refusals &&
		   trial_count(&t, EDIT_TRIM) == 1,
	   "seccomp: what --privileged implies is not said a second time");
	trial_end(&t);
}

/* ---- the engine's ---- */

static void test_engine(void)
{
	static const char *const final[][2] = {
		{ WITH("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"listenerPath\":\"/run/x\"}"),
		  "the seccomp profile hands system calls to another process, '/run/x'" },
		{ WITH("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"listenerMetadata\":\"x\"}"),
		  "the seccomp profile hands system calls to another process" },
		/* Also said: that it cannot be combined; no rewrite keeps what it blocks. */
		{ WITH("{\"defaultAction\":\"SCMP_ACT_TRACE\"}"), UNCONFINED },
		{ WITH("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
		       "\"action\":\"SCMP_ACT_NOTIFY\"}]}"),
		  "the seccomp profile cannot be combined with ours: it hands system calls to a "
		  "listener (SCMP_ACT_NOTIFY) and names none" },
		{ WITH("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
		       "\"action\":\"SCMP_ACT_WHATEVER\"}]}"),
		  "the seccomp profile has no meaning: one of its actions is unknown" },
	};

	trial_modes("a profile that allows by default", CONTROL, ENGINE_DOCKER,
		    WITH("{\"defaultAction\":\"SCMP_ACT_ALLOW\"}"), ENGINES, UNCONFINED);
	trial_modes("a profile that only logs", CONTROL, ENGINE_DOCKER,
		    WITH("{\"defaultAction\":\"SCMP_ACT_LOG\"}"), ENGINES, UNCONFINED);
	trial_modes("a list of all calls where the engine's counts", CONTROL, ENGINE_DOCKER,
		    WITH("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":["
			 "\"read\",\"write\",\"keyctl\",\"kexec_load\"],"
			 "\"action\":\"SCMP_ACT_ALLOW\"}]}"),
		    ENGINES,
		    "--security-opt seccomp=FILE allows even kexec_load, so it is no filter");
	trial_stays("one that blocks them by name", CONTROL, ENGINE_DOCKER,
		    WITH("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":["
			 "\"kexec_load\"],\"action\":\"SCMP_ACT_KILL\"}]}"),
		    ENGINES);
	trial_modes("a profile that takes a defence away", CONTROL, ENGINE_DOCKER,
		    WITH("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"flags\":["
			 "\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"]}"),
		    ENGINES, NULL);
	trial_stays("a profile that kills", CONTROL, ENGINE_DOCKER,
		    WITH("{\"defaultAction\":\"SCMP_ACT_KILL_PROCESS\",\"flags\":["
			 "\"SECCOMP_FILTER_FLAG_LOG\"]}"),
		    ENGINES);
	for (size_t i = 0; i < ARRAY_SIZE(final); i++) {
		struct trial t;

		if (!trial_start(&t, ENGINE_DOCKER, final[i][0]))
			continue;
		trial_run(&t, CONTROL, MODE_FIX, ENGINES);
		ok(journal_is_refused(&t.journal), "seccomp: a listener is refused under fix");
		is_text(trial_asked(&t), final[i][1], "seccomp: and said");
		trial_end(&t);
	}
}

/* Docker opens mount(2) and its like for --cap-add SYS_ADMIN; without the capability they stay
 * open, until a user namespace gives it back. */
static void test_opened(void)
{
	static const char open[] =
		"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\","
		"\"capabilities\":{\"bounding\":[%s]}},\"root\":{\"path\":\"rootfs\"},\"linux\":{"
		"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":["
		"\"mount\","
		"\"unshare\",\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]}}}";
	const uint64_t asked =
		engine_default_caps() | UINT64_C(1) << caps_number("CAP_SYS_ADMIN", false);

	for (int is_kept = 0; is_kept < 2; is_kept++) {
		struct trial t;

		if (!trial_start(&t, ENGINE_DOCKER,
				 arena_printf(arena, open, is_kept ? "\"CAP_SYS_ADMIN\"" : "")))
			continue;
		t.facts.created =
			(struct create_request){ .is_known = true, .capabilities = asked };
		trial_run(&t, CONTROL, MODE_DENY, ENGINES);
		ok((trial_edits(&t) == 0) == is_kept && !t.journal.refusals,
		   "seccomp: a filter opened for a capability that is %s %s",
		   is_kept ? "there" : "gone", is_kept ? "stays" : "is combined with ours");
		ok(is_kept == !!strstr(trial_value(&t, "linux", "seccomp"),
				       "[\"mount\",\"unshare\",\"read\"]"),
		   "seccomp: so its calls are %s", is_kept ? "kept" : "blocked again");
		trial_run(&t, CONTROL, MODE_DENY, ENGINES);
		ok(trial_edits(&t) == 0, "seccomp: a second run finds nothing to do");
		trial_end(&t);
	}
}

/* ---- a file of the site's ---- */

static const char *file(const char *name, const char *text, mode_t mode)
{
	const char *path = arena_printf(arena, "%s/%s", place, name);
	auto_close int fd = -1;

	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fchmod(fd, mode))
		ok(false, "seccomp: %s can be made", path);
	return path;
}

/* A policy may name a listener; then its calls go there, as far as ours allows them. */
static void test_listener(void)
{
	static const char doc[] = WITH(
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"listenerPath\":\"/run/x\",\"syscalls\":[{"
		"\"names\":[\"read\",\"mount\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}");
	static const char cfg[] = "{\"profile\":\"default\",\"listeners\":[\"/run/x\"]}";
	struct trial t;

	trial_modes("a listener that policy names", CONTROL, ENGINE_PLAIN, doc, cfg, NULL);
	if (!trial_start(&t, ENGINE_PLAIN, doc))
		return;
	trial_run(&t, CONTROL, MODE_FIX, cfg);
	is_text(trial_value(&t, "linux", "seccomp", "listenerPath"), "\"/run/x\"",
		"seccomp: a listener that policy names stays");
	ok(strstr(trial_value(&t, "linux", "seccomp", "syscalls"),
		  "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_NOTIFY\"}") != NULL,
	   "seccomp: and gets the calls that ours allows");
	trial_end(&t);
	if (!trial_start(&t, ENGINE_PLAIN, doc))
		return;
	trial_run(&t, CONTROL, MODE_FIX, "{\"profile\":\"default\",\"listeners\":[\"/run/y\"]}");
	is_text(trial_asked(&t),
		"the seccomp profile hands system calls to another process, '/run/x'",
		"seccomp: another listener is refused");
	trial_end(&t);
	if (!trial_start(&t, ENGINE_PLAIN,
			 WITH("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"listenerPath\":\"/run/x\","
			      "\"syscalls\":[{\"names\":[\"read\",\"write\"],"
			      "\"action\":\"SCMP_ACT_NOTIFY\"}]}")))
		return;
	trial_run(&t, CONTROL, MODE_FIX, cfg);
	is_text(trial_asked(&t),
		"the seccomp profile hands 'write' to another process, which runc does not load",
		"seccomp: a listener for write is refused");
	trial_end(&t);
	ok(trial_accepts(CONTROL, "listeners", "\"/run/x\"") &&
		   !trial_accepts(CONTROL, "listeners", "\"x\""),
	   "seccomp: listeners are absolute paths");
}

/* A name that the library does not know is said in the record. */
static void test_unknown(void)
{
	struct trial t;

	if (!trial_start(&t, ENGINE_PLAIN,
			 WITH("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":["
			      "\"frobnicate\"],\"action\":\"SCMP_ACT_LOG\"}]}")))
		return;
	trial_run(&t, CONTROL, MODE_FIX, OURS);
	is_text(t.journal.notes ? t.journal.notes->text : NULL,
		"the request's profile names calls that are not known here and stay blocked: "
		"frobnicate",
		"seccomp: an unknown call is noted");
	ok(!strstr(trial_value(&t, "linux", "seccomp"), "frobnicate"), "seccomp: and is gone");
	trial_end(&t);
}

static const char *settings(const char *path)
{
	return arena_printf(arena, "{\"profile\":\"%s\",\"compat\":false}", path);
}

/* What no profile can do without. */
#define NEEDED                                                                                     \
	"{\"names\":[\"close\",\"execve\",\"exit_group\",\"fstatfs\",\"futex\",\"getdents64\","    \
	"\"rt_sigreturn\","                                                                        \
	"\"openat\",\"write\"],\"action\":\"SCMP_ACT_ALLOW\"}"
#define SITE(rest) "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[" NEEDED "]" rest "}"

static void test_file(void)
{
	static const char sound[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"flags\":[\"SECCOMP_FILTER_FLAG_SPEC_"
		"ALLOW\"],"
		"\"syscalls\":[" NEEDED
		",{\"args\":[{\"op\":\"SCMP_CMP_EQ\",\"value\":2,\"index\":0}],"
		"\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\"},{\"names\":[\"mount\"],"
		"\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}}]}";
	const char *cfg = settings(file("sound.json", sound, 0644));
	struct trial t;

	trial_modes("no filter, with a file of the site's", CONTROL, ENGINE_PLAIN, TRIAL_DOC(""),
		    cfg, NULL);
	trial_modes("Docker's default, with a file of the site's", CONTROL, ENGINE_DOCKER,
		    read_fixture(CONFIG "default.json"), cfg, NULL);
	if (trial_start(&t, ENGINE_PLAIN, TRIAL_DOC(""))) {
		trial_run(&t, CONTROL, MODE_FIX, cfg);
		is_text(trial_value(&t, "linux", "seccomp", "flags"), "[]",
			"seccomp: a file cannot take a defence away");
		ok(!strstr(trial_value(&t, "linux", "seccomp"), "mount"),
		   "seccomp: a rule for a capability is not there without it");
		trial_end(&t);
	}
	if (trial_start(&t, ENGINE_PLAIN,
			"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\","
			"\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\"]}},"
			"\"root\":{\"path\":\"rootfs\"}}")) {
		trial_run(&t, CONTROL, MODE_FIX, cfg);
		ok(strstr(trial_value(&t, "linux", "seccomp"), "mount") != NULL,
		   "seccomp: and is there with it");
		trial_end(&t);
	}
}

/* What is wrong inside of a file: test_seccomp_profile.c. */
static void test_bad_files(void)
{
	const struct {
		const char *path;
		const char *words;
	} rows[] = {
		{ file("names.json",
		       "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\n\"syscalls\":[{\"names\":["
		       "\"opennat\"],\n\"action\":\"SCMP_ACT_ALLOW\"}]}",
		       0644),
		  "names.json line 2: unknown system call 'opennat', did you mean 'openat'?" },
		{ file("cut.json", "{\"defaultAction\":", 0644), "cut.json" },
		{ file("nothing.json", "", 0644), "nothing.json" },
		{ file("writable.json", SITE(""), 0666), "writable.json" },
		{ arena_printf(arena, "%s/absent.json", place), "cannot open the seccomp profile" },
		{ place, "is no regular file" },
		{ arena_printf(arena, "%s/fifo", place), "is no regular file" },
		{ arena_printf(arena, "%s/link", place), "cannot open the seccomp profile" },
	};

	ok(mkfifo(arena_printf(arena, "%s/fifo", place), 0600) == 0 &&
		   symlink("sound.json", arena_printf(arena, "%s/link", place)) == 0,
	   "seccomp: there are a FIFO and a link");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct trial t;

		if (!trial_start(&t, ENGINE_PLAIN, TRIAL_DOC("")))
			continue;
		trial_run(&t, CONTROL, MODE_FIX, settings(rows[i].path));
		if (!ok(t.result == -1 && strstr(t.e.message, rows[i].words) && !trial_edits(&t),
			"seccomp: %s is an error", strrchr(rows[i].path, '/') + 1))
			printf("#   result %d: %s\n", t.result, t.e.message);
		trial_end(&t);
	}
}

/* ---- programs ---- */

static void put_program(const char *path, unsigned char class, Elf32_Half machine)
{
	Elf64_Ehdr header = { 0 };
	auto_close int fd = -1;

	memcpy(header.e_ident, ELFMAG, SELFMAG);
	header.e_ident[EI_CLASS] = class;
	header.e_machine = machine; /* at the same place in both classes */
	fd = open(arena_printf(arena, "%s/root/%s", place, path), O_WRONLY | O_CREAT | O_CLOEXEC,
		  0755);
	if (fd < 0 || write(fd, &header, sizeof(header)) != sizeof(header))
		ok(false, "seccomp: %s can be made", path);
}

static void put_link(const char *path, const char *target)
{
	if (symlink(target, arena_printf(arena, "%s/root/%s", place, path)))
		ok(false, "seccomp: %s can be made", path);
}

static void make_image(void)
{
	bool is_made = true;

	for (const char *const *dir = (const char *const[]){ "root", "root/bin", "root/opt", NULL };
	     *dir; dir++)
		is_made = is_made && mkdir(arena_printf(arena, "%s/%s", place, *dir), 0755) == 0;
	ok(is_made && mkfifo(arena_printf(arena, "%s/root/bin/fifo", place), 0600) == 0,
	   "seccomp: there is an image");

	put_program("bin/x86", ELFCLASS32, EM_386);
	put_program("bin/x32", ELFCLASS32, EM_X86_64);
	put_program("bin/arm", ELFCLASS32, EM_ARM);
	put_program("bin/native", ELFCLASS64, EM_X86_64);
	put_program("opt/found", ELFCLASS32, EM_386);
	put_link("bin/link", "/bin/x86");
	put_link("bin/out", "../../../../../../../../bin/x86");
	put_link("bin/dangling", "/nowhere");
	put_link("bin/loop", "loop");
	(void)file("root/bin/script", "#! \t/bin/x86 -e\n", 0755);
	(void)file("root/bin/odd", "#!", 0755);
	(void)file("root/bin/itself", "#!/bin/itself\n", 0755);
	(void)file("root/bin/short", "\177ELF\001", 0755);
}

static void test_programs(void)
{
#if defined(__x86_64__)
	static const struct {
		const char *args, *more;
		const char *said; /* NULL: nothing */
	} rows[] = {
		{ "/bin/x86", "", "/bin/x86" },
		{ "/bin/x32", "", "/bin/x32" },
		{ "/bin/arm", "", NULL }, /* runs in an emulator, if at all */
		{ "/bin/native", "", NULL },
		{ "/bin/link", "", "/bin/link" },
		{ "/bin/out", "", "/bin/out" },
		{ "/bin/script", "", "/bin/x86" },
		{ "bin/x86", "", "//bin/x86" },
		{ "./x86", ",\"cwd\":\"/bin\"", "/bin/./x86" },
		{ "found", ",\"env\":[\"PATH=/nowhere::/opt\"]", "/opt/found" },
		{ "found", "", NULL },
		{ "x86", "", "/bin/x86" },
		{ "", "", NULL },
		{ "/", "", NULL },
		{ "/bin", "", NULL },
		{ "/bin/fifo", "", NULL },
		{ "/bin/dangling", "", NULL },
		{ "/bin/loop", "", NULL },
		{ "/bin/odd", "", NULL },
		{ "/bin/itself", "", NULL },
		{ "/bin/short", "", NULL },
		{ "/proc/self/exe", "", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *cwd = strstr(rows[i].more, "cwd") ? "" : ",\"cwd\":\"/\"";
		const char *text = arena_printf(
			arena,
			"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"%s\"]%s%s},\"root\":{"
			"\"path\":\"%s/root\"}}",
			rows[i].args, cwd, rows[i].more, place);
		struct trial t;

		if (!trial_start(&t, ENGINE_CTR, text))
			continue;
		trial_run(&t, CONTROL, MODE_FIX, OURS);
		if (rows[i].said)
			is_text(trial_asked(&t),
				arena_printf(
					arena,
					"the image starts '%s', which is a 32-bit program, and "
					"the system call filter is for 64-bit programs only",
					rows[i].said),
				arena_printf(arena, "seccomp: '%s' is refused", rows[i].args));
		else
			ok(!t.journal.refusals, "seccomp: '%s' is left to the runtime",
			   rows[i].args);
		trial_end(&t);

		if (!rows[i].said || !trial_start(&t, ENGINE_CTR, text))
			continue;
		trial_run(&t, CONTROL, MODE_FIX, "{\"profile\":\"default\",\"compat\":true}");
		ok(!t.journal.refusals, "seccomp: and runs with compat");
		trial_end(&t);
	}
#endif
}

/* Names and paths as long as a document may be. */
static void test_long_program(void)
{
	const char *name = memset(arena_alloc(arena, 4 * 1024 * 1024), 'a', 4 * 1024 * 1024 - 1);
	const char *dirs = memset(arena_alloc(arena, 101), ':', 100);
	struct rusage usage;
	struct trial t;

	if (!trial_start(&t, ENGINE_CTR,
			 arena_printf(arena,
				      "{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"%s\"],"
				      "\"env\":[\"PATH=%s\"],\"cwd\":\"/\"},\"root\":{\"path\":"
				      "\"%s/root\"}}",
				      name, dirs, place)))
		return;
	trial_run(&t, CONTROL, MODE_FIX, OURS);
	ok(!t.journal.refusals, "seccomp: a name of 4 MiB is no program");
	ok(getrusage(RUSAGE_SELF, &usage) == 0 && usage.ru_maxrss < 200 * 1024,
	   "seccomp: and is not copied for every directory of PATH");
	trial_end(&t);
}

static void test_settings(void)
{
	static const char *const good[] = { "default", "strict", "engine", "unconfined",
					    "/etc/x.json" };
	static const char *const bad[] = { "stricter", "x.json", "", "Default" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ok(trial_accepts(CONTROL, "profile", arena_printf(arena, "\"%s\"", good[i])),
		   "seccomp: the profile '%s' is accepted", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(!trial_accepts(CONTROL, "profile", arena_printf(arena, "\"%s\"", bad[i])),
		   "seccomp: the profile '%s' is an error", bad[i]);
}

static void clean_up(void)
{
	static const char *const names[] = { "sound.json",
					     "names.json",
					     "cut.json",
					     "nothing.json",
					     "writable.json",
					     "fifo",
					     "link",
					     "root/bin/x86",
					     "root/bin/x32",
					     "root/bin/arm",
					     "root/bin/native",
					     "root/opt/found",
					     "root/bin/link",
					     "root/bin/out",
					     "root/bin/dangling",
					     "root/bin/loop",
					     "root/bin/script",
					     "root/bin/odd",
					     "root/bin/itself",
					     "root/bin/short",
					     "root/bin/fifo" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)unlink(arena_printf(arena, "%s/%s", place, names[i]));
	(void)rmdir(arena_printf(arena, "%s/root/bin", place));
	(void)rmdir(arena_printf(arena, "%s/root/opt", place));
	(void)rmdir(arena_printf(arena, "%s/root", place));
	ok(rmdir(place) == 0, "seccomp: this test leaves nothing behind");
}

int main(void)
{
	arena = arena_new();
	(void)umask(022);
	if (!ok(mkdtemp(place) != NULL, "seccomp: there is a place for files"))
		return done_testing();
	test_missing();
	test_fixtures();
	test_privileged();
	test_engine();
	test_opened();
	test_listener();
	test_unknown();
	test_file();
	test_bad_files();
	make_image();
	test_programs();
	test_long_program();
	test_settings();
	clean_up();
	arena_free(arena);
	return done_testing();
}
