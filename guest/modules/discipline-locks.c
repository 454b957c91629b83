// SPDX-License-Identifier: GPL-2.0
/*
 * Disciplines with a lock that a file operation holds while it uses the device.
 * All of them have a kref for the memory and a flag that says "gone".
 *
 * rwsem         many inside at a time. remove() marks, wakes the sleepers, then
 *               waits for those inside by taking it for writing. Idle file,
 *               poll, blocked read and ioctl in flight: told at once, and the
 *               removal waits only for what does not listen.
 * percpu_rwsem  the same, cheap for those who enter, and one RCU grace period
 *               for the removal.
 * wrong_errno   as rwsem in all but what it tells: EIO, and POLLIN of poll.
 * mutex         one inside at a time, and the mark is set under the mutex. Right
 *               for drivers whose operations don't sleep. Here they do: with a
 *               blocked read, or an ioctl in flight, the removal waits until
 *               that has ended by itself, and so does any other user. An idle
 *               file and a poll (which takes no mutex) are told at once.
 */
#include "fixture.h"

static int shared_init(struct fixture *fx)
{
	init_rwsem(&fx->rwsem);
	return 0;
}

static int shared_enter(struct fixture_access *access)
{
	int ret;

	down_read(&access->fx->rwsem);
	ret = fixture_look(access);
	if (ret)
		up_read(&access->fx->rwsem);
	return ret;
}

static void shared_exit(struct fixture_access *access)
{
	up_read(&access->fx->rwsem);
}

static void shared_shut(struct fixture *fx)
{
	/* Mark before waking, wake before waiting: else a sleeper blocks us. */
	fixture_mark(fx);
	fixture_wake(fx);
	down_write(&fx->rwsem);
	up_write(&fx->rwsem);
}

const struct fixture_discipline fixture_rwsem = {
	.name = "rwsem",
	.init = shared_init,
	.enter = shared_enter,
	.exit = shared_exit,
	.shut = shared_shut,
};

const struct fixture_discipline fixture_wrong_errno = {
	.name = "wrong_errno",
	.gone_errno = -EIO,
	.gone_poll = EPOLLIN | EPOLLRDNORM,
	.init = shared_init,
	.enter = shared_enter,
	.exit = shared_exit,
	.shut = shared_shut,
};

static int pcpu_rwsem_init(struct fixture *fx)
{
	return percpu_init_rwsem(&fx->percpu_rwsem);
}

static void pcpu_rwsem_destroy(struct fixture *fx)
{
	percpu_free_rwsem(&fx->percpu_rwsem);
}

static int pcpu_rwsem_enter(struct fixture_access *access)
{
	int ret;

	percpu_down_read(&access->fx->percpu_rwsem);
	ret = fixture_look(access);
	if (ret)
		percpu_up_read(&access->fx->percpu_rwsem);
	return ret;
}

static void pcpu_rwsem_exit(struct fixture_access *access)
{
	percpu_up_read(&access->fx->percpu_rwsem);
}

static void pcpu_rwsem_shut(struct fixture *fx)
{
	fixture_mark(fx);
	fixture_wake(fx);
	percpu_down_write(&fx->percpu_rwsem);
	percpu_up_write(&fx->percpu_rwsem);
}

const struct fixture_discipline fixture_percpu_rwsem = {
	.name = "percpu_rwsem",
	.init = pcpu_rwsem_init,
	.destroy = pcpu_rwsem_destroy,
	.enter = pcpu_rwsem_enter,
	.exit = pcpu_rwsem_exit,
	.shut = pcpu_rwsem_shut,
};

static int exclusive_init(struct fixture *fx)
{
	mutex_init(&fx->mutex);
	return 0;
}

static int exclusive_enter(struct fixture_access *access)
{
	int ret;

	mutex_lock(&access->fx->mutex);
	ret = fixture_look(access);
	if (ret)
		mutex_unlock(&access->fx->mutex);
	return ret;
}

static void exclusive_exit(struct fixture_access *access)
{
	mutex_unlock(&access->fx->mutex);
}

static void exclusive_shut(struct fixture *fx)
{
	mutex_lock(&fx->mutex);
	fixture_mark(fx);
	mutex_unlock(&fx->mutex);
	fixture_wake(fx);
}

const struct fixture_discipline fixture_mutex = {
	.name = "mutex",
	.init = exclusive_init,
	.enter = exclusive_enter,
	.exit = exclusive_exit,
	.shut = exclusive_shut,
};
