/* fdio: reading whole, replacing atomically, and whom a path can be trusted to. */
#include "fdio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tap.h"
#include "text.h"

static char base[] = "/tmp/mantlet-test-fdio-XXXXXX";
static struct arena *arena;

static int make_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0 || fchmod(fd, mode) < 0)
		return -1;
	return close(fd);
}

static bool file_says(const char *name, const char *want)
{
	auto_close int fd = open(name, O_RDONLY | O_CLOEXEC);
	struct error e = { 0 };
	const char *text;
	size_t len;

	return fd >= 0 && fd_read_all(fd, 1024, arena, &text, &len, name, &e) == 0 &&
	       strcmp(text, want) == 0;
}

static int entries(const char *dir)
{
	DIR *d = opendir(dir);
	int count = 0;

	while (d && readdir(d))
		count++;
	if (d)
		(void)closedir(d);
	return count - 2;
}

static void test_read(void)
{
	struct error e = { 0 };
	const char *text = NULL;
	size_t len = 0;
	int fds[2];
	auto_close int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	auto_close int file = -1;

	if (pipe2(fds, O_CLOEXEC) == 0) {
		(void)!write(fds[1], "abc", 3);
		(void)close(fds[1]);
		ok(fd_read_all(fds[0], 3, arena, &text, &len, "the pipe", &e) == 0 && len == 3 &&
			   strcmp(text, "abc") == 0,
		   "fdio: a pipe is read to its end, as text with a NUL behind");
		(void)close(fds[0]);
	}
	ok(fd_read_all(zero, 65536, arena, &text, &len, "/dev/zero", &e) < 0 &&
		   e.kind == ERR_SPEC && strstr(e.message, "65536"),
	   "fdio: a file without an end is refused with the limit named");

	(void)make_file("exact", "12345678", 0600);
	file = open("exact", O_RDONLY | O_CLOEXEC);
	ok(fd_read_all(file, 8, arena, &text, &len, "exact", &e) == 0 && len == 8,
	   "fdio: exactly the limit is read");
	(void)lseek(file, 0, SEEK_SET);
	ok(fd_read_all(file, 7, arena, &text, &len, "exact", &e) < 0,
	   "fdio: one byte above the limit is refused");
	ok(fd_read_all(-1, 7, arena, &text, &len, "nothing", &e) < 0 && e.kind == ERR_SYSTEM &&
		   e.sys_errno == EBADF,
	   "fdio: a failing read is a system error");
}

static void test_replace(void)
{
	struct error e = { 0 };
	struct stat st;
	int before;
	auto_close int dir = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)make_file("config.json", "old", 0600);
	before = entries(".");
	ok(fd_replace(dir, "config.json", "new", 3, 0640, 0, 5, &e) == 0 &&
		   file_says("config.json", "new"),
	   "fdio: a file is replaced");
	ok(stat("config.json", &st) == 0 && (st.st_mode & 07777) == 0640 && st.st_gid == 5,
	   "fdio: the new file has the mode and group asked for, whatever the umask");
	ok(entries(".") == before, "fdio: nothing else is left in the directory");

	(void)mkdir("dir", 0700);
	before = entries(".");
	ok(fd_replace(dir, "dir", "new", 3, 0600, 0, 0, &e) < 0 && entries(".") == before,
	   "fdio: a directory is not replaced, and the temporary file is removed");
	ok(fd_replace(dir, "gone/config.json", "new", 3, 0600, 0, 0, &e) < 0,
	   "fdio: a missing directory is an error");
}

/* In a file system of 16 KiB, then in one that is read-only; both private to a child. */
static int in_small_file_system(int (*test)(void))
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) ||
		    mount("tmpfs", "small", "tmpfs", 0, "size=16k,mode=0755") || chdir("small"))
			_exit(77);
		_exit(test());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 1;
	return WEXITSTATUS(status);
}

static int full(void)
{
	static const char large[64 * 1024] = "x";
	struct error e = { 0 };
	int dir = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)make_file("config.json", "old", 0600);
	if (fd_replace(dir, "config.json", large, sizeof(large), 0600, 0, 0, &e) == 0)
		return 2;
	if (!file_says("config.json", "old") || entries(".") != 1)
		return 3;
	return strstr(e.message, "No space left") ? 0 : 4;
}

