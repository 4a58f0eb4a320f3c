/**
 * What was done to chunks before they were stored.
 * HDF5 File Format Specification IV.A.2.l "The Data Storage - Filter Pipeline Message".
 */
import { type Cursor, malformed } from "./cursor.ts";
import { decodeText, untilNul } from "./text.ts";

/** One filter of a pipeline. */
export interface Filter {
  readonly id: number;
  readonly name: string;
  /** "Client data": the parameters. */
  readonly values: readonly number[];
}

/** Those that can be undone, by number. */
export const FILTER = { deflate: 1, shuffle: 2, fletcher32: 3 } as const;

const FIRST_REGISTERED = 256;
const MAX_FILTERS = 32;

const NAMES: ReadonlyMap<number, string> = new Map([
  [FILTER.deflate, "deflate"],
  [FILTER.shuffle, "shuffle"],
  [FILTER.fletcher32, "fletcher32"],
  [4, "szip"],
  [5, "nbit"],
  [6, "scaleoffset"],
  [307, "bzip2"],
  [32000, "lzf"],
  [32001, "blosc"],
  [32004, "lz4"],
  [32008, "bitshuffle"],
  [32013, "zfp"],
  [32015, "zstd"],
]);

/** The pipeline in the order in which it was applied; reading undoes it from the end. */
export function readFilters(body: Cursor): Filter[] {
  const version = body.version("filter pipeline", 1, 2);
  const count = body.u8();
  if (count > MAX_FILTERS) malformed(`${count} filters`, body.position - 1);
  if (version === 1) body.skip(6);
  return Array.from({ length: count }, () => {
    const id = body.u16();
    const nameSize = version === 1 || id >= FIRST_REGISTERED ? body.u16() : 0;
    body.skip(2); // whether it may be left out of single chunks, which their masks tell
    const valueCount = body.u16();
    const stored = decodeText(untilNul(body.take(version === 1 ? Math.ceil(nameSize / 8) * 8 : nameSize)));
    const values = Array.from({ length: valueCount }, () => body.u32());
    if (version === 1 && valueCount % 2 === 1) body.skip(4);
    return { id, name: NAMES.get(id) ?? stored, values };
  });
}
