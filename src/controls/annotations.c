/*
 * Annotations that change what a runtime does.
 *
 * To people an annotation is a note. To some runtimes it is an order: crun takes a raw filter
 * instead of the seccomp section from one, runc hands others to systemd as properties of the
 * container's scope, kata and gVisor their configuration. Whoever starts a container chooses its
 * annotations (docker run --annotation, a pod's metadata), so those are dropped. Notes stay: what
 * nobody acts on survives. So do the few systemd properties that podman and CRI-O write by
 * themselves, when they carry the values that those engines write.
 *
 * Names that begin like mantlet's own are dropped too. mantlet reads no annotation; dropping them
 * tells an author so.
 *
 * Some orders undo what another control does: systemd would set a limit of memory that the control
 * memory has just cut down. Such a control drops them itself while this one only watches, or a
 * policy that is rolled out control by control would be in force on paper only. (seccomp always
 * does.)
 */
#include "annotations.h"

#include <string.h>

#include "control.h"
#include "control_table.h"
#include "policy.h"
#include "seccomp_compiled.h"
#include "text.h"

#define SYSTEMD "org.systemd.property."
#define EVERY "*"     /* another program runs the container, or a machine of its own */
#define MOST_NAMED 8U /* in sentences; the journal has them all */

struct order {
	const char *name; /* ends in '.' or '/': every name that begins so */
	enum edit_class class;
	const char *effect;
};

/* Sources: crun(1) and its krun and wasm handlers, runc docs/systemd.md and "features"
 * (potentiallyUnsafeConfigAnnotations), kata's and gVisor's annotation lists. */
static const struct order orders[] = {
	{ SECCOMP_COMPILED_ANNOTATION, EDIT_ASK, "replaces the system call filter" },
	{ "run.oci.seccomp.", EDIT_ASK, "hands system calls to another program" },
	/* Only ever stricter with "1", which stays; other values mean different things to versions.
	 */
	{ "run.oci.seccomp_fail_unknown_syscall", EDIT_ASK, "may loosen the system call filter" },
	{ "run.oci.keep_original_groups", EDIT_ASK, "keeps the caller's groups" },
	{ "run.oci.handler", EDIT_ASK, "lets another program run the container" },
	{ "run.oci.hooks.", EDIT_ASK, "writes to a file of the host as root" },
	{ "run.oci.pidfd_receiver", EDIT_ASK, "connects to a socket of the host" },
	{ "run.oci.systemd.", EDIT_ASK, "gives the container cgroups of its own" },
	{ "run.oci.delegate-cgroup", EDIT_ASK, "gives the container cgroups of its own" },
	/* podman writes it on SELinux hosts. */
	{ "run.oci.mount_context_type", EDIT_TRIM, "changes the SELinux label of mounts" },
	{ "run.oci.", EDIT_ASK, "changes what crun does" },
	{ "krun.", EDIT_ASK, "configures a virtual machine" },
	{ "module.wasm.", EDIT_ASK, "lets another program run the container" },
	{ SYSTEMD, EDIT_ASK, "changes the systemd unit and its limits" },
	{ "org.criu.", EDIT_ASK, "names a file of options that root reads" },
	{ "bundle", EDIT_ASK, "collides with the runtime's own label" },
	{ "io.katacontainers.config.", EDIT_ASK, "configures a virtual machine" },
	{ "io.katacontainers.container.", EDIT_ASK, "changes limits behind the policy" },
	{ "com.github.containers.virtcontainers.", EDIT_ASK, "configures a virtual machine" },
	{ "dev.gvisor.", EDIT_ASK, "configures the sandbox" },
	{ "cdi.k8s.io/", EDIT_ASK, "adds devices and mounts of the host" },
	{ "mantlet.", EDIT_ASK, "is not read by mantlet, which takes orders from no container" },
	{ "io.mantlet.", EDIT_ASK, "is not read by mantlet, which takes orders from no container" },
};

/*
 * Orders that undo another control, by how their names begin; the first row that fits counts.
 * crun(1), systemd.resource-control(5), runc docs/systemd.md. Whatever else is said to systemd may
 * move other processes into the container's unit (PIDs), start other units (OnFailure) or stop the
 * host (FailureAction), so what no row is for is the cgroup's matter, in later versions too.
 */
static const struct undoing {
	const char *name, *control;
} undoing[] = {
	{ "run.oci.handler", EVERY },
	{ "module.wasm.", EVERY },
	{ "krun.", EVERY },
	{ "run.oci.keep_original_groups", "user" },
	{ "run.oci.hooks.", "hooks" },
	{ "run.oci.systemd.", "cgroup" },
	{ "run.oci.delegate-cgroup", "cgroup" },
	{ "run.oci.mount_context_type", "lsm" },
	{ "cdi.k8s.io/", "devices" },
	{ "org.criu.", "restore" },
	{ SYSTEMD "Memory", "memory" },
	{ SYSTEMD "StartupMemory", "memory" },
	{ SYSTEMD "DefaultMemory", "memory" },
	{ SYSTEMD "DefaultStartupMemory", "memory" },
	{ SYSTEMD "ManagedOOM", "memory" },
	{ SYSTEMD "OOM", "memory" },
	{ SYSTEMD "Tasks", "pids" },
	{ SYSTEMD "CPU", "cpu" },
	{ SYSTEMD "StartupCPU", "cpu" },
	{ SYSTEMD "Allowed", "cpu" }, /* AllowedCPUs, AllowedMemoryNodes */
	{ SYSTEMD "StartupAllowed", "cpu" },
	{ SYSTEMD "IO", "io" },
	{ SYSTEMD "StartupIO", "io" },
	{ SYSTEMD "BlockIO", "io" },
	{ SYSTEMD "StartupBlockIO", "io" },
	{ SYSTEMD "Device", "devices" },
	{ SYSTEMD, "cgroup" },
};

