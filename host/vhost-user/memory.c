// SPDX-License-Identifier: GPL-2.0
/* Looks up addresses in the guest's memory. */
#include "memory.h"

#include <stddef.h>

static bool wraps(uint64_t start, uint64_t bytes)
{
	return start + bytes < start;
}

static bool overlap(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
	return a < b + b_bytes && b < a + a_bytes;
}

bool memory_valid(const struct memory *memory)
{
	for (unsigned int i = 0; i < memory->count; i++) {
		const struct region *one = &memory->regions[i];

		if (one->size == 0 || wraps(one->guest, one->size) ||
		    wraps(one->user, one->size))
			return false;
		for (unsigned int j = 0; j < i; j++) {
			const struct region *other = &memory->regions[j];

			if (overlap(one->guest, one->size, other->guest,
				    other->size) ||
			    overlap(one->user, one->size, other->user,
				    other->size))
				return false;
		}
	}
	return true;
}

static void *at(const struct region *region, uint64_t start, uint64_t address,
		uint64_t bytes)
{
	if (address < start || bytes > region->size ||
	    address - start > region->size - bytes)
		return NULL;
	return region->host + (address - start);
}

void *memory_at_guest(const struct memory *memory, uint64_t address,
		      uint64_t bytes)
{
	void *found = NULL;

	for (unsigned int i = 0; i < memory->count && !found; i++)
		found = at(&memory->regions[i], memory->regions[i].guest,
			   address, bytes);
	return found;
}

void *memory_at_user(const struct memory *memory, uint64_t address,
		     uint64_t bytes)
{
	void *found = NULL;

	for (unsigned int i = 0; i < memory->count && !found; i++)
		found = at(&memory->regions[i], memory->regions[i].user,
			   address, bytes);
	return found;
}
