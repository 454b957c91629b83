// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "event.h"

/* Room kept free in front for "t", and behind for "truncated" and the end. */
enum { HEAD = 32, TAIL = 24 };

static const struct {
	int err;
	const char *name;
} errno_names[] = {
#define E(name) { name, #name }
	E(EPERM), E(ENOENT), E(ESRCH), E(EINTR), E(EIO), E(ENXIO), E(E2BIG),
	E(EBADF), E(ECHILD), E(EAGAIN), E(ENOMEM), E(EACCES), E(EFAULT),
	E(EBUSY), E(EEXIST), E(EXDEV), E(ENODEV), E(ENOTDIR), E(EISDIR),
	E(EINVAL), E(ENFILE), E(EMFILE), E(ENOTTY), E(ETXTBSY), E(EFBIG),
	E(ENOSPC), E(ESPIPE), E(EROFS), E(EPIPE), E(ERANGE), E(EDEADLK),
	E(ENAMETOOLONG), E(ENOSYS), E(ELOOP), E(ENODATA), E(ETIME), E(EPROTO),
	E(EOVERFLOW), E(EBADMSG), E(EILSEQ), E(EOPNOTSUPP), E(ECONNRESET),
	E(ENOTCONN), E(ESHUTDOWN), E(ETIMEDOUT), E(EALREADY), E(EINPROGRESS),
	E(ESTALE), E(EREMOTEIO), E(ECANCELED), E(EHWPOISON),
#undef E
};

static pthread_mutex_t out_lock = PTHREAD_MUTEX_INITIALIZER;

long long clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

const char *errno_name(int err, char *buf, size_t size)
{
	for (size_t i = 0; i < sizeof(errno_names) / sizeof(*errno_names); i++)
		if (errno_names[i].err == err)
			return errno_names[i].name;
	snprintf(buf, size, "E%d", err);
	return buf;
}

static void put(struct event *e, const char *s, size_t n)
{
	if (e->truncated || e->len + n > sizeof(e->buf) - TAIL) {
		e->truncated = true;
		return;
	}
	memcpy(e->buf + e->len, s, n);
	e->len += n;
}

static void puts_raw(struct event *e, const char *s)
{
	put(e, s, strlen(s));
}

/* Bytes above 0x7e too: a comm can hold any, and a line must be valid UTF-8. */
static void put_quoted(struct event *e, const char *s)
{
	char esc[8];

	put(e, "\"", 1);
	for (; *s; s++) {
		unsigned char c = *s;

		if (c == '"' || c == '\\') {
			esc[0] = '\\';
			esc[1] = c;
			put(e, esc, 2);
		} else if (c < 0x20 || c > 0x7e) {
			snprintf(esc, sizeof(esc), "\\u%04x", c);
			put(e, esc, 6);
		} else {
			put(e, s, 1);
		}
	}
	put(e, "\"", 1);
}

/* A field fits whole or is left out whole: the line stays valid JSON. */
static size_t field(struct event *e, const char *key)
{
	size_t mark = e->len;

	put(e, ",\"", 2);
	puts_raw(e, key);
	put(e, "\":", 2);
	return mark;
}

static void field_end(struct event *e, size_t mark)
{
	if (e->truncated)
		e->len = mark;
}

void event_begin(struct event *e, const char *ev)
{
	e->len = HEAD;
	e->truncated = false;
	event_text(e, "ev", ev);
}

void event_text(struct event *e, const char *key, const char *value)
{
	size_t mark = field(e, key);

	if (value)
		put_quoted(e, value);
	else
		puts_raw(e, "null");
	field_end(e, mark);
}

void event_int(struct event *e, const char *key, long long value)
{
	size_t mark = field(e, key);
	char text[24];

	snprintf(text, sizeof(text), "%lld", value);
	puts_raw(e, text);
	field_end(e, mark);
}

void event_bool(struct event *e, const char *key, bool value)
{
	size_t mark = field(e, key);

	puts_raw(e, value ? "true" : "false");
	field_end(e, mark);
}

void event_null(struct event *e, const char *key)
{
	event_text(e, key, NULL);
}

void event_errno(struct event *e, const char *key, int err)
{
	char buf[16];

	if (err)
		event_text(e, key, errno_name(err, buf, sizeof(buf)));
}