static int read_only(void)
{
	struct error e = { 0 };
	int dir = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)make_file("config.json", "old", 0600);
	if (mount("none", ".", "none", MS_REMOUNT | MS_RDONLY, NULL))
		return 77;
	if (fd_replace(dir, "config.json", "new", 3, 0600, 0, 0, &e) == 0)
		return 2;
	if (!file_says("config.json", "old") || entries(".") != 1)
		return 3;
	return strstr(e.message, "Read-only") ? 0 : 4;
}

static void test_small(void)
{
	int status;

	(void)mkdir("small", 0755);
	status = in_small_file_system(full);
	ok(status == 0 || status == 77,
	   "fdio: a full disk leaves the old file and nothing else, and says so%s",
	   status == 77 ? " # SKIP no mount namespace" : "");
	status = in_small_file_system(read_only);
	ok(status == 0 || status == 77,
	   "fdio: a read-only file system leaves the old file and says so%s",
	   status == 77 ? " # SKIP no mount namespace" : "");
}

static int trusted(const char *path, struct error *e)
{
	auto_close int fd = open(path, O_PATH | O_CLOEXEC);

	fd_forget_trusted();
	*e = (struct error){ 0 };
	return fd_check_trusted(fd, path, ERR_POLICY, e);
}

/* What is remembered is a way that ended well, and nothing beside it. */
static void test_remembered(void)
{
	auto_close int good = -1, bad = -1;
	struct error e = { 0 };

	(void)mkdir("a/loose", 0777);
	(void)chmod("a/loose", 0777);
	(void)mkdir("a/loose/below", 0755);
	(void)make_file("a/loose/below/file", "x", 0644);
	good = open("a/b/file", O_PATH | O_CLOEXEC);
	bad = open("a/loose/below/file", O_PATH | O_CLOEXEC);
	fd_forget_trusted();
	ok(fd_check_trusted(good, "good", ERR_POLICY, &e) == 0 &&
		   fd_check_trusted(good, "good", ERR_POLICY, &e) == 0,
	   "fdio: a way that was walked once is trusted again");
	ok(fd_check_trusted(bad, "bad", ERR_POLICY, &e) < 0 &&
		   fd_check_trusted(bad, "bad", ERR_POLICY, &e) < 0,
	   "fdio: what lies beside it is refused, the second time too");
	(void)chmod("a", 0777);
	fd_forget_trusted();
	ok(fd_check_trusted(good, "good", ERR_POLICY, &e) < 0,
	   "fdio: forgotten, the way is walked anew");
	(void)chmod("a", 0755);
	(void)unlink("a/loose/below/file");
	(void)rmdir("a/loose/below");
	(void)rmdir("a/loose");
}

static void test_trust(void)
{
	struct error e;

	(void)mkdir("a", 0755);
	(void)mkdir("a/b", 0755);
	(void)make_file("a/b/file", "x", 0644);
	ok(trusted("/", &e) == 0, "fdio: the root directory can be trusted");
	ok(trusted("a/b", &e) == 0 && trusted("a/b/file", &e) == 0,
	   "fdio: root's files below a sticky /tmp can be trusted");

	(void)chmod("a", 0777);
	ok(trusted("a/b/file", &e) < 0 && e.kind == ERR_POLICY && strstr(e.message, "/a'"),
	   "fdio: a file below a directory that all may write is refused, and that one is named");
	ok(trusted("a/b", &e) < 0, "fdio: a directory below it is refused, too");
	(void)chmod("a", 01777);
	ok(trusted("a/b/file", &e) == 0, "fdio: a sticky directory above may be writable");
	ok(trusted("a", &e) < 0, "fdio: but not be the thing itself");
	(void)chmod("a", 0775);
	ok(trusted("a/b/file", &e) < 0, "fdio: writable by the group is refused");
	(void)chmod("a", 0755);
	(void)!chown("a", 65534, 0);
	ok(trusted("a/b/file", &e) < 0 && strstr(e.message, "65534"),
	   "fdio: a directory above that is not root's is refused");
	(void)!chown("a", 0, 0);

	(void)!chown("a/b/file", 65534, 0);
	ok(trusted("a/b/file", &e) < 0, "fdio: a file that is not root's is refused");
	(void)!chown("a/b/file", 0, 0);
	(void)chmod("a/b/file", 0666);
	ok(trusted("a/b/file", &e) < 0, "fdio: a file that all may write is refused");
	(void)chmod("a/b/file", 0644);
	test_remembered();
}

