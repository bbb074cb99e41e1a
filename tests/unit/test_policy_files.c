/* Which files are the policy, and which are refused. Needs root, for files of other owners. */
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "fdio.h"
#include "policy_try.h"
#include "text.h"

#define MINIMAL "{\"version\":1}"

static char dir[] = "/tmp/mantlet-policy-XXXXXX";

static const char *in_dir(const char *name)
{
	return arena_printf(try_arena, "%s/%s", dir, name);
}

static void put(const char *name, const char *text)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		printf("# cannot write %s\n", name);
	(void)close(fd);
}

static void put_link(const char *to, const char *path)
{
	if (symlink(to, path))
		printf("# cannot make the link %s\n", path);
}

static void give(const char *path, uid_t uid)
{
	if (chown(path, uid, 0))
		printf("# cannot change the owner of %s\n", path);
}

static bool read_as(const char *path, const char *profile)
{
	fd_forget_trusted();
	try_error = (struct error){ 0 };
	memset(&try_policy, 0, sizeof(try_policy));
	return policy_load(&try_policy, try_arena, path, profile, &try_error) == 0;
}

static bool read_policy(const char *profile)
{
	return read_as(in_dir("policy.json"), profile);
}

/* Refused with ERR_POLICY, and with this in the message behind the directory. */
static void refused(const char *name, const char *message)
{
	ok(!read_policy(NULL) && try_error.kind == ERR_POLICY && !try_policy.controls,
	   "files: %s is refused", name);
	is_text(text_starts(try_error.message, dir) ? try_error.message + strlen(dir) + 1
						    : try_error.message,
		message, "files: ... and the message says so");
}

static void remove_all(void)
{
	static const char *const names[] = { "policy.d/10-a.json",    "policy.d/20-b.json",
					     "policy.d/.hidden.json", "policy.d/x.json.orig",
					     "policy.d/README",       "policy.d/link.json",
					     "policy.json",           "other.json" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)unlink(in_dir(names[i]));
	(void)rmdir(in_dir("policy.d"));
	(void)rmdir(in_dir("policy.json"));
}

static void kinds_of_files(void)
{
	refused("a missing file",
		arena_printf(try_arena, "cannot open %s/policy.json: it is not there", dir));
	put("policy.json", "");
	ok(!read_policy(NULL) && try_error.kind == ERR_POLICY, "files: an empty file is refused");
	put("policy.json", "{\"version\":1,\n\"controls\":{");
	ok(!read_policy(NULL) && try_error.kind == ERR_POLICY,
	   "files: a truncated file is refused");
	put("policy.json", MINIMAL);
	ok(read_policy(NULL), "files: a policy is read");

	(void)chmod(in_dir("policy.json"), 0664);
	ok(!read_policy(NULL) && try_error.kind == ERR_POLICY,
	   "files: one that its group can write is refused");
	(void)chmod(in_dir("policy.json"), 0646);
	ok(!read_policy(NULL) && try_error.kind == ERR_POLICY,
	   "files: one that all can write is refused");
	(void)chmod(in_dir("policy.json"), 0600);
	ok(read_policy(NULL), "files: one that only root can read is read");
	give(in_dir("policy.json"), 1000);
	ok(!read_policy(NULL) && try_error.kind == ERR_POLICY,
	   "files: one that is not root's is refused");
	give(in_dir("policy.json"), 0);

	(void)chmod(dir, 0777);
	ok(!read_policy(NULL) && try_error.kind == ERR_POLICY,
	   "files: one in a directory that all can write is refused");
	(void)chmod(dir, 0755);
	give(dir, 1000);
	ok(!read_policy(NULL) && try_error.kind == ERR_POLICY,
	   "files: one in a directory that is not root's is refused");
	give(dir, 0);

	(void)rename(in_dir("policy.json"), in_dir("other.json"));
	put_link("other.json", in_dir("policy.json"));
	refused("a symbolic link", "policy.json is a symbolic link, not a regular file");
	(void)unlink(in_dir("policy.json"));
	(void)mkdir(in_dir("policy.json"), 0755);
	refused("a directory", "policy.json is not a regular file");
	(void)rmdir(in_dir("policy.json"));
	(void)mkfifo(in_dir("policy.json"), 0644);
	(void)alarm(10); /* a FIFO without a writer makes open(2) wait for ever */
	refused("a FIFO", "policy.json is not a regular file");
	(void)alarm(0);
	remove_all();
}

static void sizes(void)
{
	char *text = arena_alloc(try_arena, POLICY_MAX_TEXT + 2);

	memset(text, ' ', POLICY_MAX_TEXT);
	memcpy(text, MINIMAL, strlen(MINIMAL));
	put("policy.json", text);
	ok(read_policy(NULL), "files: 1 MiB is read");
	text[POLICY_MAX_TEXT] = ' ';
	put("policy.json", text);
	ok(!read_policy(NULL) && try_error.kind == ERR_POLICY &&
		   strstr(try_error.message, "is larger than the limit of 1048576 bytes"),
	   "files: more is refused, and the limit named");
	remove_all();
}

