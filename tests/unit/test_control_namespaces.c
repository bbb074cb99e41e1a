/*
 * Control namespaces, judged against real namespaces: this test's own are the host's, children make
 * others. All mounts are made in a mount namespace of the test, and /run is an empty one there.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "nsfs.h"
#include "trial.h"

#define CONTROL &control_namespaces
#define RESTRICTED "{\"host\":[],\"join\":[\"network\"]}"
#define OTHER_ID "00000000c994b1690170d6bc901dc41fabae735cca1b3fcdccc1fe5475eb9c2a"
#define PLACE "/run/test"

static struct arena *arena;
static char cgroup_root[128];

/* ---- a world ---- */

static bool write_file(const char *path, const char *text)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* A hierarchy in which groups can be made, whatever this host has. */
static bool find_cgroups(void)
{
	static const char *const roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/pids",
					     "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd" };

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		char path[160];

		(void)snprintf(path, sizeof(path), "%s/cgroup.procs", roots[i]);
		if (access(path, W_OK) == 0) {
			(void)snprintf(cgroup_root, sizeof(cgroup_root), "%s/mantlet-test-%d",
				       roots[i], getpid());
			return mkdir(cgroup_root, 0755) == 0;
		}
	}
	return false;
}

/* The test's own /run, and a record of the container TRIAL_ID. */
static bool make_world(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", "/run", "tmpfs", 0, NULL) == 0 && mkdir(PLACE, 0755) == 0 &&
	       mkdir("/run/mantlet", 0700) == 0 && mkdir("/run/mantlet/%2Frun%2Frunc", 0700) == 0 &&
	       write_file("/run/mantlet/%2Frun%2Frunc/" TRIAL_ID ".json", "{}\n{}\n") &&
	       find_cgroups();
}

/* A process in namespaces of its own (FLAGS: those of unshare(2)), in the control group GROUP. */
static pid_t live(int flags, const char *group)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (pid == 0) {
		char path[512], number[16];

		(void)snprintf(number, sizeof(number), "%d", getpid());
		if (group) {
			(void)snprintf(path, sizeof(path), "%s/%s", cgroup_root, group);
			for (char *slash = path + strlen(cgroup_root) + 1; slash;) {
				slash = strchr(slash, '/');
				if (slash)
					*slash = '\0';
				(void)mkdir(path, 0755);
				if (slash)
					*slash++ = '/';
			}
			(void)strncat(path, "/cgroup.procs", sizeof(path) - strlen(path) - 1);
			if (!write_file(path, number))
				_exit(1);
		}
		if (unshare(flags) || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		pid = -1;
	(void)close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	if (pid <= 0)
		return;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

static const char *path_of(pid_t pid, const char *file)
{
	return arena_printf(arena, "/proc/%d/ns/%s", pid, file);
}

/* A namespace that has a name and no process, as engines prepare it. */
static const char *without_process(int flags, const char *file)
{
	const char *path = arena_printf(arena, PLACE "/%s", file);
	pid_t pid = live(flags, NULL);
	bool is_made = pid > 0 && write_file(path, "") &&
		       mount(path_of(pid, file), path, "none", MS_BIND, NULL) == 0;

	end(pid);
	return is_made ? path : "(cannot be made)";
}

/* ---- documents ---- */

static const char *const types[] = { "pid", "network", "ipc", "uts", "mount", "cgroup" };
static const char *const files[] = { "pid", "net", "ipc", "uts", "mnt", "cgroup" };

/* All six types but LEFT_OUT; TYPE comes with PATH. REST follows within "linux". */
static const char *document(const char *left_out, const char *type, const char *path,
			    const char *rest)
{
	auto_strbuf struct strbuf list = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (text_equal(types[i], left_out))
			continue;
		strbuf_printf(&list, "%s{\"type\":\"%s\"", list.len ? "," : "", types[i]);
		if (text_equal(types[i], type))
			strbuf_printf(&list, ",\"path\":\"%s\"", path);
		strbuf_puts(&list, "}");
	}
	return arena_printf(arena, TRIAL_DOC(",\"linux\":{\"namespaces\":[%s]%s}"),
			    strbuf_text(&list), rest);
}

/* ---- missing entries ---- */

static void test_missing(void)
{
	static const char *const asked[] = {
		"--pid host lets the container see and signal every process of the host",
		"--network host shares the host's network",
		"--ipc host shares the host's shared memory",
		"--uts host lets the container see and change the host's name",
		"a missing mount namespace makes the container's mounts the host's",
	};

	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		trial_modes(arena_printf(arena, "no %s namespace under docker", types[i]), CONTROL,
			    ENGINE_DOCKER, document(types[i], NULL, NULL, ""), RESTRICTED,
			    asked[i]);
		trial_modes(arena_printf(arena, "no %s namespace under nobody's engine", types[i]),
			    CONTROL, ENGINE_PLAIN, document(types[i], NULL, NULL, ""), RESTRICTED,
			    "linux.namespaces without an own '");
	}
	trial_modes("no pid namespace in Kubernetes' words", CONTROL, ENGINE_CRI,
		    document("pid", NULL, NULL, ""), RESTRICTED, "hostPID lets the container see");
	trial_modes("no linux section at all", CONTROL, ENGINE_PLAIN, TRIAL_DOC(""), RESTRICTED,
		    "linux.namespaces without an own 'pid'");
	trial_stays("all six", CONTROL, ENGINE_DOCKER, document(NULL, NULL, NULL, ""), RESTRICTED);
	trial_stays("the host's network where policy allows it", CONTROL, ENGINE_DOCKER,
		    document("network", NULL, NULL, ""), "{\"host\":[\"network\"],\"join\":[]}");
}

