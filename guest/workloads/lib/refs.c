// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "refs.h"

static int second = -1;
static int sockets[2] = { -1, -1 };
static int child_pipe = -1;
static pid_t child;

/* The file stays open as long as the message is not received. */
static int send_away(int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	char byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) ||
	    sendmsg(sockets[0], &msg, 0) < 0 || close(fd))
		return -2;
	return -1;
}

int refs_receive(void)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(sockets[1], &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
		return -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS) {
		errno = ENOMSG;
		return -1;
	}
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
	return fd;
}

/* The child does nothing: its table of open files is what matters. */
static int fork_holder(int fd)
{
	int pipes[2];
	char byte;

	if (pipe(pipes))
		return -2;
	child = fork();
	if (child < 0)
		return -2;
	if (!child) {
		close(pipes[1]);
		while (read(pipes[0], &byte, 1) < 0 && errno == EINTR)
			;
		_exit(0);
	}
	close(pipes[0]);
	child_pipe = pipes[1];
	return fd;
}

int refs_begin(enum hold_kind kind, int fd)
{
	switch (kind) {
	case HOLD_DUP:
		second = dup(fd);
		return second < 0 ? -2 : fd;
	case HOLD_SCM:
		return send_away(fd);
	case HOLD_FORK:
		return fork_holder(fd);
	default:
		return fd;
	}
}

int refs_second(void)
{
	int fd = second;

	second = -1;
	return fd;
}

/* exit_files() comes before the parent is told: kernel/exit.c:do_exit() */
void refs_end_child(void)
{
	struct call c;
	int ret;

	if (!child)
		return;
	call_begin(&c, "close", "close", "exit of the child", -1);
	call_start(&c);
	close(child_pipe);
	do
		ret = waitpid(child, NULL, 0);
	while (ret < 0 && errno == EINTR);
	call_stop(&c, ret == child ? 0 : -1);
	call_end(&c);
	child = 0;
}
