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

#define USAGE \
	"remove-write --file PATH --value TEXT [--first-file PATH " \
	"--first-value TEXT] [--then-file PATH --then-value TEXT] [--gone PATH]"

enum part { FIRST, REMOVAL, THEN, PARTS };

/*
 * Only the one in the middle is the removal; "open" and "write" are its names.
 * What belongs to it is told by other ones, so that nobody takes it for that.
 */
static struct {
	const char *open, *write;
	const char *file, *value;
} parts[PARTS] = {
	[FIRST] = { .open = "first-open", .write = "first-write" },
	[REMOVAL] = { .open = "open", .write = "write" },
	[THEN] = { .open = "then-open", .write = "then-write" },
};

static void write_part(enum part part)
{
	struct call c;
	int fd;

	if (!parts[part].file)
		return;
	call_begin(&c, "removal", parts[part].open, NULL, -1);
	call_start(&c);
	call_stop(&c, open(parts[part].file, O_WRONLY | O_CLOEXEC));
	call_end(&c);
	fd = c.ret;
	if (fd < 0)
		return;
	call_begin(&c, "removal", parts[part].write, NULL, fd);
	call_start(&c);
	call_stop(&c, write(fd, parts[part].value, strlen(parts[part].value)));
	call_end(&c);
	close(fd);
}

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
		{ "first-file", required_argument, NULL, 2 * FIRST },
		{ "first-value", required_argument, NULL, 2 * FIRST + 1 },
		{ "file", required_argument, NULL, 2 * REMOVAL },
		{ "value", required_argument, NULL, 2 * REMOVAL + 1 },
		{ "then-file", required_argument, NULL, 2 * THEN },
		{ "then-value", required_argument, NULL, 2 * THEN + 1 },
		{ "gone", required_argument, NULL, 'g' },
		{ NULL },
	};
	const char *gone = NULL;
	struct event e;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'g') {
			gone = optarg;
			continue;
		}
		if (opt < 0 || opt >= 2 * PARTS)
			event_usage("unknown option", USAGE);
		if (opt % 2)
			parts[opt / 2].value = optarg;
		else
			parts[opt / 2].file = optarg;
	}
	for (enum part part = 0; part < PARTS; part++)
		if (!parts[part].file != !parts[part].value)
			event_usage("a file and its value are needed", USAGE);
	if (!parts[REMOVAL].file || optind != argc)
		event_usage("--file and --value are needed", USAGE);

	event_begin(&e, "start");
	event_int(&e, "pid", getpid());
	event_text(&e, "file", parts[REMOVAL].file);
	event_text(&e, "value", parts[REMOVAL].value);
	event_send(&e);

	for (enum part part = 0; part < PARTS; part++)
		write_part(part);
	if (gone)
		look_for(gone);
	/* The errno is the finding, not a fault of this program. */
	event_end(0);
}
