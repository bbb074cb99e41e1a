/*
 * Where audit events go. A file gets one write(2) with O_APPEND, so that concurrent starts never
 * mix their lines; syslog and journald get one datagram, sent without waiting: a log that is stuck
 * must not stop a container from starting (unless policy says "required").
 */
#include "audit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "fdio.h"
#include "text.h"

/* syslog(3): facility LOG_AUTHPRIV, severity notice or warning. */
#define SYSLOG_AUTHPRIV (10U << 3)
#define SYSLOG_WARNING 4U
#define SYSLOG_NOTICE 5U
#define SEVERITY_REFUSED 6U

#define LOG_DIRECTORY "/var/log/mantlet"
#define LOG_FLAGS (O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* The umask is the caller's, so the mode is set by hand. EEXIST: another start was faster. */
static int create_log(const char *path)
{
	int fd = open(path, LOG_FLAGS | O_CREAT | O_EXCL, 0640);

	/* The default place is ours to make; elsewhere a missing directory is a mistake. */
	if (fd < 0 && errno == ENOENT && text_starts(path, LOG_DIRECTORY "/")) {
		if (mkdir(LOG_DIRECTORY, 0750) == 0)
			(void)chmod(LOG_DIRECTORY, 0750);
		fd = open(path, LOG_FLAGS | O_CREAT | O_EXCL, 0640);
	}
	if (fd >= 0)
		(void)fchmod(fd, 0640);
	else if (errno == EEXIST)
		fd = open(path, LOG_FLAGS);
	return fd;
}

/* Root appends to nothing but a log: a second name could be of another file, and whoever may write
 * to a log may take out what it says. */
static int check_log(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -1;
	if (S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink == 1 &&
	    !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return 0;
	errno = EPERM;
	return -1;
}

static int file_write(const char *path, const char *line, size_t len)
{
	auto_close int fd = open(path, LOG_FLAGS);

	if (fd < 0 && errno == ENOENT)
		fd = create_log(path);
	return fd < 0 || check_log(fd) ? -1 : fd_append_line(fd, line, len);
}

static int datagram_write(const char *path, const char *text, size_t len)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_close int fd = -1;

	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (sendto(fd, text, len, MSG_NOSIGNAL, (const struct sockaddr *)&address,
		   sizeof(address)) < 0)
		return -1;
	return 0;
}

int audit_sink_write(const char *sink, const char *line, size_t len, unsigned int severity)
{
	unsigned int priority = severity >= SEVERITY_REFUSED ? SYSLOG_WARNING : SYSLOG_NOTICE;
	auto_strbuf struct strbuf text = { 0 };

	if (text_starts(sink, "file:"))
		return file_write(sink + strlen("file:"), line, len);

	/* A datagram is a line by itself. */
	if (text_equal(sink, "syslog")) {
		strbuf_printf(&text, "<%u>mantlet: ", SYSLOG_AUTHPRIV | priority);
		strbuf_add(&text, line, len - 1);
		return datagram_write("/dev/log", text.data, text.len);
	}
	if (text_equal(sink, "journald")) {
		/* systemd's native protocol: FIELD=value lines; the line itself ends the last one.
		 */
		strbuf_printf(&text, "SYSLOG_IDENTIFIER=mantlet\nPRIORITY=%u\nMESSAGE=", priority);
		strbuf_add(&text, line, len);
		return datagram_write("/run/systemd/journal/socket", text.data, text.len);
	}
	errno = EINVAL;
	return -1;
}
