/* The vocabulary: what engines write is accepted, what no runtime would read alike is refused. */
#include "spec.h"

#include <glob.h>
#include <time.h>

#include "trial.h"

#define DIR "tests/data/fixtures"

struct result {
	int status;
	char message[4096];
	char unknown[256];
	unsigned int unknown_count;
};

static void note_unknown(void *context, struct json *node)
{
	struct result *result = context;
	auto_strbuf struct strbuf pointer = { 0 };
	size_t len = strlen(result->unknown);

	json_pointer(&pointer, node);
	(void)snprintf(result->unknown + len, sizeof(result->unknown) - len, "%s%s", len ? " " : "",
		       strbuf_text(&pointer));
	result->unknown_count++;
}

static struct result check(enum edit_scope scope, const char *text)
{
	auto_arena struct arena *arena = arena_new();
	struct result result = { .status = -2 };
	struct json_doc doc = { 0 };
	struct error e = { 0 };

	if (json_parse(&doc, arena, text, strlen(text), 0, "config.json", &e) == 0) {
		result.status = spec_check(&doc, scope, &e);
		spec_each_unknown(&doc, note_unknown, &result);
	}
	(void)snprintf(result.message, sizeof(result.message), "%s", e.message);
	return result;
}

static void test_fixtures(void)
{
	static const struct {
		const char *folder;
		enum edit_scope scope;
		const char *front, *back;
	} kinds[] = {
		{ "config", SCOPE_SPEC, "", "" },
		{ "process", SCOPE_PROCESS, "{\"process\":", "}" },
		{ "resources", SCOPE_RESOURCES, "{\"linux\":{\"resources\":", "}}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		char pattern[128];
		glob_t found = { 0 };

		(void)snprintf(pattern, sizeof(pattern), DIR "/*/%s/*.json", kinds[i].folder);
		ok(glob(pattern, 0, NULL, &found) == 0, "spec: there are fixtures of kind %s",
		   kinds[i].folder);
		for (size_t f = 0; f < found.gl_pathc; f++) {
			auto_arena struct arena *arena = arena_new();
			auto_close int fd = open(found.gl_pathv[f], O_RDONLY | O_CLOEXEC);
			struct error e = { 0 };
			struct result result;
			const char *text = "";
			size_t len;

			if (fd_read_all(fd, JSON_MAX_TEXT, arena, &text, &len, "fixture", &e))
				printf("# %s\n", e.message);
			result = check(kinds[i].scope, arena_printf(arena, "%s%s%s", kinds[i].front,
								    text, kinds[i].back));
			if (!ok(result.status == 0 && !result.unknown_count,
				"spec: %s is accepted and wholly known",
				found.gl_pathv[f] + strlen(DIR "/")))
				printf("# %s %s\n", result.message, result.unknown);
		}
		globfree(&found);
	}
}

/* One of each field that the JSON schemas 1.0.2, 1.1.0 and 1.3.0 have for Linux. */
static void test_every_field(void)
{
	auto_arena struct arena *arena = arena_new();
	auto_close int fd = open("tests/data/spec/every-field.json", O_RDONLY | O_CLOEXEC);
	struct error e = { 0 };
	struct result result;
	const char *text = "";
	size_t len;

	if (fd_read_all(fd, JSON_MAX_TEXT, arena, &text, &len, "every-field.json", &e))
		printf("# %s\n", e.message);
	result = check(SCOPE_SPEC, text);
	ok(result.status == 0, "spec: a document with every field of the schemas is accepted");
	is_text(result.unknown, "/process/commandLine /process/user/username",
		"spec: and all are known but those of Windows");
	if (result.status)
		printf("# %s\n", result.message);
}

static void refused(const char *name, const char *text, const char *words)
{
	struct result result = check(SCOPE_SPEC, text);

	if (!ok(result.status == -1 && strstr(result.message, words), "spec: %s is refused", name))
		printf("#   status %d, message: %s\n#   want: %s\n", result.status, result.message,
		       words);
}

static void accepted(const char *name, const char *text)
{
	struct result result = check(SCOPE_SPEC, text);

	if (!ok(result.status == 0, "spec: %s is accepted", name))
		printf("#   %s\n", result.message);
}

#define LINUX(rest) TRIAL_DOC(",\"linux\":{" rest "}")
#define PROCESS(rest)                                                                              \
	"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"process\":{\"args\":[\"sh\"],"      \
	"\"cwd\":\"/\"," rest "}}"

static void test_presence(void)
{
	accepted("the smallest document", TRIAL_DOC(""));
	refused("a document that is a list", "[]", "must be an object, not a list");
	refused("a document without ociVersion",
		"{\"process\":{\"args\":[\"a\"],\"cwd\":\"/\"},\"root\":{\"path\":\"r\"}}",
		"there is no 'ociVersion'");
	refused("a document without process",
		"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"}}", "there is no 'process'");
	refused("a document without root",
		"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"a\"],\"cwd\":\"/\"}}",
		"there is no 'root'");
	refused("a process without args",
		"{\"ociVersion\":\"1.0.2\",\"process\":{\"cwd\":\"/\"},\"root\":{\"path\":\"r\"}}",
		"'/process' has no 'args'");
	refused("a process with no args at all",
		"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[],\"cwd\":\"/\"},"
		"\"root\":{\"path\":\"r\"}}",
		"'/process/args' must not be empty");
	refused("an entry without what the specification requires",
		LINUX("\"resources\":{\"devices\":[{\"access\":\"rwm\"}]}"),
		"'/linux/resources/devices/0' has no 'allow'");
	ok(check(SCOPE_PROCESS, "{\"process\":{\"args\":[\"a\"],\"cwd\":\"/\"}}").status == 0,
	   "spec: a process document needs neither root nor version");
	ok(check(SCOPE_PROCESS, "{}").status == -1, "spec: a process document needs a process");
	ok(check(SCOPE_RESOURCES, "{\"linux\":{\"resources\":{}}}").status == 0,
	   "spec: a resources document may be empty");
	ok(check(SCOPE_RESOURCES, "{}").status == -1, "spec: but it must be there");
}

