// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/gpio.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wait.h"

static int wait_fd = -1;	/* of the epoll set or of the ring */
static struct {
	struct io_uring_sqe *sqes;
	char *rings;		/* both: IORING_FEAT_SINGLE_MMAP, since 5.4 */
	struct io_uring_params p;
} ring;

/* One whole event of gpiolib, or it is EINVAL. */
static char read_buffer[sizeof(struct gpio_v2_line_info_changed)];

static void run_epoll(struct call *c, const struct op_args *args)
{
	struct epoll_event event = { 0 };

	(void)args;
	call_start(c);
	/* Not epoll_wait(): every architecture has this one. */
	call_stop(c, syscall(SYS_epoll_pwait, wait_fd, &event, 1, -1, NULL, 8));
	c->revents = c->ret > 0 ? event.events & 0xffff : 0;
}

/* The result of the one request; false when there is none yet. */
static bool take_completion(int *result)
{
	unsigned int *head = (void *)(ring.rings + ring.p.cq_off.head);
	unsigned int *tail = (void *)(ring.rings + ring.p.cq_off.tail);
	unsigned int *mask = (void *)(ring.rings + ring.p.cq_off.ring_mask);
	struct io_uring_cqe *cqes = (void *)(ring.rings + ring.p.cq_off.cqes);

	if (*head == __atomic_load_n(tail, __ATOMIC_ACQUIRE))
		return false;
	*result = cqes[*head & *mask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return true;
}

/* Submits and waits in one call; what the request says is its result. */
static void run_uring(struct call *c)
{
	int result;
	long ret;

	call_start(c);
	ret = syscall(SYS_io_uring_enter, wait_fd, 1, 1,
		      IORING_ENTER_GETEVENTS, NULL, 0);
	if (ret < 0) {
		call_stop(c, -1);
		return;
	}
	/* Some that were submitted outweigh a signal: io_uring_enter(2) */
	if (!take_completion(&result))
		result = -EINTR;
	if (result < 0)
		errno = -result;
	call_stop(c, result < 0 ? -1 : result);
}

static void run_uring_read(struct call *c, const struct op_args *args)
{
	(void)args;
	run_uring(c);
}

static void run_uring_poll(struct call *c, const struct op_args *args)
{
	(void)args;
	run_uring(c);
	c->revents = c->ret > 0 ? c->ret & 0xffff : 0;
}

static struct op epoll_op = {
	.op = "poll", .name = "epoll", .run = run_epoll, .nr = SYS_epoll_pwait,
};

static struct op uring_poll_op = {
	.op = "poll", .name = "IORING_OP_POLL_ADD", .run = run_uring_poll,
	.nr = SYS_io_uring_enter,
};

static struct op uring_read_op = {
	.op = "read", .name = "IORING_OP_READ", .run = run_uring_read,
	.nr = SYS_io_uring_enter,
};

static bool begin_epoll(int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	wait_fd = epoll_create1(EPOLL_CLOEXEC);
	return wait_fd >= 0 && !epoll_ctl(wait_fd, EPOLL_CTL_ADD, fd, &event);
}

static bool map_ring(void)
{
	size_t sq = ring.p.sq_off.array + ring.p.sq_entries * sizeof(__u32);
	size_t cq = ring.p.cq_off.cqes +
		    ring.p.cq_entries * sizeof(struct io_uring_cqe);

	ring.rings = mmap(NULL, sq > cq ? sq : cq, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_POPULATE, wait_fd,
			  IORING_OFF_SQ_RING);
	ring.sqes = mmap(NULL, ring.p.sq_entries * sizeof(*ring.sqes),
			 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			 wait_fd, IORING_OFF_SQES);
	return ring.rings != MAP_FAILED && ring.sqes != MAP_FAILED;
}

/* The request stands in the ring; the waiting call is what submits it. */
static bool begin_uring(int fd, __u8 opcode)
{
	unsigned int *tail, *array;

	wait_fd = syscall(SYS_io_uring_setup, 1, &ring.p);
	if (wait_fd < 0 || !map_ring())
		return false;
	ring.sqes[0] = (struct io_uring_sqe){ .opcode = opcode, .fd = fd };
	if (opcode == IORING_OP_READ) {
		ring.sqes[0].addr = (unsigned long)read_buffer;
		ring.sqes[0].len = sizeof(read_buffer);
		ring.sqes[0].off = (__u64)-1;
	} else {
		ring.sqes[0].poll32_events = POLLIN;
	}
	tail = (void *)(ring.rings + ring.p.sq_off.tail);
	array = (void *)(ring.rings + ring.p.sq_off.array);
	array[0] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	return true;
}

const struct op *wait_begin(enum hold_kind kind, int fd)
{
	struct op *op;
	bool ok;

	if (kind == HOLD_EPOLL) {
		op = &epoll_op;
		ok = begin_epoll(fd);
	} else if (kind == HOLD_URING_POLL) {
		op = &uring_poll_op;
		ok = begin_uring(fd, IORING_OP_POLL_ADD);
	} else {
		op = &uring_read_op;
		ok = begin_uring(fd, IORING_OP_READ);
	}
	op->arg0 = (const void *)(long)wait_fd;
	return ok ? op : NULL;
}

void wait_end(void)
{
	struct call c;

	if (wait_fd < 0)
		return;
	call_begin(&c, "close", "close", "what waited", wait_fd);
	call_start(&c);
	call_stop(&c, close(wait_fd));
	call_end(&c);
	wait_fd = -1;
}

enum hold_kind wait_needs(enum hold_kind kind)
{
	return kind == HOLD_URING_READ ? HOLD_READ : HOLD_POLL;
}
