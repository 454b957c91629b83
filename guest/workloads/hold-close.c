// SPDX-License-Identifier: GPL-2.0
/* T7: threads close one after another of many open files. */
#include "lib/hold.h"

int main(int argc, char **argv)
{
	hold_main(argc, argv, HOLD_CLOSE);
}
