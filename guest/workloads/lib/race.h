/* SPDX-License-Identifier: GPL-2.0 */
/* Threads that open, use and close a device all the time, while it goes. */
#ifndef LIB_RACE_H
#define LIB_RACE_H

#include "device.h"

/*
 * Each thread keeps @pool files open and replaces the oldest one after the
 * other: one makes it a race of open(), many a race of the last close.
 * 0, or an errno.
 */
int race_start(const struct device_class *class, const char *dev,
	       unsigned int pool);
/* Until every thread went round @rounds times; false when the time is up. */
bool race_wait(unsigned long rounds, long ms);
/*
 * All files are closed. False when a thread does not come back within @ms: its
 * call is sent as one that did not return.
 */
bool race_stop(long ms);
/* What the calls gave: one "raced" event for each call and error. */
void race_send(void);

#endif /* LIB_RACE_H */
