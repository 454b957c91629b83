// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/i2c.h>
#include <linux/i2c-dev.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "op.h"
#include "unplug_fixture.h"

/*
 * Targets of every emulated adapter: an EEPROM, and one that holds the clock for
 * ever, so that a transfer to it is in flight until the driver's time-out.
 */
enum { I2C_TARGET_ADDRESS = 0x50, I2C_STUBBORN_ADDRESS = 0x51 };

/* One blocked poll per process, so its argument can have a known address. */
struct pollfd blocking_pollfd;

/* What the class of this process is polled for. */
static short poll_events = POLLIN;

static __thread sigjmp_buf sigbus_return;
static __thread volatile sig_atomic_t sigbus_expected;

void op_run(const struct op *op, const char *phase, const struct op_args *args)
{
	struct call c;

	call_begin(&c, phase, op->op, op->name, args->fd);
	op->run(&c, args);
	call_end(&c);
}

void run_read(struct call *c, const struct op_args *args)
{
	/* gpiolib wants room for one whole event, else EINVAL. */
	char buf[sizeof(struct gpio_v2_line_info_changed)];

	call_start(c);
	call_stop(c, read(args->fd, buf, sizeof(buf)));
}

/* ppoll and not poll: every architecture has it, so the number is known. */
static void do_poll(struct call *c, struct pollfd *p, struct timespec *timeout)
{
	p->revents = 0;
	call_start(c);
	call_stop(c, syscall(SYS_ppoll, p, 1, timeout, NULL, 8));
	c->revents = c->ret > 0 ? p->revents & 0xffff : 0;
}

void run_poll(struct call *c, const struct op_args *args)
{
	struct pollfd p = { .fd = args->fd, .events = poll_events };
	struct timespec now = { 0 };

	do_poll(c, &p, &now);
}

void run_poll_forever(struct call *c, const struct op_args *args)
{
	blocking_pollfd.fd = args->fd;
	blocking_pollfd.events = poll_events;
	do_poll(c, &blocking_pollfd, NULL);
}

static void run_fixture_info(struct call *c, const struct op_args *args)
{
	struct unplug_fixture_info info;

	call_start(c);
	call_stop(c, ioctl(args->fd, UNPLUG_FIXTURE_INFO, &info));
}

static void run_fixture_sleep(struct call *c, const struct op_args *args)
{
	__u32 ms = args->sleep_ms;

	call_start(c);
	call_stop(c, ioctl(args->fd, UNPLUG_FIXTURE_SLEEP, &ms));
}

/* One call to the observer: between two ioctls there is next to no time. */
static void run_fixture_busy(struct call *c, const struct op_args *args)
{
	__u32 ms = args->busy_ms;
	int ret;

	call_start(c);
	do
		ret = ioctl(args->fd, UNPLUG_FIXTURE_BUSY, &ms);
	while (!ret && !*args->interrupted);
	if (!ret)
		errno = EINTR;
	call_stop(c, -1);
}

static void run_fixture_unbind(struct call *c, const struct op_args *args)
{
	call_start(c);
	call_stop(c, ioctl(args->fd, UNPLUG_FIXTURE_UNBIND));
}

static void on_sigbus(int sig)
{
	if (sigbus_expected)
		siglongjmp(sigbus_return, 1);
	signal(sig, SIG_DFL);
	raise(sig);
}

/*
 * Map and touch in one: the fault handler of the driver runs at the touch, and
 * after a removal it is a signal that tells.
 */
static void run_mmap(struct call *c, const struct op_args *args)
{
	struct sigaction action = { .sa_handler = on_sigbus }, old;
	size_t size = sysconf(_SC_PAGESIZE);
	volatile char *map;

	sigaction(SIGBUS, &action, &old);
	call_start(c);
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, args->fd, 0);
	if (map == MAP_FAILED) {
		call_stop(c, -1);
	} else {
		if (!sigsetjmp(sigbus_return, 1)) {
			sigbus_expected = 1;
			(void)map[0];
			call_stop(c, 0);
		} else {
			call_stop(c, -1);
			c->signal = "SIGBUS";
		}
		sigbus_expected = 0;
		munmap((void *)map, size);
	}
	sigaction(SIGBUS, &old, NULL);
}

static void run_gpio_chipinfo(struct call *c, const struct op_args *args)
{
	struct gpiochip_info info;

	call_start(c);
	call_stop(c, ioctl(args->fd, GPIO_GET_CHIPINFO_IOCTL, &info));
}

static void run_gpio_lineinfo(struct call *c, const struct op_args *args)
{
	struct gpio_v2_line_info info = { .offset = 0 };

	call_start(c);
	call_stop(c, ioctl(args->fd, GPIO_V2_GET_LINEINFO_IOCTL, &info));
}

static void run_gpio_watch(struct call *c, const struct op_args *args)
{
	struct gpio_v2_line_info info = { .offset = 0 };

	call_start(c);
	call_stop(c, ioctl(args->fd, GPIO_V2_GET_LINEINFO_WATCH_IOCTL, &info));
}

