/* cli: every row of what runc and crun read differently, and the command line that we write. */
#include "cli.h"

#include "strbuf.h"
#include "tap.h"
#include "text.h"

#define MAX_WORDS 300

static struct arena *arena;

/* LINE is split at blanks; "''" is an empty word. */
static char **words(const char *line, int *ret_count)
{
	char **argv = arena_alloc(arena, (MAX_WORDS + 1) * sizeof(*argv));
	char *text = arena_strdup(arena, line), *save = NULL;

	*ret_count = 0;
	for (char *word = strtok_r(text, " ", &save); word && *ret_count < MAX_WORDS;
	     word = strtok_r(NULL, " ", &save))
		argv[(*ret_count)++] = strcmp(word, "''") == 0 ? arena_strdup(arena, "") : word;
	return argv;
}

static int parse(const char *line, struct invocation *inv, struct error *e)
{
	int argc;
	char **argv = words(line, &argc);

	*inv = (struct invocation){ .arena = arena };
	*e = (struct error){ 0 };
	return cli_parse(inv, argc, argv, e);
}

/* What the runtime would get, joined by blanks; the error message when it is refused. */
static const char *written(const char *line)
{
	static struct invocation inv;
	static struct error e;
	struct strbuf sb = { 0 };
	const char *text;

	if (parse(line, &inv, &e) < 0)
		return e.message;
	for (char **argv = cli_argv(&inv, "R"); *argv; argv++)
		strbuf_printf(&sb, "%s%s", sb.len ? " " : "", **argv ? *argv : "''");
	text = arena_strdup(arena, strbuf_text(&sb));
	strbuf_free(&sb);
	return text;
}

static void becomes(const char *line, const char *want, const char *name)
{
	is_text(written(line), want, name);
}

static void refused(const char *line, const char *part, const char *name)
{
	static struct invocation inv;
	static struct error e;
	bool is_right = parse(line, &inv, &e) < 0 && e.kind == ERR_USAGE && strstr(e.message, part);

	ok(is_right, "%s", name);
	if (!is_right)
		printf("#   got:  %s\n#   want: ...%s...\n", written(line), part);
}

static void test_forms(void)
{
	becomes("m create --bundle /b ID", "R create --bundle /b ID", "cli: --name value");
	becomes("m create --bundle=/b ID", "R create --bundle /b ID", "cli: --name=value");
	becomes("m create -b /b ID", "R create --bundle /b ID", "cli: -n value");
	becomes("m run -d -b /b ID", "R run --bundle /b --detach ID",
		"cli: our own order, long names");
	becomes("m run ID", "R run ID", "cli: a run without flags");
	becomes("m create -b --pid-file ID", "R create --bundle=--pid-file ID",
		"cli: a value is what comes next, whatever it looks like");
	becomes("m run -b /b -- ID", "R run --bundle /b ID", "cli: -- ends the flags of a command");

	refused("m run -bundle /b ID", "--bundle VALUE",
		"cli: one dash with a long name is refused");
	refused("m run --b /b ID", "--bundle VALUE",
		"cli: an abbreviation of one letter is refused");
	refused("m run --bun /b ID", "--bundle VALUE", "cli: an abbreviation is refused");
	refused("m run -b=/b ID", "--bundle VALUE", "cli: -b=X is refused");
	refused("m run -b/b ID", "--bundle VALUE", "cli: an attached value is refused");
	refused("m run -db /b ID", "--detach", "cli: bundled letters are refused");
	refused("m run --bundle /a --bundle /b ID", "given twice", "cli: a flag twice is refused");
	refused("m run -b /a --bundle /b ID", "given twice", "cli: both forms of one are refused");
	refused("m run --detach --detach ID", "given twice", "cli: a boolean twice is refused");
	refused("m --debug --debug run ID", "given twice", "cli: a global flag twice is refused");
	refused("m run ID --bundle /b", "behind the container id",
		"cli: a flag behind the id is refused");
	refused("m run ID other", "behind the container id", "cli: a second id is refused");
	refused("m update ID --pids-limit 5", "behind the container id",
		"cli: update: a flag behind the id is refused");
	refused("m run --bundle= ID", "empty", "cli: an empty value is refused");
	refused("m run --bundle '' ID", "empty", "cli: an empty word as value is refused");
	refused("m run --keep=false ID", "takes no value", "cli: a boolean with =false is refused");
	refused("m run --keep=true ID", "takes no value", "cli: a boolean with =true is refused");
	refused("m --debug=0 run ID", "takes no value", "cli: a global boolean with =0 is refused");
	refused("m run --keep false ID", "behind the container id",
		"cli: a boolean with a word behind it is refused");
	refused("m run --bundle", "needs a value", "cli: a value that is missing is refused");
	refused("m run --sandbox ID", "does not know", "cli: an unknown flag is refused");
	refused("m run", "needs a container id", "cli: a missing id is refused");
	refused("m run ''", "no container id", "cli: an empty id is refused");
}

