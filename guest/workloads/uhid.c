// SPDX-License-Identifier: GPL-2.0
/*
 * The other end of a HID device of software: makes one through /dev/uhid and
 * goes on in the background to answer for it. What it prints are facts of a
 * plug script: which process has the device, and by which of its fds, for
 * remove-uhid to take it away through the same open file.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <linux/uhid.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/event.h"

#define USAGE "uhid {gamepad|sensor}"

/* HID 1.11, 6.2.2: eight buttons of a gamepad, one bit each. */
static const __u8 gamepad[] = {
	0x05, 0x01,		/* Usage Page (Generic Desktop) */
	0x09, 0x05,		/* Usage (Gamepad) */
	0xa1, 0x01,		/* Collection (Application) */
	0x05, 0x09,		/*   Usage Page (Button) */
	0x19, 0x01,		/*   Usage Minimum (1) */
	0x29, 0x08,		/*   Usage Maximum (8) */
	0x15, 0x00,		/*   Logical Minimum (0) */
	0x25, 0x01,		/*   Logical Maximum (1) */
	0x75, 0x01,		/*   Report Size (1) */
	0x95, 0x08,		/*   Report Count (8) */
	0x81, 0x02,		/*   Input (Data, Variable, Absolute) */
	0xc0,			/* End Collection */
};

/* HID sensor usages, 4.2.8: a sensor of the custom type, as hid-sensor-custom has. */
static const __u8 sensor[] = {
	0x05, 0x20,		/* Usage Page (Sensors) */
	0x09, 0xe1,		/* Usage (Other: Custom) */
	0xa1, 0x00,		/* Collection (Physical) */
	0x0a, 0x0e, 0x03,	/*   Usage (Property: Report Interval) */
	0x15, 0x00,		/*   Logical Minimum (0) */
	0x25, 0x7f,		/*   Logical Maximum (127) */
	0x75, 0x08,		/*   Report Size (8) */
	0x95, 0x01,		/*   Report Count (1) */
	0xb1, 0x02,		/*   Feature (Data, Variable, Absolute) */
	0x0a, 0x44, 0x05,	/*   Usage (Data Field: Custom Value 1) */
	0x81, 0x02,		/*   Input (Data, Variable, Absolute) */
	0xc0,			/* End Collection */
};

static void fail(const char *what)
{
	event_fault(what, errno);
	event_end(EXIT_FAULT);
}

static void create(int fd, const char *name, const __u8 *report, size_t size)
{
	struct uhid_event event = {
		.type = UHID_CREATE2,
		.u.create2 = {
			.rd_size = size,
			.bus = BUS_VIRTUAL,
			.vendor = 0x1209,
			.product = 0x0001,
		},
	};

	snprintf((char *)event.u.create2.name, sizeof(event.u.create2.name),
		 "unplug %s", name);
	memcpy(event.u.create2.rd_data, report, size);
	if (write(fd, &event, sizeof(event)) < 0)
		fail("write UHID_CREATE2");
}

/* Its driver waits for an answer to each of these, and to nothing else. */
static void answer(int fd, const struct uhid_event *asked)
{
	struct uhid_event reply = { 0 };

	if (asked->type == UHID_GET_REPORT) {
		reply.type = UHID_GET_REPORT_REPLY;
		reply.u.get_report_reply.id = asked->u.get_report.id;
		reply.u.get_report_reply.err = EIO;
	} else if (asked->type == UHID_SET_REPORT) {
		reply.type = UHID_SET_REPORT_REPLY;
		reply.u.set_report_reply.id = asked->u.set_report.id;
	} else {
		return;
	}
	if (write(fd, &reply, sizeof(reply)) < 0)
		_exit(EXIT_FAULT);
}

/* Until it is killed: a device that was destroyed may yet be closed. */
static void serve(int fd)
{
	struct uhid_event event;
	int null = open("/dev/null", O_RDWR);

	setsid();
	for (int stdio = 0; stdio <= STDERR_FILENO; stdio++)
		dup2(null, stdio);
	while (read(fd, &event, sizeof(event)) > 0)
		answer(fd, &event);
	_exit(0);
}

int main(int argc, char **argv)
{
	int fd;
	pid_t pid;

	if (argc != 2 || (strcmp(argv[1], "gamepad") && strcmp(argv[1], "sensor")))
		event_usage("a kind of device is needed", USAGE);
	fd = open("/dev/uhid", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fail("open /dev/uhid");
	if (strcmp(argv[1], "gamepad"))
		create(fd, argv[1], sensor, sizeof(sensor));
	else
		create(fd, argv[1], gamepad, sizeof(gamepad));
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid)
		serve(fd);
	printf("pid=%d\nfd=%d\n", pid, fd);
	return 0;
}
