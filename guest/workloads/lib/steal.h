/* SPDX-License-Identifier: GPL-2.0 */
/* Open files of another process: a device that a program plays goes with them. */
#ifndef LIB_STEAL_H
#define LIB_STEAL_H

#include <sys/types.h>

struct steal {
	pid_t pid;
	int pidfd;
	int fd;		/* a copy of theirs: the same open file */
};

/* Reads --pid and --fd; ends the program with a usage error or a fault. */
void steal_parse(int argc, char **argv, const char *usage, struct steal *s);

#endif /* LIB_STEAL_H */
