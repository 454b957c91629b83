// SPDX-License-Identifier: GPL-2.0
/* T6: an fd is in a message that nobody has received. */
#include "lib/hold.h"

int main(int argc, char **argv)
{
	hold_main(argc, argv, HOLD_SCM);
}
