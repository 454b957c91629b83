// SPDX-License-Identifier: GPL-2.0
/* The node of a Chrome OS embedded controller. */
#include <linux/types.h>

#include "op.h"

/* Not among the headers for userspace: linux/platform_data/cros_ec_chardev.h */
struct cros_ec_readmem {
	__u32 offset;
	__u32 bytes;
	__u8 buffer[255];
};

#define CROS_EC_DEV_IOCRDMEM _IOWR(0xEC, 1, struct cros_ec_readmem)
#define CROS_EC_DEV_IOCEVENTMASK _IO(0xEC, 2)

DEFINE_IOCTL(run_readmem, CROS_EC_DEV_IOCRDMEM, struct cros_ec_readmem,
	     .bytes = 1)

/* With a mask, read() waits for events; without, it asks for the version. */
static void run_event_mask(struct call *c, const struct op_args *args)
{
	call_start(c);
	call_stop(c, ioctl(args->fd, CROS_EC_DEV_IOCEVENTMASK, 1L));
}

static const struct op cros_ec_use[] = {
	{ .op = "ioctl", .name = "CROS_EC_DEV_IOCEVENTMASK",
	  .run = run_event_mask },
	{ .op = "ioctl", .name = "CROS_EC_DEV_IOCRDMEM", .run = run_readmem },
	{ .op = "poll", .run = run_poll },
	{ .op = "read", .run = run_read },
	{ .op = NULL },
};

const struct device_class cros_ec_classes[] = {
	{
		.name = "cros-ec",
		.use = cros_ec_use,
		.block = {
			[HOLD_POLL] = BLOCKING_POLL,
			[HOLD_READ] = BLOCKING_READ,
		},
	},
	{ .name = NULL },
};
