// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "task.h"

ssize_t read_file(const char *path, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int fd;

	buf[0] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while ((n = read(fd, buf + len, size - 1 - len)) > 0)
		len += n;
	close(fd);
	if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return n < 0 ? -1 : (ssize_t)len;
}

static ssize_t read_task(pid_t pid, pid_t tid, const char *file, char *buf,
			 size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", pid, tid, file);
	return read_file(path, buf, size);
}

static unsigned long long status_number(const char *status, const char *key)
{
	const char *at = strstr(status, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

bool task_look(pid_t pid, pid_t tid, struct task_look *look)
{
	char buf[4096], *open, *close, *end;

	memset(look, 0, sizeof(*look));
	look->syscall = -1;
	if (read_task(pid, tid, "stat", buf, sizeof(buf)) <= 0)
		return false;
	/* "PID (comm) S ...", and a comm can have ")" and blanks in it. */
	open = strchr(buf, '(');
	close = strrchr(buf, ')');
	if (!open || !close || close[1] != ' ')
		return false;
	*close = '\0';
	snprintf(look->comm, sizeof(look->comm), "%.63s", open + 1);
	look->state[0] = close[2];

	read_task(pid, tid, "wchan", look->wchan, sizeof(look->wchan));
	/*
	 * fs/proc/base.c:proc_pid_syscall(): "running", or "-1 sp pc" outside
	 * of a system call, or "nr arg0 ... arg5 sp pc".
	 */
	if (read_task(pid, tid, "syscall", buf, sizeof(buf)) > 0 &&
	    buf[0] != 'r') {
		look->syscall = strtol(buf, &end, 10);
		if (look->syscall >= 0)
			look->arg0 = strtoul(end, NULL, 16);
	}
	if (read_task(pid, tid, "status", buf, sizeof(buf)) > 0)
		look->switches =
			status_number(buf, "\nvoluntary_ctxt_switches:") +
			status_number(buf, "\nnonvoluntary_ctxt_switches:");
	return true;
}

void task_stack(pid_t pid, pid_t tid, struct task_stack *stack)
{
	char *save = NULL, *line;

	stack->n = 0;
	if (read_task(pid, tid, "stack", stack->text, sizeof(stack->text)) <= 0)
		return;
	for (line = strtok_r(stack->text, "\n", &save);
	     line && stack->n < TASK_FRAMES;
	     line = strtok_r(NULL, "\n", &save)) {
		/* "[<0>] func+0x1/0x2": the address is always 0 */
		char *func = strstr(line, "] ");

		stack->frames[stack->n++] = func ? func + 2 : line;
	}
}

void event_task(struct event *e, pid_t pid, pid_t tid,
		const struct task_look *look)
{
	struct task_stack stack;

	task_stack(pid, tid, &stack);
	event_text(e, "state", look->state);
	event_text(e, "wchan", look->wchan);
	if (look->syscall < 0)
		event_null(e, "syscall");
	else
		event_int(e, "syscall", look->syscall);
	event_texts(e, "stack", stack.frames, stack.n);
}
