// SPDX-License-Identifier: GPL-2.0
/*
 * unplug-fixture: a device whose driver is as right or as wrong as asked for.
 *
 * The suites need a device of which the outcome is known beforehand: some that
 * must be called bad, some that must not, and one for each way that is known to
 * keep the users of open files and the removal of their device apart. The way
 * is chosen by the parameter "discipline"; what each of them does, and what
 * comes of it, is told in the discipline-*.c files.
 *
 * In all of them the cdev is one of its own (cdev_alloc()), pinned by
 * fs/char_dev.c for as long as an inode or file uses it: what goes wrong does so
 * in the file operations of the fixture, and not in the VFS.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fixture.h"
#include "unplug_fixture.h"

#define FIXTURE_NAME "unplug-fixture"

static const struct fixture_discipline * const fixture_disciplines[] = {
	&fixture_naive,
	&fixture_mutex,
	&fixture_rwsem,
	&fixture_wrong_errno,
	&fixture_percpu_rwsem,
	&fixture_srcu,
	&fixture_mark_wake_sync,
	&fixture_percpu_ref,
	&fixture_kref_flag,
	&fixture_debugfs_proxy,
	&fixture_irqs_off_spin,
	&fixture_irqs_off_halt,
#ifdef FIXTURE_REVOCABLE
	&fixture_revocable_file,
	&fixture_revocable_shared,
	&fixture_revocable_irq,
	&fixture_revocable_nested,
#if FIXTURE_REVOCABLE > 1
	&fixture_revocable_stack,
#endif
#endif
};

/* What is known by name and may be missing above. */
static const char * const fixture_by_kernel[] = {
	"revocable_file", "revocable_shared", "revocable_irq",
	"revocable_nested", "revocable_stack",
};

static char *discipline = "rwsem";
module_param(discipline, charp, 0444);
MODULE_PARM_DESC(discipline, "how users and removal are kept apart, e.g. rwsem, naive, srcu");

/* Chosen once at init: asking it never touches a device that may be freed. */
const struct fixture_discipline *fixture_discipline = &fixture_rwsem;

/* The one device, for open() to find it; NULL while there is none. */
static struct fixture *fixture;
static DEFINE_MUTEX(fixture_lock);
unsigned long fixture_shut_jiffies;

static dev_t fixture_devt;

static const struct class fixture_class = {
	.name = FIXTURE_NAME,
};

static void fixture_destroy_discipline(struct fixture *fx)
{
	if (fixture_discipline->destroy)
		fixture_discipline->destroy(fx);
}

static void fixture_free(struct kref *kref)
{
	struct fixture *fx = container_of(kref, struct fixture, kref);

	fixture_destroy_discipline(fx);
	if (fixture_discipline->hw_outlives_remove)
		kfree(fx->hw);
	iput(fx->inode);
	kfree(fx);
}

int fixture_attach(struct fixture_file *own, struct inode *inode,
		   struct file *file)
{
	struct fixture *fx;
	int ret = 0;

	mutex_lock(&fixture_lock);
	fx = fixture;
	if (!fx) {
		ret = fixture_gone_errno();
		goto unlock;
	}
	own->fx = fx;
	if (fixture_discipline->open) {
		ret = fixture_discipline->open(own);
		if (ret)
			goto unlock;
	}
	if (!fixture_discipline->uncounted) {
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
unlock:
	mutex_unlock(&fixture_lock);
	return ret;
}

void fixture_detach(struct fixture_file *own)
{
	if (fixture_discipline->release)
		fixture_discipline->release(own);
	if (!fixture_discipline->uncounted)
		kref_put(&own->fx->kref, fixture_free);
}

/* From published to freed, or to be freed by the last release(). */
static void fixture_teardown(struct fixture *fx)
{
	mutex_lock(&fixture_lock);
	fixture = NULL;
	mutex_unlock(&fixture_lock);
	device_destroy(&fixture_class, fixture_devt);
	cdev_del(fx->cdev);

	if (fixture_discipline->uncounted) {
		__free_page(fx->page);
		kfree(fx->hw);
		kfree(fx);
		return;
	}

	/* 0 is "not yet". */
	WRITE_ONCE(fixture_shut_jiffies, jiffies ?: 1);
	fixture_discipline->shut(fx);
	if (!fixture_discipline->hw_outlives_remove) {
		kfree(fx->hw);
		fx->hw = NULL;
	}
	fixture_unmap(fx);
	kref_put(&fx->kref, fixture_free);
}

static struct fixture *fixture_alloc(struct device *dev)
{
	struct fixture *fx;

	fx = kzalloc(sizeof(*fx), GFP_KERNEL);
	if (!fx)
		return NULL;
	fx->magic = UNPLUG_FIXTURE_MAGIC;
	fx->version = UNPLUG_FIXTURE_VERSION;
	fx->dev = dev;
	init_waitqueue_head(&fx->wait);
	kref_init(&fx->kref);
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
	return fx;

free_page:
	__free_page(fx->page);
free_hw:
	kfree(fx->hw);
free_fx:
	kfree(fx);
	return NULL;
}

/* What fixture_alloc() made, for one that nobody ever saw. */
static void fixture_free_unseen(struct fixture *fx)
{
	/* Right for a cdev that was never added too: fs/char_dev.c:cdev_del() */
	cdev_del(fx->cdev);
	__free_page(fx->page);
	kfree(fx->hw);
	kfree(fx);
}

static int unplug_fixture_probe(struct platform_device *pdev)
{
	struct device *node;
	struct fixture *fx;
	int ret = 0;

	fx = fixture_alloc(&pdev->dev);
	if (!fx)
		return -ENOMEM;
	if (fixture_discipline->init)
		ret = fixture_discipline->init(fx);
	if (ret)
		goto free_fx;

	mutex_lock(&fixture_lock);
	if (fixture)
		ret = -EBUSY;
	else
		fixture = fx;
	mutex_unlock(&fixture_lock);
	if (ret)
		goto destroy;

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
	pr_info("ready discipline=%s\n", fixture_discipline->name);
	return 0;

destroy:
	if (fixture_discipline->shut)
		fixture_discipline->shut(fx);
	fixture_destroy_discipline(fx);
free_fx:
	fixture_free_unseen(fx);
	return ret;
}

static void unplug_fixture_remove(struct platform_device *pdev)
{
	fixture_teardown(platform_get_drvdata(pdev));
	pr_info("removed discipline=%s\n", fixture_discipline->name);
}

static struct platform_driver fixture_driver = {
	.probe = unplug_fixture_probe,
	.remove = unplug_fixture_remove,
	.driver = {
		.name = FIXTURE_NAME,
	},
};

static struct platform_device *fixture_pdev;

/* The one named @name, or why there is none. */
static int __init fixture_choose(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(fixture_disciplines); i++) {
		if (!strcmp(fixture_disciplines[i]->name, name)) {
			fixture_discipline = fixture_disciplines[i];
			return 0;
		}
	}
	if (match_string(fixture_by_kernel, ARRAY_SIZE(fixture_by_kernel),
			 name) >= 0) {
		pr_err("discipline=%s: this kernel has no revocable for it\n",
		       name);
		return -EOPNOTSUPP;
	}
	pr_err("discipline=%s is none of:\n", name);
	for (size_t i = 0; i < ARRAY_SIZE(fixture_disciplines); i++)
		pr_err("  %s\n", fixture_disciplines[i]->name);
	return -EINVAL;
}

static int __init unplug_fixture_init(void)
{
	int ret;

	ret = fixture_choose(discipline);
	if (ret)
		return ret;
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
