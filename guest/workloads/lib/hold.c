// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "beside.h"
#include "hold.h"
#include "race.h"
#include "refs.h"
#include "task.h"
#include "wait.h"
#include "worker.h"

#define USAGE \
	"hold-NAME --class CLASS --dev PATH [--sleep-ms N] [--busy-ms N] " \
	"[--held-timeout-ms N] [--interrupt-timeout-ms N] " \
	"[--command-timeout-ms N]"

static const char * const hold_names[HOLD_KINDS] = {
	[HOLD_IDLE] = "t0-idle", [HOLD_POLL] = "t1-poll",
	[HOLD_READ] = "t2-read", [HOLD_IOCTL] = "t4-ioctl",
	[HOLD_BUSY] = "t4-busy", [HOLD_SHARED] = "t4-shared",
	[HOLD_NESTED] = "t4-nested", [HOLD_OPEN] = "t5-open",
	[HOLD_DUP] = "t6-dup", [HOLD_SCM] = "t6-scm",
	[HOLD_FORK] = "t6-fork", [HOLD_EPOLL] = "t6-epoll",
	[HOLD_URING_POLL] = "t6-uring-poll",
	[HOLD_URING_READ] = "t6-uring-read", [HOLD_CLOSE] = "t7-close",
};

enum { BESIDE_CALLS = 3, RACE_ROUNDS = 20, RACE_POOL = 16 };

static const struct device_class *class;
static enum hold_kind kind;
static const char *dev;
static atomic_bool interrupted;
static struct op_args args = {
	.fd = -1, .sleep_ms = 30000, .busy_ms = 1000,
	.interrupted = &interrupted,
};

static long held_timeout_ms = 10000;
static long interrupt_timeout_ms = 2000;
static long command_timeout_ms = 10000;
static struct worker *blocked;	/* NULL: nothing is pending */
static const struct op *blocking_op;

static bool is_race(void)
{
	return kind == HOLD_OPEN || kind == HOLD_CLOSE;
}

static bool is_wait(void)
{
	return kind == HOLD_EPOLL || kind == HOLD_URING_POLL ||
	       kind == HOLD_URING_READ;
}

/* Nothing is pending on a file that is held so. */
static bool is_idle(void)
{
	return kind == HOLD_IDLE || kind == HOLD_DUP || kind == HOLD_SCM ||
	       kind == HOLD_FORK;
}

static void use_pass(const char *phase)
{
	for (const struct op *op = class->use; op->op; op++)
		op_run(op, phase, &args);
}

static int open_dev(const char *phase)
{
	struct call c;

	call_begin(&c, phase, "open", NULL, -1);
	call_start(&c);
	call_stop(&c, open(dev, O_RDWR | O_NONBLOCK | O_CLOEXEC));
	call_end(&c);
	errno = c.err;
	return c.ret;
}

static void close_fd(const char *phase, int fd)
{
	struct call c;

	call_begin(&c, phase, "close", NULL, fd);
	call_start(&c);
	call_stop(&c, close(fd));
	call_end(&c);
}

/* For a class of fds that come from another: that one, and not the node's. */
static void derive_fd(void)
{
	const struct op *op = class->derive;
	struct call c;

	call_begin(&c, "open", op->op, op->name, args.fd);
	op->run(&c, &args);
	call_end(&c);
	close_fd("open", args.fd);
	args.fd = c.ret;
	errno = c.err;
}

static bool set_nonblock(bool on)
{
	int flags = fcntl(args.fd, F_GETFL);

	if (flags < 0)
		return false;
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(args.fd, F_SETFL, flags) == 0;
}

/* What the workers run. */

static void run_block(void)
{
	op_run(blocking_op, "held", &args);
}

/*
 * The read of the pass must not block, while the read of a t2 hold, in the same
 * file description, stays blocked: drivers look at O_NONBLOCK before they wait
 * (gpiolib-cdev.c:lineinfo_watch_read(), and our fixture), so F_SETFL is for
 * the calls to come only. RWF_NOWAIT would not do: it needs FMODE_NOWAIT.
 */
