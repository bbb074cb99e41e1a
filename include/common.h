/*
 * The few words that every file uses: attributes for prototypes, and release by scope.
 *
 * A resource is declared with an initialiser and one of the auto_* words; every return path then
 * releases it. take_fd() hands a descriptor out of the scope that owns it.
 */
#ifndef MANTLET_COMMON_H
#define MANTLET_COMMON_H

#include <stdlib.h>
#include <unistd.h>

#define MANTLET_VERSION "0.1.0"

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF(format_arg, first_arg) __attribute__((format(printf, format_arg, first_arg)))
#define NORETURN __attribute__((noreturn))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline void close_fd_at(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static inline void free_at(void *p)
{
	free(*(void **)p);
}

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define auto_close __attribute__((cleanup(close_fd_at)))
#define auto_free __attribute__((cleanup(free_at)))

#endif