static void test_version(void)
{
	static const char *const bad[] = { "2.0.0", "0.5.0", "1",      "1.0",    "1.0.2x", "1..2",
					   "1.x.0", "",      "11.0.0", " 1.0.2", "1.0-2" };
	static const char *const good[] = { "1.0.0", "1.0.2-dev", "1.3.0", "1.2.1+build",
					    "1.10.20" };
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(good) + ARRAY_SIZE(bad); i++) {
		bool is_good = i < ARRAY_SIZE(good);
		const char *version = is_good ? good[i] : bad[i - ARRAY_SIZE(good)];

		(void)snprintf(
			text, sizeof(text),
			"{\"ociVersion\":\"%s\",\"process\":{\"args\":[\"a\"],\"cwd\":\"/\"},"
			"\"root\":{\"path\":\"r\"}}",
			version);
		ok((check(SCOPE_SPEC, text).status == 0) == is_good, "spec: version '%s' is %s",
		   version, is_good ? "accepted" : "refused");
	}
}

static void test_types(void)
{
	refused("a string for a boolean", PROCESS("\"noNewPrivileges\":\"true\""),
		"'/process/noNewPrivileges' must be true or false, not a string");
	refused("a string for a number", PROCESS("\"user\":{\"uid\":\"0\"}"),
		"'/process/user/uid' must be an integer from 0 to 4294967294, not a string");
	refused("uid -1 by another name", PROCESS("\"user\":{\"uid\":4294967295}"),
		"not 4294967295");
	refused("a gid of 2^32-1 among the groups",
		PROCESS("\"user\":{\"additionalGids\":[1,4294967295]}"),
		"'/process/user/additionalGids/1'");
	refused("a negative uid", PROCESS("\"user\":{\"uid\":-1}"), "not -1");
	refused("an exponent", PROCESS("\"user\":{\"uid\":1e3}"), "not 1e3");
	refused("a fraction", PROCESS("\"user\":{\"uid\":1000.0}"), "not 1000.0");
	refused("negative zero", PROCESS("\"user\":{\"uid\":-0}"), "not -0");
	refused("an object for a list", TRIAL_DOC(",\"mounts\":{}"),
		"must be a list, not an object");
	refused("a list for an object", TRIAL_DOC(",\"linux\":[]"),
		"must be an object, not a list");
	refused("a number in a list of strings", PROCESS("\"capabilities\":{\"bounding\":[1]}"),
		"'/process/capabilities/bounding/0' must be a string");
	refused("a sysctl that is a number", LINUX("\"sysctl\":{\"a.b\":1}"), "must be a string");
	accepted("the largest rlimit", PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":0,"
					       "\"hard\":18446744073709551615}]"));
	refused("an rlimit of 2^64",
		PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":0,"
			"\"hard\":18446744073709551616}]"),
		"not 18446744073709551616");
	accepted("a memory limit of -1", LINUX("\"resources\":{\"memory\":{\"limit\":-1}}"));
	refused("a memory limit of 2^63",
		LINUX("\"resources\":{\"memory\":{\"limit\":9223372036854775808}}"),
		"/memory/limit");
	refused("a block weight of 65536", LINUX("\"resources\":{\"blockIO\":{\"weight\":65536}}"),
		"/blockIO/weight");
	refused("an oom score above what the kernel knows", PROCESS("\"oomScoreAdj\":1001"),
		"from -1000 to 1000");
	refused("a hook's timeout of 0",
		TRIAL_DOC(",\"hooks\":{\"poststop\":[{\"path\":\"/a\",\"timeout\":0}]}"),
		"'/hooks/poststop/0/timeout'");
	refused("a hook without an absolute path",
		TRIAL_DOC(",\"hooks\":{\"poststop\":[{\"path\":\"a\"}]}"),
		"must be an absolute path");
}