static void paths(void)
{
	char here[4096];

	put("policy.json", "{\"version\":1,\"name\":\"rel\"}");
	(void)mkdir(in_dir("policy.d"), 0755);
	put("policy.d/10-a.json", "{\"version\":1,\"profiles\":{\"web\":{}}}");
	if (!getcwd(here, sizeof(here)) || chdir(dir)) {
		ok(false, "files: cannot change the directory");
		return;
	}
	ok(read_as("policy.json", "web"), "files: a relative path without directory");
	ok(read_as("./policy.json", "web"), "files: a relative path with one");
	ok(!read_as("none/policy.json", NULL) && !read_as("", NULL) && !read_as("/", NULL),
	   "files: paths that lead nowhere are refused");
	ok(chdir(here) == 0, "files: back again");
	remove_all();
}

static void fragments(void)
{
	const char *both;

	put("policy.json", "{\"version\":1,\"sets\":{\"s\":[\"CHOWN\"]}}");
	ok(read_policy(NULL), "fragments: there need not be any");
	both = try_policy.digest;
	(void)mkdir(in_dir("policy.d"), 0755);
	put("policy.d/20-b.json",
	    "{\"version\":1,\"profiles\":{\"b\":{\"extends\":\"a\",\"controls\":{\"pids\":{"
	    "\"max\":2}}}},\"sets\":{\"t\":[\"KILL\"]}}");
	put("policy.d/10-a.json",
	    "{\"version\":1,\"note\":\"x\",\"profiles\":{\"a\":{\"controls\":{"
	    "\"capabilities\":{\"allow\":[\"@s\",\"@t\"]}}}}}");
	put("policy.d/.hidden.json", "{");
	put("policy.d/x.json.orig", "{");
	put("policy.d/README", "{");
	ok(read_policy("b"), "fragments: profiles and sets of all files, others are left alone");
	is_text(setting_json("capabilities", "allow"), "[\"CHOWN\",\"KILL\"]",
		"fragments: they use each other's profiles and sets");
	ok(!text_equal(both, try_policy.digest), "fragments: they are part of the digest");
	ok(system(arena_printf(try_arena,
			       "test \"$(cat %s/policy.json %s/policy.d/10-a.json "
			       "%s/policy.d/20-b.json | sha256sum)\" = '%s  -'",
			       dir, dir, dir, try_policy.digest + strlen("sha256:"))) == 0,
	   "fragments: the digest is that of 'cat', in order");

	put("policy.d/10-a.json", "{\"version\":1,\n\"profiles\":{\n\"b\":{}}}");
	refused("the same profile twice",
		arena_printf(try_arena,
			     "policy.d/20-b.json line 1: profile 'b' is already in "
			     "%s/policy.d/10-a.json",
			     dir));
	put("policy.d/10-a.json", "{\"version\":1,\n\"sets\":{\n\"s\":[]}}");
	refused("the same set twice",
		arena_printf(try_arena,
			     "policy.d/10-a.json line 3: set 's' is already in %s/policy.json",
			     dir));
	put("policy.d/10-a.json", "{\"version\":1,\n\"controls\":{}}");
	refused("a fragment with controls",
		"policy.d/10-a.json line 2: 'controls' belongs into policy.json: a fragment holds "
		"profiles and sets");
	put("policy.d/10-a.json", "{\"version\":1,\n\"profile\":{}}");
	refused("a fragment with an unknown key",
		"policy.d/10-a.json line 2: unknown key 'profile', did you mean 'profiles'?");
	put("policy.d/10-a.json", "{\"version\":1,\n\"exceptions\":[]}");
	refused("a fragment with exceptions", "policy.d/10-a.json line 2: 'exceptions' is not in "
					      "this version of mantlet (0.1.0)");
	put("policy.d/10-a.json", "{\"profiles\":{}}");
	refused("a fragment without version", "policy.d/10-a.json line 1: 'version' is missing: a "
					      "policy begins with \"version\": 1");
	put("policy.d/10-a.json",
	    "{\"version\":1,\"profiles\":{\"a\":{\"controls\":{\n\"annotations\":\"off\"}}}}");
	refused("a fragment that sets a locked control",
		"policy.d/10-a.json line 2: profile 'a' sets 'annotations', which is locked: only "
		"the "
		"top-level 'controls' may");
	put("policy.d/10-a.json", "{\"version\":1,\"profiles\":{\"a\":{\"controls\":{\n\"pids\":{"
				  "\"max\":\"4\"}}}}}");
	refused("a fragment with a setting of the wrong type",
		"policy.d/10-a.json line 2: 'pids.max' must be a whole number, not a string");
	put("policy.d/10-a.json", MINIMAL);
	(void)chmod(in_dir("policy.d/10-a.json"), 0666);
	ok(!read_policy(NULL) && try_error.kind == ERR_POLICY,
	   "fragments: one that all can write is refused");
	(void)chmod(in_dir("policy.d/10-a.json"), 0644);
	(void)chmod(in_dir("policy.d"), 0775);
	ok(!read_policy(NULL) && try_error.kind == ERR_POLICY,
	   "fragments: a directory that its group can write is refused");
	(void)chmod(in_dir("policy.d"), 0755);
	put_link("10-a.json", in_dir("policy.d/link.json"));
	refused("a fragment that is a link",
		"policy.d/link.json is a symbolic link, not a regular file");
	remove_all();

	put("policy.json", MINIMAL);
	put("policy.d", "");
	ok(!read_policy(NULL) && try_error.kind == ERR_POLICY,
	   "fragments: a file in place of the directory is refused");
	(void)unlink(in_dir("policy.d"));
	(void)mkdir(in_dir("real.d"), 0755);
	put_link("real.d", in_dir("policy.d"));
	ok(!read_policy(NULL) && try_error.kind == ERR_POLICY,
	   "fragments: so is a link to a directory");
	(void)unlink(in_dir("policy.d"));
	(void)rmdir(in_dir("real.d"));
	(void)mkdir(in_dir("policy.d"), 0755);
	ok(read_policy(NULL), "fragments: an empty directory is fine");
	(void)chmod(in_dir("policy.d"), 0775);
	ok(!read_policy(NULL) && try_error.kind == ERR_POLICY,
	   "fragments: not one that its group can write");
	remove_all();
}

