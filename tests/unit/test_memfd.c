/* memfd: the private copy of a document, and which descriptor it gets. */
#include "memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>

#include "tap.h"

static int sealed(unsigned int preserved, struct error *e)
{
	*e = (struct error){ 0 };
	return memfd_sealed("test", "text", 4, preserved, e);
}

static void test_copy(void)
{
	struct error e;
	char text[8] = "";
	auto_close int fd = sealed(0, &e);

	ok(fd >= MEMFD_FLOOR && read(fd, text, sizeof(text)) == 4 && strcmp(text, "text") == 0,
	   "memfd: the copy is there, rewound");
	ok(!(fcntl(fd, F_GETFD) & FD_CLOEXEC), "memfd: it outlives our execve");
	ok(write(fd, "x", 1) < 0 && errno == EPERM && ftruncate(fd, 0) < 0 &&
		   fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL) < 0,
	   "memfd: nobody can change it");
}

/* Nothing else is open here: only the rule keeps the number out of reach. */
static void test_place(void)
{
	static const unsigned int counts[] = { 1, 60, 61, 62, 63, 100, 500 };
	struct error e;

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		auto_close int fd = sealed(counts[i], &e);

		ok(fd >= MEMFD_FLOOR && fd >= 3 + (int)counts[i],
		   "memfd: behind %u preserved descriptors", counts[i]);
	}
}

static void test_limit(void)
{
	struct rlimit limit;
	struct error e;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = 40;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return;
	for (unsigned int preserved = 0; preserved < 60; preserved++) {
		auto_close int fd = sealed(preserved, &e);

		ok(preserved + 3 < 40 ? fd >= 3 + (int)preserved : fd < 0,
		   "memfd: with 40 descriptors, %u of them preserved", preserved);
		if (fd < 0 && preserved == 59)
			ok(strstr(e.message, "raise the limit of open files") != NULL,
			   "memfd: and the sentence says what to do");
	}
}

int main(void)
{
	test_copy();
	test_place();
	test_limit();
	return done_testing();
}
