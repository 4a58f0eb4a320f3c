/** The memory of a session, and values on their way into and out of it. */
import { allocate, type DType, fromBfloat16, fromFloat16 } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import { toBfloat16, toFloat16 } from "../core/half.ts";
import { sizeOf, type Tensor } from "../core/tensor.ts";
import { held, storageOf } from "../compile/kernels/storage.ts";

const PAGE = 65536;
const MOST_PAGES = 65536;

/** A tensor's values as `stored` holds them. */
export function store({ dtype, data }: Tensor, stored: DType, target: Float32Array | Float64Array | Int32Array): void {
  if (dtype === "string" || Array.isArray(data)) fail("unsupported/dtype", { source: "wasm", found: dtype });
  const numbers = data as Exclude<typeof data, string[]>;
  if (numbers instanceof BigInt64Array || numbers instanceof BigUint64Array) {
    for (let i = 0; i < numbers.length; i++) target[i] = Number(numbers[i]!);
  } else if (dtype === "float16" || dtype === "bfloat16") {
    const read = dtype === "float16" ? fromFloat16 : fromBfloat16;
    for (let i = 0; i < numbers.length; i++) target[i] = read(numbers[i]!);
  } else {
    target.set(numbers);
  }
  if (dtype !== stored) for (let i = 0; i < target.length; i++) target[i] = held(stored, target[i]!);
}

export class WasmMemory {
  readonly memory: WebAssembly.Memory;
  #f32 = new Float32Array(0);
  #i32 = new Int32Array(0);
  #f64 = new Float64Array(0);
  #u8 = new Uint8Array(0);

  constructor() {
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES });
    this.#view();
  }

  #view(): void {
    const { buffer } = this.memory;
    this.#f32 = new Float32Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#f64 = new Float64Array(buffer);
    this.#u8 = new Uint8Array(buffer);
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

  words(at: number, count: number): Int32Array {
    return this.#i32.subarray(at / 4, at / 4 + count);
  }

  floats(at: number, count: number): Float32Array {
    return this.#f32.subarray(at / 4, at / 4 + count);
  }

  doubles(at: number, count: number): Float64Array {
    return this.#f64.subarray(at / 8, at / 8 + count);
  }

  clear(at: number, bytes: number): void {
    this.#u8.fill(0, at, at + bytes);
  }

  /** Puts a tensor's values in place, as `dtype` is stored. */
  write(at: number, tensor: Tensor, stored: DType): void {
    const size = tensor.data.length;
    const storage = storageOf(stored);
    const target =
      storage === "f32" ? this.floats(at, size) : storage === "f64" ? this.doubles(at, size) : this.words(at, size);
    store(tensor, stored, target);
  }

  /** A copy of the values at an address. */
  read(at: number, shape: readonly number[], dtype: DType): Tensor {
    if (dtype === "string") return fail("unsupported/dtype", { source: "wasm", found: dtype });
    const size = sizeOf(shape);
    const target = allocate(dtype, size);
    const storage = storageOf(dtype);
    if (target instanceof BigInt64Array || target instanceof BigUint64Array) {
      const source = this.doubles(at, size);
      for (let i = 0; i < size; i++) target[i] = BigInt(source[i]!);
    } else if (dtype === "float16" || dtype === "bfloat16") {
      const write = dtype === "float16" ? toFloat16 : toBfloat16;
      const source = this.floats(at, size);
      for (let i = 0; i < size; i++) target[i] = write(source[i]!);
    } else {
      target.set(
        storage === "f32" ? this.floats(at, size) : storage === "f64" ? this.doubles(at, size) : this.words(at, size),
      );
    }
    return { dtype, shape: [...shape], data: target };
  }
}
