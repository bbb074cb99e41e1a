/* Names and ranges of resource limits, and the half of the control "rlimits" that is scheduling. */
#ifndef MANTLET_RLIMITS_H
#define MANTLET_RLIMITS_H

#include <stdint.h>

#include "edit.h"

struct rlimit_range {
	uint64_t soft;
	uint64_t hard; /* RLIM_INFINITY: none */
};

/* "core", "nofile", ...: the limits of setrlimit(2) without RLIMIT_, lower case, NULL-terminated.
 */
extern const char *const rlimit_names[];

/* The number for getrlimit(2), or -1 when there is no such limit. */
int rlimit_number(const char *name);

/* "1024:4096"; "unlimited" on either side. 0, or -1 with ERR_POLICY and what would be right. */
int rlimit_parse(struct rlimit_range *ret_range, const char *text, struct error *e) MUST_CHECK;

/* oomScoreAdj, scheduler, ioPriority, execCPUAffinity of "process". */
void rlimits_settle_scheduling(struct edit *ed);

#endif