/* Who leaves the cgroup namespace out when nobody asks: only Docker on v2 never does. */
static void test_missing_cgroup(void)
{
	for (enum engine engine = ENGINE_PLAIN; engine <= ENGINE_BUILDKIT; engine++) {
		for (int is_v2 = 0; is_v2 < 2; is_v2++) {
			bool is_asked = engine == ENGINE_DOCKER && is_v2;
			struct trial t;

			if (!trial_start(&t, engine, document("cgroup", NULL, NULL, "")))
				continue;
			t.facts.has_cgroup_v2 = is_v2;
			trial_run(&t, CONTROL, MODE_DENY, RESTRICTED);
			ok(journal_is_refused(&t.journal) == is_asked &&
				   trial_count(&t, is_asked ? EDIT_ASK : EDIT_TRIM) == 1,
			   "namespaces: no cgroup namespace under %s on cgroup v%d is %s",
			   engine_name(engine), is_v2 + 1, is_asked ? "asked for" : "trimmed");
			trial_end(&t);
		}
	}
}

/* ---- the host's, under other names ---- */

static void test_host_paths(void)
{
	const char *const bound = PLACE "/host-net";

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		trial_modes(arena_printf(arena, "the host's %s namespace by path", types[i]),
			    CONTROL, ENGINE_PLAIN,
			    document(NULL, types[i],
				     arena_printf(arena, "/proc/self/ns/%s", files[i]), ""),
			    "{\"host\":[],\"join\":[\"network\",\"pid\",\"ipc\",\"uts\"]}",
			    arena_printf(arena, "linux.namespaces without an own '%s'", types[i]));

	ok(write_file(bound, "") && mount("/proc/self/ns/net", bound, "none", MS_BIND, NULL) == 0,
	   "namespaces: the host's network gets a second name");
	trial_modes("the host's network as Docker names it", CONTROL, ENGINE_DOCKER,
		    document(NULL, "network", bound, ""), RESTRICTED,
		    "--network host shares the host's network");
	trial_stays("the host's network by path where policy allows it", CONTROL, ENGINE_DOCKER,
		    document(NULL, "network", bound, ""), "{\"host\":[\"network\"],\"join\":[]}");
}

