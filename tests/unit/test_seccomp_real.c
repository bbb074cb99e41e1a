/* Our profiles with those that engines really bring. */
#include "seccomp_try.h"

#define FIXTURES "tests/data/fixtures/"

static bool always(const struct json *profile, const char *name, uint64_t first)
{
	const uint64_t args[6] = { first, 1 };

	return judge(profile, name, args).strictest == RANK_ALLOW;
}

static void test_real(const char *name, const char *path)
{
	auto_arena struct arena *arena = arena_new();
	struct json *ours = seccomp_ours(arena, name, false, 0);
	struct json *theirs = seccomp_file(arena, path), *both, *again;
	const char *why = NULL;

	if (!ok(ours && theirs, "%s: %s is there", name, path))
		return;
	both = seccomp_both(arena, ours, theirs, &why);
	if (!ok(both != NULL, "%s: %s can be combined", name, path))
		return;
	again = seccomp_both(arena, ours, both, &why);
	ok(json_equal(both, again), "%s: a second time changes nothing", name);
	ok(always(both, "socket", 2) && always(both, "socket", 10) && always(both, "socket", 1) &&
		   !always(both, "socket", 40) && !always(both, "socket", 38),
	   "%s: sockets of the usual families, and no others", name);
	ok(always(both, "clone", 0x3d0f00) && always(both, "clone", 17) &&
		   !always(both, "clone", 0x10000011),
	   "%s: threads and children, and no user namespace", name);
	ok(always(both, "read", 0) && always(both, "execve", 0) && always(both, "futex", 0) &&
		   !always(both, "mount", 0) && !always(both, "bpf", 0) &&
		   !always(both, "unshare", 0) && !always(both, "personality", 0x40000),
	   "%s: a program runs, and mounts nothing", name);
	for (const struct json *rule = json_first(json_find(both, "syscalls")); rule;
	     rule = rule->next) {
		if (!json_first(json_find(rule, "names")))
			ok(false, "%s: no rule is without a name", name);
	}
}

/* Docker's default allows all that ours allows: then nothing but ours is left. */
static void test_within(void)
{
	auto_arena struct arena *arena = arena_new();
	struct json *ours = seccomp_ours(arena, "default", false, 0), *both;
	struct json *theirs = seccomp_file(arena, FIXTURES "docker-20.10/config/default.json");
	const char *why = NULL;

	both = seccomp_both(arena, ours, theirs, &why);
	if (!ok(both && json_equal(both, ours), "default: Docker's default leaves ours as it is"))
		printf("# %s\n# %s\n", seccomp_text(arena, both), seccomp_text(arena, ours));
}

static void test_ours_by_ours(const char *name)
{
	for (int is_compat = 0; is_compat < 2; is_compat++) {
		auto_arena struct arena *arena = arena_new();
		struct json *ours =
			seccomp_ours(arena, name, is_compat, is_compat ? 0 : UINT64_MAX);
		struct json *all = seccomp_json(
			arena, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":["
			       "\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\",\"SCMP_ARCH_X86_64\"]}");
		const char *why = NULL;

		ok(ours && json_equal(ours, seccomp_both(arena, ours, ours, &why)),
		   "%s: ours with ours is ours%s", name, is_compat ? ", with compat" : "");
		ok(ours && json_equal(ours, seccomp_both(arena, ours, all, &why)),
		   "%s: and ours with everything", name);
	}
}

int main(void)
{
	static const char *const paths[] = {
		FIXTURES "docker-20.10/config/default.json",
		FIXTURES "podman-4.3.1/config/default.json",
		"tests/data/seccomp/docker-2026.json",
		"tests/data/seccomp/containers-common-2025.json",
	};

	for (const char *const *name = seccomp_builtin_names; *name; name++) {
		for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
			test_real(*name, paths[i]);
		test_ours_by_ours(*name);
	}
	test_within();
	return done_testing();
}
