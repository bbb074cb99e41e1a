/* rootfs and passwd: what is an image, and where paths inside it lead. */
#include "rootfs.h"

#include <errno.h>
#include <sys/sysmacros.h>

#include "image.h"
#include "passwd.h"
#include "rootfs_content.h"

/* What rootfs_open says to root.path PATH: "" when it opens. */
static const char *open_path(const struct image *image, struct arena *arena, const char *path)
{
	struct trial t;
	struct error e = { 0 };
	const char *doc = arena_printf(
		arena,
		"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"%s\"},\"process\":{\"cwd\":\"/\","
		"\"args\":[\"a\"]}}",
		path);
	auto_close int fd = -1;
	int result;

	if (!trial_start(&t, ENGINE_PLAIN, doc))
		return "not a document";
	image_use(image, &t);
	result = rootfs_open(&fd, edit_new(t.arena, &t.doc, &t.facts, SCOPE_SPEC, &t.journal), &e);
	trial_end(&t);
	if (result < 0)
		return arena_printf(arena, "%u %s", e.kind, e.message);
	return fd >= 0 ? "" : "no descriptor";
}

static void test_open(const struct image *image)
{
	auto_arena struct arena *arena = arena_new();
	static const char *const hosts[] = {
		"/",          "//",       "/etc",     "/usr", "/usr/", "/var/lib", "/tmp",
		"/proc/self", "/usr/bin", "/etc/ssl", "/dev", "/root", "/home",    "/proc/1/root/",
	};

	is_text(open_path(image, arena, "rootfs"), "",
		"rootfs: a path relative to the bundle opens");
	is_text(open_path(image, arena, "rootfs///"), "",
		"rootfs: slashes at the end are no matter");
	is_text(open_path(image, arena, arena_printf(arena, "%s/rootfs", image->bundle)), "",
		"rootfs: an absolute path opens");
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		struct stat st;
		const char *said = open_path(image, arena, hosts[i]);

		if (stat(hosts[i], &st) == 0)
			ok(text_starts(said, "4 root.path") || text_starts(said, "3 root.path"),
			   "rootfs: %s of the host is refused (%s)", hosts[i], said);
	}
	ok(text_starts(open_path(image, arena, image->bundle), "4 ") &&
		   text_starts(open_path(image, arena, image->dir), "4 "),
	   "rootfs: a directory that holds the bundle is refused");
	ok(text_starts(open_path(image, arena, "."), "3 ") &&
		   text_starts(open_path(image, arena, "rootfs/.."), "3 "),
	   "rootfs: a path that ends in a dot is refused");
	ok(symlinkat("rootfs", image->bundle_fd, "link") == 0 &&
		   text_starts(open_path(image, arena, "link"), "3 ") &&
		   text_starts(open_path(image, arena, "link/"), "3 "),
	   "rootfs: a symlink is refused, with and without a slash behind it");
	ok(text_starts(open_path(image, arena, "absent"), "5 "),
	   "rootfs: what is absent is refused");
	ok(text_starts(open_path(image, arena, "rootfs/etc/passwd"), "3 "),
	   "rootfs: a file is refused");
}

static const char *real(const struct image *image, struct arena *arena, const char *path)
{
	struct error e = { 0 };
	const char *result = NULL;

	if (rootfs_real_path(&result, image->fd, path, arena, &e) < 0)
		return arena_printf(arena, "%d", (int)e.kind);
	return result;
}

static void test_real_path(const struct image *image)
{
	auto_arena struct arena *arena = arena_new();
	auto_strbuf struct strbuf deep = { 0 };
	static const char *const cases[][2] = {
		{ "/run", "/run" },
		{ "/var/run", "/run" },
		{ "/var/run/", "/run" },
		{ "/var/run/lock/x", "/run/lock/x" },
		{ "//var//./run/../run", "/run" },
		{ "/../../../etc", "/etc" },
		{ "/", "/" },
		{ "", "/" },
		{ "/up", "/etc" },
		{ "/up/passwd/x", "/etc/passwd/x" },
		{ "/dangling/x", "/not/there/x" },
		{ "/relative", "/var/tmp" },
		{ "/not/../run", "/run" },
		{ "/loop", "3" },
		{ "/magic", "/proc/self/root" },
	};

	image_link(image, "up", "../../../../../etc");
	image_link(image, "dangling", "/not/there");
	image_link(image, "relative", "var/tmp");
	image_link(image, "loop", "loop");
	image_link(image, "magic", "/proc/self/root");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *name =
			arena_printf(arena, "rootfs: '%s' lies at %s", cases[i][0], cases[i][1]);

		is_text(real(image, arena, cases[i][0]), cases[i][1], name);
	}
	for (int i = 0; i < 300; i++)
		strbuf_puts(&deep, "/absent");
	is_text(real(image, arena, strbuf_text(&deep)), "3",
		"rootfs: a path of hundreds of parts is refused");
}

static void test_clean(void)
{
	auto_arena struct arena *arena = arena_new();

	is_text(rootfs_clean_path("/a//b/./c/../d/", arena), "/a/b/d", "rootfs: a path is cleaned");
	is_text(rootfs_clean_path("../..", arena), "/", "rootfs: nothing lies above the root");
	ok(rootfs_is_below("/a/b", "/a") && rootfs_is_below("/a", "/a") &&
		   rootfs_is_below("/a", "/") && !rootfs_is_below("/ab", "/a") &&
		   !rootfs_is_below("/", "/a"),
	   "rootfs: below means by whole names");
}

