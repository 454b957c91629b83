// SPDX-License-Identifier: GPL-2.0
/* T0: an fd is open, and nothing is pending on it. */
#include "lib/hold.h"

int main(int argc, char **argv)
{
	hold_main(argc, argv, HOLD_IDLE);
}
