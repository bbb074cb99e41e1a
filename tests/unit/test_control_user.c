/* Control user: nobody is root, and what follows from that inside. */
#include "image.h"

#define CONTROL &control_user
#define CFG                                                                                        \
	"{\"root\":\"65532:65532\",\"root_group\":\"replace\",\"groups\":{\"keep\":[]},"           \
	"\"umask\":\"022\",\"volumes\":\"refuse\"}"
#define CFG_ROOT(root, group) "{\"root\":\"" root "\",\"root_group\":\"" group "\"}"
#define DOC(user, env, rest)                                                                       \
	"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"rootfs\"},\"process\":{\"args\":[\"a\"],"  \
	"\"cwd\":\"/\",\"user\":" user ",\"env\":[" env "]}" rest "}"
#define USER(user) DOC(user, "\"HOME=/x\"", "")

static struct image image;

static const char *run_mode(struct trial *t, enum engine engine, const char *doc, const char *cfg,
			    enum control_mode mode)
{
	if (!trial_start(t, engine, doc))
		return "no document";
	image_use(&image, t);
	trial_run(t, CONTROL, mode, cfg);
	return trial_value(t, "process", "user");
}

static void expect(const char *user, const char *cfg, const char *want, const char *name)
{
	auto_arena struct arena *arena = arena_new();
	struct trial t;
	const char *doc = arena_printf(arena, USER("%s"), user);

	is_text(run_mode(&t, ENGINE_DOCKER, doc, cfg, MODE_DENY), want, name);
	if (!ok(t.result == 0 && !t.journal.refusals, "user: and deny accepts it"))
		printf("# %s\n", trial_asked(&t) ? trial_asked(&t) : t.e.message);
	trial_run(&t, CONTROL, MODE_DENY, cfg);
	ok(trial_edits(&t) == 0, "user: and a second run finds nothing to do");
	trial_end(&t);
}

static void expect_refused(const char *doc, const char *cfg, const char *asked, const char *name)
{
	struct trial t;

	(void)run_mode(&t, ENGINE_DOCKER, doc, cfg, MODE_FIX);
	ok(journal_is_refused(&t.journal), "%s", name);
	if (!ok(text_starts(trial_asked(&t) ? trial_asked(&t) : "", asked), "user: %s", asked))
		printf("# got: %s\n", trial_asked(&t) ? trial_asked(&t) : t.e.message);
	trial_end(&t);
}