static void test_resolve(const struct image *image)
{
	struct error e = { 0 };
	auto_close int fd = -1, outside = -1;
	struct stat st, host;

	ok(rootfs_resolve(&fd, image->fd, "/up/passwd", &e) == 0 && fstat(fd, &st) == 0 &&
		   stat("/etc/passwd", &host) == 0 && st.st_ino != host.st_ino,
	   "rootfs: a link with many .. stays inside the image");
	ok(rootfs_resolve(&outside, image->fd, "/absent", &e) < 0 && e.sys_errno == ENOENT,
	   "rootfs: what is absent says so");
	ok(rootfs_resolve(&outside, image->fd, "/loop", &e) < 0 && e.sys_errno == ELOOP,
	   "rootfs: a loop of links says so");
}

static bool reads(const struct image *image, const char *path, size_t limit, struct error *e)
{
	auto_arena struct arena *arena = arena_new();
	const char *text;
	size_t len;

	*e = (struct error){ 0 };
	return rootfs_read(&text, &len, image->fd, path, limit, arena, e) == 0;
}

static void test_read(const struct image *image)
{
	struct error e;

	ok(reads(image, "/etc/passwd", 4096, &e), "rootfs: a file is read");
	ok(!reads(image, "/etc/passwd", 8, &e) && e.kind == ERR_SPEC,
	   "rootfs: a file above the limit is refused");
	ok(mkfifoat(image->fd, "fifo", 0644) == 0 && !reads(image, "/fifo", 4096, &e) &&
		   e.kind == ERR_SPEC,
	   "rootfs: a FIFO is refused and not waited for");
	ok(!reads(image, "/etc", 4096, &e) && e.kind == ERR_SPEC, "rootfs: a directory is refused");
	if (mknodat(image->fd, "null", S_IFCHR | 0666, makedev(1, 3)) == 0)
		ok(!reads(image, "/null", 4096, &e) && e.kind == ERR_SPEC,
		   "rootfs: a device is refused without opening it");
	image_link(image, "shadow", "../../../../../../etc/shadow");
	ok(!reads(image, "/shadow", 4096, &e) && e.sys_errno == ENOENT,
	   "rootfs: a link to the host's /etc/shadow leads to the image's own");
}

static void test_passwd(const struct image *image)
{
	auto_arena struct arena *arena = arena_new();
	auto_close int empty = openat(image->fd, "run", O_PATH | O_CLOEXEC);
	struct passwd_entry entry = { 0 };
	struct group_set set;
	struct error e = { 0 };

	ok(passwd_by_name(&entry, image->fd, "postgres", arena, &e) == 1 && entry.uid == 999 &&
		   text_equal(entry.home, "/var/lib/postgresql"),
	   "passwd: the first line of a name counts");
	ok(passwd_by_name(&entry, image->fd, "postgre", arena, &e) == 0 &&
		   passwd_by_name(&entry, image->fd, "postgresql", arena, &e) == 0 &&
		   passwd_by_name(&entry, image->fd, "broken line", arena, &e) == 0,
	   "passwd: part of a name is no name, and a broken line none at all");
	ok(passwd_by_uid(&entry, image->fd, 65532, arena, &e) == 1 &&
		   text_equal(entry.home, "/home/nonroot"),
	   "passwd: a number is found");
	ok(group_read(&set, image->fd, "root", arena, &e) == 0 && set.is_in[6] && set.is_in[1] &&
		   !set.is_in[10],
	   "passwd: groups of a member are read");
	ok(group_read(&set, image->fd, NULL, arena, &e) == 0 && set.is_in[10] && !set.is_in[11],
	   "passwd: all groups are read");
	ok(group_read(&set, image->fd, "roo", arena, &e) == 0 && !set.is_in[6],
	   "passwd: part of a member is no member");
	ok(group_read(&set, empty, NULL, arena, &e) == 0 && !set.is_in[0],
	   "passwd: an image without /etc/group has no groups");
}

static void test_content(const struct image *image)
{
	auto_arena struct arena *arena = arena_new();
	auto_close int fd = -1;

	image_dir(image, "content", 0755);
	image_dir(image, "content/sub", 0755);
	image_file(image, "content/sub/file", "text");
	image_link(image, "content/link", "/etc");
	fd = openat(image->fd, "content", O_PATH | O_CLOEXEC);
	is_text(rootfs_content_fault(fd, 65536, arena), NULL,
		"content: files and links can be kept");
	is_text(rootfs_content_fault(fd, 4096, arena), "it is larger than the tmpfs",
		"content: what does not fit is said");
	(void)mkfifoat(image->fd, "content/sub/fifo", 0644);
	is_text(rootfs_content_fault(fd, 65536, arena), "it holds a FIFO, a socket or a device",
		"content: a FIFO is said");
}

int main(void)
{
	struct image image;

	if (image_make(&image)) {
		test_open(&image);
		test_real_path(&image);
		test_clean();
		test_resolve(&image);
		test_read(&image);
		test_passwd(&image);
		test_content(&image);
	}
	image_end(&image);
	return done_testing();
}
