/*
 * Memory that is released all at once: one arena per document and one per policy.
 *
 * Nothing inside is freed singly; exec or exit ends it. Running out of memory ends the process
 * with a message and status 1: there is nothing sensible to do, and no container is started.
 */
#ifndef MANTLET_ARENA_H
#define MANTLET_ARENA_H

#include <stddef.h>

#include "common.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena); /* NULL is accepted */

/* Zeroed memory, aligned for any type; never NULL. */
void *arena_alloc(struct arena *arena, size_t size);

/* Copies with a NUL behind; never NULL. */
char *arena_memdup(struct arena *arena, const void *bytes, size_t len);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF(2, 3);

/* Bytes handed out so far, for tests of growth. */
size_t arena_used(const struct arena *arena);

static inline void arena_free_at(struct arena **arena)
{
	arena_free(*arena);
}
#define auto_arena __attribute__((cleanup(arena_free_at)))

/* Ends the process: "mantlet: out of memory" on stderr, status 1. For allocators only. */
NORETURN void arena_oom(void);

#endif
