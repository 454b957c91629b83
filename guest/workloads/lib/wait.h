/* SPDX-License-Identifier: GPL-2.0 */
/* Other ways to wait for a file than poll() and read() of it. */
#ifndef LIB_WAIT_H
#define LIB_WAIT_H

#include "device.h"

/*
 * Sets up a wait of @kind for @fd: an epoll set, or a ring with one request.
 * The call that waits; NULL with errno when that failed.
 */
const struct op *wait_begin(enum hold_kind kind, int fd);
/* The set or ring is closed, and what is pending in it ends. */
void wait_end(void);
/* What a class must be able to do for it: HOLD_POLL or HOLD_READ. */
enum hold_kind wait_needs(enum hold_kind kind);

#endif /* LIB_WAIT_H */
