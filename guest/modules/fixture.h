/* SPDX-License-Identifier: GPL-2.0 */
/* What the fixture's parts share: the device, its files, and a discipline. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/percpu-refcount.h>
#include <linux/percpu-rwsem.h>
#include <linux/poll.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/srcu.h>
#include <linux/types.h>
#include <linux/wait.h>

#ifdef FIXTURE_REVOCABLE
#include <linux/hrtimer.h>
#include "fixture-revocable.h"
#endif

struct cdev;
struct device;
struct page;
struct vm_area_struct;

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
	bool gone;		/* set once, by the discipline */
	union {			/* the discipline's own */
		struct mutex mutex;
		struct rw_semaphore rwsem;
		struct percpu_rw_semaphore percpu_rwsem;
		struct srcu_struct srcu;
		struct percpu_ref ref;
		refcount_t users;
#ifdef FIXTURE_REVOCABLE
		struct fixture_provider provider;
#endif
	};
	struct completion drained;	/* with @ref and @users */
	/*
	 * Protects @page and the page table entries made from it. Not what the
	 * discipline has: fault and mmap come with mmap_lock held, while read
	 * and ioctl take mmap_lock inside of that when copying to userspace
	 * faults. So the order is discipline -> mmap_lock -> @map_lock, and
	 * nothing is taken inside @map_lock but what vm_insert_page() takes.
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
	struct device *dev;
};

/* What an open file points to. */
struct fixture_file {
	struct fixture *fx;
#ifdef FIXTURE_REVOCABLE
	struct fixture_handle handle;
	struct hrtimer timer;
#endif
};

/* One stay inside, from enter() to exit(); @hw is valid for as long. */
struct fixture_access {
	struct fixture_file *file;
	struct fixture *fx;
	struct fixture_hw *hw;
	int idx;
#ifdef FIXTURE_REVOCABLE
	struct fixture_handle handle;
#endif
};

/**
 * struct fixture_discipline - how users and the removal are kept apart
 * @name: as the module's parameter has it
 * @gone_errno: what a call on a device that is gone returns, if not -ENODEV
 * @gone_poll: what poll says of it, if not EPOLLERR | EPOLLHUP
 * @uncounted: open files don't keep the memory
 * @hw_outlives_remove: the resource goes with the last file, not with the device
 * @may_unbind: has UNPLUG_FIXTURE_UNBIND
 * @init: makes what it needs; may be left out
 * @destroy: unmakes it, nobody is left; may be left out
 * @open: what a file needs; may be left out
 * @release: undoes @open; may be left out
 * @enter: sets @hw and returns 0, or says why not. Left out: in without asking
 * @exit: called once for each @enter that returned 0
 * @shut: called once by remove(), or when probe() fails. Sets @gone, wakes the
 *	sleepers and waits for those inside, in its own order
 *
 * Nothing in it points into a device: asking it touches no freed memory.
 */
struct fixture_discipline {
	const char *name;
	int gone_errno;
	__poll_t gone_poll;
	bool uncounted;
	bool hw_outlives_remove;
	bool may_unbind;
	int (*init)(struct fixture *fx);
	void (*destroy)(struct fixture *fx);
	int (*open)(struct fixture_file *file);
	void (*release)(struct fixture_file *file);
	int (*enter)(struct fixture_access *access);
	void (*exit)(struct fixture_access *access);
	void (*shut)(struct fixture *fx);
};

/* The one that was chosen when the module was loaded. */
extern const struct fixture_discipline *fixture_discipline;
/* When remove() asked the discipline to shut, 0 before. */
extern unsigned long fixture_shut_jiffies;

extern const struct fixture_discipline fixture_naive;
extern const struct fixture_discipline fixture_mutex;
extern const struct fixture_discipline fixture_rwsem;
extern const struct fixture_discipline fixture_wrong_errno;
extern const struct fixture_discipline fixture_percpu_rwsem;
extern const struct fixture_discipline fixture_srcu;
extern const struct fixture_discipline fixture_mark_wake_sync;
extern const struct fixture_discipline fixture_percpu_ref;
extern const struct fixture_discipline fixture_kref_flag;
extern const struct fixture_discipline fixture_debugfs_proxy;
extern const struct fixture_discipline fixture_irqs_off_spin;
extern const struct fixture_discipline fixture_irqs_off_halt;
#ifdef FIXTURE_REVOCABLE
extern const struct fixture_discipline fixture_revocable_file;
extern const struct fixture_discipline fixture_revocable_shared;
extern const struct fixture_discipline fixture_revocable_irq;
extern const struct fixture_discipline fixture_revocable_nested;
#if FIXTURE_REVOCABLE > 1
extern const struct fixture_discipline fixture_revocable_stack;
#endif
#endif

static inline bool fixture_gone(const struct fixture *fx)
{
	return !fixture_discipline->uncounted && READ_ONCE(fx->gone);
}

static inline int fixture_gone_errno(void)
{
	return fixture_discipline->gone_errno ?: -ENODEV;
}

/* For an enter(): the device is marked or its resource is there to be used. */
static inline int fixture_look(struct fixture_access *access)
{
	if (fixture_gone(access->fx))
		return fixture_gone_errno();
	access->hw = access->fx->hw;
	return 0;
}

/* For a shut(): from now on who looks sees that it is gone. */
static inline void fixture_mark(struct fixture *fx)
{
	WRITE_ONCE(fx->gone, true);
}

/*
 * For a shut(). Without a poll key, so every poller looks again, whatever it
 * asked for (fs/select.c:pollwake()), and finds EPOLLERR | EPOLLHUP.
 */
static inline void fixture_wake(struct fixture *fx)
{
	wake_up_all(&fx->wait);
}

/* fixture-main.c: the device, if there is one, comes to and leaves a file. */
int fixture_attach(struct fixture_file *own, struct inode *inode,
		   struct file *file);
void fixture_detach(struct fixture_file *own);

/* fixture-fops.c, fixture-mmap.c */
extern const struct file_operations fixture_fops;
int unplug_fixture_mmap(struct file *file, struct vm_area_struct *vma);
void fixture_unmap(struct fixture *fx);

#endif /* FIXTURE_H */
