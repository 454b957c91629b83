/* SPDX-License-Identifier: GPL-2.0 */
/* Events: one JSON object a line, on stdout, and nothing else there. */
#ifndef LIB_EVENT_H
#define LIB_EVENT_H

#include <stdbool.h>
#include <stddef.h>

enum { EXIT_USAGE = 2, EXIT_FAULT = 3 };

/* The names of fields and of errno values go in as they are, text escaped. */
struct event {
	size_t len;
	bool truncated;
	char buf[16384];
};

long long clock_ns(void);
const char *errno_name(int err, char *buf, size_t size);

void event_begin(struct event *e, const char *ev);
void event_text(struct event *e, const char *key, const char *value);
void event_int(struct event *e, const char *key, long long value);
void event_bool(struct event *e, const char *key, bool value);
void event_null(struct event *e, const char *key);
void event_errno(struct event *e, const char *key, int err);
void event_texts(struct event *e, const char *key, const char *const *values,
		 size_t n);
void event_send(struct event *e);

/* Short ones. */
void event_fault(const char *what, int err);
_Noreturn void event_end(int code);
_Noreturn void event_usage(const char *what, const char *usage);

/*
 * One system call under observation. The order is call_begin(), call_start(),
 * the call, call_stop(), call_end(): no output between start and stop.
 */
struct call {
	unsigned int id;
	const char *phase;
	const char *op;
	long long start;
	long long end;
	long ret;
	int err;
	const char *signal;	/* instead of an errno: "SIGBUS" */
	int revents;		/* -1: not a poll */
};

void call_begin(struct call *c, const char *phase, const char *op,
		const char *name, int fd);
void call_start(struct call *c);
void call_stop(struct call *c, long ret);
void call_end(struct call *c);

#endif /* LIB_EVENT_H */
