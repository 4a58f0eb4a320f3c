/** Datasets: checked when the file is opened, read when asked for. */
import { fail, located } from "../../core/error.ts";
import { checkExpansion, refuseOver } from "./budget.ts";
import { Cursor, malformed } from "./cursor.ts";
import type { Dataspace } from "./dataspace.ts";
import { Walk, type Hdf5File } from "./file.ts";
import { filled } from "./fill-value.ts";
import type { Filter } from "./filters.ts";
import { StringHeap } from "./global-heap.ts";
import type { DataLayout } from "./layout.ts";
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
  readonly type: Hdf5Type;
  readonly space: Dataspace;
  readonly layout: DataLayout;
  readonly filters: readonly Filter[];
  readonly fill: Uint8Array | null;
  readonly attributes: ReadonlyMap<string, Hdf5Attribute>;
}

/** A dataset of an open file. Its declared size is compared with limits and with what is stored when it is made. */
export class StoredDataset implements Hdf5Dataset {
  readonly kind = "dataset";
  readonly path: string;
  readonly type: Hdf5Type;
  readonly shape: readonly number[] | null;
  readonly attributes: ReadonlyMap<string, Hdf5Attribute>;
  readonly byteLength: number;
  readonly #file: Hdf5File;
  readonly #parts: DatasetParts;
  readonly #itemSize: number;

  constructor(file: Hdf5File, path: string, parts: DatasetParts) {
    const { type, space, layout, fill, attributes } = parts;
    this.#file = file;
    this.#parts = parts;
    this.#itemSize = storedSize(type, file.widths.offset);
    this.path = path;
    this.type = type;
    this.shape = space.shape;
    this.attributes = attributes;
    this.byteLength = valueCount(space.shape) * this.#itemSize;
    checkSize(file, layout, this.byteLength);
    if (fill !== null && fill.length !== this.#itemSize) {
      malformed(`a fill value of ${fill.length} bytes for values of ${this.#itemSize}`);
    }
  }

  async read(): Promise<Uint8Array> {
    this.#refuseForeign();
    return this.#native(await this.#within(() => this.#stored()));
  }

  async *slices(chunkBytes?: number): AsyncGenerator<Uint8Array> {
    this.#refuseForeign();
    for await (const piece of this.stored(chunkBytes)) yield this.#native(piece);
  }

  async *stored(chunkBytes = DEFAULT_SLICE): AsyncGenerator<Uint8Array> {
    const step = Math.max(1, Math.floor(chunkBytes / this.#itemSize)) * this.#itemSize;
    const { layout } = this.#parts;
    if (layout.kind === "contiguous" && layout.address !== null) {
      const start = layout.address;
      for (let at = 0; at < this.byteLength; at += step) {
        yield await this.#within(() => this.#file.values(start + at, Math.min(step, this.byteLength - at)));
      }
      return;
    }
    const all = await this.#within(() => this.#stored());
    for (let at = 0; at < this.byteLength; at += step) yield all.subarray(at, at + step);
  }

  async readStrings(): Promise<string[]> {
    const { type, path } = this;
    if (type.class !== "string" && type.class !== "vlen-string") {
      fail("unsupported/datatype", { source: "hdf5", path, message: "not a dataset of strings", found: type.class });
    }
    return this.#within(async () => {
      const bytes = await this.#stored();
      if (type.class === "string") return fixedStrings(bytes, type);
      const references = new Cursor(bytes, 0, this.#file.widths);
      return new StringHeap(new Walk(this.#file)).strings(references, valueCount(this.shape));
    });
  }

  /** All values as stored, unwritten ones filled in. */
  async #stored(): Promise<Uint8Array> {
    const { space, layout, filters, fill } = this.#parts;
    const { byteLength } = this;
    switch (layout.kind) {
      case "compact":
        return layout.bytes.slice(0, byteLength);
      case "contiguous":
        if (layout.address === null || byteLength === 0) return filled(byteLength, fill);
        return this.#file.values(layout.address, byteLength);
      case "chunked":
        return (await import("./chunked.ts")).readChunked(this.#file, {
          space,
          layout,
          filters,
          fill,
          itemSize: this.#itemSize,
          byteLength,
        });
    }
  }

  #native(bytes: Uint8Array): Uint8Array {
    return isBigEndian(this.type) ? swapped(bytes, this.#itemSize) : bytes;
  }

  #within<T>(body: () => Promise<T>): Promise<T> {
    return located({ source: "hdf5", pathPrefix: this.path }, body);
  }

  #refuseForeign(): void {
    const { type, path } = this;
    if (type.class !== "other" && type.class !== "vlen-string") return;
    const found = type.class === "other" ? type.description : "variable-length strings";
    const message = "values of this datatype cannot be read as bytes";
    fail("unsupported/datatype", { source: "hdf5", path, message, found });
  }
}

/** Refuses sizes over the limits, data outside the file, and large datasets of which next to nothing is stored. */
function checkSize(file: Hdf5File, layout: DataLayout, byteLength: number): void {
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
