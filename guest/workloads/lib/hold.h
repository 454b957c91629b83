/* SPDX-License-Identifier: GPL-2.0 */
#ifndef LIB_HOLD_H
#define LIB_HOLD_H

#include "device.h"

/*
 * The whole of a hold program: open, use, enter the held state, see that it is
 * held, then do what stdin says (after, interrupt, status, reopen, close, quit).
 */
_Noreturn void hold_main(int argc, char **argv, enum hold_kind kind);

#endif /* LIB_HOLD_H */
