// SPDX-License-Identifier: GPL-2.0
/*
 * A vhost-user back-end without a device in it: requests go out on standard
 * output, answers come in on standard input. See record.h.
 *
 * vhost-user-backend --listen PATH | --fd N [--queues N] [--features HEX]
 *	[--assume HEX] [--protocol-features HEX] [--config HEX-BYTES]
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "device.h"
#include "record.h"

#define EXIT_USAGE 64
#define ANSWER_HEAD_BYTES 8
#define RECORD_BYTES_MAX (RECORD_KIND_BYTES + ANSWER_HEAD_BYTES + CHAIN_BYTES_MAX)

static struct device device;
static struct chain chain;

/* The peer on standard output is gone: so is the device. */
static void write_all(const void *data, size_t bytes)
{
	const uint8_t *at = data;

	while (bytes > 0) {
		const ssize_t done = write(STDOUT_FILENO, at, bytes);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			exit(EXIT_FAILURE);
		at += done;
		bytes -= done;
	}
}

static void put_record(enum record_kind kind, int queue, const void *head,
		       size_t head_bytes, const void *data, size_t bytes)
{
	uint8_t start[RECORD_HEAD_BYTES] = { 0 };
	const uint32_t length = RECORD_KIND_BYTES + head_bytes + bytes;

	memcpy(start, &length, sizeof(length));
	start[4] = kind;
	start[5] = queue < 0 ? RECORD_NO_QUEUE : queue;
	write_all(start, sizeof(start));
	write_all(head, head_bytes);
	write_all(data, bytes);
}

static void put_malformed(void *context, int queue, const char *what)
{
	(void)context;
	put_record(RECORD_MALFORMED, queue, NULL, 0, what, strlen(what));
}

static uint64_t map_start(uint64_t offset)
{
	return offset & ~((uint64_t)getpagesize() - 1);
}

static uint8_t *map_region(void *context, const struct region_at *region, int fd)
{
	const uint64_t before = region->offset - map_start(region->offset);
	struct stat file;
	uint8_t *mapped;

	(void)context;
	/* Past the end of its file a mapping is there, but must not be touched. */
	if (fstat(fd, &file) < 0 || region->offset > (uint64_t)file.st_size ||
	    region->size > (uint64_t)file.st_size - region->offset)
		return NULL;
	mapped = mmap(NULL, before + region->size, PROT_READ | PROT_WRITE,
		      MAP_SHARED, fd, map_start(region->offset));
	return mapped == MAP_FAILED ? NULL : mapped + before;
}

static void unmap_region(void *context, const struct region *region)
{
	const uintptr_t at = (uintptr_t)region->host;
	const uintptr_t start = map_start(at);

	(void)context;
	munmap((void *)start, region->size + (at - start));
}

static void close_fd(void *context, int fd)
{
	(void)context;
	close(fd);
}

static void tell_queue(void *context, unsigned int index, bool runs)
{
	const uint32_t size = device.queues[index].size;

	(void)context;
	if (runs)
		put_record(RECORD_QUEUE_STARTED, index, &size, sizeof(size),
			   NULL, 0);
	else
		put_record(RECORD_QUEUE_STOPPED, index, NULL, 0, NULL, 0);
}

static void tell_features(void *context, uint64_t acked)
{
	(void)context;
	put_record(RECORD_FEATURES, -1, &acked, sizeof(acked), NULL, 0);
}

static const struct device_calls calls = {
	.map = map_region,
	.unmap = unmap_region,
	.close = close_fd,
	.queue = tell_queue,
	.features = tell_features,
	.malformed = put_malformed,
};

static void signal_event(int fd)
{
	const uint64_t one = 1;

	if (fd >= 0 && write(fd, &one, sizeof(one)) < 0)
		put_malformed(NULL, -1, "an event can't be signalled");
}

static void drain_queue(unsigned int index)
{
	struct queue *queue = &device.queues[index];
	enum ring_fault fault;
	bool given_back = false;

	while (queue_runs(queue) &&
	       ring_take(&queue->ring, &device.memory, &chain, &fault)) {
		const uint32_t head[2] = { token_of(queue->run, chain.head),
					   chain.in_bytes };

		if (fault == FAULT_NONE) {
			put_record(RECORD_REQUEST, index, head, sizeof(head),
				   chain.out, chain.out_bytes);
			continue;
		}
		given_back = fault > FAULT_QUEUE_LAST;
		put_malformed(NULL, index, ring_fault_name(fault));
	}
	if (given_back && ring_wants_interrupt(&queue->ring))
		signal_event(queue->call);
	if (queue->ring.broken)
		signal_event(queue->error);
	device_settle(&device, index, &calls);
}