static void test_globals(void)
{
	struct invocation inv;
	struct error e;

	ok(parse("m --log run run --bundle /b ID", &inv, &e) == 0 &&
		   text_equal(inv.command, "run") && text_equal(inv.log, "run") &&
		   inv.kind == COMMAND_CREATE,
	   "cli: --log run run is a run");
	ok(parse("m --log --version run -b /b ID", &inv, &e) == 0 && inv.kind == COMMAND_CREATE,
	   "cli: --version as the value of --log is no --version");
	ok(parse("m --root /r --log /l --log-format json --systemd-cgroup create -b /b ID", &inv,
		 &e) == 0 &&
		   text_equal(inv.root, "/r") && text_equal(inv.log, "/l") &&
		   text_equal(inv.log_format, "json") && inv.is_systemd_cgroup &&
		   text_equal(inv.id, "ID") && text_equal(cli_get(&inv, "bundle"), "/b"),
	   "cli: what mantlet itself needs is there");
	becomes("m --systemd-cgroup --root /r --log-format=json --debug --log /l create -b /b ID",
		"R --debug --log /l --log-format json --root /r --systemd-cgroup create --bundle "
		"/b "
		"ID",
		"cli: global flags in the order of the table");
	becomes("m -- run ID", "R run ID", "cli: -- in front of the command");
	becomes("m --debug -- state ID", "R --debug -- state ID",
		"cli: -- in front of a command that is passed on stays");
	refused("m -- --debug run ID", "no command", "cli: behind -- comes the command");
	refused("m --verbose run ID", "does not know", "cli: an unknown global flag is refused");
	refused("m --verbose=1 state ID", "does not know",
		"cli: an unknown global flag is refused for every command");
	refused("m -debug run ID", "--debug", "cli: one dash with a long global name is refused");
	refused("m --roo /r run ID", "--root VALUE", "cli: an abbreviated global flag is refused");
	refused("m --log", "needs a value", "cli: a global value that is missing is refused");
	refused("m --log= run ID", "empty", "cli: an empty global value is refused for run");
	becomes("m --log= state ID", "R --log= state ID", "cli: and left alone for state");
	becomes("m --rootless auto --cgroup-manager cgroupfs run ID",
		"R --cgroup-manager cgroupfs --rootless auto run ID",
		"cli: their other values are not");
	refused("m --systemd-cgroup --cgroup-manager cgroupfs run ID", "--systemd-cgroup",
		"cli: two cgroup managers are refused");

	ok(parse("m --log /l --log-format json run --sandbox ID", &inv, &e) < 0 &&
		   text_equal(inv.log, "/l") && text_equal(inv.log_format, "json"),
	   "cli: what was read before a failure stays, so that the refusal reaches --log");
}

static void test_root(void)
{
	refused("m --root / run ID", "root directory", "cli: --root / is refused");
	refused("m --root // start ID", "root directory", "cli: --root // is refused for start");
	refused("m --root /tmp/.. delete --force etc", "root directory",
		"cli: --root /tmp/.. is refused for delete");
	refused("m --root= kill ID", "empty", "cli: an empty --root is refused for kill");
	becomes("m --root / state ID", "R --root / state ID", "cli: state changes nothing");
}

