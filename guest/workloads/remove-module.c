// SPDX-License-Identifier: GPL-2.0
/*
 * Unloads modules in the order given, and tells for each what the kernel said.
 * EAGAIN from a module that a held file pins is a finding, not a fault of this
 * program; the modules after it are left alone then.
 */
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/event.h"

#define USAGE "remove-module NAME..."

int main(int argc, char **argv)
{
	struct event e;
	struct call c;

	if (argc < 2)
		event_usage("no module", USAGE);
	event_begin(&e, "start");
	event_int(&e, "pid", getpid());
	event_text(&e, "file", argv[argc - 1]);
	event_send(&e);
	for (int i = 1; i < argc; i++) {
		/* The removal is over when the last one is back. */
		call_begin(&c, i < argc - 1 ? "before" : "removal",
			   "delete_module", argv[i], -1);
		call_start(&c);
		call_stop(&c, syscall(SYS_delete_module, argv[i], O_NONBLOCK));
		call_end(&c);
		if (c.ret < 0)
			break;
	}
	event_end(0);
}
