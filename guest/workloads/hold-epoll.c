// SPDX-License-Identifier: GPL-2.0
/* T6: a thread waits in an epoll set that has the fd. */
#include "lib/hold.h"

int main(int argc, char **argv)
{
	hold_main(argc, argv, HOLD_EPOLL);
}
