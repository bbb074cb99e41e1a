/*
 * Names of values by what they mean: which argument of which call is a socket family, a set of
 * clone flags, a request of ioctl(2). Only what profiles test in practice; everything else is shown
 * as a number. The numbers are those of x86-64 and arm64.
 */
#include "seccomp_values.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "common.h"

/* clang-format off */
#define VALUE(name) { (uint64_t)(name), #name }
#define END { 0, NULL }

static const struct seccomp_value families[] = {
	VALUE(AF_UNSPEC), VALUE(AF_UNIX), VALUE(AF_INET), VALUE(AF_AX25), VALUE(AF_IPX),
	VALUE(AF_APPLETALK), VALUE(AF_NETROM), VALUE(AF_BRIDGE), VALUE(AF_ATMPVC), VALUE(AF_X25),
	VALUE(AF_INET6), VALUE(AF_ROSE), VALUE(AF_NETBEUI), VALUE(AF_SECURITY), VALUE(AF_KEY),
	VALUE(AF_NETLINK), VALUE(AF_PACKET), VALUE(AF_ASH), VALUE(AF_ECONET), VALUE(AF_ATMSVC),
	VALUE(AF_RDS), VALUE(AF_SNA), VALUE(AF_IRDA), VALUE(AF_PPPOX), VALUE(AF_WANPIPE),
	VALUE(AF_LLC), VALUE(AF_IB), VALUE(AF_MPLS), VALUE(AF_CAN), VALUE(AF_TIPC),
	VALUE(AF_BLUETOOTH), VALUE(AF_IUCV), VALUE(AF_RXRPC), VALUE(AF_ISDN), VALUE(AF_PHONET),
	VALUE(AF_IEEE802154), VALUE(AF_CAIF), VALUE(AF_ALG), VALUE(AF_NFC), VALUE(AF_VSOCK),
	VALUE(AF_KCM), VALUE(AF_QIPCRTR), VALUE(AF_SMC), VALUE(AF_XDP), { 45, "AF_MCTP" }, END,
};

static const struct seccomp_value types[] = {
	VALUE(SOCK_STREAM), VALUE(SOCK_DGRAM), VALUE(SOCK_RAW), VALUE(SOCK_RDM),
	VALUE(SOCK_SEQPACKET), VALUE(SOCK_DCCP), VALUE(SOCK_PACKET), END,
};

static const struct seccomp_value clone_flags[] = {
	VALUE(CLONE_VM), VALUE(CLONE_FS), VALUE(CLONE_FILES), VALUE(CLONE_SIGHAND),
	VALUE(CLONE_PIDFD), VALUE(CLONE_PTRACE), VALUE(CLONE_VFORK), VALUE(CLONE_PARENT),
	VALUE(CLONE_THREAD), VALUE(CLONE_NEWNS), VALUE(CLONE_SYSVSEM), VALUE(CLONE_SETTLS),
	VALUE(CLONE_PARENT_SETTID), VALUE(CLONE_CHILD_CLEARTID), VALUE(CLONE_DETACHED),
	VALUE(CLONE_UNTRACED), VALUE(CLONE_CHILD_SETTID), VALUE(CLONE_NEWCGROUP),
	VALUE(CLONE_NEWUTS), VALUE(CLONE_NEWIPC), VALUE(CLONE_NEWUSER), VALUE(CLONE_NEWPID),
	VALUE(CLONE_NEWNET), VALUE(CLONE_IO), END,
};

/* In these, unlike in clone(2), the low bits are flags as well. */
static const struct seccomp_value namespaces[] = {
	{ 0x80, "CLONE_NEWTIME" }, VALUE(CLONE_NEWNS), VALUE(CLONE_NEWCGROUP), VALUE(CLONE_NEWUTS),
	VALUE(CLONE_NEWIPC), VALUE(CLONE_NEWUSER), VALUE(CLONE_NEWPID), VALUE(CLONE_NEWNET),
	VALUE(CLONE_FS), VALUE(CLONE_FILES), VALUE(CLONE_SYSVSEM), END,
};

static const struct seccomp_value personas[] = {
	VALUE(PER_LINUX), VALUE(PER_LINUX32), VALUE(UNAME26), { 0x20008, "PER_LINUX32|UNAME26" },
	VALUE(ADDR_NO_RANDOMIZE), VALUE(READ_IMPLIES_EXEC), VALUE(MMAP_PAGE_ZERO),
	VALUE(ADDR_COMPAT_LAYOUT), { 0xFFFFFFFF, "0xffffffff (query)" }, END,
};

static const struct seccomp_value requests[] = {
	VALUE(TIOCSTI), { 0x541C, "TIOCLINUX" }, VALUE(TIOCSETD), VALUE(TIOCCONS), VALUE(TIOCSCTTY),
	VALUE(TIOCNOTTY), VALUE(TIOCGWINSZ), VALUE(TIOCSWINSZ), VALUE(TCGETS), VALUE(TCSETS),
	VALUE(TCSETSW), VALUE(TCSETSF), VALUE(TIOCGPGRP), VALUE(TIOCSPGRP), VALUE(TIOCGPTN),
	VALUE(TIOCSPTLCK), VALUE(FIONREAD), VALUE(FIONBIO), VALUE(FIOCLEX), VALUE(FIONCLEX),
	{ 0x40049409, "FICLONE" }, END,
};

