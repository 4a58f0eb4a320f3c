/** Deflated members of a zip. Spec: RFC 1951. */
import { Inflate, inflateSync } from "fflate";
import { fail } from "../../core/error.ts";
import type { Limits } from "../../core/limits.ts";
import type { Source } from "../../core/source.ts";

/** What is shorter is inflated at once: it can grow to 64 MB of work at most, and each step of fflate's takes 128 KiB. */
const AT_ONCE = 64 * 1024;
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
  // Of no bytes at all fflate gives back what it was to fill.
  if (data.size > 0 && data.size <= AT_ONCE) return inflateAtOnce(await data.read(0, data.size), size, where);
  const out = allocateBytes(size, where);
  let length = 0;
  const inflater = new Inflate((chunk) => {
    if (length + chunk.length > out.length) refuseMore(out.length, where);
    out.set(chunk, length);
    length += chunk.length;
  });
  for (let at = 0; at < data.size;) {
    const step = Math.min(Math.max(Math.ceil((out.length - length) / INFLATE_STEPS), MIN_INFLATE), MAX_INFLATE);
    const chunk = await data.read(at, Math.min(step, data.size - at));
    at += chunk.length;
    guarded(() => inflater.push(chunk, at === data.size), where);
  }
  return whole(out, length, where);
}

/** fflate fills what it is given and drops what does not fit: one byte more than allowed shows that there was more. */
function inflateAtOnce(bytes: Uint8Array, size: number, where: Place): Uint8Array {
  const out = allocateBytes(size + 1, where);
  const { length } = guarded(() => inflateSync(bytes, { out }), where);
  if (length > size) refuseMore(size, where);
  return whole(out.subarray(0, size), length, where);
}

/** Of which member errors speak. */
interface Place {
  readonly file: string;
  readonly path: string;
}

const refuseMore = (size: number, where: Place): never =>
  fail("malformed/zip-size", { source: "zip", ...where, expected: `${size} bytes`, found: "more, once inflated" });

function whole(out: Uint8Array, length: number, where: Place): Uint8Array {
  if (length === out.length) return out;
  const [expected, found] = [`${out.length} bytes`, `${length}, once inflated`];
  return fail("malformed/zip-size", { source: "zip", ...where, expected, found });
}

function allocateBytes(size: number, where: Place): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch {
    fail("limit/memory", { source: "zip", ...where, message: `no memory for ${size} bytes` });
  }
}

function guarded<T>(work: () => T, where: Place): T {
  try {
    return work();
  } catch (error) {
    // fflate's own errors carry a number as code; ours pass through.
    if (typeof (error as { code?: unknown }).code !== "number" && !(error instanceof RangeError)) throw error;
    return fail("malformed/zip-deflate", { source: "zip", ...where, message: "its compressed data are damaged" });
  }
}
