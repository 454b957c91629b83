// SPDX-License-Identifier: GPL-2.0
/* T2, T3 on a derived fd: a thread waits in read() for data that never comes. */
#include "lib/hold.h"

int main(int argc, char **argv)
{
	hold_main(argc, argv, HOLD_READ);
}