static void run_after(void)
{
	if (kind == HOLD_SCM && args.fd < 0)
		args.fd = refs_receive();
	if (args.fd < 0) {
		event_fault("no file came with the message", errno);
		return;
	}
	if (!set_nonblock(true)) {
		event_fault("fcntl O_NONBLOCK", errno);
		return;
	}
	use_pass("after");
}

static void run_reopen(void)
{
	int fd = open_dev("after");

	if (fd >= 0)
		close_fd("after", fd);
}

/* The last reference is the one that counts, so the file is used until then. */
static void run_close(void)
{
	int fd = args.fd;

	args.fd = -1;
	close_fd("close", fd);
	args.fd = refs_second();
	if (args.fd >= 0) {
		use_pass("after");
		fd = args.fd;
		args.fd = -1;
		close_fd("close", fd);
	}
	refs_end_child();
	wait_end();
}

/*
 * Held means: asleep, in the call that was meant, with our argument, at a place
 * that has a name. The caller wants this twice with no switch in between, so a
 * thread that only passed through, e.g. on a lock, is not taken for held.
 */
static bool is_held(const struct task_look *look)
{
	unsigned long arg0 = blocking_op->arg0 ?
		(unsigned long)blocking_op->arg0 : (unsigned long)args.fd;

	return (look->state[0] == 'S' || look->state[0] == 'D') &&
	       look->syscall == blocking_op->nr && look->arg0 == arg0 &&
	       look->wchan[0] && strcmp(look->wchan, "0");
}

static _Noreturn void fail(const char *what, int err)
{
	event_fault(what, err);
	event_end(EXIT_FAULT);
}

static void send_held(pid_t tid, const struct task_look *look)
{
	struct event e;

	event_begin(&e, "held");
	event_int(&e, "tid", tid);
	event_text(&e, "state", look ? look->state : "-");
	event_text(&e, "wchan", look ? look->wchan : "");
	if (look)
		event_int(&e, "syscall", look->syscall);
	else
		event_null(&e, "syscall");
	event_int(&e, "fd", args.fd);
	event_beside(&e);
	event_send(&e);
}

static void observe_held(struct task_look *held)
{
	struct timespec deadline = deadline_in(held_timeout_ms);
	struct timespec pause = { .tv_nsec = 1500000 };
	struct task_look look, last = { .syscall = -1 };
	pid_t pid = getpid();
	struct event e;

	for (;; nanosleep(&pause, NULL)) {
		if (worker_wait(blocked, 0))
			fail("call returned before it was held", 0);
		if (!task_look(pid, blocked->tid, &look))
			continue;
		if (is_held(&look) && is_held(&last) &&
		    look.switches == last.switches)
			break;
		if (is_past(&deadline)) {
			event_begin(&e, "fault");
			event_text(&e, "what", "held state not reached");
			event_int(&e, "tid", blocked->tid);
			event_task(&e, pid, blocked->tid, &look);
			event_send(&e);
			fprintf(stderr, "held state not reached\n");
			event_end(EXIT_FAULT);
		}
		last = look;
	}
	*held = look;
}

/* The short calls are known to come back while the long one is in flight. */
static void start_beside(void)
{
	int err = beside_start(class->beside, &args);

	if (err)
		fail("no thread for the short calls", err);
	if (!beside_wait(BESIDE_CALLS, held_timeout_ms))
		fail("the short calls do not come back", 0);
}

/* The file that was opened first would keep the last close from being one. */
static void enter_race(void)
{
	int fd = args.fd, err;

	args.fd = -1;
	close_fd("before", fd);
	err = race_start(class, dev, kind == HOLD_CLOSE ? RACE_POOL : 1);
	if (err)
		fail("no thread for the race", err);
	if (!race_wait(RACE_ROUNDS, held_timeout_ms))
		fail("the racing calls do not come back", 0);
	send_held(gettid(), NULL);
}

