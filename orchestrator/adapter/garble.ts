/** Bytes that are wrong, the same in every run. */

/** Odd, so never 0: what is XORed with it is no more what it was. */
export function pattern(at: number): number {
  return ((at * 0x4d + 0x5b) & 0xff) | 1;
}

/** Each byte another one. */
export function garble(data: Uint8Array): Uint8Array {
  return data.map((byte, at) => byte ^ pattern(at));
}
