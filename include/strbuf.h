/* Text that grows. Out of memory ends the process (see arena.h), so nothing here can fail. */
#ifndef MANTLET_STRBUF_H
#define MANTLET_STRBUF_H

#include <stddef.h>

#include "common.h"

struct strbuf {
	char *data; /* NUL behind the last byte; NULL while empty */
	size_t len;
	size_t size;
};

void strbuf_add(struct strbuf *sb, const void *bytes, size_t len);
void strbuf_puts(struct strbuf *sb, const char *text);
void strbuf_printf(struct strbuf *sb, const char *format, ...) PRINTF(2, 3);
void strbuf_free(struct strbuf *sb);

/* TEXT as a JSON string with its quotes; TEXT must be UTF-8 (bytes that are not become '?'). */
void strbuf_json(struct strbuf *sb, const char *text, size_t len);

/* A member of a JSON object, "key":"text"; null for NULL. KEY needs no escaping. */
void strbuf_member(struct strbuf *sb, const char *key, const char *text);

/* The text so far; "" while empty. Valid until the next call that adds. */
const char *strbuf_text(const struct strbuf *sb);

#define auto_strbuf __attribute__((cleanup(strbuf_free)))

#endif
