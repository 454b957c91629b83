// SPDX-License-Identifier: GPL-2.0
/*
 * naive: none. remove() frees the structure that open files point to. This is
 * the bug of a driver that uses devm_kzalloc() for what its .private_data points
 * to, e.g. drivers/misc/pci_endpoint_test.c.
 *
 * The removal never waits. Whoever uses, polls or closes a file after it, and
 * whoever was asleep in a call, uses freed memory; nobody is woken.
 */
#include "fixture.h"

const struct fixture_discipline fixture_naive = {
	.name = "naive",
	.uncounted = true,
};
