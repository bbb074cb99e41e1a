/*
 * What the proof of the seccomp filter adds to seccomp_try.h: filters as a runtime builds them, and
 * a die that falls the same in every run.
 */
#ifndef MANTLET_SECCOMP_SUBJECT_H
#define MANTLET_SECCOMP_SUBJECT_H

#include "oci_filter.h"
#include "seccomp_try.h"
#include "trial.h"

#define SUBJECT_DOCKER "tests/data/fixtures/docker-20.10/config/default.json"

static uint64_t subject_seed = 88172645463325252ULL;

static inline uint64_t subject_dice(uint64_t below)
{
	subject_seed ^= subject_seed << 13;
	subject_seed ^= subject_seed >> 7;
	subject_seed ^= subject_seed << 17;
	return subject_seed % below;
}

#endif