static void test_ids(void)
{
	struct trial t;

	expect("{\"uid\":0,\"gid\":0,\"additionalGids\":[0]}", CFG,
	       "{\"uid\":65532,\"gid\":65532,\"additionalGids\":[],\"umask\":18}",
	       "user: root becomes the policy's user, with gid and group 0");
	expect("{}", CFG, "{\"uid\":65532,\"gid\":65532,\"umask\":18}",
	       "user: nothing said is root too");
	expect("{\"uid\":0,\"gid\":6}", CFG, "{\"uid\":65532,\"gid\":65532,\"umask\":18}",
	       "user: root's system group goes with it");
	expect("{\"uid\":0,\"gid\":5000}", CFG, "{\"uid\":65532,\"gid\":5000,\"umask\":18}",
	       "user: a group of people that came with root stays");
	expect("{\"uid\":1000,\"gid\":1000,\"additionalGids\":[1000]}", CFG,
	       "{\"uid\":1000,\"gid\":1000,\"additionalGids\":[1000],\"umask\":18}",
	       "user: a chosen user stays");
	expect("{\"uid\":1000,\"gid\":0}", CFG, "{\"uid\":1000,\"gid\":65532,\"umask\":18}",
	       "user: a chosen user loses root's group");
	expect("{\"uid\":1000,\"gid\":0,\"additionalGids\":[0]}", CFG_ROOT("65532:65532", "keep"),
	       "{\"uid\":1000,\"gid\":0,\"additionalGids\":[0]}",
	       "user: or keeps it where the policy says so");
	expect("{\"uid\":0,\"gid\":0,\"additionalGids\":[0]}", CFG_ROOT("keep", "replace"),
	       "{\"uid\":0,\"gid\":0,\"additionalGids\":[0]}",
	       "user: where root is kept its group adds nothing");
	expect("{\"uid\":0,\"gid\":0}", CFG_ROOT("name:postgres", "replace"),
	       "{\"uid\":999,\"gid\":999}", "user: a name is looked up in the image");
	expect("{\"uid\":0,\"gid\":0}", CFG_ROOT("name:rootgroup", "replace"),
	       "{\"uid\":1000,\"gid\":65532}", "user: a named user does not get root's group");

	expect_refused(USER("{\"uid\":0,\"gid\":0}"), CFG_ROOT("refuse", "replace"),
		       "-u 0 is root, by request or by image", "user: root can be refused");
	expect_refused(
		USER("{\"uid\":0,\"gid\":0}"), CFG_ROOT("name:zero", "replace"),
		"root becomes 'zero' here, and the image's /etc/passwd has no such user that",
		"user: a name that is root by another name is refused");
	expect_refused(USER("{\"uid\":0,\"gid\":0}"), CFG_ROOT("name:nobody", "replace"),
		       "root becomes 'nobody' here, and the image's /etc/passwd has no such user",
		       "user: a name that the image does not have is refused");
	expect_refused(USER("{\"uid\":4294967294,\"gid\":1}"), CFG, "-u 4294967294:1 or one of its",
		       "user: an impossible uid is refused");
	expect_refused(USER("{\"uid\":1,\"gid\":1,\"additionalGids\":[2147483648]}"), CFG, "-u 1:1",
		       "user: an impossible group is refused");

	(void)run_mode(&t, ENGINE_DOCKER, USER("{\"uid\":0,\"gid\":0}"), CFG, MODE_AUDIT);
	is_text(trial_value(&t, "process", "user", "uid"), "0", "user: audit changes nothing");
	ok(trial_edits(&t) > 2, "user: but records what would be changed");
	trial_end(&t);
	(void)run_mode(&t, ENGINE_DOCKER, USER("{\"uid\":0,\"gid\":0}"), CFG, MODE_FIX);
	ok(trial_count(&t, EDIT_ASK) == 0 && trial_count(&t, EDIT_TRIM) == 2,
	   "user: root that the image brought is a trim");
	trial_end(&t);
}

static void test_user_namespace(void)
{
#define MAPPED(range)                                                                              \
	DOC("{\"uid\":0,\"gid\":0}", "\"HOME=/x\"",                                                \
	    ",\"linux\":{\"namespaces\":[{\"type\":\"user\"}],\"uidMappings\":[" range             \
	    "],\"gidMappings\":[" range "]}")
	struct trial t;

	is_text(run_mode(&t, ENGINE_DOCKER,
			 MAPPED("{\"containerID\":0,\"hostID\":100000,\"size\":65536}"), CFG,
			 MODE_FIX),
		"{\"uid\":65532,\"gid\":65532,\"umask\":18}",
		"user: within the mappings root is replaced");
	ok(!t.journal.refusals, "user: and nothing is refused");
	trial_end(&t);
	expect_refused(MAPPED("{\"containerID\":0,\"hostID\":100000,\"size\":65532}"), CFG,
		       "root becomes 65532:65532 here, which the container's user namespace does",
		       "user: a uid outside of the mappings is refused with a sentence");
}

