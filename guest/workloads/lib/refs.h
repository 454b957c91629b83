/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Other ways to have a file open than by the number that open() gave: a second
 * number, a message that nobody has received, a process that was forked.
 */
#ifndef LIB_REFS_H
#define LIB_REFS_H

#include "device.h"

/*
 * Makes the reference of @kind beside @fd, or in place of it. The fd to hold
 * from now on; -1 when it is on its way; -2 with errno when that failed.
 */
int refs_begin(enum hold_kind kind, int fd);
/* What was on its way is received; -1 with errno when there is nothing. */
int refs_receive(void);
/* A further number of the same file, once; -1 when there is none. */
int refs_second(void);
/* A process that holds it ends, and its last reference goes with it. */
void refs_end_child(void);

#endif /* LIB_REFS_H */
