/* Text that grows. Out of memory ends the process (see arena.h), so nothing here can fail. */
#ifndef MANTLET_STRBUF_H
#define MANTLET_STRBUF_H

#include <stddef.h>

#include "common.h"

/* Where text goes that is too long to be held: written to FD, a piece at a time. */
struct strbuf_drain {
	int fd;         /* -1: only counted */
	size_t written; /* bytes that are no longer in the strbuf */
	int sys_errno;  /* of the first write that failed; nothing is written behind it */
};

struct strbuf {
	char *data; /* NUL behind the last byte; NULL while empty */
	size_t len;
	size_t size;
	struct strbuf_drain *drain; /* borrowed; NULL: everything stays here */
};

void strbuf_add(struct strbuf *sb, const void *bytes, size_t len);
void strbuf_puts(struct strbuf *sb, const char *text);
void strbuf_printf(struct strbuf *sb, const char *format, ...) PRINTF(2, 3);
void strbuf_free(struct strbuf *sb);

/* TEXT as a JSON string with its quotes; TEXT must be UTF-8 (bytes that are not become '?'). */
void strbuf_json(struct strbuf *sb, const char *text, size_t len);

/* A member of a JSON object, "key":"text"; null for NULL. KEY needs no escaping. */
void strbuf_member(struct strbuf *sb, const char *key, const char *text);

/* Write what is left to the drain. 0, or -1 with errno when anything of the text was lost. */
int strbuf_flush(struct strbuf *sb) MUST_CHECK;

/* The text so far; "" while empty. Valid until the next call that adds. */
const char *strbuf_text(const struct strbuf *sb);

#define auto_strbuf __attribute__((cleanup(strbuf_free)))

#endif
