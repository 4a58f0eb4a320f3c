/**
 * Atomic instructions on shared memory: sequentially consistent, at aligned addresses. Follows
 * https://github.com/WebAssembly/threads/blob/main/proposals/threads/Overview.md.
 */
import { type Code, unsigned } from "./code.ts";

/** An instruction on the memory at an address: `bytes` wide, whose alignment is never less. */
const atomic =
  (code: number, bytes: 4 | 8) =>
  (address: Code, offset: number, ...operands: readonly Code[]): Code => [
    [address, operands],
    [0xfe, code, bytes === 4 ? 2 : 3, unsigned(offset)],
  ];

/** Each takes an address, a static offset and its operands; those that change memory give what was there before. */
export const atomics = {
  /** Wakes at most as many of those who wait; gives how many. */
  notify: atomic(0x00, 4),
  /** Sleeps while the word is as expected, at most so many nanoseconds (i64; negative: for ever). */
  wait32: atomic(0x01, 4),
  load32: atomic(0x10, 4),
  load64: atomic(0x11, 8),
  store32: atomic(0x17, 4),
  store64: atomic(0x18, 8),
  add32: atomic(0x1e, 4),
  sub32: atomic(0x25, 4),
  exchange64: atomic(0x42, 8),
  /** Takes what is expected and what is to be there. */
  compareExchange64: atomic(0x49, 8),
} as const;
