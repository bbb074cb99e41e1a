/*
 * What libseccomp can be trusted with. Given several rules for one call, 2.5.4 makes of some a
 * filter that lets more through than the rules say, and of others none: it does not come to an end.
 * A combined profile may only be written in forms that come out right, and these are held here
 * against what the rules mean (seccomp_meaning.h), with generated rules of each form. The forms
 * that come out wrong are tried as well, for the figures.
 */
#include "seccomp_proof.h"

#define PROFILES 1500
#define CALLS 300

enum { EQ = 1, NE = 2, LT = 4, LE = 8, GT = 16, GE = 32, MASKED = 64, ANY = 127 };

struct form {
	const char *name;
	unsigned int ops;   /* which comparisons */
	unsigned int rules; /* at most, for one call */
	unsigned int tests; /* at most, in one rule */
	bool is_wide;       /* constants of more than 32 bits, too */
	bool is_mixed;      /* rules with different actions, for calls that no two of them meet */
	bool is_alike;      /* one comparison and one mask for each argument */
	bool is_sound;
};

/* clang-format off */
static const struct form forms[] = {
	{ "one rule, three tests", ANY, 1, 3, true, false, false, true },
	{ "rules of one test each, narrow constants", ANY, 12, 1, false, false, false, true },
	{ "rules of one test each, no upper bounds", ANY & ~(LT | LE), 12, 1, true, false, false, true },
	{ "rules of three tests each, EQ", EQ, 24, 3, true, false, false, true },
	{ "rules of three tests each, alike", EQ | MASKED, 24, 3, true, false, true, true },
	{ "mixed rules of one test each, narrow constants", ANY, 12, 1, false, true, false, true },
	{ "mixed rules of one test each, no upper bounds", ANY & ~(LT | LE), 12, 1, true, true, false, true },
	{ "mixed rules of three tests each, alike", EQ | MASKED, 24, 3, true, true, true, true },
	{ "rules of one test each, with LT LE", ANY, 6, 1, true, false, false, false },
	{ "rules of three tests each, EQ MASKED_EQ", EQ | MASKED, 12, 3, false, false, false, false },
	{ "rules of two tests each, EQ NE", EQ | NE, 3, 2, false, false, false, false },
	{ "rules of two tests each, EQ GT GE", EQ | GT | GE, 3, 2, false, false, false, false },
	{ "rules of two tests each, EQ LT LE", EQ | LT | LE, 3, 2, false, false, false, false },
};
/* clang-format on */

static const uint64_t narrow[] = { 0, 1, 2, 9, 64, 0x7e020000, 0x80000000, 0xffffffff };
static const uint64_t wide[] = { 1,           2,           64,         0xffffffff,
				 0x100000000, 0x100000002, 1ULL << 63, UINT64_MAX };

/* How the arguments are tested when they are alike. */
static bool is_masked[6];
static uint64_t masks[6];

static void choose_shape(const struct form *form)
{
	for (unsigned int i = 0; i < 6; i++) {
		is_masked[i] = subject_dice(2) != 0;
		masks[i] = (form->is_wide ? wide : narrow)[subject_dice(8)] | subject_dice(16) | 1;
	}
}

static void put_test(struct strbuf *out, const struct form *form, uint64_t index)
{
	static const char *const ops[] = { "EQ", "NE", "LT", "LE", "GT", "GE", "MASKED_EQ" };
	const uint64_t *constants = form->is_wide ? wide : narrow;
	uint64_t value = constants[subject_dice(8)], two = constants[subject_dice(8)];
	uint64_t op;

	do
		op = subject_dice(ARRAY_SIZE(ops));
	while ((form->ops & 1U << op) == 0);
	if (form->is_alike) {
		op = is_masked[index] ? ARRAY_SIZE(ops) - 1 : 0;
		value = is_masked[index] ? masks[index] : value;
		two &= value;
	}
	strbuf_printf(out, "{\"index\":%u,\"value\":%llu,\"valueTwo\":%llu,\"op\":\"SCMP_CMP_%s\"}",
		      (unsigned int)index, (unsigned long long)value,
		      (unsigned long long)(1U << op == MASKED ? two & value : 0), ops[op]);
}

static void put_rule(struct strbuf *out, const struct form *form, const char *action)
{
	uint64_t tests = 1 + subject_dice(form->tests), first = subject_dice(2);

	strbuf_printf(out, "{\"names\":[\"fcntl\"],\"action\":\"SCMP_ACT_%s\",\"args\":[", action);
	for (uint64_t j = 0; j < tests; j++) {
		strbuf_puts(out, j ? "," : "");
		put_test(out, form, first + j);
	}
	strbuf_puts(out, "]}");
}