static void test_null(void)
{
	static const char *const texts[] = {
		TRIAL_DOC(",\"linux\":null"),
		TRIAL_DOC(",\"hooks\":null"),
		TRIAL_DOC(",\"mounts\":null"),
		TRIAL_DOC(",\"mounts\":[null]"),
		TRIAL_DOC(",\"annotations\":null"),
		TRIAL_DOC(",\"hostname\":null"),
		LINUX("\"seccomp\":null"),
		LINUX("\"maskedPaths\":null"),
		LINUX("\"namespaces\":[null]"),
		PROCESS("\"user\":null"),
		PROCESS("\"user\":{\"uid\":null}"),
		PROCESS("\"capabilities\":null"),
		PROCESS("\"noNewPrivileges\":null"),
		PROCESS("\"env\":[null]"),
		LINUX("\"resources\":{\"pids\":null}"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		refused("null where the specification has a value", texts[i], ", not null");
	accepted("null as a free annotation", TRIAL_DOC(",\"annotations\":{\"a\":null}"));
	accepted("null in an unknown field", TRIAL_DOC(",\"novelty\":null"));
}

static void test_spelling(void)
{
	refused("another case", TRIAL_DOC(",\"Process\":{}"),
		"'/Process' is another spelling of 'process', which runc would read");
	refused("another case further down", PROCESS("\"NoNewPrivileges\":false"),
		"another spelling of 'noNewPrivileges'");
	refused("a long s", TRIAL_DOC(",\"hook\xc5\xbf\":{}"), "another spelling of 'hooks'");
	refused("a Kelvin sign",
		LINUX("\"mas\xe2\x84\xaa"
		      "edPaths\":[]"),
		"another spelling of 'maskedPaths'");
	refused("another case in a list's entry", TRIAL_DOC(",\"mounts\":[{\"Source\":\"/\"}]"),
		"'/mounts/0/Source' is another spelling");
	refused("another case of a section for another platform", TRIAL_DOC(",\"VM\":{\"a\":1}"),
		"another spelling of 'vm'");
	accepted("another case in a free map",
		 TRIAL_DOC(",\"annotations\":{\"process\":\"a\",\"Process\":\"b\"}"));
}

static void test_texts(void)
{
	refused("a variable without '='", PROCESS("\"env\":[\"A=1\",\"SECRETWORD\"]"),
		"'/process/env/1' must be NAME=value");
	ok(!strstr(check(SCOPE_SPEC, PROCESS("\"env\":[\"SECRETWORD\"]")).message, "SECRETWORD"),
	   "spec: a variable's text is not shown");
	refused("a variable without a name", PROCESS("\"env\":[\"=1\"]"), "must be NAME=value");
	accepted("an empty variable", PROCESS("\"env\":[\"A=\"]"));
	refused("a host name of 65 bytes",
		TRIAL_DOC(",\"hostname\":"
			  "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			  "aaaa\""),
		"at most 64 bytes");
	refused("a host name with a control character", TRIAL_DOC(",\"hostname\":\"a\\nb\""),
		"control characters");
	refused("a domain name with a slash", TRIAL_DOC(",\"domainname\":\"a/b\""), "without '/'");
	refused("a name that is no rlimit",
		PROCESS("\"rlimits\":[{\"type\":\"NOFILE\",\"soft\":1,\"hard\":1}]"),
		"the name of a limit");
	refused("a huge page size that is a path",
		LINUX("\"resources\":{\"hugepageLimits\":[{\"pageSize\":\"2MB/../../pids\","
		      "\"limit\":1}]}"),
		"must be the size of a huge page (\"2MB\")");
	refused("a huge page size without a unit",
		LINUX("\"resources\":{\"hugepageLimits\":[{\"pageSize\":\"2\",\"limit\":1}]}"),
		"the size of a huge page");
	refused("a relative masked path", LINUX("\"maskedPaths\":[\"proc/kcore\"]"),
		"must be an absolute path");
}

static void test_cwd(void)
{
	static const struct {
		const char *cwd;
		bool is_fine;
	} cases[] = {
		{ "/", true },
		{ "/proc", true },
		{ "/procession/1", true },
		{ "/a//b/./c", true },
		{ "/a/..b/c..", true },
		{ "/dev/fd7", true },
		{ "/a/dev/fd/7", true },
		{ "/a/../b", false },
		{ "app", false },
		{ "", false },
		{ "/proc/self/fd/7", false },
		{ "/./proc//self/fd/7", false },
		{ "/a/../proc/self/fd/7", false },
		{ "/../proc/1", false },
		/* Text cleaned of ".." is "/"; what the kernel finds is not. */
		{ "/proc/self/fd/7/../../..", false },
		{ "/link/../self/fd/7", false },
		{ "/proc/..", false },
		{ "/dev/fd", false },
		{ "/dev//fd/7", false },
	};
	char text[512];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)snprintf(
			text, sizeof(text),
			"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"a\"],\"cwd\":\"%s\"},"
			"\"root\":{\"path\":\"r\"}}",
			cases[i].cwd);
		ok((check(SCOPE_SPEC, text).status == 0) == cases[i].is_fine,
		   "spec: working directory '%s' is %s", cases[i].cwd,
		   cases[i].is_fine ? "accepted" : "refused");
	}
}

