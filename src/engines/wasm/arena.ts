/** Memory of a run: blocks are taken and given back while a plan is made, so that the plan knows all addresses. */
import { fail } from "../../core/error.ts";

/** What addresses are multiples of. */
export const ALIGNMENT = 64;
/** Bytes behind a block that its last vector may overwrite. */
const SLACK = 16;
/** All that 32-bit addresses reach. */
const MOST = 2 ** 32;

/** The next multiple of the alignment. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** Bytes that are taken. */
export interface Block {
  readonly at: number;
  readonly bytes: number;
}

/** Blocks taken first fit and given back. Throws `limit/memory` beyond 4 GiB. */
export class Arena {
  /** Sorted by address, no two adjacent. */
  readonly #free: { at: number; bytes: number }[] = [];
  #top = 0;

  /** Bytes that a run needs. */
  get size(): number {
    return this.#top;
  }

  /** The smallest free block that is large enough, else new memory at the end. Throws `limit/memory` beyond 4 GiB. */
  take(size: number): Block {
    const bytes = aligned(size + SLACK);
    let best = -1;
    this.#free.forEach((block, i) => {
      if (block.bytes >= bytes && (best < 0 || block.bytes < this.#free[best]!.bytes)) best = i;
    });
    if (best >= 0) {
      const block = this.#free[best]!;
      const at = block.at;
      if (block.bytes === bytes) this.#free.splice(best, 1);
      else this.#free[best] = { at: at + bytes, bytes: block.bytes - bytes };
      return { at, bytes };
    }
    const last = this.#free.at(-1);
    const at = last !== undefined && last.at + last.bytes === this.#top ? this.#free.pop()!.at : this.#top;
    this.#top = at + bytes;
    if (this.#top > MOST)
      fail("limit/memory", {
        source: "wasm",
        expected: "intermediate values of at most 4 GiB",
        found: `${this.#top} bytes`,
      });
    return { at, bytes };
  }

  give({ at, bytes }: Block): void {
    let i = this.#free.findIndex((block) => block.at > at);
    if (i < 0) i = this.#free.length;
    this.#free.splice(i, 0, { at, bytes });
    const next = this.#free[i + 1];
    if (next !== undefined && at + bytes === next.at) {
      this.#free[i]!.bytes += next.bytes;
      this.#free.splice(i + 1, 1);
    }
    const before = this.#free[i - 1];
    if (before !== undefined && before.at + before.bytes === at) {
      before.bytes += this.#free[i]!.bytes;
      this.#free.splice(i, 1);
    }
  }
}
