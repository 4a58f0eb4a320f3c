/**
 * What a thread does that reads HDF5 files by h5wasm, HDF5's own library in WebAssembly: a file comes as bytes and goes back
 * as plain data. The library is not safe with strangers' files, and knows only the thread's own memory.
 */
import { type ErrorCode, fail, FormatError, type Problem } from "./error.ts";

/** A datatype, as far as it holds numbers, bools or texts; the names are those of codecs/hdf5/types.ts. */
export interface FoundType {
  readonly class: "float" | "integer" | "bool" | "string" | "vlen-string" | "opaque";
  readonly size: number;
  readonly signed: boolean;
  readonly charset: "ascii" | "utf-8";
  readonly padding: "null-terminated" | "null-padded" | "space-padded";
}

/** Values in row-major order, little-endian, or the texts of a type of variable length. */
export interface FoundArray {
  readonly type: FoundType;
  readonly shape: readonly number[] | null;
  readonly raw: Uint8Array;
  readonly strings: readonly string[] | null;
}

/** An object of the file; groups come before what is in them. */
export interface FoundObject {
  /** From the root, whose path is empty. */
  readonly path: string;
  readonly attributes: readonly (readonly [name: string, value: FoundArray])[];
  /** Null: a group. */
  readonly array: FoundArray | null;
}

/** What the thread is told. */
export interface ReadRequest {
  readonly bytes: Uint8Array;
  readonly tensorBytes: number;
  readonly totalBytes: number;
  readonly objects: number;
}

/** What the thread answers. */
export type ReadAnswer =
  { readonly objects: readonly FoundObject[] } | { readonly refused: Problem } | { readonly missing: string };

interface Metadata {
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly vlen: boolean;
  readonly cset?: number;
  readonly strpad?: number;
  readonly shape: readonly number[] | null;
  readonly total_size: number;
  readonly enum_type?: { readonly members: Readonly<Record<string, number>> };
  readonly virtual_sources?: readonly { readonly file_name: string; readonly dset_name: string }[];
}

/** The functions of h5wasm's module that are used. */
interface H5Module {
  readonly FS: { writeFile(path: string, bytes: Uint8Array): void };
  readonly HEAPU8: Uint8Array;
  readonly H5G_GROUP: number;
  readonly H5G_DATASET: number;
  readonly H5G_TYPE: number;
  readonly H5G_UDLINK: number;
  open(path: string, mode: number, track: boolean, low: number, high: number): bigint;
  get_names(file: bigint, path: string, recursive: boolean): readonly string[];
  get_type(file: bigint, path: string): number;
  get_attribute_names(file: bigint, path: string): readonly string[];
  get_attribute_metadata(file: bigint, path: string, name: string): Metadata;
  get_attribute_data(file: bigint, path: string, name: string, to: bigint): number;
  get_dataset_metadata(file: bigint, path: string): Metadata;
  get_dataset_data(file: bigint, path: string, count: null, offset: null, strides: null, to: bigint): number;
  UTF8ToString(at: number): string;
  _malloc(size: number): number;
  _free(at: number): void;
}

const refuse = (code: ErrorCode, path: string, message: string): never =>
  fail(code, { ...(path !== "" && { path }), message });

const MOST_DEPTH = 64;
const CLASSES = ["integer", "float", "time", "string", "bitfield", "opaque", "compound", "reference", "enumeration"];
const PADDINGS = ["null-terminated", "null-padded", "space-padded"] as const;

function typeOf({ type, size, signed, vlen, cset, strpad, enum_type }: Metadata, path: string): FoundType {
  const name = CLASSES[type] ?? "variable-length list or array";
  const bools = Object.keys(enum_type?.members ?? {})
    .sort()
    .join();
  const found = {
    size,
    signed,
    charset: cset === 1 ? "utf-8" : "ascii",
    padding: PADDINGS[strpad ?? 1] ?? "null-padded",
  } as const;
  if (name === "string") return { ...found, class: vlen ? "vlen-string" : "string" };
  if (name === "integer" && [1, 2, 4, 8].includes(size)) return { ...found, class: name };
  if (name === "float" && [2, 4, 8].includes(size)) return { ...found, class: name };
  if (name === "opaque") return { ...found, class: name };
  if (name === "enumeration" && size === 1 && bools === "FALSE,TRUE") return { ...found, class: "bool" };
  return refuse("unsupported/datatype", path, `values of type ${name} with ${size} bytes each`);
}

class Reader {
  readonly #h5: H5Module;
  readonly #file: bigint;
  readonly #request: ReadRequest;
  readonly #objects: FoundObject[] = [];
  #bytes = 0;

  constructor(h5: H5Module, file: bigint, request: ReadRequest) {
    this.#h5 = h5;
    this.#file = file;
    this.#request = request;
  }