static void enter_idle(void)
{
	args.fd = refs_begin(kind, args.fd);
	if (args.fd == -2)
		fail("another reference to the file", errno);
	send_held(gettid(), NULL);
}

static void enter_held(void)
{
	struct task_look look;

	if (is_race()) {
		enter_race();
		return;
	}
	if (is_idle()) {
		enter_idle();
		return;
	}
	if (class->prepare)
		op_run(class->prepare, "before", &args);
	if (!set_nonblock(false))
		fail("fcntl O_NONBLOCK", errno);
	blocking_op = is_wait() ? wait_begin(kind, args.fd) :
				  &class->block[kind];
	if (!blocking_op)
		fail("setting up the wait", errno);
	blocked = worker_start(run_block, true);
	if (!blocked)
		event_end(EXIT_FAULT);
	observe_held(&look);
	if (kind == HOLD_SHARED)
		start_beside();
	send_held(blocked->tid, &look);
}

static void send_status(struct worker *w)
{
	bool gone = w && worker_gone(w);
	bool blocking = w && !gone && !worker_wait(w, 0);
	struct task_look look;
	struct event e;

	event_begin(&e, "status");
	event_int(&e, "tid", w ? w->tid : gettid());
	event_bool(&e, "blocked", blocking);
	if (gone)
		event_bool(&e, "gone", true);
	if (blocking && task_look(getpid(), w->tid, &look)) {
		event_task(&e, getpid(), w->tid, &look);
	} else {
		event_text(&e, "state", "-");
		event_text(&e, "wchan", "");
		event_null(&e, "syscall");
		event_texts(&e, "stack", NULL, 0);
	}
	event_send(&e);
}

/* First the one of the hold, then every command that never came back. */
static void command_status(struct event *done)
{
	struct worker *w;

	(void)done;
	send_status(blocked);
	for (int n = 0; (w = worker_nth(n)); n++)
		if (w != blocked && !worker_wait(w, 0))
			send_status(w);
}

/* With nothing pending there is nothing that did not return. */
static void command_interrupt(struct event *done)
{
	bool returned = !blocked || worker_wait(blocked, 0);

	if (!returned) {
		syscall(SYS_tgkill, getpid(), blocked->tid, SIGUSR1);
		returned = worker_wait(blocked, interrupt_timeout_ms);
	}
	event_bool(done, "returned", returned);
	if (blocked && worker_gone(blocked))
		event_bool(done, "gone", true);
}

static void command_worker(struct event *done, void (*run)(void))
{
	struct worker *w = worker_start(run, false);

	event_bool(done, "completed",
		   w && worker_wait(w, command_timeout_ms));
	if (w && worker_gone(w))
		event_bool(done, "gone", true);
}

static void command_after(struct event *done)
{
	if (is_race()) {
		event_bool(done, "completed", race_stop(command_timeout_ms));
		race_send();
	} else if (args.fd < 0 && kind != HOLD_SCM) {
		event_fault("after: no fd is held", EBADF);
	} else {
		command_worker(done, run_after);
	}
}

static void command_reopen(struct event *done)
{
	command_worker(done, run_reopen);
}

static void command_close(struct event *done)
{
	/*
	 * close() of an fd that another thread is blocked on gives the number
	 * back, and no more: fs/file.c:fdget() gave that thread a reference of
	 * its own, so ->release() comes when it returns.
	 */
	event_bool(done, "blockedReturned",
		   !blocked || worker_wait(blocked, 0));
	if (is_race()) {
		event_bool(done, "completed", race_stop(command_timeout_ms));
		return;
	}
	/* On its way to nobody: it is received, to be closed. */
	if (kind == HOLD_SCM && args.fd < 0)
		args.fd = refs_receive();
	if (args.fd < 0)
		event_fault("close: no fd is held", EBADF);
	else
		command_worker(done, run_close);
}