/* Rules that contradict one before them go: a combined profile has none. */
static void drop_contradictions(struct arena *arena, struct json *profile)
{
	const char *why;
	struct seccomp_filter *filter = seccomp_filter_read(arena, profile, &why);
	struct json *rule = json_first(json_find(profile, "syscalls")), *next;
	size_t kept = 0, i = 0;

	/* What nothing can pass is not among the rules that were read. */
	if (!filter || filter->count != json_count(json_find(profile, "syscalls"))) {
		while (rule) {
			next = rule->next;
			json_unlink(rule);
			rule = next;
		}
		return;
	}
	for (; rule; rule = next, i++) {
		bool is_apart = true;

		next = rule->next;
		for (size_t j = 0; j < kept; j++)
			is_apart = is_apart && (filter->rules[i].answer.action ==
							filter->rules[j].answer.action ||
						seccomp_term_is_apart(filter->rules[i].term,
								      filter->rules[j].term));
		if (is_apart)
			filter->rules[kept++] = filter->rules[i];
		else
			json_unlink(rule);
	}
}

/* Rules that allow among calls that are blocked, or the other way round; or of both kinds. */
static struct json *generate(struct arena *arena, const struct form *form, bool is_wide_archs)
{
	static const char *const actions[] = { "ALLOW", "ERRNO", "ALLOW", "KILL_PROCESS", "LOG" };
	static const char *const defaults[] = { "TRAP", "TRAP", "KILL" };
	auto_strbuf struct strbuf out = { 0 };
	bool is_allowing = subject_dice(2) != 0;
	uint64_t rules = 1 + subject_dice(form->rules);
	const char *other = is_allowing ? "ERRNO" : "ALLOW";
	struct json *profile;

	choose_shape(form);
	if (form->is_mixed)
		other = defaults[subject_dice(3)];
	strbuf_printf(&out, "{\"defaultAction\":\"SCMP_ACT_%s\",\"architectures\":[%s", other,
		      "\"SCMP_ARCH_X86_64\"");
	strbuf_puts(&out, is_wide_archs ? ",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"" : "");
	for (uint64_t i = 0; i < rules; i++) {
		const char *action = is_allowing ? "ALLOW" : "ERRNO";

		if (form->is_mixed)
			action = actions[subject_dice(ARRAY_SIZE(actions))];
		strbuf_puts(&out, i ? "," : "],\"syscalls\":[");
		put_rule(&out, form, action);
	}
	strbuf_puts(&out, "]}");
	profile = seccomp_json(arena, strbuf_text(&out));
	if (form->is_mixed)
		drop_contradictions(arena, profile);
	return profile;
}

struct tally {
	unsigned int endless, refused, looser, stricter;
};

static void compare(struct tally *tally, const struct json *profile)
{
	static struct proof proof;
	struct proof_pool pools[6];
	bool is_looser = false, is_stricter = false;
	const char *why;

	if (proof_start(&proof, OCI_CRUN, profile, profile, profile, &why) != PROOF_BUILT) {
		tally->endless += text_equal(why, oci_endless);
		tally->refused += !text_equal(why, oci_endless);
		return;
	}
	proof_pools(&proof, "fcntl", pools);
	for (unsigned int i = 0; i < CALLS; i++) {
		uint32_t arch = proof_archs[i % 3];
		struct seccomp_data call = { .arch = oci_audit_arch(arch) };
		int32_t filter, meaning;

		call.nr = seccomp_syscall_resolve_name_arch(arch, "fcntl");
		for (unsigned int a = 0; a < 6; a++) {
			call.args[a] = pools[a].value[subject_dice(pools[a].count)];
			if (arch == SCMP_ARCH_X86)
				call.args[a] &= UINT32_MAX;
		}
		filter = bpf_rank(bpf_run(&proof.program[0], &call));
		meaning = meaning_rank(profile, &call);
		is_looser = is_looser || filter > meaning;
		is_stricter = is_stricter || filter < meaning;
	}
	tally->looser += is_looser;
	tally->stricter += is_stricter;
}

static void try_form(struct form form, bool is_wide_archs)
{
	struct tally tally = { 0 };

	/* What libseccomp does with upper halves on 32-bit architectures is not in the meaning, and
	 * a result has no such constants then. */
	form.is_wide = form.is_wide && !is_wide_archs;

	for (unsigned int i = 0; i < PROFILES; i++) {
		auto_arena struct arena *arena = arena_new();

		compare(&tally, generate(arena, &form, is_wide_archs));
	}
	if (form.is_sound)
		ok(tally.endless == 0 && tally.refused == 0 && tally.looser == 0,
		   "library: %s, %s: no filter is looser than its rules", form.name,
		   is_wide_archs ? "three architectures" : "native");
	printf("# %s: of %d %u without end, %u refused, %u looser, %u stricter\n", form.name,
	       PROFILES, tally.endless, tally.refused, tally.looser, tally.stricter);
}

int main(void)
{
	const struct scmp_version *version = seccomp_version();

	oci_patience = 100;
	printf("# libseccomp %u.%u.%u\n", version->major, version->minor, version->micro);
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		try_form(forms[i], false);
		try_form(forms[i], true);
	}
	return done_testing();
}
