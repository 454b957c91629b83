// SPDX-License-Identifier: GPL-2.0
/*
 * unplug-edu: a driver for QEMU's edu device, as right or as wrong in what it
 * does with its resources as asked for. Where unplug-fixture is about the users
 * of open files, this is about what else can outlive a remove(): interrupts,
 * register windows, DMA, work, devres actions, kobjects. Users and removal are
 * kept apart by a semaphore and a flag, which is right, unless the discipline is
 * about just that.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>

#include "edu.h"

#define EDU_NAME "unplug-edu"

enum { EDU_MAGIC = 0xed, EDU_COMPUTE_US = 1000000 };

static char *discipline = "irq-free-in-remove";
module_param(discipline, charp, 0444);
MODULE_PARM_DESC(discipline, "what is given back when, e.g. irq-devres-late");

static bool intx;
module_param(intx, bool, 0444);
MODULE_PARM_DESC(intx, "use the interrupt pin, not a message");

const struct edu_discipline *edu_discipline;

/* A node that is held does not give its name to the next one. */
static atomic_t edu_last = ATOMIC_INIT(-1);

static void edu_free(struct kref *kref)
{
	struct edu *edu = container_of(kref, struct edu, kref);
	struct pci_dev *pdev = edu->pdev;

	kfree(edu);
	/* What was left on the device goes with it now. */
	pci_dev_put(pdev);
}

void edu_get(struct edu *edu)
{
	kref_get(&edu->kref);
}

void edu_put(struct edu *edu)
{
	kref_put(&edu->kref, edu_free);
}

static irqreturn_t edu_interrupt(int irq, void *data)
{
	struct edu_priv *priv = data;
	struct edu *edu = priv->edu;
	u32 reasons = edu_read(edu, EDU_IRQ_STATUS);

	if (!reasons || reasons == ~0u)
		return IRQ_NONE;
	edu_write(edu, EDU_IRQ_ACK, reasons);
	atomic_inc(&priv->uses);
	if (reasons & EDU_REASON_PRODUCE) {
		atomic_inc(&edu->available);
		wake_up_poll(&edu->wait, EPOLLIN | EPOLLRDNORM);
	}
	if (reasons & EDU_REASON_DMA)
		complete(&edu->dma_done);
	return IRQ_HANDLED;
}

static void edu_put_action(void *data)
{
	edu_put(data);
}

static void edu_disable_action(void *data)
{
	pci_disable_device(data);
}

static void edu_vectors_action(void *data)
{
	pci_free_irq_vectors(data);
}

static void edu_priv_action(void *data)
{
	kfree(data);
}

static int edu_map(struct edu *edu)
{
	struct pci_dev *pdev = edu->pdev;
	resource_size_t start = pci_resource_start(pdev, 0);
	resource_size_t size = pci_resource_len(pdev, 0);

	if (edu_discipline->unmap_in_remove)
		edu->mmio = ioremap(start, size);
	else
		edu->mmio = devm_ioremap(&pdev->dev, start, size);
	return edu->mmio ? 0 : -ENOMEM;
}

/* Is it edu, and does it work? 5! = 120. */
static int edu_check(struct edu *edu)
{
	u32 status;
	int ret;

	if ((edu_read(edu, EDU_ID) & 0xff) != EDU_MAGIC || !edu_answers(edu))
		return -ENODEV;
	edu_write(edu, EDU_FACTORIAL, 5);
	ret = readl_poll_timeout(edu->mmio + EDU_STATUS, status,
				 !(status & EDU_STATUS_COMPUTING), 100,
				 EDU_COMPUTE_US);
	if (ret)
		return ret;
	return edu_read(edu, EDU_FACTORIAL) == 120 ? 0 : -EIO;
}

static int edu_request_irq(struct edu *edu)
{
	struct pci_dev *pdev = edu->pdev;
	int ret;

	ret = pci_alloc_irq_vectors(pdev, 1, 1,
				    intx ? PCI_IRQ_INTX : PCI_IRQ_MSI);
	if (ret < 0)
		return ret;
	ret = devm_add_action_or_reset(&pdev->dev, edu_vectors_action, pdev);
	if (ret)
		return ret;
	edu->irq = pci_irq_vector(pdev, 0);
	/* Shared, so that DEBUG_SHIRQ calls it once more when it is freed. */
	return devm_request_irq(&pdev->dev, edu->irq, edu_interrupt,
				IRQF_SHARED, EDU_NAME, edu->priv);
}

static struct edu_priv *edu_priv_alloc(struct edu *edu)
{
	struct edu_priv *priv = kzalloc(sizeof(*priv), GFP_KERNEL);

	if (priv)
		priv->edu = edu;
	return priv;
}

