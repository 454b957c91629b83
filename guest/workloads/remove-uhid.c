// SPDX-License-Identifier: GPL-2.0
/*
 * Takes a HID device of software away through the open file that made it, which
 * another process has: a second open() of /dev/uhid would be another device.
 * The kernel unregisters the device in this very write (drivers/hid/uhid.c,
 * uhid_dev_destroy()), so this is the task to look at when the removal hangs.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/uhid.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/event.h"

#define USAGE "remove-uhid --pid PID --fd FD"

static int parse(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (end == text || *end || value < 0 || value > 1 << 30)
		event_usage("no number", USAGE);
	return value;
}

/* -1: see errno. */
static int fd_of(pid_t pid, int fd)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);

	return pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "pid", required_argument, NULL, 'p' },
		{ "fd", required_argument, NULL, 'f' },
		{ NULL },
	};
	/* Only the type is looked at: uhid_char_write() takes what it gets. */
	const __u32 destroy = UHID_DESTROY;
	int opt, fd, pid = -1, theirs = -1;
	struct event e;
	struct call c;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'p')
			pid = parse(optarg);
		else if (opt == 'f')
			theirs = parse(optarg);
		else
			event_usage("unknown option", USAGE);
	}
	if (pid < 0 || theirs < 0 || optind != argc)
		event_usage("--pid and --fd are needed", USAGE);

	event_begin(&e, "start");
	event_int(&e, "pid", getpid());
	event_send(&e);

	fd = fd_of(pid, theirs);
	if (fd < 0) {
		event_fault("the file of the device can't be had", errno);
		event_end(EXIT_FAULT);
	}
	call_begin(&c, "removal", "write", "UHID_DESTROY", fd);
	call_start(&c);
	call_stop(&c, write(fd, &destroy, sizeof(destroy)));
	call_end(&c);
	/* The errno is the finding, not a fault of this program. */
	event_end(0);
}
