// SPDX-License-Identifier: GPL-2.0
/*
 * Walks split virtqueues. Everything in them may change while it is looked at,
 * so it is read once and then checked.
 */
#include "ring.h"

#include <stdlib.h>
#include <string.h>

/* virtio 1.2, 2.7.5: struct virtq_desc */
#define DESCRIPTOR_BYTES 16
#define FLAG_NEXT 1
#define FLAG_WRITE 2
#define FLAG_INDIRECT 4
/* 2.7.6 and 2.7.8: flags and idx come before the entries. */
#define ENTRIES 4
#define AVAIL_ENTRY_BYTES 2
#define USED_ENTRY_BYTES 8
#define NO_INTERRUPT 1

struct descriptor {
	uint64_t address;
	uint32_t bytes;
	uint16_t flags;
	uint16_t next;
};

const char *ring_fault_name(enum ring_fault fault)
{
	static const char *const names[FAULT_COUNT] = {
		[FAULT_NONE] = "none",
		[FAULT_AVAIL_INDEX] = "available index",
		[FAULT_HEAD] = "head out of range",
		[FAULT_HEAD_IN_FLIGHT] = "head in flight",
		[FAULT_NEXT] = "next out of range",
		[FAULT_LOOP] = "descriptor loop",
		[FAULT_ADDRESS] = "address outside of memory",
		[FAULT_ORDER] = "readable after writable",
		[FAULT_LENGTH] = "too long",
		[FAULT_INDIRECT] = "indirect table",
	};

	return names[fault];
}

bool ring_size_valid(uint32_t size)
{
	return size > 0 && size <= RING_SIZE_MAX && (size & (size - 1)) == 0;
}

static bool aligned(const void *place, uint64_t address, uintptr_t to)
{
	return address % to == 0 && (uintptr_t)place % to == 0;
}

bool ring_place(struct ring *ring, const struct memory *memory,
		unsigned int size, uint64_t descriptors, uint64_t avail,
		uint64_t used)
{
	uint8_t *d, *a, *u;

	if (!ring_size_valid(size))
		return false;
	d = memory_at_user(memory, descriptors,
			   (uint64_t)size * DESCRIPTOR_BYTES);
	a = memory_at_user(memory, avail,
			   ENTRIES + (uint64_t)size * AVAIL_ENTRY_BYTES);
	u = memory_at_user(memory, used,
			   ENTRIES + (uint64_t)size * USED_ENTRY_BYTES);
	if (!d || !a || !u || !aligned(d, descriptors, 16) ||
	    !aligned(a, avail, 2) || !aligned(u, used, 4))
		return false;
	ring->size = size;
	ring->descriptors = d;
	ring->avail = a;
	ring->used = u;
	return true;
}

static void flight_end(struct flight *flight)
{
	free(flight->in);
	memset(flight, 0, sizeof(*flight));
}

void ring_clear(struct ring *ring)
{
	for (unsigned int i = 0; i < RING_SIZE_MAX; i++)
		flight_end(&ring->flights[i]);
	ring->descriptors = NULL;
	ring->avail = NULL;
	ring->used = NULL;
	ring->broken = false;
}

static uint16_t load(const uint8_t *place)
{
	return __atomic_load_n((const uint16_t *)place, __ATOMIC_ACQUIRE);
}

static void put_used(struct ring *ring, uint16_t head, uint32_t length)
{
	unsigned int slot = ring->next_used & (ring->size - 1);
	uint8_t *entry = ring->used + ENTRIES + slot * USED_ENTRY_BYTES;
	const uint32_t id = head;

	memcpy(entry, &id, sizeof(id));
	memcpy(entry + sizeof(id), &length, sizeof(length));
	ring->next_used++;
	__atomic_store_n((uint16_t *)(ring->used + 2), ring->next_used,
			 __ATOMIC_SEQ_CST);
}

static bool add_out(struct chain *chain, const struct memory *memory,
		    const struct descriptor *d, enum ring_fault *fault)
{
	const void *place = memory_at_guest(memory, d->address, d->bytes);

	if (chain->in_count > 0)
		*fault = FAULT_ORDER;
	else if (d->bytes > CHAIN_BYTES_MAX - chain->out_bytes)
		*fault = FAULT_LENGTH;
	else if (!place)
		*fault = FAULT_ADDRESS;
	else
		memcpy(chain->out + chain->out_bytes, place, d->bytes);
	chain->out_bytes += *fault == FAULT_NONE ? d->bytes : 0;
	return *fault == FAULT_NONE;
}

static bool add_in(struct chain *chain, const struct memory *memory,
		   const struct descriptor *d, enum ring_fault *fault)
{
	if (d->bytes > CHAIN_BYTES_MAX - chain->in_bytes ||
	    chain->in_count == CHAIN_BUFFERS_MAX)
		*fault = FAULT_LENGTH;
	else if (!memory_at_guest(memory, d->address, d->bytes))
		*fault = FAULT_ADDRESS;
	if (*fault != FAULT_NONE)
		return false;
	chain->in[chain->in_count].address = d->address;
	chain->in[chain->in_count].bytes = d->bytes;
	chain->in_count++;
	chain->in_bytes += d->bytes;
	return true;
}

