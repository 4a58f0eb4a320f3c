/** zlib data (RFC 1950) with a bound on its output and its checksum compared, neither of which fflate does. */
import { Unzlib, unzlibSync } from "fflate";
import { fail, FormatError } from "../../core/error.ts";
import { malformed } from "./cursor.ts";

/** Longer input is given in pieces: each can grow a thousandfold before the output is counted. */
const PIECE = 16 * 1024;
const ADLER_BASE = 65521;
/** Sums stay below 2^53 that long; the remainder is taken after each run. */
const ADLER_RUN = 5552;

/** The inflated bytes; more than `limit` of them, damage, or a wrong Adler-32 is `malformed/*`. */
export function inflate(bytes: Uint8Array, limit: number): Uint8Array {
  if (bytes.length < 6) malformed("deflated data ends too early");
  const result = bytes.length <= PIECE ? inflateAtOnce(bytes, limit) : inflateInPieces(bytes, limit);
  if (result.length > limit) malformed(`deflated data is longer than ${limit} bytes`);
  const stored = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0);
  if (adler32(result) !== stored) {
    fail("malformed/checksum", { source: "hdf5", message: "Adler-32 checksum of deflated data" });
  }
  return result;
}

/** fflate fills `out` and drops what does not fit: one byte more than allowed shows that there was more. */
function inflateAtOnce(bytes: Uint8Array, limit: number): Uint8Array {
  return guarded(() => unzlibSync(bytes, { out: new Uint8Array(limit + 1) }));
}

function inflateInPieces(bytes: Uint8Array, limit: number): Uint8Array {
  const out = new Uint8Array(limit);
  let size = 0;
  const inflater = new Unzlib((piece) => {
    if (size + piece.length > limit) malformed(`deflated data is longer than ${limit} bytes`);
    out.set(piece, size);
    size += piece.length;
  });
  guarded(() => {
    for (let at = 0; at < bytes.length; at += PIECE) {
      inflater.push(bytes.subarray(at, at + PIECE), at + PIECE >= bytes.length);
    }
  });
  return out.subarray(0, size);
}

/** fflate's errors as ours. */
function guarded<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof FormatError) throw error;
    return malformed(`deflated data is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let start = 0; start < bytes.length; start += ADLER_RUN) {
    const end = Math.min(start + ADLER_RUN, bytes.length);
    for (let i = start; i < end; i++) {
      a += bytes[i]!;
      b += a;
    }
    a %= ADLER_BASE;
    b %= ADLER_BASE;
  }
  return b * 65536 + a;
}
