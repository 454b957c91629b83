/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The other user of a shared fd: a thread that makes one short call after
 * another while a long one of the hold is in flight.
 */
#ifndef LIB_BESIDE_H
#define LIB_BESIDE_H

#include "device.h"

/* 0, or the errno of starting the thread. */
int beside_start(const struct op *op, const struct op_args *args);
/* Until @calls of them came back since the start; false when the time is up. */
bool beside_wait(unsigned long calls, long ms);
/* No new call; one that is stuck in the kernel is not waited for. */
void beside_stop(void);
/* How many came back, and the last one's errno; nothing if never started. */
void event_beside(struct event *e);

#endif /* LIB_BESIDE_H */