static void take_kick(unsigned int index)
{
	uint64_t count;

	if (read(device.queues[index].kick, &count, sizeof(count)) < 0 &&
	    (errno == EAGAIN || errno == EINTR))
		return;
	drain_queue(index);
}

/* An answer that nobody waits for any more is no fault: the queue was stopped meanwhile. */
static void take_answer(unsigned int index, const uint8_t *body, size_t bytes)
{
	struct queue *queue = &device.queues[index];
	uint32_t token, used_length;

	memcpy(&token, body, sizeof(token));
	memcpy(&used_length, body + 4, sizeof(used_length));
	if (!queue_runs(queue) || token >> 16 != queue->run)
		return;
	switch (ring_answer(&queue->ring, &device.memory, token & 0xffff,
			    body + ANSWER_HEAD_BYTES,
			    bytes - ANSWER_HEAD_BYTES, used_length)) {
	case ANSWER_UNKNOWN:
		put_malformed(NULL, index, "an answer to no request");
		return;
	case ANSWER_ADDRESS:
		put_malformed(NULL, index, "the memory of an answer is gone");
		break;
	case ANSWER_DONE:
		break;
	}
	if (ring_wants_interrupt(&queue->ring))
		signal_event(queue->call);
}

/* Standard input: records may come in any pieces. */
static void take_input(void)
{
	static uint8_t buffer[4 + RECORD_BYTES_MAX];
	static size_t filled;
	const ssize_t got = read(STDIN_FILENO, buffer + filled,
				 sizeof(buffer) - filled);
	size_t at = 0;

	if (got < 0 && errno == EINTR)
		return;
	/* Whoever is the device has ended. */
	if (got <= 0)
		exit(EXIT_SUCCESS);
	filled += got;
	while (filled - at >= RECORD_HEAD_BYTES) {
		const uint8_t *record = buffer + at;
		uint32_t length;

		memcpy(&length, record, sizeof(length));
		if (length < RECORD_KIND_BYTES + ANSWER_HEAD_BYTES ||
		    length > RECORD_BYTES_MAX || record[4] != RECORD_ANSWER ||
		    record[5] >= device.queue_count) {
			fprintf(stderr, "a record that makes no sense\n");
			exit(EXIT_USAGE);
		}
		if (filled - at < 4 + length)
			break;
		take_answer(record[5], record + RECORD_HEAD_BYTES,
			    length - RECORD_KIND_BYTES);
		at += 4 + length;
	}
	filled -= at;
	memmove(buffer, buffer + at, filled);
}

static void hang_up(void)
{
	device_end(&device, &calls);
	put_record(RECORD_CLOSED, -1, NULL, 0, NULL, 0);
	exit(EXIT_SUCCESS);
}

