// SPDX-License-Identifier: GPL-2.0
/*
 * Random rings and messages against the parts that see what the guest and the
 * front-end control. fuzz [COUNT [SEED]]: the sanitizers end it when something
 * is touched that must not be; else it prints how often each thing was seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define REGION_BYTES_MAX 8192
#define GUEST_START 0x10000ull
#define USER_START 0x7f0000000000ull
#define RING_BUFFERS_TRIED 64
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* FAULT_NONE: a chain that is as it should be. */
static unsigned long seen_faults[FAULT_COUNT];
static unsigned long seen_answers[3];
static unsigned long seen_messages[2];
static unsigned long seen_malformed, seen_started, seen_stopped;
static long mapped, opened;
static struct chain chain;
static uint64_t state;

/* xorshift64* */
static uint64_t any(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dull;
}

static uint64_t below(uint64_t bound)
{
	return any() % bound;
}

static bool once_in(unsigned int times)
{
	return below(times) == 0;
}

/* Numbers that are near to a limit, or anything. */
static uint64_t odd_number(void)
{
	static const uint64_t limits[] = {
		0, 1, 15, 16, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000,
		CHAIN_BYTES_MAX, 0x7fffffff, 0x80000000, 0xffffffff,
		0x100000000, INT64_MAX, UINT64_MAX - 16, UINT64_MAX,
	};

	if (once_in(3))
		return any() >> below(64);
	return limits[below(ARRAY_SIZE(limits))] + below(3) - 1;
}

/* Mostly below a bound, now and then at it or anywhere. */
static uint16_t odd_index(unsigned int bound)
{
	if (!once_in(12))
		return below(bound);
	return once_in(2) ? bound : any();
}

static uint8_t *map_fake(void *context, const struct region_at *region, int fd)
{
	uint8_t *place;

	(void)context;
	(void)fd;
	if (region->size > REGION_BYTES_MAX || once_in(50))
		return NULL;
	/* Of the exact size, so that one byte too far is seen. */
	place = aligned_alloc(64, (region->size + 63) & ~63ull);
	if (!place)
		abort();
	if (region->size % 64) {
		free(place);
		place = malloc(region->size);
	}
	for (uint64_t i = 0; i < region->size; i++)
		place[i] = once_in(2) ? 0 : any();
	mapped++;
	return place;
}

static void unmap_fake(void *context, const struct region *region)
{
	(void)context;
	mapped--;
	free(region->host);
}

static void close_fake(void *context, int fd)
{
	(void)context;
	if (fd < 0)
		abort();
	opened--;
}

static void tell_queue(void *context, unsigned int index, bool runs)
{
	(void)context;
	if (index >= QUEUES_MAX)
		abort();
	seen_started += runs;
	seen_stopped += !runs;
}

static void tell_features(void *context, uint64_t acked)
{
	(void)context;
	(void)acked;
}

static void tell_malformed(void *context, int queue, const char *what)
{
	(void)context;
	if (queue >= QUEUES_MAX || strlen(what) == 0)
		abort();
	seen_malformed++;
}

static const struct device_calls calls = {
	.map = map_fake,
	.unmap = unmap_fake,
	.close = close_fake,
	.queue = tell_queue,
	.features = tell_features,
	.malformed = tell_malformed,
};

static void put_u16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void put_u32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void put_u64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* Something that a driver could have written, with now and then something wrong. */
static void write_descriptor(uint8_t *at, const struct memory *memory,
			     unsigned int count)
{
	const struct region *region = &memory->regions[below(memory->count)];
	uint64_t address = region->guest + below(region->size);
	uint64_t bytes = below(64);
	uint16_t flags = once_in(2) ? 1 : 0;

	if (once_in(3))
		flags |= 2;
	if (once_in(6)) {
		flags = 4;
		bytes = 16 * (1 + below(8));
	}
	if (once_in(8))
		bytes = odd_number();
	if (once_in(12))
		address = odd_number();
	if (once_in(20))
		flags = any();
	put_u64(at, address);
	put_u32(at + 8, bytes);
	put_u16(at + 12, flags);
	put_u16(at + 14, odd_index(count));
}

/* A chain through the whole table, of more bytes than are bearable. */
static void write_long_chain(const struct region *region)
{
	const unsigned int count = region->size / 16;
	const uint16_t writable = once_in(2) ? 2 : 0;

	for (unsigned int i = 0; i < count; i++) {
		put_u64(region->host + i * 16, region->guest);
		put_u32(region->host + i * 16 + 8, region->size);
		put_u16(region->host + i * 16 + 12,
			writable | (i + 1 < count ? 1 : 0));
		put_u16(region->host + i * 16 + 14, i + 1);
	}
}

static void answer(struct ring *ring, const struct memory *memory, uint16_t head)
{
	static uint8_t data[256];

	seen_answers[ring_answer(ring, memory, head, data,
				 below(sizeof(data) + 1), odd_number())]++;
}

