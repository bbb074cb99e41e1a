/* runtime: which program is taken for the real one, and what it inherits. */
#include "runtime.h"

#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fdio.h"
#include "tap.h"
#include "text.h"

static char base[] = "/tmp/mantlet-test-runtime-XXXXXX";
static struct arena *arena;
static const char *found;
static struct error e;

static void make_program(const char *name, const char *text)
{
	auto_close int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);

	(void)!fd_write_all(fd, text, strlen(text));
	(void)fchmod(fd, 0755);
}

static int find(const char *name)
{
	e = (struct error){ 0 };
	found = NULL;
	return runtime_find(&found, arena, name ? arena_printf(arena, "%s/%s", base, name) : NULL,
			    &e);
}

static void refused(const char *name, const char *part, const char *what)
{
	bool is_right = find(name) < 0 && strstr(e.message, part) && !found;

	ok(is_right, "%s", what);
	if (!is_right)
		printf("#   got:  %s\n#   want: ...%s...\n", e.message, part);
}

static void test_named(void)
{
	make_program("runc", "#!/bin/sh\n");
	(void)mkdir("dir", 0755);
	ok(find("runc") == 0 && text_ends(found, "/runc"), "runtime: a named program is taken");
	ok(runtime_find(&found, arena, "runc", &e) < 0 && e.kind == ERR_POLICY,
	   "runtime: a relative path is refused");
	refused("gone", "missing", "runtime: a missing program is refused");
	refused("dir", "not an executable file", "runtime: a directory is refused");
	(void)chmod("runc", 0644);
	refused("runc", "not an executable file", "runtime: a file that is no program is refused");
	(void)chmod("runc", 0775);
	refused("runc", "0775", "runtime: a program that a group may write is refused");
	(void)chmod("runc", 0755);
	(void)!chown("runc", 65534, 0);
	refused("runc", "65534", "runtime: a program that is not root's is refused");
	(void)!chown("runc", 0, 0);
	(void)chmod(base, 0777);
	refused("runc", "0777", "runtime: a directory above that all may write is refused");
	(void)chmod(base, 0755);

	(void)mkdir("open", 0755);
	(void)!symlink("../runc", "open/runc");
	ok(find("open/runc") == 0 && text_ends(found, "/runc") && !strstr(found, "open"),
	   "runtime: a link is followed, and the file itself is executed");
	(void)chmod("open", 0777);
	refused("open/runc", "0777", "runtime: a link that others can change is refused");
	(void)!symlink("runc", "krun");
	refused("krun", "behave by the name", "runtime: a link that changes the name is refused");
	(void)!symlink("/proc/self/exe", "self");
	refused("self", "mantlet", "runtime: mantlet itself is refused");
}

static void test_loop(void)
{
	(void)setenv("MANTLET_PID", arena_printf(arena, "%d", getpid()), 1);
	refused("runc", "a copy of mantlet", "runtime: called by ourselves we stop");
	(void)setenv("MANTLET_PID", "1", 1);
	ok(find("runc") == 0, "runtime: another pid there is somebody else's");
	(void)setenv("MANTLET_PID", "x", 1);
	ok(find("runc") == 0, "runtime: and so is nonsense");
	(void)unsetenv("MANTLET_PID");
}

/* The search list holds absolute paths, so give a child a /usr/local of its own. */
static int search(int (*test)(void))
{
	int status = 1;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) ||
		    mount("tmpfs", "/usr/local", "tmpfs", 0, "mode=0755") ||
		    mkdir("/usr/local/bin", 0755) || mkdir("/usr/local/sbin", 0755))
			_exit(77);
		_exit(test());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 1;
	return WEXITSTATUS(status);
}

static int first_of_list(void)
{
	make_program("/usr/local/bin/runc", "#!/bin/sh\n");
	return find(NULL) == 0 && text_equal(found, "/usr/local/bin/runc") ? 0 : 1;
}

static int tampered(void)
{
	make_program("/usr/local/bin/runc", "#!/bin/sh\n");
	(void)!chown("/usr/local/bin/runc", 65534, 0);
	return find(NULL) < 0 && strstr(e.message, "/usr/local/bin/runc") ? 0 : 1;
}

