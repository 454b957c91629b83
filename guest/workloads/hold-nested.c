// SPDX-License-Identifier: GPL-2.0
/* T4, and the ioctl takes its own device away: it waits for itself. */
#include "lib/hold.h"

int main(int argc, char **argv)
{
	hold_main(argc, argv, HOLD_NESTED);
}
