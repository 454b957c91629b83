// SPDX-License-Identifier: GPL-2.0
/*
 * Disciplines that count who is inside.
 *
 * percpu_ref     a reference for each operation, taken only while the device is
 *                alive. remove() marks, kills the reference, wakes, and waits
 *                for the last one to be given back. All holds are told at once.
 * kref_flag      a kref for memory and resource, and a flag; nobody waits for
 *                those inside. All holds are told at once, and the removal never
 *                waits: an operation that does not listen goes on using the
 *                resource after remove() returned. Memory bears that, and this
 *                resource is memory; a register window would not be there.
 * debugfs_proxy  the order of fs/debugfs/file.c: operations are counted, the
 *                removal waits for the last of them and wakes nobody. Later
 *                calls get EIO, and poll says POLLHUP without POLLERR. An idle
 *                file is told at once; a blocked poll is not woken, ever; for a
 *                blocked read, or an ioctl in flight, the removal waits until
 *                that has ended by itself.
 */
#include "fixture.h"

static void ref_drained(struct percpu_ref *ref)
{
	complete(&container_of(ref, struct fixture, ref)->drained);
}

static int ref_init(struct fixture *fx)
{
	init_completion(&fx->drained);
	return percpu_ref_init(&fx->ref, ref_drained, 0, GFP_KERNEL);
}

static void ref_destroy(struct fixture *fx)
{
	percpu_ref_exit(&fx->ref);
}

static int ref_enter(struct fixture_access *access)
{
	if (!percpu_ref_tryget_live(&access->fx->ref))
		return fixture_gone_errno();
	access->hw = access->fx->hw;
	return 0;
}

static void ref_exit(struct fixture_access *access)
{
	percpu_ref_put(&access->fx->ref);
}

static void ref_shut(struct fixture *fx)
{
	/* The flag is for those asleep inside, who ask for nothing again. */
	fixture_mark(fx);
	percpu_ref_kill(&fx->ref);
	fixture_wake(fx);
	wait_for_completion(&fx->drained);
}

const struct fixture_discipline fixture_percpu_ref = {
	.name = "percpu_ref",
	.init = ref_init,
	.destroy = ref_destroy,
	.enter = ref_enter,
	.exit = ref_exit,
	.shut = ref_shut,
};

static void flag_exit(struct fixture_access *access)
{
}

static void flag_shut(struct fixture *fx)
{
	fixture_mark(fx);
	fixture_wake(fx);
}

const struct fixture_discipline fixture_kref_flag = {
	.name = "kref_flag",
	.hw_outlives_remove = true,
	.enter = fixture_look,
	.exit = flag_exit,
	.shut = flag_shut,
};

static int users_init(struct fixture *fx)
{
	refcount_set(&fx->users, 1);
	init_completion(&fx->drained);
	return 0;
}

static void users_exit(struct fixture_access *access)
{
	if (refcount_dec_and_test(&access->fx->users))
		complete(&access->fx->drained);
}

static int users_enter(struct fixture_access *access)
{
	int ret;

	if (!refcount_inc_not_zero(&access->fx->users))
		return fixture_gone_errno();
	ret = fixture_look(access);
	if (ret)
		users_exit(access);
	return ret;
}

static void users_shut(struct fixture *fx)
{
	fixture_mark(fx);
	if (!refcount_dec_and_test(&fx->users))
		wait_for_completion(&fx->drained);
}

const struct fixture_discipline fixture_debugfs_proxy = {
	.name = "debugfs_proxy",
	.gone_errno = -EIO,
	.gone_poll = EPOLLHUP,
	.init = users_init,
	.enter = users_enter,
	.exit = users_exit,
	.shut = users_shut,
};
