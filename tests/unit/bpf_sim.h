/*
 * Classic BPF as seccomp(2) runs it, in a hundred lines: a program is checked once, then asked what
 * it says of one system call. It knows the instructions that libseccomp and the runtimes write and
 * refuses every other one, so a verdict is never a guess. test_bpf_sim.c holds it against the
 * kernel. Sources: seccomp(2), linux/filter.h, linux/seccomp.h.
 */
#ifndef MANTLET_BPF_SIM_H
#define MANTLET_BPF_SIM_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bpf_program {
	unsigned int len;
	struct sock_filter code[BPF_MAXINSNS];
	unsigned int front; /* instructions that a runtime has put in front */
};

/* Every jump goes forward, so a program that stays inside itself comes to an end. */
static inline bool bpf_jumps_inside(const struct bpf_program *program, unsigned int at)
{
	const struct sock_filter *insn = &program->code[at];
	size_t rest = program->len - at - 1; /* instructions behind this one */

	if (BPF_OP(insn->code) == BPF_JA)
		return insn->k < rest;
	return insn->jt < rest && insn->jf < rest;
}

/* What is wrong with PROGRAM; NULL when it can be run. */
static inline const char *bpf_check(const struct bpf_program *program)
{
	if (program->len == 0 || program->len > BPF_MAXINSNS)
		return "no instructions, or more than the kernel takes";
	for (unsigned int at = 0; at < program->len; at++) {
		const struct sock_filter *insn = &program->code[at];

		switch (insn->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (insn->k % 4 != 0 || insn->k >= sizeof(struct seccomp_data))
				return "a load from outside of struct seccomp_data";
			break;
		case BPF_JMP | BPF_JA:
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			if (!bpf_jumps_inside(program, at))
				return "a jump out of the program";
			break;
		case BPF_ALU | BPF_AND | BPF_K:
		case BPF_RET | BPF_K:
		case BPF_RET | BPF_A:
			break;
		default:
			return "an instruction that the simulator does not know";
		}
	}
	if (BPF_CLASS(program->code[program->len - 1].code) != BPF_RET)
		return "an end without an answer";
	return NULL;
}

/* What PROGRAM, which bpf_check() found sound, returns for the call. */
static inline uint32_t bpf_run_from(const struct bpf_program *program, unsigned int at,
				    const struct seccomp_data *data)
{
	const struct sock_filter *insn = &program->code[at];
	uint32_t a = 0;

	for (;; insn++) {
		switch (insn->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&a, (const char *)data + insn->k, sizeof(a));
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= insn->k;
			break;
		case BPF_JMP | BPF_JA:
			insn += insn->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			insn += a == insn->k ? insn->jt : insn->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			insn += a > insn->k ? insn->jt : insn->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			insn += a >= insn->k ? insn->jt : insn->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			insn += (a & insn->k) != 0 ? insn->jt : insn->jf;
			break;
		case BPF_RET | BPF_A:
			return a;
		default: /* RET|K: bpf_check() has let nothing else through */
			return insn->k;
		}
	}
}

static inline uint32_t bpf_run(const struct bpf_program *program, const struct seccomp_data *data)
{
	return bpf_run_from(program, 0, data);
}

/* How permissive a verdict is: where several filters answer, the kernel takes the lowest. */
static inline int32_t bpf_rank(uint32_t verdict)
{
	return (int32_t)(verdict & SECCOMP_RET_ACTION_FULL);
}

/* The call is made: allowed, logged, or left to a tracer or listener who may let it through. */
static inline bool bpf_lets_run(uint32_t verdict)
{
	return bpf_rank(verdict) > (int32_t)SECCOMP_RET_ERRNO;
}

static inline bool bpf_is_errno(uint32_t verdict)
{
	return bpf_rank(verdict) == (int32_t)SECCOMP_RET_ERRNO;
}

#endif
