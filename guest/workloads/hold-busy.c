// SPDX-License-Identifier: GPL-2.0
/*
 * T4 with a bound: one thread makes ioctls that nothing ends early, each of them
 * inside the device for a while, one right after the other.
 */
#include "lib/hold.h"

int main(int argc, char **argv)
{
	hold_main(argc, argv, HOLD_BUSY);
}