static void test_information(void)
{
	becomes("m", "R", "cli: no command at all is passed on");
	becomes("m --version", "R --version", "cli: --version is passed on");
	becomes("m -v", "R -v", "cli: -v is passed on");
	becomes("m --debug --help", "R --debug --help", "cli: --help is passed on");
	becomes("m --version run -b /b ID", "R --version",
		"cli: nothing behind --version reaches the runtime");
	becomes("m --version --root /r run ID", "R --version --root /r",
		"cli: flags between --version and the command stay");
	refused("m --version --version=false run ID", "does not know",
		"cli: --version taken back is refused");
	refused("m --help=false run ID", "does not know", "cli: --help=false is refused");
	refused("m --unknown --version run ID", "does not know",
		"cli: an unknown flag could take --version as its value");
	becomes("m run --help", "R run --help", "cli: help of a command alone is passed on");
	refused("m run --help ID", "does not know", "cli: help among other words is not");
	becomes("m help run", "R help run", "cli: help as a command is passed on");
}

static void test_commands(void)
{
	static const char *const passed[] = { "state", "kill",   "pause",    "resume", "ps",
					      "list",  "events", "features", "spec" };
	struct invocation inv;
	struct error e;

	for (size_t i = 0; i < ARRAY_SIZE(passed); i++) {
		const char *line =
			arena_printf(arena, "m --root /r %s --new-flag x ID 9", passed[i]);

		ok(parse(line, &inv, &e) == 0 && inv.kind == COMMAND_PASS &&
			   text_equal(written(line), arena_printf(arena, "R%s", line + 1)),
		   "cli: %s is passed on unchanged, with flags of later versions", passed[i]);
	}
	ok(parse("m --mantlet-policy /p --root=/r start -- ID", &inv, &e) == 0 &&
		   inv.kind == COMMAND_START && text_equal(inv.id, "ID") &&
		   text_equal(written("m --mantlet-policy /p --root=/r start -- ID"),
			      "R --root=/r start -- ID"),
	   "cli: start has an id, and is passed on as it came");
	becomes("m start --help", "R start --help", "cli: start's help is passed on");
	refused("m start", "needs a container id", "cli: start without an id");
	refused("m start ID x", "behind the container id", "cli: start with more than an id");
	refused("m start --help=false ID", "does not know", "cli: start with a flag");
	refused("m start a/b", "no container id", "cli: start of what is no id");
	refused("m init", "no command", "cli: init is no command on the outside");
	refused("m mounts add ID", "no command", "cli: crun's mounts is refused");
	refused("m ''", "no command", "cli: the empty command is refused");
	refused("m - run ID", "no command", "cli: a dash is no command");
	refused("m creat ID", "'create'", "cli: a misspelt command names the nearest one");
	refused("m RUN ID", "no command", "cli: commands are case-sensitive");
}

static void test_refused_flags(void)
{
	refused("m create --config /c ID", "config.json", "cli: crun's --config is refused");
	refused("m run -f /c ID", "config.json", "cli: crun's -f is refused");
	refused("m run --preserve-fds -1 ID", "no number", "cli: --preserve-fds -1 is refused");
	refused("m run --preserve-fds 010 ID", "no number",
		"cli: --preserve-fds 010, eight or ten, is refused");
	refused("m exec --preserve-fds 0x1 ID sh", "no number",
		"cli: --preserve-fds 0x1 is refused");
	refused("m create --preserve-fds 1025 ID", "1024 at most",
		"cli: --preserve-fds has a bound");
	refused("m run --preserve-fds 99999999999999999999 ID", "no number",
		"cli: --preserve-fds beyond 64 bits is refused");
	becomes("m restore -no-subreaper ID", "R restore --no-subreaper ID",
		"cli: restore: go-runc's -no-subreaper is understood");
	refused("m restore -no-subreaper --no-subreaper ID", "given twice",
		"cli: restore: and is the same flag");
	refused("m restore -no-subreaper=true ID", "write --no-subreaper",
		"cli: restore: but not with a value");
	refused("m restore -no-sub ID", "write --no-subreaper", "cli: restore: nor shortened");
	refused("m run -no-subreaper ID", "write --no-subreaper",
		"cli: run: one dash is refused for every long name");
	becomes("m --criu /c checkpoint --leave-running --image-path=/i ID",
		"R --criu /c checkpoint --image-path /i --leave-running ID",
		"cli: checkpoint is written anew");
	refused("m checkpoint --network-lock ID", "does not know",
		"cli: checkpoint: --network-lock is refused");
	refused("m checkpoint ID --leave-running", "behind the container id",
		"cli: checkpoint: a flag behind the id is refused");
	becomes("m run --preserve-fds 0 ID", "R run --preserve-fds 0 ID",
		"cli: --preserve-fds 0 is not");
}

