// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "beside.h"

enum { PAUSE_NS = 3000000, LOOK_NS = 1000000 };

static struct op_args args;
static atomic_bool started, stopped;
static atomic_ulong returned;
static atomic_int last_errno;

/* Goes on after the device is gone: what matters is that it keeps asking. */
static void *beside_main(void *arg)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	const struct op *op = arg;
	struct call c;

	while (!stopped) {
		op->run(&c, &args);
		last_errno = c.err;
		returned++;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

int beside_start(const struct op *op, const struct op_args *with)
{
	pthread_t thread;
	int err;

	args = *with;
	err = pthread_create(&thread, NULL, beside_main, (void *)op);
	if (err)
		return err;
	pthread_detach(thread);
	started = true;
	return 0;
}

bool beside_wait(unsigned long calls, long ms)
{
	const struct timespec pause = { .tv_nsec = LOOK_NS };
	long long end = clock_ns() + ms * 1000000LL;

	while (returned < calls) {
		if (clock_ns() >= end)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

void beside_stop(void)
{
	stopped = true;
}

void event_beside(struct event *e)
{
	if (!started)
		return;
	event_int(e, "besideCalls", returned);
	event_errno(e, "besideErrno", last_errno);
}