/* The order is that of the bytes of their names, whatever the file system says. */
static void order_of_fragments(void)
{
	static const char *const names[] = { "5", "B", "a", "10", "Z", "9", "1", "b" };
	char command[512];

	put("policy.json", MINIMAL);
	(void)mkdir(in_dir("policy.d"), 0755);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		put(arena_printf(try_arena, "policy.d/%s.json", names[i]),
		    arena_printf(try_arena, "{\"version\":1,\"note\":\"%s\"}", names[i]));
	ok(read_policy(NULL), "fragments: many are read");
	(void)snprintf(command, sizeof(command),
		       "cd %s && test \"$(cat policy.json policy.d/1.json policy.d/10.json "
		       "policy.d/5.json policy.d/9.json policy.d/B.json policy.d/Z.json "
		       "policy.d/a.json policy.d/b.json | sha256sum)\" = '%s  -'",
		       dir, try_policy.digest + strlen("sha256:"));
	ok(system(command) == 0, "fragments: in byte order of their names");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)unlink(in_dir(arena_printf(try_arena, "policy.d/%s.json", names[i])));
	remove_all();
}

/* /etc of this process is an empty one from here on. */
static bool own_etc(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", "/etc", "tmpfs", 0, "mode=0755") == 0 &&
	       snprintf(dir, sizeof(dir), "/etc/mantlet") > 0;
}

/* What counts when no file is named. */
static void usual_place(void)
{
	if (!own_etc()) {
		ok(true, "files: # SKIP an /etc of its own needs CAP_SYS_ADMIN");
		return;
	}
	ok(read_as(NULL, NULL), "files: without /etc/mantlet there is the built-in policy");
	is_text(try_policy.source, "built-in", "files: ... and it says so");
	(void)mkdir(dir, 0755);
	(void)mkdir(in_dir("policy.d"), 0755);
	put("policy.d/README", "{");
	ok(read_as(NULL, NULL) && strcmp(try_policy.revision, "restricted@1") == 0,
	   "files: without files in it too");
	put("policy.d/10-a.json", "{\"version\":1,\"profiles\":{\"a\":{\"controls\":{\"pids\":{"
				  "\"max\":5}}}}}");
	ok(read_as(NULL, "a") && strcmp(setting_json("pids", "max"), "5") == 0,
	   "files: fragments alone extend the built-in policy");
	is_text(try_policy.source, "current", "files: ... which is then no longer only built in");
	is_text(mode_of_control("privileged"), "deny", "files: ... but restricted as before");
	put("policy.json", "{\"version\":1,\"name\":\"fleet\",\"extends\":\"observe\"}");
	ok(read_as(NULL, NULL), "files: /etc/mantlet/policy.json is read");
	is_text(try_policy.name, "fleet", "files: ... and counts");
	put("policy.json", "{\"version\":1,");
	ok(!read_as(NULL, NULL) && try_error.kind == ERR_POLICY,
	   "files: when it is broken nothing else takes its place");
	(void)unlink(in_dir("policy.json"));
	put_link("/none", in_dir("policy.json"));
	ok(!read_as(NULL, NULL) && try_error.kind == ERR_POLICY,
	   "files: nor when it is a link that leads nowhere");
	(void)unlink(in_dir("policy.json"));
	put("policy.d/10-a.json", "{\"version\":1,");
	ok(!read_as(NULL, NULL) && try_error.kind == ERR_POLICY,
	   "files: nor when a fragment is broken");
}

int main(void)
{
	try_arena = arena_new();
	if (geteuid() != 0) {
		ok(true, "files: # SKIP files of other owners need root");
		return done_testing();
	}
	(void)umask(022);
	if (!mkdtemp(dir)) {
		ok(false, "files: cannot make a directory");
		return done_testing();
	}
	(void)chmod(dir, 0755);
	kinds_of_files();
	sizes();
	paths();
	fragments();
	order_of_fragments();
	(void)rmdir(dir);
	usual_place();
	arena_free(try_arena);
	return done_testing();
}
