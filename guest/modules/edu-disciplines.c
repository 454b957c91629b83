// SPDX-License-Identifier: GPL-2.0
/*
 * What is given back when. After remove() the driver core releases what was
 * acquired by devm_ functions, the last first (drivers/base/dd.c:
 * device_unbind_cleanup()); until then it may be used.
 *
 * irq-free-in-remove    right: no handler runs once what it uses is freed.
 * irq-devres-late       remove() frees what the handler uses, and the interrupt
 *                       comes after that; it is shared, so DEBUG_SHIRQ makes
 *                       sure that it does.
 * mmio-devm             right: the registers are mapped until after remove(),
 *                       and a device that was pulled out reads as ones.
 * mmio-iounmap-early    remove() unmaps them, and an ioctl does not ask.
 * devres-uses-drvdata   a devres action uses what remove() has freed.
 * devres-after          right: devres frees it, after the last who uses it.
 * order-mixed           what a devres action uses was allocated without devres,
 *                       and is freed by remove(): so before it.
 * kobject-devm          a kobject in devres' memory, put after that is freed.
 * action-detached       a devres action added after remove() stays with the
 *                       device: it runs when that is freed.
 * work-cancelled        right: the work that rearms itself has ended.
 * work-not-cancelled    its time comes when its memory is freed. DEBUG_OBJECTS
 *                       sees that at once.
 * dma-waited            right: no call that has a DMA buffer is left.
 * dma-in-flight         remove() frees the buffer of a call that is inside.
 * remove-waits          remove() waits for the last close, as
 *                       i2c_del_adapter() does: who asked for the removal waits
 *                       with it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "edu.h"

/* So long that it is found waiting for its time, and not in the middle. */
enum { EDU_WORK_MS = 60000 };

static void edu_drvdata_action(void *data)
{
	struct edu_priv *priv = pci_get_drvdata(data);

	atomic_inc(&priv->uses);
}

static int edu_drvdata_start(struct edu *edu)
{
	return devm_add_action_or_reset(&edu->pdev->dev, edu_drvdata_action,
					edu->pdev);
}

static void edu_buffer_action(void *data)
{
	struct edu *edu = data;

	WRITE_ONCE(edu->buffer[EDU_BUFFER_BYTES - 1], 0);
}

static int edu_order_start(struct edu *edu)
{
	int ret;

	edu->buffer = kzalloc(EDU_BUFFER_BYTES, GFP_KERNEL);
	if (!edu->buffer)
		return -ENOMEM;
	ret = devm_add_action(&edu->pdev->dev, edu_buffer_action, edu);
	if (ret)
		kfree(edu->buffer);
	return ret;
}

static void edu_order_stop(struct edu *edu)
{
	kfree(edu->buffer);
}

/* The memory is somebody else's: that is the point. */
static void edu_kobj_release(struct kobject *kobj)
{
}

static const struct kobj_type edu_kobj_type = {
	.release = edu_kobj_release,
	.sysfs_ops = &kobj_sysfs_ops,
};

static int edu_kobject_start(struct edu *edu)
{
	struct edu_priv *priv = edu->priv;
	int ret;

	ret = kobject_init_and_add(&priv->kobj, &edu_kobj_type,
				   &edu->pdev->dev.kobj, "unplug");
	if (ret)
		kobject_put(&priv->kobj);
	return ret;
}

static void edu_kobject_stop(struct edu *edu)
{
	kobject_del(&edu->priv->kobj);
	kobject_put(&edu->priv->kobj);
}

static void edu_kobject_open(struct edu *edu)
{
	kobject_get(&edu->priv->kobj);
}

static void edu_kobject_release(struct edu *edu)
{
	kobject_put(&edu->priv->kobj);
}

static void edu_detached_action(void *data)
{
	struct edu *edu = data;

	atomic_dec(&edu->count);
}

/* Once the driver is off there is nobody whose unbinding would end it. */
static int edu_detached_info(struct edu *edu)
{
	int ret;

	if (!READ_ONCE(edu->gone))
		return 0;
	ret = devm_add_action(&edu->pdev->dev, edu_detached_action, edu);
	return ret ?: -ENODEV;
}

static void edu_work(struct work_struct *work)
{
	struct edu_priv *priv = container_of(to_delayed_work(work),
					     struct edu_priv, work);

	atomic_inc(&priv->uses);
	schedule_delayed_work(&priv->work, msecs_to_jiffies(EDU_WORK_MS));
}

static int edu_work_start(struct edu *edu)
{
	INIT_DELAYED_WORK(&edu->priv->work, edu_work);
	schedule_delayed_work(&edu->priv->work, msecs_to_jiffies(EDU_WORK_MS));
	return 0;
}

static void edu_work_stop(struct edu *edu)
{
	cancel_delayed_work_sync(&edu->priv->work);
}

static int edu_dma_start(struct edu *edu)
{
	edu->buffer = kzalloc(EDU_BUFFER_BYTES, GFP_KERNEL);
	if (!edu->buffer)
		return -ENOMEM;
	edu->dma = dma_map_single(&edu->pdev->dev, edu->buffer,
				  EDU_BUFFER_BYTES, DMA_FROM_DEVICE);
	if (!dma_mapping_error(&edu->pdev->dev, edu->dma))
		return 0;
	kfree(edu->buffer);
	return -ENOMEM;
}

static void edu_dma_stop(struct edu *edu)
{
	dma_unmap_single(&edu->pdev->dev, edu->dma, EDU_BUFFER_BYTES,
			 DMA_FROM_DEVICE);
	kfree(edu->buffer);
	/* Whoever was not waited for is told now. */
	if (edu_discipline->unsynced)
		wake_up_all(&edu->wait);
}

static void edu_wait_stop(struct edu *edu)
{
	wait_event(edu->closed, !atomic_read(&edu->opens));
}

static const struct edu_discipline edu_disciplines[] = {
	{ .name = "irq-free-in-remove" },
	{ .name = "irq-devres-late", .devres_irq = true },
	{ .name = "mmio-devm" },
	{
		.name = "mmio-iounmap-early",
		.unmap_in_remove = true,
		.unchecked = true,
	},
	{ .name = "devres-uses-drvdata", .start = edu_drvdata_start },
	{
		.name = "devres-after",
		.devres_irq = true,
		.devres_priv = true,
		.start = edu_drvdata_start,
	},
	{
		.name = "order-mixed",
		.start = edu_order_start,
		.stop = edu_order_stop,
	},
	{
		.name = "kobject-devm",
		.devres_priv = true,
		.start = edu_kobject_start,
		.stop = edu_kobject_stop,
		.open = edu_kobject_open,
		.release = edu_kobject_release,
	},
	{
		.name = "action-detached",
		.unchecked = true,
		.info = edu_detached_info,
	},
	{
		.name = "work-cancelled",
		.start = edu_work_start,
		.stop = edu_work_stop,
	},
	{ .name = "work-not-cancelled", .start = edu_work_start },
	{
		.name = "dma-waited",
		.transfer = true,
		.start = edu_dma_start,
		.stop = edu_dma_stop,
	},
	{
		.name = "dma-in-flight",
		.transfer = true,
		.unsynced = true,
		.start = edu_dma_start,
		.stop = edu_dma_stop,
	},
	{ .name = "remove-waits", .stop = edu_wait_stop },
};

const struct edu_discipline *edu_discipline_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(edu_disciplines); i++)
		if (!strcmp(edu_disciplines[i].name, name))
			return &edu_disciplines[i];
	return NULL;
}

void edu_disciplines_list(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(edu_disciplines); i++)
		pr_err("  %s\n", edu_disciplines[i].name);
}