static const struct seccomp_value prctls[] = {
	VALUE(PR_SET_PDEATHSIG), VALUE(PR_GET_DUMPABLE), VALUE(PR_SET_DUMPABLE),
	VALUE(PR_SET_KEEPCAPS), VALUE(PR_SET_NAME), VALUE(PR_GET_NAME), VALUE(PR_GET_SECCOMP),
	VALUE(PR_SET_SECCOMP), VALUE(PR_CAPBSET_READ), VALUE(PR_CAPBSET_DROP),
	VALUE(PR_SET_SECUREBITS), VALUE(PR_SET_MM), VALUE(PR_SET_CHILD_SUBREAPER),
	VALUE(PR_SET_NO_NEW_PRIVS), VALUE(PR_SET_THP_DISABLE), VALUE(PR_CAP_AMBIENT),
	VALUE(PR_SET_SPECULATION_CTRL), VALUE(PR_SET_PTRACER), { 0x53564D41, "PR_SET_VMA" }, END,
};

static const struct seccomp_value ptraces[] = {
	{ 0, "PTRACE_TRACEME" }, { 16, "PTRACE_ATTACH" }, { 0x4206, "PTRACE_SEIZE" }, END,
};

static const struct seccomp_value keyctls[] = {
	VALUE(KEYCTL_GET_KEYRING_ID), VALUE(KEYCTL_JOIN_SESSION_KEYRING), VALUE(KEYCTL_UPDATE),
	VALUE(KEYCTL_REVOKE), VALUE(KEYCTL_DESCRIBE), VALUE(KEYCTL_SEARCH), VALUE(KEYCTL_READ), END,
};

static const struct seccomp_value seccomps[] = {
	VALUE(SECCOMP_SET_MODE_STRICT), VALUE(SECCOMP_SET_MODE_FILTER),
	VALUE(SECCOMP_GET_ACTION_AVAIL), VALUE(SECCOMP_GET_NOTIF_SIZES), END,
};

static const struct seccomp_value protections[] = {
	VALUE(PROT_READ), VALUE(PROT_WRITE), VALUE(PROT_EXEC), END,
};

static const struct seccomp_value modes[] = {
	VALUE(S_ISUID), VALUE(S_ISGID), VALUE(S_ISVTX), END,
};

static const struct seccomp_value none[] = { END };

static const struct seccomp_argument family = { "family", false, families };
static const struct seccomp_argument type = { "type", false, types };
static const struct seccomp_argument protocol = { "protocol", false, none };
static const struct seccomp_argument clone_arg = { "flags", true, clone_flags };
static const struct seccomp_argument namespace_arg = { "flags", true, namespaces };
static const struct seccomp_argument persona = { "personality", false, personas };
static const struct seccomp_argument request = { "request", false, requests };
static const struct seccomp_argument option = { "option", false, prctls };
static const struct seccomp_argument ptrace_arg = { "request", false, ptraces };
static const struct seccomp_argument keyctl_arg = { "operation", false, keyctls };
static const struct seccomp_argument seccomp_arg = { "operation", false, seccomps };
static const struct seccomp_argument protection = { "protection", true, protections };
static const struct seccomp_argument mode = { "mode", true, modes };

static const struct {
	const char *call;
	size_t index;
	const struct seccomp_argument *argument;
} arguments[] = {
	{ "socket", 0, &family }, { "socket", 1, &type }, { "socket", 2, &protocol },
	{ "socketpair", 0, &family }, { "socketpair", 1, &type }, { "socketpair", 2, &protocol },
	{ "clone", 0, &clone_arg }, { "unshare", 0, &namespace_arg }, { "setns", 1, &namespace_arg },
	{ "personality", 0, &persona }, { "ioctl", 1, &request }, { "prctl", 0, &option },
	{ "ptrace", 0, &ptrace_arg }, { "keyctl", 0, &keyctl_arg }, { "seccomp", 0, &seccomp_arg },
	{ "mmap", 2, &protection }, { "mprotect", 2, &protection }, { "chmod", 1, &mode },
	{ "fchmod", 1, &mode }, { "fchmodat", 2, &mode }, { "fchmodat2", 2, &mode },
	{ "mkdir", 1, &mode }, { "creat", 1, &mode }, { "open", 2, &mode }, { "openat", 3, &mode },
};
/* clang-format on */

const struct seccomp_argument *seccomp_argument(const char *call, size_t index)
{
	for (size_t i = 0; i < ARRAY_SIZE(arguments); i++) {
		if (arguments[i].index == index && strcmp(arguments[i].call, call) == 0)
			return arguments[i].argument;
	}
	return NULL;
}

const char *seccomp_value_name(const struct seccomp_argument *argument, uint64_t value)
{
	const struct seccomp_value *row = argument ? argument->values : none;

	for (; row->name; row++) {
		if (row->value == value)
			return row->name;
	}
	return NULL;
}
