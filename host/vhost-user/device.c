// SPDX-License-Identifier: GPL-2.0
/* The state of a vhost-user back-end. */
#include "device.h"

#include <string.h>

void device_init(struct device *device)
{
	memset(device, 0, sizeof(*device));
	for (unsigned int i = 0; i < QUEUES_MAX; i++) {
		device->queues[i].kick = -1;
		device->queues[i].call = -1;
		device->queues[i].error = -1;
	}
}

bool queue_runs(const struct queue *queue)
{
	return queue->enabled && queue->placed && queue->kick >= 0 &&
	       !queue->ring.broken;
}

void device_settle(struct device *device, unsigned int index,
		   const struct device_calls *calls)
{
	struct queue *queue = &device->queues[index];
	const bool runs = queue_runs(queue);

	if (runs == queue->told)
		return;
	queue->told = runs;
	calls->queue(calls->context, index, runs);
}

static void replace_fd(int *place, int fd, const struct device_calls *calls)
{
	if (*place >= 0)
		calls->close(calls->context, *place);
	*place = fd;
}

static void stop(struct device *device, unsigned int index,
		 const struct device_calls *calls)
{
	struct queue *queue = &device->queues[index];

	queue->run++;
	queue->placed = false;
	ring_clear(&queue->ring);
	device_settle(device, index, calls);
	replace_fd(&queue->kick, -1, calls);
	replace_fd(&queue->call, -1, calls);
}

static void forget_memory(struct device *device,
			  const struct device_calls *calls)
{
	for (unsigned int i = 0; i < device->memory.count; i++)
		calls->unmap(calls->context, &device->memory.regions[i]);
	device->memory.count = 0;
}

/* Finds a ring's place in a new memory; what is in flight stays in flight. */
static void replace_ring(struct device *device, unsigned int index,
			 const struct device_calls *calls)
{
	struct queue *queue = &device->queues[index];

	if (ring_place(&queue->ring, &device->memory, queue->ring.size,
		       queue->descriptors, queue->avail, queue->used))
		return;
	calls->malformed(calls->context, index,
			 "the ring is not in the new memory");
	stop(device, index, calls);
}

static void map_memory(struct device *device, const struct message *message,
		       const int *fds, const struct device_calls *calls)
{
	struct memory fresh = { .count = 0 };

	forget_memory(device, calls);
	for (unsigned int i = 0; i < message->table.count; i++) {
		const struct region_at *at = &message->table.regions[i];
		struct region *region = &fresh.regions[i];

		region->guest = at->guest;
		region->size = at->size;
		region->user = at->user;
	}
	fresh.count = message->table.count;
	if (!memory_valid(&fresh)) {
		calls->malformed(calls->context, -1, "memory table: overlap");
		return;
	}
	for (unsigned int i = 0; i < fresh.count; i++) {
		struct region *region = &device->memory.regions[i];

		*region = fresh.regions[i];
		region->host = calls->map(calls->context,
					  &message->table.regions[i], fds[i]);
		if (!region->host) {
			calls->malformed(calls->context, -1,
					 "memory table: can't be mapped");
			forget_memory(device, calls);
			return;
		}
		device->memory.count = i + 1;
	}
}

static void set_memory(struct device *device, const struct message *message,
		       const int *fds, const struct device_calls *calls)
{
	map_memory(device, message, fds, calls);
	for (unsigned int i = 0; i < device->queue_count; i++)
		if (device->queues[i].placed)
			replace_ring(device, i, calls);
}

static void set_addresses(struct device *device, unsigned int index,
			  const struct message *message,
			  const struct device_calls *calls)
{
	struct queue *queue = &device->queues[index];

	if (!ring_place(&queue->ring, &device->memory, queue->size,
			message->addresses.descriptors,
			message->addresses.avail, message->addresses.used)) {
		calls->malformed(calls->context, index, "ring addresses");
		return;
	}
	queue->ring.indirect =
		!!((device->acked | device->assumed) & FEATURE_INDIRECT);
	queue->descriptors = message->addresses.descriptors;
	queue->avail = message->addresses.avail;
	queue->used = message->addresses.used;
	queue->placed = true;
	device_settle(device, index, calls);
}

static void set_kick(struct device *device, unsigned int index, int fd,
		     const struct device_calls *calls)
{
	struct queue *queue = &device->queues[index];

	replace_fd(&queue->kick, fd, calls);
	/* Without protocol features a ring is enabled from the start. */
	if (!(device->acked & FEATURE_PROTOCOL))
		queue->enabled = true;
	device_settle(device, index, calls);
}

static void put_number(struct reply *reply, uint64_t number)
{
	reply->wanted = true;
	reply->bytes = sizeof(number);
	memcpy(reply->payload, &number, sizeof(number));
}