static int ourselves(void)
{
	if (symlink("/proc/self/exe", "/usr/local/sbin/runc"))
		return 2;
	make_program("/usr/local/bin/runc", "#!/bin/sh\n");
	return find(NULL) == 0 && text_equal(found, "/usr/local/bin/runc") ? 0 : 1;
}

static int nothing(void)
{
	if (mount("/usr/local", "/usr/sbin", "none", MS_BIND, NULL) ||
	    mount("/usr/local", "/usr/bin", "none", MS_BIND, NULL))
		return 77;
	return find(NULL) < 0 && strstr(e.message, "install runc") ? 0 : 1;
}

static void test_search(void)
{
	static const struct {
		int (*test)(void);
		const char *name;
	} rows[] = {
		{ first_of_list, "runtime: without a name the first of the list is taken" },
		{ tampered, "runtime: one that was tampered with is named, not skipped" },
		{ ourselves, "runtime: mantlet in the place of runc is skipped" },
		{ nothing, "runtime: a host without a runtime is told what to install" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int status = search(rows[i].test);

		ok(status == 0 || status == 77, "%s%s", rows[i].name,
		   status == 77 ? " # SKIP no mount namespace" : "");
	}
}

static void test_exec(void)
{
	char *argv[] = { (char[]){ "R" }, (char[]){ "state" }, NULL };
	const char *text = NULL;
	size_t len;
	int status = -1, fds[2];
	pid_t pid;

	make_program("runc", "#!/bin/sh\necho $$ $MANTLET_PID $0 $1; env; ls -l /proc/$$/fd\n");
	ok(runtime_exec("/gone/runc", argv, &e) < 0 && strstr(e.message, "/gone/runc"),
	   "runtime: a program that cannot be executed is an error");
	(void)fflush(stdout);
	if (pipe(fds) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		(void)clearenv();
		(void)putenv((char[]){ "LISTEN_FDS=3" });
		(void)putenv((char[]){ "LISTEN_PID=1" });
		(void)putenv((char[]){ "LISTEN_FDNAMES=x" });
		(void)putenv((char[]){ "LD_PRELOAD=/x.so" });
		(void)putenv((char[]){ "LD_LIBRARY_PATH=/opt:" });
		(void)putenv((char[]){ "TTRPC_ADDRESS=/t" });
		(void)putenv((char[]){ "XDG_RUNTIME_DIR=" });
		(void)putenv((char[]){ "_OCI_SYNCPIPE=3" });
		(void)putenv((char[]){ "PATH=/usr/bin:/bin" });
		(void)!dup2(fds[1], STDOUT_FILENO);
		(void)!runtime_exec(arena_printf(arena, "%s/runc", base), argv, &e);
		_exit(99);
	}
	(void)close(fds[1]);
	ok(fd_read_all(fds[0], 65536, arena, &text, &len, "the pipe", &e) == 0 &&
		   waitpid(pid, &status, 0) == pid && status == 0,
	   "runtime: the program runs in our place");
	(void)close(fds[0]);
	ok(text && text_starts(text, arena_printf(arena, "%d %d ", pid, pid)),
	   "runtime: with our pid, which it is told");
	ok(text && !strstr(text, "LISTEN_") && !strstr(text, "LD_"),
	   "runtime: without LISTEN_* and LD_*");
	ok(text && strstr(text, "TTRPC_ADDRESS=/t") && strstr(text, "XDG_RUNTIME_DIR=\n") &&
		   strstr(text, "_OCI_SYNCPIPE=3"),
	   "runtime: with all else that the engine said");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

int main(void)
{
	arena = arena_new();
	if (!mkdtemp(base) || chdir(base) < 0 || chmod(base, 0755) < 0)
		return 1;
	(void)unsetenv("MANTLET_PID");
	test_named();
	test_loop();
	test_search();
	test_exec();
	(void)nftw(base, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	arena_free(arena);
	return done_testing();
}
