/*
 * Every field of the OCI runtime specification 1.0 to 1.3 that a Linux runtime reads: config.json,
 * and with it the process document of exec and the resources document of update, which are parts
 * of it. Rows stand in the order of the specification; types are those of its Go structs, because
 * that is what runc decodes into; "required" is the JSON schema's.
 *
 * Limits on lists are ours: far above what engines write, and low enough that a control may compare
 * the entries of a list with each other.
 */
#include "spec_table.h"

#include <string.h>

#include "seccomp_filter.h"
#include "text.h"

#define LIMIT_MOUNTS 256
#define LIMIT_OPTIONS 128
#define LIMIT_ID_MAPPINGS 340 /* lines that user_namespaces(7) accepts */
#define LIMIT_GROUPS 65536    /* NGROUPS_MAX */
#define LIMIT_CAPABILITIES 128
#define LIMIT_RLIMITS 64
#define LIMIT_HOOKS 64
#define LIMIT_NAMESPACES 16
#define LIMIT_DEVICES 1024
#define LIMIT_PATHS 4096 /* Docker masks one path for every CPU */
#define LIMIT_SYSCALL_NAMES 2048
#define LIMIT_SYSCALL_ARGS 64
#define LIMIT_FEW 64

static const char *check_version(const struct json *node)
{
	const char *text = node->text;
	size_t minor = text_starts(text, "1.") ? strspn(text + 2, "0123456789") : 0;
	size_t patch = 0;

	if (minor && text[2 + minor] == '.')
		patch = strspn(text + 3 + minor, "0123456789");
	/* Behind it: nothing, "-dev", "+build". */
	if (!patch || !strchr("-+", text[3 + minor + patch]))
		return "a version 1.x of the specification (\"1.0.2\")";
	return NULL;
}

/* sethostname(2) takes 64 bytes. Control characters end up in other people's prompts and logs. */
static const char *check_hostname(const struct json *node)
{
	if (node->len > 64)
		return "at most 64 bytes long";
	for (size_t i = 0; i < node->len; i++) {
		unsigned char c = (unsigned char)node->text[i];

		if (c < ' ' || c == 0x7f || c == '/')
			return "without '/' and control characters";
	}
	return NULL;
}

static const char *check_not_empty(const struct json *node)
{
	return node->len ? NULL : "a text that is not empty";
}

static const char *check_absolute(const struct json *node)
{
	return node->text[0] == '/' ? NULL : "an absolute path";
}

/* A variable without '=' is dropped by some C libraries and kept by others (environ(7)). */
static const char *check_variable(const struct json *node)
{
	const char *equals = strchr(node->text, '=');

	return equals && equals > node->text ? NULL : "NAME=value";
}