static const struct order *find_order(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		size_t len = strlen(orders[i].name);
		bool is_prefix = strchr("./", orders[i].name[len - 1]) != NULL;

		if (is_prefix ? text_starts(name, orders[i].name)
			      : text_equal(name, orders[i].name))
			return &orders[i];
	}
	return NULL;
}

/* "uint64 30000000": microseconds, up to a day. More would hold up the host's shutdown. */
static bool is_stop_timeout(const char *value)
{
	static const char type[] = "uint64 ";
	uint64_t microseconds;

	return text_starts(value, type) &&
	       parse_u64(value + sizeof(type) - 1, &microseconds) == 0 &&
	       microseconds <= UINT64_C(86400) * 1000 * 1000;
}

/* Values that only make the container stricter, what podman and CRI-O write for every container
 * when they use systemd, and the program of the very filter that the document has: the control
 * seccomp, which ran before, adds that. */
static bool is_harmless(struct edit *ed, const char *name, const char *value)
{
	uint64_t number;

	if (!value)
		return false;
	if (text_equal(name, "run.oci.seccomp_fail_unknown_syscall"))
		return text_equal(value, "1");
	if (text_equal(name, SECCOMP_COMPILED_ANNOTATION))
		return seccomp_compiled_is_right(json_get(edit_doc(ed), "linux", "seccomp"), value);
	if (!text_starts(name, SYSTEMD))
		return false;
	name += strlen(SYSTEMD);
	if (text_equal(name, "TimeoutStopUSec"))
		return is_stop_timeout(value);
	if (text_equal(name, "KillSignal"))
		return parse_u64(value, &number) == 0 && number >= 1 && number <= 64;
	if (text_equal(name, "CollectMode"))
		return text_equal(value, "'inactive-or-failed'");
	if (text_equal(name, "DefaultDependencies"))
		return text_equal(value, "true");
	return text_equal(name, "After") && text_equal(value, "['crio.service']");
}

/* The rows that decide about a control: its own, and for cgroup all, whose last fits what no other
 * does. Few, because every annotation is asked about for every control. */
struct rows {
	const struct undoing *row[ARRAY_SIZE(undoing)];
	size_t count;
};

static void find_rows(struct rows *rows, const char *control)
{
	bool is_all = text_equal(control, "cgroup");

	rows->count = 0;
	for (size_t i = 0; i < ARRAY_SIZE(undoing); i++) {
		if (is_all || text_equal(undoing[i].control, EVERY) ||
		    text_equal(undoing[i].control, control))
			rows->row[rows->count++] = &undoing[i];
	}
}

static bool is_undoing(const char *name, const char *control, const struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		if (text_starts(name, rows->row[i]->name))
			return text_equal(rows->row[i]->control, EVERY) ||
			       text_equal(rows->row[i]->control, control);
	}
	return false;
}

static void ask(struct edit *ed, const char *name, size_t len, const struct order *order)
{
	struct arena *arena = edit_arena(ed);
	char quoted[QUOTED_SIZE];

	error_quote(quoted, name, len);
	edit_ask(ed, "runtime-annotation",
		 arena_printf(arena, "%s '%s' %s",
			      edit_words(ed, "--annotation", "annotation", "annotation"), quoted,
			      order->effect),
		 "remove it");
}

/* Those that undo CONTROL; NULL: all of them. */
static void drop(struct edit *ed, const struct json *cfg, const char *control)
{
	struct json *next;
	struct rows rows = { 0 };
	unsigned int asked = 0;

	if (control)
		find_rows(&rows, control);
	for (struct json *child = json_first(json_get(edit_doc(ed), "annotations")); child;
	     child = next) {
		const struct order *order;

		next = child->next;
		if (control && !is_undoing(child->key, control, &rows))
			continue;
		order = find_order(child->key);
		/* Root wrote "keep": it may bring back any of them. */
		if (!order || is_harmless(ed, child->key, json_text(child)) ||
		    policy_list_globs(cfg, "keep", child->key))
			continue;
		if (order->class == EDIT_ASK && ++asked <= MOST_NAMED)
			ask(ed, child->key, child->key_len, order);
		edit_remove(ed, order->class, order->effect, child);
	}
	if (asked > MOST_NAMED)
		edit_ask(ed, "runtime-annotation",
			 arena_printf(edit_arena(ed),
				      "%u more annotations change what a runtime does",
				      asked - MOST_NAMED),
			 "remove them");
}

void annotations_drop_undoing(struct edit *ed, const struct json *cfg, const char *control)
{
	drop(ed, cfg, control);
}

static int apply(struct edit *ed, const struct json *cfg, struct error *e)
{
	drop(ed, cfg, NULL);
	return 0;
}

static int check_name(const struct json *value, struct error *e)
{
	if (value->len)
		return 0;
	return error_set(e, ERR_POLICY, "empty, which is not the name of an annotation");
}

static const struct setting settings[] = {
	{ .key = "keep", .type = SETTING_LIST, .check = check_name },
	{ .key = NULL },
};

const struct control control_annotations = {
	.id = "annotations",
	.title = "Drop annotations that change what a runtime does",
	.refs = REFS("CIS-Docker-1.6.0/5.22", "CIS-Docker-1.6.0/5.25"),
	.settings = settings,
	.scopes = ON_SPEC,
	.apply = apply,
};
