/*
 * The arena: memory comes from chunks that grow from 128 KiB to 1 MiB and is never given back
 * singly.
 *
 * Chunks are fresh pages from mmap(2), zeroed by the kernel when they are touched: a page that
 * nobody touches costs nothing, so the first chunk holds Docker's default document whole and a
 * small one still occupies a few pages only. calloc(3) would clear 128 KiB at every start. A
 * request above a quarter of the first chunk gets a chunk of its own, so that one large string
 * neither wastes the rest of the current chunk nor makes the next one larger: what is resident
 * stays linear in the document.
 */
#include "arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGNMENT 16U
#define FIRST_CHUNK ((size_t)128 * 1024)
#define LAST_CHUNK ((size_t)1024 * 1024)
/* A spare that was used further than this is dearer to clear than to get anew. */
#define SPARE_USED ((size_t)64 * 1024)

struct chunk {
	_Alignas(ALIGNMENT) struct chunk *next;
	size_t total; /* bytes mapped */
	size_t used;  /* of the spare: bytes that are not zero any more */
	_Alignas(ALIGNMENT) char bytes[];
};

/* The first chunk of the last arena that was freed, for the next one: many live for one small
 * question only, and pages that come from the kernel anew cost more than the question. */
static struct chunk *spare;

struct arena {
	struct chunk *chunks; /* the current one first */
	size_t at;            /* first free byte of the current chunk */
	size_t size;          /* bytes in the current chunk */
	size_t used;
};

void arena_oom(void)
{
	static const char text[] = "mantlet: out of memory\n";

	/* No stdio: it allocates. Nothing is flushed and no handler runs: nothing was promised yet.
	 */
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(1);
	_exit(1);
}

static struct chunk *chunk_new(size_t size)
{
	struct chunk *chunk = NULL;
	size_t total = 0;

	if (!__builtin_add_overflow(sizeof(*chunk), size, &total))
		chunk = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			     0);
	if (!chunk || chunk == MAP_FAILED)
		arena_oom();
	chunk->total = total;
	return chunk;
}

struct arena *arena_new(void)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (!arena)
		arena_oom();
	return arena;
}

/* An arena of one small chunk gives it to the next. */
static bool keep_as_spare(struct arena *arena)
{
	struct chunk *chunk = arena->chunks;

	if (spare || !chunk || chunk->next || arena->at > SPARE_USED)
		return false;
	chunk->used = arena->at;
	spare = chunk;
	return true;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	if (!keep_as_spare(arena)) {
		for (struct chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
			next = chunk->next;
			(void)munmap(chunk, chunk->total);
		}
	}
	free(arena);
}

/* Zeroed like a fresh one: arena_alloc() promises it. */
static struct chunk *take_spare(void)
{
	struct chunk *chunk = spare;

	spare = NULL;
	if (chunk)
		memset(chunk->bytes, 0, chunk->used);
	return chunk;
}

static void next_chunk(struct arena *arena)
{
	size_t size = arena->size ? arena->size * 2 : FIRST_CHUNK;
	struct chunk *chunk;

	if (size > LAST_CHUNK)
		size = LAST_CHUNK;
	chunk = size == FIRST_CHUNK ? take_spare() : NULL;
	if (!chunk)
		chunk = chunk_new(size);
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	arena->size = size;
	arena->at = 0;
}

/* A chunk of its own, behind the current one, which stays in use. */
static void *take_huge(struct arena *arena, size_t size)
{
	struct chunk *chunk = chunk_new(size);

	if (!arena->chunks)
		next_chunk(arena);
	chunk->next = arena->chunks->next;
	arena->chunks->next = chunk;
	arena->used += size;
	return chunk->bytes;
}

/* ALIGN is 1 or ALIGNMENT: text needs none, and most of a document is text. */
static void *take(struct arena *arena, size_t size, size_t align)
{
	size_t at = (arena->at + align - 1) & ~(align - 1);

	if (size > FIRST_CHUNK / 4)
		return take_huge(arena, size);
	if (!arena->chunks || size > arena->size || at > arena->size - size) {
		next_chunk(arena);
		at = 0;
	}
	arena->at = at + size;
	arena->used += size;
	return arena->chunks->bytes + at;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	/* A pointer to nothing must still be one of its own, inside the chunk. */
	return take(arena, size ? size : 1, ALIGNMENT);
}

char *arena_memdup(struct arena *arena, const void *bytes, size_t len)
{
	size_t size = 0;
	char *copy;

	if (__builtin_add_overflow(len, 1, &size))
		arena_oom();
	copy = take(arena, size, 1);
	if (len)
		memcpy(copy, bytes, len);
	return copy; /* the NUL is there: chunks are zeroed and used once */
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_memdup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list ap;
	char *text;
	int len;

	va_start(ap, format);
	len = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (len < 0) /* EOVERFLOW or ENOMEM: nothing that a caller could mend */
		arena_oom();

	text = take(arena, (size_t)len + 1, 1);
	va_start(ap, format);
	(void)vsnprintf(text, (size_t)len + 1, format, ap);
	va_end(ap);
	return text;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}
