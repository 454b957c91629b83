// SPDX-License-Identifier: GPL-2.0
/* T6: an fd is open under two numbers. */
#include "lib/hold.h"

int main(int argc, char **argv)
{
	hold_main(argc, argv, HOLD_DUP);
}
