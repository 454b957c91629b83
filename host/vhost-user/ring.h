/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Split virtqueues (virtio 1.2, 2.7) as the device walks them. No system calls;
 * nothing that the guest wrote is trusted.
 */
#ifndef RING_H
#define RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"

#define RING_SIZE_MAX 1024
/* Buffers of one chain, and bytes of them in each direction. */
#define CHAIN_BUFFERS_MAX 1024
#define CHAIN_BYTES_MAX (1u << 20)

/* What can be wrong with a ring. Up to FAULT_QUEUE_LAST the queue can't be used any more. */
enum ring_fault {
	FAULT_NONE,
	FAULT_AVAIL_INDEX, /* More buffers than the ring has. */
	FAULT_HEAD, /* No such descriptor. */
	FAULT_QUEUE_LAST = FAULT_HEAD,
	FAULT_HEAD_IN_FLIGHT, /* The device has that one already. */
	FAULT_NEXT, /* No such descriptor. */
	FAULT_LOOP,
	FAULT_ADDRESS, /* Outside of the memory. */
	FAULT_ORDER, /* Something to read after something to write. */
	FAULT_LENGTH, /* More bytes or buffers than is bearable. */
	FAULT_INDIRECT, /* Not negotiated, nested, with NEXT, or of a wrong length. */
	FAULT_COUNT,
};

const char *ring_fault_name(enum ring_fault fault);

struct buffer {
	uint64_t address; /* Guest-physical. */
	uint32_t bytes;
};

/* What the guest asked for. The buffers are those that the device writes. */
struct chain {
	uint16_t head;
	uint32_t out_bytes;
	uint32_t in_bytes;
	unsigned int in_count;
	struct buffer in[CHAIN_BUFFERS_MAX];
	/* Copied: the guest may change its own at any time. */
	uint8_t out[CHAIN_BYTES_MAX];
};

/* A request that the device has not answered. */
struct flight {
	bool taken;
	uint32_t in_bytes;
	unsigned int in_count;
	struct buffer *in;
};

struct ring {
	unsigned int size;
	bool indirect;
	bool broken;
	uint16_t next_avail;
	uint16_t next_used;
	/* Guest-writable, so read once each; all inside one region of the memory. */
	const uint8_t *descriptors;
	const uint8_t *avail;
	uint8_t *used;
	struct flight flights[RING_SIZE_MAX];
};

/* Whether a ring can have that size (virtio 1.2, 2.7). */
bool ring_size_valid(uint32_t size);

/*
 * Puts a ring where the front-end's addresses say. Returns false, and changes
 * nothing, when one is not aligned or outside of the memory.
 */
bool ring_place(struct ring *ring, const struct memory *memory,
		unsigned int size, uint64_t descriptors, uint64_t avail,
		uint64_t used);

/* Forgets what is in flight, and where the ring was. */
void ring_clear(struct ring *ring);

/*
 * Takes the next request. Returns whether there was one; with a fault there was
 * one that is wrong: it has been given back unanswered (used length 0), or the
 * queue is broken.
 */
bool ring_take(struct ring *ring, const struct memory *memory,
	       struct chain *chain, enum ring_fault *fault);

enum answer_result {
	ANSWER_DONE,
	ANSWER_UNKNOWN, /* Nothing of that head is in flight. */
	ANSWER_ADDRESS, /* The memory was taken away meanwhile. */
};

/*
 * Answers a request: as much of the data as fits, and any used length, also a
 * wrong one.
 */
enum answer_result ring_answer(struct ring *ring, const struct memory *memory,
			       uint16_t head, const uint8_t *data, size_t bytes,
			       uint32_t used_length);

/* Whether the guest wants an interrupt (VIRTQ_AVAIL_F_NO_INTERRUPT). */
bool ring_wants_interrupt(const struct ring *ring);

#endif
