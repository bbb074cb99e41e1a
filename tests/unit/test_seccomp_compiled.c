/*
 * The programs that were compiled when mantlet was built answer every call as what a runtime would
 * compile at the start; and they go along with that very filter only.
 */
#include "caps.h"
#include "oci_filter.h"
#include "seccomp_compiled.h"
#include "seccomp_profile.h"
#include "trial.h"

#define CONTROL &control_seccomp
#define FIXTURE "tests/data/fixtures/docker-20.10/config/default.json"
#define PODMAN "tests/data/fixtures/podman-4.3.1/config/default.json"

/* RFC 4648, section 4; the number of bytes, 0 when TEXT is not base64. */
static size_t decode(unsigned char *to, size_t room, const char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = strlen(text), count = 0;

	while (len > 0 && text[len - 1] == '=')
		len--;
	for (size_t i = 0; i < len; i++) {
		const char *digit = strchr(digits, text[i]);
		size_t bit = i * 6, value = digit ? (size_t)(digit - digits) : 0;

		if (!digit || bit / 8 + 1 >= room)
			return 0;
		if (bit % 8 == 0)
			to[bit / 8] = 0;
		to[bit / 8] |= (unsigned char)(bit % 8 <= 2 ? value << (2 - bit % 8)
							    : value >> (bit % 8 - 2));
		to[bit / 8 + 1] =
			(unsigned char)(bit % 8 <= 2 ? 0 : value << (10 - bit % 8) & 0xff);
		count = (bit + 6) / 8;
	}
	return count;
}

/* Every constant of the conditions of ours, the numbers around it, and dirty upper halves. */
static const uint64_t values[] = {
	0,           1,
	2,           3,
	9,           10,
	11,          15,
	16,          17,
	38,          40,
	0x80,        0x10000000,
	0x10000011,  0x7E020000,
	0x7E020001,  0x81FDFFFF,
	0xFFFFFFFE,  0xFFFFFFFF,
	0x100000000, 0x100000002,
	0x110000000, 0x100000010,
	1ULL << 63,  UINT64_MAX - 1,
	UINT64_MAX,
};

/* Calls that A and B answer differently. */
static unsigned int count_different(const struct bpf_program *a, const struct bpf_program *b,
				    struct seccomp_data *call)
{
	unsigned int count = bpf_run(a, call) != bpf_run(b, call);

	for (size_t x = 0; x < ARRAY_SIZE(values); x++) {
		for (size_t y = 0; y < ARRAY_SIZE(values); y++) {
			call->args[0] = values[x];
			call->args[1] = call->args[2] = values[y];
			count += bpf_run(a, call) != bpf_run(b, call);
		}
	}
	return count;
}

/* Numbers up to well above the last of today, with x32's bit, and odd ones. */
static unsigned int compare_all(const struct bpf_program *a, const struct bpf_program *b)
{
	static const uint32_t archs[] = { SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_AARCH64,
					  SCMP_ARCH_ARM, 0 };
	static const uint32_t bits[] = { 0, OCI_X32_BIT, 0x80000000U, 0x7FFFFC00U, 0xFFFFFC00U };
	unsigned int count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(bits); j++) {
			for (uint32_t number = 0; number < 1024; number++) {
				struct seccomp_data call = { .arch = archs[i],
							     .nr = (int)(bits[j] | number) };

				count += count_different(a, b, &call);
			}
		}
	}
	return count;
}

static void test_same(const struct seccomp_compiled *row, const char *name)
{
	static struct bpf_program fresh, ready;
	auto_arena struct arena *arena = arena_new();
	struct json_doc doc = { 0 };
	struct error e = { 0 };
	const char *why;
	size_t len;

	if (json_parse(&doc, arena, row->section, strlen(row->section), 0, name, &e)) {
		ok(false, "%s: %s", name, e.message);
		return;
	}
	why = oci_filter_build(&fresh, doc.root, OCI_CRUN);
	ok(!why, "%s: crun compiles its text", name);
	len = decode((unsigned char *)ready.code, sizeof(ready.code), row->program);
	ready.len = (unsigned int)(len / sizeof(ready.code[0]));
	if (ok(len > 0 && len % sizeof(ready.code[0]) == 0 && !bpf_check(&ready),
	       "%s: its program is one that the kernel takes", name))
		ok(compare_all(&fresh, &ready) == 0,
		   "%s: it answers every call as what crun makes of the text", name);
}

