/*
 * Files of policy/ inside the program, byte for byte (src/embed.S), so that the built-in levels and
 * the shipped files are one thing. Texts are not NUL-terminated: their length is END - START.
 */
#ifndef MANTLET_EMBED_H
#define MANTLET_EMBED_H

#include <stddef.h>
#include <stdint.h>

extern const char embed_restricted_1[], embed_restricted_1_end[];
extern const char embed_baseline_1[], embed_baseline_1_end[];
extern const char embed_observe_1[], embed_observe_1_end[];
extern const char embed_build_1[], embed_build_1_end[];

#define EMBED_SIZE(name) ((size_t)((uintptr_t)name##_end - (uintptr_t)(name)))

#endif