/* LINE is understood, asks ASK and nothing else with VALUE, and is written as WRITTEN. */
static void asks(const char *line, enum command_ask ask, const char *value, const char *want)
{
	struct invocation inv;
	struct error e;
	bool is_right = parse(line, &inv, &e) == 0;

	for (unsigned int i = 0; is_right && i < COMMAND_ASK_COUNT; i++)
		is_right = text_equal(inv.asked[i], i == ask ? value : NULL);
	ok(is_right, "cli: '%s' is noted for the policy", line);
	becomes(line, want, "cli: ... and written");
}

static void test_asks(void)
{
	struct invocation inv;
	struct error e;

	asks("m run ID", COMMAND_ASK_NONE, NULL, "R run ID");
	asks("m run --preserve-fds 0 ID", COMMAND_ASK_NONE, NULL, "R run --preserve-fds 0 ID");
	asks("m --rootless auto --cgroup-manager systemd run ID", COMMAND_ASK_NONE, NULL,
	     "R --cgroup-manager systemd --rootless auto run ID");
	asks("m --rootless=false run ID", COMMAND_ASK_NONE, NULL, "R --rootless false run ID");
	asks("m create --no-pivot ID", COMMAND_ASK_NO_PIVOT, "", "R create --no-pivot ID");
	asks("m run --no-pivot ID", COMMAND_ASK_NO_PIVOT, "", "R run --no-pivot ID");
	asks("m restore --no-pivot ID", COMMAND_ASK_NO_PIVOT, "", "R restore --no-pivot ID");
	asks("m create --no-new-keyring ID", COMMAND_ASK_NO_NEW_KEYRING, "",
	     "R create --no-new-keyring ID");
	asks("m run --no-new-keyring ID", COMMAND_ASK_NO_NEW_KEYRING, "",
	     "R run --no-new-keyring ID");
	asks("m create --preserve-fds 2 ID", COMMAND_ASK_PRESERVE_FDS, "2",
	     "R create --preserve-fds 2 ID");
	asks("m exec --preserve-fds=3 ID sh", COMMAND_ASK_PRESERVE_FDS, "3",
	     "R exec --preserve-fds 3 ID sh");
	asks("m exec --cgroup a --cgroup=cpu:b ID sh", COMMAND_ASK_CGROUP, "cpu:b",
	     "R exec --cgroup a --cgroup cpu:b ID sh");
	asks("m update --l3-cache-schema L3:0=f ID", COMMAND_ASK_L3_CACHE_SCHEMA, "L3:0=f",
	     "R update --l3-cache-schema L3:0=f ID");
	asks("m update --mem-bw-schema=MB:0=10 ID", COMMAND_ASK_MEM_BW_SCHEMA, "MB:0=10",
	     "R update --mem-bw-schema MB:0=10 ID");
	asks("m --rootless true run ID", COMMAND_ASK_ROOTLESS, "true", "R --rootless true run ID");
	asks("m --rootless T exec ID sh", COMMAND_ASK_ROOTLESS, "T", "R --rootless T exec ID sh");
	asks("m --cgroup-manager disabled update -r - ID", COMMAND_ASK_CGROUP_MANAGER, "disabled",
	     "R --cgroup-manager disabled update --resources=- ID");

	ok(parse("m run --preserve-fds 7 ID", &inv, &e) == 0 && inv.preserved_fds == 7,
	   "cli: the descriptors of --preserve-fds are counted");
}

