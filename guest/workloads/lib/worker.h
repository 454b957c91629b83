/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whatever may get stuck in the kernel runs in a thread of its own, and stays
 * listed: the main thread must be able to answer to the end.
 */
#ifndef LIB_WORKER_H
#define LIB_WORKER_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

struct worker {
	void (*run)(void);
	pid_t tid;		/* 0: not started yet */
	bool finished;
	bool kept;		/* its slot is not for another when it finished */
};

/* Once, before any other. */
void workers_init(void);

/* Deadlines are on CLOCK_MONOTONIC. */
struct timespec deadline_in(long ms);
bool is_past(const struct timespec *deadline);

/* NULL when it could not be started, and then that was told. */
struct worker *worker_start(void (*run)(void), bool kept);
/* Until it finished, or never will, or the time is up. */
bool worker_wait(struct worker *w, long ms);
/* A task that oopsed is ended inside its call: kernel/exit.c:make_task_dead() */
bool worker_gone(struct worker *w);
/* The @n-th that was started; NULL past the last. */
struct worker *worker_nth(int n);

#endif /* LIB_WORKER_H */