/* Follows one table, the ring's own or an indirect one. */
static void walk(const struct ring *ring, const struct memory *memory,
		 const uint8_t *table, unsigned int count, unsigned int index,
		 bool nested, struct chain *chain, enum ring_fault *fault)
{
	for (unsigned int steps = 0;; steps++) {
		struct descriptor d;

		if (steps == count) {
			*fault = FAULT_LOOP;
			return;
		}
		memcpy(&d, table + (size_t)index * DESCRIPTOR_BYTES,
		       DESCRIPTOR_BYTES);
		if (d.flags & FLAG_INDIRECT) {
			const unsigned int entries = d.bytes / DESCRIPTOR_BYTES;
			const uint8_t *inner =
				memory_at_guest(memory, d.address, d.bytes);

			if (nested || !ring->indirect || d.flags & FLAG_NEXT ||
			    entries == 0 || d.bytes % DESCRIPTOR_BYTES != 0 ||
			    entries > CHAIN_BUFFERS_MAX)
				*fault = FAULT_INDIRECT;
			else if (!inner)
				*fault = FAULT_ADDRESS;
			else
				walk(ring, memory, inner, entries, 0, true,
				     chain, fault);
			return;
		}
		if (!(d.flags & FLAG_WRITE ? add_in : add_out)(chain, memory,
							       &d, fault))
			return;
		if (!(d.flags & FLAG_NEXT))
			return;
		if (d.next >= count) {
			*fault = FAULT_NEXT;
			return;
		}
		index = d.next;
	}
}

static bool take_off(struct ring *ring, const struct chain *chain)
{
	struct flight *flight = &ring->flights[chain->head];

	if (chain->in_count > 0) {
		const size_t bytes = chain->in_count * sizeof(*flight->in);

		flight->in = malloc(bytes);
		if (!flight->in)
			return false;
		memcpy(flight->in, chain->in, bytes);
	}
	flight->in_count = chain->in_count;
	flight->in_bytes = chain->in_bytes;
	flight->taken = true;
	return true;
}

bool ring_take(struct ring *ring, const struct memory *memory,
	       struct chain *chain, enum ring_fault *fault)
{
	uint16_t ahead;

	*fault = FAULT_NONE;
	if (!ring->avail || ring->broken)
		return false;
	ahead = load(ring->avail + 2) - ring->next_avail;
	if (ahead == 0)
		return false;
	chain->out_bytes = 0;
	chain->in_bytes = 0;
	chain->in_count = 0;
	if (ahead > ring->size) {
		*fault = FAULT_AVAIL_INDEX;
	} else {
		const unsigned int slot = ring->next_avail & (ring->size - 1);

		chain->head = load(ring->avail + ENTRIES +
				   slot * AVAIL_ENTRY_BYTES);
		if (chain->head >= ring->size)
			*fault = FAULT_HEAD;
	}
	if (*fault != FAULT_NONE) {
		ring->broken = true;
		return true;
	}
	ring->next_avail++;
	if (ring->flights[chain->head].taken) {
		/* It comes back with the answer to the first one. */
		*fault = FAULT_HEAD_IN_FLIGHT;
		return true;
	}
	walk(ring, memory, ring->descriptors, ring->size, chain->head, false,
	     chain, fault);
	if (*fault == FAULT_NONE && !take_off(ring, chain))
		*fault = FAULT_LENGTH;
	if (*fault != FAULT_NONE)
		put_used(ring, chain->head, 0);
	return true;
}

enum answer_result ring_answer(struct ring *ring, const struct memory *memory,
			       uint16_t head, const uint8_t *data, size_t bytes,
			       uint32_t used_length)
{
	enum answer_result result = ANSWER_DONE;
	struct flight *flight;
	size_t done = 0;

	if (!ring->used || head >= ring->size || !ring->flights[head].taken)
		return ANSWER_UNKNOWN;
	flight = &ring->flights[head];
	for (unsigned int i = 0; i < flight->in_count && done < bytes; i++) {
		const struct buffer *in = &flight->in[i];
		const size_t left = bytes - done;
		const size_t part = left < in->bytes ? left : in->bytes;
		void *place = memory_at_guest(memory, in->address, in->bytes);

		if (!place) {
			result = ANSWER_ADDRESS;
			break;
		}
		memcpy(place, data + done, part);
		done += part;
	}
	flight_end(flight);
	put_used(ring, head, used_length);
	return result;
}

bool ring_wants_interrupt(const struct ring *ring)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return ring->avail && !(load(ring->avail) & NO_INTERRUPT);
}