static void test_lists(void)
{
	auto_strbuf struct strbuf text = { 0 };

	refused("a namespace twice",
		LINUX("\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\",\"path\":\"/x\"}]"),
		"'/linux/namespaces/1' has the same type");
	refused("an unknown namespace", LINUX("\"namespaces\":[{\"type\":\"net\"}]"),
		"must be one of mount, pid, network");
	refused("an rlimit twice",
		PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1},"
			"{\"type\":\"RLIMIT_CPU\",\"soft\":2,\"hard\":2}]"),
		"'/process/rlimits/1' has the same type");
	refused("an unknown device type",
		LINUX("\"devices\":[{\"type\":\"x\",\"path\":\"/dev/a\"}]"), "must be one of c, b");

	for (unsigned int most = 256; most <= 257; most++) {
		strbuf_free(&text);
		text = (struct strbuf){ 0 };
		strbuf_puts(&text,
			    "{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"a\"],\"cwd\":"
			    "\"/\"},\"root\":{\"path\":\"r\"},\"mounts\":[");
		for (unsigned int i = 0; i < most; i++)
			strbuf_printf(&text, "%s{\"destination\":\"/m%u\"}", i ? "," : "", i);
		strbuf_puts(&text, "]}");
		if (most == 256)
			accepted("a list as long as its limit", strbuf_text(&text));
		else
			refused("a list longer than its limit", strbuf_text(&text),
				"'/mounts' has more than 256 entries");
	}
}

