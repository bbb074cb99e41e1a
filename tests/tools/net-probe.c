/*
 * Both ends of the packets that tests of the firewall send, in one static program:
 *
 *   net-probe serve ADDRESS PORT [ADDRESS PORT ...]   answer TCP and UDP there until killed
 *   net-probe tcp ADDRESS PORT                        open, refused, silent, or an error's name
 *   net-probe udp ADDRESS PORT SIZE                   the same; SIZE bytes must come back
 *   net-probe packet                                  may this process have an AF_PACKET socket?
 *
 * "refused" came within 500 ms; "silent" is nothing within 600 ms.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_SOCKETS 64
#define PATIENCE 600

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t parse(union address *to, const char *text, const char *port)
{
	memset(to, 0, sizeof(*to));
	if (strchr(text, ':')) {
		to->v6.sin6_family = AF_INET6;
		to->v6.sin6_port = htons((uint16_t)strtoul(port, NULL, 10));
		if (inet_pton(AF_INET6, text, &to->v6.sin6_addr) != 1)
			exit(2);
		return sizeof(to->v6);
	}
	to->v4.sin_family = AF_INET;
	to->v4.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	if (inet_pton(AF_INET, text, &to->v4.sin_addr) != 1)
		exit(2);
	return sizeof(to->v4);
}

static int listen_at(const char *text, const char *port, int type)
{
	union address at;
	socklen_t len = parse(&at, text, port);
	int fd = socket(at.any.sa_family, type | SOCK_CLOEXEC, 0), on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, &at.any, len) < 0 || (type == SOCK_STREAM && listen(fd, 16) < 0)) {
		perror(text);
		exit(1);
	}
	return fd;
}

static void answer(int fd, int is_udp)
{
	static char buf[65536];
	union address from;
	socklen_t len = sizeof(from);
	ssize_t got;
	int peer;

	if (is_udp) {
		got = recvfrom(fd, buf, sizeof(buf), 0, &from.any, &len);
		if (got >= 0)
			(void)!sendto(fd, buf, (size_t)got, 0, &from.any, len);
		return;
	}
	peer = accept(fd, NULL, NULL);
	if (peer >= 0)
		close(peer);
}

static int serve(int argc, char **argv)
{
	struct pollfd fds[MAX_SOCKETS];
	nfds_t count = 0;

	for (int i = 0; i + 1 < argc && count + 2 <= MAX_SOCKETS; i += 2) {
		fds[count].fd = listen_at(argv[i], argv[i + 1], SOCK_STREAM);
		fds[count++].events = POLLIN;
		fds[count].fd = listen_at(argv[i], argv[i + 1], SOCK_DGRAM);
		fds[count++].events = POLLIN;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (poll(fds, count, -1) < 0)
			return 1;
		for (nfds_t i = 0; i < count; i++) {
			if (fds[i].revents & POLLIN)
				answer(fds[i].fd, i % 2 == 1);
		}
	}
}

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int tell(int error, long started)
{
	if (error == 0)
		puts("open");
	else if (error == ETIMEDOUT)
		puts("silent");
	else if (error == ECONNREFUSED || error == EPERM || error == EACCES ||
		 error == EHOSTUNREACH)
		puts(milliseconds() - started < 500 ? "refused" : "refused late");
	else
		puts(strerrorname_np(error));
	return 0;
}

static int try_tcp(const char *text, const char *port)
{
	union address to;
	socklen_t len = parse(&to, text, port), size = sizeof(int);
	int fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	long started = milliseconds();
	int error = 0;

	if (connect(fd, &to.any, len) == 0)
		return tell(0, started);
	if (errno != EINPROGRESS)
		return tell(errno, started);
	if (poll(&wait, 1, PATIENCE) == 0)
		return tell(ETIMEDOUT, started);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return tell(error, started);
}

static int try_udp(const char *text, const char *port, size_t size)
{
	static char buf[65536];
	union address to;
	socklen_t len = parse(&to, text, port);
	int fd = socket(to.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	long started = milliseconds();

	if (connect(fd, &to.any, len) < 0 || send(fd, buf, size, 0) < 0)
		return tell(errno, started);
	if (poll(&wait, 1, PATIENCE) == 0)
		return tell(ETIMEDOUT, started);
	if (recv(fd, buf, sizeof(buf), 0) != (ssize_t)size)
		return tell(errno ? errno : EMSGSIZE, started);
	return tell(0, started);
}

int main(int argc, char **argv)
{
	if (argc > 3 && strcmp(argv[1], "serve") == 0)
		return serve(argc - 2, argv + 2);
	if (argc == 4 && strcmp(argv[1], "tcp") == 0)
		return try_tcp(argv[2], argv[3]);
	if (argc == 5 && strcmp(argv[1], "udp") == 0)
		return try_udp(argv[2], argv[3], strtoul(argv[4], NULL, 10) % 65536);
	if (argc == 2 && strcmp(argv[1], "packet") == 0) {
		int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

		puts(fd < 0 ? strerrorname_np(errno) : "open");
		return 0;
	}
	return 2;
}
