// SPDX-License-Identifier: GPL-2.0
/* T6: a child holds the fd as well. */
#include "lib/hold.h"

int main(int argc, char **argv)
{
	hold_main(argc, argv, HOLD_FORK);
}