static void test_nowhere(void)
{
	static const char *const paths[] = { "/nonexistent",     PLACE,         PLACE "/fifo",
					     "proc/self/ns/net", "self/ns/net", "/proc/self/ns",
					     "/dev/null" };

	ok(mkfifo(PLACE "/fifo", 0600) == 0, "namespaces: there is a FIFO");
	ok(chdir("/") == 0, "namespaces: the test stands in /");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		trial_modes(arena_printf(arena, "the path '%s'", paths[i]), CONTROL, ENGINE_DOCKER,
			    document(NULL, "network", paths[i], ""), RESTRICTED,
			    arena_printf(arena, "the network namespace path '%s' leads to no",
					 paths[i]));
	ok(chdir("/proc") == 0, "namespaces: the test stands in /proc");
	trial_modes("a path from where the engine stands", CONTROL, ENGINE_DOCKER,
		    document(NULL, "network", "self/ns/net", ""), RESTRICTED,
		    "the network namespace path 'self/ns/net' leads to no namespace");
	/* No path to runc, and an error to others. */
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		trial_modes(arena_printf(arena, "an empty path for %s", types[i]), CONTROL,
			    ENGINE_DOCKER, document(NULL, types[i], "", ""), RESTRICTED, NULL);
}

/* ---- joined namespaces ---- */

#define JOINS(type) "--" type " container:NAME joins the " type " namespace '"

static void test_prepared(void)
{
	trial_stays("a network that the engine has prepared", CONTROL, ENGINE_PODMAN,
		    document(NULL, "network", without_process(CLONE_NEWNET, "net"), ""),
		    RESTRICTED);
	trial_modes("an ipc namespace without a process", CONTROL, ENGINE_PODMAN,
		    document(NULL, "ipc", without_process(CLONE_NEWIPC, "ipc"), ""),
		    "{\"host\":[],\"join\":[\"ipc\"]}", JOINS("ipc"));
}

static void refused(const char *name, const char *text, const char *cfg, const char *why)
{
	struct trial t;

	if (!trial_start(&t, ENGINE_DOCKER, text))
		return;
	trial_run(&t, CONTROL, MODE_DENY, cfg);
	if (!ok(journal_is_refused(&t.journal) && trial_asked(&t) && strstr(trial_asked(&t), why),
		"namespaces: %s is refused: %s", name, why))
		printf("#   got: %s\n", trial_asked(&t) ? trial_asked(&t) : "(nothing)");
	trial_end(&t);
}

static void test_stranger(void)
{
	static const char why[] = "a process in it was not started through mantlet";
	pid_t alone = live(CLONE_NEWNET, NULL), foreign = live(CLONE_NEWNET, OTHER_ID);
	/* Below the group of a container of ours, but another engine's. */
	pid_t below = live(CLONE_NEWNET, TRIAL_ID "/" OTHER_ID);

	trial_modes("the network of a process of the host", CONTROL, ENGINE_DOCKER,
		    document(NULL, "network", path_of(alone, "net"), ""), RESTRICTED,
		    JOINS("network"));
	refused("it", document(NULL, "network", path_of(alone, "net"), ""), RESTRICTED, why);
	refused("a container without a record",
		document(NULL, "network", path_of(foreign, "net"), ""), RESTRICTED, why);
	refused("one below a container with a record",
		document(NULL, "network", path_of(below, "net"), ""), RESTRICTED, why);
	end(alone);
	end(foreign);
	end(below);
}

static void test_ours(void)
{
	static const char *const groups[] = { TRIAL_ID, "docker-" TRIAL_ID ".scope",
					      "libpod-" TRIAL_ID, TRIAL_ID "/init.scope",
					      "libpod-" TRIAL_ID ".scope/container" };
	pid_t pid;

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		pid = live(CLONE_NEWNET, groups[i]);
		trial_stays(arena_printf(arena, "the network of a container in the group %.12s...",
					 groups[i]),
			    CONTROL, ENGINE_DOCKER,
			    document(NULL, "network", path_of(pid, "net"), ""), RESTRICTED);
		end(pid);
	}

	pid = live(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS, TRIAL_ID);
	trial_modes("the ipc namespace of a container of ours", CONTROL, ENGINE_DOCKER,
		    document(NULL, "ipc", path_of(pid, "ipc"), ""), RESTRICTED, JOINS("ipc"));
	trial_stays("the same where policy lists ipc", CONTROL, ENGINE_DOCKER,
		    document(NULL, "ipc", path_of(pid, "ipc"), ""),
		    "{\"host\":[],\"join\":[\"ipc\"]}");
	refused("its network where policy lists none",
		document(NULL, "network", path_of(pid, "net"), ""), "{\"host\":[],\"join\":[]}",
		"policy lets containers share");
	end(pid);
}

