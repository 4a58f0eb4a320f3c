/** Deflated members of a zip. Spec: RFC 1951. */
import { Inflate } from "fflate";
import { fail } from "../../core/error.ts";
import type { Limits } from "../../core/limits.ts";
import type { Source } from "../../core/source.ts";

const MIN_INFLATE = 512;
const MAX_INFLATE = 16 * 1024;
/** Deflate makes at most 1032 bytes from one: steps of a 64th of what is missing keep small what a lie can make. */
const INFLATE_STEPS = 64;

/** What deflated data inflate to, `size` bytes. Throws `malformed/zip-size`, `malformed/zip-deflate`, `limit/*`. */
export async function inflate(data: Source, size: number, file: string, limits: Limits): Promise<Uint8Array> {
  const where = { source: "zip", file, path: data.name };
  if (size > limits.fileBytes) {
    const expected = `at most ${limits.fileBytes} bytes`;
    fail("limit/file-bytes", { ...where, expected, found: `${size} bytes` });
  }
  const out = allocateBytes(size, where);
  let length = 0;
  const inflater = new Inflate((chunk) => {
    if (length + chunk.length > out.length) {
      fail("malformed/zip-size", { ...where, expected: `${out.length} bytes`, found: "more, once inflated" });
    }
    out.set(chunk, length);
    length += chunk.length;
  });
  for (let at = 0; at < data.size;) {
    const step = Math.min(Math.max(Math.ceil((out.length - length) / INFLATE_STEPS), MIN_INFLATE), MAX_INFLATE);
    const chunk = await data.read(at, Math.min(step, data.size - at));
    at += chunk.length;
    push(inflater, chunk, at === data.size, where);
  }
  if (length !== out.length) {
    fail("malformed/zip-size", { ...where, expected: `${out.length} bytes`, found: `${length}, once inflated` });
  }
  return out;
}

function allocateBytes(size: number, where: { file: string; path: string }): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch {
    fail("limit/memory", { source: "zip", ...where, message: `no memory for ${size} bytes` });
  }
}

function push(inflater: Inflate, chunk: Uint8Array, final: boolean, where: { file: string; path: string }): void {
  try {
    inflater.push(chunk, final);
  } catch (error) {
    // fflate's own errors carry a number as code; ours pass through.
    if (typeof (error as { code?: unknown }).code !== "number" && !(error instanceof RangeError)) throw error;
    fail("malformed/zip-deflate", { source: "zip", ...where, message: "its compressed data are damaged" });
  }
}
