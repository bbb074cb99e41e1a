/* The mount table: parsed, looked up, and refused when it is something else. */
#include "mountinfo.h"

#include "tap.h"
#include "text.h"

static bool parses(struct mountinfo *info, struct arena *arena, const char *text)
{
	struct error e = { 0 };

	return mountinfo_parse(info, arena, text, strlen(text), &e) == 0;
}

static void test_lines(struct arena *arena)
{
	struct mountinfo info = { 0 };

	ok(parses(&info, arena,
		  "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
		  "36 27 254:0 /etc /a\\040b\\134c rw shared:1 master:2 - ext4 /dev/vda rw\n"
		  "40 27 0:21 / /proc rw - proc proc rw"),
	   "mountinfo: lines with and without optional fields are read");
	if (!ok(info.count == 3, "mountinfo: every line is a mount"))
		return;
	is_text(info.entries[1].point, "/a b\\c", "mountinfo: spaces and backslashes are decoded");
	is_text(info.entries[1].root, "/etc", "mountinfo: the mounted part is known");
	is_text(info.entries[1].device, "254:0", "mountinfo: the file system is known");
	is_text(info.entries[2].type, "proc", "mountinfo: the type behind the dash is known");

	ok(mountinfo_find(&info, 36) == &info.entries[1] && !mountinfo_find(&info, 99),
	   "mountinfo: a mount is found by its id, and no other");
	ok(mountinfo_below(&info, "/") == &info.entries[1], "mountinfo: below / there are mounts");
	ok(!mountinfo_below(&info, "/proc"), "mountinfo: a mount does not lie below itself");
	ok(!mountinfo_below(&info, "/pro"), "mountinfo: a name that begins alike is not below");
}

static void test_broken(struct arena *arena)
{
	static const char *const broken[] = {
		"27",
		"27 1 254:0 / /",
		"27 1 254:0 / / rw",
		"27 1 254:0 / / rw -",
		"27 1 254:0 / / rw shared:1",
		"x 1 254:0 / / rw - ext4 /dev/vda rw",
		"-1 1 254:0 / / rw - ext4 /dev/vda rw",
		"\n",
		"27 1 254:0 / / rw - ext4 /dev/vda rw\n\n",
	};
	struct mountinfo info = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(broken); i++)
		ok(!parses(&info, arena, broken[i]), "mountinfo: broken line %zu is refused", i);
	ok(parses(&info, arena, "") && info.count == 0, "mountinfo: no text is no mounts");
}

static void test_own(struct arena *arena)
{
	struct mountinfo info = { 0 };
	struct error e = { 0 };

	ok(mountinfo_read(&info, arena, &e) == 0 && info.count > 0,
	   "mountinfo: this process has mounts");
	ok(mountinfo_below(&info, "/") != NULL, "mountinfo: and some of them lie below /");
}

int main(void)
{
	auto_arena struct arena *arena = arena_new();

	test_lines(arena);
	test_broken(arena);
	test_own(arena);
	return done_testing();
}