static void get_config(const struct device *device,
		       const struct message *message, struct reply *reply)
{
	const uint32_t head[3] = { message->config.offset,
				   message->config.bytes,
				   message->config.flags };
	uint8_t *data = reply->payload + sizeof(head);

	reply->wanted = true;
	reply->bytes = sizeof(head) + message->config.bytes;
	memcpy(reply->payload, head, sizeof(head));
	memset(data, 0, message->config.bytes);
	for (uint32_t i = 0; i < message->config.bytes; i++) {
		const uint64_t at = (uint64_t)message->config.offset + i;

		if (at < device->config_bytes)
			data[i] = device->config[at];
	}
}

/* The queue of a message that is about one; -1 for others. */
static int64_t queue_index(const struct message *message)
{
	switch (message->header.request) {
	case SET_VRING_NUM:
	case SET_VRING_BASE:
	case GET_VRING_BASE:
	case SET_VRING_ENABLE:
		return message->vring.index;
	case SET_VRING_ADDR:
		return message->addresses.index;
	case SET_VRING_KICK:
	case SET_VRING_CALL:
	case SET_VRING_ERR:
		return message->event.index;
	default:
		return -1;
	}
}

static void handle_queue(struct device *device, unsigned int index,
			 const struct message *message, const int *fds,
			 const struct device_calls *calls, struct reply *reply)
{
	struct queue *queue = &device->queues[index];
	int fd = -1;

	switch (message->header.request) {
	case SET_VRING_NUM:
		if (queue->placed || !ring_size_valid(message->vring.value))
			calls->malformed(calls->context, index, "ring size");
		else
			queue->size = message->vring.value;
		return;
	case SET_VRING_BASE:
		if (queue->placed || message->vring.value > UINT16_MAX) {
			calls->malformed(calls->context, index, "ring base");
			return;
		}
		queue->ring.next_avail = message->vring.value;
		queue->ring.next_used = message->vring.value;
		return;
	case GET_VRING_BASE: {
		const uint32_t state[2] = { index, queue->ring.next_avail };

		stop(device, index, calls);
		reply->wanted = true;
		reply->bytes = sizeof(state);
		memcpy(reply->payload, state, sizeof(state));
		return;
	}
	case SET_VRING_ENABLE:
		queue->enabled = message->vring.value != 0;
		device_settle(device, index, calls);
		return;
	case SET_VRING_ADDR:
		set_addresses(device, index, message, calls);
		return;
	}
	if (message->event.has_fd)
		fd = fds[0];
	if (message->header.request == SET_VRING_KICK)
		set_kick(device, index, fd, calls);
	else if (message->header.request == SET_VRING_CALL)
		replace_fd(&queue->call, fd, calls);
	else
		replace_fd(&queue->error, fd, calls);
}

void device_handle(struct device *device, const struct message *message,
		   const int *fds, unsigned int fd_count,
		   const struct device_calls *calls, struct reply *reply)
{
	const int64_t index = queue_index(message);

	reply->wanted = false;
	if (index >= device->queue_count) {
		calls->malformed(calls->context, -1, "no such queue");
		for (unsigned int i = 0; i < fd_count; i++)
			calls->close(calls->context, fds[i]);
	} else if (index >= 0) {
		handle_queue(device, index, message, fds, calls, reply);
	} else {
		switch (message->header.request) {
		case GET_FEATURES:
			put_number(reply, device->features | FEATURE_PROTOCOL);
			return;
		case SET_FEATURES:
			device->acked = message->number &
					(device->features | FEATURE_PROTOCOL);
			calls->features(calls->context, device->acked);
			break;
		case GET_PROTOCOL_FEATURES:
			put_number(reply, device->protocol_features);
			return;
		case SET_PROTOCOL_FEATURES:
			device->protocol_acked =
				message->number & device->protocol_features;
			break;
		case GET_QUEUE_NUM:
			put_number(reply, device->queue_count);
			return;
		case GET_CONFIG:
			get_config(device, message, reply);
			return;
		case SET_MEM_TABLE:
			set_memory(device, message, fds, calls);
			for (unsigned int i = 0; i < fd_count; i++)
				calls->close(calls->context, fds[i]);
			break;
		case RESET_OWNER:
			for (unsigned int i = 0; i < device->queue_count; i++)
				stop(device, i, calls);
			break;
		}
	}
	if (!reply->wanted && message->header.flags & MESSAGE_NEED_REPLY)
		put_number(reply, 0);
}

void device_end(struct device *device, const struct device_calls *calls)
{
	for (unsigned int i = 0; i < QUEUES_MAX; i++) {
		stop(device, i, calls);
		replace_fd(&device->queues[i].error, -1, calls);
	}
	forget_memory(device, calls);
}
