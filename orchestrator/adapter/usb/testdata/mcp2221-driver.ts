/** For tests: what hid-mcp2221.c does with the device, in its order and with its reading of the answers. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Mcp2221 } from '../mcp2221.ts';
import { RecordingPort } from './recording-port.ts';

type Errno = 'ENXIO' | 'ETIMEDOUT' | 'EAGAIN' | 'EIO' | 'ENOENT';
/** What a call of the driver comes to. */
export type Outcome = Errno | 'ok';

/** What hid-mcp2221.c makes of a state byte (mcp_get_i2c_eng_state). */
function outcomeOfState(state: number): Outcome {
  if (state === 0) return 'ok';
  if (state === 0x25 || state === 0x21) return 'ENXIO';
  if ([0x12, 0x62, 0x23, 0x44].includes(state)) return 'ETIMEDOUT';
  return state === 1 ? 'EAGAIN' : 'EIO';
}

/** The driver: its reports, as short as it sends them, and its reading of the answers. */
export class Mcp2221Driver {
  readonly port = new RecordingPort();
  readonly device: Mcp2221;

  constructor(device: Mcp2221) {
    this.device = device;
    device.attach(this.port);
  }

  /** A report and its answer. @throws Error when that is none */
  async ask(...report: number[]): Promise<Uint8Array> {
    const { status } = this.device.write(1, Uint8Array.from(report));
    const answer = await this.port.next(0x81);
    if (status !== 'success' || answer.length !== 64 || answer[0] !== report[0])
      throw new Error(`report ${report}: ${status}, answer ${answer}`);
    // The driver sleeps between its reports.
    await turn();
    return answer;
  }

  /** mcp_chk_last_cmd_status. */
  async status(): Promise<Outcome> {
    const answer = await this.ask(0x10, 0, 0, 0, 0, 0, 0, 0);
    if (answer[1] !== 0) return 'EIO';
    return (answer[20] as number) & 0x40 ? 'ENXIO' : outcomeOfState(answer[8] as number);
  }

  /** mcp_cancel_last_cmd. */
  async cancel(): Promise<void> {
    await this.ask(0x10, 0, 0x10, 0, 0, 0, 0, 0);
  }

  /** mcp_chk_last_cmd_status_free_bus. */
  async statusOrCancel(): Promise<Outcome> {
    const outcome = await this.status();
    if (outcome !== 'ok') await this.cancel();
    return outcome;
  }

  /** mcp_i2c_write and mcp_smbus_write. */
  async write(address: number, data: readonly number[], command = 0x90, check = true): Promise<Outcome> {
    let at = 0;
    do {
      const chunk = data.slice(at, at + 60);
      const answer = await this.ask(command, data.length & 0xff, data.length >> 8, address << 1, ...chunk);
      if (answer[1] !== 0) return outcomeOfState(answer[2] as number);
      const outcome = check ? await this.statusOrCancel() : 'ok';
      if (outcome !== 'ok') return outcome;
      at += chunk.length;
    } while (at < data.length);
    return 'ok';
  }

  /** mcp_i2c_smbus_read. */
  async read(address: number, length: number, command = 0x91): Promise<readonly number[] | Errno> {
    const answer = await this.ask(command, length & 0xff, length >> 8, address << 1);
    if (answer[1] !== 0) return outcomeOfState(answer[2] as number) as Errno;
    const data: number[] = [];
    let retries = 0;
    do {
      const chunk = await this.ask(0x40);
      const outcome = this.#take(chunk, data);
      if (outcome === 'ok') retries = 0;
      else if (retries++ >= 5) {
        await this.cancel();
        return outcome;
      }
    } while (data.length < length);
    const outcome = await this.statusOrCancel();
    return outcome === 'ok' ? data : outcome;
  }

  #take(chunk: Uint8Array, data: number[]): Outcome {
    const [, code, state = 0, length = 0] = chunk;
    if (code !== 0) return 'EIO';
    if (state === 0x25) return 'ENXIO';
    if (outcomeOfState(state) === 'ok' && length === 0) return 'ok';
    if (length > 60 || (state !== 0x54 && state !== 0x55)) return 'EIO';
    data.push(...chunk.subarray(4, 4 + length));
    return 'ok';
  }

  /** mcp_gpio_get and mcp_gpio_get_direction. */
  async pin(pin: number): Promise<{ readonly level: number; readonly input: boolean } | 'ENOENT'> {
    const answer = await this.ask(0x51);
    const [level, direction] = answer.subarray(2 + 2 * pin);
    if (level === 0xee || direction === 0xef) return 'ENOENT';
    return { level: level as number, input: direction === 1 };
  }

  /** The part of a GPIO report that belongs to a pin. */
  async #set(pin: number, at: number, value: number): Promise<Outcome> {
    const report = new Array<number>(18).fill(0);
    report[0] = 0x50;
    report[2 + 4 * pin + at] = 1;
    report[3 + 4 * pin + at] = value;
    const answer = await this.ask(...report);
    const index = 3 + 4 * pin + at;
    return answer[index] === 0xee || answer[index - 1] === 0xee ? 'ENOENT' : 'ok';
  }

  /** mcp_gpio_set. */
  setLevel(pin: number, level: number): Promise<Outcome> {
    return this.#set(pin, 0, level);
  }

  /** mcp_gpio_dir_set. */
  setInput(pin: number, input: boolean): Promise<Outcome> {
    return this.#set(pin, 2, input ? 1 : 0);
  }
}
