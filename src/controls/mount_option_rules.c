/*
 * The vocabulary of mount options: which words each type knows, which are forced, which would undo
 * those. How they are put into force is in mount_options.c.
 */
#include <string.h>

#include "mounts.h"
#include "text.h"

#define PAGE 4096U

/* Harmless for every type: they restrict, or are about times and caches. */
static const char *const plain[] = {
	"ro",          "nosuid",      "nodev",       "noexec",       "rro",
	"rnosuid",     "rnodev",      "rnoexec",     "private",      "rprivate",
	"unbindable",  "runbindable", "atime",       "noatime",      "diratime",
	"nodiratime",  "relatime",    "norelatime",  "strictatime",  "nostrictatime",
	"lazytime",    "nolazytime",  "ratime",      "rnoatime",     "rdiratime",
	"rnodiratime", "rrelatime",   "rnorelatime", "rstrictatime", "rnostrictatime",
	"sync",        "async",       "dirsync",     "nosymfollow",  "rnosymfollow",
	"defaults",    "loud",        "silent",      "iversion",     "noiversion",
	"mand",        "nomand",      "acl",         "noacl",        NULL
};

/* The other side of what we force; which of them matter depends on the mount. */
static const char *const positive[] = { "rw",   "rrw",  "suid",  "rsuid", "dev",
					"rdev", "exec", "rexec", NULL };

const char *mount_option_value(const char *option, const char *name)
{
	size_t len = strlen(name);

	return strncmp(option, name, len) == 0 && option[len] == '=' ? option + len + 1 : NULL;
}

bool mount_option_is_known(struct mounts *m, const struct mount *mount,
			   const struct mount_rules *rules, const char *option)
{
	return text_in(option, plain) || text_in(option, positive) ||
	       rules->is_known(m, mount, option);
}

static bool is_number(const char *value)
{
	uint64_t number;

	return value && parse_u64(value, &number) == 0;
}

static bool is_mode(const char *value)
{
	return value && *value && strlen(value) <= 5 && strspn(value, "01234567") == strlen(value);
}

/* memparse() of the kernel: digits and one letter; or "50%". 0 when it is none of these. */
static uint64_t amount(const char *value, uint64_t host_memory, uint64_t unit)
{
	size_t digits = strspn(value, "0123456789");
	uint64_t number = 0;
	unsigned int shift = 0;

	for (size_t i = 0; i < digits; i++) {
		if (__builtin_mul_overflow(number, 10U, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(value[i] - '0'), &number))
			return 0;
	}
	if (!digits || (value[digits] && value[digits + 1]))
		return 0;
	switch (value[digits]) {
	case '\0':
		break;
	case 'k':
	case 'K':
		shift = 10;
		break;
	case 'm':
	case 'M':
		shift = 20;
		break;
	case 'g':
	case 'G':
		shift = 30;
		break;
	case '%':
		return number > 100 ? UINT64_MAX : host_memory / unit / 100 * number;
	default:
		return 0;
	}
	return number > UINT64_MAX >> shift ? UINT64_MAX : number << shift;
}

/*
 * No more than the kernel gives by itself, half of the memory. "size=0" and "nr_inodes=0" mean no
 * limit at all (tmpfs(5)). A tmpfs without a size needs none from us: its pages count against the
 * container's memory limit.
 */
static bool is_fair(struct mounts *m, const char *value, uint64_t unit)
{
	uint64_t asked = amount(value, m->facts->host_memory, unit);
	uint64_t most = m->facts->host_memory ? m->facts->host_memory / 2 / unit : UINT64_MAX;

	return asked > 0 && asked <= most;
}

static bool is_tmpfs_option(struct mounts *m, const struct mount *mount, const char *option)
{
	if (mount_option_value(option, "size"))
		return is_fair(m, mount_option_value(option, "size"), 1);
	if (mount_option_value(option, "nr_inodes"))
		return is_fair(m, mount_option_value(option, "nr_inodes"), PAGE);
	return is_mode(mount_option_value(option, "mode")) ||
	       is_number(mount_option_value(option, "uid")) ||
	       is_number(mount_option_value(option, "gid"));
}