/* A line request: a file of its own, with a queue of edges that never come. */
static void run_gpio_request(struct call *c, const struct op_args *args)
{
	struct gpio_v2_line_request request = {
		.offsets = { 0 },
		.num_lines = 1,
		.consumer = "unplug",
		.config.flags = GPIO_V2_LINE_FLAG_INPUT |
				GPIO_V2_LINE_FLAG_EDGE_RISING |
				GPIO_V2_LINE_FLAG_EDGE_FALLING,
	};
	int ret;

	call_start(c);
	ret = ioctl(args->fd, GPIO_V2_GET_LINE_IOCTL, &request);
	call_stop(c, ret < 0 ? ret : request.fd);
}

static void run_gpio_values(struct call *c, const struct op_args *args)
{
	struct gpio_v2_line_values values = { .mask = 1 };

	call_start(c);
	call_stop(c, ioctl(args->fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values));
}

/* The same by version 1 of the ABI. */
static void run_gpio_v1_event(struct call *c, const struct op_args *args)
{
	struct gpioevent_request request = {
		.lineoffset = 0,
		.handleflags = GPIOHANDLE_REQUEST_INPUT,
		.eventflags = GPIOEVENT_REQUEST_BOTH_EDGES,
		.consumer_label = "unplug",
	};
	int ret;

	call_start(c);
	ret = ioctl(args->fd, GPIO_GET_LINEEVENT_IOCTL, &request);
	call_stop(c, ret < 0 ? ret : request.fd);
}

static void run_gpio_v1_values(struct call *c, const struct op_args *args)
{
	struct gpiohandle_data data;

	call_start(c);
	call_stop(c, ioctl(args->fd, GPIOHANDLE_GET_LINE_VALUES_IOCTL, &data));
}

static void run_i2c_funcs(struct call *c, const struct op_args *args)
{
	unsigned long funcs;

	call_start(c);
	call_stop(c, ioctl(args->fd, I2C_FUNCS, &funcs));
}

static void run_i2c_slave(struct call *c, const struct op_args *args)
{
	call_start(c);
	call_stop(c, ioctl(args->fd, I2C_SLAVE, (long)I2C_TARGET_ADDRESS));
}

static void run_i2c_smbus(struct call *c, const struct op_args *args)
{
	union i2c_smbus_data data;
	struct i2c_smbus_ioctl_data request = {
		.read_write = I2C_SMBUS_READ,
		.size = I2C_SMBUS_BYTE,
		.data = &data,
	};

	call_start(c);
	call_stop(c, ioctl(args->fd, I2C_SMBUS, &request));
}

static void run_i2c_byte(struct call *c, const struct op_args *args)
{
	ioctl(args->fd, I2C_SLAVE, (long)I2C_TARGET_ADDRESS);
	run_i2c_smbus(c, args);
}

static void run_i2c_transfer(struct call *c, const struct op_args *args)
{
	__u8 byte = 0;
	struct i2c_msg message = {
		.addr = I2C_STUBBORN_ADDRESS,
		.len = sizeof(byte),
		.buf = &byte,
	};
	struct i2c_rdwr_ioctl_data request = { .msgs = &message, .nmsgs = 1 };

	call_start(c);
	call_stop(c, ioctl(args->fd, I2C_RDWR, &request));
}

#define BUSY_IOCTL \
	{ "ioctl", "UNPLUG_FIXTURE_BUSY", run_fixture_busy, SYS_ioctl, NULL }

static const struct op fixture_use[] = {
	{ .op = "ioctl", .name = "UNPLUG_FIXTURE_INFO", .run = run_fixture_info },
	{ .op = "read", .run = run_read },
	{ .op = "poll", .run = run_poll },
	{ .op = "mmap", .run = run_mmap },
	{ .op = NULL },
};

/* As the fixture, but for the page that this one does not have. */
static const struct op edu_use[] = {
	{ .op = "ioctl", .name = "UNPLUG_FIXTURE_INFO", .run = run_fixture_info },
	{ .op = "read", .run = run_read },
	{ .op = "poll", .run = run_poll },
	{ .op = NULL },
};

static const struct op gpio_use[] = {
	{ .op = "ioctl", .name = "GPIO_GET_CHIPINFO_IOCTL",
	  .run = run_gpio_chipinfo },
	{ .op = "ioctl", .name = "GPIO_V2_GET_LINEINFO_IOCTL",
	  .run = run_gpio_lineinfo },
	{ .op = "poll", .run = run_poll },
	{ .op = "read", .run = run_read },
	{ .op = NULL },
};

/* Without a watch no event can ever come, and nobody would wait for one. */
static const struct op gpio_prepare = {
	.op = "ioctl", .name = "GPIO_V2_GET_LINEINFO_WATCH_IOCTL",
	.run = run_gpio_watch,
};