static void test_groups(void)
{
	struct trial t;

	/* disk is 6 and lies in every host's /etc/group of a Debian kind. */
	expect("{\"uid\":0,\"gid\":0,\"additionalGids\":[0,1,6,5000]}", CFG,
	       "{\"uid\":65532,\"gid\":65532,\"additionalGids\":[5000],\"umask\":18}",
	       "user: the host's system groups that the image gives to root are dropped");
	expect("{\"uid\":1000,\"gid\":777,\"additionalGids\":[777]}", CFG,
	       "{\"uid\":1000,\"gid\":777,\"additionalGids\":[777],\"umask\":18}",
	       "user: the primary group may be in the list");
	expect("{\"uid\":0,\"gid\":0,\"additionalGids\":[6]}",
	       "{\"root\":\"65532:65532\",\"groups\":{\"keep\":[6]}}",
	       "{\"uid\":65532,\"gid\":65532,\"additionalGids\":[6]}",
	       "user: a group that the policy keeps stays");
	expect("{\"uid\":1000,\"gid\":1000,\"additionalGids\":[777]}", CFG,
	       "{\"uid\":1000,\"gid\":1000,\"additionalGids\":[777],\"umask\":18}",
	       "user: a number that the host does not know stays");

	/* The same by another flag: the primary group; 6 is group disk on every Debian and Red Hat.
	 */
	(void)run_mode(&t, ENGINE_DOCKER, USER("{\"uid\":1000,\"gid\":6,\"additionalGids\":[6]}"),
		       CFG, MODE_DENY);
	is_text(trial_asked(&t), "-u 1000:6 is a system group of the host",
		"user: a primary group that opens the host is asked for");
	trial_end(&t);
	(void)run_mode(&t, ENGINE_DOCKER, USER("{\"uid\":1000,\"gid\":6,\"additionalGids\":[6]}"),
		       CFG, MODE_FIX);
	is_text(trial_value(&t, "process", "user", "gid"), "65532", "user: under fix it goes");
	is_text(trial_value(&t, "process", "user", "additionalGids"), "[]",
		"user: from the list as well");
	trial_end(&t);
	expect("{\"uid\":101,\"gid\":101}", CFG, "{\"uid\":101,\"gid\":101,\"umask\":18}",
	       "user: a number that only happens to be a group of the host's stays");

	(void)run_mode(&t, ENGINE_DOCKER,
		       USER("{\"uid\":1001,\"gid\":1001,\"additionalGids\":[1001,6]}"), CFG,
		       MODE_DENY);
	is_text(trial_asked(&t), NULL, "user: for a user the image does not know nobody can tell");
	trial_end(&t);
	(void)run_mode(&t, ENGINE_DOCKER, USER("{\"uid\":999,\"gid\":999,\"additionalGids\":[6]}"),
		       CFG, MODE_DENY);
	is_text(trial_asked(&t), "--group-add 6: a system group of the host has that number",
		"user: a system group that the image does not give is refused under deny");
	is_text(trial_value(&t, "process", "user", "additionalGids"), "[]",
		"user: and dropped under fix");
	trial_end(&t);
}

static void test_many_groups(void)
{
	auto_strbuf struct strbuf text = { 0 };
	struct trial t;

	strbuf_puts(&text, "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"rootfs\"},\"process\":{"
			   "\"args\":[\"a\"],\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0,"
			   "\"additionalGids\":[0");
	for (int i = 0; i < 65000; i++)
		strbuf_puts(&text, ",6");
	strbuf_puts(&text, "]}}}");
	(void)run_mode(&t, ENGINE_DOCKER, strbuf_text(&text), CFG, MODE_FIX);
	is_text(trial_value(&t, "process", "user", "additionalGids"), "[]",
		"user: sixty thousand groups go in one edit");
	trial_end(&t);
}

static void test_umask(void)
{
	expect("{\"uid\":1,\"gid\":1,\"umask\":63}", CFG, "{\"uid\":1,\"gid\":1,\"umask\":63}",
	       "user: a tighter umask stays");
	expect("{\"uid\":1,\"gid\":1,\"umask\":18}", "{\"umask\":\"077\"}",
	       "{\"uid\":1,\"gid\":1,\"umask\":63}", "user: podman's umask is a trim");
	struct trial t;

	is_text(run_mode(&t, ENGINE_PODMAN, USER("{\"uid\":1,\"gid\":1,\"umask\":40}"), CFG,
			 MODE_DENY),
		"{\"uid\":1,\"gid\":1,\"umask\":58}", "user: umasks are combined");
	is_text(trial_asked(&t), "--umask 0050 gives others more than the policy's 022",
		"user: and a wider one is an ask");
	trial_end(&t);
}

static const char *env_after(struct trial *t, const char *env, const char *user)
{
	auto_arena struct arena *arena = arena_new();

	(void)run_mode(t, ENGINE_DOCKER, arena_printf(arena, DOC("%s", "%s", ""), user, env), CFG,
		       MODE_DENY);
	return trial_value(t, "process", "env");
}

