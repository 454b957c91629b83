// SPDX-License-Identifier: GPL-2.0
/*
 * unplug-fixture: a device whose driver is as right or as wrong as asked for.
 *
 * The suites need a device of which the outcome is known beforehand: one that
 * must be called bad (naive, wrong_errno) and one that must not (rwsem). Three
 * ways to treat the files that are open when the device goes away are chosen
 * by the parameter "discipline":
 *
 * naive        remove() frees the structure that open files point to. This is
 *              the bug of a driver that uses devm_kzalloc() for what its
 *              .private_data points to, e.g. drivers/misc/pci_endpoint_test.c.
 * rwsem        a kref for the memory, an rwsem and a flag for the resource:
 *              mark, wake the sleepers, wait for those inside, free.
 * wrong_errno  memory-safe as rwsem, but userspace is told the wrong thing.
 *
 * In all three the cdev is one of its own (cdev_alloc()), pinned by fs/char_dev.c
 * for as long as an inode or file uses it: what goes wrong in "naive" does so
 * in the file operations below, and not in the VFS.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/poll.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "unplug_fixture.h"

#define FIXTURE_NAME "unplug-fixture"

enum fixture_discipline { NAIVE, RWSEM, WRONG_ERRNO };

static const char * const fixture_disciplines[] = {
	[NAIVE] = "naive",
	[RWSEM] = "rwsem",
	[WRONG_ERRNO] = "wrong_errno",
};

static char *discipline = "rwsem";
module_param(discipline, charp, 0444);
MODULE_PARM_DESC(discipline, "naive, rwsem or wrong_errno");

/* Parsed once at init: asking it never touches a device that may be freed. */
static enum fixture_discipline fixture_mode;

/* The resource: what has to be unused, and then freed, before remove() ends. */
struct fixture_hw {
	atomic_t count;
};

struct fixture {
	/*
	 * First what "naive" does not use: KASAN keeps notes in the head of a
	 * freed object (mm/kasan/kasan.h: struct kasan_free_meta). Were a lock
	 * there, its next user would follow wild pointers into an oops, with no
	 * report that names the object.
	 */
	struct kref kref;
	bool gone;		/* set once; read with and without @sem */
	struct rw_semaphore sem;	/* readers: file operations that use @hw */
	/*
	 * Protects @page and the page table entries made from it. Not @sem:
	 * fault and mmap come with mmap_lock held, while read and ioctl take
	 * mmap_lock inside @sem when copying to userspace faults. So the order
	 * is @sem -> mmap_lock -> @map_lock, and nothing is taken inside
	 * @map_lock but what vm_insert_page() takes.
	 */
	struct mutex map_lock;
	struct inode *inode;	/* whose mapping has all the mmaps, see open */
	/* From here on: used by all. */
	u32 magic;
	u32 version;
	atomic_t opens;
	atomic_t available;
	wait_queue_head_t wait;
	struct fixture_hw *hw;
	struct page *page;
	struct cdev *cdev;
};

/* The one device, for open() to find it; NULL while there is none. */
static struct fixture *fixture;
static DEFINE_MUTEX(fixture_lock);

static dev_t fixture_devt;

static const struct class fixture_class = {
	.name = FIXTURE_NAME,
};

static bool fixture_gone(struct fixture *fx)
{
	return fixture_mode != NAIVE && READ_ONCE(fx->gone);
}

/* What a call on a device that is gone returns. */
static int fixture_gone_errno(void)
{
	return fixture_mode == WRONG_ERRNO ? -EIO : -ENODEV;
}

static int fixture_enter(struct fixture *fx)
{
	if (fixture_mode == NAIVE)
		return 0;
	down_read(&fx->sem);
	if (!fixture_gone(fx))
		return 0;
	up_read(&fx->sem);
	return fixture_gone_errno();
}

static void fixture_exit(struct fixture *fx)
{
	if (fixture_mode != NAIVE)
		up_read(&fx->sem);
}

