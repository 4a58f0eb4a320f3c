/** The memory of a session, and values on their way into and out of it. */
import { allocate, type DType } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { sizeOf, type Tensor } from "../../core/tensor.ts";
import { giveMemory, takeMemory } from "./memory-pool.ts";
import { storageOf } from "./kernels/storage.ts";
import { readNumbers, settle, writeNumbers } from "../values.ts";
import type { MemoryLike } from "../../core/platform.ts";

const PAGE = 65536;

/** Values as they lie in memory. */
export type MemoryArray = Float32Array | Float64Array | Int32Array;

/** Puts a tensor's values into `target`, as `stored` holds them. */
export function store(tensor: Tensor, stored: DType, target: MemoryArray): void {
  readNumbers(tensor, target, "wasm");
  if (tensor.dtype !== stored) settle(target, stored);
}

/** A WebAssembly memory with views that follow it when it grows. Throws `limit/memory`. */
export class WasmMemory {
  readonly memory: MemoryLike;
  #f32 = new Float32Array(0);
  #i32 = new Int32Array(0);
  #f64 = new Float64Array(0);
  #u8 = new Uint8Array(0);
  #generation = 0;
  /** Every buffer of a memory that threads share: those of before do not die. */
  readonly #buffers: WeakSet<ArrayBufferLike> | null;

  /** `shared`: by threads. */
  constructor(shared = false) {
    this.memory = takeMemory(shared);
    this.#buffers = shared ? new WeakSet() : null;
    this.#view();
  }

  #view(): void {
    const { buffer } = this.memory;
    this.#f32 = new Float32Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#f64 = new Float64Array(buffer);
    this.#u8 = new Uint8Array(buffer);
    this.#buffers?.add(buffer);
    this.#generation++;
  }

  /** Another number: arrays made before have no elements any more. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether arrays in a buffer lie in this memory. */
  owns(buffer: ArrayBufferLike): boolean {
    return buffer === this.#u8.buffer || this.#buffers?.has(buffer) === true;
  }

  /** Makes room for `bytes`. Throws `limit/memory`; what is there stays usable. */
  reserve(bytes: number): void {
    const missing = Math.ceil((bytes - this.#u8.length) / PAGE);
    if (missing <= 0) return;
    try {
      this.memory.grow(missing);
    } catch {
      fail("limit/memory", { source: "wasm", expected: "memory for the model", found: `${bytes} bytes refused` });
    }
    this.#view();
  }

  /** Arrays made before lose their elements, but for those in shared memory; the values stay. */
  detach(): void {
    this.memory.grow(0);
    this.#view();
  }

  /** Gives the memory back: nothing may use it any more. */
  free(): void {
    this.#u8 = new Uint8Array(0);
    giveMemory(this.memory);
  }

  words(at: number, count: number): Int32Array {
    return this.#i32.subarray(at / 4, at / 4 + count);
  }

  floats(at: number, count: number): Float32Array {
    return this.#f32.subarray(at / 4, at / 4 + count);
  }

  doubles(at: number, count: number): Float64Array {
    return this.#f64.subarray(at / 8, at / 8 + count);
  }

  word(at: number): number {
    return this.#i32[at / 4]!;
  }

  /** Sets the word at an address. */
  setWord(at: number, value: number): void {
    this.#i32[at / 4] = value;
  }

  clear(at: number, bytes: number): void {
    this.#u8.fill(0, at, at + bytes);
  }

  /** Where values of a dtype lie. */
  stored(at: number, count: number, dtype: DType): MemoryArray {
    const storage = storageOf(dtype);
    if (storage === "f32") return this.floats(at, count);
    return storage === "f64" ? this.doubles(at, count) : this.words(at, count);
  }

  /** Puts a tensor's values in place, as `dtype` is stored. */
  write(at: number, tensor: Tensor, dtype: DType): void {
    store(tensor, dtype, this.stored(at, tensor.data.length, dtype));
  }

  /** A copy of the values at an address. */
  read(at: number, shape: readonly number[], dtype: DType): Tensor {
    if (dtype === "string") return fail("unsupported/dtype", { source: "wasm", found: dtype });
    const data = allocate(dtype, sizeOf(shape));
    writeNumbers(this.stored(at, data.length, dtype), dtype, data);
    return { dtype, shape: [...shape], data };
  }
}
