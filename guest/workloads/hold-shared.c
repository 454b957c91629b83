// SPDX-License-Identifier: GPL-2.0
/* As hold-busy, and a second thread makes short ioctls on the same fd. */
#include "lib/hold.h"

int main(int argc, char **argv)
{
	hold_main(argc, argv, HOLD_SHARED);
}
