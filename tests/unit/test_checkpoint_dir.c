/* Directories of checkpoints: where they lead, and who could change what lies there. */
#include "checkpoint.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "tap.h"
#include "text.h"

static struct arena *arena;
static char dir[] = "/tmp/mantlet-checkpoint-XXXXXX";

static const char *in_dir(const char *name)
{
	return arena_printf(arena, "%s/%s", dir, name);
}

static bool make_tree(void)
{
	return mkdtemp(dir) && chmod(dir, 0755) == 0 && mkdir(in_dir("mine"), 0700) == 0 &&
	       mkdir(in_dir("mine/parent"), 0700) == 0 && mkdir(in_dir("open"), 0755) == 0 &&
	       chmod(in_dir("open"), 0777) == 0 && mkdir(in_dir("open/mine"), 0700) == 0 &&
	       mkdir(in_dir("sticky"), 0755) == 0 && chmod(in_dir("sticky"), 01777) == 0 &&
	       mkdir(in_dir("sticky/mine"), 0700) == 0 && mkdir(in_dir("theirs"), 0755) == 0 &&
	       chown(in_dir("theirs"), 1000, 1000) == 0 &&
	       mkdir(in_dir("theirs/mine"), 0755) == 0 && mkdir(in_dir("group"), 0755) == 0 &&
	       chmod(in_dir("group"), 0775) == 0 && symlink("mine", in_dir("link")) == 0 &&
	       symlink("gone", in_dir("dangling")) == 0 && symlink("loop", in_dir("loop")) == 0 &&
	       symlink("/proc/self/cwd", in_dir("magic")) == 0 &&
	       mkfifo(in_dir("fifo"), 0600) == 0 && mkdir(in_dir("\xff"), 0700) == 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

/* REAL and FAULT: NULL for none; FAULT is how it begins. */
static void leads(const char *asked, const char *real, const char *fault)
{
	struct checkpoint_dir found;
	char quoted[QUOTED_SIZE];
	bool is_right;

	checkpoint_dir_find(&found, arena, "--image-path", asked);
	is_right = text_equal(found.asked, asked) && text_equal(found.flag, "--image-path") &&
		   (real ? text_equal(found.real, real) : !found.real) &&
		   (fault ? found.fault && text_starts(found.fault, fault) : !found.fault);
	if (!ok(is_right, "checkpoint-dir: '%s' %s", error_quote(quoted, asked, strlen(asked)),
		fault ? fault : "is root's"))
		printf("#   real %s, fault %s\n", found.real ? found.real : "none",
		       found.fault ? found.fault : "none");
}

static void test_there(void)
{
	static const char change[] = "can be changed by others";

	leads(in_dir("mine"), in_dir("mine"), NULL);
	leads(in_dir("mine/"), in_dir("mine"), NULL);
	leads(in_dir("link/parent"), in_dir("mine/parent"), NULL);
	leads(in_dir("open/../mine/."), in_dir("mine"), NULL);
	leads(in_dir("open"), in_dir("open"), change);
	leads(in_dir("open/mine"), in_dir("open/mine"), change);
	leads(in_dir("group"), in_dir("group"), change);
	leads(in_dir("theirs"), in_dir("theirs"), change);
	leads(in_dir("theirs/mine"), in_dir("theirs/mine"), change);
	leads(in_dir("sticky"), in_dir("sticky"), change);
	leads(in_dir("sticky/mine"), in_dir("sticky/mine"), NULL);
	leads(in_dir("fifo"), in_dir("fifo"), "is something else than a directory");
	leads(in_dir("fifo/x"), NULL, "cannot be followed");
	leads(in_dir("loop"), NULL, "leads through a link that has no end");
	leads(in_dir("magic"), NULL, "leads through a link that has no end, or one of those");
	leads(in_dir("magic/etc"), NULL, "leads through a link that has no end, or one of those");
	leads(in_dir("\xff"), NULL, "leads to a name that is not UTF-8");
}

static void test_absent(void)
{
	char *longest = arena_alloc(arena, 70000);

	leads(in_dir("mine/new"), in_dir("mine/new"), NULL);
	leads(in_dir("link/new//er/"), in_dir("mine/new/er"), NULL);
	leads("/mantlet-new", "/mantlet-new", NULL);
	leads(in_dir("open/new"), in_dir("open/new"), "can be changed by others");
	leads(in_dir("theirs/mine/new"), in_dir("theirs/mine/new"), "can be changed by others");
	leads(in_dir("sticky/new"), in_dir("sticky/new"), "is not there yet");
	leads(in_dir("dangling"), NULL, "leads through something that is not there");
	leads(in_dir("dangling/x"), NULL, "leads through something that is not there");
	leads(in_dir("new/../../../etc"), NULL, "leads through something that is not there");
	leads(in_dir("new/./x"), NULL, "leads through something that is not there");
	memset(longest, '/', 69999);
	leads(longest, NULL, "cannot be followed");
	for (size_t i = 1; i < 69999; i += 2)
		longest[i] = 'x';
	leads(longest, NULL, "cannot be followed");
}

static void test_relative(void)
{
	if (chdir(in_dir("open")) == 0) {
		leads("../mine", in_dir("mine"), NULL);
		leads("mine", in_dir("open/mine"), "can be changed by others");
	}
	if (mkdir(in_dir("gone-cwd"), 0700) == 0 && chdir(in_dir("gone-cwd")) == 0 &&
	    rmdir(in_dir("gone-cwd")) == 0) {
		leads("checkpoint", NULL, "is below a directory that is gone");
		leads(in_dir("mine"), in_dir("mine"), NULL);
	}
	(void)!chdir("/");
}

static void test_way(void)
{
	static const char *const rows[][3] = {
		{ "/a/image", "/a/old", "../old" },
		{ "/a/image", "/a/image", "." },
		{ "/a", "/a/b/c", "b/c" },
		{ "/a/b/c", "/a", "../.." },
		{ "/a/bc", "/a/b", "../b" },
		{ "/a/b", "/a/bc", "../bc" },
		{ "/a", "/b", "../b" },
		{ "/", "/x/y", "x/y" },
		{ "/x/y", "/", "../.." },
		{ "/a/b/c/d", "/a/x/y", "../../../x/y" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		is_text(checkpoint_dir_relative(arena, rows[i][0], rows[i][1]), rows[i][2],
			arena_printf(arena, "checkpoint-dir: from %s to %s", rows[i][0],
				     rows[i][1]));
}

int main(void)
{
	arena = arena_new();
	if (ok(make_tree(), "checkpoint-dir: a tree is made")) {
		test_there();
		test_absent();
		test_relative();
		test_way();
	}
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	arena_free(arena);
	return done_testing();
}
