// SPDX-License-Identifier: GPL-2.0
/* T1: a thread waits in poll() with no time-out. */
#include "lib/hold.h"

int main(int argc, char **argv)
{
	hold_main(argc, argv, HOLD_POLL);
}
