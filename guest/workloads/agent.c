// SPDX-License-Identifier: GPL-2.0
/*
 * Starts programs for the host, over a port on descriptor 0. It is frozen with
 * the template, waiting in poll(), so a clone of it has nothing to start; and a
 * command costs one vfork() and one exec, no cipher, no login and no shell.
 *
 * Both ways: a line of words, and where it ends with a length so many bytes.
 *
 *   run ID BYTES	NUL-ended words: the program and its arguments
 *   in ID BYTES	for its standard input; no bytes: the end of that
 *
 *   out ID BYTES	from its standard output
 *   err ID BYTES	from its standard error
 *   exit ID STATUS	its exit code, or 128 and the signal's number; the last
 *			word of ID
 *   fail ID ERRNO	it could not be started
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT = 0, WORDS_MAX = 64, JOBS_MAX = 32, CHUNK = 16384 };
enum { IN, OUT, ERR, STREAMS };

/* How the words begin that a stream's bytes are sent with. */
static const char *const stream_name[STREAMS] = {
	[OUT] = "out", [ERR] = "err",
};

struct job {
	unsigned long id;
	/* 0: free. */
	pid_t pid;
	/* -1: closed. IN is written, the others are read. */
	int fds[STREAMS];
	bool ended;
	int status;
};

static struct job jobs[JOBS_MAX];
static char **child_env;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die("write");
		at += n;
		len -= n;
	}
}

/* One write, one record on the port: nothing waits for a second half. */
static void send_bytes(const char *word, unsigned long id, const char *data,
		       size_t len)
{
	char buf[CHUNK + 64];
	int head = snprintf(buf, 64, "%s %lu %zu\n", word, id, len);

	memcpy(buf + head, data, len);
	write_all(PORT, buf, head + len);
}

static void send_number(const char *word, unsigned long id, int number)
{
	char buf[64];

	write_all(PORT, buf, snprintf(buf, sizeof(buf), "%s %lu %d\n", word,
				      id, number));
}

/* What the host sends is read through a buffer: one read for line and bytes. */
static char input[4 * CHUNK];
static size_t input_start, input_end;

static bool fill(void)
{
	ssize_t n;

	if (input_start == input_end)
		input_start = input_end = 0;
	if (input_end == sizeof(input)) {
		memmove(input, input + input_start, input_end - input_start);
		input_end -= input_start;
		input_start = 0;
	}
	if (input_end == sizeof(input))
		die("a line that is too long");
	do {
		n = read(PORT, input + input_end, sizeof(input) - input_end);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n <= 0)
		return false;
	input_end += n;
	return true;
}

static bool take(char *to, size_t len)
{
	while (len > 0) {
		size_t n = input_end - input_start;

		if (!n && !fill())
			return false;
		n = input_end - input_start;
		n = n < len ? n : len;
		memcpy(to, input + input_start, n);
		input_start += n;
		to += n;
		len -= n;
	}
	return true;
}

static bool take_line(char *to, size_t size)
{
	for (size_t n = 0; n + 1 < size; n++) {
		if (!take(to + n, 1))
			return false;
		if (to[n] == '\n') {
			to[n] = '\0';
			return true;
		}
	}
	die("a line that is too long");
	return false;
}

static struct job *find(unsigned long id)
{
	for (int i = 0; i < JOBS_MAX; i++)
		if (jobs[i].pid && jobs[i].id == id)
			return &jobs[i];
	return NULL;
}

static void close_stream(struct job *job, int stream)
{
	if (job->fds[stream] >= 0)
		close(job->fds[stream]);
	job->fds[stream] = -1;
}

/* Runs in the parent's memory until the exec: nothing but calls. */
static void become(char **argv, const int *theirs)
{
	sigset_t none;

	for (int i = 0; i < STREAMS; i++)
		dup2(theirs[i], i);
	/* Both are inherited through an exec; the parent's stay as they are. */
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	execve(argv[0], argv, child_env);
}

