// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "race.h"

enum { THREADS = 2, POOL = 16, TALLIES = 64, PAUSE_NS = 500000,
	LOOK_NS = 1000000 };

struct tally {
	const char *op;
	const char *name;
	int err;
	unsigned long count;
};

struct racer {
	int fds[POOL];
	struct op_args args;
	atomic_ulong rounds;
	const char *_Atomic doing;	/* the call it is in */
	atomic_bool finished;
	pid_t tid;
};

static const struct device_class *class;
static const char *dev;
static unsigned int pool;
static struct racer racers[THREADS];
static atomic_bool stopped;

static struct tally tallies[TALLIES];
static size_t n_tallies;
static unsigned long lost;	/* there was no room to count them */
static pthread_mutex_t tally_lock = PTHREAD_MUTEX_INITIALIZER;

static void count(const char *op, const char *name, int err)
{
	size_t i;

	pthread_mutex_lock(&tally_lock);
	for (i = 0; i < n_tallies; i++)
		if (tallies[i].op == op && tallies[i].name == name &&
		    tallies[i].err == err)
			break;
	if (i == n_tallies && n_tallies < TALLIES)
		tallies[n_tallies++] = (struct tally){ op, name, err, 0 };
	if (i < n_tallies)
		tallies[i].count++;
	else
		lost++;
	pthread_mutex_unlock(&tally_lock);
}

/* Not the mapping: what a signal says can't be told apart between threads. */
static void use(struct racer *r, const struct op *op)
{
	struct call c = { 0 };

	if (!strcmp(op->op, "mmap"))
		return;
	r->doing = op->op;
	op->run(&c, &r->args);
	count(op->op, op->name, c.err);
}

static int race_close(struct racer *r, int fd)
{
	int ret;

	r->doing = "close";
	ret = close(fd);
	count("close", NULL, ret ? errno : 0);
	return -1;
}

static int race_open(struct racer *r)
{
	int fd;

	r->doing = "open";
	fd = open(dev, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	count("open", NULL, fd < 0 ? errno : 0);
	if (fd >= 0 && class->derive) {
		struct call c = { 0 };

		r->args.fd = fd;
		r->doing = class->derive->op;
		class->derive->run(&c, &r->args);
		/* It opens a file, whatever call it is: EBUSY is none of ioctl's. */
		count("open", class->derive->name, c.err);
		race_close(r, fd);
		fd = c.ret < 0 ? -1 : c.ret;
		if (fd >= 0)
			fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
	}
	return fd;
}

static void *race_main(void *arg)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct racer *r = arg;

	r->tid = gettid();
	for (unsigned int i = 0; !stopped; i = (i + 1) % pool) {
		if (r->fds[i] >= 0)
			r->fds[i] = race_close(r, r->fds[i]);
		r->fds[i] = race_open(r);
		if (r->fds[i] >= 0) {
			r->args.fd = r->fds[i];
			for (const struct op *op = class->use; op->op; op++)
				use(r, op);
		}
		r->rounds++;
		/* A thread that never sleeps would starve the removal. */
		nanosleep(&pause, NULL);
	}
	for (unsigned int i = 0; i < pool; i++)
		if (r->fds[i] >= 0)
			r->fds[i] = race_close(r, r->fds[i]);
	r->finished = true;
	return NULL;
}

int race_start(const struct device_class *of, const char *node,
	       unsigned int files)
{
	pthread_t thread;
	int err;

	class = of;
	dev = node;
	pool = files < POOL ? files : POOL;
	for (int i = 0; i < THREADS; i++) {
		struct racer *r = &racers[i];

		memset(r->fds, -1, sizeof(r->fds));
		err = pthread_create(&thread, NULL, race_main, r);
		if (err)
			return err;
		pthread_detach(thread);
	}
	return 0;
}

static bool look_until(bool (*all)(struct racer *r, unsigned long value),
		       unsigned long value, long ms)
{
	const struct timespec pause = { .tv_nsec = LOOK_NS };
	long long end = clock_ns() + ms * 1000000LL;

	for (int i = 0; i < THREADS;) {
		if (all(&racers[i], value)) {
			i++;
			continue;
		}
		if (clock_ns() >= end)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

static bool went_round(struct racer *r, unsigned long rounds)
{
	return r->rounds >= rounds;
}

static bool came_back(struct racer *r, unsigned long value)
{
	(void)value;
	return r->finished;
}

bool race_wait(unsigned long rounds, long ms)
{
	return look_until(went_round, rounds, ms);
}

bool race_stop(long ms)
{
	struct call c;

	stopped = true;
	if (look_until(came_back, 0, ms))
		return true;
	for (int i = 0; i < THREADS; i++)
		if (!racers[i].finished)
			call_begin(&c, "after", racers[i].doing, "racing", -1);
	return false;
}

void race_send(void)
{
	struct event e;

	pthread_mutex_lock(&tally_lock);
	for (size_t i = 0; i < n_tallies; i++) {
		event_begin(&e, "raced");
		event_text(&e, "op", tallies[i].op);
		if (tallies[i].name)
			event_text(&e, "name", tallies[i].name);
		event_errno(&e, "errno", tallies[i].err);
		event_int(&e, "count", tallies[i].count);
		event_send(&e);
	}
	pthread_mutex_unlock(&tally_lock);
	if (lost)
		event_fault("more kinds of results than are counted", 0);
}