static const struct op gpio_line_derive = {
	.op = "ioctl", .name = "GPIO_V2_GET_LINE_IOCTL", .run = run_gpio_request,
};

static const struct op gpio_line_use[] = {
	{ .op = "ioctl", .name = "GPIO_V2_LINE_GET_VALUES_IOCTL",
	  .run = run_gpio_values },
	{ .op = "poll", .run = run_poll },
	{ .op = "read", .run = run_read },
	{ .op = NULL },
};

static const struct op gpio_line_v1_derive = {
	.op = "ioctl", .name = "GPIO_GET_LINEEVENT_IOCTL",
	.run = run_gpio_v1_event,
};

static const struct op gpio_line_v1_use[] = {
	{ .op = "ioctl", .name = "GPIOHANDLE_GET_LINE_VALUES_IOCTL",
	  .run = run_gpio_v1_values },
	{ .op = "poll", .run = run_poll },
	{ .op = "read", .run = run_read },
	{ .op = NULL },
};

static const struct op i2c_use[] = {
	{ .op = "ioctl", .name = "I2C_FUNCS", .run = run_i2c_funcs },
	{ .op = "ioctl", .name = "I2C_SLAVE", .run = run_i2c_slave },
	{ .op = "ioctl", .name = "I2C_SMBUS", .run = run_i2c_smbus },
	{ .op = NULL },
};

/* What needs no line of the adapter says nothing of their going. */
static const struct op i2c_transfer_use[] = {
	{ .op = "ioctl", .name = "I2C_SMBUS", .run = run_i2c_byte },
	{ .op = NULL },
};

static const struct op fifo_use[] = {
	{ .op = "read", .run = run_read },
	{ .op = "poll", .run = run_poll },
	{ .op = NULL },
};

static const struct device_class core_classes[] = {
	{
		.name = "fixture",
		.use = fixture_use,
		.beside = &fixture_use[0],
		.block = {
			[HOLD_POLL] = BLOCKING_POLL,
			[HOLD_READ] = BLOCKING_READ,
			[HOLD_IOCTL] = { "ioctl", "UNPLUG_FIXTURE_SLEEP",
					 run_fixture_sleep, SYS_ioctl, NULL },
			[HOLD_BUSY] = BUSY_IOCTL,
			[HOLD_SHARED] = BUSY_IOCTL,
			[HOLD_NESTED] = { "ioctl", "UNPLUG_FIXTURE_UNBIND",
					  run_fixture_unbind, SYS_ioctl, NULL },
		},
	}, {
		.name = "edu",
		.use = edu_use,
		.block = {
			[HOLD_POLL] = BLOCKING_POLL,
			[HOLD_READ] = BLOCKING_READ,
			[HOLD_IOCTL] = { "ioctl", "UNPLUG_FIXTURE_SLEEP",
					 run_fixture_sleep, SYS_ioctl, NULL },
		},
	}, {
		.name = "gpio-cdev",
		.use = gpio_use,
		.prepare = &gpio_prepare,
		.block = {
			[HOLD_POLL] = BLOCKING_POLL,
			[HOLD_READ] = BLOCKING_READ,
		},
	}, {
		.name = "gpio-line",
		.derive = &gpio_line_derive,
		.use = gpio_line_use,
		.block = {
			[HOLD_POLL] = BLOCKING_POLL,
			[HOLD_READ] = BLOCKING_READ,
		},
	}, {
		.name = "gpio-line-v1",
		.derive = &gpio_line_v1_derive,
		.use = gpio_line_v1_use,
		.block = {
			[HOLD_POLL] = BLOCKING_POLL,
			[HOLD_READ] = BLOCKING_READ,
		},
	}, {
		.name = "i2c-dev",
		.use = i2c_use,
		.block = {
			[HOLD_IOCTL] = { "ioctl", "I2C_RDWR", run_i2c_transfer,
					 SYS_ioctl, NULL },
		},
	}, {
		/* The adapter stays, and what it is made of goes. */
		.name = "i2c-transfer",
		.use = i2c_transfer_use,
	}, {
		/* No device: lets the protocol be tried without a guest. */
		.name = "fifo",
		.use = fifo_use,
		.block = {
			[HOLD_POLL] = BLOCKING_POLL,
			[HOLD_READ] = BLOCKING_READ,
		},
	},
	{ .name = NULL },
};

static const struct device_class * const class_tables[] = {
	core_classes, input_classes, clock_classes, media_classes, iio_classes,
	file_classes, cros_ec_classes, tpm_classes, misc_classes,
};

static const struct device_class *find_in(const struct device_class *table,
					  const char *name)
{
	for (const struct device_class *c = table; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

const struct device_class *device_class_find(const char *name)
{
	const struct device_class *found = NULL;

	for (size_t i = 0; i < sizeof(class_tables) / sizeof(*class_tables); i++)
		if (!found)
			found = find_in(class_tables[i], name);
	if (found && found->poll_events)
		poll_events = found->poll_events;
	return found;
}