static void fixture_free(struct kref *kref)
{
	struct fixture *fx = container_of(kref, struct fixture, kref);

	iput(fx->inode);
	kfree(fx);
}

static int unplug_fixture_open(struct inode *inode, struct file *file)
{
	struct fixture *fx;

	mutex_lock(&fixture_lock);
	fx = fixture;
	if (!fx) {
		mutex_unlock(&fixture_lock);
		return fixture_gone_errno();
	}
	if (fixture_mode != NAIVE) {
		kref_get(&fx->kref);
		/*
		 * Nodes made with mknod have inodes of their own: put every
		 * mmap on the mapping of the first one, as
		 * block/fops.c:blkdev_open() does, so that remove() finds all.
		 */
		if (!fx->inode)
			fx->inode = igrab(inode);
		if (fx->inode)
			file->f_mapping = fx->inode->i_mapping;
	}
	atomic_inc(&fx->opens);
	mutex_unlock(&fixture_lock);

	file->private_data = fx;
	return stream_open(inode, file);
}

static int unplug_fixture_release(struct inode *inode, struct file *file)
{
	struct fixture *fx = file->private_data;

	atomic_dec(&fx->opens);
	if (fixture_mode != NAIVE)
		kref_put(&fx->kref, fixture_free);
	return 0;
}

static ssize_t unplug_fixture_read(struct file *file, char __user *buf,
				   size_t len, loff_t *pos)
{
	struct fixture *fx = file->private_data;
	/* Asked once: F_SETFL by another thread does not end this call. */
	bool nonblock = file->f_flags & O_NONBLOCK;
	int ret;

	if (!len)
		return 0;
	ret = fixture_enter(fx);
	if (ret)
		return ret;

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
	fixture_exit(fx);
	return ret;
}