/* The text of the filter that the built-in profile NAME is without capabilities. */
static void test_text(const struct seccomp_compiled *row, const char *name)
{
	const struct seccomp_context context = { .archs = ARCH_NATIVE, .kernel = seccomp_kernel() };
	auto_arena struct arena *arena = arena_new();
	auto_strbuf struct strbuf text = { 0 };
	struct seccomp_profile profile;
	struct error e = { 0 };

	if (ok(seccomp_profile_builtin(&profile, name), "%s: is built in", name) &&
	    json_write(
		    &text,
		    seccomp_filter_write(arena, seccomp_profile_resolve(arena, &profile, &context)),
		    &e) == 0)
		is_text(row->section, strbuf_text(&text), "its text is the profile's");
}

static void test_all(void)
{
	size_t count = 0;

	for (; seccomp_builtin_names[count]; count++) {
		test_text(&seccomp_compiled[count], seccomp_builtin_names[count]);
		test_same(&seccomp_compiled[count], seccomp_builtin_names[count]);
	}
	ok(!seccomp_compiled[count].section, "there is one for each profile and no more");
}

/* ---- which containers get one ---- */

static const char *program_in(struct trial *t)
{
	return json_text(json_get(&t->doc, "annotations", SECCOMP_COMPILED_ANNOTATION));
}

static void run(struct trial *t, const char *path, bool is_crun, const char *cfg)
{
	if (!trial_start_file(t, ENGINE_DOCKER, path))
		return;
	/* Without capabilities, as the control before this one leaves it. */
	json_each (set, json_get(&t->doc, "process", "capabilities"))
		set->head = set->tail = NULL;
	t->facts.is_crun = is_crun;
	trial_run(t, CONTROL, MODE_FIX, cfg);
}

#define DEFAULT "{\"profile\":\"default\"}"
#define STRICT "{\"profile\":\"strict\"}"

static void test_who(void)
{
	struct trial t;

	run(&t, FIXTURE, true, DEFAULT);
	is_text(program_in(&t), seccomp_compiled[0].program, "Docker's default document, crun");
	ok(trial_count(&t, EDIT_FILL) == 1, "the edit is in the journal");
	trial_run(&t, CONTROL, MODE_FIX, DEFAULT);
	ok(trial_edits(&t) == 0, "a second time nothing changes");
	trial_run(&t, &control_annotations, MODE_DENY, "{}");
	ok(trial_edits(&t) == 0 && !trial_asked(&t), "the control annotations leaves it");

	trial_run(&t, CONTROL, MODE_DENY, STRICT);
	ok(!program_in(&t), "under strict, which then leaves a filter of no profile, it goes");
	ok(!trial_asked(&t), "and nobody is said to have asked for it");

	run(&t, FIXTURE, false, DEFAULT);
	ok(!program_in(&t), "runc gets none");
	run(&t, PODMAN, true, DEFAULT);
	ok(!program_in(&t), "a filter that is a little stricter has none");
	run(&t, FIXTURE, true, "{\"profile\":\"default\",\"compat\":true}");
	ok(!program_in(&t), "nor has one for three architectures");
	run(&t, FIXTURE, true, "{\"profile\":\"engine\"}");
	ok(!program_in(&t), "nor has the engine's own");
	run(&t, FIXTURE, true, "{\"profile\":\"unconfined\"}");
	ok(!program_in(&t), "nor has none at all");
}

