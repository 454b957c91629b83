// SPDX-License-Identifier: GPL-2.0
/* Classes of a HID device. */
#include <linux/hidraw.h>
#include <linux/input.h>

#include "op.h"

DEFINE_IOCTL(run_evdev_id, EVIOCGID, struct input_id, 0)
DEFINE_IOCTL(run_hidraw_info, HIDIOCGRAWINFO, struct hidraw_devinfo, 0)

static const struct op evdev_use[] = {
	{ .op = "ioctl", .name = "EVIOCGID", .run = run_evdev_id },
	{ .op = "poll", .run = run_poll },
	{ .op = "read", .run = run_read },
	{ .op = NULL },
};

static const struct op hidraw_use[] = {
	{ .op = "ioctl", .name = "HIDIOCGRAWINFO", .run = run_hidraw_info },
	{ .op = "poll", .run = run_poll },
	{ .op = "read", .run = run_read },
	{ .op = NULL },
};

/* Has no ioctl. */
static const struct op hid_sensor_use[] = {
	{ .op = "poll", .run = run_poll },
	{ .op = "read", .run = run_read },
	{ .op = NULL },
};

const struct device_class input_classes[] = {
	{
		.name = "evdev",
		.use = evdev_use,
		.block = {
			[HOLD_POLL] = BLOCKING_POLL,
			[HOLD_READ] = BLOCKING_READ,
		},
	}, {
		.name = "hidraw",
		.use = hidraw_use,
		.block = {
			[HOLD_POLL] = BLOCKING_POLL,
			[HOLD_READ] = BLOCKING_READ,
		},
	}, {
		.name = "hid-sensor",
		.use = hid_sensor_use,
		.block = {
			[HOLD_POLL] = BLOCKING_POLL,
			[HOLD_READ] = BLOCKING_READ,
		},
	},
	{ .name = NULL },
};
