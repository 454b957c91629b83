/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records between this program and the one that is the device. All numbers are
 * little-endian: u32 bytes of what follows, u8 kind, u8 queue (0xff: none),
 * u16 0, then what the kind says.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdint.h>

#define RECORD_HEAD_BYTES 8
#define RECORD_KIND_BYTES 4
#define RECORD_NO_QUEUE 0xff

/* To the device. */
enum record_kind {
	RECORD_LISTENING = 1, /* The front-end may call. */
	RECORD_CONNECTED = 2,
	RECORD_FEATURES = 3, /* u64: what the guest took. */
	RECORD_QUEUE_STARTED = 4, /* u32 size */
	RECORD_QUEUE_STOPPED = 5,
	RECORD_REQUEST = 6, /* u32 token, u32 bytes that the answer has room for, data */
	RECORD_MALFORMED = 7, /* text */
	RECORD_CLOSED = 8, /* The front-end hung up: the last one. */
	/* From the device. */
	RECORD_ANSWER = 16, /* u32 token, u32 used length, data */
};

/* A token: the run of the queue above the head of the chain. */
static inline uint32_t token_of(uint16_t run, uint16_t head)
{
	return (uint32_t)run << 16 | head;
}

#endif
