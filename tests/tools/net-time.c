/*
 * net-time MANTLET-NET DIRECTORY: what the firewall hook costs, for 10, 100 and 1,000 entries of
 * policy: medians of the time from the start of the process to its end, beside a process of the
 * same program that does nothing; and, by the same functions in this process, from the start of the
 * hook's own work to the kernel's word that the table is in force, with the part of it that is the
 * kernel's. Half of the entries are allowed and half blocked, one rule each; what is above 250 of a
 * kind goes into one set. DIRECTORY is root's and empty.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "net_files.h"
#include "net_kernel.h"

#define ROUNDS 60

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void add_lines(struct strbuf *out, const char *key, unsigned int count, unsigned int set,
		      unsigned int net)
{
	strbuf_printf(out, ",\"%s\":[", key);
	for (unsigned int i = 0; i < count; i++)
		strbuf_printf(out, "%s\"tcp %u.%u.%u.0/25 443\"", i ? "," : "", net, i / 250,
			      i % 250);
	for (unsigned int i = 0; i < set; i++)
		strbuf_printf(out, "%s100.%u.%u.0/25", i ? "," : ",\"any ", i / 250, i % 250);
	strbuf_puts(out, set ? "\"]" : "]");
}

static int write_plan(struct arena *arena, const char *path, unsigned int entries)
{
	unsigned int each = entries / 2 < 250 ? entries / 2 : 250;
	struct net_request request = { .id = "time", .root = "/run/time" };
	struct strbuf controls = { 0 }, text = { 0 };
	struct net_plan plan;
	struct json_doc doc;
	struct error e = { 0 };
	int fd;

	strbuf_puts(&controls, "{\"mode\":\"fix\"");
	add_lines(&controls, "allow", each, 0, 10);
	add_lines(&controls, "block", each, entries - 2 * each, 11);
	strbuf_puts(&controls, "}");
	if (json_parse(&doc, arena, controls.data, controls.len, 0, "controls", &e))
		return -1;
	request.egress = doc.root;
	if (net_plan_build(&plan, arena, &request, &e))
		return -1;
	net_plan_write(&plan, &text);
	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text.data, text.len) != (ssize_t)text.len)
		return -1;
	return close(fd);
}

/* A process that waits in a network namespace of its own. */
static pid_t sleeper(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		exit(1);
	pid = fork();
	if (pid == 0) {
		/* Not longer than we do, however that ends. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || unshare(CLONE_NEWNET) < 0 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(ready[0], &byte, 1) != 1)
		exit(1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static double run(const char *program, char *const *argv, const char *input)
{
	int in[2], status = 1;
	double started;
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) < 0 || write(in[1], input, strlen(input)) < 0)
		exit(1);
	close(in[1]);
	started = now();
	pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 1);
		execv(program, argv);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	close(in[0]);
	if (status != 0)
		exit(1);
	return now() - started;
}

/* What net_hook() does between its first call and the end of the commit. *RET_KERNEL: the commit.
 */
static double commit(const char *path, pid_t pid, double *ret_kernel)
{
	struct arena *arena = arena_new();
	double started = now(), sent;
	struct net_table table;
	struct net_batch batch;
	struct net_plan plan;
	struct error e = { 0 };
	int ns, fd;

	if (net_files_load(&plan, arena, path, &e) < 0)
		exit(1);
	net_table_build(&table, arena, &plan);
	ns = net_namespace_open(pid, &e);
	fd = net_socket_open(ns, NETLINK_NETFILTER, &e);
	net_batch_open(&batch);
	if (ns < 0 || fd < 0 || net_encode_table(&batch, &table, &e) < 0)
		exit(1);
	sent = now();
	if (net_commit(fd, &batch, &e) != 0) {
		(void)fprintf(stderr, "net-time: %s\n", e.message);
		exit(1);
	}
	*ret_kernel = now() - sent;
	started = now() - started;
	close(ns);
	close(fd);
	net_batch_close(&batch);
	arena_free(arena);
	return started;
}

static void measure(char *program, const char *directory, unsigned int entries)
{
	struct arena *arena = arena_new();
	const char *path = arena_printf(arena, "%s/time.net", directory);
	char name[] = "mantlet-net", hook_word[] = "hook", version[] = "--version";
	char *const hook[] = { name, hook_word, arena_strdup(arena, path), NULL };
	char *const idle[] = { name, version, NULL };
	double with[ROUNDS], without[ROUNDS], work[ROUNDS], kernel[ROUNDS];
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < ROUNDS; i++) {
		pid_t pid = sleeper();

		if (write_plan(arena, path, entries) < 0)
			exit(1);
		work[i] = commit(path, pid, &kernel[i]);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		pid = sleeper();
		with[i] = run(program, hook,
			      arena_printf(arena, "{\"id\":\"time\",\"pid\":%d}", pid));
		net_files_remove(dir, "time");
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		without[i] = run(program, idle, "");
	}
	qsort(with, ROUNDS, sizeof(*with), by_value);
	qsort(without, ROUNDS, sizeof(*without), by_value);
	qsort(work, ROUNDS, sizeof(*work), by_value);
	qsort(kernel, ROUNDS, sizeof(*kernel), by_value);
	printf("%5u entries: hook %7.0f us (least %.0f), a process that does nothing %.0f us; "
	       "start "
	       "to commit %.0f us, of which the kernel %.0f us\n",
	       entries, with[ROUNDS / 2], with[0], without[ROUNDS / 2], work[ROUNDS / 2],
	       kernel[ROUNDS / 2]);
	arena_free(arena);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	measure(argv[1], argv[2], 10);
	measure(argv[1], argv[2], 100);
	measure(argv[1], argv[2], 1000);
	return 0;
}
