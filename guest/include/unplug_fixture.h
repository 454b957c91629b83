/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the unplug-fixture module and the workload programs agree on.
 *
 * Written like a uapi header: only the __u types, no padding, so that a 32 bit
 * program sees the same layout (the module uses compat_ptr_ioctl()).
 */
#ifndef UNPLUG_FIXTURE_H
#define UNPLUG_FIXTURE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define UNPLUG_FIXTURE_MAGIC	0x756e706cu	/* "unpl" */
#define UNPLUG_FIXTURE_VERSION	1u

/**
 * struct unplug_fixture_info - the answer to UNPLUG_FIXTURE_INFO
 * @magic: UNPLUG_FIXTURE_MAGIC, read from the device structure
 * @version: UNPLUG_FIXTURE_VERSION, read from the device structure
 * @count: ioctls that finished on this device, this one included
 * @available: bytes that a read() would find now
 */
struct unplug_fixture_info {
	__u32 magic;
	__u32 version;
	__u32 count;
	__u32 available;
};

/* 0xf7 is free in Documentation/userspace-api/ioctl/ioctl-number.rst */
#define UNPLUG_FIXTURE_INFO	_IOR(0xf7, 0x00, struct unplug_fixture_info)
#define UNPLUG_FIXTURE_SLEEP	_IOW(0xf7, 0x01, __u32)	/* milliseconds */
#define UNPLUG_FIXTURE_PRODUCE	_IO(0xf7, 0x02)		/* one byte more */
/* As SLEEP, but nothing ends it early: no signal, and no removal. */
#define UNPLUG_FIXTURE_BUSY	_IOW(0xf7, 0x03, __u32)	/* milliseconds */
/* Unbinds the driver from within; only discipline=revocable_nested has it. */
#define UNPLUG_FIXTURE_UNBIND	_IO(0xf7, 0x04)

#endif /* UNPLUG_FIXTURE_H */
