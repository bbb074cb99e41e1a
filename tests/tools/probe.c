/*
 * What may a process here ask of the kernel? Each line tries one real call and says what came of
 * it: "ok", the name of the error, or the signal that ended the child which made the call.
 * Arguments are such that a call which is let through does little, so the line shows the answer of
 * the filter or of the kernel and nothing is changed outside of that child. With names as arguments
 * only those are tried. Static, so that it runs in any image.
 */
#include <asm/unistd.h>
#include <errno.h>
#include <linux/audit.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Not in every C library's headers. */
#ifndef __NR_clone3
#define __NR_clone3 435
#endif
#ifndef __NR_pidfd_getfd
#define __NR_pidfd_getfd 438
#endif
#define NO_SUCH_CALL 999
#define X32_BIT 0x40000000L

struct probe {
	const char *name;
	long number;
	long arg[6];
};

static const char empty[] = "";
static char room[4096]; /* zeros, for structures */

#define TEXT(s) ((long)(uintptr_t)(s))

/* clang-format off */
static const struct probe probes[] = {
	{ "unshare-user", __NR_unshare, { CLONE_NEWUSER } },
	{ "unshare-mount", __NR_unshare, { CLONE_NEWNS } },
	{ "unshare-net", __NR_unshare, { CLONE_NEWNET } },
	{ "setns", __NR_setns, { -1, 0 } },
	{ "clone-user", __NR_clone, { CLONE_NEWUSER | SIGCHLD } },
	{ "clone-net", __NR_clone, { CLONE_NEWNET | SIGCHLD } },
	{ "clone-plain", __NR_clone, { SIGCHLD } },
	{ "clone3", __NR_clone3, { TEXT(room), 0 } },
	{ "mount", __NR_mount, { TEXT("none"), TEXT("/probe-none"), TEXT("tmpfs"), 0, 0 } },
	{ "umount2", __NR_umount2, { TEXT("/probe-none"), 0 } },
	{ "pivot_root", __NR_pivot_root, { TEXT("/probe-none"), TEXT("/probe-none") } },
	{ "chroot", __NR_chroot, { TEXT("/") } },
	{ "fsopen", __NR_fsopen, { TEXT("probe-none"), 0 } },
	{ "open_tree", __NR_open_tree, { -1, TEXT("/probe-none"), 0 } },
	{ "quotactl", __NR_quotactl, { -1, TEXT("/probe-none") } },
	{ "keyctl", __NR_keyctl, { 0 /* KEYCTL_GET_KEYRING_ID */, -3, 0 } },
	{ "add_key", __NR_add_key, { TEXT("user"), TEXT("probe"), TEXT("x"), 1, -1 } },
	{ "request_key", __NR_request_key, { TEXT("user"), TEXT("probe"), 0, 0 } },
	{ "io_uring_setup", __NR_io_uring_setup, { 1, TEXT(room) } },
	{ "bpf", __NR_bpf, { -1, TEXT(room), 8 } },
	{ "perf_event_open", __NR_perf_event_open, { TEXT(room), 0, -1, -1, 0 } },
	{ "userfaultfd", __NR_userfaultfd, { 0 } },
	{ "ptrace", __NR_ptrace, { PTRACE_TRACEME } },
	{ "process_vm_readv", __NR_process_vm_readv, { 0, 0, 0, 0, 0, 0 } },
	{ "process_vm_writev", __NR_process_vm_writev, { 0, 0, 0, 0, 0, 0 } },
	{ "pidfd_getfd", __NR_pidfd_getfd, { -1, 0, 0 } },
	{ "kcmp", __NR_kcmp, { 1, 1, -1 } },
	{ "name_to_handle_at", __NR_name_to_handle_at, { -1, TEXT(empty), 0, 0, 0 } },
	{ "open_by_handle_at", __NR_open_by_handle_at, { -1, TEXT(room), 0 } },
	{ "fanotify_init", __NR_fanotify_init, { -1, 0 } },
	{ "init_module", __NR_init_module, { TEXT(room), 0, TEXT(empty) } },
	{ "finit_module", __NR_finit_module, { -1, TEXT(empty), 0 } },
	{ "delete_module", __NR_delete_module, { TEXT("probe_none"), 0 } },
	{ "kexec_load", __NR_kexec_load, { 0, 0, 0, -1 } },
	{ "reboot", __NR_reboot, { 0, 0, 0 } },
	{ "swapon", __NR_swapon, { TEXT("/probe-none"), 0 } },
	{ "swapoff", __NR_swapoff, { TEXT("/probe-none") } },
	{ "syslog", __NR_syslog, { -1, 0, 0 } },
	{ "acct", __NR_acct, { TEXT("/probe-none") } },
	{ "sethostname", __NR_sethostname, { TEXT(empty), -1 } },
	{ "clock_settime", __NR_clock_settime, { -1, 0 } },
	{ "settimeofday", __NR_settimeofday, { TEXT(room), -1 } },
	{ "adjtimex", __NR_adjtimex, { 0 } },
	{ "msgget", __NR_msgget, { 1, 0 } },
	{ "mq_open", __NR_mq_open, { TEXT("probe-none"), 0 } },
	{ "vmsplice", __NR_vmsplice, { -1, 0, 0, 0 } },
	{ "memfd_secret", 447, { -1 } },
	{ "mbind", __NR_mbind, { 0, 0, -1, 0, 0, 0 } },
	{ "pkey_alloc", __NR_pkey_alloc, { -1, 0 } },
	{ "personality-query", __NR_personality, { 0xffffffff } },
	{ "personality-linux32", __NR_personality, { PER_LINUX32 } },
	{ "personality-no-randomize", __NR_personality, { ADDR_NO_RANDOMIZE } },
	{ "socket-unix", __NR_socket, { AF_UNIX, SOCK_STREAM, 0 } },
	{ "socket-inet", __NR_socket, { AF_INET, SOCK_STREAM, 0 } },
	{ "socket-inet6", __NR_socket, { AF_INET6, SOCK_STREAM, 0 } },
	{ "socket-netlink", __NR_socket, { AF_NETLINK, SOCK_RAW, 0 } },
	{ "socket-audit", __NR_socket, { AF_NETLINK, SOCK_RAW, 9 } },
	{ "socket-packet", __NR_socket, { AF_PACKET, SOCK_RAW, 0 } },
	{ "socket-vsock", __NR_socket, { AF_VSOCK, SOCK_STREAM, 0 } },
	{ "socket-alg", __NR_socket, { AF_ALG, SOCK_SEQPACKET, 0 } },
	{ "socket-can", __NR_socket, { AF_CAN, SOCK_RAW, 1 } },
	{ "socket-dirty", __NR_socket, { AF_UNIX | 1L << 32, SOCK_STREAM, 0 } },
#ifdef __x86_64__
	{ "modify_ldt", __NR_modify_ldt, { 0, 0, 0 } },
	{ "iopl", __NR_iopl, { -1 } },
	{ "ioperm", __NR_ioperm, { 0, -1, 0 } },
	{ "x32-getpid", X32_BIT | __NR_getpid, { 0 } },
#endif
	{ "getpid", __NR_getpid, { 0 } },
	{ "unknown", NO_SUCH_CALL, { 0 } },
};
/* clang-format on */

