// SPDX-License-Identifier: GPL-2.0
/*
 * For a removal that somebody outside asks for, a cable that comes off: tells
 * when the wait began and when the device was gone from sysfs. The kernel calls
 * remove() of the driver in a worker of its own then, so the pid in the event
 * "start" is nobody to look at.
 */
#include <errno.h>
#include <getopt.h>
#include <time.h>
#include <unistd.h>

#include "lib/event.h"

#define USAGE "remove-wait --path PATH"

/* Fine enough for a time stamp, coarse enough to leave the guest its CPU. */
enum { LOOK_MS = 5 };

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "path", required_argument, NULL, 'p' },
		{ NULL },
	};
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };
	const char *path = NULL;
	struct event e;
	struct call c;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt != 'p')
			event_usage("unknown option", USAGE);
		path = optarg;
	}
	if (!path || optind != argc)
		event_usage("--path is needed", USAGE);

	event_begin(&e, "start");
	event_int(&e, "pid", getpid());
	event_text(&e, "file", path);
	event_send(&e);
	/* What was never there can't go: that is no removal. */
	if (access(path, F_OK)) {
		event_fault("the device is not there before its removal", errno);
		event_end(EXIT_FAULT);
	}

	call_begin(&c, "removal", "gone", path, -1);
	call_start(&c);
	while (!access(path, F_OK))
		nanosleep(&pause, NULL);
	call_stop(&c, 0);
	call_end(&c);
	event_end(0);
}
