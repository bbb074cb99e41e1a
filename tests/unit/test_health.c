/*
 * Docker's health check from config.v2.json: which command it is, and whose word counts. The
 * documents are those of dockerd 20.10, shortened.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "fdio.h"
#include "health.h"
#include "health_seen.h"
#include "state_dir.h"
#include "tap.h"
#include "text.h"

#define ID "53498fe5c994b1690170d6bc901dc41fabae735cca1b3fcdccc1fe5475eb9c2a"
#define KEY "k"
#define OTHER_ID "0000000000000000000000000000000000000000000000000000000000000000"

static struct arena *arena;
static char host[] = "/var/tmp/mantlet-health-XXXXXX";

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	return remove(path);
}

static const char *at(const char *path)
{
	return arena_printf(arena, "%s/%s", host, path);
}

static bool make_dirs(const char *path)
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

static bool write_file(const char *path, const char *text, mode_t mode)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	return fd >= 0 && fchmod(fd, mode) == 0 && fd_write_all(fd, text, strlen(text)) == 0;
}

static const char *digest_of(const char *list)
{
	struct json_doc doc = { 0 };
	struct error e = { 0 };

	if (json_parse(&doc, arena, list, strlen(list), 0, "list", &e))
		return "not JSON";
	return health_digest(arena, KEY, "/", doc.root);
}

static const char *config_path(const char *root)
{
	return at(arena_printf(arena, "%s/containers/" ID "/config.v2.json", root));
}

static bool given(const char *root, const char *config)
{
	return make_dirs(at(arena_printf(arena, "%s/containers/" ID, root))) &&
	       write_file(config_path(root),
			  arena_printf(arena,
				       "{\"StreamConfig\":{},\"State\":{\"Running\":false},"
				       "\"ID\":\"" ID "\",\"Created\":\"2026-11-21T17:02:11Z\","
				       "\"Path\":\"sleep\",\"Args\":[\"600\"],\"Config\":%s,"
				       "\"Name\":\"/web\",\"Driver\":\"overlay2\"}",
				       config),
			  0600);
}

static const char *read_id(const char *root, const char *id, bool *ret_is_there,
			   const char **ret_note)
{
	const struct health_asked asked = { .id = id, .key = KEY, .cwd = "/" };

	fd_forget_trusted();
	return health_read(arena, at(root), &asked, ret_is_there, ret_note);
}

static const char *read_root(const char *root, const char **ret_note)
{
	bool is_there;

	return read_id(root, ID, &is_there, ret_note);
}

/* The check of a container of this Config is the exec of ARGS; NULL: it has none. */
static void means(const char *config, const char *args, const char *name)
{
	const char *note = "", *digest;

	ok(given("docker", config), "health: %s: is written", name);
	digest = read_root("docker", &note);
	is_text(digest, args ? digest_of(args) : NULL, arena_printf(arena, "health: %s", name));
	is_text(note, NULL, "health: ... without a doubt");
}

static void unclear(const char *name)
{
	const char *note = NULL;

	is_text(read_root("docker", &note), NULL,
		arena_printf(arena, "health: %s is not believed", name));
	ok(note != NULL, "health: ... and a note says so: %s", note ? note : "(none)");
}

static void kinds(void)
{
	means("{\"Hostname\":\"a\",\"Env\":[\"A=1\"],\"Healthcheck\":{\"Test\":[\"CMD\",\"test\","
	      "\"-d\",\"/data\"],\"Interval\":1000000000},\"Shell\":[\"/bin/ash\"]}",
	      "[\"test\",\"-d\",\"/data\"]", "CMD is run as it is");
	means("{\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"curl -f x || exit 1\"]}}",
	      "[\"/bin/sh\",\"-c\",\"curl -f x || exit 1\"]", "CMD-SHELL is given to sh");
	means("{\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"x\"]},\"Shell\":[\"/bin/bash\",\"-o\","
	      "\"pipefail\",\"-c\"]}",
	      "[\"/bin/bash\",\"-o\",\"pipefail\",\"-c\",\"x\"]", "or to the image's SHELL");
	means("{\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"x\"]},\"Shell\":null}",
	      "[\"/bin/sh\",\"-c\",\"x\"]", "no SHELL is sh");
	means("{\"Healthcheck\":{\"Test\":[\"CMD\",\"\\u003ca\\u0026\\\"\",\"\\u00e4\"]}}",
	      "[\"<a&\\\"\",\"\xC3\xA4\"]", "escapes are read");
	means("{\"Healthcheck\":{\"Test\":[\"NONE\"]}}", NULL, "NONE is none");
	means("{\"Healthcheck\":{\"Test\":[\"NONE\",\"sh\"]}}", NULL, "NONE is none, whatever");
	means("{\"Healthcheck\":{\"Test\":[]}}", NULL, "an empty list is none");
	means("{\"Healthcheck\":{\"Test\":[\"CMD\"]}}", NULL, "CMD without a command is none");
	means("{\"Healthcheck\":{\"Interval\":5}}", NULL, "no Test is none");
	means("{\"Hostname\":\"a\"}", NULL, "no Healthcheck is none");
}