static void test_home(void)
{
	static const char root[] = "{\"uid\":0,\"gid\":0}";
	struct trial t;

	is_text(env_after(&t, "\"A=b\"", root), "[\"A=b\",\"HOME=/home/nonroot\"]",
		"user: HOME is the new user's in the image");
	trial_end(&t);
	is_text(env_after(&t, "\"HOME=/root\",\"A=b\",\"HOME=\"", root),
		"[\"HOME=/home/nonroot\",\"A=b\",\"HOME=/home/nonroot\"]",
		"user: root's HOME is replaced, wherever it stands");
	ok(trial_count(&t, EDIT_COMP) == 2, "user: and that is a compensation");
	trial_end(&t);
	is_text(env_after(&t, "\"HOME=/data\"", root), "[\"HOME=/data\"]",
		"user: a chosen HOME stays");
	trial_end(&t);
	is_text(env_after(&t, "\"HOME=/root\"", "{\"uid\":1000,\"gid\":1000}"), "[\"HOME=/root\"]",
		"user: whoever was not changed keeps any HOME");
	trial_end(&t);

	(void)run_mode(&t, ENGINE_DOCKER, DOC("{}", "", ""), CFG_ROOT("4711:4711", "replace"),
		       MODE_FIX);
	is_text(trial_value(&t, "process", "env"), "[\"HOME=/\"]",
		"user: a user that the image does not know lives in /");
	trial_end(&t);
	(void)run_mode(&t, ENGINE_DOCKER, TRIAL_DOC(""), CFG, MODE_FIX);
	is_text(trial_value(&t, "process", "env"), "[\"HOME=/home/nonroot\"]",
		"user: an absent environment gets HOME");
	trial_end(&t);
}

static void test_tmpfs(void)
{
#define MOUNT(destination, type, options)                                                          \
	"{\"destination\":\"" destination "\",\"type\":\"" type "\",\"source\":\"" type            \
	"\",\"options\":[" options "]}"
	static const char doc[] = DOC(
		"{\"uid\":0,\"gid\":0}", "",
		",\"mounts\":[" MOUNT("/dev", "tmpfs", "\"nosuid\"") "," MOUNT(
			"/dev/shm", "tmpfs",
			"\"nosuid\"") "," MOUNT("/scratch", "tmpfs",
						"\"size=16m\"") "," MOUNT("/owned", "tmpfs",
									  "\"uid=5\"") ",{"
										       "\"destinati"
										       "on\":\"/"
										       "bare\","
										       "\"type\":"
										       "\"tmpfs\"}"
										       "]");
	struct trial t;

	(void)run_mode(&t, ENGINE_DOCKER, doc, CFG, MODE_DENY);
	is_text(trial_value(&t, "mounts"),
		"[" MOUNT("/dev", "tmpfs", "\"nosuid\"") "," MOUNT(
			"/dev/shm", "tmpfs",
			"\"nosuid\"") "," MOUNT("/scratch", "tmpfs",
						"\"size=16m\",\"uid=65532\","
						"\"gid=65532\"") "," MOUNT("/owned", "tmpfs",
									   "\"uid=5\"") ",{"
											"\"destinat"
											"ion\":\"/"
											"bare\","
											"\"type\":"
											"\"tmpfs\","
											"\"options"
											"\":[\"uid="
											"65532\","
											"\"gid="
											"65532\"]}"
											"]",
		"user: a tmpfs of the request without an owner gets the user, /dev never");
	trial_run(&t, CONTROL, MODE_DENY, CFG);
	ok(trial_edits(&t) == 0, "user: and a second run finds nothing to do");
	trial_end(&t);
}

/* What is said about a bind of SOURCE with OPTIONS; NULL: nothing. */
static const char *volume_said(struct trial *t, const char *source, const char *options,
			       const char *cfg)
{
	auto_arena struct arena *arena = arena_new();

	(void)run_mode(t, ENGINE_DOCKER,
		       arena_printf(arena,
				    DOC("{\"uid\":0,\"gid\":0,\"additionalGids\":[5000]}", "",
					",\"mounts\":[{\"destination\":\"/data\",\"type\":\"bind\","
					"\"source\":\"%s\",\"options\":[%s]}]"),
				    source, options),
		       cfg, MODE_FIX);
	return trial_asked(t);
}

