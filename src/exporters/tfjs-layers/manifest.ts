/** The weights of a written model as TensorFlow.js stores them: one row of bytes, cut into shards. Sources: tensorflowjs/quantization.py, write_weights.py. */
import { fail } from "../../core/error.ts";
import { concatBytes } from "../../core/bytes.ts";
import { fromFloat16 } from "../../core/dtype.ts";
import { toFloat16 } from "../../core/half.ts";
import type { OutputFile } from "../../formats/archive.ts";
import { ITEM_BYTES } from "../../formats/tfjs-layers.ts";
import type { WrittenWeight } from "./writer.ts";

export const STORED_AS = ["uint8", "uint16", "float16"] as const;
type StoredAs = (typeof STORED_AS)[number];

/** One weight: what the manifest says of it, and its bytes. */
export interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32";
  readonly group?: string;
  readonly quantization?: { readonly dtype: StoredAs; readonly min?: number; readonly scale?: number };
}
/** The same, with how many bytes it has there, and they. */
export interface StoredEntry {
  readonly entry: Entry;
  readonly size: number;
  chunks(): AsyncIterable<Uint8Array>;
  /** Of one in fewer bits: how far what is stored is from the weight's values at most, in steps. */
  steps?(): Promise<number>;
}

/** A file of a model, and how long it is. */
export interface SizedFile extends OutputFile {
  /** In bytes. */
  readonly size: number;
}

/** With what reading it back in float32 adds. */
export const HALF_STEP = 0.501;

const PIECE = 1 << 22;

async function* pieces(array: {
  buffer: ArrayBufferLike;
  byteOffset: number;
  byteLength: number;
}): AsyncIterable<Uint8Array> {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

async function values({ name, of, read }: WrittenWeight): Promise<Float32Array> {
  const value = await read();
  if (value.dtype !== "float32")
    fail("unsupported/translation", {
      path: of?.path ?? name,
      message: "TensorFlow.js has weights of float32",
      found: value.dtype,
    });
  return value.data as Float32Array;
}

/** Where 0 stays 0: the range is moved so that it falls on a step. */
function affine(data: Float32Array, most: number): { min: number; scale: number } {
  let [low, high] = [Infinity, -Infinity];
  for (const x of data) [low, high] = [Math.min(low, x), Math.max(high, x)];
  if (low === high || data.length === 0) return { min: data.length === 0 ? 0 : low, scale: 1 };
  const scale = (high - low) / most;
  return { min: low <= 0 && high >= 0 ? -Math.round(-low / scale) * scale : low, scale };
}

const toSteps = (
  data: Float32Array,
  most: number,
  { min, scale }: { min: number; scale: number },
): Uint16Array | Uint8Array =>
  data.reduce(
    (to, x, i) => {
      to[i] = Math.min(most, Math.max(0, Math.round((x - min) / scale)));
      return to;
    },
    new (most > 255 ? Uint16Array : Uint8Array)(data.length),
  );

/** Of what the model has learned, of two axes and more, in the given form; others as they are. Throws `mismatch/option` for what it cannot hold. */
export async function storedEntry(weight: WrittenWeight, form: StoredAs | undefined): Promise<StoredEntry> {
  const { name, shape, of } = weight;
  const count = shape.reduce((n, length) => n * length, 1);
  const head = { name, shape, dtype: "float32" } as const;
  if (form === undefined || shape.length < 2 || weight.isLearned !== true) {
    const stored = of?.recipe === null && of.changed === 0 ? of.source[0] : undefined;
    const chunks = stored?.dtype === "float32" ? () => stored.slices() : async function* () { yield* pieces(await values(weight)); }; // prettier-ignore
    return { entry: head, size: count * ITEM_BYTES.float32, chunks };
  }
  const size = count * ITEM_BYTES[form];
  const own = await values(weight);
  if (own.some((x) => !Number.isFinite(form === "float16" ? halved(x) : x)))
    fail("mismatch/option", { path: "quantize", message: `${name} has values that ${form} cannot hold` });
  if (form === "float16") {
    const chunks = async function* (): AsyncIterable<Uint8Array> {
      yield* pieces(Uint16Array.from(await values(weight), toFloat16));
    };
    const steps = async (): Promise<number> => {
      const [own, stored] = [await values(weight), new Uint16Array(await inOne(chunks))];
      return own.reduce((most, x, i) => Math.max(most, Math.abs(fromFloat16(stored[i]!) - x) / stepAt(x)), 0);
    };
    return { entry: { ...head, quantization: { dtype: form } }, size, chunks, steps };
  }
  const most = form === "uint8" ? 255 : 65_535;
  const range = affine(own, most);
  const chunks = async function* (): AsyncIterable<Uint8Array> {
    yield* pieces(toSteps(await values(weight), most, range));
  };
  const steps = async (): Promise<number> => {
    const [own, bytes] = [await values(weight), await inOne(chunks)];
    const stored = most > 255 ? new Uint16Array(bytes) : new Uint8Array(bytes);
    const { min, scale } = range;
    return own.reduce((most, x, i) => Math.max(most, Math.abs(stored[i]! * scale + min - x) / scale), 0);
  };
  return { entry: { ...head, quantization: { dtype: form, ...range } }, size, chunks, steps };
}

async function inOne(chunks: () => AsyncIterable<Uint8Array>): Promise<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks()) parts.push(chunk);
  return concatBytes(parts).slice().buffer;
}

/** Between numbers of half precision at `x`. */
const stepAt = (x: number): number => 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(x)))) - 10);

const halved = (x: number): number => (Math.abs(x) >= 65_520 ? Infinity : x);

/** All bytes in order; a piece is kept between two shards. */
class Row {
  readonly #entries: readonly StoredEntry[];
  #bytes: AsyncIterator<Uint8Array> | null = null;
  #rest = new Uint8Array(0) as Uint8Array;
  #at = 0;

  constructor(entries: readonly StoredEntry[]) {
    this.#entries = entries;
  }

  async *#all(): AsyncGenerator<Uint8Array> {
    for (const { chunks } of this.#entries) yield* chunks();
  }

  /** From `start` on, `size` bytes; in their order each is read once. */
  async *part(start: number, size: number): AsyncGenerator<Uint8Array> {
    if (this.#bytes === null || start < this.#at) {
      this.#bytes = this.#all();
      [this.#rest, this.#at] = [new Uint8Array(0), 0];
    }
    const end = start + size;
    while (this.#at < end) {
      if (this.#rest.length === 0) {
        const { value, done } = await this.#bytes.next();
        if (done === true) return;
        this.#rest = value;
        continue;
      }
      const skipped = Math.min(this.#rest.length, Math.max(0, start - this.#at));
      const taken = Math.min(this.#rest.length, end - this.#at);
      const piece = this.#rest.subarray(skipped, taken);
      this.#rest = this.#rest.subarray(taken);
      this.#at += taken;
      if (piece.length > 0) yield piece;
    }
  }
}

/** The files, by their names. */
export function shards(
  entries: readonly StoredEntry[],
  shardSize: number,
  prefix: string,
  beside: boolean,
): readonly SizedFile[] {
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  const count = Math.ceil(total / shardSize);
  const row = new Row(entries);
  return Array.from({ length: count }, (_, i) => {
    const size = Math.min(shardSize, total - i * shardSize);
    return {
      path: `${prefix}group1-shard${i + 1}of${count}.bin`,
      size,
      ...(beside && { beside }),
      chunks: () => row.part(i * shardSize, size),
    };
  });
}
