// SPDX-License-Identifier: GPL-2.0
/*
 * Removes the configfs directory that a device was made by. The kernel runs the
 * removal in this very call (fs/configfs/dir.c, configfs_rmdir()), so this is
 * the task to look at when it hangs.
 */
#include <unistd.h>

#include "lib/event.h"

#define USAGE "remove-directory PATH"

int main(int argc, char **argv)
{
	struct event e;
	struct call c;

	if (argc != 2)
		event_usage("a directory is needed", USAGE);
	event_begin(&e, "start");
	event_int(&e, "pid", getpid());
	event_text(&e, "file", argv[1]);
	event_send(&e);
	call_begin(&c, "removal", "rmdir", NULL, -1);
	call_start(&c);
	call_stop(&c, rmdir(argv[1]));
	call_end(&c);
	/* The errno is the finding, not a fault of this program. */
	event_end(0);
}
