/**
 * What values read as that were never written.
 * HDF5 File Format Specification IV.A.2.e "Fill Value (Old)", IV.A.2.f "Fill Value".
 */
import type { Cursor } from "./cursor.ts";

/** The fill value as stored, or `null`: zeros. */
export function readFillValue(body: Cursor): Uint8Array | null {
  const version = body.version("fill value", 1, 2, 3);
  if (version === 3) {
    const defined = (body.u8() & 0x20) !== 0;
    return defined ? sized(body) : null;
  }
  body.skip(2); // when space is allocated, when the fill value is written
  const defined = body.u8() !== 0;
  return version === 1 || defined ? sized(body) : null;
}

/** The old message: a size and the value. */
export function readOldFillValue(body: Cursor): Uint8Array | null {
  return sized(body);
}

function sized(body: Cursor): Uint8Array | null {
  const size = body.u32();
  return size === 0 || size === 0xffffffff ? null : body.take(size).slice();
}

/** `size` bytes of repeated fill values. */
export function filled(size: number, value: Uint8Array | null): Uint8Array {
  const out = new Uint8Array(size);
  if (value === null || value.every((byte) => byte === 0)) return out;
  out.set(value.subarray(0, size));
  for (let done = value.length; done < size; done *= 2) out.copyWithin(done, 0, done);
  return out;
}
