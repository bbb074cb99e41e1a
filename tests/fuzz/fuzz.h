/*
 * What all fuzz targets share. libFuzzer runs them (make fuzz); without it replay.c runs one over
 * its corpus (make check).
 */
#ifndef MANTLET_FUZZ_H
#define MANTLET_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static inline void must(bool holds, const char *what)
{
	if (holds)
		return;
	(void)fprintf(stderr, "not true: %s\n", what);
	abort();
}

#endif
