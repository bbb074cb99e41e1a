/* Units of the policy language, and what controls ask their settings. */
#include "policy_try.h"

#define GIB (1024ULL * 1024 * 1024)

static const struct json *settings(const char *text)
{
	static struct json_doc doc;
	struct error e = { 0 };

	if (!try_arena)
		try_arena = arena_new();
	if (json_parse(&doc, try_arena, text, strlen(text), 0, "test", &e)) {
		printf("# %s\n", e.message);
		exit(1);
	}
	return doc.root;
}

static uint64_t size_of(const char *text, uint64_t host_memory)
{
	char json[128];
	uint64_t bytes = 0;

	(void)snprintf(json, sizeof(json), "{\"max\":\"%s\"}", text);
	return policy_size(settings(json), "max", host_memory, &bytes) ? bytes : 0;
}

static void sizes(void)
{
	ok(size_of("64MiB", GIB) == 64ULL << 20, "size: 64MiB");
	ok(size_of("512B", GIB) == 512, "size: bytes");
	ok(size_of("6KiB", GIB) == 6144, "size: KiB");
	ok(size_of("4GiB", GIB) == 4 * GIB, "size: GiB, also above what the host has");
	ok(size_of("2TiB", GIB) == 2048 * GIB, "size: TiB");
	ok(size_of("25%", 4 * GIB) == GIB, "size: a part of the host's memory");
	ok(size_of("100%", 4 * GIB) == 4 * GIB, "size: all of it");
	ok(size_of("50%", 10001) == 4096, "size: a part is rounded down to whole pages");
	ok(size_of("1%", 4096) == 4096, "size: a part is never nothing, which would be no limit");
	ok(size_of("50%", 0) == 4096, "size: of an unknown host it is a page, not no limit");
	ok(size_of("90%", UINT64_MAX) > UINT64_MAX / 100 * 89, "size: a part does not overflow");
	ok(size_of("0MiB", GIB) == 0 && size_of("0%", GIB) == 0, "size: zero is none");
	ok(size_of("101%", GIB) == 0, "size: more than all is none");
	ok(size_of("8388607TiB", GIB) == 8388607ULL << 40, "size: up to 2^63 - 1");
	ok(size_of("8388608TiB", GIB) == 0, "size: not more");
	ok(size_of("99999999999999999999999MiB", GIB) == 0, "size: nor numbers that long");
	ok(size_of("none", GIB) == 0 && size_of("64", GIB) == 0 && size_of("-1MiB", GIB) == 0 &&
		   size_of("1.5GiB", GIB) == 0 && size_of("064MiB", GIB) == 0 &&
		   size_of(" 64MiB", GIB) == 0 && size_of("64 MiB", GIB) == 0,
	   "size: nothing else is one");
}

static void size_faults(void)
{
	static const char *const wrong[][2] = {
		{ "64M", "not a size, did you mean '64MiB'?" },
		{ "64m", "not a size, did you mean '64MiB'?" },
		{ "64MB", "not a size, did you mean '64MiB'?" },
		{ "4g", "not a size, did you mean '4GiB'?" },
		{ "4Gi", "not a size, did you mean '4GiB'?" },
		{ "512k", "not a size, did you mean '512KiB'?" },
		{ "1tib", "not a size, did you mean '1TiB'?" },
		{ "64", "a size needs a unit: KiB, MiB, GiB, TiB, B or %" },
		{ "0MiB", "a size must be more than 0" },
		{ "101%", "more than all of the host's memory" },
		{ "9000000TiB", "too large for a size" },
		{ "1.5GiB", "not a size such as \"64MiB\", \"4GiB\" or \"25%\"" },
		{ "", "not a size such as \"64MiB\", \"4GiB\" or \"25%\"" },
		{ "64MiBs", "not a size such as \"64MiB\", \"4GiB\" or \"25%\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct error e = { 0 };

		ok(policy_size_fault(wrong[i][0], &e) == -1, "size: '%s' is refused", wrong[i][0]);
		is_text(e.message, wrong[i][1], "size: ... and the message helps");
	}
}

static void cores(void)
{
	uint64_t n = 0;

	ok(policy_parse_cores("2", &n) && n == 2000, "cores: 2");
	ok(policy_parse_cores("1.5", &n) && n == 1500, "cores: 1.5");
	ok(policy_parse_cores("0.001", &n) && n == 1, "cores: thousandths");
	ok(policy_parse_cores("0.25", &n) && n == 250, "cores: hundredths");
	ok(!policy_parse_cores("0", &n) && !policy_parse_cores("0.0", &n), "cores: not none");
	ok(!policy_parse_cores("0.0001", &n) && !policy_parse_cores("1.0001", &n),
	   "cores: nothing finer");
	ok(!policy_parse_cores("-1", &n) && !policy_parse_cores("1e3", &n) &&
		   !policy_parse_cores("1.", &n) && !policy_parse_cores(".5", &n) &&
		   !policy_parse_cores("1.5.1", &n) && !policy_parse_cores("10000000", &n),
	   "cores: nothing else");
}

static void questions(void)
{
	const struct json *cfg =
		settings("{\"max\":16384,\"word\":\"none\",\"yes\":true,\"no\":false,\"cores\":1.5,"
			 "\"allow\":[\"/srv/**\",\"NET_ADMIN\",5]}");
	uint64_t n = 7;

	ok(policy_count(cfg, "max", &n) && n == 16384, "count: a number");
	ok(!policy_count(cfg, "word", &n) && n == 16384, "count: a word is not set");
	ok(!policy_count(cfg, "absent", &n), "count: absent is not set");
	ok(policy_cores(cfg, "cores", &n) && n == 1500, "cores: of a setting");
	ok(!policy_cores(cfg, "word", &n) && !policy_size(cfg, "word", GIB, &n) &&
		   !policy_size(cfg, "max", GIB, &n),
	   "cores and sizes: other types are not set");
	is_text(policy_word(cfg, "word", "x"), "none", "word: of a setting");
	is_text(policy_word(cfg, "absent", "x"), "x", "word: absent is the fallback");
	is_text(policy_word(cfg, "max", "x"), "x", "word: another type is the fallback");
	ok(policy_bool(cfg, "yes", false) && !policy_bool(cfg, "no", true) &&
		   policy_bool(cfg, "word", true) && !policy_bool(cfg, "absent", false),
	   "bool: of a setting, else the fallback");
	ok(policy_lists(cfg, "allow", "NET_ADMIN") && !policy_lists(cfg, "allow", "NET_ADMI"),
	   "list: whole words");
	ok(!policy_lists(cfg, "allow", "/srv/x") && policy_list_globs(cfg, "allow", "/srv/x/y"),
	   "list: globs only when asked for");
	ok(!policy_list_globs(cfg, "allow", "/srvx") && !policy_list_globs(cfg, "word", "none") &&
		   !policy_lists(NULL, "allow", "x"),
	   "list: nothing else matches");
}

int main(void)
{
	sizes();
	size_faults();
	cores();
	questions();
	arena_free(try_arena);
	return done_testing();
}