static void test_ids(void)
{
	char long_id[300];
	struct invocation inv;
	struct error e;

	memset(long_id, 'x', sizeof(long_id));
	long_id[255] = '\0';
	ok(parse(arena_printf(arena, "m run %s", long_id), &inv, &e) == 0,
	   "cli: an id of 255 bytes is taken");
	long_id[255] = 'x';
	long_id[256] = '\0';
	ok(parse(arena_printf(arena, "m run %s", long_id), &inv, &e) < 0,
	   "cli: an id of 256 bytes is refused");
	refused("m run .", "no container id", "cli: . is no id");
	refused("m run ..", "no container id", "cli: .. is no id");
	refused("m run a/b", "no container id", "cli: a slash is in no id");
	refused("m run -- -x", "no container id", "cli: an id that begins with a dash is refused");
	refused("m run a,b", "no container id",
		"cli: a comma, which runc 1.1 lets through, is refused");
	refused("m run a\xc3\xa9", "no container id", "cli: letters are ASCII letters");
	becomes("m run A_z0+.-", "R run A_z0+.-", "cli: all letters of an id");
}

static void test_exec(void)
{
	struct invocation inv;
	struct error e;
	char many[4096] = "m exec";

	becomes("m exec --process /p --detach --pid-file /f ID",
		"R exec --process /p --detach --pid-file /f ID",
		"cli: exec as containerd calls it");
	becomes("m exec -t -e A=1 -e B=2 ID sh -p --cap X -- -b",
		"R exec --env A=1 --env B=2 --tty ID sh -p --cap X -- -b",
		"cli: what follows the id of exec is the program's");
	becomes("m exec -c CAP_A --cap CAP_B -g 1 -g 2 ID sh",
		"R exec --additional-gids 1 --additional-gids 2 --cap CAP_A --cap CAP_B ID sh",
		"cli: flags that may repeat keep their order");
	refused("m exec -t=false ID sh", "--tty", "cli: exec -t=false is refused");
	refused("m exec --no-new-privs=false ID sh", "takes no value",
		"cli: exec --no-new-privs=false is refused");
	ok(parse("m exec -u 0 ID sh -c id", &inv, &e) == 0 && inv.kind == COMMAND_EXEC &&
		   text_equal(inv.args[0], "sh") && text_equal(inv.args[2], "id") && !inv.args[3],
	   "cli: the program of exec is in args");

	for (int i = 0; i < CLI_MAX_VALUES; i++)
		(void)snprintf(many + strlen(many), sizeof(many) - strlen(many), " -e A");
	ok(parse(arena_printf(arena, "%s ID sh", many), &inv, &e) == 0, "cli: 128 flags are taken");
	refused(arena_printf(arena, "%s -e A ID sh", many), "--process",
		"cli: 129 flags are refused");
}

static void test_update(void)
{
	becomes("m update --resources - ID", "R update --resources=- ID",
		"cli: update from standard input as Docker says it");
	becomes("m update --resources=- ID", "R update --resources=- ID",
		"cli: and as newer engines say it");
	becomes("m update -r - --pids-limit -1 --memory 5 ID",
		"R update --resources=- --memory 5 --pids-limit=-1 ID",
		"cli: a value that begins with a dash is tied to its flag");
}

static void test_delete(void)
{
	static const struct {
		const char *line, *id;
	} rows[] = {
		{ "m delete ID", "ID" },         { "m delete --force ID", "ID" },
		{ "m delete -f ID", "ID" },      { "m delete -- ID", "ID" },
		{ "m delete ID --force", NULL }, { "m delete --force=true ID", NULL },
		{ "m delete --new x ID", NULL }, { "m delete A B", NULL },
		{ "m delete a/b", NULL },        { "m delete", NULL },
	};
	struct invocation inv;
	struct error e;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ok(parse(rows[i].line, &inv, &e) == 0 && inv.kind == COMMAND_DELETE &&
			   text_equal(inv.id, rows[i].id),
		   "cli: %s: the id is %s", rows[i].line, rows[i].id ? rows[i].id : "not certain");
		becomes(rows[i].line, arena_printf(arena, "R%s", rows[i].line + 1),
			"cli: and it is passed on unchanged");
	}
	refused("m delete --regex .*", "--regex", "cli: delete --regex is refused");
	refused("m delete -r .*", "--regex", "cli: delete -r is refused");
	refused("m delete -fr .*", "--regex", "cli: delete -fr is refused");
	refused("m delete --reg .*", "--regex", "cli: delete --reg is refused");
	refused("m delete -f --regex .*", "--regex", "cli: delete -f --regex is refused");
	refused("m kill -r .* KILL", "--regex", "cli: kill -r is refused");
	refused("m kill --r .* KILL", "--regex", "cli: kill --r is refused");
	becomes("m kill --all ID 9", "R kill --all ID 9", "cli: kill --all is not");
}

