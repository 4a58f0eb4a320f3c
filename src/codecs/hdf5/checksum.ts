/**
 * Bob Jenkins's lookup3 (`hashlittle`), with which newer metadata blocks end.
 * HDF5 File Format Specification, "Checksum": https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
 */
import { fail } from "../../core/error.ts";

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** lookup3 of all bytes with initial value 0. */
export function lookup3(bytes: Uint8Array): number {
  let a = (0xdeadbeef + bytes.length) | 0;
  let b = a;
  let c = a;
  const word = (at: number): number =>
    (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
  let at = 0;
  for (; bytes.length - at > 12; at += 12) {
    a = (a + word(at)) | 0;
    b = (b + word(at + 4)) | 0;
    c = (c + word(at + 8)) | 0;
    a = (a - c) ^ rotate(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rotate(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 4);
    b = (b + a) | 0;
  }
  if (at === bytes.length) return c >>> 0;
  a = (a + word(at)) | 0;
  b = (b + word(at + 4)) | 0;
  c = (c + word(at + 8)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
}

/** Refuses a block whose last four bytes are not the checksum of the rest. */
export function checkBlock(block: Uint8Array, what: string, offset: number): void {
  const end = block.length - 4;
  const stored = new DataView(block.buffer, block.byteOffset + end, 4).getUint32(0, true);
  const computed = lookup3(block.subarray(0, end));
  if (stored === computed) return;
  fail("malformed/checksum", {
    source: "hdf5",
    message: `checksum of a ${what}`,
    expected: hex(stored),
    found: hex(computed),
    offset,
  });
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`;