static const struct {
	const char *name;
	void (*run)(struct event *done);
} commands[] = {
	{ "after", command_after },
	{ "interrupt", command_interrupt },
	{ "status", command_status },
	{ "reopen", command_reopen },
	{ "close", command_close },
};

static void run_command(const char *name)
{
	struct event e, done;

	event_begin(&e, "command");
	event_text(&e, "name", name);
	event_send(&e);

	/* Every command but "status" belongs to what comes after the removal. */
	if (strcmp(name, "status"))
		beside_stop();
	event_begin(&done, "done");
	event_text(&done, "name", name);
	event_beside(&done);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (!strcmp(commands[i].name, name)) {
			commands[i].run(&done);
			event_send(&done);
			return;
		}
	}
	event_fault("unknown command", EINVAL);
	event_send(&done);
}

static void run_commands(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	while ((n = getline(&line, &size, stdin)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (!strcmp(line, "quit"))
			break;
		if (line[0])
			run_command(line);
	}
}

static long milliseconds(const char *text)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || end == text || *end || value < 0 || value > 86400000)
		event_usage("a time-out is no number", USAGE);
	return value;
}

static bool has_hold(void)
{
	if (is_idle() || is_race())
		return true;
	return class->block[is_wait() ? wait_needs(kind) : kind].op;
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "class", required_argument, NULL, 'c' },
		{ "dev", required_argument, NULL, 'd' },
		{ "sleep-ms", required_argument, NULL, 's' },
		{ "busy-ms", required_argument, NULL, 'b' },
		{ "held-timeout-ms", required_argument, NULL, 'h' },
		{ "interrupt-timeout-ms", required_argument, NULL, 'i' },
		{ "command-timeout-ms", required_argument, NULL, 't' },
		{ NULL },
	};
	char what[128];
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			class = device_class_find(optarg);
			if (!class)
				event_usage("unknown class", USAGE);
			break;
		case 'd':
			dev = optarg;
			break;
		case 's':
			args.sleep_ms = milliseconds(optarg);
			break;
		case 'b':
			args.busy_ms = milliseconds(optarg);
			break;
		case 'h':
			held_timeout_ms = milliseconds(optarg);
			break;
		case 'i':
			interrupt_timeout_ms = milliseconds(optarg);
			break;
		case 't':
			command_timeout_ms = milliseconds(optarg);
			break;
		default:
			event_usage("unknown option", USAGE);
		}
	}
	if (!class || !dev || optind != argc)
		event_usage("--class and --dev are needed", USAGE);
	if (!has_hold()) {
		snprintf(what, sizeof(what), "class %s has no hold %s",
			 class->name, hold_names[kind]);
		event_usage(what, USAGE);
	}
}

static void on_interrupt(int sig)
{
	(void)sig;
	interrupted = true;
}

/* A read of a derived fd is a hold of its own: T3. */
static const char *hold_name(void)
{
	return class->derive && kind == HOLD_READ ? "t3-read" : hold_names[kind];
}

static void send_start(void)
{
	struct event e;

	event_begin(&e, "start");
	event_text(&e, "hold", hold_name());
	event_int(&e, "pid", getpid());
	event_text(&e, "class", class->name);
	event_text(&e, "dev", dev);
	event_send(&e);
}

void hold_main(int argc, char **argv, enum hold_kind which)
{
	/* No SA_RESTART: the interrupted call is to return EINTR. */
	struct sigaction action = { .sa_handler = on_interrupt };
	char what[256];

	kind = which;
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGUSR1, &action, NULL);
	workers_init();
	parse(argc, argv);

	send_start();
	args.fd = open_dev("open");
	if (args.fd < 0) {
		snprintf(what, sizeof(what), "open %s", dev);
		fail(what, errno);
	}
	if (class->derive)
		derive_fd();
	/* Only an open() takes O_NONBLOCK; what is derived has to be told. */
	if (args.fd < 0 || (class->derive && !set_nonblock(true)))
		fail("the fd derived from the device", errno);
	use_pass("before");
	enter_held();
	run_commands();
	event_end(0);
}
