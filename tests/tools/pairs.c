/*
 * pairs ROUNDS FRESH TARGET COMMAND-A... -- COMMAND-B...
 *
 * Runs A and B in turn, ROUNDS times, and prints the median time of each, the median of the
 * pairwise ratios B/A with its quartiles, the ratio of the two first deciles (what the least
 * disturbed runs say), the same for the CPU time of each command and the children that it waited
 * for, and the peak resident set of B. Before each run the file FRESH is copied to TARGET ("-" "-":
 * nothing is), because mantlet rewrites a bundle's document, and the shell command in the variable
 * PAIRS_BEFORE is run, because a record of the last round is no usual start either. Pairs, because
 * machines are noisy: what disturbs one half of a pair mostly disturbs the other. Who goes first
 * changes with every pair, because the first of two finds colder caches.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long peak_kib;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void freshen(const char *from, const char *to)
{
	struct stat st;
	int in, out;

	if (strcmp(from, "-") == 0)
		return;
	in = open(from, O_RDONLY | O_CLOEXEC);
	out = open(to, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0644);
	if (in < 0 || out < 0 || fstat(in, &st) ||
	    sendfile(out, in, NULL, (size_t)st.st_size) != st.st_size)
		die(to);
	(void)close(in);
	(void)close(out);
}

/* Milliseconds that a command takes: from before spawn to after its end, and of CPU. */
struct cost {
	double wall, cpu;
};

static double milliseconds(struct timeval time)
{
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static struct cost run(char **argv, int is_measured)
{
	struct timespec start, end;
	struct rusage usage;
	int status = 0;
	pid_t pid;

	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ))
		die(argv[0]);
	if (wait4(pid, &status, 0, &usage) != pid)
		die("wait4");
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	if (status != 0) {
		(void)fprintf(stderr, "pairs: %s ended with status %d\n", argv[0], status);
		exit(1);
	}
	if (is_measured && usage.ru_maxrss > peak_kib)
		peak_kib = usage.ru_maxrss;
	return (struct cost){
		.wall = (double)(end.tv_sec - start.tv_sec) * 1e3 +
			(double)(end.tv_nsec - start.tv_nsec) / 1e6,
		.cpu = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime),
	};
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(const char *what, double *a, double *b, size_t rounds)
{
	double *ratio = calloc(rounds, sizeof(*ratio));

	if (!ratio)
		die("calloc");
	for (size_t i = 0; i < rounds; i++)
		ratio[i] = b[i] / a[i];
	qsort(a, rounds, sizeof(*a), by_size);
	qsort(b, rounds, sizeof(*b), by_size);
	qsort(ratio, rounds, sizeof(*ratio), by_size);
	printf("%s A %.2f ms  B %.2f ms  B/A %.3f (%.3f to %.3f)  best tenth %.3f  ", what,
	       a[rounds / 2], b[rounds / 2], ratio[rounds / 2], ratio[rounds / 4],
	       ratio[rounds * 3 / 4], b[rounds / 10] / a[rounds / 10]);
	free(ratio);
}

int main(int argc, char **argv)
{
	size_t rounds = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 0;
	double *wall[2] = { calloc(rounds, sizeof(double)), calloc(rounds, sizeof(double)) },
	       *cpu[2] = { calloc(rounds, sizeof(double)), calloc(rounds, sizeof(double)) };
	char **command[2] = { argv + 4, argv + 4 };
	const char *before = getenv("PAIRS_BEFORE");

	while (command[1] < argv + argc && strcmp(*command[1], "--") != 0)
		command[1]++;
	if (argc < 7 || rounds < 4 || command[1] >= argv + argc - 1 || !wall[0] || !wall[1] ||
	    !cpu[0] || !cpu[1]) {
		(void)fprintf(stderr, "usage: pairs ROUNDS FRESH TARGET A... -- B...\n");
		return 2;
	}
	*command[1]++ = NULL;

	for (size_t i = 0; i < rounds; i++) {
		for (size_t turn = 0; turn < 2; turn++) {
			size_t which = (i + turn) % 2;
			struct cost cost;

			freshen(argv[2], argv[3]);
			if (before && system(before) != 0)
				die(before);
			cost = run(command[which], which == 1);
			wall[which][i] = cost.wall;
			cpu[which][i] = cost.cpu;
		}
	}
	print("wall", wall[0], wall[1], rounds);
	print(" CPU", cpu[0], cpu[1], rounds);
	printf("%zu pairs, B at most %ld KiB\n", rounds, peak_kib);
	return 0;
}
