/* audit: times and ids of events. What a whole event says is tested in tests/audit.bats. */
#include "audit.h"

#include <time.h>

#include "tap.h"

/* The C library's calendar is the oracle. */
static bool agrees(time_t second)
{
	auto_strbuf struct strbuf got = { 0 };
	struct timespec at = { .tv_sec = second, .tv_nsec = 7999 };
	char want[64];
	struct tm tm;

	(void)gmtime_r(&second, &tm);
	(void)strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.000007Z", &tm);
	audit_time(&got, &at);
	if (strcmp(strbuf_text(&got), want) != 0)
		printf("#   got:  %s\n#   want: %s\n", strbuf_text(&got), want);
	return strcmp(strbuf_text(&got), want) == 0;
}

static void test_time(void)
{
	const time_t day = 86400;
	bool is_right = true;

	/* 1970 to 2500: every day, at a second that moves. */
	for (time_t i = 0; i < 530 * 366 && is_right; i++)
		is_right = agrees(i * day + i % day);
	ok(is_right, "audit: every day from 1970 to 2500 has the date of the C library");
	ok(agrees(4107542399) && agrees(4107542400),
	   "audit: 2100 is no leap year, on the second where it matters");
}

static void test_id(void)
{
	struct arena *arena = arena_new();
	const char *a = audit_new_id(arena), *b = audit_new_id(arena);

	ok(strlen(a) == 20 && strspn(a, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == 20,
	   "audit: an id has 20 characters of base32");
	ok(strcmp(a, b) != 0, "audit: two ids are not the same");
	ok(strncmp(a, b, 10) <= 0, "audit: ids sort by time");
	arena_free(arena);
}

int main(void)
{
	test_time();
	test_id();
	return done_testing();
}
