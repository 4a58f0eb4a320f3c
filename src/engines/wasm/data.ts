/** The words of a plan: instructions, their arguments and constants, with addresses filled in once they are known. */
import { fail } from "../../core/error.ts";
import { held } from "../values.ts";
import { storageOf } from "./kernels/storage.ts";
import type { KernelArg, Operand, Place } from "./kernels/types.ts";

/** Words of one plan: beyond it a JavaScript array ends the process instead of throwing. */
const MOST_WORDS = 2 ** 26;

/** Where each kind of place starts. */
export interface Bases {
  readonly fixed: number;
  readonly data: number;
  readonly arena: number;
}

/** The words of one plan. */
export class PlanData {
  readonly #words: number[] = [];
  readonly #places: { readonly word: number; readonly place: Place }[] = [];

  get bytes(): number {
    return 4 * this.#words.length;
  }

  /** Throws `limit/memory` when `count` more are too many. */
  #expect(count: number): void {
    if (this.#words.length + count <= MOST_WORDS) return;
    fail("limit/memory", { source: "wasm", expected: `a plan of at most ${4 * MOST_WORDS} bytes` });
  }

  #align(bytes: number): Place {
    while (this.bytes % bytes !== 0) this.#words.push(0);
    return { base: "data", at: this.bytes };
  }

  /** Arguments of a kernel. Numbers are i32 words. */
  args(args: readonly KernelArg[]): Place {
    const at = this.#align(8);
    this.#expect(args.length);
    for (const value of args) {
      if (typeof value !== "number") this.#places.push({ word: this.#words.length, place: value });
      this.#words.push(typeof value === "number" ? value | 0 : 0);
    }
    return at;
  }

  /** Constants, with room to be read past their end. */
  constants(values: Int32Array | Float32Array | Float64Array): Place {
    const at = this.#align(16);
    this.#expect(values.byteLength / 4);
    const words = new Int32Array(values.buffer, values.byteOffset, values.byteLength / 4);
    for (const word of words) this.#words.push(word);
    this.#align(16);
    return at;
  }

  /** The words with every address in place. */
  finish(bases: Bases): Int32Array {
    const words = Int32Array.from(this.#words);
    for (const { word, place } of this.#places) words[word] = bases[place.base] + place.at;
    return words;
  }
}

/** Values of a constant as they lie in memory. */
export function toStorage({ constant, dtype }: Operand): Int32Array | Float32Array | Float64Array {
  const storage = storageOf(dtype);
  const values = Array.from(constant!, (value) => held(dtype, Number(value)));
  if (storage === "f32") return Float32Array.from(values);
  return storage === "f64" ? Float64Array.from(values) : Int32Array.from(values);
}
