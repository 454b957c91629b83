// SPDX-License-Identifier: GPL-2.0
/*
 * The file operations of unplug-edu: those of unplug-fixture, on a device that
 * is there. A byte to be read comes by an interrupt.
 */
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "edu.h"
#include "unplug_fixture.h"

/* A DMA takes the device 100 ms; a guest on TCG may need some more. */
enum { EDU_DMA_LIMIT_MS = 10000 };

static int edu_enter(struct edu *edu)
{
	down_read(&edu->rwsem);
	if (!READ_ONCE(edu->gone) || edu_discipline->unchecked)
		return 0;
	up_read(&edu->rwsem);
	return -ENODEV;
}

static void edu_leave(struct edu *edu)
{
	up_read(&edu->rwsem);
}

static int edu_open(struct inode *inode, struct file *file)
{
	/* misc_open() holds the lock that misc_deregister() takes. */
	struct edu *edu = container_of(file->private_data, struct edu, misc);

	edu_get(edu);
	atomic_inc(&edu->opens);
	if (edu_discipline->open)
		edu_discipline->open(edu);
	file->private_data = edu;
	return stream_open(inode, file);
}

static int edu_release(struct inode *inode, struct file *file)
{
	struct edu *edu = file->private_data;

	if (edu_discipline->release)
		edu_discipline->release(edu);
	if (atomic_dec_and_test(&edu->opens))
		wake_up_all(&edu->closed);
	edu_put(edu);
	return 0;
}

static ssize_t edu_read_bytes(struct file *file, char __user *buf, size_t len,
			      loff_t *pos)
{
	/* Asked once: F_SETFL by another thread does not end this call. */
	bool nonblock = file->f_flags & O_NONBLOCK;
	struct edu *edu = file->private_data;
	int ret;

	if (!len)
		return 0;
	ret = edu_enter(edu);
	if (ret)
		return ret;
	while (atomic_dec_if_positive(&edu->available) < 0) {
		ret = -ENODEV;
		if (READ_ONCE(edu->gone))
			goto out;
		ret = -EAGAIN;
		if (nonblock)
			goto out;
		ret = wait_event_interruptible(edu->wait,
					       atomic_read(&edu->available) ||
					       READ_ONCE(edu->gone));
		if (ret)
			goto out;
	}
	ret = put_user('e', buf) ? -EFAULT : 1;
out:
	edu_leave(edu);
	return ret;
}

static __poll_t edu_poll(struct file *file, poll_table *table)
{
	struct edu *edu = file->private_data;

	poll_wait(file, &edu->wait, table);
	if (READ_ONCE(edu->gone))
		return EPOLLERR | EPOLLHUP;
	return atomic_read(&edu->available) ? EPOLLIN | EPOLLRDNORM : 0;
}

static noinline int edu_info(struct edu *edu, void __user *arg)
{
	struct unplug_fixture_info info = {
		.magic = UNPLUG_FIXTURE_MAGIC,
		.version = UNPLUG_FIXTURE_VERSION,
		.count = atomic_inc_return(&edu->count),
		.available = atomic_read(&edu->available),
	};
	int ret = 0;

	if (edu_discipline->info)
		ret = edu_discipline->info(edu);
	if (ret)
		return ret;
	/* Pulled out, and remove() has not come yet. */
	if (!edu_answers(edu))
		return -ENODEV;
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

/*
 * From the device's memory into ours, which the device does by itself. This does
 * not sleep: who looks at the task must not take it for the sleep that follows.
 */
static int edu_dma(struct edu *edu)
{
	unsigned long end = jiffies + msecs_to_jiffies(EDU_DMA_LIMIT_MS);

	reinit_completion(&edu->dma_done);
	edu_write(edu, EDU_DMA_SRC, EDU_DMA_BUFFER);
	edu_write(edu, EDU_DMA_DST, lower_32_bits(edu->dma));
	edu_write(edu, EDU_DMA_COUNT, EDU_BUFFER_BYTES);
	edu_write(edu, EDU_DMA_CMD, EDU_DMA_RUN | EDU_DMA_TO_RAM | EDU_DMA_IRQ);
	while (!completion_done(&edu->dma_done)) {
		if (!edu_answers(edu))
			return -ENODEV;
		if (time_after(jiffies, end))
			return -EIO;
		cond_resched();
	}
	return 0;
}

/* The sleeping ioctl of the disciplines that are about DMA. */
static noinline int edu_transfer(struct edu *edu, long timeout)
{
	long left;
	u8 byte;
	int ret;

	ret = edu_dma(edu);
	if (ret)
		return ret;
	left = wait_event_interruptible_timeout(edu->wait,
						READ_ONCE(edu->gone), timeout);
	/* What has come is looked at, also by who is told to go. */
	byte = READ_ONCE(edu->buffer[EDU_BUFFER_BYTES - 1]);
	atomic_add(byte & 1, &edu->count);
	if (READ_ONCE(edu->gone))
		return -ENODEV;
	return left < 0 ? left : 0;
}

static int edu_sleep(struct edu *edu, u32 __user *arg)
{
	long left;
	u32 ms;

	if (get_user(ms, arg))
		return -EFAULT;
	if (edu_discipline->transfer)
		return edu_transfer(edu, msecs_to_jiffies(ms));
	left = wait_event_interruptible_timeout(edu->wait,
						READ_ONCE(edu->gone),
						msecs_to_jiffies(ms));
	/* A window of registers that is still mapped reads as ones at worst. */
	if (!edu_answers(edu) || READ_ONCE(edu->gone))
		return -ENODEV;
	return left < 0 ? left : 0;
}

static long edu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *argp = (void __user *)arg;
	struct edu *edu = file->private_data;
	int ret;

	ret = edu_enter(edu);
	if (ret)
		return ret;
	switch (cmd) {
	case UNPLUG_FIXTURE_INFO:
		ret = edu_info(edu, argp);
		break;
	case UNPLUG_FIXTURE_SLEEP:
		ret = edu_sleep(edu, argp);
		break;
	case UNPLUG_FIXTURE_PRODUCE:
		edu_write(edu, EDU_IRQ_RAISE, EDU_REASON_PRODUCE);
		break;
	default:
		ret = -ENOTTY;
	}
	edu_leave(edu);
	return ret;
}

const struct file_operations edu_fops = {
	.owner = THIS_MODULE,
	.open = edu_open,
	.release = edu_release,
	.read = edu_read_bytes,
	.poll = edu_poll,
	.unlocked_ioctl = edu_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
