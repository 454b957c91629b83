// SPDX-License-Identifier: GPL-2.0
/*
 * Takes a HID device of software away through the open file that made it, which
 * another process has: a second open() of /dev/uhid would be another device.
 * The kernel unregisters the device in this very write (drivers/hid/uhid.c,
 * uhid_dev_destroy()), so this is the task to look at when the removal hangs.
 */
#include <linux/uhid.h>
#include <unistd.h>

#include "lib/event.h"
#include "lib/steal.h"

int main(int argc, char **argv)
{
	/* Only the type is looked at: uhid_char_write() takes what it gets. */
	const __u32 destroy = UHID_DESTROY;
	struct steal s;
	struct event e;
	struct call c;

	steal_parse(argc, argv, "remove-uhid --pid PID --fd FD", &s);
	event_begin(&e, "start");
	event_int(&e, "pid", getpid());
	event_send(&e);
	call_begin(&c, "removal", "write", "UHID_DESTROY", s.fd);
	call_start(&c);
	call_stop(&c, write(s.fd, &destroy, sizeof(destroy)));
	call_end(&c);
	/* The errno is the finding, not a fault of this program. */
	event_end(0);
}
