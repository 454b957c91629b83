// SPDX-License-Identifier: GPL-2.0
/* T6: a ring has a poll of the fd that is not over. */
#include "lib/hold.h"

int main(int argc, char **argv)
{
	hold_main(argc, argv, HOLD_URING_POLL);
}
