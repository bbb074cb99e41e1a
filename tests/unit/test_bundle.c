/* bundle: what is read, what is refused, and that a failed write leaves the original. */
#include "bundle.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "fdio.h"
#include "json.h"
#include "tap.h"
#include "text.h"

#define DOCUMENT "{\"ociVersion\":\"1.0.2\"}"

static char base[] = "/tmp/mantlet-test-bundle-XXXXXX";
static struct arena *arena;
static struct bundle b;
static struct error e;

static void make_config(const char *text, mode_t mode)
{
	auto_close int fd = -1;

	(void)remove("b/config.json");
	fd = open("b/config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	(void)!fd_write_all(fd, text, strlen(text));
	(void)fchmod(fd, mode);
}

/* 0 and the bundle closed again, or -1 with E. */
static int try(const char *path)
{
	e = (struct error){ 0 };
	b = (struct bundle){ 0 };
	if (bundle_open(&b, arena, path, &e) < 0)
		return -1;
	bundle_close(&b);
	return 0;
}

static void refused(const char *part, enum error_kind kind, const char *name)
{
	bool is_right = try("b") < 0 && e.kind == kind && strstr(e.message, part) &&
			strstr(e.message, "config.json");

	ok(is_right && b.dir_fd == 0 && !b.path, "%s", name);
	if (!is_right)
		printf("#   got:  %s\n#   want: ...%s...\n", e.message, part);
}

static int count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int count = 0;

	while (d && readdir(d))
		count++;
	if (d)
		(void)closedir(d);
	return count;
}

static void test_read(void)
{
	int before;

	make_config(DOCUMENT, 0644);
	ok(try("b") == 0 && text_equal(b.text, DOCUMENT) && b.len == strlen(DOCUMENT),
	   "bundle: a document is read");
	ok(text_starts(b.path, base) && text_ends(b.path, "/b"),
	   "bundle: a relative path becomes an absolute one");
	(void)!symlink("b", "link");
	ok(try("link") == 0 && text_ends(b.path, "/b"), "bundle: and one without symlinks");
	(void)!chdir("b");
	ok(try(NULL) == 0 && text_ends(b.path, "/b"), "bundle: no path is the current directory");
	ok(try("") == 0 && text_ends(b.path, "/b"),
	   "bundle: an empty path is the current directory");
	(void)!chdir("..");

	before = count_descriptors();
	(void)!try("b");
	make_config("", 0644);
	(void)!try("b");
	ok(count_descriptors() == before, "bundle: no descriptor is left open");
}

static void test_refused(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "b/config.json" };
	auto_close int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	make_config("", 0644);
	refused("is empty", ERR_SPEC, "bundle: an empty document is refused");
	(void)remove("b/config.json");
	refused("it is not there", ERR_SYSTEM, "bundle: a missing document is refused");
	(void)mkdir("b/config.json", 0755);
	refused("a directory", ERR_SPEC, "bundle: a directory is refused");
	(void)remove("b/config.json");
	(void)mkfifo("b/config.json", 0600);
	refused("a FIFO", ERR_SPEC, "bundle: a FIFO is refused, and does not hold us");
	(void)remove("b/config.json");
	(void)!bind(sock, (struct sockaddr *)&address, sizeof(address));
	refused("a socket", ERR_SPEC, "bundle: a socket is refused");
	(void)remove("b/config.json");
	(void)!symlink("/etc/passwd", "b/config.json");
	refused("a symlink", ERR_SPEC, "bundle: a symlink is refused");

	make_config(DOCUMENT, 0644);
	(void)!chown("b/config.json", 65534, 0);
	refused("65534", ERR_SPEC, "bundle: a document that is not root's is refused");
	make_config(DOCUMENT, 0646);
	refused("0646", ERR_SPEC, "bundle: a document that all may write is refused");
	make_config(DOCUMENT, 0664);
	refused("0664", ERR_SPEC, "bundle: a document that a group may write is refused");
	make_config(DOCUMENT, 0644);
	(void)!link("b/config.json", "second-name");
	refused("hard links", ERR_SPEC, "bundle: a document with a second name is refused");
	(void)remove("second-name");

	make_config("x", 0644);
	(void)!truncate("b/config.json", JSON_MAX_TEXT);
	ok(try("b") == 0 && b.len == JSON_MAX_TEXT, "bundle: 16 MiB are read");
	(void)!truncate("b/config.json", JSON_MAX_TEXT + 1);
	refused("16777216", ERR_SPEC, "bundle: a byte more is refused with the limit named");
	(void)!truncate("b/config.json", (off_t)1 << 40);
	refused("16777216", ERR_SPEC, "bundle: a terabyte with holes is refused");
}

