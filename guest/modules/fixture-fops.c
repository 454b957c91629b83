// SPDX-License-Identifier: GPL-2.0
/*
 * The fixture's file operations. What they have in common is that they enter
 * and leave by way of the discipline, and sleep, when they do, in between.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "fixture.h"
#include "unplug_fixture.h"

/* A time that a removal can wait for. */
#define BUSY_MAX_MS 10000u
#define BUSY_SHUT_MS 500u

/* Inlined, so that a report of KASAN names the file operation. */
static __always_inline int fixture_enter(struct fixture_file *own,
					 struct fixture_access *access)
{
	access->file = own;
	access->fx = own->fx;
	if (fixture_discipline->enter)
		return fixture_discipline->enter(access);
	access->hw = access->fx->hw;
	return 0;
}

static void fixture_exit(struct fixture_access *access)
{
	if (fixture_discipline->exit)
		fixture_discipline->exit(access);
}

static int unplug_fixture_open(struct inode *inode, struct file *file)
{
	struct fixture_file *own;
	int ret;

	own = kzalloc(sizeof(*own), GFP_KERNEL);
	if (!own)
		return -ENOMEM;
	ret = fixture_attach(own, inode, file);
	if (ret) {
		kfree(own);
		return ret;
	}
	file->private_data = own;
	return stream_open(inode, file);
}

static int unplug_fixture_release(struct inode *inode, struct file *file)
{
	struct fixture_file *own = file->private_data;

	atomic_dec(&own->fx->opens);
	fixture_detach(own);
	kfree(own);
	return 0;
}

static ssize_t unplug_fixture_read(struct file *file, char __user *buf,
				   size_t len, loff_t *pos)
{
	/* Asked once: F_SETFL by another thread does not end this call. */
	bool nonblock = file->f_flags & O_NONBLOCK;
	struct fixture_access access;
	struct fixture *fx;
	int ret;

	if (!len)
		return 0;
	ret = fixture_enter(file->private_data, &access);
	if (ret)
		return ret;
	fx = access.fx;

	while (atomic_dec_if_positive(&fx->available) < 0) {
		if (nonblock) {
			ret = -EAGAIN;
			goto out;
		}
		ret = wait_event_interruptible(fx->wait,
					       atomic_read(&fx->available) ||
					       fixture_gone(fx));
		if (ret)
			goto out;
		if (fixture_gone(fx)) {
			ret = fixture_gone_errno();
			goto out;
		}
	}
	ret = put_user('u', buf) ? -EFAULT : 1;
out:
	fixture_exit(&access);
	return ret;
}

static __poll_t unplug_fixture_poll(struct file *file, poll_table *table)
{
	struct fixture_file *own = file->private_data;
	struct fixture *fx = own->fx;
	__poll_t mask = 0;

	poll_wait(file, &fx->wait, table);
	/*
	 * No fixture_enter(): nothing of the resource is used, and the wake-up
	 * must not queue behind the remove() that it is to tell of.
	 */
	if (fixture_gone(fx))
		return fixture_discipline->gone_poll ?: EPOLLERR | EPOLLHUP;
	if (atomic_read(&fx->available))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

static int fixture_info(struct fixture_access *access, void __user *arg)
{
	struct fixture *fx = access->fx;
	struct unplug_fixture_info info = {
		.magic = fx->magic,
		.version = fx->version,
		.count = atomic_inc_return(&access->hw->count),
		.available = atomic_read(&fx->available),
	};

	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static int fixture_sleep(struct fixture_access *access, u32 __user *arg)
{
	struct fixture *fx = access->fx;
	long left;
	u32 ms;

	if (get_user(ms, arg))
		return -EFAULT;
	left = wait_event_interruptible_timeout(fx->wait, fixture_gone(fx),
						msecs_to_jiffies(ms));
	if (fixture_gone(fx))
		return fixture_gone_errno();
	/* A transfer that is over is accounted for, however it ended. */
	atomic_inc(&access->hw->count);
	return left < 0 ? left : 0;
}

/*
 * A transfer that nothing ends early: no signal, and no removal. One that a
 * removal finds in flight stays so for a while, however late that came: others
 * then meet a device that is going away while somebody is still inside.
 */
static int fixture_busy(struct fixture_access *access, u32 __user *arg)
{
	unsigned long shut;
	u32 ms;

	if (get_user(ms, arg))
		return -EFAULT;
	msleep(min(ms, BUSY_MAX_MS));
	shut = READ_ONCE(fixture_shut_jiffies);
	if (shut) {
		unsigned long end = shut + msecs_to_jiffies(BUSY_SHUT_MS);

		if (time_before(jiffies, end))
			msleep(jiffies_to_msecs(end - jiffies));
	}
	/* Whoever freed the resource meanwhile did not wait for us. */
	atomic_inc(&access->hw->count);
	return 0;
}

static long unplug_fixture_ioctl(struct file *file, unsigned int cmd,
				 unsigned long arg)
{
	void __user *argp = (void __user *)arg;
	struct fixture_access access;
	struct fixture *fx;
	int ret;

	ret = fixture_enter(file->private_data, &access);
	if (ret)
		return ret;
	fx = access.fx;

	switch (cmd) {
	case UNPLUG_FIXTURE_INFO:
		ret = fixture_info(&access, argp);
		break;
	case UNPLUG_FIXTURE_SLEEP:
		ret = fixture_sleep(&access, argp);
		break;
	case UNPLUG_FIXTURE_PRODUCE:
		atomic_inc(&access.hw->count);
		atomic_inc(&fx->available);
		wake_up_poll(&fx->wait, EPOLLIN | EPOLLRDNORM);
		break;
	case UNPLUG_FIXTURE_BUSY:
		ret = fixture_busy(&access, argp);
		break;
	case UNPLUG_FIXTURE_UNBIND:
		/* There until remove() is through, and that waits for us. */
		if (fixture_discipline->may_unbind)
			device_release_driver(fx->dev);
		else
			ret = -ENOTTY;
		break;
	default:
		ret = -ENOTTY;
	}
	fixture_exit(&access);
	return ret;
}

const struct file_operations fixture_fops = {
	.owner = THIS_MODULE,
	.open = unplug_fixture_open,
	.release = unplug_fixture_release,
	.read = unplug_fixture_read,
	.poll = unplug_fixture_poll,
	.unlocked_ioctl = unplug_fixture_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = unplug_fixture_mmap,
};