static void run(unsigned long id, char **argv)
{
	int pipes[STREAMS][2], theirs[STREAMS];
	struct job *job = NULL;
	volatile int failure = 0;
	pid_t pid;

	for (int i = 0; i < JOBS_MAX && !job; i++)
		if (!jobs[i].pid)
			job = &jobs[i];
	if (!job) {
		send_number("fail", id, EAGAIN);
		return;
	}
	for (int i = 0; i < STREAMS; i++) {
		if (pipe2(pipes[i], O_CLOEXEC)) {
			failure = errno;
			while (i-- > 0) {
				close(pipes[i][0]);
				close(pipes[i][1]);
			}
			send_number("fail", id, failure);
			return;
		}
		theirs[i] = pipes[i][i != IN];
		job->fds[i] = pipes[i][i == IN];
	}
	pid = vfork();
	if (!pid) {
		become(argv, theirs);
		failure = errno;
		_exit(127);
	}
	if (pid < 0)
		failure = errno;
	for (int i = 0; i < STREAMS; i++)
		close(theirs[i]);
	if (failure) {
		for (int i = 0; i < STREAMS; i++)
			close_stream(job, i);
		if (pid > 0)
			waitpid(pid, NULL, 0);
		send_number("fail", id, failure);
		return;
	}
	/* Output is read when there is some, input is small. */
	fcntl(job->fds[OUT], F_SETFL, O_NONBLOCK);
	fcntl(job->fds[ERR], F_SETFL, O_NONBLOCK);
	job->id = id;
	job->pid = pid;
	job->ended = false;
}

static bool take_command(void)
{
	static char data[2 * CHUNK];
	char line[128], word[16];
	unsigned long id;
	size_t len;
	struct job *job;

	if (!take_line(line, sizeof(line)))
		return false;
	if (sscanf(line, "%15s %lu %zu", word, &id, &len) != 3 ||
	    len >= sizeof(data))
		die("a line that is no command");
	if (!take(data, len))
		return false;
	if (!strcmp(word, "run")) {
		char *argv[WORDS_MAX + 1];
		int argc = 0;

		data[len] = '\0';
		for (size_t at = 0; at < len; at += strlen(data + at) + 1)
			if (argc < WORDS_MAX)
				argv[argc++] = data + at;
		argv[argc] = NULL;
		if (argc)
			run(id, argv);
		else
			send_number("fail", id, EINVAL);
	} else if (!strcmp(word, "in")) {
		job = find(id);
		if (!job || job->fds[IN] < 0)
			return true;
		/* A program that is gone reads no more; SIGPIPE is ignored. */
		if (!len || write(job->fds[IN], data, len) < 0)
			close_stream(job, IN);
	} else {
		die("a word that is no command");
	}
	return true;
}

/* @return: whether there may be more. */
static bool pass_on(struct job *job, int stream)
{
	char buf[CHUNK];
	ssize_t n = read(job->fds[stream], buf, sizeof(buf));

	if (n > 0) {
		send_bytes(stream_name[stream], job->id, buf, n);
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	close_stream(job, stream);
	return false;
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < JOBS_MAX; i++)
			if (jobs[i].pid == pid) {
				jobs[i].ended = true;
				jobs[i].status = WIFSIGNALED(status) ?
						 128 + WTERMSIG(status) :
						 WEXITSTATUS(status);
			}
}

/* What it wrote comes first. A child of its own may hold its output open. */
static void finish(struct job *job)
{
	for (int stream = OUT; stream < STREAMS; stream++)
		while (job->fds[stream] >= 0 && pass_on(job, stream))
			;
	for (int stream = 0; stream < STREAMS; stream++)
		close_stream(job, stream);
	send_number("exit", job->id, job->status);
	job->pid = 0;
}

int main(void)
{
	static char *const env[] = {
		"PATH=/sbin:/bin:/usr/sbin:/usr/bin", "HOME=/root", NULL,
	};
	struct pollfd polls[2 + JOBS_MAX * 2];
	sigset_t set;
	int children;

	child_env = (char **)env;
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	children = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (children < 0)
		die("signalfd");
	for (;;) {
		struct signalfd_siginfo info;
		int count = 2;

		polls[0] = (struct pollfd){ .fd = PORT, .events = POLLIN };
		polls[1] = (struct pollfd){ .fd = children, .events = POLLIN };
		for (int i = 0; i < JOBS_MAX; i++)
			for (int s = OUT; jobs[i].pid && s < STREAMS; s++)
				if (jobs[i].fds[s] >= 0)
					polls[count++] = (struct pollfd){
						.fd = jobs[i].fds[s],
						.events = POLLIN,
					};
		if (poll(polls, count, -1) < 0 && errno != EINTR)
			die("poll");
		if (polls[1].revents) {
			while (read(children, &info, sizeof(info)) > 0)
				;
			reap();
		}
		for (int i = 0; i < JOBS_MAX; i++) {
			struct job *job = &jobs[i];

			if (!job->pid)
				continue;
			if (job->ended) {
				finish(job);
				continue;
			}
			for (int at = 2; at < count; at++)
				for (int s = OUT; s < STREAMS; s++)
					if (polls[at].revents &&
					    polls[at].fd == job->fds[s])
						pass_on(job, s);
		}
		if (polls[0].revents || input_start < input_end)
			do {
				if (!take_command())
					return 0;
			} while (input_start < input_end);
	}
}