static void test_directories(void)
{
	make_config(DOCUMENT, 0644);
	(void)chmod("b", 0777);
	ok(try("b") < 0 && strstr(e.message, "0777"),
	   "bundle: a directory that all may write is refused");
	(void)chmod("b", 01777);
	ok(try("b") < 0, "bundle: also when it is sticky");
	(void)chmod("b", 0755);
	(void)!chown("b", 65534, 0);
	ok(try("b") < 0 && strstr(e.message, "65534"),
	   "bundle: a directory that is not root's is refused");
	(void)!chown("b", 0, 0);
	ok(try("gone") < 0 && strstr(e.message, "'gone'") && strstr(e.message, "not there"),
	   "bundle: a missing directory is refused");
	ok(try("b/config.json") < 0, "bundle: a file as directory is refused");
}

static void test_write(void)
{
	struct stat st;

	make_config(DOCUMENT, 0640);
	(void)!chown("b/config.json", 0, 7);
	e = (struct error){ 0 };
	ok(bundle_open(&b, arena, "b", &e) == 0 && bundle_write(&b, "{}", 2, &e) == 0 &&
		   stat("b/config.json", &st) == 0 && st.st_size == 2,
	   "bundle: a new document is written");
	ok((st.st_mode & 07777) == 0640 && st.st_gid == 7,
	   "bundle: with the mode and the group of the old one");
	bundle_close(&b);
	bundle_close(&b);
	b = (struct bundle){ 0 };
	bundle_close(&b);
	ok(fcntl(STDIN_FILENO, F_GETFD) >= 0,
	   "bundle: closing one that was never opened leaves descriptor 0 alone");
	ok(try("b") == 0 && text_equal(b.text, "{}"), "bundle: closing twice does no harm");
}

/* A private mount namespace, so that a test that dies leaves no mount. */
static int in_small_file_system(bool is_read_only)
{
	static const char large[64 * 1024] = "x";
	int status = 1;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) ||
		    mount("tmpfs", "b", "tmpfs", 0, "size=16k,mode=0755"))
			_exit(77);
		make_config(DOCUMENT, 0644);
		if (is_read_only && mount("none", "b", "none", MS_REMOUNT | MS_RDONLY, NULL))
			_exit(77);
		if (bundle_open(&b, arena, "b", &e) < 0)
			_exit(2);
		if (bundle_write(&b, large, sizeof(large), &e) == 0)
			_exit(3);
		if (!strstr(e.message, is_read_only ? "Read-only" : "No space left") ||
		    !strstr(e.message, "unchanged"))
			_exit(4);
		_exit(try("b") == 0 && text_equal(b.text, DOCUMENT) &&
				      (access("b/config.json", F_OK) == 0)
			      ? 0
			      : 5);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 1;
	return WEXITSTATUS(status);
}

static void test_small(void)
{
	int status = in_small_file_system(false);

	ok(status == 0 || status == 77, "bundle: a full disk leaves the original (%d)%s", status,
	   status == 77 ? " # SKIP no mount namespace" : "");
	status = in_small_file_system(true);
	ok(status == 0 || status == 77, "bundle: a read-only bundle leaves the original (%d)%s",
	   status, status == 77 ? " # SKIP no mount namespace" : "");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

int main(void)
{
	arena = arena_new();
	if (!mkdtemp(base) || chdir(base) < 0 || chmod(base, 0755) < 0 || mkdir("b", 0755) < 0)
		return 1;
	test_read();
	test_refused();
	test_directories();
	test_write();
	test_small();
	(void)nftw(base, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	arena_free(arena);
	return done_testing();
}
