// SPDX-License-Identifier: GPL-2.0
/* The fixture's one page, mapped into users and taken back by remove(). */
#include <linux/mm.h>

#include "fixture.h"

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
	if (fixture_discipline->uncounted)
		return fixture_map_page(fx, vmf);
	/*
	 * The entry is made under the lock, and not after the return by
	 * mm/memory.c:finish_fault(): else it could come to be after
	 * unmap_mapping_range() in fixture_unmap().
	 */
	mutex_lock(&fx->map_lock);
	ret = fixture_map_page(fx, vmf);
	mutex_unlock(&fx->map_lock);
	return ret;
}

static const struct vm_operations_struct fixture_vm_ops = {
	.fault = unplug_fixture_fault,
};

int unplug_fixture_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct fixture_file *own = file->private_data;
	struct fixture *fx = own->fx;

	/* Outside of the discipline, see @map_lock. A late success only faults. */
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

/* For remove(), once no open() can set ->inode any more. */
void fixture_unmap(struct fixture *fx)
{
	struct page *page;

	mutex_lock(&fx->map_lock);
	page = fx->page;
	fx->page = NULL;
	mutex_unlock(&fx->map_lock);
	if (fx->inode)
		unmap_mapping_range(fx->inode->i_mapping, 0, 0, 1);
	__free_page(page);
}
