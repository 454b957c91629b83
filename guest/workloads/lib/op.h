/* SPDX-License-Identifier: GPL-2.0 */
/* Operations that several classes share, and short ways to write their own. */
#ifndef LIB_OP_H
#define LIB_OP_H

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "device.h"

extern struct pollfd blocking_pollfd;

void run_read(struct call *c, const struct op_args *args);
void run_poll(struct call *c, const struct op_args *args);
void run_poll_forever(struct call *c, const struct op_args *args);

#define BLOCKING_POLL \
	{ "poll", NULL, run_poll_forever, SYS_ppoll, &blocking_pollfd }
#define BLOCKING_READ \
	{ "read", NULL, run_read, SYS_read, NULL }

/* An ioctl with a pointer to a @type that begins as the initialiser says. */
#define DEFINE_IOCTL(fn, request, type, ...)				\
static void fn(struct call *c, const struct op_args *args)		\
{									\
	type arg = { __VA_ARGS__ };					\
									\
	call_start(c);							\
	call_stop(c, ioctl(args->fd, request, &arg));			\
}

#endif /* LIB_OP_H */