static void test_capability(void)
{
	struct trial t;

	if (!trial_start_file(&t, ENGINE_DOCKER, FIXTURE))
		return;
	t.facts.is_crun = true;
	trial_run(&t, CONTROL, MODE_FIX, DEFAULT); /* with Docker's 14 capabilities */
	ok(!program_in(&t), "a capability that opens a call is another filter");
}

/* ---- what an author writes there ---- */

static void write_there(struct trial *t, const char *name, const char *value)
{
	struct json *list = json_new(t->arena, JSON_OBJECT);

	json_append(t->arena, list, name, json_new_str(t->arena, value));
	json_append(t->arena, t->doc.root, "annotations", list);
}

static void author_of(struct trial *t, const char *name, const char *value, const char *cfg,
		      bool is_crun)
{
	if (!trial_start_file(t, ENGINE_DOCKER, FIXTURE))
		return;
	json_each (set, json_get(&t->doc, "process", "capabilities"))
		set->head = set->tail = NULL;
	json_each (node, t->doc.root) {
		if (node->key && text_equal(node->key, "annotations")) {
			json_unlink(node);
			break;
		}
	}
	write_there(t, name, value);
	t->facts.is_crun = is_crun;
	trial_run(t, CONTROL, MODE_FIX, cfg);
}

static void author(struct trial *t, const char *value, const char *cfg, bool is_crun)
{
	author_of(t, SECCOMP_COMPILED_ANNOTATION, value, cfg, is_crun);
}

static void test_orders(void)
{
	static const char *const names[] = { "run.oci.seccomp.receiver", "run.oci.seccomp.plugins",
					     "run.oci.seccomp_fail_unknown_syscall" };
	struct trial t;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		author_of(&t, names[i], "0", DEFAULT, true);
		ok(!json_get(&t.doc, "annotations", names[i]) && trial_asked(&t),
		   "%s is no way around the filter", names[i]);
	}
	author_of(&t, names[2], "1", DEFAULT, true);
	ok(json_get(&t.doc, "annotations", names[2]) && !trial_asked(&t),
	   "what only makes it stricter stays");
}

static void test_author(void)
{
	struct trial t;

	author(&t, "AAAA", DEFAULT, true);
	is_text(program_in(&t), seccomp_compiled[0].program, "an author's program is replaced");
	ok(trial_asked(&t) && trial_count(&t, EDIT_ASK) == 1, "and was asked for");
	author(&t, "AAAA", "{\"profile\":\"default\",\"compat\":true}", true);
	ok(!program_in(&t) && trial_asked(&t), "or goes");
	author(&t, "AAAA", DEFAULT, false);
	ok(!program_in(&t) && trial_asked(&t), "whatever the runtime is called");
	author(&t, "AAAA", "{\"profile\":\"engine\"}", true);
	ok(!program_in(&t) && trial_asked(&t), "and whosever the filter is");
	author(&t, "AAAA", "{\"profile\":\"unconfined\"}", true);
	is_text(program_in(&t), "AAAA", "where no filter is wanted another control decides");
	trial_run(&t, &control_annotations, MODE_DENY, "{}");
	ok(trial_asked(&t) && !program_in(&t), "which refuses it");

	author(&t, seccomp_compiled[0].program, STRICT, true);
	is_text(program_in(&t), seccomp_compiled[1].program,
		"default's program does not loosen strict");
	author(&t, seccomp_compiled[0].program, "{\"profile\":\"default\",\"compat\":true}", true);
	ok(!program_in(&t), "nor does it stay with a filter that has none");
	author(&t, seccomp_compiled[0].program, STRICT, false);
	ok(!program_in(&t), "nor where the runtime is not called crun");
	author(&t, seccomp_compiled[0].program, "{\"profile\":\"engine\"}", true);
	ok(!program_in(&t), "nor beside the engine's own filter");
}

int main(void)
{
	test_all();
	test_who();
	test_capability();
	test_author();
	test_orders();
	return done_testing();
}