/* ---- the child ---- */

#ifdef __x86_64__
static long call_i386(long number, long arg)
{
	long result = number;

	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 : "b"(arg), "c"(0L), "d"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}
#endif

/* A clone that succeeds has a second process come out of here: it must not report. */
static long call_child(const struct probe *probe)
{
	pid_t me = getpid();
	long result = syscall(probe->number, probe->arg[0], probe->arg[1], probe->arg[2],
			      probe->arg[3], probe->arg[4], probe->arg[5]);

	if (result < 0)
		return -errno;
	if ((probe->number == __NR_clone || probe->number == __NR_clone3) && result == 0 &&
	    getpid() != me)
		_exit(0);
	return 0;
}

/* ---- the report ---- */

static void print_outcome(const char *name, long value, int status, bool has_value)
{
	if (WIFSIGNALED(status))
		printf("%s SIG%s\n", name, sigabbrev_np(WTERMSIG(status)));
	else if (!has_value)
		printf("%s no-answer\n", name);
	else if (value < 0)
		printf("%s %s\n", name, strerrorname_np((int)-value));
	else
		printf("%s ok\n", name);
}

/* The answer comes through memory: the filter may not let a child write. */
static void run_probe(const char *name, long (*call)(const struct probe *probe),
		      const struct probe *probe)
{
	static volatile struct {
		bool is_there;
		long value;
	} * answer;
	const struct rlimit no_core = { 0 };
	int status = 0;
	pid_t pid;

	if (!answer)
		answer = mmap(NULL, sizeof(*answer), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (answer == MAP_FAILED)
		exit(EXIT_FAILURE);
	answer->is_there = false;
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)setrlimit(RLIMIT_CORE, &no_core);
		answer->value = call(probe);
		answer->is_there = true;
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		exit(EXIT_FAILURE);
	print_outcome(name, answer->value, status, answer->is_there);
}

static long getpid_i386(const struct probe *probe)
{
#ifdef __x86_64__
	long result = call_i386(20, 0);

	return result < 0 ? result : 0;
#else
	return -ENOSYS;
#endif
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return true;
	}
	return argc == 1;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		if (is_wanted(probes[i].name, argc, argv))
			run_probe(probes[i].name, call_child, &probes[i]);
	}
	if (is_wanted("i386-getpid", argc, argv))
		run_probe("i386-getpid", getpid_i386, NULL);
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
