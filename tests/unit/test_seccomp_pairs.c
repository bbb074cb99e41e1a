/*
 * The same proof as test_seccomp_proof.c for thousands of pairs of profiles that a die has written:
 * few names, few constants and all operators, so that rules overlap, several rules for one name,
 * every default. What libseccomp itself refuses is not a profile; what the intersection makes must
 * always be one, for both runtimes. Arguments are the seed and the number of pairs, when one that
 * failed is to be looked at alone.
 */
#include "seccomp_proof.h"

#define PAIRS 16000

#define CASES 60 /* argument sets for a number */

static const char *const names[] = { "socket",  "clone",   "personality", "read",       "write",
				     "lseek",   "getpid",  "kill",        "mount",      "ioctl",
				     "fcntl",   "prctl",   "mmap",        "execve",     "openat",
				     "shmget",  "accept",  "bpf",         "socketcall", "ipc",
				     "connect", "waitpid", "stat",        "futex",      "chown32",
				     "nonsense" };

static const uint64_t constants[] = {
	0,          1,          2,          3,          8,           16,
	0xff,       0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x100000002,
	1ULL << 63, UINT64_MAX, 0x7e020000, 0x10000000, 0x40,        0xf0f0f0f0f0f0f0f0,
};

/* Four of them are enough for a pair of profiles: then the same one is met again. */
static uint64_t palette[4];

static void choose_palette(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(palette); i++)
		palette[i] = constants[subject_dice(ARRAY_SIZE(constants))];
}

static uint64_t constant(void)
{
	return palette[subject_dice(ARRAY_SIZE(palette))];
}

static const char *const ops[] = { "EQ", "EQ", "NE", "LT", "LE", "GT", "GE", "MASKED_EQ" };

/* The first are the most frequent. */
static const char *pick(const char *const *list, size_t count)
{
	return list[subject_dice(subject_dice(count) + 1)];
}

static void put_args(struct strbuf *out, bool is_odd)
{
	static const unsigned int counts[] = { 0, 0, 0, 1, 1, 1, 2, 3 };
	unsigned int count = counts[subject_dice(ARRAY_SIZE(counts))];
	unsigned int index = (unsigned int)subject_dice(2);

	if (!count)
		return;
	strbuf_puts(out, ",\"args\":[");
	for (unsigned int i = 0; i < count; i++) {
		const char *op = ops[subject_dice(ARRAY_SIZE(ops))];
		uint64_t value = constant();

		strbuf_printf(out, "%s{\"index\":%u,\"value\":%llu", i ? "," : "", index,
			      (unsigned long long)value);
		/* Bits outside of the mask are said now and then. */
		if (text_equal(op, "MASKED_EQ"))
			strbuf_printf(out, ",\"valueTwo\":%llu",
				      (unsigned long long)(constant() &
							   (subject_dice(8) ? value : UINT64_MAX)));
		strbuf_printf(out, ",\"op\":\"SCMP_CMP_%s\"}", op);
		if (!is_odd || subject_dice(2))
			index++;
	}
	strbuf_puts(out, "]");
}

static void put_errno(struct strbuf *out, const char *key, const char *action)
{
	static const unsigned int values[] = { 1, 38, 7 };

	if (text_equal(action, "ERRNO") && subject_dice(3))
		strbuf_printf(out, ",\"%s\":%u", key, values[subject_dice(ARRAY_SIZE(values))]);
}

static void put_rules(struct strbuf *out, const char *const *actions, size_t count)
{
	unsigned int rules = (unsigned int)subject_dice(24);

	strbuf_puts(out, ",\"syscalls\":[");
	for (unsigned int i = 0; i < rules; i++) {
		const char *action = pick(actions, count);
		unsigned int more = (unsigned int)subject_dice(3);

		strbuf_printf(out, "%s{\"names\":[\"%s\"", i ? "," : "",
			      names[subject_dice(subject_dice(ARRAY_SIZE(names)) + 1)]);
		while (more-- > 0)
			strbuf_printf(out, ",\"%s\"", names[subject_dice(ARRAY_SIZE(names))]);
		strbuf_printf(out, "],\"action\":\"SCMP_ACT_%s\"", action);
		put_errno(out, "errnoRet", action);
		put_args(out, subject_dice(16) == 0);
		strbuf_puts(out, "}");
	}
	strbuf_puts(out, "]}");
}

static const char *write_profile(struct arena *arena, const char *const *defaults,
				 size_t default_count, const char *const *actions, size_t count,
				 const char *archs)
{
	auto_strbuf struct strbuf out = { 0 };
	const char *action = pick(defaults, default_count);

	strbuf_printf(&out, "{\"defaultAction\":\"SCMP_ACT_%s\"", action);
	put_errno(&out, "defaultErrnoRet", action);
	strbuf_puts(&out, archs);
	put_rules(&out, actions, count);
	return arena_strdup(arena, strbuf_text(&out));
}

#define X86_64 "\"SCMP_ARCH_X86_64\""
#define ARCHS(list) ",\"architectures\":[" list "]"

