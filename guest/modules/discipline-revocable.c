// SPDX-License-Identifier: GPL-2.0
/*
 * Disciplines on include/linux/revocable.h, where the kernel has it.
 *
 * In all of them remove() revokes and then wakes: the mechanism marks and
 * synchronises in one call, with no place for a wake-up between. So an idle file
 * and a poll are told at once; for a blocked read the removal waits until the
 * reader gets a signal; for an ioctl in flight, until it is over.
 *
 * revocable_file    a handle for each open file. Right for as long as one thread
 *                   at a time uses the file. Two threads inside at once share
 *                   the SRCU index that is kept in the handle: the one that
 *                   leaves last gives back an index that is not its own, and the
 *                   revocation waits for ever.
 * revocable_stack   a handle for each access, on the stack: as many threads as
 *                   there are. Not with the first posting, which has no handle
 *                   but from the heap.
 * revocable_shared  what threads of one file share is what the API hands to
 *                   open(): with the first posting a handle, so it is
 *                   revocable_file; later the provider, so it is
 *                   revocable_stack.
 * revocable_irq     as revocable_shared, and while the file is open a timer uses
 *                   the device in interrupt context: with the first posting by
 *                   the handle of the file, that the threads use too; later with
 *                   a handle of its own.
 * revocable_nested  as revocable_shared, and an ioctl unbinds the driver from
 *                   within: the revocation waits for the access that it is
 *                   called in, and whoever removes the device after that for
 *                   the lock of the device.
 */
#include <linux/hrtimer.h>
#include <linux/ktime.h>

#include "fixture.h"

enum { IRQ_PERIOD_MS = 2 };

static int revocable_discipline_init(struct fixture *fx)
{
	return provider_init(&fx->provider, fx->hw);
}

static void revocable_discipline_destroy(struct fixture *fx)
{
	provider_put(&fx->provider);
}

static void revocable_discipline_shut(struct fixture *fx)
{
	provider_revoke(&fx->provider);
	fixture_mark(fx);
	fixture_wake(fx);
}

static int file_open(struct fixture_file *file)
{
	return handle_init(&file->handle, &file->fx->provider);
}

static void file_release(struct fixture_file *file)
{
	handle_deinit(&file->handle);
}

static int file_enter(struct fixture_access *access)
{
	struct fixture_handle *handle = &access->file->handle;

	access->hw = handle_try(handle);
	if (access->hw)
		return 0;
	/* The mechanism wants it withdrawn even when nothing was granted. */
	handle_withdraw(handle);
	return fixture_gone_errno();
}

static void file_exit(struct fixture_access *access)
{
	handle_withdraw(&access->file->handle);
}

const struct fixture_discipline fixture_revocable_file = {
	.name = "revocable_file",
	.init = revocable_discipline_init,
	.destroy = revocable_discipline_destroy,
	.open = file_open,
	.release = file_release,
	.enter = file_enter,
	.exit = file_exit,
	.shut = revocable_discipline_shut,
};

#if FIXTURE_REVOCABLE == 1

#define invited_enter file_enter
#define invited_exit file_exit

#else

static int stack_enter(struct fixture_access *access)
{
	if (handle_init(&access->handle, &access->fx->provider))
		return fixture_gone_errno();
	access->hw = handle_try(&access->handle);
	if (access->hw)
		return 0;
	handle_withdraw(&access->handle);
	handle_deinit(&access->handle);
	return fixture_gone_errno();
}

static void stack_exit(struct fixture_access *access)
{
	handle_withdraw(&access->handle);
	handle_deinit(&access->handle);
}

#define invited_enter stack_enter
#define invited_exit stack_exit

/*
 * The files keep a handle that nothing is asked with: a reference to the
 * provider, so that no deinit of a stay is the last put, which sleeps
 * (cleanup_srcu_struct()) and that a timer may not do.
 */
const struct fixture_discipline fixture_revocable_stack = {
	.name = "revocable_stack",
	.init = revocable_discipline_init,
	.destroy = revocable_discipline_destroy,
	.open = file_open,
	.release = file_release,
	.enter = stack_enter,
	.exit = stack_exit,
	.shut = revocable_discipline_shut,
};

#endif

const struct fixture_discipline fixture_revocable_shared = {
	.name = "revocable_shared",
	.init = revocable_discipline_init,
	.destroy = revocable_discipline_destroy,
	.open = file_open,
	.release = file_release,
	.enter = invited_enter,
	.exit = invited_exit,
	.shut = revocable_discipline_shut,
};

static enum hrtimer_restart irq_fires(struct hrtimer *timer)
{
	struct fixture_file *file =
		container_of(timer, struct fixture_file, timer);
	struct fixture_access access = { .file = file, .fx = file->fx };

	if (!invited_enter(&access)) {
		atomic_inc(&access.hw->count);
		invited_exit(&access);
	}
	hrtimer_forward_now(timer, ms_to_ktime(IRQ_PERIOD_MS));
	return HRTIMER_RESTART;
}

static int irq_open(struct fixture_file *file)
{
	int ret = file_open(file);

	if (ret)
		return ret;
#ifdef FIXTURE_HRTIMER_SETUP
	hrtimer_setup(&file->timer, irq_fires, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL);
#else
	hrtimer_init(&file->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	file->timer.function = irq_fires;
#endif
	hrtimer_start(&file->timer, ms_to_ktime(IRQ_PERIOD_MS),
		      HRTIMER_MODE_REL);
	return 0;
}

static void irq_release(struct fixture_file *file)
{
	hrtimer_cancel(&file->timer);
	file_release(file);
}

const struct fixture_discipline fixture_revocable_irq = {
	.name = "revocable_irq",
	.init = revocable_discipline_init,
	.destroy = revocable_discipline_destroy,
	.open = irq_open,
	.release = irq_release,
	.enter = invited_enter,
	.exit = invited_exit,
	.shut = revocable_discipline_shut,
};

const struct fixture_discipline fixture_revocable_nested = {
	.name = "revocable_nested",
	.may_unbind = true,
	.init = revocable_discipline_init,
	.destroy = revocable_discipline_destroy,
	.open = file_open,
	.release = file_release,
	.enter = invited_enter,
	.exit = invited_exit,
	.shut = revocable_discipline_shut,
};