static void test_foreign(void)
{
	struct result result;

	refused("a section for Windows", TRIAL_DOC(",\"windows\":{\"a\":1}"),
		"'/windows' is for another platform");
	refused("a section for virtual machines that names a hypervisor",
		TRIAL_DOC(",\"vm\":{\"hypervisor\":{\"path\":\"/x\"}}"), "another platform");
	refused("such a section of another type", TRIAL_DOC(",\"zos\":[]"), "another platform");
	accepted("an empty section for another platform", TRIAL_DOC(",\"freebsd\":{}"));

	result = check(SCOPE_SPEC, PROCESS("\"commandLine\":\"x\",\"user\":{\"username\":\"y\"}"));
	is_text(result.unknown, "/process/commandLine /process/user/username",
		"spec: Windows' own fields of a process count as unknown");
}

static void test_unknown(void)
{
	struct result result = check(
		SCOPE_SPEC,
		TRIAL_DOC(
			",\"novelty\":{\"deep\":{\"deeper\":1}},\"annotations\":{\"free\":\"x\"},"
			"\"mounts\":[{\"destination\":\"/a\"},{\"destination\":\"/b\",\"odd\":1}],"
			"\"linux\":{\"sysctl\":{\"free\":\"x\"},\"resources\":{\"rdma\":{\"mlx\":"
			"{\"hcaNew\":1}},\"unified\":{\"free\":\"x\"}}}"));

	ok(result.status == 0, "spec: unknown fields are no fault");
	is_text(result.unknown, "/novelty /mounts/1/odd /linux/resources/rdma/mlx/hcaNew",
		"spec: unknown fields are found, outermost only, in order, and not in free maps");
}

static double seconds(unsigned int members)
{
	auto_strbuf struct strbuf text = { 0 };
	clock_t start;

	strbuf_puts(&text, "{\"ociVersion\":\"1.0.2\",\"process\":{\"cwd\":\"/\",\"args\":[\"a\"]");
	for (unsigned int i = 0; i < members; i++)
		strbuf_printf(&text, ",\"x%u\":1", i);
	strbuf_puts(&text, "},\"root\":{\"path\":\"r\"}}");
	start = clock();
	ok(check(SCOPE_SPEC, strbuf_text(&text)).unknown_count == members,
	   "spec: %u unknown fields are found", members);
	return (double)(clock() - start) / CLOCKS_PER_SEC;
}

int main(void)
{
	test_fixtures();
	test_every_field();
	test_presence();
	test_version();
	test_types();
	test_null();
	test_spelling();
	test_texts();
	test_cwd();
	test_lists();
	test_foreign();
	test_unknown();
	/* A pairwise walk of 200,000 members would take minutes, and the test with it. */
	printf("# 200,000 unknown members: %.3f s\n", seconds(200000));
	return done_testing();
}