/* Two processes in one namespace: one of ours, and one that came in from the host. */
static void test_visitor(void)
{
	pid_t pid = live(CLONE_NEWNET, TRIAL_ID), visitor;
	int fd = open(path_of(pid, "net"), O_RDONLY | O_CLOEXEC);

	visitor = fork();
	if (visitor == 0) {
		if (setns(fd, CLONE_NEWNET))
			_exit(1);
		for (;;)
			(void)pause();
	}
	for (int tries = 0; tries < 500; tries++) {
		struct stat ours, theirs;

		if (fstat(fd, &ours) == 0 && stat(path_of(visitor, "net"), &theirs) == 0 &&
		    ours.st_ino == theirs.st_ino)
			break;
		(void)usleep(10000);
	}
	refused("a network with a visitor", document(NULL, "network", path_of(pid, "net"), ""),
		RESTRICTED, "a process in it was not started through mantlet");
	end(visitor);
	trial_stays("the same without the visitor", CONTROL, ENGINE_DOCKER,
		    document(NULL, "network", path_of(pid, "net"), ""), RESTRICTED);
	end(pid);
	(void)close(fd);
}

static const char *in_pod(const char *sandbox, const char *key, const char *type, const char *path)
{
	const char *text = document(NULL, type, path, "");

	return arena_printf(arena, "%.*s,\"annotations\":{\"%s\":\"%s\"}}", (int)strlen(text) - 1,
			    text, key, sandbox);
}

static void test_pod(void)
{
	static const char cri[] = "io.kubernetes.cri.sandbox-id";
	static const char crio[] = "io.kubernetes.cri-o.SandboxID";
	static const char none[] = "{\"host\":[],\"join\":[]}";
	pid_t pid = live(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWNS, TRIAL_ID);

	trial_stays("the ipc namespace of the pod", CONTROL, ENGINE_CRI,
		    in_pod(TRIAL_ID, cri, "ipc", path_of(pid, "ipc")), none);
	trial_stays("the network of a CRI-O pod", CONTROL, ENGINE_CRIO,
		    in_pod(TRIAL_ID, crio, "network", path_of(pid, "net")), none);
	trial_modes("the network of another pod", CONTROL, ENGINE_CRI,
		    in_pod(OTHER_ID, cri, "network", path_of(pid, "net")), RESTRICTED,
		    "the pod joins the network namespace '");
	trial_modes("the mount namespace of the pod", CONTROL, ENGINE_CRI,
		    in_pod(TRIAL_ID, cri, "mount", path_of(pid, "mnt")), none,
		    "the pod joins the mount namespace '");
	trial_modes("a pod that only Docker's user says", CONTROL, ENGINE_DOCKER,
		    in_pod(TRIAL_ID, cri, "ipc", path_of(pid, "ipc")), none, JOINS("ipc"));
	end(pid);
}

/* ---- what cannot be seen ---- */

static bool note(void *context, pid_t pid)
{
	*(pid_t *)context = pid;
	return true;
}

static void test_each_process(void)
{
	pid_t pid = live(CLONE_NEWNET, NULL), seen = 0;
	struct ns_id id = { 0 };
	int status = 0;

	ok(ns_of_path(path_of(pid, "net"), &id) == 0 &&
		   ns_each_process(id, "net", note, &seen) == 1 && seen == pid,
	   "namespaces: the process that lives in a namespace is found");
	ok(!ns_is_host(id, "net") && ns_is_known("net") && !ns_is_known("nonsense"),
	   "namespaces: it is not the host's");
	if (fork() == 0) {
		/* As one who may not look at root's processes. */
		_exit(setgid(4321) == 0 && setuid(4321) == 0 &&
				      ns_each_process(id, "net", note, &seen) == -1
			      ? 0
			      : 1);
	}
	(void)wait(&status);
	ok(status == 0, "namespaces: where processes are hidden the answer is not 'nobody'");
	end(pid);
}

/* ---- user namespaces and odd fields ---- */

