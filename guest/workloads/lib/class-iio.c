// SPDX-License-Identifier: GPL-2.0
/* Classes of Industrial I/O: the buffer behind the node, and the events. */
#include "op.h"

/* Not among the headers for userspace: include/linux/iio/events.h */
#define IIO_GET_EVENT_FD_IOCTL _IOR('i', 0x90, int)

static void run_iio_event_fd(struct call *c, const struct op_args *args)
{
	int fd = -1, ret;

	call_start(c);
	ret = ioctl(args->fd, IIO_GET_EVENT_FD_IOCTL, &fd);
	call_stop(c, ret < 0 ? ret : fd);
}

static const struct op iio_derive = {
	.op = "ioctl", .name = "IIO_GET_EVENT_FD_IOCTL",
	.run = run_iio_event_fd,
};

static const struct op iio_use[] = {
	{ .op = "poll", .run = run_poll },
	{ .op = "read", .run = run_read },
	{ .op = NULL },
};

const struct device_class iio_classes[] = {
	{
		.name = "iio",
		.use = iio_use,
		.block = {
			[HOLD_POLL] = BLOCKING_POLL,
			[HOLD_READ] = BLOCKING_READ,
		},
	}, {
		.name = "iio-event",
		.derive = &iio_derive,
		.use = iio_use,
		.block = {
			[HOLD_POLL] = BLOCKING_POLL,
			[HOLD_READ] = BLOCKING_READ,
		},
	},
	{ .name = NULL },
};
