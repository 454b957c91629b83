/** Drivers of platform devices that they make themselves: a clock, a sound card, a video device. */
import type { Adapter } from '../types.ts';
import { HELD, type HeldClass } from './held-classes.ts';
import { softwareAdapter, unbind, waitForNode } from './software.ts';

interface PlatformDevice {
  readonly name: string;
  readonly held: HeldClass;
  readonly description: string;
  readonly symbols: readonly string[];
  readonly modules: readonly string[];
  /** As in /sys/bus/platform/drivers, and the device of its that is taken. */
  readonly driver: string;
  readonly platform: string;
  /** Device of the class, below the platform device's folder. */
  readonly node: string;
  readonly directory?: string;
  /** Why its module can't be unloaded although nobody holds the node. */
  readonly pinned?: string;
}

function platformAdapter(of: PlatformDevice): Adapter {
  const { driver, platform, node, directory, modules, pinned, ...rest } = of;
  return softwareAdapter({
    ...rest,
    modules,
    ...(pinned === undefined ? { unloads: modules.at(-1) as string } : {}),
    plugFinds: true,
    plug: [
      ...waitForNode(`/sys/bus/platform/drivers/${driver}/${platform}/${node}`, directory),
      `echo platform=${platform}`,
    ],
    removals: { sysfs_unbind: unbind('platform', driver, 'platform') },
    whyNot: {
      sysfs_remove: 'a platform device has no remove file',
      ...(pinned === undefined ? {} : { rmmod: pinned }),
    },
  });
}

const VIM2M = {
  symbols: ['VIDEO_VIM2M'],
  modules: [
    ...['mc', 'videodev', 'videobuf2-common', 'videobuf2-v4l2', 'videobuf2-memops', 'videobuf2-vmalloc'],
    ...['v4l2-mem2mem', 'vim2m'],
  ],
  driver: 'vim2m',
  platform: 'vim2m.0',
} as const;

/** The adapters. */
export const platformDevices: readonly Adapter[] = [
  platformAdapter({
    name: 'rtc-test',
    held: HELD.rtc,
    description: 'a clock of software (drivers/rtc/rtc-test.c)',
    symbols: ['RTC_DRV_TEST'],
    modules: ['rtc-test'],
    driver: 'rtc-test',
    platform: 'rtc-test.0',
    node: 'rtc/rtc*',
    pinned: 'alarm timers pin the first clock (kernel/time/alarmtimer.c alarmtimer_rtc_add_device())',
  }),
  platformAdapter({
    name: 'snd-dummy',
    held: HELD.alsa,
    description: 'a sound card without sound, held by its control node (sound/drivers/dummy.c)',
    symbols: ['SND_DUMMY'],
    modules: ['soundcore', 'snd', 'snd-timer', 'snd-pcm', 'snd-dummy'],
    driver: 'snd_dummy',
    platform: 'snd_dummy.0',
    node: 'sound/card*/controlC*',
    directory: '/dev/snd',
  }),
  platformAdapter({
    ...VIM2M,
    name: 'vim2m',
    held: HELD.v4l,
    description: 'a video device that copies (drivers/media/test-drivers/vim2m.c), held by its video node',
    node: 'video4linux/video*',
  }),
  platformAdapter({
    ...VIM2M,
    name: 'vim2m',
    held: HELD.media,
    description: 'the same video device, held by its media controller',
    node: 'media*',
  }),
];
