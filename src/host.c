/*
 * What an event says about the host and the caller: read from the kernel, never invented. The login
 * uid of a container started through dockerd is unset, because the daemon has none: null.
 */
#include "host.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* First line of a small file into BUF; false when there is none. */
static bool first_line(const char *path, char *buf, size_t size)
{
	auto_close int fd = -1;
	ssize_t len;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	len = read(fd, buf, size - 1);
	if (len <= 0)
		return false;
	buf[len] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return buf[0] != '\0';
}

void host_write_identity(struct strbuf *out)
{
	char line[128];

	strbuf_member(out, "name", gethostname(line, sizeof(line)) == 0 ? line : NULL);
	strbuf_puts(out, ",");
	strbuf_member(out, "id", first_line("/etc/machine-id", line, sizeof(line)) ? line : NULL);
	strbuf_puts(out, ",");
	strbuf_member(out, "boot",
		      first_line("/proc/sys/kernel/random/boot_id", line, sizeof(line)) ? line
											: NULL);
}

void host_write_actor(struct strbuf *out)
{
	char line[64], path[64];
	uint64_t loginuid;

	/* (uid_t)-1: nobody logged in on this branch of the process tree; proc(5). */
	if (first_line("/proc/self/loginuid", line, sizeof(line)) &&
	    parse_u64(line, &loginuid) == 0 && loginuid < UINT32_MAX)
		strbuf_printf(out, "\"loginuid\":%llu", (unsigned long long)loginuid);
	else
		strbuf_puts(out, "\"loginuid\":null");
	strbuf_printf(out, ",\"uid\":%u,\"ppid\":%d,", getuid(), getppid());
	(void)snprintf(path, sizeof(path), "/proc/%d/comm", getppid());
	strbuf_member(out, "pcomm", first_line(path, line, sizeof(line)) ? line : NULL);
}