static void test_volumes(void)
{
	auto_arena struct arena *arena = arena_new();
	const char *volume = arena_printf(arena, "%s/volumes/data/_data", image.dir), *said;
	struct trial t;

	(void)mkdir(arena_printf(arena, "%s/volumes", image.dir), 0755);
	(void)mkdir(arena_printf(arena, "%s/volumes/data", image.dir), 0755);
	(void)mkdir(volume, 0755);
	(void)chmod(volume, 0755);

	said = volume_said(&t, volume, "\"rbind\"", CFG);
	is_text(said,
		"volume 'data' at /data belongs to 0:0 mode 0755 and user 65532 cannot write it",
		"user: a volume of root's is refused with a sentence");
	ok(journal_is_refused(&t.journal) &&
		   text_starts(t.journal.refusals->remedy, "chown 65532:65532 /"),
	   "user: under fix too, and the remedy is a chown");
	trial_end(&t);
	is_text(volume_said(&t, volume, "\"rbind\",\"ro\"", CFG), NULL,
		"user: read-only it is no matter");
	trial_end(&t);
	ok(volume_said(&t, volume, "\"ro\",\"rbind\",\"rw\"", CFG) != NULL,
	   "user: the last of ro and rw counts");
	trial_end(&t);
	is_text(volume_said(&t, volume, "\"rbind\"",
			    "{\"root\":\"65532:65532\",\"volumes\":\"leave\"}"),
		NULL, "user: a policy may leave it");
	trial_end(&t);
	is_text(volume_said(&t, "/absent", "\"rbind\"", CFG), NULL,
		"user: what is absent is the runtime's to say");
	trial_end(&t);
	is_text(volume_said(&t, "/dev/null", "\"bind\"", CFG), NULL,
		"user: a device is another control's");
	trial_end(&t);

	(void)chmod(volume, 0777);
	is_text(volume_said(&t, volume, "\"rbind\"", CFG), NULL, "user: writable for all is fine");
	trial_end(&t);
	(void)chmod(volume, 0770);
	(void)!chown(volume, 0, 5000);
	is_text(volume_said(&t, volume, "\"rbind\"", CFG), NULL,
		"user: writable for one of its groups is fine");
	trial_end(&t);
	(void)!chown(volume, 65532, 0);
	(void)chmod(volume, 0577);
	ok(volume_said(&t, volume, "\"rbind\"", CFG) != NULL,
	   "user: an owner without the right does not fall back to others");
	trial_end(&t);
	(void)!chown(volume, 999, 999);
	(void)chmod(volume, 0700);
	(void)volume_said(&t, volume, "\"rbind\"", CFG);
	ok(t.journal.refusals && text_ends(t.journal.refusals->remedy, "-u 999:999"),
	   "user: an owner that is not root is named as the user to run as");
	trial_end(&t);

	(void)run_mode(&t, ENGINE_DOCKER,
		       arena_printf(arena,
				    DOC("{\"uid\":1000,\"gid\":1000}", "",
					",\"mounts\":[{\"destination\":\"/data\",\"source\":\"%s\","
					"\"options\":[\"bind\"]},{\"destination\":\"/etc/hosts\","
					"\"source\":\"/etc/hosts\",\"options\":[\"bind\"]}]"),
				    volume),
		       CFG, MODE_DENY);
	is_text(trial_asked(&t), NULL, "user: who chose a user is left alone with the volume");
	trial_end(&t);
}

static void exec_start(struct trial *t, const char *user, bool is_known, uint64_t asked,
		       uint64_t final)
{
	auto_arena struct arena *arena = arena_new();

	if (!trial_start(t, ENGINE_DOCKER,
			 arena_printf(arena, DOC("%s", "\"HOME=/root\",\"A=b\"", ""), user)))
		return;
	t->scope = SCOPE_PROCESS;
	t->facts.created = (struct create_request){
		.is_known = is_known,
		.uid = asked,
		.final_uid = final,
		.final_gid = final,
	};
}

