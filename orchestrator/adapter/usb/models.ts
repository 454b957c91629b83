/** All device models. */
import type { UsbAdapterModel } from './adapter.ts';
import { cp2112Model } from './cp2112.ts';
import { dln2Model } from './dln2.ts';
import { ft232rModel } from './ft232r.ts';
import { i2cTinyUsbModel } from './i2c-tiny-usb.ts';
import { mcp2221Model } from './mcp2221.ts';

/** Every emulated USB adapter, in the order in which they are listed. */
export const usbModels: readonly UsbAdapterModel[] = [
  i2cTinyUsbModel,
  cp2112Model,
  mcp2221Model,
  dln2Model,
  ft232rModel,
];
