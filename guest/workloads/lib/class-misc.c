// SPDX-License-Identifier: GPL-2.0
/* The node of a PCI endpoint test: a misc device with ioctls only. */
#include "op.h"

/* include/uapi/linux/pcitest.h, which is not installed everywhere */
#define PCITEST_GET_IRQTYPE _IO('P', 0x9)

/* Asks nothing of the device: it only takes the driver's lock and looks. */
static void run_get_irq_type(struct call *c, const struct op_args *args)
{
	call_start(c);
	call_stop(c, ioctl(args->fd, PCITEST_GET_IRQTYPE));
}

static const struct op endpoint_use[] = {
	{ .op = "ioctl", .name = "PCITEST_GET_IRQTYPE",
	  .run = run_get_irq_type },
	{ .op = NULL },
};

const struct device_class misc_classes[] = {
	{ .name = "misc", .use = endpoint_use },
	{ .name = NULL },
};