static void test_removed(void)
{
	struct error e = { 0 };
	auto_close int fd = -1;

	(void)make_file("a/b/gone", "x", 0644);
	fd = open("a/b/gone", O_RDONLY | O_CLOEXEC);
	ok(text_ends(fd_path(fd, arena), "/a/b/gone"), "fdio: a descriptor tells its path");
	(void)unlink("a/b/gone");
	ok(fd_path(fd, arena) == NULL, "fdio: a removed file has no path");
	ok(fd_check_trusted(fd, "gone", ERR_POLICY, &e) < 0,
	   "fdio: a removed file cannot be trusted");
	(void)make_file("a/b/gone", "y", 0644);
	ok(fd_path(fd, arena) == NULL && fd_check_trusted(fd, "gone", ERR_POLICY, &e) < 0,
	   "fdio: nor one that another file of the same name has replaced");
	(void)unlink("a/b/gone");
	(void)make_file("a/b/gone (deleted)", "y", 0644);
	ok(fd_path(fd, arena) == NULL && fd_check_trusted(fd, "gone", ERR_POLICY, &e) < 0,
	   "fdio: nor one whose former path, as proc(5) writes it, is now another file's");
	(void)make_file("a/b/x (deleted)", "y", 0644);
	(void)close(fd);
	fd = open("a/b/x (deleted)", O_RDONLY | O_CLOEXEC);
	ok(fd_path(fd, arena) && fd_check_trusted(fd, "x", ERR_POLICY, &e) == 0,
	   "fdio: a name that ends in \" (deleted)\" is only a name");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void test_new(void)
{
	struct error e = { 0 };
	struct fd_new file = { 0 };
	auto_close int dir = -1;
	int before;

	if (mkdir("pieces", 0700) < 0)
		return;
	dir = open("pieces", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)make_file("pieces/x", "old", 0600);
	before = entries("pieces");

	ok(fd_new_open(&file, dir, "x", &e) == 0 && fd_write_all(file.fd, "new", 3) == 0 &&
		   file_says("pieces/x", "old"),
	   "fdio: a file that is written in pieces is not to be seen before it is kept");
	fd_new_close(&file);
	ok(file_says("pieces/x", "old") && entries("pieces") == before,
	   "fdio: one that is not kept leaves nothing behind");

	ok(fd_new_open(&file, dir, "x", &e) == 0 && fd_write_all(file.fd, "new", 3) == 0 &&
		   fd_new_keep(&file, 0640, 0, 0, &e) == 0 && file_says("pieces/x", "new"),
	   "fdio: one that is kept takes the old one's place");
	fd_new_close(&file);
	ok(file_says("pieces/x", "new") && entries("pieces") == before,
	   "fdio: to close it afterwards takes nothing away");
}

static void test_append(void)
{
	auto_close int fd = open("lines", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	auto_close int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ok(fd_append_line(fd, "one\n", 4) == 0 && fd_append_line(fd, "two\n", 4) == 0 &&
		   file_says("lines", "one\ntwo\n"),
	   "fdio: lines are appended");
	ok(fd_append_line(full, "x\n", 2) == -1 && errno == ENOSPC,
	   "fdio: a line that cannot be appended is an error");
}

int main(void)
{
	arena = arena_new();
	if (!mkdtemp(base) || chdir(base) < 0 || chmod(base, 0755) < 0)
		return 1;
	test_read();
	test_replace();
	test_new();
	test_append();
	test_small();
	test_trust();
	test_removed();
	(void)nftw(base, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	arena_free(arena);
	return done_testing();
}
