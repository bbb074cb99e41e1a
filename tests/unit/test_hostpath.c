/* Paths of the host: where they lead, and who could change that. */
#include "hostpath.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>

#include "tap.h"
#include "text.h"

static struct arena *arena;
static char dir[] = "/tmp/mantlet-hostpath-XXXXXX";

static const char *in_dir(const char *name)
{
	return arena_printf(arena, "%s/%s", dir, name);
}

static void make_file(const char *name)
{
	auto_close int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		printf("# cannot make %s\n", name);
}

static bool make_tree(void)
{
	if (!mkdtemp(dir) || chmod(dir, 0755) || mkdir(in_dir("mine"), 0755) ||
	    mkdir(in_dir("open"), 0755) || chmod(in_dir("open"), 0777) ||
	    mkdir(in_dir("sticky"), 0755) || chmod(in_dir("sticky"), 01777) ||
	    mkdir(in_dir("theirs"), 0755) || chown(in_dir("theirs"), 1000, 1000) ||
	    symlink("mine/file", in_dir("link")) || symlink("gone", in_dir("dangling")) ||
	    symlink("loop", in_dir("loop")) || symlink("/proc/self/root/etc", in_dir("magic")) ||
	    mkfifo(in_dir("fifo"), 0600) || mkdir(in_dir("mine/\xff"), 0755))
		return false;
	make_file("mine/file");
	make_file("open/file");
	make_file("sticky/file");
	make_file("theirs/file");
	return true;
}

/* 0, or the errno with which it fails. */
static int opens(struct hostpath *path, const char *name)
{
	struct error e = { 0 };

	hostpath_close(path);
	return hostpath_open(path, arena, AT_FDCWD, name, &e) == 0 ? 0 : e.sys_errno;
}

static void test_resolve(void)
{
	auto_hostpath struct hostpath path = { .fd = -1 }, other = { .fd = -1 };
	auto_close int base = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct error e = { 0 };
	uint64_t id = 0, proc_id = 0;

	ok(opens(&path, in_dir("link")) == 0, "hostpath: a symlink is followed");
	is_text(path.real, in_dir("mine/file"), "hostpath: and it is known where it leads");
	ok(S_ISREG(path.st.st_mode), "hostpath: and what lies there");
	ok(opens(&other, in_dir("mine//./../mine/file")) == 0 &&
		   text_equal(other.real, path.real) && hostpath_is_same(&path, &other),
	   "hostpath: two ways to one file are one file");
	hostpath_close(&other);
	ok(hostpath_open(&other, arena, base, "mine", &e) == 0 &&
		   text_equal(other.real, in_dir("mine")),
	   "hostpath: a relative path is taken from the directory");
	hostpath_close(&other);
	ok(hostpath_open(&other, arena, base, "", &e) == 0 && text_equal(other.real, dir),
	   "hostpath: no path at all is the directory itself");
	ok(opens(&path, in_dir("fifo")) == 0 && S_ISFIFO(path.st.st_mode),
	   "hostpath: a FIFO does not block");
	ok(opens(&path, "/") == 0 && text_equal(path.real, "/"), "hostpath: the root is a path");
	ok(hostpath_mount_id(&path, &id) && opens(&path, "/proc/version") == 0 &&
		   hostpath_mount_id(&path, &proc_id) && id != 0 && proc_id != id,
	   "hostpath: the mount it lies on is known");
}

static void test_refusals(void)
{
	auto_hostpath struct hostpath path = { .fd = -1 };
	static const char *const magic[] = {
		"/proc/self/root",        "/proc/self/root/etc", "/proc/self/cwd",
		"/proc/thread-self/root", "/proc/self/exe",
	};

	ok(opens(&path, in_dir("gone")) == ENOENT, "hostpath: what is not there is not found");
	ok(opens(&path, in_dir("dangling")) == ENOENT, "hostpath: nor what a link leads to");
	ok(opens(&path, in_dir("loop")) == ELOOP, "hostpath: a loop of links is refused");
	for (size_t i = 0; i < ARRAY_SIZE(magic); i++)
		ok(opens(&path, magic[i]) == ELOOP, "hostpath: the magic link %s is refused",
		   magic[i]);
	ok(opens(&path, in_dir("magic")) == ELOOP, "hostpath: a link to a magic link is refused");
	ok(opens(&path, in_dir("mine/\xff")) == EILSEQ,
	   "hostpath: a name that is not UTF-8 is refused");
	ok(path.fd < 0, "hostpath: nothing stays open after a refusal");
}

static bool is_settled(const char *name)
{
	auto_hostpath struct hostpath path = { .fd = -1 };
	struct error ignored = { 0 };

	return opens(&path, in_dir(name)) == 0 && hostpath_is_settled(&path, arena, &ignored);
}

static void test_settled(void)
{
	ok(is_settled("mine/file"), "hostpath: below root's directories nobody else moves a file");
	ok(is_settled("theirs"), "hostpath: whose it is itself does not matter");
	ok(!is_settled("theirs/file"), "hostpath: another user's directory can change");
	ok(!is_settled("open/file"), "hostpath: a directory that all may write can change");
	ok(!is_settled("sticky/file"), "hostpath: so can a sticky one, where anybody adds files");

	ok(hostpath_is_settled_absence(in_dir("mine/a/b"), arena),
	   "hostpath: only root can make what is missing below root's directory");
	ok(!hostpath_is_settled_absence(in_dir("mine/file"), arena),
	   "hostpath: what is there is not missing");
	ok(!hostpath_is_settled_absence(in_dir("sticky/a"), arena),
	   "hostpath: anybody can make what is missing in a sticky directory");
	ok(!hostpath_is_settled_absence(in_dir("theirs/a"), arena),
	   "hostpath: and its owner in another user's");
	ok(!hostpath_is_settled_absence(in_dir("dangling"), arena) &&
		   !hostpath_is_settled_absence(in_dir("link/a"), arena),
	   "hostpath: behind a symlink nothing is settled");
	ok(!hostpath_is_settled_absence("relative", arena), "hostpath: nor for a relative path");
}

static void test_small(void)
{
	is_text(hostpath_dirname("/a/b", arena), "/a", "hostpath: the directory of a path");
	is_text(hostpath_dirname("/a", arena), "/", "hostpath: the directory of a top one");
	is_text(hostpath_dirname("/", arena), "/", "hostpath: the root lies in itself");
	ok(hostpath_has_symlink(in_dir("link")) && hostpath_has_symlink(in_dir("dangling/x")),
	   "hostpath: symlinks are seen, dangling ones too");
	ok(!hostpath_has_symlink(in_dir("mine/file")) && !hostpath_has_symlink(in_dir("mine/x/y")),
	   "hostpath: and nothing else is taken for one");
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *position)
{
	return remove(path);
}

int main(void)
{
	arena = arena_new();
	if (ok(make_tree(), "hostpath: a tree for the tests is made")) {
		test_resolve();
		test_refusals();
		test_settled();
		test_small();
	}
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	arena_free(arena);
	return done_testing();
}
