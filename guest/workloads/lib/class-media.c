// SPDX-License-Identifier: GPL-2.0
/* Classes of sound cards and video devices. */
#include <linux/media.h>
#include <linux/videodev2.h>
#include <sound/asound.h>

#include "op.h"

DEFINE_IOCTL(run_alsa_info, SNDRV_CTL_IOCTL_CARD_INFO,
	     struct snd_ctl_card_info, 0)
DEFINE_IOCTL(run_alsa_subscribe, SNDRV_CTL_IOCTL_SUBSCRIBE_EVENTS, int, 1)
DEFINE_IOCTL(run_v4l_caps, VIDIOC_QUERYCAP, struct v4l2_capability, 0)
DEFINE_IOCTL(run_media_info, MEDIA_IOC_DEVICE_INFO, struct media_device_info, 0)

/* A queue that runs, with a buffer for pictures that nobody sends. */
static void run_v4l_stream(struct call *c, const struct op_args *args)
{
	struct v4l2_requestbuffers request = {
		.count = 1,
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};
	struct v4l2_buffer buffer = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
	};
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	int ret;

	call_start(c);
	ret = ioctl(args->fd, VIDIOC_REQBUFS, &request);
	if (!ret)
		ret = ioctl(args->fd, VIDIOC_QBUF, &buffer);
	if (!ret)
		ret = ioctl(args->fd, VIDIOC_STREAMON, &type);
	call_stop(c, ret);
}

DEFINE_IOCTL(run_v4l_dequeue, VIDIOC_DQBUF, struct v4l2_buffer,
	     .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP)

/* A read of one who has not subscribed is an error. */
static const struct op alsa_use[] = {
	{ .op = "ioctl", .name = "SNDRV_CTL_IOCTL_SUBSCRIBE_EVENTS",
	  .run = run_alsa_subscribe },
	{ .op = "ioctl", .name = "SNDRV_CTL_IOCTL_CARD_INFO",
	  .run = run_alsa_info },
	{ .op = "poll", .run = run_poll },
	{ .op = "read", .run = run_read },
	{ .op = NULL },
};

static const struct op v4l_use[] = {
	{ .op = "ioctl", .name = "VIDIOC_QUERYCAP", .run = run_v4l_caps },
	{ .op = "poll", .run = run_poll },
	{ .op = NULL },
};

static const struct op v4l_prepare = {
	.op = "ioctl", .name = "VIDIOC_STREAMON", .run = run_v4l_stream,
};

static const struct op media_use[] = {
	{ .op = "ioctl", .name = "MEDIA_IOC_DEVICE_INFO",
	  .run = run_media_info },
	{ .op = "poll", .run = run_poll },
	{ .op = NULL },
};

const struct device_class media_classes[] = {
	{
		.name = "alsa",
		.use = alsa_use,
		.block = {
			[HOLD_POLL] = BLOCKING_POLL,
			[HOLD_READ] = BLOCKING_READ,
		},
	}, {
		/* Events only: for frames, one without a queue is in error. */
		.name = "v4l",
		.use = v4l_use,
		.prepare = &v4l_prepare,
		.poll_events = POLLPRI,
		.block = {
			[HOLD_POLL] = BLOCKING_POLL,
			[HOLD_IOCTL] = { "ioctl", "VIDIOC_DQBUF",
					 run_v4l_dequeue, SYS_ioctl, NULL },
		},
	},
	{ .name = "media", .use = media_use },
	{ .name = NULL },
};
