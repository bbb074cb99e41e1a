/*
 * Just enough TAP (Test Anything Protocol) for C tests: each ok() prints one line with the name of
 * what is true; done_testing() prints the plan and gives the exit status.
 */
#ifndef MANTLET_TAP_H
#define MANTLET_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 2, 3))) static inline bool ok(bool is_true, const char *format, ...)
{
	va_list ap;

	tap_count++;
	if (!is_true)
		tap_failed++;
	printf("%sok %d - ", is_true ? "" : "not ", tap_count);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	return is_true;
}

static inline bool is_text(const char *got, const char *want, const char *name)
{
	bool same = got == want || (got && want && strcmp(got, want) == 0);

	ok(same, "%s", name);
	if (!same)
		printf("#   got:  %s\n#   want: %s\n", got ? got : "(null)",
		       want ? want : "(null)");
	return same;
}

static inline int done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
