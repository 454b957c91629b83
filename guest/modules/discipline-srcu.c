// SPDX-License-Identifier: GPL-2.0
/*
 * Disciplines in which a file operation is an SRCU read section.
 *
 * srcu            marks, synchronises, and wakes only then: the order of
 *                 drivers/gpio/gpiolib.c:gpiochip_remove(). An idle file and a
 *                 poll, which sleeps outside of the section, are told at once.
 *                 A blocked read is a section that ends with a wake-up that
 *                 comes after the wait for it: the removal waits until the
 *                 reader gets a signal; an ioctl in flight, until it is over.
 * mark_wake_sync  marks, wakes, then synchronises. All are told at once, and the
 *                 removal waits only for what does not listen.
 */
#include "fixture.h"

static int section_init(struct fixture *fx)
{
	return init_srcu_struct(&fx->srcu);
}

static void section_destroy(struct fixture *fx)
{
	cleanup_srcu_struct(&fx->srcu);
}

static int section_enter(struct fixture_access *access)
{
	struct fixture *fx = access->fx;
	int ret;

	access->idx = srcu_read_lock(&fx->srcu);
	ret = fixture_look(access);
	if (ret)
		srcu_read_unlock(&fx->srcu, access->idx);
	return ret;
}

static void section_exit(struct fixture_access *access)
{
	srcu_read_unlock(&access->fx->srcu, access->idx);
}

static void section_shut(struct fixture *fx)
{
	fixture_mark(fx);
	synchronize_srcu(&fx->srcu);
	fixture_wake(fx);
}

static void mark_wake_sync_shut(struct fixture *fx)
{
	fixture_mark(fx);
	fixture_wake(fx);
	synchronize_srcu(&fx->srcu);
}

const struct fixture_discipline fixture_srcu = {
	.name = "srcu",
	.init = section_init,
	.destroy = section_destroy,
	.enter = section_enter,
	.exit = section_exit,
	.shut = section_shut,
};

const struct fixture_discipline fixture_mark_wake_sync = {
	.name = "mark_wake_sync",
	.init = section_init,
	.destroy = section_destroy,
	.enter = section_enter,
	.exit = section_exit,
	.shut = mark_wake_sync_shut,
};
