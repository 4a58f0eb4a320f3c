/**
 * WebAssembly memories of sessions. An engine frees one when it collects garbage, and sets address space aside for each
 * (V8: for about 13,000 at once): those of disposed sessions are used again.
 */
import { MOST_PAGES } from "./emit/module.ts";
import { fail } from "../../core/error.ts";

/** How many are kept, and the largest, in pages of 64 KiB. */
const KEPT = 8;
const LARGEST = 256;
const PAGE = 65536;

const free: WebAssembly.Memory[] = [];

/** A memory full of zeros, `shared` by threads or not. Throws `limit/memory`. */
export function takeMemory(shared = false): WebAssembly.Memory {
  const kept = shared ? undefined : free.pop();
  if (kept !== undefined) return kept;
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared });
  } catch {
    return fail("limit/memory", {
      source: "wasm",
      message: "the engine gives no more memories: dispose of models that are no longer used",
    });
  }
}

/** Takes back a memory that nothing runs in any more. Arrays that lie in it have no elements from now on. */
export function giveMemory(memory: WebAssembly.Memory): void {
  // Threads may not have left a shared one yet.
  if (!(memory.buffer instanceof ArrayBuffer)) return;
  memory.grow(0);
  const { buffer } = memory;
  if (free.length >= KEPT || buffer.byteLength > LARGEST * PAGE) return;
  new Uint8Array(buffer).fill(0);
  free.push(memory);
}
