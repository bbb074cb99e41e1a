/*
 * A bundle with a small image in a directory of its own, for tests that look into a root file
 * system. image_make() builds it, image_end() removes it; paths below are relative to the image.
 */
#ifndef MANTLET_IMAGE_H
#define MANTLET_IMAGE_H

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trial.h"

struct image {
	char dir[64]; /* holds "bundle", which holds "rootfs" */
	char bundle[80];
	int bundle_fd;
	int fd; /* of rootfs */
};

static inline void image_dir(const struct image *image, const char *path, mode_t mode)
{
	if (mkdirat(image->fd, path, 0755) || fchmodat(image->fd, path, mode, 0))
		printf("# cannot make directory %s\n", path);
}

static inline void image_file(const struct image *image, const char *path, const char *text)
{
	auto_close int fd = openat(image->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || fd_write_all(fd, text, strlen(text)))
		printf("# cannot write %s\n", path);
}

static inline void image_link(const struct image *image, const char *path, const char *target)
{
	if (symlinkat(target, image->fd, path))
		printf("# cannot link %s\n", path);
}

static inline bool image_make(struct image *image)
{
	*image = (struct image){ .dir = "/tmp/mantlet-image-XXXXXX", .bundle_fd = -1, .fd = -1 };
	if (!mkdtemp(image->dir))
		return ok(false, "a directory for the image is made");
	(void)snprintf(image->bundle, sizeof(image->bundle), "%s/bundle", image->dir);
	if (mkdir(image->bundle, 0755))
		return ok(false, "a bundle is made");
	image->bundle_fd = open(image->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mkdirat(image->bundle_fd, "rootfs", 0755))
		return ok(false, "an image is made");
	image->fd = openat(image->bundle_fd, "rootfs", O_PATH | O_DIRECTORY | O_CLOEXEC);

	image_dir(image, "etc", 0755);
	image_dir(image, "tmp", 01777);
	image_dir(image, "run", 0755);
	image_dir(image, "var", 0755);
	image_dir(image, "var/tmp", 01777);
	image_link(image, "var/run", "/run");
	image_file(image, "etc/passwd",
		   "root:x:0:0:root:/root:/bin/sh\n"
		   "broken line\n"
		   "postgres:x:999:999::/var/lib/postgresql:/bin/sh\n"
		   "zero:x:0:0::/:/bin/sh\n"
		   "rootgroup:x:1000:0::/home/rootgroup:/bin/sh\n"
		   "nonroot:x:65532:65532::/home/nonroot:/bin/sh\n"
		   "postgres:x:0:0::/:/bin/sh\n");
	image_file(image, "etc/group",
		   "root:x:0:root\nbin:x:1:root,daemon\ndisk:x:6:root\nwheel:x:10:\n");
	return true;
}

/* The trial's document is the config.json of this bundle. */
static inline void image_use(const struct image *image, struct trial *t)
{
	t->facts.bundle = image->bundle;
	t->facts.bundle_fd = image->bundle_fd;
	t->facts.host_memory = UINT64_C(8) * 1024 * 1024 * 1024;
}

static inline int image_remove(const char *path, const struct stat *st, int kind,
			       struct FTW *position)
{
	(void)st;
	(void)kind;
	(void)position;
	return remove(path);
}

static inline void image_end(struct image *image)
{
	close_fd_at(&image->fd);
	close_fd_at(&image->bundle_fd);
	(void)nftw(image->dir, image_remove, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
