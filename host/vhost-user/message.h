/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages of the vhost-user protocol (QEMU docs/interop/vhost-user.rst), from
 * bytes. No system calls.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"

#define MESSAGE_HEADER_BYTES 12
#define MESSAGE_PAYLOAD_MAX 512
#define MESSAGE_FDS_MAX MEMORY_REGIONS_MAX
#define CONFIG_BYTES_MAX 256

enum request {
	GET_FEATURES = 1,
	SET_FEATURES = 2,
	SET_OWNER = 3,
	RESET_OWNER = 4,
	SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8,
	SET_VRING_ADDR = 9,
	SET_VRING_BASE = 10,
	GET_VRING_BASE = 11,
	SET_VRING_KICK = 12,
	SET_VRING_CALL = 13,
	SET_VRING_ERR = 14,
	GET_PROTOCOL_FEATURES = 15,
	SET_PROTOCOL_FEATURES = 16,
	GET_QUEUE_NUM = 17,
	SET_VRING_ENABLE = 18,
	GET_CONFIG = 24,
	SET_CONFIG = 25,
};

/* Flags of a header: version 1, a reply, the wish for one. */
#define MESSAGE_VERSION 1
#define MESSAGE_VERSION_MASK 3
#define MESSAGE_REPLY 4
#define MESSAGE_NEED_REPLY 8

struct header {
	uint32_t request;
	uint32_t flags;
	uint32_t bytes;
};

/* A region before it is mapped; its file is the descriptor of the same index. */
struct region_at {
	uint64_t guest;
	uint64_t size;
	uint64_t user;
	uint64_t offset;
};

struct message {
	struct header header;
	union {
		uint64_t number;
		struct {
			uint32_t index;
			uint32_t value;
		} vring;
		struct {
			uint32_t index;
			uint64_t descriptors;
			uint64_t used;
			uint64_t avail;
		} addresses;
		struct {
			uint32_t index;
			bool has_fd;
		} event;
		struct {
			unsigned int count;
			struct region_at regions[MEMORY_REGIONS_MAX];
		} table;
		struct {
			uint32_t offset;
			uint32_t bytes;
			uint32_t flags;
			uint8_t data[CONFIG_BYTES_MAX];
		} config;
	};
};

/* The header; false when its version is another one or it announces too much. */
bool header_parse(const uint8_t bytes[MESSAGE_HEADER_BYTES],
		  struct header *header);

/*
 * A whole message. Returns NULL, or what is wrong with it. Requests that are not
 * known are not wrong: their payload is skipped.
 */
const char *message_parse(const struct header *header, const uint8_t *payload,
			  unsigned int fds, struct message *message);

#endif
