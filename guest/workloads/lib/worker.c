// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "event.h"
#include "worker.h"

enum { WORKERS = 16, LOOK_MS = 20 };

static struct worker workers[WORKERS];
static int n_workers;
static pthread_mutex_t worker_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t worker_changed;

void workers_init(void)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&worker_changed, &attr);
}

struct timespec deadline_in(long ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += ms / 1000;
	ts.tv_nsec += ms % 1000 * 1000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000;
	}
	return ts;
}

bool is_past(const struct timespec *deadline)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > deadline->tv_sec ||
	       (now.tv_sec == deadline->tv_sec &&
		now.tv_nsec >= deadline->tv_nsec);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;

	pthread_mutex_lock(&worker_lock);
	w->tid = gettid();
	pthread_cond_broadcast(&worker_changed);
	pthread_mutex_unlock(&worker_lock);
	w->run();
	pthread_mutex_lock(&worker_lock);
	w->finished = true;
	pthread_cond_broadcast(&worker_changed);
	pthread_mutex_unlock(&worker_lock);
	return NULL;
}

/* The slot of one that came back is free again, unless it is to be kept. */
static struct worker *worker_slot(void)
{
	for (int i = 0; i < n_workers; i++)
		if (!workers[i].kept && workers[i].finished)
			return &workers[i];
	return n_workers < WORKERS ? &workers[n_workers++] : NULL;
}

struct worker *worker_start(void (*run)(void), bool kept)
{
	struct worker *w;
	pthread_t thread;
	int err = EAGAIN;

	pthread_mutex_lock(&worker_lock);
	w = worker_slot();
	if (w) {
		*w = (struct worker){ .run = run, .kept = kept };
		err = pthread_create(&thread, NULL, worker_main, w);
	}
	if (err) {
		if (w)
			w->finished = true;
		pthread_mutex_unlock(&worker_lock);
		event_fault("no thread for this", err);
		return NULL;
	}
	pthread_detach(thread);
	while (!w->tid)
		pthread_cond_wait(&worker_changed, &worker_lock);
	pthread_mutex_unlock(&worker_lock);
	return w;
}

static bool is_gone(const struct worker *w)
{
	return !w->finished && syscall(SYS_tgkill, getpid(), w->tid, 0) < 0;
}

bool worker_gone(struct worker *w)
{
	bool gone;

	pthread_mutex_lock(&worker_lock);
	gone = is_gone(w);
	pthread_mutex_unlock(&worker_lock);
	return gone;
}

bool worker_wait(struct worker *w, long ms)
{
	struct timespec deadline = deadline_in(ms), next;
	bool finished;

	pthread_mutex_lock(&worker_lock);
	while (!w->finished && !is_past(&deadline) && !is_gone(w)) {
		next = deadline_in(LOOK_MS);
		pthread_cond_timedwait(&worker_changed, &worker_lock, &next);
	}
	finished = w->finished;
	pthread_mutex_unlock(&worker_lock);
	return finished;
}

struct worker *worker_nth(int n)
{
	return n < n_workers ? &workers[n] : NULL;
}
