// SPDX-License-Identifier: GPL-2.0
/* T4: a thread is inside an ioctl() that sleeps, as one does during a transfer. */
#include "lib/hold.h"

int main(int argc, char **argv)
{
	hold_main(argc, argv, HOLD_IOCTL);
}
