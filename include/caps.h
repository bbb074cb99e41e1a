/* Names of capabilities; the only file that knows libcap. */
#ifndef MANTLET_CAPS_H
#define MANTLET_CAPS_H

#include <stdbool.h>
#include <stdint.h>

/* Number of "CAP_NET_ADMIN" (exact upper case, as runtimes want it) or with LOOSE also "NET_ADMIN",
 * as people write it; -1 when there is no such capability. */
int caps_number(const char *name, bool is_loose);

/* "CAP_NET_ADMIN"; NULL above the last one that libcap knows. Static text. */
const char *caps_name(int number);

/* Words for "did you mean", without CAP_, NULL-terminated. */
const char *const *caps_words(void);

#endif