static struct edu *edu_alloc(struct pci_dev *pdev)
{
	struct edu *edu = kzalloc(sizeof(*edu), GFP_KERNEL);

	if (!edu)
		return NULL;
	kref_init(&edu->kref);
	init_rwsem(&edu->rwsem);
	init_waitqueue_head(&edu->wait);
	init_waitqueue_head(&edu->closed);
	init_completion(&edu->dma_done);
	edu->pdev = pci_dev_get(pdev);
	snprintf(edu->name, sizeof(edu->name), "%s%d", EDU_NAME,
		 atomic_inc_return(&edu_last));
	edu->misc = (struct miscdevice) {
		.minor = MISC_DYNAMIC_MINOR,
		.name = edu->name,
		.fops = &edu_fops,
		.parent = &pdev->dev,
	};
	return edu;
}

/* What is acquired here by devm_ functions goes in reverse, after remove(). */
static int edu_acquire(struct edu *edu)
{
	struct device *dev = &edu->pdev->dev;
	int ret;

	ret = pci_enable_device(edu->pdev);
	if (ret)
		return ret;
	ret = devm_add_action_or_reset(dev, edu_disable_action, edu->pdev);
	if (ret)
		return ret;
	pci_set_master(edu->pdev);
	ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(32));
	if (ret)
		return ret;
	ret = edu_map(edu);
	if (ret)
		return ret;
	return edu_check(edu);
}

static void edu_unmap(struct edu *edu)
{
	if (edu_discipline->unmap_in_remove && edu->mmio)
		iounmap(edu->mmio);
}

static int edu_start(struct edu *edu)
{
	int ret;

	ret = edu_request_irq(edu);
	if (ret)
		return ret;
	if (edu_discipline->start) {
		ret = edu_discipline->start(edu);
		if (ret)
			goto free_irq;
	}
	/* The node comes last: whoever sees it must be able to open it. */
	ret = misc_register(&edu->misc);
	if (!ret)
		return 0;
	if (edu_discipline->stop)
		edu_discipline->stop(edu);
free_irq:
	devm_free_irq(&edu->pdev->dev, edu->irq, edu->priv);
	return ret;
}

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct edu *edu = edu_alloc(pdev);
	int ret;

	if (!edu)
		return -ENOMEM;
	/* The handler looks at it until devres has freed the interrupt. */
	ret = devm_add_action_or_reset(dev, edu_put_action, edu);
	if (ret)
		return ret;
	ret = edu_acquire(edu);
	if (ret)
		goto unmap;
	edu->priv = edu_priv_alloc(edu);
	if (!edu->priv) {
		ret = -ENOMEM;
		goto unmap;
	}
	pci_set_drvdata(pdev, edu->priv);
	if (edu_discipline->devres_priv)
		ret = devm_add_action_or_reset(dev, edu_priv_action, edu->priv);
	if (ret)
		goto unmap;
	ret = edu_start(edu);
	if (ret)
		goto free_priv;
	dev_info(dev, "ready discipline=%s irq=%s\n", edu_discipline->name,
		 pdev->msi_enabled ? "msi" : "intx");
	return 0;

free_priv:
	if (!edu_discipline->devres_priv)
		kfree(edu->priv);
unmap:
	edu_unmap(edu);
	return ret;
}

static void edu_remove(struct pci_dev *pdev)
{
	struct edu_priv *priv = pci_get_drvdata(pdev);
	struct edu *edu = priv->edu;

	misc_deregister(&edu->misc);
	WRITE_ONCE(edu->gone, true);
	if (!edu_discipline->unsynced) {
		wake_up_all(&edu->wait);
		down_write(&edu->rwsem);
		up_write(&edu->rwsem);
	}
	if (edu_discipline->stop)
		edu_discipline->stop(edu);
	if (!edu_discipline->devres_irq)
		devm_free_irq(&pdev->dev, edu->irq, priv);
	edu_unmap(edu);
	if (!edu_discipline->devres_priv)
		kfree(priv);
	dev_info(&pdev->dev, "removed discipline=%s\n", edu_discipline->name);
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = EDU_NAME,
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
};

static int __init edu_init(void)
{
	edu_discipline = edu_discipline_find(discipline);
	if (!edu_discipline) {
		pr_err("discipline=%s is none of:\n", discipline);
		edu_disciplines_list();
		return -EINVAL;
	}
	return pci_register_driver(&edu_driver);
}
module_init(edu_init);

static void __exit edu_exit(void)
{
	pci_unregister_driver(&edu_driver);
}
module_exit(edu_exit);

MODULE_DESCRIPTION("QEMU's edu device, with the resources of its driver right or wrong");
MODULE_LICENSE("GPL");
