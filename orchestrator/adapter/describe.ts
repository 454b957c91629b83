/** A removal in words, as one would type it. */
import type { FileWrite, RemovalAction } from './types.ts';

const HOST_WORDS = {
  device_del: 'QMP device_del',
  usb_disconnect: 'the USB cable comes off (usbredir device_disconnect)',
  surprise: 'the slot loses its card without a question (QMP human-monitor-command, Slot Control)',
  socket_close: 'the process that is the device ends (its socket is closed)',
} as const;

/** `echo 1 > /sys/…`, `rmmod hid-cp2112`, `QMP device_del`. */
export function describeRemoval(action: RemovalAction): string {
  switch (action.by) {
    case 'write':
      return [action.first, action, action.afterwards].flatMap((one) => (one ? [echo(one)] : [])).join('; ');
    case 'rmdir':
      return `rmdir ${action.directory}`;
    case 'uhid':
      return 'the program that is the device destroys it (UHID_DESTROY)';
    case 'program':
      return 'the program that is the device ends';
    case 'rmmod':
      return `rmmod ${action.modules.join(' ')}`;
    case 'host':
      return HOST_WORDS[action.how];
  }
}

function echo({ file, value }: FileWrite): string {
  return `echo ${value} > ${file}`;
}