static void final(const char *name, const char *text, const char *asked)
{
	struct trial t;

	if (!ok(trial_start(&t, ENGINE_DOCKER, text), "namespaces: %s is a sound document", name))
		return;
	trial_run(&t, CONTROL, MODE_FIX, RESTRICTED);
	if (!ok(journal_is_refused(&t.journal) && text_starts(trial_asked(&t), asked),
		"namespaces: %s is refused under fix too", name))
		printf("#   got: %s\n", trial_asked(&t) ? trial_asked(&t) : "(nothing)");
	trial_end(&t);
}

static const char *with_user(const char *user, const char *rest)
{
	const char *text = document(NULL, NULL, NULL, rest), *bracket = strchr(text, '[');

	bracket = strstr(text, "\"namespaces\":[") + strlen("\"namespaces\":[");
	return arena_printf(arena, "%.*s{\"type\":\"user\"%s},%s", (int)(bracket - text), text,
			    user, bracket);
}

#define MAPS(kind, host)                                                                           \
	",\"" kind "Mappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":10},{"               \
	"\"containerID\":10,\"hostID\":" host ",\"size\":10}]"

static void test_user(void)
{
	trial_stays("an own user namespace", CONTROL, ENGINE_DOCKER,
		    with_user("", MAPS("uid", "200000") MAPS("gid", "200000")), RESTRICTED);
	trial_stays("one with an empty path", CONTROL, ENGINE_DOCKER,
		    with_user(",\"path\":\"\"", MAPS("uid", "200000")), RESTRICTED);
	final("a joined user namespace", with_user(",\"path\":\"/proc/self/ns/user\"", ""),
	      "joining another user namespace");
	final("the host's uid 0", with_user("", MAPS("uid", "0")), "linux.uidMappings maps id 0");
	final("the host's gid 0", with_user("", MAPS("gid", "0")), "linux.gidMappings maps id 0");
}

static void test_odd_fields(void)
{
	static const struct {
		const char *field, *asked;
	} rows[] = {
		{ ",\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"ADDR_NO_RANDOMIZE\"]}",
		  "linux.personality" },
		{ ",\"personality\":{\"domain\":\"LINUX32\"}", "linux.personality" },
		{ ",\"timeOffsets\":{\"monotonic\":{\"secs\":5}}", "linux.timeOffsets" },
		{ ",\"intelRdt\":{\"closID\":\"/\"}", "linux.intelRdt" },
		{ ",\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0\"}",
		  "linux.memoryPolicy" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		trial_modes(rows[i].field, CONTROL, ENGINE_PLAIN,
			    document(NULL, NULL, NULL, rows[i].field), RESTRICTED, rows[i].asked);
	trial_stays("the usual personality", CONTROL, ENGINE_PLAIN,
		    document(NULL, NULL, NULL, ",\"personality\":{\"domain\":\"LINUX\"}"),
		    RESTRICTED);
}

static void remove_groups(void)
{
	static const char *const groups[] = { "/" TRIAL_ID "/" OTHER_ID,
					      "/" TRIAL_ID "/init.scope",
					      "/libpod-" TRIAL_ID ".scope/container",
					      "/libpod-" TRIAL_ID ".scope",
					      "/libpod-" TRIAL_ID,
					      "/docker-" TRIAL_ID ".scope",
					      "/" TRIAL_ID,
					      "/" OTHER_ID,
					      "" };
	bool is_gone = true;

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		const char *path = arena_printf(arena, "%s%s", cgroup_root, groups[i]);

		/* A killed process leaves its group a moment after it was waited for. */
		for (int tries = 0; rmdir(path) && errno == EBUSY && tries < 100; tries++)
			(void)usleep(10000);
		is_gone = is_gone && access(path, F_OK) != 0;
	}
	ok(is_gone, "namespaces: this test leaves no control group behind");
}

int main(void)
{
	arena = arena_new();
	if (!ok(make_world(), "namespaces: the test has mounts and control groups of its own"))
		return done_testing();
	test_missing();
	test_missing_cgroup();
	test_host_paths();
	test_nowhere();
	test_prepared();
	test_stranger();
	test_ours();
	test_visitor();
	test_pod();
	test_each_process();
	test_user();
	test_odd_fields();
	remove_groups();
	arena_free(arena);
	return done_testing();
}
