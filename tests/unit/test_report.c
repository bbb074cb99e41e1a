/* report: one record in the log that the engine reads, the same sentence on stderr. */
#include "report.h"

#include <fcntl.h>
#include <ftw.h>
#include <regex.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fdio.h"
#include "tap.h"
#include "text.h"

static char base[] = "/tmp/mantlet-test-report-XXXXXX";
static struct arena *arena;

static const char *read_file(const char *name)
{
	auto_close int fd = open(name, O_RDONLY | O_CLOEXEC);
	struct error e = { 0 };
	const char *text;
	size_t len;

	if (fd < 0 || fd_read_all(fd, 65536, arena, &text, &len, name, &e) < 0)
		return NULL;
	return text;
}

/* Report in a child whose stdout and stderr are files; its exit status is what is returned. */
static int report(const char *log, const char *format, enum error_kind kind, const char *message)
{
	struct invocation inv = { .log = log, .log_format = format };
	struct error e = { .kind = kind };
	int status = -1;
	pid_t pid;

	(void)fflush(stdout);
	(void)snprintf(e.message, sizeof(e.message), "%s", message);
	pid = fork();
	if (pid == 0) {
		int out = open("stdout", O_WRONLY | O_CREAT | O_TRUNC, 0600);
		int err = open("stderr", O_WRONLY | O_CREAT | O_TRUNC, 0600);

		if (dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
			_exit(99);
		_exit(report_error(&inv, &e));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static bool matches(const char *text, const char *pattern)
{
	regex_t regex;
	bool does;

	if (!text || regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	does = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	if (!does)
		printf("#   got: %s\n", text);
	return does;
}

static void test_forms(void)
{
	struct stat st;

	ok(report("log", "json", ERR_DENIED, "--privileged gives \"all\"") == 1,
	   "report: the exit status is 1");
	ok(matches(read_file("log"),
		   "^\\{\"level\":\"error\",\"msg\":\"mantlet: refused: --privileged gives "
		   "\\\\\"all\\\\\"\",\"time\":\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:"
		   "[0-9]{2}Z\"\\}\n$"),
	   "report: one JSON record");
	is_text(read_file("stderr"), "mantlet: refused: --privileged gives \"all\"\n",
		"report: the same sentence on stderr");
	is_text(read_file("stdout"), "", "report: nothing on stdout");
	ok(stat("log", &st) == 0 && (st.st_mode & 0777) == 0600,
	   "report: a new log is root's alone");

	(void)report("log", "json", ERR_SYSTEM, "cannot read");
	ok(matches(read_file("log"), "^\\{[^\n]*\n\\{[^\n]*\"mantlet: cannot read\"[^\n]*\n$"),
	   "report: a record is appended, and a failure of the system is no refusal");
	(void)report("text", NULL, ERR_SPEC, "bad");
	ok(matches(read_file("text"), "^time=\"[-0-9T:]+Z\" level=error msg=\"mantlet: refused: "
				      "bad\"\n$"),
	   "report: text form by default");
	(void)report("text2", "text", ERR_USAGE, "a \"b\" \\ c");
	ok(matches(read_file("text2"), "msg=\"mantlet: refused: a \\\\\"b\\\\\" \\\\\\\\ c\"\n$"),
	   "report: quotes and backslashes are escaped in text form");
}

static void test_words(void)
{
	(void)report(NULL, NULL, ERR_POLICY, "mantlet: refused: twice");
	is_text(read_file("stderr"), "mantlet: refused: twice\n",
		"report: the prefix is never there twice");
	(void)report(NULL, NULL, ERR_SYSTEM, "a\nb\tc: Permission denied \xff");
	ok(!strstr(read_file("stderr"), "ermission denied") &&
		   strchr(read_file("stderr"), '\n')[1] == '\0' &&
		   !strchr(read_file("stderr"), '\xff'),
	   "report: one line, UTF-8, and no phrase that an engine reinterprets");
	(void)report(NULL, NULL, ERR_SYSTEM, "");
	ok(matches(read_file("stderr"), "^mantlet: [a-z]"), "report: a message is never empty");
}

static void test_logs(void)
{
	(void)report("file:with-prefix", "json", ERR_SPEC, "x");
	ok(read_file("with-prefix") && !read_file("file:with-prefix"),
	   "report: crun's file:PATH is a path");
	(void)report("journald:x", "json", ERR_SPEC, "x");
	(void)report("syslog:x", "json", ERR_SPEC, "x");
	ok(!read_file("journald:x") && !read_file("syslog:x") && read_file("stderr")[0],
	   "report: journald:ID and syslog:ID are no files, and stderr has the sentence");

	(void)!symlink("target", "link");
	ok(report("link", "json", ERR_SPEC, "x") == 1 && !read_file("target") &&
		   read_file("stderr")[0],
	   "report: a symlink is not followed");
	(void)mkfifo("fifo", 0600);
	ok(report("fifo", "json", ERR_SPEC, "x") == 1 && read_file("stderr")[0],
	   "report: a FIFO without a reader does not hold us");
	ok(report("/gone/log", "json", ERR_SPEC, "x") == 1 && read_file("stderr")[0],
	   "report: a log that cannot be opened does not keep the sentence from stderr");
	ok(report("/dev/full", "json", ERR_SPEC, "x") == 1 && read_file("stderr")[0],
	   "report: nor does a full disk");
	ok(report("", "json", ERR_SPEC, "x") == 1 && read_file("stderr")[0],
	   "report: an empty --log is none");
}

/* RLIMIT_FSIZE cuts a write short as a full disk does, without one. */
static void test_torn(void)
{
	struct rlimit limit = { .rlim_cur = 40, .rlim_max = RLIM_INFINITY }, old;
	int status;
	pid_t pid;

	(void)getrlimit(RLIMIT_FSIZE, &old);
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct invocation inv = { .log = "torn", .log_format = "json" };
		struct error e = { .kind = ERR_SPEC, .message = "x" };
		int fd = open("torn", O_WRONLY | O_CREAT, 0600);

		(void)!dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		(void)!write(fd, "{}\n", 3);
		(void)setrlimit(RLIMIT_FSIZE, &limit);
		_exit(report_error(&inv, &e));
	}
	(void)waitpid(pid, &status, 0);
	is_text(read_file("torn"), "{}\n", "report: half a record is taken back");
}

static void test_closed_stderr(void)
{
	int status = -1;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct invocation inv = { .log = "only", .log_format = "json" };
		struct error e = { .kind = ERR_SPEC, .message = "x" };

		(void)close(STDERR_FILENO);
		_exit(report_error(&inv, &e));
	}
	(void)waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && matches(read_file("only"), "^\\{[^\n]*\\}\n$"),
	   "report: without stderr the log has one record and nothing else");

	pid = fork();
	if (pid == 0) {
		struct invocation inv = { .log = "pipe", .log_format = "json" };
		struct error e = { .kind = ERR_SPEC, .message = "x" };
		int fds[2];

		if (pipe(fds) < 0 || dup2(fds[1], STDERR_FILENO) < 0 || close(fds[0]) < 0)
			_exit(9);
		_exit(report_error(&inv, &e));
	}
	(void)waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 1 && read_file("pipe"),
	   "report: a reader of stderr that has gone changes neither log nor status");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

int main(void)
{
	arena = arena_new();
	if (!mkdtemp(base) || chdir(base) < 0)
		return 1;
	test_forms();
	test_words();
	test_logs();
	test_torn();
	test_closed_stderr();
	(void)nftw(base, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	arena_free(arena);
	return done_testing();
}