static const char *random_ours(struct arena *arena, bool is_compat)
{
	static const char *const defaults[] = { "ERRNO" };
	static const char *const actions[] = { "ALLOW", "ERRNO" };

	return write_profile(arena, defaults, ARRAY_SIZE(defaults), actions, ARRAY_SIZE(actions),
			     is_compat ? ARCHS(X86_64 ",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"")
				       : ARCHS(X86_64));
}

static const char *random_theirs(struct arena *arena)
{
	static const char *const defaults[] = { "ERRNO", "ALLOW", "ERRNO",        "LOG",
						"KILL",  "TRAP",  "KILL_PROCESS", "ALLOW" };
	static const char *const actions[] = { "ALLOW", "ERRNO", "ALLOW",        "ERRNO",
					       "KILL",  "LOG",   "KILL_PROCESS", "TRAP" };
	static const char *const archs[] = {
		ARCHS(X86_64 ",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\""),
		ARCHS(X86_64),
		ARCHS("\"SCMP_ARCH_X86\"," X86_64),
		"",
	};
	/* Half of them with the two usual actions only. */
	size_t default_count = subject_dice(2) ? 3 : ARRAY_SIZE(defaults);
	size_t count = subject_dice(2) ? 4 : ARRAY_SIZE(actions);

	return write_profile(arena, defaults, default_count, actions, count,
			     archs[subject_dice(subject_dice(ARRAY_SIZE(archs)) + 1)]);
}

/* ---- pairs ---- */

struct sums {
	unsigned int pairs, refused, unsound, bad, unbuilt;
	unsigned long tried, exact, both_run, kept, both_fail, told, by_runc, by_arch, by_library,
		silent;
};

static void add(struct sums *sums, const struct proof *proof)
{
	sums->tried += proof->tried;
	sums->exact += proof->exact;
	sums->both_run += proof->both_run;
	sums->kept += proof->kept;
	sums->both_fail += proof->both_fail;
	sums->told += proof->told;
	sums->by_runc += proof->by_runc;
	sums->by_arch += proof->by_arch;
	sums->by_library += proof->by_library;
	sums->silent += proof->silent;
}

static void complain(const struct sums *sums, const struct proof *proof, const char *why,
		     const char *runtime)
{
	if (sums->bad + sums->unbuilt > 4)
		return;
	printf("# %s: %s\n", runtime, why);
	if (proof->looser)
		proof_print_rules(proof, &proof->first_call);
}

static void try_both(struct sums *sums, struct arena *arena, const char *ours_text,
		     const char *theirs_text)
{
	static const char *const runtimes[] = { "runc", "crun" };
	static struct proof proof;
	struct json *ours = seccomp_json(arena, ours_text);
	struct json *theirs = seccomp_json(arena, theirs_text), *both;
	const char *why = NULL;

	for (int runtime = OCI_RUNC; runtime <= OCI_CRUN; runtime++) {
		static struct bpf_program program;

		if (oci_filter_build(&program, ours, (enum oci_runtime)runtime) ||
		    oci_filter_build(&program, theirs, (enum oci_runtime)runtime)) {
			sums->unsound++;
			return;
		}
	}
	both = seccomp_both(arena, ours, theirs, &why);
	if (!both) {
		sums->refused++;
		return;
	}
	sums->pairs++;
	for (int runtime = OCI_RUNC; runtime <= OCI_CRUN; runtime++) {
		bool is_built = proof_start(&proof, (enum oci_runtime)runtime, ours, theirs, both,
					    &why) == PROOF_BUILT;

		proof.most = CASES;
		proof.filter = seccomp_last;
		if (is_built)
			proof_try_few(&proof, names, ARRAY_SIZE(names));
		add(sums, &proof);
		sums->unbuilt += !is_built;
		sums->bad += proof.looser != 0;
		if (!is_built || proof.looser)
			complain(sums, &proof, is_built ? proof.first : why, runtimes[runtime]);
	}
}

static void try_pairs(const char *what, unsigned int count, bool is_compat)
{
	struct sums sums = { 0 };

	for (unsigned int i = 0; i < count; i++) {
		auto_arena struct arena *arena = arena_new();
		const char *ours;

		choose_palette();
		ours = random_ours(arena, is_compat);
		try_both(&sums, arena, ours, random_theirs(arena));
	}
	ok(sums.bad == 0 && sums.pairs > count / 4, "pairs: %s: never looser than either", what);
	ok(sums.silent == 0, "pairs: %s: what is narrowed is told", what);
	ok(sums.unbuilt == 0, "pairs: %s: both runtimes build every result", what);
	printf("# %s: %u pairs (%u refused, %u no profiles), %lu calls, %.2f %% exact; of %lu that "
	       "both let run %.2f %% run; errno kept in %.1f %%; %lu by runc's ENOSYS, "
	       "%lu kill the thread, %lu where libseccomp errs\n",
	       what, sums.pairs, sums.refused, sums.unsound, sums.tried,
	       proof_share(sums.exact, sums.tried), sums.both_run,
	       proof_share(sums.kept, sums.both_run), proof_share(sums.told, sums.both_fail),
	       sums.by_runc, sums.by_arch, sums.by_library);
	printf("# %u filters looser, %u not built, %lu calls lost in silence, of %u filters\n",
	       sums.bad, sums.unbuilt, sums.silent, 2 * sums.pairs);
}

int main(int argc, char **argv)
{
	unsigned int count = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : PAIRS;

	oci_patience = 100;
	if (argc > 1)
		subject_seed = strtoull(argv[1], NULL, 10);
	try_pairs("native", count / 2, false);
	try_pairs("three architectures", count / 2, true);
	return done_testing();
}
