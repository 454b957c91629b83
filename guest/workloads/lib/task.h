/* SPDX-License-Identifier: GPL-2.0 */
/* What /proc tells of a task: how a task is seen to be blocked, and where. */
#ifndef LIB_TASK_H
#define LIB_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "event.h"

struct task_look {
	char comm[64];
	char state[2];		/* "" when the task is gone */
	char wchan[128];	/* "0" when the task is not blocked */
	long syscall;		/* -1: in none, or running */
	unsigned long arg0;
	unsigned long long switches;
};

enum { TASK_FRAMES = 64 };

struct task_stack {
	size_t n;
	const char *frames[TASK_FRAMES];
	char text[8192];
};

/* The whole file, NUL-terminated and without a last newline; -1: see errno. */
ssize_t read_file(const char *path, char *buf, size_t size);

/* False when there is no such task (any more). */
bool task_look(pid_t pid, pid_t tid, struct task_look *look);
void task_stack(pid_t pid, pid_t tid, struct task_stack *stack);

/* The fields that say where a task is: state, wchan, syscall, stack. */
void event_task(struct event *e, pid_t pid, pid_t tid,
		const struct task_look *look);

#endif /* LIB_TASK_H */
