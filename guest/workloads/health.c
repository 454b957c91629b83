// SPDX-License-Identifier: GPL-2.0
/*
 * Is this kernel still one to run a case on? After an oops a lock may be held
 * for good, so what is asked for is not only words from /proc but deeds: a
 * process made and run to its end and, with --open, a device opened. Both are
 * done in children: this program answers even when they never come back.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/event.h"
#include "lib/task.h"

#define USAGE "health [--true PATH] [--open PATH] [--mark TEXT]"

enum { CHILD_SECONDS = 10 };

/* SIGCHLD is blocked by main(), so it is never missed before the wait. */
static bool child_ok(pid_t child)
{
	long long end = clock_ns() + CHILD_SECONDS * 1000000000LL, left;
	int status;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	while (waitpid(child, &status, WNOHANG) != child) {
		struct timespec ts;

		left = end - clock_ns();
		if (left <= 0)
			return false;
		ts.tv_sec = left / 1000000000;
		ts.tv_nsec = left % 1000000000;
		sigtimedwait(&set, NULL, &ts);
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool can_run(const char *path)
{
	pid_t child = fork();

	if (child < 0)
		return false;
	if (!child) {
		execl(path, path, NULL);
		_exit(127);
	}
	return child_ok(child);
}

static bool can_open(const char *path)
{
	pid_t child = fork();

	if (child < 0)
		return false;
	if (!child)
		_exit(open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC) < 0);
	return child_ok(child);
}

/*
 * kernel/locking/lockdep.c turns itself off for good at its first report: what
 * is clean after that proves nothing.
 */
static void send_lockdep(struct event *e)
{
	static const char key[] = "debug_locks:";
	char buf[8192], *at;

	read_file("/proc/lockdep_stats", buf, sizeof(buf));
	at = strstr(buf, key);
	if (at)
		event_bool(e, "lockdep", atoi(at + sizeof(key) - 1) != 0);
	else
		event_null(e, "lockdep");
}

/* The letters of kernel/panic.c:taint_flags[], "?" for bits newer than this. */
static void send_taint(struct event *e)
{
	static const char letters[] = "PFSRMBUDAWCIOELKXTNJ";
	char flags[65], buf[32];
	unsigned long long bits;
	size_t n = 0;

	if (read_file("/proc/sys/kernel/tainted", buf, sizeof(buf)) <= 0) {
		event_null(e, "tainted");
		return;
	}
	bits = strtoull(buf, NULL, 10);
	for (size_t i = 0; i < 64; i++)
		if (bits >> i & 1)
			flags[n++] = i < sizeof(letters) - 1 ? letters[i] : '?';
	flags[n] = '\0';
	event_int(e, "tainted", bits);
	event_text(e, "taintFlags", flags);
}

/* Once it is on the console, all that the kernel printed before is there too. */
static void print_mark(const char *mark)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, mark, strlen(mark)) < 0)
		event_fault("the mark in /dev/kmsg", errno);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "true", required_argument, NULL, 't' },
		{ "open", required_argument, NULL, 'o' },
		{ "mark", required_argument, NULL, 'm' },
		{ NULL },
	};
	const char *program = "/bin/true", *path = NULL, *mark = NULL;
	struct event e;
	sigset_t set;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 't')
			program = optarg;
		else if (opt == 'o')
			path = optarg;
		else if (opt == 'm')
			mark = optarg;
		else
			event_usage("unknown option", USAGE);
	}
	if (optind != argc)
		event_usage("too many arguments", USAGE);

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);

	event_begin(&e, "health");
	event_bool(&e, "forked", can_run(program));
	if (path)
		event_bool(&e, "openSucceeded", can_open(path));
	else
		event_null(&e, "openSucceeded");
	send_taint(&e);
	send_lockdep(&e);
	event_int(&e, "uptimeNs", clock_ns());
	event_send(&e);
	if (mark)
		print_mark(mark);
	event_end(0);
}