void event_texts(struct event *e, const char *key, const char *const *values,
		 size_t n)
{
	size_t mark = field(e, key);

	put(e, "[", 1);
	for (size_t i = 0; i < n; i++) {
		if (i)
			put(e, ",", 1);
		put_quoted(e, values[i]);
	}
	put(e, "]", 1);
	field_end(e, mark);
}

void event_send(struct event *e)
{
	char head[HEAD];
	int n;

	if (e->truncated) {
		memcpy(e->buf + e->len, ",\"truncated\":true", 17);
		e->len += 17;
	}
	memcpy(e->buf + e->len, "}\n", 2);
	e->len += 2;

	/* The clock is read under the lock, so that lines are in order of t. */
	pthread_mutex_lock(&out_lock);
	n = snprintf(head, sizeof(head), "{\"t\":%lld", clock_ns());
	memcpy(e->buf + HEAD - n, head, n);
	for (size_t off = HEAD - n; off < e->len;) {
		ssize_t done = write(STDOUT_FILENO, e->buf + off, e->len - off);

		if (done < 0 && errno == EINTR)
			continue;
		/* Nobody listens any more: let go of the device, and end. */
		if (done <= 0)
			_exit(EXIT_FAULT);
		off += done;
	}
	pthread_mutex_unlock(&out_lock);
}

void event_fault(const char *what, int err)
{
	struct event e;

	fprintf(stderr, "%s%s%s\n", what, err ? ": " : "",
		err ? strerror(err) : "");
	event_begin(&e, "fault");
	event_text(&e, "what", what);
	event_errno(&e, "errno", err);
	event_send(&e);
}

/* _exit(): a thread that is stuck in the kernel is not waited for. */
void event_end(int code)
{
	struct event e;

	event_begin(&e, "end");
	event_int(&e, "code", code);
	event_send(&e);
	_exit(code);
}

void event_usage(const char *what, const char *usage)
{
	event_fault(what, 0);
	fprintf(stderr, "usage: %s\n", usage);
	event_end(EXIT_USAGE);
}

void call_begin(struct call *c, const char *phase, const char *op,
		const char *name, int fd)
{
	static atomic_uint last_id;
	struct event e;

	*c = (struct call){ .phase = phase, .op = op, .revents = -1 };
	c->id = atomic_fetch_add(&last_id, 1) + 1;
	event_begin(&e, "call");
	event_int(&e, "id", c->id);
	event_int(&e, "tid", gettid());
	event_text(&e, "phase", phase);
	event_text(&e, "op", op);
	if (name)
		event_text(&e, "name", name);
	if (fd >= 0)
		event_int(&e, "fd", fd);
	event_send(&e);
}

void call_start(struct call *c)
{
	c->start = clock_ns();
	errno = 0;
}

void call_stop(struct call *c, long ret)
{
	int err = errno;

	c->end = clock_ns();
	c->ret = ret;
	c->err = ret < 0 ? err : 0;
}

void call_end(struct call *c)
{
	static const struct {
		int bit;
		const char *name;
	} bits[] = {
		{ POLLIN, "POLLIN" }, { POLLPRI, "POLLPRI" },
		{ POLLOUT, "POLLOUT" }, { POLLERR, "POLLERR" },
		{ POLLHUP, "POLLHUP" }, { POLLNVAL, "POLLNVAL" },
		{ POLLRDNORM, "POLLRDNORM" },
	};
	const char *names[sizeof(bits) / sizeof(*bits)];
	struct event e;
	size_t n = 0;

	event_begin(&e, "return");
	event_int(&e, "id", c->id);
	event_text(&e, "op", c->op);
	event_text(&e, "phase", c->phase);
	event_int(&e, "ret", c->ret);
	if (c->signal)
		event_text(&e, "errno", c->signal);
	else
		event_errno(&e, "errno", c->err);
	if (c->revents >= 0) {
		for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
			if (c->revents & bits[i].bit)
				names[n++] = bits[i].name;
		event_texts(&e, "revents", names, n);
	}
	event_int(&e, "startNs", c->start);
	event_int(&e, "endNs", c->end);
	event_send(&e);
}
