import { located } from "../../../core/error.ts";
import { type Hdf5Type, isBigEndian, storedSize, swapped } from "../types.ts";
import { checkSame } from "./messages.ts";

/** The pieces of `data` in the file's byte order; refused (`mismatch/size`) unless they add up to `byteLength`. */
export async function* storedValues(
  path: string,
  type: Hdf5Type,
  byteLength: number,
  data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const piece of isBigEndian(type) ? swappedPieces(data, storedSize(type)) : data) {
    size += piece.length;
    if (size > byteLength) break;
    yield piece;
  }
  located({ source: "hdf5", pathPrefix: path }, () => checkSame("a dataset", byteLength, size, "bytes"));
}

/** Pieces may end inside a value: the rest waits for the next one. */
async function* swappedPieces(
  data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array> {
  let rest = new Uint8Array();
  for await (const piece of data) {
    const joined = new Uint8Array(rest.length + piece.length);
    joined.set(rest);
    joined.set(piece, rest.length);
    const whole = joined.length - (joined.length % size);
    rest = joined.slice(whole);
    if (whole > 0) yield swapped(joined.subarray(0, whole), size);
  }
  if (rest.length > 0) yield rest;
}