/* Reads all of it, or hangs up. Descriptors come with the first bytes. */
static void receive(int socket, void *data, size_t bytes, int *fds,
		    unsigned int *fd_count)
{
	union {
		char space[CMSG_SPACE(MESSAGE_FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = { .iov_base = data, .iov_len = bytes };

	while (part.iov_len > 0) {
		struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
		struct cmsghdr *extra;
		ssize_t got;

		if (fds) {
			message.msg_control = control.space;
			message.msg_controllen = sizeof(control.space);
		}
		got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			hang_up();
		for (extra = fds ? CMSG_FIRSTHDR(&message) : NULL; extra;
		     extra = CMSG_NXTHDR(&message, extra)) {
			const size_t count =
				(extra->cmsg_len - CMSG_LEN(0)) / sizeof(int);

			if (extra->cmsg_level != SOL_SOCKET ||
			    extra->cmsg_type != SCM_RIGHTS)
				continue;
			for (size_t i = 0; i < count; i++) {
				int fd;

				memcpy(&fd, CMSG_DATA(extra) + i * sizeof(fd),
				       sizeof(fd));
				if (*fd_count < MESSAGE_FDS_MAX)
					fds[(*fd_count)++] = fd;
				else
					close(fd);
			}
		}
		part.iov_base = (uint8_t *)part.iov_base + got;
		part.iov_len -= got;
	}
}

static void send_reply(int socket, const struct header *to,
		       const struct reply *reply)
{
	const uint32_t head[3] = { to->request,
				   MESSAGE_VERSION | MESSAGE_REPLY,
				   reply->bytes };
	uint8_t bytes[sizeof(head) + MESSAGE_PAYLOAD_MAX];

	memcpy(bytes, head, sizeof(head));
	memcpy(bytes + sizeof(head), reply->payload, reply->bytes);
	if (send(socket, bytes, sizeof(head) + reply->bytes, MSG_NOSIGNAL) < 0)
		hang_up();
}

static void take_message(int socket)
{
	uint8_t head[MESSAGE_HEADER_BYTES], payload[MESSAGE_PAYLOAD_MAX];
	int fds[MESSAGE_FDS_MAX];
	unsigned int fd_count = 0;
	struct message message;
	struct header header;
	struct reply reply;
	const char *wrong;

	receive(socket, head, sizeof(head), fds, &fd_count);
	if (!header_parse(head, &header)) {
		/* Where the next one begins, nobody knows. */
		put_malformed(NULL, -1, "message header");
		hang_up();
	}
	receive(socket, payload, header.bytes, NULL, NULL);
	wrong = message_parse(&header, payload, fd_count, &message);
	if (wrong) {
		put_malformed(NULL, -1, wrong);
		for (unsigned int i = 0; i < fd_count; i++)
			close(fds[i]);
		return;
	}
	device_handle(&device, &message, fds, fd_count, &calls, &reply);
	if (reply.wanted)
		send_reply(socket, &header, &reply);
	/* What came before a ring ran has no kick of its own. */
	for (unsigned int i = 0; i < device.queue_count; i++)
		if (queue_runs(&device.queues[i]))
			drain_queue(i);
}

static void serve(int socket)
{
	for (;;) {
		struct pollfd fds[2 + QUEUES_MAX] = {
			{ .fd = socket, .events = POLLIN },
			{ .fd = STDIN_FILENO, .events = POLLIN },
		};

		for (unsigned int i = 0; i < QUEUES_MAX; i++) {
			const struct queue *queue = &device.queues[i];

			fds[2 + i].fd = queue_runs(queue) ? queue->kick : -1;
			fds[2 + i].events = POLLIN;
		}
		if (poll(fds, 2 + QUEUES_MAX, -1) < 0) {
			if (errno == EINTR)
				continue;
			perror("poll");
			exit(EXIT_FAILURE);
		}
		if (fds[1].revents)
			take_input();
		for (unsigned int i = 0; i < QUEUES_MAX; i++)
			if (fds[2 + i].revents & POLLIN &&
			    queue_runs(&device.queues[i]))
				take_kick(i);
		if (fds[0].revents)
			take_message(socket);
	}
}

/* Waits for the front-end; or ends, when whoever is the device does. */
static int accept_one(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int connection;

	if (strlen(path) >= sizeof(address.sun_path)) {
		fprintf(stderr, "%s: too long for a socket\n", path);
		exit(EXIT_USAGE);
	}
	memcpy(address.sun_path, path, strlen(path));
	if (listener < 0 ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 1) < 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	put_record(RECORD_LISTENING, -1, NULL, 0, NULL, 0);
	for (;;) {
		struct pollfd fds[2] = {
			{ .fd = listener, .events = POLLIN },
			{ .fd = STDIN_FILENO, .events = POLLIN },
		};

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			exit(EXIT_FAILURE);
		if (fds[1].revents)
			take_input();
		if (fds[0].revents)
			break;
	}
	connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	if (connection < 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	return connection;
}

static void usage(const char *what)
{
	fprintf(stderr, "%s\nusage: vhost-user-backend --listen PATH | --fd N "
		"[--queues N] [--features HEX] [--assume HEX] "
		"[--protocol-features HEX] [--config HEX-BYTES]\n", what);
	exit(EXIT_USAGE);
}

static uint64_t number(const char *text, int base, uint64_t most)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, base);
	if (errno || end == text || *end || value > most)
		usage(text);
	return value;
}

static void read_config(const char *text)
{
	for (; *text; text += 2) {
		unsigned int byte;

		if (device.config_bytes == CONFIG_BYTES_MAX || !text[1] ||
		    sscanf(text, "%2x", &byte) != 1)
			usage("--config");
		device.config[device.config_bytes++] = byte;
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "fd", required_argument, NULL, 'd' },
		{ "queues", required_argument, NULL, 'q' },
		{ "features", required_argument, NULL, 'f' },
		{ "assume", required_argument, NULL, 'a' },
		{ "protocol-features", required_argument, NULL, 'p' },
		{ "config", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = NULL;
	int socket = -1;
	int option;

	device_init(&device);
	device.queue_count = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'l':
			path = optarg;
			break;
		case 'd':
			socket = number(optarg, 10, 1024);
			break;
		case 'q':
			device.queue_count = number(optarg, 10, QUEUES_MAX);
			break;
		case 'f':
			device.features = number(optarg, 16, UINT64_MAX);
			break;
		case 'a':
			device.assumed = number(optarg, 16, UINT64_MAX);
			break;
		case 'p':
			device.protocol_features =
				number(optarg, 16, UINT64_MAX);
			break;
		case 'c':
			read_config(optarg);
			break;
		default:
			usage("unknown option");
		}
	}
	if (!path == (socket < 0) || device.queue_count == 0)
		usage("a socket and a queue are needed");
	if (path)
		socket = accept_one(path);
	put_record(RECORD_CONNECTED, -1, NULL, 0, NULL, 0);
	serve(socket);
}
