// SPDX-License-Identifier: GPL-2.0
/*
 * Gives the SSH server a virtio-serial port for its one connection. dropbear
 * wants to know its peer's address (getpeername() in its netio.c) and ends when
 * descriptor 0 is no socket, so it gets one end of a pair, and what comes on the
 * other end is copied to the port and back.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT, SERVER, COUNT };

/* The console is where somebody looks when SSH is gone. */
static void say(const char *what, int number)
{
	char line[128];
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	int len = snprintf(line, sizeof(line), "<4>unplug: ssh-port: %s (%d)\n",
			   what, number);

	if (fd >= 0 && write(fd, line, len) != len)
		close(fd);
}

static bool write_all(int fd, const char *buf, ssize_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		buf += n;
		len -= n;
	}
	return true;
}

/* Copies both ways until one of them ends. */
static void copy(const int *fds)
{
	static char buf[32768];
	struct pollfd polls[COUNT] = {
		[PORT] = { .fd = fds[PORT], .events = POLLIN },
		[SERVER] = { .fd = fds[SERVER], .events = POLLIN },
	};

	for (;;) {
		if (poll(polls, COUNT, -1) < 0 && errno != EINTR)
			return;
		for (int from = 0; from < COUNT; from++) {
			ssize_t n;

			if (!polls[from].revents)
				continue;
			n = read(fds[from], buf, sizeof(buf));
			if (n < 0 && (errno == EINTR || errno == EAGAIN))
				continue;
			if (n <= 0 || !write_all(fds[!from], buf, n))
				return;
		}
	}
}

int main(int argc, char **argv)
{
	int pair[2], fds[COUNT], status;
	pid_t server;

	if (argc < 3) {
		fprintf(stderr, "usage: ssh-port PORT SERVER [ARGUMENT...]\n");
		return 64;
	}
	fds[PORT] = open(argv[1], O_RDWR | O_CLOEXEC);
	if (fds[PORT] < 0) {
		say("the port can't be opened", errno);
		return 1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		say("no socket pair", errno);
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	server = fork();
	if (server < 0) {
		say("no process for the server", errno);
		return 1;
	}
	if (!server) {
		signal(SIGPIPE, SIG_DFL);
		dup2(pair[0], STDIN_FILENO);
		execv(argv[2], argv + 2);
		_exit(127);
	}
	close(pair[0]);
	fds[SERVER] = pair[1];
	copy(fds);
	close(fds[SERVER]);
	if (waitpid(server, &status, 0) == server)
		say("the SSH server ended, status", status);
	return 0;
}
