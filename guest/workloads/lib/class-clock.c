// SPDX-License-Identifier: GPL-2.0
/* Classes of devices that keep time. */
#include <linux/pps.h>
#include <linux/rtc.h>
#include <linux/watchdog.h>

#include "op.h"

DEFINE_IOCTL(run_rtc_time, RTC_RD_TIME, struct rtc_time, 0)
DEFINE_IOCTL(run_watchdog_info, WDIOC_GETSUPPORT, struct watchdog_info, 0)
DEFINE_IOCTL(run_watchdog_ping, WDIOC_KEEPALIVE, int, 0)
DEFINE_IOCTL(run_pps_params, PPS_GETPARAMS, struct pps_kparams, 0)
DEFINE_IOCTL(run_pps_mode, PPS_GETCAP, int, 0)

static const struct op rtc_use[] = {
	{ .op = "ioctl", .name = "RTC_RD_TIME", .run = run_rtc_time },
	{ .op = "poll", .run = run_poll },
	{ .op = "read", .run = run_read },
	{ .op = NULL },
};

static const struct op watchdog_use[] = {
	{ .op = "ioctl", .name = "WDIOC_GETSUPPORT", .run = run_watchdog_info },
	{ .op = "ioctl", .name = "WDIOC_KEEPALIVE", .run = run_watchdog_ping },
	{ .op = NULL },
};

static const struct op pps_use[] = {
	{ .op = "ioctl", .name = "PPS_GETPARAMS", .run = run_pps_params },
	{ .op = "ioctl", .name = "PPS_GETCAP", .run = run_pps_mode },
	{ .op = NULL },
};

const struct device_class clock_classes[] = {
	{
		.name = "rtc",
		.use = rtc_use,
		.block = {
			[HOLD_POLL] = BLOCKING_POLL,
			[HOLD_READ] = BLOCKING_READ,
		},
	},
	{ .name = "watchdog", .use = watchdog_use },
	{ .name = "pps", .use = pps_use },
	{ .name = NULL },
};
