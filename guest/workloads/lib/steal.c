// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "event.h"
#include "steal.h"

static int parse(const char *text, const char *usage)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (end == text || *end || value < 0 || value > 1 << 30)
		event_usage("no number", usage);
	return value;
}

void steal_parse(int argc, char **argv, const char *usage, struct steal *s)
{
	static const struct option options[] = {
		{ "pid", required_argument, NULL, 'p' },
		{ "fd", required_argument, NULL, 'f' },
		{ NULL },
	};
	int opt, pid = -1, theirs = -1;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'p')
			pid = parse(optarg, usage);
		else if (opt == 'f')
			theirs = parse(optarg, usage);
		else
			event_usage("unknown option", usage);
	}
	if (pid < 0 || theirs < 0 || optind != argc)
		event_usage("--pid and --fd are needed", usage);
	s->pid = pid;
	s->fd = -1;
	s->pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (s->pidfd >= 0)
		s->fd = syscall(SYS_pidfd_getfd, s->pidfd, theirs, 0);
	if (s->fd < 0) {
		event_fault("the file of the device can't be had", errno);
		event_end(EXIT_FAULT);
	}
}