static void digests(void)
{
	ok(!text_equal(digest_of("[\"a\",\"b\"]"), digest_of("[\"ab\"]")) &&
		   !text_equal(digest_of("[\"a\",\"b\"]"), digest_of("[\"a\",\"\",\"b\"]")) &&
		   !text_equal(digest_of("[\"a\",\"b\"]"), digest_of("[\"b\",\"a\"]")),
	   "health: other lists have other digests");
	ok(strlen(digest_of("[\"a\"]")) == 64, "health: a digest is 64 digits");
	ok(!digest_of("[]") && !digest_of("\"a\"") && !digest_of("[\"a\",1]") && !digest_of("{}") &&
		   !health_digest(arena, KEY, "/", NULL),
	   "health: what is no list of strings has none");
}

static void odd_documents(void)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{\"Config\":{}}",
		"{\"ID\":\"" OTHER_ID "\",\"Config\":{}}",
		"{\"ID\":\"" ID "\",\"ID\":\"" ID "\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		ok(write_file(config_path("docker"), texts[i], 0600), "health: '%s' is written",
		   texts[i]);
		unclear(texts[i]);
	}
	ok(given("docker", "{\"Healthcheck\":{\"Test\":[\"SCRIPT\",\"x\"]}}"),
	   "health: a new kind");
	unclear("a kind that nobody knows");
	ok(given("docker", "{\"Healthcheck\":{\"Test\":[\"CMD\",5]}}"), "health: a number");
	unclear("a number");
}

static void odd_files(void)
{
	static const char check[] = "{\"Healthcheck\":{\"Test\":[\"CMD\",\"x\"]}}";
	const char *path = config_path("docker"), *dir = at("docker/containers/" ID), *note;
	bool is_there = true;

	ok(given("docker", check) && chown(path, 1000, 0) == 0, "health: another's file");
	unclear("another's file");
	ok(chown(path, 0, 0) == 0 && chmod(path, 0620) == 0, "health: a writable file");
	unclear("a file that a group can write");
	ok(chmod(path, 0600) == 0 && link(path, at("second")) == 0, "health: a second name");
	unclear("a file with two names");
	ok(unlink(path) == 0 && symlink(at("second"), path) == 0, "health: a symlink");
	unclear("a symlink");
	ok(unlink(path) == 0 && mkfifo(path, 0600) == 0, "health: a FIFO");
	unclear("a FIFO");
	ok(unlink(path) == 0, "health: no file");
	unclear("a directory without it");

	ok(given("docker", check) && chown(dir, 1000, 0) == 0, "health: another's directory");
	unclear("a file in another's directory");
	ok(chown(dir, 0, 0) == 0 && chmod(at("docker"), 0777) == 0, "health: a directory above");
	unclear("a file below a directory that others can write");
	ok(chmod(at("docker"), 0755) == 0 && read_root("docker", &note),
	   "health: and then it is believed again");

	ok(!read_id("docker", OTHER_ID, &is_there, &note) && !is_there && !note,
	   "health: another container is not there");
	is_there = true;
	ok(!read_id("docker", "../containers/" ID, &is_there, &note) && !is_there,
	   "health: an id is 64 digits");
	is_there = true;
	ok(!read_id("docker", "", &is_there, &note) && !is_there, "health: and not nothing");
}