/* Takes what a ring has, and answers some of it, in any order. */
static void use_ring(struct ring *ring, const struct memory *memory)
{
	for (unsigned int i = 0; i < RING_BUFFERS_TRIED; i++) {
		enum ring_fault fault;
		uint64_t sum = 0;

		if (!ring_take(ring, memory, &chain, &fault))
			break;
		seen_faults[fault]++;
		if (fault != FAULT_NONE)
			continue;
		for (unsigned int in = 0; in < chain.in_count; in++)
			sum += chain.in[in].bytes;
		if (sum != chain.in_bytes || chain.out_bytes > CHAIN_BYTES_MAX ||
		    chain.in_bytes > CHAIN_BYTES_MAX)
			abort();
		if (once_in(2))
			answer(ring, memory, chain.head);
		if (once_in(4))
			answer(ring, memory, any());
	}
	ring_wants_interrupt(ring);
}

static void fuzz_ring(void)
{
	const unsigned int size = 1u << below(7);
	/* The descriptors come last: behind them is nothing. */
	const uint64_t used = (4 + size * 2 + 3) & ~3ull;
	const uint64_t table_at = (used + 4 + size * 8 + 15) & ~15ull;
	const struct region_at at[2] = {
		{ .guest = GUEST_START, .size = table_at + size * 16,
		  .user = USER_START },
		{ .guest = GUEST_START + 0x10000,
		  .size = 1 + below(REGION_BYTES_MAX),
		  .user = USER_START + 0x10000 },
	};
	struct memory memory = { .count = 0 };
	static struct ring ring;
	uint8_t *avail, *table;

	for (unsigned int i = 0; i < 2; i++) {
		uint8_t *host = map_fake(NULL, &at[i], 0);

		if (!host)
			break;
		memory.regions[i] = (struct region){ at[i].guest, at[i].size,
						     at[i].user, host };
		memory.count++;
	}
	if (memory.count == 0)
		return;
	if (!memory_valid(&memory))
		abort();
	memset(&ring, 0, sizeof(ring));
	if (!ring_place(&ring, &memory, size, USER_START + table_at, USER_START,
			USER_START + used))
		goto out;
	ring.indirect = !once_in(8);
	ring.next_avail = any();
	ring.next_used = any();
	avail = memory.regions[0].host;
	table = avail + table_at;
	for (unsigned int i = 0; i < size; i++)
		write_descriptor(table + i * 16, &memory, size);
	for (unsigned int i = 0; i < size; i++)
		put_u16(avail + 4 + i * 2, once_in(3) ? odd_index(size) :
			below(size));
	put_u16(avail + 2, ring.next_avail +
		(once_in(20) ? any() : 1 + below(size)));
	/* Indirect tables lie in the second region. */
	if (memory.count > 1)
		for (uint64_t i = 0; i + 16 <= memory.regions[1].size; i += 16)
			write_descriptor(memory.regions[1].host + i, &memory, 8);
	if (memory.count > 1 && memory.regions[1].size >= 16 && once_in(20)) {
		const struct region *inner = &memory.regions[1];

		write_long_chain(inner);
		put_u64(table, inner->guest);
		put_u32(table + 8, inner->size & ~15ull);
		put_u16(table + 12, 4);
		put_u16(avail + 4 + (ring.next_avail & (size - 1)) * 2, 0);
	}
	use_ring(&ring, &memory);
	/* The memory goes while requests are in flight. */
	if (once_in(4)) {
		struct memory none = { .count = 0 };

		for (unsigned int head = 0; head < size; head++)
			answer(&ring, &none, head);
	}
out:
	ring_clear(&ring);
	for (unsigned int i = 0; i < memory.count; i++)
		unmap_fake(NULL, &memory.regions[i]);
}

/* A payload that is right more often than not: states behind states are to be seen. */
static uint32_t write_payload(uint32_t request, uint8_t *payload,
			      unsigned int *fds)
{
	const uint64_t index = once_in(20) ? odd_number() : below(3);
	static const uint64_t places[] = { 0, 0x400, 0x800, 0x801, 0xffe };

	*fds = 0;
	switch (request) {
	case SET_MEM_TABLE: {
		const unsigned int count = 1 + below(3);

		put_u32(payload, count);
		put_u32(payload + 4, 0);
		for (unsigned int i = 0; i < count; i++) {
			uint8_t *at = payload + 8 + i * 32;

			put_u64(at, GUEST_START + i * 0x10000);
			put_u64(at + 8, once_in(10) ? odd_number() : 0x1000);
			put_u64(at + 16, once_in(10) ? odd_number() :
				USER_START + i * 0x10000);
			put_u64(at + 24, 0);
		}
		*fds = count;
		return 8 + count * 32;
	}
	case SET_VRING_ADDR:
		put_u64(payload, index);
		for (unsigned int i = 1; i < 4; i++)
			put_u64(payload + i * 8, once_in(10) ? odd_number() :
				USER_START + places[below(5)]);
		return 32 + 8;
	case SET_VRING_NUM:
		put_u32(payload, index);
		put_u32(payload + 4, once_in(8) ? odd_number() : 1u << below(7));
		return 8;
	case SET_VRING_KICK:
	case SET_VRING_CALL:
	case SET_VRING_ERR:
		put_u64(payload, index | (once_in(4) ? 0x100 : 0));
		*fds = payload[1] & 1 ? 0 : 1;
		return 8;
	case SET_FEATURES:
		put_u64(payload, any() & (FEATURE_INDIRECT | FEATURE_PROTOCOL));
		return 8;
	case GET_CONFIG:
	case SET_CONFIG:
		put_u32(payload, once_in(4) ? odd_number() : below(16));
		put_u32(payload + 4, once_in(4) ? odd_number() : below(16));
		return 12 + below(32);
	default:
		put_u32(payload, index);
		put_u32(payload + 4, once_in(8) ? odd_number() : below(3));
		return 8;
	}
}

