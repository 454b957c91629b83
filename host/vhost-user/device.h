/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vhost-user back-end of any device type: what the messages make of it.
 * System calls are the caller's.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include "memory.h"
#include "message.h"
#include "ring.h"

#define QUEUES_MAX 8

/* VHOST_USER_F_PROTOCOL_FEATURES, VIRTIO_RING_F_INDIRECT_DESC */
#define FEATURE_PROTOCOL (1ull << 30)
#define FEATURE_INDIRECT (1ull << 28)

struct queue {
	struct ring ring;
	unsigned int size; /* As set, for when the addresses come. */
	bool enabled;
	bool placed;
	bool told; /* The caller thinks that it runs. */
	/* The front-end's addresses, for when the memory is another one. */
	uint64_t descriptors;
	uint64_t avail;
	uint64_t used;
	int kick; /* -1 when there is none. */
	int call;
	int error;
	/* Tells answers to requests of an earlier run from those of this one. */
	uint16_t run;
};

/* What the device is, from the command line, and what it has become. */
struct device {
	uint64_t features;
	/* Taken as negotiated, whatever the front-end passes on. */
	uint64_t assumed;
	uint64_t protocol_features;
	unsigned int queue_count;
	uint32_t config_bytes;
	uint8_t config[CONFIG_BYTES_MAX];

	uint64_t acked;
	uint64_t protocol_acked;
	struct memory memory;
	struct queue queues[QUEUES_MAX];
};

/* What the caller does for it. */
struct device_calls {
	/* Maps a region's file; NULL when that fails. */
	uint8_t *(*map)(void *context, const struct region_at *region, int fd);
	void (*unmap)(void *context, const struct region *region);
	void (*close)(void *context, int fd);
	/* A queue runs, or does not any more. */
	void (*queue)(void *context, unsigned int index, bool runs);
	void (*features)(void *context, uint64_t acked);
	void (*malformed)(void *context, int queue, const char *what);
	void *context;
};

/* A reply: its payload; the header is that of the request. */
struct reply {
	bool wanted;
	uint32_t bytes;
	uint8_t payload[MESSAGE_PAYLOAD_MAX];
};

void device_init(struct device *device);

/* Does what a message says. The descriptors are the device's from now on. */
void device_handle(struct device *device, const struct message *message,
		   const int *fds, unsigned int fd_count,
		   const struct device_calls *calls, struct reply *reply);

/* Stops all queues and gives everything back. */
void device_end(struct device *device, const struct device_calls *calls);

/* Whether requests are taken from it. */
bool queue_runs(const struct queue *queue);

/* Tells the caller if a queue began or ceased to run; for when a ring broke. */
void device_settle(struct device *device, unsigned int index,
		   const struct device_calls *calls);

#endif
