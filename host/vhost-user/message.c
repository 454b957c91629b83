// SPDX-License-Identifier: GPL-2.0
/* Makes messages out of bytes, and refuses what contradicts itself. */
#include "message.h"

#include <string.h>

/* vhost-user.rst, "A vring state description": a queue's index, and no descriptor in bit 8. */
#define EVENT_INDEX_MASK 0xff
#define EVENT_NO_FD 0x100
#define REGION_BYTES 32
#define TABLE_BYTES 8
#define CONFIG_HEADER_BYTES 12

static uint32_t u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t u64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

bool header_parse(const uint8_t bytes[MESSAGE_HEADER_BYTES],
		  struct header *header)
{
	header->request = u32(bytes);
	header->flags = u32(bytes + 4);
	header->bytes = u32(bytes + 8);
	return (header->flags & MESSAGE_VERSION_MASK) == MESSAGE_VERSION &&
	       header->bytes <= MESSAGE_PAYLOAD_MAX;
}

static const char *parse_table(const uint8_t *payload, uint32_t bytes,
			       unsigned int fds, struct message *message)
{
	uint32_t count;

	if (bytes < TABLE_BYTES)
		return "memory table: too short";
	count = u32(payload);
	if (count > MEMORY_REGIONS_MAX)
		return "memory table: too many regions";
	if (bytes < TABLE_BYTES + count * REGION_BYTES)
		return "memory table: too short";
	if (fds != count)
		return "memory table: not as many descriptors as regions";
	message->table.count = count;
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *at = payload + TABLE_BYTES + i * REGION_BYTES;
		struct region_at *region = &message->table.regions[i];

		region->guest = u64(at);
		region->size = u64(at + 8);
		region->user = u64(at + 16);
		region->offset = u64(at + 24);
	}
	return NULL;
}

static const char *parse_event(const uint8_t *payload, uint32_t bytes,
			       unsigned int fds, struct message *message)
{
	uint64_t value;

	if (bytes < sizeof(value))
		return "vring descriptor: too short";
	value = u64(payload);
	message->event.index = value & EVENT_INDEX_MASK;
	message->event.has_fd = !(value & EVENT_NO_FD);
	if (fds != (message->event.has_fd ? 1 : 0))
		return "vring descriptor: not the descriptor that it says";
	return NULL;
}

static const char *parse_config(const uint8_t *payload, uint32_t bytes,
				struct message *message)
{
	if (bytes < CONFIG_HEADER_BYTES)
		return "config: too short";
	message->config.offset = u32(payload);
	message->config.bytes = u32(payload + 4);
	message->config.flags = u32(payload + 8);
	if (message->config.bytes > CONFIG_BYTES_MAX)
		return "config: too long";
	if (bytes - CONFIG_HEADER_BYTES < message->config.bytes)
		return "config: shorter than it says";
	memcpy(message->config.data, payload + CONFIG_HEADER_BYTES,
	       message->config.bytes);
	return NULL;
}

const char *message_parse(const struct header *header, const uint8_t *payload,
			  unsigned int fds, struct message *message)
{
	const uint32_t bytes = header->bytes;

	memset(message, 0, sizeof(*message));
	message->header = *header;
	switch (header->request) {
	case SET_MEM_TABLE:
		return parse_table(payload, bytes, fds, message);
	case SET_VRING_KICK:
	case SET_VRING_CALL:
	case SET_VRING_ERR:
		return parse_event(payload, bytes, fds, message);
	}
	if (fds > 0)
		return "descriptors that nobody asked for";
	switch (header->request) {
	case SET_FEATURES:
	case SET_PROTOCOL_FEATURES:
		if (bytes < 8)
			return "features: too short";
		message->number = u64(payload);
		return NULL;
	case SET_VRING_NUM:
	case SET_VRING_BASE:
	case GET_VRING_BASE:
	case SET_VRING_ENABLE:
		if (bytes < 8)
			return "vring state: too short";
		message->vring.index = u32(payload);
		message->vring.value = u32(payload + 4);
		return NULL;
	case SET_VRING_ADDR:
		if (bytes < 32)
			return "vring addresses: too short";
		message->addresses.index = u32(payload);
		message->addresses.descriptors = u64(payload + 8);
		message->addresses.used = u64(payload + 16);
		message->addresses.avail = u64(payload + 24);
		return NULL;
	case GET_CONFIG:
	case SET_CONFIG:
		return parse_config(payload, bytes, message);
	}
	return NULL;
}