static void fuzz_messages(void)
{
	static const uint32_t usual[] = {
		SET_MEM_TABLE, SET_VRING_NUM, SET_VRING_BASE, SET_VRING_ADDR,
		SET_VRING_CALL, SET_VRING_KICK, SET_VRING_ENABLE, SET_FEATURES,
	};
	static struct device device;
	struct reply reply;

	device_init(&device);
	device.queue_count = 1 + below(QUEUES_MAX);
	device.features = FEATURE_INDIRECT;
	device.config_bytes = below(CONFIG_BYTES_MAX + 1);
	for (unsigned int i = 0; i < 40; i++) {
		uint8_t bytes[MESSAGE_HEADER_BYTES + MESSAGE_PAYLOAD_MAX];
		uint8_t *payload = bytes + MESSAGE_HEADER_BYTES;
		uint32_t request = once_in(3) ? below(45) : usual[i % 8];
		int fds[MESSAGE_FDS_MAX];
		struct message message;
		struct header header;
		unsigned int count;
		uint32_t length;
		uint8_t *exact;

		for (size_t at = 0; at < sizeof(bytes); at++)
			bytes[at] = any();
		length = write_payload(request, payload, &count);
		if (once_in(10))
			length = below(MESSAGE_PAYLOAD_MAX + 1);
		if (once_in(20))
			count = below(MESSAGE_FDS_MAX + 1);
		put_u32(bytes, request);
		put_u32(bytes + 4, once_in(30) ? any() :
			1 | (once_in(2) ? MESSAGE_NEED_REPLY : 0));
		put_u32(bytes + 8, once_in(30) ? odd_number() : length);
		if (!header_parse(bytes, &header)) {
			seen_messages[0]++;
			continue;
		}
		for (unsigned int fd = 0; fd < count; fd++)
			fds[fd] = 100 + fd;
		/* What lies behind the payload must not be read. */
		exact = malloc(header.bytes ? header.bytes : 1);
		memcpy(exact, payload, header.bytes);
		if (message_parse(&header, exact, count, &message)) {
			seen_messages[0]++;
		} else {
			seen_messages[1]++;
			opened += count;
			device_handle(&device, &message, fds, count, &calls,
				      &reply);
			if (reply.wanted && reply.bytes > MESSAGE_PAYLOAD_MAX)
				abort();
		}
		free(exact);
		for (unsigned int q = 0; q < device.queue_count; q++) {
			if (!queue_runs(&device.queues[q]))
				continue;
			use_ring(&device.queues[q].ring, &device.memory);
			device_settle(&device, q, &calls);
		}
	}
	device_end(&device, &calls);
	if (mapped != 0 || opened != 0) {
		fprintf(stderr, "%ld mappings and %ld descriptors are left\n",
			mapped, opened);
		abort();
	}
}

int main(int argc, char **argv)
{
	const unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
	const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

	for (unsigned long i = 0; i < count; i++) {
		/* Each round can be had alone: fuzz 1 SEED. */
		state = (seed + i) * 0x9e3779b97f4a7c15ull | 1;
		if (i % 2)
			fuzz_messages();
		else
			fuzz_ring();
	}
	printf("rounds=%lu\n", count);
	for (unsigned int fault = 0; fault < FAULT_COUNT; fault++)
		printf("%s=%lu\n", ring_fault_name(fault), seen_faults[fault]);
	printf("answered=%lu\nunknown answer=%lu\nanswer without memory=%lu\n",
	       seen_answers[ANSWER_DONE], seen_answers[ANSWER_UNKNOWN],
	       seen_answers[ANSWER_ADDRESS]);
	printf("messages refused=%lu\nmessages handled=%lu\n",
	       seen_messages[0], seen_messages[1]);
	printf("malformed=%lu\nstarted=%lu\nstopped=%lu\n", seen_malformed,
	       seen_started, seen_stopped);
	return 0;
}
