// SPDX-License-Identifier: GPL-2.0
/* T5: threads open, use and close the device all the time. */
#include "lib/hold.h"

int main(int argc, char **argv)
{
	hold_main(argc, argv, HOLD_OPEN);
}
