// SPDX-License-Identifier: GPL-2.0
/* Files of sysfs and debugfs behind which a device is. */
#include <unistd.h>

#include "op.h"

/* From the beginning: what was read before, it would not read again. */
static void run_pread(struct call *c, const struct op_args *args)
{
	char buf[8];

	call_start(c);
	call_stop(c, pread(args->fd, buf, sizeof(buf), 0));
}

static void run_write(struct call *c, const struct op_args *args)
{
	call_start(c);
	call_stop(c, write(args->fd, "1", 1));
}

static const struct op nvmem_use[] = {
	{ .op = "read", .run = run_pread },
	{ .op = NULL },
};

/*
 * An open file has its value read once only, and from then on repeats it
 * (fs/libfs.c, simple_attr_read()): a read says nothing of what became of it.
 */
static const struct op gpio_consumer_use[] = {
	{ .op = "write", .run = run_write },
	{ .op = NULL },
};

const struct device_class file_classes[] = {
	{ .name = "nvmem", .use = nvmem_use },
	{ .name = "gpio-consumer", .use = gpio_consumer_use },
	{ .name = NULL },
};