static void data_roots(void)
{
	const char *file = at("etc/daemon.json");

	is_text(health_data_root(arena, file, "/x"), "/x",
		"health: no /etc/docker, the usual root");
	ok(make_dirs(at("etc")), "health: a directory");
	is_text(health_data_root(arena, file, "/x"), "/x", "health: no daemon.json");
	ok(write_file(file, "{\"debug\":true,\"data-root\":\"/srv/docker\"}", 0644),
	   "health: a daemon.json");
	is_text(health_data_root(arena, file, "/x"), "/srv/docker", "health: its data-root");
	ok(chmod(file, 0666) == 0, "health: that others can write");
	is_text(health_data_root(arena, file, "/x"), "/x", "health: is not believed");
	ok(chmod(file, 0644) == 0 && write_file(file, "{\"data-root\":\"docker\"}", 0644),
	   "health: a relative one");
	is_text(health_data_root(arena, file, "/x"), "/x", "health: is none");
	ok(write_file(file, "{", 0644), "health: a broken file");
	is_text(health_data_root(arena, file, "/x"), "/x", "health: says nothing");
}

#define MOUNT(source, at) "{\"destination\":\"" at "\",\"source\":\"" source "\"}"

static const char *mounted(const char *mounts)
{
	struct json_doc doc = { 0 };
	struct error e = { 0 };
	const char *text = arena_printf(arena, "{\"mounts\":[%s]}", mounts);

	if (json_parse(&doc, arena, text, strlen(text), 0, "config.json", &e))
		return "not JSON";
	return health_mounted_root(arena, ID, &doc);
}

static void mounts(void)
{
	is_text(mounted(MOUNT("proc", "/proc") "," MOUNT("/d/containers/" ID "/hosts",
							 "/etc/hosts")),
		"/d", "health: the root that a mount of hosts tells");
	is_text(mounted(MOUNT("/a/b/containers/" ID "/hosts", "/etc/hosts") "," MOUNT(
			"/a/b/containers/" ID "/resolv.conf", "/etc/resolv.conf")),
		"/a/b", "health: and all of them");
	is_text(mounted(MOUNT("/a/containers/" ID "/hosts", "/etc/hosts") "," MOUNT(
			"/b/containers/" ID "/hostname", "/etc/hostname")),
		NULL, "health: two roots are none");
	is_text(mounted(MOUNT("/d/containers/" OTHER_ID "/hosts", "/etc/hosts")), NULL,
		"health: another container's are none");
	is_text(mounted(MOUNT("/d/containers/" ID "/hosts", "/mnt/hosts")), NULL,
		"health: nor is another place");
	is_text(mounted(MOUNT("/d/containers/" ID "/hosts", "/etc/hostname")), NULL,
		"health: nor another file");
	is_text(mounted(MOUNT("d/containers/" ID "/hosts", "/etc/hosts")), NULL,
		"health: nor a relative path");
	is_text(mounted(MOUNT("/containers/" ID "/hosts", "/etc/hosts")), NULL,
		"health: nor the root");
	is_text(mounted(""), NULL, "health: nor nothing");
}

static struct json_doc parsed(const char *text)
{
	struct json_doc doc = { 0 };
	struct error e = { 0 };

	if (json_parse(&doc, arena, text, strlen(text), 0, "document", &e))
		printf("# %s: %s\n", text, e.message);
	return doc;
}

/* The exec with this "process" is the health check or not. */
static void exec_is(const struct json *known, const char *process, bool is_check, const char *name)
{
	struct json_doc doc = parsed(arena_printf(arena, "{\"process\":{%s}}", process));

	ok(health_is_check(arena, known, KEY, &doc) == is_check, "health: %s is %s", name,
	   is_check ? "the check" : "another exec");
}

#define ARGS "\"args\":[\"/bin/sh\",\"-c\",\"x\"]"
#define CWD ",\"cwd\":\"/app\""

