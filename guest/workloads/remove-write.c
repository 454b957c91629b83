// SPDX-License-Identifier: GPL-2.0
/*
 * Asks for a removal by one write to a sysfs or configfs file, and tells when
 * it was asked for and when the kernel came back. The kernel calls remove() of
 * the driver in this very task, so its pid (in the event "start", before any of
 * it) is the one to look at when the removal hangs.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "lib/event.h"

#define USAGE "remove-write --file PATH --value TEXT [--gone PATH]"

/* For a removal that nobody who holds something can see: is it gone? */
static void look_for(const char *gone)
{
	struct call c;

	call_begin(&c, "removal", "gone", gone, -1);
	call_start(&c);
	if (access(gone, F_OK)) {
		call_stop(&c, 0);
	} else {
		errno = EEXIST;
		call_stop(&c, -1);
	}
	call_end(&c);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "file", required_argument, NULL, 'f' },
		{ "value", required_argument, NULL, 'v' },
		{ "gone", required_argument, NULL, 'g' },
		{ NULL },
	};
	const char *file = NULL, *value = NULL, *gone = NULL;
	struct event e;
	struct call c;
	int opt, fd;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'f')
			file = optarg;
		else if (opt == 'v')
			value = optarg;
		else if (opt == 'g')
			gone = optarg;
		else
			event_usage("unknown option", USAGE);
	}
	if (!file || !value || optind != argc)
		event_usage("--file and --value are needed", USAGE);

	event_begin(&e, "start");
	event_int(&e, "pid", getpid());
	event_text(&e, "file", file);
	event_text(&e, "value", value);
	event_send(&e);

	call_begin(&c, "removal", "open", NULL, -1);
	call_start(&c);
	call_stop(&c, open(file, O_WRONLY | O_CLOEXEC));
	call_end(&c);
	fd = c.ret;
	if (fd >= 0) {
		call_begin(&c, "removal", "write", NULL, fd);
		call_start(&c);
		call_stop(&c, write(fd, value, strlen(value)));
		call_end(&c);
	}
	if (gone)
		look_for(gone);
	/* The errno is the finding, not a fault of this program. */
	event_end(0);
}
