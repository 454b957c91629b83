// SPDX-License-Identifier: GPL-2.0
/*
 * Where are they? State, wait channel and kernel stack of every task of the
 * processes named: to tell a remover stuck in D, which khungtaskd reports, and
 * a user stuck in S, which nothing in the kernel does. With --workers also of
 * every kernel thread that is in D: a cable that comes off is handled by one.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/event.h"
#include "lib/task.h"

#define USAGE "observe [--workers] PID..."

enum { KTHREADD_PID = 2 };

static void send_task(pid_t pid, pid_t tid)
{
	struct task_look look;
	struct event e;
	bool found = task_look(pid, tid, &look);

	event_begin(&e, "task");
	event_int(&e, "pid", pid);
	event_int(&e, "tid", tid);
	if (found) {
		event_text(&e, "comm", look.comm);
		event_task(&e, pid, tid, &look);
	} else {
		event_bool(&e, "gone", true);
	}
	event_send(&e);
}

static void observe(pid_t pid)
{
	struct dirent *entry;
	struct event e;
	char path[32];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir) {
		event_begin(&e, "task");
		event_int(&e, "pid", pid);
		event_bool(&e, "gone", true);
		event_send(&e);
		return;
	}
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			send_task(pid, atoi(entry->d_name));
	closedir(dir);
}

/* The first look is cheap: most threads of the kernel sleep in I or S. */
static bool kthread_in_d(pid_t pid)
{
	char path[32], buf[512], *close;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_file(path, buf, sizeof(buf)) <= 0)
		return false;
	/* "PID (comm) STATE PPID ...", and a comm can have ")" in it. */
	close = strrchr(buf, ')');
	return close && close[1] == ' ' && close[2] == 'D' &&
	       atoi(close + 3) == KTHREADD_PID;
}

static void observe_workers(void)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	if (!dir) {
		event_fault("opendir /proc", errno);
		event_end(EXIT_FAULT);
	}
	while ((entry = readdir(dir))) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && kthread_in_d(pid))
			send_task(pid, pid);
	}
	closedir(dir);
}

int main(int argc, char **argv)
{
	char *end;

	if (argc < 2)
		event_usage("no pid", USAGE);
	for (int i = 1; i < argc; i++) {
		long pid = strtol(argv[i], &end, 10);

		if (!strcmp(argv[i], "--workers")) {
			observe_workers();
			continue;
		}
		if (end == argv[i] || *end || pid < 1 || pid > 1 << 30)
			event_usage("not a pid", USAGE);
		observe(pid);
	}
	event_end(0);
}