static void found(void)
{
	const char *note = NULL;
	const char *text =
		arena_printf(arena,
			     "{\"process\":{\"cwd\":\"/app\",\"env\":[\"PATH=/"
			     "bin\",\"TERM=xterm\",\"A=SECRET\"]},"
			     "\"mounts\":[{\"destination\":\"/etc/hosts\",\"source\":\"%s\"}]}",
			     at("docker/containers/" ID "/hosts"));
	struct json_doc doc = parsed(text), none = parsed("{}");
	const struct json *known;

	ok(given("docker", "{\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"x\"]}}"),
	   "health: a container elsewhere");
	known = health_find(arena, ID, KEY, &doc, &note);
	ok(known && !note, "health: is found by its mounts");
	exec_is(known, ARGS CWD ",\"env\":[\"PATH=/bin\",\"A=SECRET\"]", true,
		"what dockerd sends");
	exec_is(known, ARGS CWD ",\"env\":[\"A=SECRET\",\"PATH=/bin\"]", true, "another order");
	exec_is(known, ARGS CWD, true, "no environment");
	exec_is(known, ARGS CWD ",\"env\":[\"PATH=/bin\",\"DB_PORT_1_TCP=tcp://1\"]", true,
		"a link to another container");
	exec_is(known, ARGS CWD ",\"env\":[\"PATH=/tmp\",\"A=SECRET\"]", false, "another PATH");
	exec_is(known, ARGS CWD ",\"env\":[\"PATH=/bin\",\"LD_PRELOAD=/tmp/x\"]", false,
		"one variable more");
	exec_is(known, ARGS CWD ",\"env\":[\"LD_PRELOAD=/tmp/X_NAME=\"]", false,
		"one that only looks like a link");
	exec_is(known, ARGS CWD ",\"env\":[\"A=OTHER\"]", false, "another value");
	exec_is(known, ARGS, false, "another directory");
	exec_is(known, ARGS CWD ",\"terminal\":true", false, "a terminal");
	exec_is(known, "\"args\":[\"/bin/sh\",\"-c\",\"y\"]" CWD, false, "another command");
	exec_is(known, "\"cwd\":\"/app\"", false, "no command");
	exec_is(NULL, ARGS CWD, false, "without a health check everything");
	exec_is(parsed("{\"args\":5}").root, ARGS CWD, false, "a record that is odd");

	doc = parsed("{\"process\":{" ARGS CWD "}}");
	ok(!health_is_check(arena, known, "other", &doc) &&
		   !health_is_check(arena, known, NULL, &doc),
	   "health: without the key nothing is");
	doc = parsed(text);
	ok(!health_find(arena, ID, NULL, &doc, &note), "health: and nothing is kept");
	ok(strlen(health_new_key(arena)) == 64 &&
		   !text_equal(health_new_key(arena), health_new_key(arena)),
	   "health: each container has its own");

	ok(!health_find(arena, ID, KEY, &none, &note), "health: without mounts it is not found");
	ok(text_starts(note, "Docker's health check is not known: "), "health: and that is noted");
	ok(!health_find(arena, "web", KEY, &doc, &note) && !note,
	   "health: other ids are not Docker's");
}

#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define EVENT "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

/* An exec can outlive its container: a restart has the same id, and a key of its own. */
static void seen(void)
{
	struct policy policy = { 0 };
	struct error e = { 0 };
	struct decision d = {
		.arena = arena,
		.inv.root = at("root"),
		.runtime = "/usr/sbin/runc",
		.record = RECORD_PRESENT,
		.facts = { .id = ID, .created.health_key = KEY_A },
	};
	char root[PATH_MAX];
	auto_close int dir = -1;

	if (!ok(state_root(root, &d.inv, d.runtime, &e) == 0 &&
			(dir = state_dir_make(root, &policy, &e)) >= 0 &&
			fd_replace(dir, ID ".json", "{}", 2, 0600, 0, 0, &e) == 0,
		"health: a record"))
		return;
	health_seen_keep(&d, EVENT);
	ok(!health_seen_key(&d), "health: an event makes no key where there is none");
	health_seen_begin(dir, ID, KEY_A);
	health_seen_keep(&d, EVENT);
	ok(health_seen_is(&d, EVENT) && text_equal(health_seen_key(&d), KEY_A),
	   "health: the last event is known");
	health_seen_begin(dir, ID, KEY_B);
	health_seen_keep(&d, EVENT);
	ok(text_equal(health_seen_key(&d), KEY_B) && !health_seen_is(&d, EVENT),
	   "health: an exec of the container before takes no key away");
	health_seen_forget(dir, ID);
	(void)unlinkat(dir, ID ".json", 0);
	(void)rmdir(fd_path(dir, arena));
}

int main(void)
{
	arena = arena_new();
	if (!ok(mkdtemp(host) && chmod(host, 0755) == 0, "health: a host for the tests"))
		return done_testing();
	digests();
	kinds();
	odd_documents();
	odd_files();
	data_roots();
	mounts();
	found();
	seen();
	(void)nftw(host, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	arena_free(arena);
	return done_testing();
}
