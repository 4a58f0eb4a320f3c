/** Datasets: checked when the file is opened, read when asked for. */
import { fail, located } from "../../core/error.ts";
import { checkExpansion, refuseOver } from "./budget.ts";
import { readChunked } from "./chunked.ts";
import { Cursor, malformed } from "./cursor.ts";
import type { Dataspace } from "./dataspace.ts";
import { Walk, type Hdf5File } from "./file.ts";
import { filled } from "./fill-value.ts";
import type { Filter } from "./filters.ts";
import { StringHeap } from "./global-heap.ts";
import type { Layout } from "./layout.ts";
import { fixedStrings } from "./strings.ts";
import {
  type Hdf5Attribute,
  type Hdf5Dataset,
  type Hdf5Type,
  isBigEndian,
  storedSize,
  swapped,
  valueCount,
} from "./types.ts";

const DEFAULT_SLICE = 4 * 1024 * 1024;

/** What the object header says of a dataset. */
export interface DatasetParts {
  readonly path: string;
  readonly type: Hdf5Type;
  readonly space: Dataspace;
  readonly layout: Layout;
  readonly filters: readonly Filter[];
  readonly fill: Uint8Array | null;
  readonly attributes: ReadonlyMap<string, Hdf5Attribute>;
}

/** Makes the dataset; its declared size is compared with limits and with what is stored. */
export function makeDataset(file: Hdf5File, parts: DatasetParts): Hdf5Dataset {
  const { path, type, space, layout, attributes } = parts;
  const itemSize = storedSize(type, file.widths.offset);
  const byteLength = valueCount(space.shape) * itemSize;
  checkSize(file, layout, byteLength);
  if (parts.fill !== null && parts.fill.length !== itemSize)
    malformed(`a fill value of ${parts.fill.length} bytes for values of ${itemSize}`);
  const within = <T>(body: () => Promise<T>): Promise<T> => located({ source: "hdf5", pathPrefix: path }, body);

  async function* stored(chunkBytes = DEFAULT_SLICE): AsyncGenerator<Uint8Array> {
    const step = Math.max(1, Math.floor(chunkBytes / itemSize)) * itemSize;
    if (layout.kind === "contiguous" && layout.address !== null) {
      const start = layout.address;
      for (let at = 0; at < byteLength; at += step) {
        yield await within(() => file.values(start + at, Math.min(step, byteLength - at)));
      }
      return;
    }
    const all = await within(() => readStored(file, parts, byteLength));
    for (let at = 0; at < byteLength; at += step) yield all.subarray(at, at + step);
  }

  const native = (bytes: Uint8Array): Uint8Array => (isBigEndian(type) ? swapped(bytes, itemSize) : bytes);
  const refuseForeign = (): void => {
    if (type.class === "other" || type.class === "vlen-string") {
      const found = type.class === "other" ? type.description : "variable-length strings";
      fail("unsupported/datatype", {
        source: "hdf5",
        path,
        message: "values of this datatype cannot be read as bytes",
        found,
      });
    }
  };
  return {
    kind: "dataset",
    path,
    type,
    shape: space.shape,
    attributes,
    byteLength,
    stored,
    async read() {
      refuseForeign();
      return native(await within(() => readStored(file, parts, byteLength)));
    },
    async *slices(chunkBytes) {
      refuseForeign();
      for await (const piece of stored(chunkBytes)) yield native(piece);
    },
    async readStrings() {
      if (type.class !== "string" && type.class !== "vlen-string") {
        fail("unsupported/datatype", { source: "hdf5", path, message: "not a dataset of strings", found: type.class });
      }
      return within(async () => {
        const bytes = await readStored(file, parts, byteLength);
        if (type.class === "string") return fixedStrings(bytes, type);
        return new StringHeap(new Walk(file)).strings(new Cursor(bytes, 0, file.widths), valueCount(space.shape));
      });
    },
  };
}

/** Refuses sizes over the limits, data outside the file, and large datasets of which next to nothing is stored. */
function checkSize(file: Hdf5File, layout: Layout, byteLength: number): void {
  const { limits, source } = file;
  refuseOver("tensor-bytes", byteLength, limits.tensorBytes, "a dataset exceeds limits.tensorBytes");
  let stored = 0;
  if (layout.kind === "compact") {
    stored = layout.bytes.length;
    if (stored < byteLength) malformed(`compact data of ${stored} bytes for ${byteLength} bytes of values`);
  } else if (layout.kind === "contiguous" && layout.address !== null) {
    stored = byteLength;
    if (layout.size < byteLength)
      malformed(`contiguous data of ${layout.size} bytes for ${byteLength} bytes of values`);
    file.checkInside(layout.address, byteLength);
  } else if (layout.kind === "chunked") {
    stored = source.size;
  }
  checkExpansion(file.limits, stored, byteLength);
}

/** All values as stored, unwritten ones filled in. */
async function readStored(
  file: Hdf5File,
  { type, space, layout, filters, fill }: DatasetParts,
  byteLength: number,
): Promise<Uint8Array> {
  if (layout.kind === "compact") return layout.bytes.slice(0, byteLength);
  if (layout.kind === "contiguous") {
    return layout.address === null || byteLength === 0
      ? filled(byteLength, fill)
      : file.values(layout.address, byteLength);
  }
  return readChunked(file, {
    space,
    layout,
    filters,
    fill,
    itemSize: storedSize(type, file.widths.offset),
    byteLength,
  });
}
