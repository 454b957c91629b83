/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of unplug-edu share: the device, and a resource discipline. */
#ifndef EDU_H
#define EDU_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kobject.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

/* BAR 0 (QEMU docs/specs/edu.txt). */
enum {
	EDU_ID = 0x00,
	EDU_LIVENESS = 0x04,	/* reads the complement of what was written */
	EDU_FACTORIAL = 0x08,
	EDU_STATUS = 0x20,
	EDU_IRQ_STATUS = 0x24,
	EDU_IRQ_RAISE = 0x60,
	EDU_IRQ_ACK = 0x64,
	EDU_DMA_SRC = 0x80,
	EDU_DMA_DST = 0x88,
	EDU_DMA_COUNT = 0x90,
	EDU_DMA_CMD = 0x98,
};

#define EDU_STATUS_COMPUTING	BIT(0)
#define EDU_DMA_RUN		BIT(0)
#define EDU_DMA_TO_RAM		BIT(1)
#define EDU_DMA_IRQ		BIT(2)
/* Interrupt reasons: ours, and the one that the end of a DMA has. */
#define EDU_REASON_PRODUCE	BIT(0)
#define EDU_REASON_DMA		BIT(8)
/* Where the device's own memory lies in its DMA addresses. */
#define EDU_DMA_BUFFER		0x40000

enum { EDU_BUFFER_BYTES = 256 };

struct edu;

/*
 * What the interrupt, the work and the devres actions use: the disciplines
 * differ in when it is freed.
 */
struct edu_priv {
	/*
	 * KASAN keeps notes in the head of a freed object, see fixture.h: what
	 * is used after it was freed must not lie there.
	 */
	u8 head[64];
	struct edu *edu;
	atomic_t uses;
	struct delayed_work work;
	struct kobject kobj;
};

/* Lives until the last file is closed, whatever the discipline. */
struct edu {
	struct kref kref;
	bool gone;			/* set once, by remove() */
	struct rw_semaphore rwsem;	/* held by calls while they are inside */
	wait_queue_head_t wait;
	wait_queue_head_t closed;
	atomic_t opens;
	atomic_t available;
	atomic_t count;
	struct completion dma_done;
	struct pci_dev *pdev;
	void __iomem *mmio;
	int irq;
	struct edu_priv *priv;
	u8 *buffer;			/* of a DMA, or what else may be wrong */
	dma_addr_t dma;
	char name[24];			/* of the node */
	struct miscdevice misc;
};

/**
 * struct edu_discipline - who gives what back, and when
 * @name: as the module's parameter has it
 * @devres_irq: the interrupt is freed by devres, after remove()
 * @devres_priv: so is the private data, and after the interrupt
 * @unmap_in_remove: remove() unmaps the registers by hand
 * @unchecked: calls don't ask whether the device is gone
 * @unsynced: remove() does not wait for calls that are inside
 * @transfer: the sleeping ioctl is a DMA, and looks at its buffer afterwards
 * @start: what probe() does beyond the rest; may be left out
 * @stop: what remove() does before it gives back the rest; may be left out
 * @open: what a file needs; may be left out
 * @release: undoes @open; may be left out
 * @info: done by each UNPLUG_FIXTURE_INFO; may be left out
 */
struct edu_discipline {
	const char *name;
	bool devres_irq;
	bool devres_priv;
	bool unmap_in_remove;
	bool unchecked;
	bool unsynced;
	bool transfer;
	int (*start)(struct edu *edu);
	void (*stop)(struct edu *edu);
	void (*open)(struct edu *edu);
	void (*release)(struct edu *edu);
	int (*info)(struct edu *edu);
};

/* The one that was chosen when the module was loaded. */
extern const struct edu_discipline *edu_discipline;

/* edu-disciplines.c */
const struct edu_discipline *edu_discipline_find(const char *name);
void edu_disciplines_list(void);

/* edu-fops.c */
extern const struct file_operations edu_fops;

/* edu-main.c */
void edu_get(struct edu *edu);
void edu_put(struct edu *edu);

static inline u32 edu_read(struct edu *edu, unsigned int reg)
{
	return readl(edu->mmio + reg);
}

static inline void edu_write(struct edu *edu, unsigned int reg, u32 value)
{
	writel(value, edu->mmio + reg);
}

/* A device that was pulled out reads as ones, whatever was asked. */
static inline bool edu_answers(struct edu *edu)
{
	edu_write(edu, EDU_LIVENESS, 0x5aa51234);
	return edu_read(edu, EDU_LIVENESS) == (u32)~0x5aa51234;
}

#endif /* EDU_H */
