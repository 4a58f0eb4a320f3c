/** The words of a plan: instructions, their arguments and constants, with addresses filled in once they are known. */
import type { Arg, Place } from "./kernels/types.ts";

/** Where each kind of place starts. */
export interface Bases {
  readonly fixed: number;
  readonly data: number;
  readonly arena: number;
}

export class PlanData {
  readonly #words: number[] = [];
  readonly #places: { readonly word: number; readonly place: Place }[] = [];

  get bytes(): number {
    return 4 * this.#words.length;
  }

  #align(bytes: number): Place {
    while (this.bytes % bytes !== 0) this.#words.push(0);
    return { base: "data", at: this.bytes };
  }

  /** Arguments of a kernel. Numbers are i32 words. */
  args(args: readonly Arg[]): Place {
    const at = this.#align(8);
    for (const value of args) {
      if (typeof value !== "number") this.#places.push({ word: this.#words.length, place: value });
      this.#words.push(typeof value === "number" ? value | 0 : 0);
    }
    return at;
  }

  /** Constants, with room to be read past their end. */
  constants(values: Int32Array | Float32Array | Float64Array): Place {
    const at = this.#align(16);
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