  /** All objects, those of a group behind it. */
  all(): readonly FoundObject[] {
    const open = [""];
    for (let path = open.pop(); path !== undefined; path = open.pop()) open.push(...this.#object(path));
    return this.#objects;
  }

  /** Of links that lead nowhere h5wasm throws. */
  #kind(path: string): number {
    try {
      return this.#h5.get_type(this.#file, path);
    } catch {
      return -1;
    }
  }

  #object(path: string): readonly string[] {
    const { objects } = this.#request;
    if (this.#objects.length >= objects) refuse("limit/entries", path, `more than ${objects} objects`);
    if (path.split("/").length > MOST_DEPTH)
      refuse("limit/depth", path, `more than ${MOST_DEPTH} groups in each other`);
    const at = `/${path}`;
    const kind = this.#kind(at);
    // Types that others name are with what is of them.
    if (kind === this.#h5.H5G_TYPE) return [];
    if (kind === this.#h5.H5G_UDLINK) refuse("unsupported/external-link", path, "a link into another file");
    if (kind !== this.#h5.H5G_GROUP && kind !== this.#h5.H5G_DATASET)
      refuse("malformed/hdf5", path, "a link that leads nowhere, or to what is no group or dataset");
    const attributes = this.#h5.get_attribute_names(this.#file, at).map((name) => {
      const metadata = this.#h5.get_attribute_metadata(this.#file, at, name);
      return [name, this.#array(`${path}@${name}`, metadata, (to) => this.#h5.get_attribute_data(this.#file, at, name, to))] as const; // prettier-ignore
    });
    if (kind === this.#h5.H5G_GROUP) {
      this.#objects.push({ path, attributes, array: null });
      const names = this.#h5.get_names(this.#file, at, false);
      return names.map((name) => (path === "" ? name : `${path}/${name}`)).reverse();
    }
    const metadata = this.#h5.get_dataset_metadata(this.#file, at);
    for (const { file_name: file, dset_name: name } of metadata.virtual_sources ?? [])
      if (file !== "." || name.includes("%") || this.#kind(name) !== this.#h5.H5G_DATASET)
        refuse("unsupported/virtual-dataset", path, "values that lie in another file, or nowhere");
    const read = (to: bigint): number => this.#h5.get_dataset_data(this.#file, at, null, null, null, to);
    this.#objects.push({ path, attributes, array: this.#array(path, metadata, read) });
    return [];
  }

  #array(path: string, metadata: Metadata, read: (to: bigint) => number): FoundArray {
    const type = typeOf(metadata, path);
    const { shape, size } = metadata;
    const count = shape === null ? 0 : metadata.total_size;
    const bytes = count * size;
    const { tensorBytes, totalBytes } = this.#request;
    this.#bytes += bytes;
    if (!(bytes <= tensorBytes)) refuse("limit/tensor-bytes", path, `more than ${tensorBytes} bytes`);
    if (!(this.#bytes <= totalBytes))
      refuse("limit/total-tensor-bytes", path, `with others more than ${totalBytes} bytes`);
    const none = { type, shape, raw: new Uint8Array(0), strings: type.class === "vlen-string" ? [] : null };
    if (bytes === 0) return none;
    const to = this.#h5._malloc(bytes);
    if (to === 0) refuse("limit/memory", path, `${bytes} bytes`);
    try {
      if (read(BigInt(to)) < 0) refuse("unsupported/h5wasm", path, "h5wasm cannot read these values: a filter that it lacks, values in another file, or damage"); // prettier-ignore
      const raw = this.#h5.HEAPU8.slice(to, to + bytes);
      if (type.class !== "vlen-string") return { ...none, raw };
      return { ...none, strings: [...new Uint32Array(raw.buffer)].map((at) => (at === 0 ? "" : this.#h5.UTF8ToString(at))) }; // prettier-ignore
    } finally {
      this.#h5._free(to);
    }
  }
}

/** Imported by its name, which no bundler follows: whoever asks for it has installed it. */
const PACKAGE = "h5wasm";

/** Reads a file. Whatever h5wasm throws ends the thread. */
export async function readByH5wasm(request: ReadRequest): Promise<ReadAnswer> {
  let library: { readonly ready: Promise<H5Module> };
  try {
    library = (await import(/* @vite-ignore */ PACKAGE)) as typeof library;
  } catch (error) {
    return { missing: String(error) };
  }
  const h5 = await library.ready;
  h5.FS.writeFile("/model", request.bytes);
  const file = h5.open("/model", 0, false, -1, -1);
  try {
    if (file < 0n) refuse("unsupported/h5wasm", "", "h5wasm cannot open the file: it is damaged, or no HDF5");
    return { objects: new Reader(h5, file, request).all() };
  } catch (error) {
    if (error instanceof FormatError) return { refused: error.problems[0]! };
    throw error;
  }
}