static void test_exec(void)
{
	static const char root[] = "{\"uid\":0,\"gid\":0,\"additionalGids\":[0]}";
	struct trial t;

	exec_start(&t, root, true, 0, 999);
	trial_run(&t, CONTROL, MODE_DENY, CFG);
	is_text(trial_value(&t, "process", "user"),
		"{\"uid\":999,\"gid\":999,\"additionalGids\":[],\"umask\":18}",
		"user: exec runs as the container does");
	ok(!t.journal.refusals, "user: root is nobody's wish where the image has no user");
	is_text(trial_value(&t, "process", "env"), "[\"A=b\"]",
		"user: root's HOME goes, so that the runtime looks the new one up");
	trial_run(&t, CONTROL, MODE_DENY, CFG);
	ok(trial_edits(&t) == 0, "user: and a second run finds nothing to do");
	trial_end(&t);

	exec_start(&t, root, true, 1000, 1000);
	trial_run(&t, CONTROL, MODE_DENY, CFG);
	ok(journal_is_refused(&t.journal),
	   "user: exec -u 0 into another user's container is denied");
	is_text(trial_asked(&t), "exec -u 0 asks for root in a container that runs as 1000",
		"user: and named as it was asked");
	trial_end(&t);

	exec_start(&t, root, false, 0, 0);
	trial_run(&t, CONTROL, MODE_DENY, CFG);
	is_text(trial_value(&t, "process", "user", "uid"), "65532",
		"user: without a record the policy's user is taken");
	ok(!t.journal.refusals, "user: and health checks go on under deny");
	trial_end(&t);

	exec_start(&t, "{\"uid\":33,\"gid\":0}", true, 0, 999);
	trial_run(&t, CONTROL, MODE_DENY, CFG);
	is_text(trial_value(&t, "process", "user"), "{\"uid\":33,\"gid\":999,\"umask\":18}",
		"user: exec -u 33 keeps the user and not root's group");
	trial_end(&t);

	exec_start(&t, root, false, 0, 0);
	trial_run(&t, CONTROL, MODE_FIX, CFG_ROOT("name:postgres", "replace"));
	ok(journal_is_refused(&t.journal) &&
		   text_starts(trial_asked(&t), "root becomes 'postgres'"),
	   "user: without a record a name cannot be looked up");
	trial_end(&t);
}

static void test_settings(void)
{
	static const char *const right[] = { "\"1:1\"", "\"keep\"", "\"refuse\"",
					     "\"name:www-data\"", "\"2147483647:2147483647\"" };
	static const char *const wrong[] = { "\"0:1\"",          "\"1:0\"",   "\"1\"",
					     "\"1:\"",           "\":1\"",    "\"1:1:1\"",
					     "\"root\"",         "\"name:\"", "\"name:a/b\"",
					     "\"-1:1\"",         "\"01:1\"",  "\"range:1-2\"",
					     "\"2147483648:1\"", "\"\"" };

	for (size_t i = 0; i < ARRAY_SIZE(right); i++)
		ok(trial_accepts(CONTROL, "root", right[i]), "user: root %s is right", right[i]);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		ok(!trial_accepts(CONTROL, "root", wrong[i]), "user: root %s is wrong", wrong[i]);
	ok(trial_accepts(CONTROL, "umask", "\"022\"") &&
		   trial_accepts(CONTROL, "umask", "\"0077\"") &&
		   !trial_accepts(CONTROL, "umask", "\"22\"") &&
		   !trial_accepts(CONTROL, "umask", "\"1777\"") &&
		   !trial_accepts(CONTROL, "umask", "\"089\""),
	   "user: a umask is octal");
	ok(trial_accepts(CONTROL, "groups", "{\"keep\":[4,44]}") &&
		   !trial_accepts(CONTROL, "groups", "{\"keep\":[0]}") &&
		   !trial_accepts(CONTROL, "groups", "{\"keep\":\"4\"}") &&
		   !trial_accepts(CONTROL, "groups", "{\"keep\":[\"disk\"]}") &&
		   !trial_accepts(CONTROL, "groups", "{\"drop\":[4]}"),
	   "user: groups keeps numbers above 0");
}

int main(void)
{
	if (image_make(&image)) {
		test_ids();
		test_user_namespace();
		test_groups();
		test_many_groups();
		test_umask();
		test_home();
		test_tmpfs();
		test_volumes();
		test_exec();
		test_settings();
	}
	image_end(&image);
	return done_testing();
}
