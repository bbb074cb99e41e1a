/*
 * What is said of a mount: in the words of whoever asked for it, "-v /etc:/x" to a user of Docker,
 * "hostPath '/etc'" to one of Kubernetes.
 */
#include <string.h>
#include <sys/stat.h>

#include "mounts.h"
#include "text.h"

#define MOST_ALLOWED 2U /* globs in a sentence */

struct named_socket {
	const char *path;
	const char *what;
};

/* Whoever talks to one of these is root on the host. */
static const struct named_socket sockets[] = {
	{ "/run/docker.sock", "the Docker socket" },
	{ "/var/run/docker.sock", "the Docker socket" },
	{ "/run/containerd/containerd.sock", "the containerd socket" },
	{ "/run/docker/containerd/containerd.sock", "the containerd socket" },
	{ "/run/k3s/containerd/containerd.sock", "the containerd socket" },
	{ "/run/podman/podman.sock", "the podman socket" },
	{ "/run/crio/crio.sock", "the CRI-O socket" },
	{ "/run/cri-dockerd.sock", "the CRI socket" },
	{ "/run/systemd/private", "the socket of systemd" },
	{ "/run/dbus/system_bus_socket", "the system bus" },
	{ "/var/run/containerd/containerd.sock", "the containerd socket" },
	{ "/var/run/podman/podman.sock", "the podman socket" },
	{ "/var/run/crio/crio.sock", "the CRI-O socket" },
	{ "/var/run/dbus/system_bus_socket", "the system bus" },
};

const char *mounts_quote(struct mounts *m, const char *text)
{
	char quoted[QUOTED_SIZE];

	return arena_strdup(m->arena, error_quote(quoted, text, strlen(text)));
}

/* The name in ".../NAME/_data". */
static const char *volume_name(struct mounts *m, const char *path)
{
	const char *dir = hostpath_dirname(path, m->arena);

	return strrchr(dir, '/') + 1;
}

const char *mount_words(struct mounts *m, const struct mount *mount)
{
	const char *source = mount->source, *at = mounts_quote(m, mount->at);
	const char *flag, *field;

	if (!mount->is_bind) {
		field = arena_printf(m->arena, "the mount of type '%s' at '%s'",
				     mounts_quote(m, mount->type), at);
		if (!text_equal(mount->type, "tmpfs"))
			return field;
		return edit_words(m->ed, arena_printf(m->arena, "--tmpfs %s", at), field, field);
	}
	if (mount_engine_is_volume(source))
		source = volume_name(m, source);
	source = mounts_quote(m, source);
	flag = arena_printf(m->arena, "-v %s:%s", source, at);
	field = arena_printf(m->arena, "'%s' at '%s'", source, at);
	return edit_words(m->ed, flag, arena_printf(m->arena, "hostPath %s", field),
			  arena_printf(m->arena, "the mount of %s", field));
}

const char *mount_words_allowed(struct mounts *m)
{
	auto_strbuf struct strbuf text = { 0 };
	size_t count = 0;

	strbuf_puts(&text, "volumes");
	json_each (entry, json_find(m->cfg, "allow")) {
		if (count++ < MOST_ALLOWED)
			strbuf_printf(&text, ", %s", entry->text);
	}
	if (count > MOST_ALLOWED)
		strbuf_printf(&text, ", %zu more", count - MOST_ALLOWED);
	return arena_strdup(m->arena, strbuf_text(&text));
}

/* A directory below which the policy lets something in, to copy files to: "/srv". */
static const char *allowed_dir(struct mounts *m)
{
	json_each (entry, json_find(m->cfg, "allow")) {
		size_t plain = strcspn(entry->text, "*?");

		if (plain > 1 && text_equal(entry->text + plain, "**"))
			return arena_memdup(m->arena, entry->text, plain - 1);
	}
	return NULL;
}

static const char *host_path_remedy(struct mounts *m)
{
	const char *dir = allowed_dir(m);

	return dir ? arena_printf(m->arena,
				  "use a volume, copy the files to %s, or put them into the image",
				  dir)
		   : "use a volume, or put the files into the image";
}

void mount_words_host_path(struct mounts *m, const struct mount *mount, const char *real,
			   struct mount_fault *ret_fault)
{
	const char *words = mount_words(m, mount);
	bool is_led = real && !text_equal(real, mount->source);

	if (text_equal(real ? real : mount->source, "/")) {
		ret_fault->key = "host-root";
		ret_fault->asked = arena_printf(m->arena, "%s %s the host's root", words,
						is_led ? "leads to" : "mounts");
		ret_fault->remedy = "mount the one directory that is needed, as a volume";
		return;
	}
	ret_fault->key = "host-path";
	ret_fault->asked =
		arena_printf(m->arena, "%s %s '%s' of the host (allowed: %s)", words,
			     is_led ? "leads to" : "mounts",
			     mounts_quote(m, real ? real : mount->source), mount_words_allowed(m));
	ret_fault->remedy = host_path_remedy(m);
}

/* By its path, or as the same inode under another one. */
static const char *socket_name(const char *path, const struct hostpath *socket)
{
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++) {
		if (text_equal(path, sockets[i].path))
			return sockets[i].what;
		if (socket && stat(sockets[i].path, &st) == 0 && st.st_dev == socket->st.st_dev &&
		    st.st_ino == socket->st.st_ino)
			return sockets[i].what;
	}
	return NULL;
}

bool mount_words_socket(struct mounts *m, const struct mount *mount, const struct hostpath *socket,
			struct mount_fault *ret_fault)
{
	const char *what = socket_name(socket ? socket->real : mount->source, socket);
	const char *words = mount_words(m, mount);

	if (!what && !socket)
		return false;
	if (text_equal(mount->source, mount->at))
		words = edit_words(m->ed,
				   arena_printf(m->arena, "-v %s", mounts_quote(m, mount->source)),
				   words, words);
	ret_fault->key = "socket";
	if (what) {
		ret_fault->asked = arena_printf(m->arena, "%s mounts %s, which is root on the host",
						words, what);
		ret_fault->remedy = "remove the mount, or talk to a socket proxy over TCP";
		return true;
	}
	ret_fault->asked =
		arena_printf(m->arena, "%s mounts the socket '%s' of a service of the host", words,
			     mounts_quote(m, socket->real));
	ret_fault->remedy = "remove the mount, or talk to the service over the network";
	return true;
}