static __poll_t unplug_fixture_poll(struct file *file, poll_table *table)
{
	struct fixture *fx = file->private_data;
	__poll_t mask = 0;

	poll_wait(file, &fx->wait, table);
	/*
	 * No fixture_enter(): nothing of the resource is used, and the wake-up
	 * must not queue behind the down_write() in remove().
	 */
	if (fixture_gone(fx))
		return fixture_mode == WRONG_ERRNO ? EPOLLIN | EPOLLRDNORM :
						     EPOLLERR | EPOLLHUP;
	if (atomic_read(&fx->available))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

static int fixture_info(struct fixture *fx, void __user *arg)
{
	struct unplug_fixture_info info = {
		.magic = fx->magic,
		.version = fx->version,
		.count = atomic_inc_return(&fx->hw->count),
		.available = atomic_read(&fx->available),
	};

	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static int fixture_sleep(struct fixture *fx, u32 __user *arg)
{
	long left;
	u32 ms;

	if (get_user(ms, arg))
		return -EFAULT;
	left = wait_event_interruptible_timeout(fx->wait, fixture_gone(fx),
						msecs_to_jiffies(ms));
	if (fixture_gone(fx))
		return fixture_gone_errno();
	/* A transfer that is over is accounted for, however it ended. */
	atomic_inc(&fx->hw->count);
	return left < 0 ? left : 0;
}

static long unplug_fixture_ioctl(struct file *file, unsigned int cmd,
				 unsigned long arg)
{
	struct fixture *fx = file->private_data;
	void __user *argp = (void __user *)arg;
	int ret;

	ret = fixture_enter(fx);
	if (ret)
		return ret;

	switch (cmd) {
	case UNPLUG_FIXTURE_INFO:
		ret = fixture_info(fx, argp);
		break;
	case UNPLUG_FIXTURE_SLEEP:
		ret = fixture_sleep(fx, argp);
		break;
	case UNPLUG_FIXTURE_PRODUCE:
		atomic_inc(&fx->hw->count);
		atomic_inc(&fx->available);
		wake_up_poll(&fx->wait, EPOLLIN | EPOLLRDNORM);
		break;
	default:
		ret = -ENOTTY;
	}
	fixture_exit(fx);
	return ret;
}

/* Called with @map_lock held, or in "naive" with no lock at all. */
static vm_fault_t fixture_map_page(struct fixture *fx, struct vm_fault *vmf)
{
	int ret;

	if (!fx->page)
		return VM_FAULT_SIGBUS;
	ret = vm_insert_page(vmf->vma, vmf->address, fx->page);
	/* -EBUSY: another thread's fault was first. */
	if (!ret || ret == -EBUSY)
		return VM_FAULT_NOPAGE;
	return vmf_error(ret);
}

static vm_fault_t unplug_fixture_fault(struct vm_fault *vmf)
{
	struct fixture *fx = vmf->vma->vm_private_data;
	vm_fault_t ret;

	if (vmf->pgoff)
		return VM_FAULT_SIGBUS;
	if (fixture_mode == NAIVE)
		return fixture_map_page(fx, vmf);
	/*
	 * The entry is made under the lock, and not after the return by
	 * mm/memory.c:finish_fault(): else it could come to be after
	 * unmap_mapping_range() in remove().
	 */
	mutex_lock(&fx->map_lock);
	ret = fixture_map_page(fx, vmf);
	mutex_unlock(&fx->map_lock);
	return ret;
}

static const struct vm_operations_struct fixture_vm_ops = {
	.fault = unplug_fixture_fault,
};

static int unplug_fixture_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct fixture *fx = file->private_data;

	/* Not fixture_enter(), see @map_lock. A late success only faults. */
	if (fixture_gone(fx))
		return fixture_gone_errno();
	if (vma->vm_pgoff || vma_pages(vma) != 1)
		return -EINVAL;
	/* vm_insert_page() may set VM_MIXEDMAP itself only under mmap_lock. */
	vm_flags_set(vma, VM_MIXEDMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = fx;
	vma->vm_ops = &fixture_vm_ops;
	return 0;
}

static const struct file_operations fixture_fops = {
	.owner = THIS_MODULE,
	.open = unplug_fixture_open,
	.release = unplug_fixture_release,
	.read = unplug_fixture_read,
	.poll = unplug_fixture_poll,
	.unlocked_ioctl = unplug_fixture_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = unplug_fixture_mmap,
};

/* From published to freed, or to be freed by the last release(). */
static void fixture_teardown(struct fixture *fx)
{
	struct page *page;

	mutex_lock(&fixture_lock);
	fixture = NULL;
	mutex_unlock(&fixture_lock);
	device_destroy(&fixture_class, fixture_devt);
	cdev_del(fx->cdev);

	if (fixture_mode == NAIVE) {
		__free_page(fx->page);
		kfree(fx->hw);
		kfree(fx);
		return;
	}

	/* Mark before waking, wake before waiting: else a sleeper blocks us. */
	WRITE_ONCE(fx->gone, true);
	/*
	 * Without a poll key, so every poller looks again, whatever it asked
	 * for (fs/select.c:pollwake()), and finds EPOLLERR | EPOLLHUP.
	 */
	wake_up_all(&fx->wait);

	mutex_lock(&fx->map_lock);
	page = fx->page;
	fx->page = NULL;
	mutex_unlock(&fx->map_lock);

	down_write(&fx->sem);
	kfree(fx->hw);
	fx->hw = NULL;
	up_write(&fx->sem);

	/* No open() can set ->inode any more: see fixture_lock above. */
	if (fx->inode)
		unmap_mapping_range(fx->inode->i_mapping, 0, 0, 1);
	__free_page(page);
	kref_put(&fx->kref, fixture_free);
}

static int unplug_fixture_probe(struct platform_device *pdev)
{
	struct device *node;
	struct fixture *fx;
	int ret = -ENOMEM;

	fx = kzalloc(sizeof(*fx), GFP_KERNEL);
	if (!fx)
		return -ENOMEM;
	fx->magic = UNPLUG_FIXTURE_MAGIC;
	fx->version = UNPLUG_FIXTURE_VERSION;
	init_waitqueue_head(&fx->wait);
	kref_init(&fx->kref);
	init_rwsem(&fx->sem);
	mutex_init(&fx->map_lock);
	fx->hw = kzalloc(sizeof(*fx->hw), GFP_KERNEL);
	if (!fx->hw)
		goto free_fx;
	fx->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!fx->page)
		goto free_hw;
	fx->cdev = cdev_alloc();
	if (!fx->cdev)
		goto free_page;
	fx->cdev->owner = THIS_MODULE;
	fx->cdev->ops = &fixture_fops;

	mutex_lock(&fixture_lock);
	if (fixture) {
		ret = -EBUSY;
	} else {
		fixture = fx;
		ret = 0;
	}
	mutex_unlock(&fixture_lock);
	if (ret)
		goto put_cdev;

	platform_set_drvdata(pdev, fx);
	/* The node comes last: whoever sees it must be able to open it. */
	ret = cdev_add(fx->cdev, fixture_devt, 1);
	if (!ret) {
		node = device_create(&fixture_class, &pdev->dev, fixture_devt,
				     NULL, "unplug%d", pdev->id);
		ret = PTR_ERR_OR_ZERO(node);
	}
	if (ret) {
		/* Opened already, maybe: through a node made with mknod. */
		fixture_teardown(fx);
		return ret;
	}
	pr_info("ready discipline=%s\n", fixture_disciplines[fixture_mode]);
	return 0;

put_cdev:
	/* Right for a cdev that was never added too: fs/char_dev.c:cdev_del() */
	cdev_del(fx->cdev);
free_page:
	__free_page(fx->page);
free_hw:
	kfree(fx->hw);
free_fx:
	kfree(fx);
	return ret;
}

static void unplug_fixture_remove(struct platform_device *pdev)
{
	fixture_teardown(platform_get_drvdata(pdev));
	pr_info("removed discipline=%s\n", fixture_disciplines[fixture_mode]);
}

static struct platform_driver fixture_driver = {
	.probe = unplug_fixture_probe,
	.remove = unplug_fixture_remove,
	.driver = {
		.name = FIXTURE_NAME,
	},
};

static struct platform_device *fixture_pdev;

static int __init unplug_fixture_init(void)
{
	int ret;

	ret = match_string(fixture_disciplines,
			   ARRAY_SIZE(fixture_disciplines), discipline);
	if (ret < 0) {
		pr_err("discipline=%s is none of naive, rwsem, wrong_errno\n",
		       discipline);
		return -EINVAL;
	}
	fixture_mode = ret;

	ret = alloc_chrdev_region(&fixture_devt, 0, 1, FIXTURE_NAME);
	if (ret)
		return ret;
	ret = class_register(&fixture_class);
	if (ret)
		goto free_region;
	ret = platform_driver_register(&fixture_driver);
	if (ret)
		goto free_class;
	fixture_pdev = platform_device_register_simple(FIXTURE_NAME, 0, NULL, 0);
	if (IS_ERR(fixture_pdev)) {
		ret = PTR_ERR(fixture_pdev);
		goto free_driver;
	}
	return 0;

free_driver:
	platform_driver_unregister(&fixture_driver);
free_class:
	class_unregister(&fixture_class);
free_region:
	unregister_chrdev_region(fixture_devt, 1);
	return ret;
}
module_init(unplug_fixture_init);

static void __exit unplug_fixture_exit(void)
{
	platform_device_unregister(fixture_pdev);
	platform_driver_unregister(&fixture_driver);
	class_unregister(&fixture_class);
	unregister_chrdev_region(fixture_devt, 1);
}
module_exit(unplug_fixture_exit);

MODULE_DESCRIPTION("A character device to be unplugged while it is in use");
MODULE_LICENSE("GPL");
