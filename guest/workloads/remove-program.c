// SPDX-License-Identifier: GPL-2.0
/*
 * Ends the program that plays a device. Its open file is copied before, so that
 * the last close of that is made here, and the kernel's release() runs in this
 * task: it is the one to look at when the removal hangs.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/event.h"
#include "lib/steal.h"

enum { EXIT_WAIT_MS = 10000 };

int main(int argc, char **argv)
{
	struct pollfd exited = { .events = POLLIN };
	struct steal s;
	struct event e;
	struct call c;

	steal_parse(argc, argv, "remove-program --pid PID --fd FD", &s);
	event_begin(&e, "start");
	event_int(&e, "pid", getpid());
	event_send(&e);
	exited.fd = s.pidfd;
	if (syscall(SYS_pidfd_send_signal, s.pidfd, SIGKILL, NULL, 0) ||
	    poll(&exited, 1, EXIT_WAIT_MS) != 1) {
		event_fault("the program does not end", errno);
		event_end(EXIT_FAULT);
	}
	call_begin(&c, "removal", "close", NULL, s.fd);
	call_start(&c);
	call_stop(&c, close(s.fd));
	call_end(&c);
	event_end(0);
}
