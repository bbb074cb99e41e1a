/*
 * A runtime that starts nothing. It writes down how it was called, into the directory that the
 * variable STUB_DIR names:
 *
 *	calls		one line a call, the arguments joined by tabs (appended)
 *	argv env fds	of the last call: one line each; "NUMBER TARGET" for a descriptor
 *	pid cwd		of the last call
 *	exe		whether its own file was executed from a mount that is "read-only" or
 *			"writable"
 *	config.json	copy of the bundle's document, for create, run and restore
 *	process.json	copy of the document of exec --process
 *	resources.json	copy of the document of update --resources ("-": standard input)
 *
 * Without STUB_DIR it does nothing at all, so that benchmarks can measure what is around it.
 * STUB_OUT is printed on standard output; STUB_EXIT is the exit status.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char *dir;

static FILE *open_file(const char *name, const char *mode)
{
	char path[PATH_MAX];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, mode);
	if (!file) {
		perror(path);
		exit(111);
	}
	return file;
}

static void write_list(const char *name, char **list)
{
	FILE *file = open_file(name, "we");

	for (; *list; list++)
		(void)fprintf(file, "%s\n", *list);
	(void)fclose(file);
}

/* First of all: what we open ourselves must not be in it. */
static void write_descriptors(void)
{
	char path[64], target[PATH_MAX], text[65536] = "";
	size_t len = 0;
	FILE *file;

	for (int fd = 0; fd < 2048; fd++) {
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0 || len + (size_t)n + 16 > sizeof(text))
			continue;
		target[n] = '\0';
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%d %s\n", fd, target);
	}
	file = open_file("fds", "we");
	(void)fputs(text, file);
	(void)fclose(file);
}

static void write_exe(void)
{
	FILE *file = open_file("exe", "we");
	struct statvfs st = { 0 };

	(void)statvfs("/proc/self/exe", &st);
	(void)fprintf(file, "%s\n", st.f_flag & ST_RDONLY ? "read-only" : "writable");
	(void)fclose(file);
}

static void write_call(char **argv)
{
	char cwd[PATH_MAX] = "";
	FILE *file = open_file("calls", "ae");

	for (char **word = argv; *word; word++)
		(void)fprintf(file, "%s%s", word == argv ? "" : "\t", *word);
	(void)fputc('\n', file);
	(void)fclose(file);
	file = open_file("pid", "we");
	(void)fprintf(file, "%d\n", getpid());
	(void)fclose(file);
	file = open_file("cwd", "we");
	(void)fprintf(file, "%s\n", getcwd(cwd, sizeof(cwd)) ? cwd : "");
	(void)fclose(file);
}

/* The value of --NAME VALUE or --NAME=VALUE; FALLBACK when it is not there. */
static const char *value_of(char **argv, const char *name, const char *fallback)
{
	size_t len = strlen(name);

	for (; *argv; argv++) {
		if (strncmp(*argv, name, len) != 0)
			continue;
		if ((*argv)[len] == '=')
			return *argv + len + 1;
		if ((*argv)[len] == '\0' && argv[1])
			return argv[1];
	}
	return fallback;
}

static int has(char **argv, const char *word)
{
	for (; *argv; argv++) {
		if (strcmp(*argv, word) == 0)
			return 1;
	}
	return 0;
}

static void copy(const char *from, const char *name)
{
	char chunk[65536];
	int in = strcmp(from, "-") == 0 ? STDIN_FILENO : open(from, O_RDONLY | O_CLOEXEC);
	FILE *out;
	ssize_t n;

	if (in < 0)
		return;
	out = open_file(name, "we");
	while ((n = read(in, chunk, sizeof(chunk))) > 0)
		(void)fwrite(chunk, 1, (size_t)n, out);
	(void)fclose(out);
	if (in != STDIN_FILENO)
		(void)close(in);
}

static void copy_documents(char **argv)
{
	char path[PATH_MAX];
	const char *process = value_of(argv, "--process", NULL);
	const char *resources = value_of(argv, "--resources", NULL);

	if (has(argv, "create") || has(argv, "run") || has(argv, "restore")) {
		(void)snprintf(path, sizeof(path), "%s/config.json",
			       value_of(argv, "--bundle", "."));
		copy(path, "config.json");
	}
	if (process)
		copy(process, "process.json");
	if (resources)
		copy(resources, "resources.json");
}

int main(int argc, char **argv)
{
	const char *out = getenv("STUB_OUT"), *status = getenv("STUB_EXIT");

	dir = getenv("STUB_DIR");
	if (dir) {
		write_descriptors();
		write_list("argv", argv + 1);
		write_list("env", environ);
		write_exe();
		write_call(argv + 1);
		copy_documents(argv);
	}
	if (out)
		(void)puts(out);
	return status ? (int)strtol(status, NULL, 10) : 0;
}
