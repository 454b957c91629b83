/* SPDX-License-Identifier: GPL-2.0 */
/* The classes of devices, and what can be done with an fd of each: a table. */
#ifndef LIB_DEVICE_H
#define LIB_DEVICE_H

#include <stdatomic.h>
#include <stddef.h>

#include "event.h"

enum hold_kind {
	HOLD_IDLE, HOLD_POLL, HOLD_READ, HOLD_IOCTL, HOLD_BUSY, HOLD_SHARED,
	HOLD_NESTED,
	/* Every class has those that follow, or has them for its poll or read. */
	HOLD_OPEN, HOLD_DUP, HOLD_SCM, HOLD_FORK, HOLD_EPOLL, HOLD_URING_POLL,
	HOLD_URING_READ, HOLD_CLOSE, HOLD_KINDS
};

struct op_args {
	int fd;
	unsigned int sleep_ms;		/* of a call that can be ended early */
	unsigned int busy_ms;		/* of one that can't */
	const atomic_bool *interrupted;	/* ends a series of them */
};

struct op {
	const char *op;		/* NULL: there is none */
	const char *name;
	void (*run)(struct call *c, const struct op_args *args);
	long nr;		/* the system call that a blocking op waits in */
	const void *arg0;	/* its first argument, if not the fd */
};

struct device_class {
	const char *name;
	const struct op *derive;	/* its result is the fd to hold; may be NULL */
	const struct op *use;		/* must not block; ends with op NULL */
	const struct op *prepare;	/* once, before blocking; may be NULL */
	const struct op *beside;	/* the short call of HOLD_SHARED */
	short poll_events;		/* 0: POLLIN */
	struct op block[HOLD_KINDS];
};

/* Each ends with name NULL. */
extern const struct device_class input_classes[], clock_classes[],
	media_classes[], iio_classes[], file_classes[], cros_ec_classes[],
	tpm_classes[], misc_classes[];

/* For the one class of this process; NULL: there is none of that name. */
const struct device_class *device_class_find(const char *name);
void op_run(const struct op *op, const char *phase,
	    const struct op_args *args);

#endif /* LIB_DEVICE_H */
