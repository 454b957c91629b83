// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a clone of a template ready for its case. Every clone wakes up at the
 * template's wall-clock time and with the template's random generator, so that
 * it would draw the same "random" numbers as all the others; and what belongs
 * to the case can't come with the kernel command line, which was the template's.
 * All of it in one program, which then becomes the next one: each process that
 * is made costs an emulated guest a tenth of a second.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/event.h"

#define USAGE \
	"prepare [--wall-clock-ns N] [--seed HEX] " \
	"[--hung-task-secs N --hung-task-check-secs N] [PROGRAM [ARG]...]"

#define SYSCTL "/proc/sys/kernel/"

enum { SEED_MAX = 256 };

/* -1: not asked for. */
static long wall_clock_ns = -1;
static long hung_task_secs = -1;
static long hung_task_check_secs = -1;

static union {
	struct rand_pool_info info;
	unsigned char room[sizeof(struct rand_pool_info) + SEED_MAX];
} seed;

static bool failed;

/* Told at once, and the other steps are still done, as in guest/init. */
static bool fail(const char *what, int err)
{
	event_fault(what, err);
	failed = true;
	return false;
}

static bool set_wall_clock(void)
{
	const struct timespec ts = {
		.tv_sec = wall_clock_ns / 1000000000,
		.tv_nsec = wall_clock_ns % 1000000000,
	};

	if (clock_settime(CLOCK_REALTIME, &ts))
		return fail("clock_settime CLOCK_REALTIME", errno);
	return true;
}

/*
 * drivers/char/random.c: a write to /dev/urandom only mixes into the input pool
 * (write_pool_user()), from which crng_reseed() takes a new key not before its
 * next turn, after a minute. RNDRESEEDCRNG asks for that turn now, as
 * add_vmfork_randomness() has it where a hypervisor tells that it cloned.
 *
 * The ioctl that mixes credits the bits too. It matters to a template that was
 * frozen before its generator was ready: RNDRESEEDCRNG says ENODATA to that, and
 * a seed of 256 bits makes it ready.
 */
static bool reseed(void)
{
	bool done = false;
	int fd;

	fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail("open /dev/urandom", errno);
	if (ioctl(fd, RNDADDENTROPY, &seed.info))
		fail("ioctl RNDADDENTROPY", errno);
	else if (ioctl(fd, RNDRESEEDCRNG))
		fail("ioctl RNDRESEEDCRNG", errno);
	else
		done = true;
	close(fd);
	return done;
}

static bool put_sysctl(const char *path, long value)
{
	char text[24];
	ssize_t done;
	int fd, n;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(path, errno);
	n = snprintf(text, sizeof(text), "%ld\n", value);
	done = write(fd, text, n);
	if (done != n)
		fail(path, done < 0 ? errno : EIO);
	close(fd);
	return done == n;
}

/* The same three, in the same order, as guest/init has, which says why. */
static bool set_hung_task(void)
{
	bool done;

	done = put_sysctl(SYSCTL "hung_task_timeout_secs", hung_task_secs);
	done &= put_sysctl(SYSCTL "hung_task_check_interval_secs",
			   hung_task_check_secs);
	done &= put_sysctl(SYSCTL "hung_task_warnings", -1);
	return done;
}

/* strtol() alone would let blanks and a sign pass. */
static long parse_time(const char *text)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || !isdigit((unsigned char)text[0]) || *end)
		event_usage("a time is no number", USAGE);
	return value;
}

static void parse_seed(const char *hex)
{
	unsigned char *bytes = (unsigned char *)seed.info.buf;
	size_t digits = strlen(hex);

	if (!digits || digits % 2 ||
	    strspn(hex, "0123456789abcdefABCDEF") != digits)
		event_usage("the seed is not of whole bytes in hex", USAGE);
	if (digits / 2 > SEED_MAX)
		event_usage("the seed is too long", USAGE);
	for (size_t i = 0; i < digits / 2; i++) {
		const char byte[3] = { hex[2 * i], hex[2 * i + 1] };

		bytes[i] = strtoul(byte, NULL, 16);
	}
	seed.info.buf_size = digits / 2;
	seed.info.entropy_count = digits / 2 * 8;
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "wall-clock-ns", required_argument, NULL, 'w' },
		{ "seed", required_argument, NULL, 's' },
		{ "hung-task-secs", required_argument, NULL, 'h' },
		{ "hung-task-check-secs", required_argument, NULL, 'c' },
		{ NULL },
	};
	bool secs, check_secs;
	int opt;

	/* "+": the program's own options are none of ours. */
	while ((opt = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (opt == 'w')
			wall_clock_ns = parse_time(optarg);
		else if (opt == 's')
			parse_seed(optarg);
		else if (opt == 'h')
			hung_task_secs = parse_time(optarg);
		else if (opt == 'c')
			hung_task_check_secs = parse_time(optarg);
		else
			event_usage("unknown option", USAGE);
	}
	secs = hung_task_secs >= 0;
	check_secs = hung_task_check_secs >= 0;
	if (secs != check_secs)
		event_usage("the two times of hung tasks go together", USAGE);
}

int main(int argc, char **argv)
{
	bool wall_clock, reseeded, hung_task;
	struct event e;

	parse(argc, argv);

	/* First what goes stale: the time was read before this was started. */
	wall_clock = wall_clock_ns >= 0 && set_wall_clock();
	reseeded = seed.info.buf_size && reseed();
	hung_task = hung_task_secs >= 0 && set_hung_task();

	event_begin(&e, "prepared");
	event_bool(&e, "wallClock", wall_clock);
	event_bool(&e, "reseeded", reseeded);
	event_bool(&e, "hungTask", hung_task);
	event_send(&e);
	if (!failed && argv[optind]) {
		execv(argv[optind], argv + optind);
		fail(argv[optind], errno);
	}
	event_end(failed ? EXIT_FAULT : 0);
}
