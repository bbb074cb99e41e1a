/*
 * System calls under a filter, made for real: a child loads the program with seccomp(2), makes call
 * after call and leaves what came of them in shared memory. It needs no system call for that, not
 * even to end: the filter may have blocked all of them. A call that kills the child costs a new
 * child for those behind it. x86-64, whose kernel takes calls of three kinds: syscall, the same
 * with the x32 bit in the number, and int $0x80.
 */
#ifndef MANTLET_FILTER_CHILD_H
#define MANTLET_FILTER_CHILD_H

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf_sim.h"

#define CHILD_CALLS 1024

enum child_end { CHILD_NOTHING, CHILD_RETURNED, CHILD_TRAPPED, CHILD_KILLED, CHILD_DIED };

struct child_result {
	enum child_end end;
	long value;        /* what the call returned: negative errno */
	unsigned int data; /* with a trap: the 16 bits that the filter gave */
	unsigned int arch;
	int number;
};

/* Only the child writes, only after the end of the child is it read. */
struct child_page {
	volatile unsigned int at; /* the call that is being made */
	volatile bool is_loaded;
	struct child_result result[CHILD_CALLS];
};

static struct child_page *child_page;

/* The registers of the entry that DATA is about; struct seccomp_data has them all. */
static inline long child_call(const struct seccomp_data *data)
{
	uint64_t result = (uint32_t)data->nr;

	if (data->arch == AUDIT_ARCH_I386) {
		uint64_t b = data->args[0], c = data->args[1], d = data->args[2];
		uint64_t si = data->args[3], di = data->args[4];

		/* The sixth argument would be in the frame pointer. */
		__asm__ volatile("int $0x80"
				 : "+a"(result)
				 : "b"(b), "c"(c), "d"(d), "S"(si), "D"(di)
				 : "memory", "r8", "r9", "r10", "r11");
		return (int32_t)result;
	}
	/* As %rax, so that -1 arrives as a 32-bit -1. */
	register uint64_t r10 __asm__("r10") = data->args[3];
	register uint64_t r8 __asm__("r8") = data->args[4];
	register uint64_t r9 __asm__("r9") = data->args[5];

	__asm__ volatile("syscall"
			 : "+a"(result)
			 : "D"(data->args[0]), "S"(data->args[1]), "d"(data->args[2]), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "memory", "rcx", "r11");
	return (long)result;
}

static _Noreturn void child_end(void)
{
	for (;;)
		__asm__ volatile("ud2");
}

static void child_trap(int signal, siginfo_t *info, void *context)
{
	struct child_result *result = &child_page->result[child_page->at];

	*result = (struct child_result){
		.end = CHILD_TRAPPED,
		.data = (unsigned int)info->si_errno,
		.arch = info->si_arch,
		.number = info->si_syscall,
	};
	child_end();
}

static _Noreturn void child_run(const struct bpf_program *program, const struct seccomp_data *calls,
				unsigned int from, unsigned int count)
{
	struct sock_fprog fprog = { .len = (unsigned short)program->len,
				    .filter = (struct sock_filter *)(uintptr_t)program->code };
	struct sigaction on_trap = { .sa_sigaction = child_trap, .sa_flags = SA_SIGINFO };
	const struct rlimit no_core = { 0 };

	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)signal(SIGILL, SIG_DFL);
	(void)sigaction(SIGSYS, &on_trap, NULL);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &fprog))
		child_end();
	child_page->is_loaded = true;
	for (unsigned int i = from; i < count; i++) {
		child_page->at = i;
		child_page->result[i].value = child_call(&calls[i]);
		child_page->result[i].end = CHILD_RETURNED;
	}
	child_page->at = count;
	child_end();
}

/* COUNT calls under PROGRAM; what came of them is in child_page->result. False when the kernel does
 * not take the program. */
static inline bool child_try(const struct bpf_program *program, const struct seccomp_data *calls,
			     unsigned int count)
{
	unsigned int from = 0;

	if (!child_page)
		child_page = mmap(NULL, sizeof(*child_page), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (child_page == MAP_FAILED || count > CHILD_CALLS)
		return false;
	memset(child_page->result, 0, sizeof(child_page->result));
	do {
		pid_t pid;
		int status = 0;

		child_page->at = from;
		child_page->is_loaded = false;
		(void)fflush(stdout);
		pid = fork();
		if (pid == 0)
			child_run(program, calls, from, count);
		if (pid < 0 || waitpid(pid, &status, 0) != pid || !child_page->is_loaded)
			return false;
		from = child_page->at;
		if (from < count && child_page->result[from].end == CHILD_NOTHING)
			child_page->result[from].end =
				WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? CHILD_KILLED
										  : CHILD_DIED;
		from++;
	} while (from < count);
	return true;
}

/* int $0x80 ends in SIGSEGV on a kernel without 32-bit programs. */
static inline bool child_has_i386(void)
{
	static const struct bpf_program allow = {
		.len = 1, .code = { BPF_STMT(BPF_RET, SECCOMP_RET_ALLOW) }
	};
	const struct seccomp_data getpid_i386 = { .nr = 20, .arch = AUDIT_ARCH_I386 };

	return child_try(&allow, &getpid_i386, 1) && child_page->result[0].end == CHILD_RETURNED;
}

#endif