static bool is_devpts_option(struct mounts *m, const struct mount *mount, const char *option)
{
	return text_in(option,
		       WORDS("newinstance", "ptmxmode=0666", "ptmxmode=666", "ptmxmode=0000",
			     "ptmxmode=000", "mode=0620", "mode=620", "mode=0600", "mode=600")) ||
	       is_number(mount_option_value(option, "uid")) ||
	       is_number(mount_option_value(option, "gid")) ||
	       is_number(mount_option_value(option, "max"));
}

/* Both only hide processes: proc(5). */
static bool is_proc_option(struct mounts *m, const struct mount *mount, const char *option)
{
	return text_in(option, WORDS("hidepid=1", "hidepid=2", "hidepid=4", "hidepid=noaccess",
				     "hidepid=invisible", "hidepid=ptraceable", "subset=pid"));
}

static bool is_bind_option(struct mounts *m, const struct mount *mount, const char *option)
{
	return text_in(option, WORDS("bind", "rbind"));
}

static bool is_no_option(struct mounts *m, const struct mount *mount, const char *option)
{
	return false;
}

static const struct mount_rules bind_rules = {
	"bind", WORDS("nosuid", "nodev"), WORDS("suid", "rsuid", "dev", "rdev", "rexec", "rrw"),
	is_bind_option
};

/* The runtime makes the device nodes there: with nodev not even /dev/null would work. */
static const struct mount_rules dev_rules = { "tmpfs", WORDS("nosuid"), WORDS("suid", "rsuid"),
					      is_tmpfs_option };

static const struct mount_rules exec_tmpfs_rules = { "tmpfs", WORDS("nosuid", "nodev"),
						     WORDS("suid", "rsuid", "dev", "rdev"),
						     is_tmpfs_option };

static const struct mount_rules type_rules[] = {
	{ "tmpfs", WORDS("nosuid", "nodev", "noexec"),
	  WORDS("suid", "rsuid", "dev", "rdev", "exec", "rexec"), is_tmpfs_option },
	{ "proc", WORDS("nosuid", "noexec", "nodev"),
	  WORDS("suid", "rsuid", "dev", "rdev", "exec", "rexec"), is_proc_option },
	{ "sysfs", WORDS("nosuid", "noexec", "nodev", "ro"), positive, is_no_option },
	{ "cgroup", WORDS("nosuid", "noexec", "nodev", "ro"), positive, is_no_option },
	{ "cgroup2", WORDS("nosuid", "noexec", "nodev", "ro"), positive, is_no_option },
	{ "mqueue", WORDS("nosuid", "noexec", "nodev"),
	  WORDS("suid", "rsuid", "dev", "rdev", "exec", "rexec"), is_no_option },
	/* A terminal is a device: no nodev here. */
	{ "devpts", WORDS("nosuid", "noexec", "newinstance"),
	  WORDS("suid", "rsuid", "exec", "rexec"), is_devpts_option },
};

/* The policy lets programs run in a tmpfs where its own would be executable: "rootfs", the tmpfs
 * of that path, "exec". */
static bool may_exec(struct mounts *m, const struct mount *mount)
{
	const struct json *profile = m->cfg->parent;
	const struct json *tmpfs = json_find(json_find(profile, "rootfs"), "tmpfs");

	return json_is_true(json_find(json_find(tmpfs, mount->at), "exec"));
}

const struct mount_rules *mount_rules_of(struct mounts *m, const struct mount *mount)
{
	if (mount->is_bind)
		return &bind_rules;
	if (text_equal(mount->type, "tmpfs") && text_equal(mount->at, "/dev"))
		return &dev_rules;
	if (text_equal(mount->type, "tmpfs") && may_exec(m, mount))
		return &exec_tmpfs_rules;
	for (size_t i = 0; i < ARRAY_SIZE(type_rules); i++) {
		if (text_equal(mount->type, type_rules[i].type))
			return &type_rules[i];
	}
	/* mount_place.c lets no other type through; should it ever, nothing is allowed. */
	return &type_rules[1];
}