static const char *check_rlimit(const struct json *node)
{
	static const char prefix[] = "RLIMIT_";
	const char *rest = node->text + sizeof(prefix) - 1;

	if (text_starts(node->text, prefix) && *rest &&
	    rest[strspn(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0')
		return NULL;
	return "the name of a limit (\"RLIMIT_NOFILE\")";
}

/* Runtimes make a file name of it ("hugetlb.2MB.max"), so it must not be a path. */
static const char *check_page_size(const struct json *node)
{
	const char *unit = node->text + strspn(node->text, "0123456789");

	if (unit > node->text && *unit && strchr("KMGTP", *unit) && text_equal(unit + 1, "B"))
		return NULL;
	return "the size of a huge page (\"2MB\")";
}

static bool is_name(const char *name, size_t len, const char *wanted)
{
	return len == strlen(wanted) && memcmp(name, wanted, len) == 0;
}

/*
 * CVE-2024-21626: a working directory /proc/self/fd/N was the runtime's own open host directory,
 * and
 * "/proc/self/fd/7/../.." the host's root: the kernel follows the link before it takes "..", so no
 * cleaning of the text tells where that leads. Runtimes make /dev/fd a link to /proc/self/fd.
 */
static const char *check_cwd(const struct json *node)
{
	const char *path = node->text;
	unsigned int depth = 0;
	bool is_proc = false, is_dev = false;

	if (path[0] != '/')
		return "an absolute path";
	for (size_t len; *path; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		if (len == 0 || is_name(path, len, "."))
			continue;
		if (is_name(path, len, ".."))
			return "a path without '..'";
		if (depth == 0) {
			is_proc = is_name(path, len, "proc");
			is_dev = is_name(path, len, "dev");
		} else if (is_proc || (depth == 1 && is_dev && is_name(path, len, "fd"))) {
			return "a directory that is not below /proc";
		}
		depth++;
	}
	return NULL;
}

#define TEXT(...) (&(const struct spec_type){ .kind = SPEC_TEXT, __VA_ARGS__ })
#define INT(min_, max_)                                                                            \
	(&(const struct spec_type){ .kind = SPEC_INT, .min = (min_), .max = (max_) })
#define UINT(max_) (&(const struct spec_type){ .kind = SPEC_UINT, .umax = (max_) })
#define LIST(most_, item_, ...)                                                                    \
	(&(const struct spec_type){                                                                \
		.kind = SPEC_LIST, .most = (most_), .item = (item_), __VA_ARGS__ })
#define MAP(most_, item_)                                                                          \
	(&(const struct spec_type){ .kind = SPEC_MAP, .most = (most_), .item = (item_) })
#define OBJECT(...)                                                                                \
	(&(const struct spec_type){ .kind = SPEC_OBJECT,                                           \
				    .fields = (const struct spec_field[]){ __VA_ARGS__, { 0 } } })

/* A row names its flags only when they are true. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

/* clang-format off */
static const struct spec_type any_bool = { .kind = SPEC_BOOL };
static const struct spec_type any_text = { .kind = SPEC_TEXT };
static const struct spec_type some_text = { .kind = SPEC_TEXT, .check = check_not_empty };
static const struct spec_type absolute = { .kind = SPEC_TEXT, .check = check_absolute };
static const struct spec_type foreign = { .kind = SPEC_FOREIGN };
static const struct spec_type u16 = { .kind = SPEC_UINT, .umax = UINT16_MAX };
static const struct spec_type u32 = { .kind = SPEC_UINT, .umax = UINT32_MAX };
static const struct spec_type u64 = { .kind = SPEC_UINT, .umax = UINT64_MAX };
static const struct spec_type i32 = { .kind = SPEC_INT, .min = INT32_MIN, .max = INT32_MAX };
static const struct spec_type i64 = { .kind = SPEC_INT, .min = INT64_MIN, .max = INT64_MAX };
/* 2^32-1 is "leave it as it is" for setresuid(2) and chown(2). */
static const struct spec_type owner = { .kind = SPEC_UINT, .umax = UINT32_MAX - 1 };

static const struct spec_type texts = { .kind = SPEC_LIST, .item = &any_text };
static const struct spec_type paths = { .kind = SPEC_LIST, .most = LIMIT_PATHS, .item = &absolute };
static const struct spec_type capability_set = {
	.kind = SPEC_LIST, .most = LIMIT_CAPABILITIES, .item = &any_text,
};
static const struct spec_type environment = {
	.kind = SPEC_LIST, .item = TEXT(.check = check_variable),
};

static const struct spec_type id_mappings = {
	.kind = SPEC_LIST, .most = LIMIT_ID_MAPPINGS, .item = OBJECT(
		{ "containerID", &u32, .is_required = true },
		{ "hostID", &u32, .is_required = true },
		{ "size", &u32, .is_required = true })
};

static const struct spec_type hook_list = {
	.kind = SPEC_LIST, .most = LIMIT_HOOKS, .item = OBJECT(
		{ "path", &absolute, .is_required = true },
		{ "args", &texts },
		{ "env", &environment },
		{ "timeout", INT(1, INT32_MAX) })
};

static const struct spec_type mount_list = {
	.kind = SPEC_LIST, .most = LIMIT_MOUNTS, .item = OBJECT(
		{ "destination", &some_text, .is_required = true },
		{ "type", &any_text },
		{ "source", &any_text },
		{ "options", LIST(LIMIT_OPTIONS, &any_text) },
		{ "uidMappings", &id_mappings },
		{ "gidMappings", &id_mappings })
};

static const struct spec_type process = {
	.kind = SPEC_OBJECT, .fields = (const struct spec_field[]){
		{ "terminal", &any_bool },
		{ "consoleSize", OBJECT(
			{ "height", &u64, .is_required = true },
			{ "width", &u64, .is_required = true }) },
		{ "user", OBJECT(
			{ "uid", &owner },
			{ "gid", &owner },
			{ "umask", &u32 },
			{ "additionalGids", LIST(LIMIT_GROUPS, &owner) },
			{ "username", &any_text, .is_foreign = true }) },
		{ "args", LIST(0, &any_text, .least = 1), .is_required = true },
		{ "commandLine", &any_text, .is_foreign = true },
		{ "env", &environment },
		{ "cwd", TEXT(.check = check_cwd), .is_required = true },
		{ "capabilities", OBJECT(
			{ "bounding", &capability_set },
			{ "effective", &capability_set },
			{ "inheritable", &capability_set },
			{ "permitted", &capability_set },
			{ "ambient", &capability_set }) },
		{ "rlimits", LIST(LIMIT_RLIMITS, OBJECT(
			{ "type", TEXT(.check = check_rlimit), .is_required = true },
			{ "hard", &u64, .is_required = true },
			{ "soft", &u64, .is_required = true }), .unique = "type") },
		{ "noNewPrivileges", &any_bool },
		{ "apparmorProfile", &any_text },
		{ "oomScoreAdj", INT(-1000, 1000) }, /* proc(5) */
		{ "scheduler", OBJECT(
			{ "policy", &some_text, .is_required = true },
			{ "nice", &i32 },
			{ "priority", &i32 },
			{ "flags", LIST(LIMIT_FEW, &any_text) },
			{ "runtime", &u64 },
			{ "deadline", &u64 },
			{ "period", &u64 }) },
		{ "selinuxLabel", &any_text },
		{ "ioPriority", OBJECT(
			{ "class", &some_text, .is_required = true },
			{ "priority", &i32 }) },
		{ "execCPUAffinity", OBJECT(
			{ "initial", &any_text },
			{ "final", &any_text }) },
		{ 0 } }
};

static const struct spec_type throttle_list = {
	.kind = SPEC_LIST, .most = LIMIT_DEVICES, .item = OBJECT(
		{ "major", &i64, .is_required = true },
		{ "minor", &i64, .is_required = true },
		{ "rate", &u64 })
};

static const struct spec_type resources = {
	.kind = SPEC_OBJECT, .fields = (const struct spec_field[]){
		{ "devices", LIST(LIMIT_DEVICES, OBJECT(
			{ "allow", &any_bool, .is_required = true },
			{ "type", &any_text },
			{ "major", &i64 },
			{ "minor", &i64 },
			{ "access", &any_text })) },
		{ "memory", OBJECT(
			{ "limit", &i64 },
			{ "reservation", &i64 },
			{ "swap", &i64 },
			{ "kernel", &i64 },
			{ "kernelTCP", &i64 },
			{ "swappiness", &u64 },
			{ "disableOOMKiller", &any_bool },
			{ "useHierarchy", &any_bool },
			{ "checkBeforeUpdate", &any_bool }) },
		{ "cpu", OBJECT(
			{ "shares", &u64 },
			{ "quota", &i64 },
			{ "burst", &u64 },
			{ "period", &u64 },
			{ "realtimeRuntime", &i64 },
			{ "realtimePeriod", &u64 },
			{ "cpus", &any_text },
			{ "mems", &any_text },
			{ "idle", &i64 }) },
		{ "pids", OBJECT({ "limit", &i64 }) },
		{ "blockIO", OBJECT(
			{ "weight", &u16 },
			{ "leafWeight", &u16 },
			{ "weightDevice", LIST(LIMIT_DEVICES, OBJECT(
				{ "major", &i64, .is_required = true },
				{ "minor", &i64, .is_required = true },
				{ "weight", &u16 },
				{ "leafWeight", &u16 })) },
			{ "throttleReadBpsDevice", &throttle_list },
			{ "throttleWriteBpsDevice", &throttle_list },
			{ "throttleReadIOPSDevice", &throttle_list },
			{ "throttleWriteIOPSDevice", &throttle_list }) },
		{ "hugepageLimits", LIST(LIMIT_FEW, OBJECT(
			{ "pageSize", TEXT(.check = check_page_size), .is_required = true },
			{ "limit", &u64, .is_required = true })) },
		{ "network", OBJECT(
			{ "classID", &u32 },
			{ "priorities", LIST(LIMIT_DEVICES, OBJECT(
				{ "name", &any_text, .is_required = true },
				{ "priority", &u32 })) }) },
		{ "rdma", MAP(LIMIT_DEVICES, OBJECT(
			{ "hcaHandles", &u32 },
			{ "hcaObjects", &u32 })) },
		{ "unified", MAP(LIMIT_DEVICES, &any_text) },
		{ 0 } }
};

static const struct spec_type seccomp = {
	.kind = SPEC_OBJECT, .fields = (const struct spec_field[]){
		{ "defaultAction", &some_text, .is_required = true },
		{ "defaultErrnoRet", &u32 },
		{ "architectures", LIST(LIMIT_FEW, &any_text) },
		{ "flags", LIST(LIMIT_FEW, &any_text) },
		{ "listenerPath", &any_text },
		{ "listenerMetadata", &any_text },
		{ "syscalls", LIST(SECCOMP_MAX_ENTRIES, OBJECT(
			{ "names", LIST(LIMIT_SYSCALL_NAMES, &any_text, .least = 1),
			  .is_required = true },
			{ "action", &some_text, .is_required = true },
			{ "errnoRet", &u32 },
			{ "args", LIST(LIMIT_SYSCALL_ARGS, OBJECT(
				{ "index", UINT(5), .is_required = true },
				{ "value", &u64, .is_required = true },
				{ "valueTwo", &u64 },
				{ "op", &some_text, .is_required = true })) })) },
		{ 0 } }
};

static const struct spec_type time_offset = {
	.kind = SPEC_OBJECT, .fields = (const struct spec_field[]){
		{ "secs", &i64 },
		{ "nanosecs", &u32 },
		{ 0 } }
};

static const struct spec_type linux_section = {
	.kind = SPEC_OBJECT, .fields = (const struct spec_field[]){
		{ "uidMappings", &id_mappings },
		{ "gidMappings", &id_mappings },
		{ "sysctl", MAP(LIMIT_DEVICES, &any_text) },
		{ "resources", &resources },
		{ "cgroupsPath", &any_text },
		{ "namespaces", LIST(LIMIT_NAMESPACES, OBJECT(
			{ "type", TEXT(.words = (const char *const[]){
				"mount", "pid", "network", "uts", "ipc", "user", "cgroup", "time",
				NULL }), .is_required = true },
			{ "path", &any_text }), .unique = "type") },
		{ "devices", LIST(LIMIT_DEVICES, OBJECT(
			{ "type", TEXT(.words = (const char *const[]){ "c", "b", "u", "p", NULL }),
			  .is_required = true },
			{ "path", &absolute, .is_required = true },
			{ "major", &i64 },
			{ "minor", &i64 },
			{ "fileMode", &u32 },
			{ "uid", &owner },
			{ "gid", &owner })) },
		{ "netDevices", MAP(LIMIT_DEVICES, OBJECT({ "name", &any_text })) },
		{ "seccomp", &seccomp },
		{ "rootfsPropagation", &any_text },
		{ "maskedPaths", &paths },
		{ "readonlyPaths", &paths },
		{ "mountLabel", &any_text },
		{ "intelRdt", OBJECT(
			{ "closID", &any_text },
			{ "schemata", LIST(LIMIT_FEW, &any_text) },
			{ "l3CacheSchema", &any_text },
			{ "memBwSchema", &any_text },
			{ "enableCMT", &any_bool },
			{ "enableMBM", &any_bool },
			{ "enableMonitoring", &any_bool }) },
		{ "memoryPolicy", OBJECT(
			{ "mode", &any_text },
			{ "nodes", &any_text },
			{ "flags", LIST(LIMIT_FEW, &any_text) }) },
		{ "personality", OBJECT(
			{ "domain", &any_text },
			{ "flags", LIST(LIMIT_FEW, &any_text) }) },
		{ "timeOffsets", OBJECT(
			{ "boottime", &time_offset },
			{ "monotonic", &time_offset }) },
		{ 0 } }
};

const struct spec_type spec_root = {
	.kind = SPEC_OBJECT, .fields = (const struct spec_field[]){
		{ "ociVersion", TEXT(.check = check_version) },
		{ "process", &process },
		{ "root", OBJECT(
			{ "path", &some_text, .is_required = true },
			{ "readonly", &any_bool }) },
		{ "hostname", TEXT(.check = check_hostname) },
		{ "domainname", TEXT(.check = check_hostname) },
		{ "mounts", &mount_list },
		{ "hooks", OBJECT(
			{ "prestart", &hook_list },
			{ "createRuntime", &hook_list },
			{ "createContainer", &hook_list },
			{ "startContainer", &hook_list },
			{ "poststart", &hook_list },
			{ "poststop", &hook_list }) },
		/* Nobody acts on an annotation that is null; runc reads it as "". */
		{ "annotations", MAP(0, TEXT(.is_null_fine = true)) },
		{ "linux", &linux_section },
		{ "solaris", &foreign },
		{ "windows", &foreign },
		{ "vm", &foreign },
		{ "zos", &foreign },
		{ "freebsd", &foreign },
		{ 0 } }
};
/* clang-format on */
