// SPDX-License-Identifier: GPL-2.0
/* A TPM's node: a command is written, and its answer is read. */
#include <unistd.h>

#include "op.h"

enum { ANSWER_MS = 2000 };

/* TPM2_GetRandom of one byte: TCG, TPM 2.0 Library, part 3, 16.1 */
static const unsigned char get_random[] = {
	0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7b, 0, 1,
};

/* In one: a file that is not to block takes any command, and its answer tells. */
static void run_command(struct call *c, const struct op_args *args)
{
	struct pollfd answered = { .fd = args->fd, .events = POLLIN };
	char buf[64];
	ssize_t ret;

	call_start(c);
	ret = write(args->fd, get_random, sizeof(get_random));
	if (ret >= 0) {
		poll(&answered, 1, ANSWER_MS);
		ret = read(args->fd, buf, sizeof(buf));
	}
	call_stop(c, ret);
}

static const struct op tpm_use[] = {
	{ .op = "write", .name = "TPM2_GetRandom", .run = run_command },
	{ .op = "poll", .run = run_poll },
	{ .op = NULL },
};

const struct device_class tpm_classes[] = {
	{
		.name = "tpm",
		.use = tpm_use,
		.block = {
			[HOLD_POLL] = BLOCKING_POLL,
		},
	},
	{ .name = NULL },
};
