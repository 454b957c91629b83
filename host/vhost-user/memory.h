/* SPDX-License-Identifier: GPL-2.0 */
/* The guest's memory as the front-end describes it: pure look-ups, no system calls. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* What a message without CONFIGURE_MEM_SLOTS can carry. */
#define MEMORY_REGIONS_MAX 8

struct region {
	uint64_t guest; /* Guest-physical address. */
	uint64_t size; /* Bytes. */
	uint64_t user; /* Address in the front-end's own space. */
	uint8_t *host; /* Where it is here. */
};

struct memory {
	struct region regions[MEMORY_REGIONS_MAX];
	unsigned int count;
};

/* Whether none of its regions wraps around, and no two of them overlap. */
bool memory_valid(const struct memory *memory);

/* All of [address, address + bytes) in one region; NULL if it is not. */
void *memory_at_guest(const struct memory *memory, uint64_t address,
		      uint64_t bytes);
void *memory_at_user(const struct memory *memory, uint64_t address,
		     uint64_t bytes);

#endif