static void test_own(void)
{
	struct invocation inv;
	struct error e;

	ok(parse("/usr/bin/mantlet-baseline run ID", &inv, &e) == 0 &&
		   text_equal(inv.profile, "baseline") && text_equal(inv.name, "mantlet-baseline"),
	   "cli: the name mantlet-baseline selects the profile");
	ok(parse("/usr/bin/mantlet run ID", &inv, &e) == 0 && !inv.profile &&
		   parse("runc run ID", &inv, &e) == 0 && !inv.profile &&
		   parse("/opt/docker-runc run ID", &inv, &e) == 0 && !inv.profile &&
		   parse("/x/mantlet-baseline/runc run ID", &inv, &e) == 0 && !inv.profile,
	   "cli: every other name selects none");
	refused("mantlet- run ID", "without a profile", "cli: the name mantlet- is refused");
	ok(parse("m --mantlet-policy /p --debug --mantlet-profile=x run ID", &inv, &e) == 0 &&
		   text_equal(inv.policy_file, "/p") && text_equal(inv.profile, "x"),
	   "cli: our own two flags, in both forms");
	ok(parse("mantlet-a --mantlet-profile b run ID", &inv, &e) == 0 &&
		   text_equal(inv.profile, "b"),
	   "cli: the flag says more than the name");
	becomes("m --mantlet-policy /p --debug --mantlet-profile=x run ID", "R --debug run ID",
		"cli: they are not passed on");
	becomes("m --log --mantlet-policy --mantlet-policy state --root /r state ID",
		"R --log --mantlet-policy --root /r state ID",
		"cli: nor to a command that is passed on, where a value may look like one");
	becomes("m --mantlet-policy --version state ID", "R state ID",
		"cli: the value of one may look like a flag");
	becomes("m ps ID --mantlet-policy x", "R ps ID --mantlet-policy x",
		"cli: behind the command they are not ours");
	refused("m run --mantlet-policy /p ID", "does not know",
		"cli: behind run they are refused");
	refused("m --mantlet-policy /a --mantlet-policy /b run ID", "twice",
		"cli: our own flag twice is refused");
	refused("m --mantlet-policy= run ID", "empty", "cli: our own flag empty is refused");
	refused("m --mantlet-polic /a run ID", "does not know", "cli: nor are ours abbreviated");
}

static void test_set(void)
{
	struct invocation inv;
	struct error e;

	(void)!parse("m exec -u 0 -e A=1 -e B=2 --process /p ID", &inv, &e);
	cli_set(&inv, "process", "/q");
	cli_unset(&inv, "env");
	cli_unset(&inv, "user");
	cli_set(&inv, "cwd", "/");
	ok(text_equal(cli_get(&inv, "process"), "/q") && !cli_get(&inv, "env") &&
		   text_equal(cli_get(&inv, "cwd"), "/") && !cli_get(&inv, "tty"),
	   "cli: flags are set anew and taken away");
	cli_set(&inv, "detach", NULL);
	ok(text_equal(cli_get(&inv, "detach"), "true"), "cli: a boolean that is on reads true");
}

int main(void)
{
	struct invocation inv;
	struct error e = { 0 };
	char *none[] = { NULL };

	arena = arena_new();
	test_forms();
	test_globals();
	test_root();
	test_information();
	test_commands();
	test_refused_flags();
	test_asks();
	test_ids();
	test_exec();
	test_update();
	test_delete();
	test_own();
	test_set();
	inv = (struct invocation){ .arena = arena };
	ok(cli_parse(&inv, 0, none, &e) < 0, "cli: no name at all is refused");
	arena_free(arena);
	return done_testing();
}
