/** An input or output of a plan: where its values lie in memory, and how they get there and back. */
import { allocate, type DType, type NumericArray, type TensorData } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { kindOf } from "../../core/guard.ts";
import { sameShape, showShape, sizeOf, type Tensor } from "../../core/tensor.ts";
import type { Values } from "../types.ts";
import { writeNumbers } from "../values.ts";
import { type MemoryArray, store, type WasmMemory } from "./memory.ts";

/** Dtypes whose values need more than `TypedArray.set` on their way. */
const CODED: ReadonlySet<DType> = new Set(["float16", "bfloat16", "int64", "uint64", "string"]);
/** Dtypes that memory holds as arrays of the dtype do. */
const VIEWED: ReadonlySet<DType> = new Set(["float32", "float64", "int32"]);

type ArrayType = abstract new (...args: never[]) => NumericArray;

function dataOf(value: Values): TensorData {
  return ArrayBuffer.isView(value) ? (value as NumericArray) : value.data;
}

/** Whether a caller's value can be asked for its values; `Port.check` says whether they fit. */
const isValues = (value: unknown): value is Values =>
  ArrayBuffer.isView(value) ||
  (typeof value === "object" && value !== null && "data" in value && "shape" in value && Array.isArray(value.shape));

/** An input or output of a plan, ready to be filled or read. */
export class Port {
  /** `inputs/0`, `out/1` … */
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly #size: number;
  readonly #at: number;
  readonly #memory: WasmMemory;
  readonly #isCoded: boolean;
  readonly #Type: ArrayType;
  #values: MemoryArray = new Float32Array(0);
  #generation = -1;

  constructor(name: string, at: number, shape: readonly number[], dtype: DType, memory: WasmMemory) {
    if (dtype === "string") fail("unsupported/dtype", { source: "wasm", path: name, found: dtype });
    this.name = name;
    this.shape = shape;
    this.dtype = dtype;
    this.#size = sizeOf(shape);
    this.#at = at;
    this.#memory = memory;
    this.#isCoded = CODED.has(dtype);
    this.#Type = allocate(dtype as Exclude<DType, "string">, 0).constructor as unknown as ArrayType;
  }

  /** The values in memory; another array once memory has grown. */
  #array(): MemoryArray {
    if (this.#generation !== this.#memory.generation) {
      this.#values = this.#memory.stored(this.#at, this.#size, this.dtype);
      this.#generation = this.#memory.generation;
    }
    return this.#values;
  }

  /** Throws what `SyncSession.runSync` says of values that are not this port's. */
  check(value: Values): void {
    if (!isValues(value))
      fail("mismatch/dtype", { path: this.name, expected: "a tensor or typed array", found: kindOf(value) });
    const data = dataOf(value);
    if (data === this.#array()) return;
    const dtype = ArrayBuffer.isView(value) ? this.dtype : value.dtype;
    if (dtype !== this.dtype || !(data instanceof this.#Type))
      fail("mismatch/dtype", {
        path: this.name,
        expected: `${this.dtype} in a ${this.#Type.name}`,
        found: `${dtype} in ${kindOf(data)}`,
      });
    if (!ArrayBuffer.isView(value) && !sameShape(value.shape, this.shape))
      fail("mismatch/shape", { path: this.name, expected: showShape(this.shape), found: showShape(value.shape) });
    if (data.length !== this.#size) this.#refuseSize(data);
    if (this.#memory.owns(data.buffer))
      fail("mismatch/view", {
        path: this.name,
        message: "this array lies in the model's memory, but is not the current view of this input or output: copy it",
      });
  }

  #refuseSize(data: TensorData): never {
    const isDead = data.length === 0 && ArrayBuffer.isView(data) && data.buffer.byteLength === 0;
    return fail(isDead ? "mismatch/view" : "mismatch/shape", {
      path: this.name,
      ...(isDead && { message: "this view is no longer valid: ask for views anew" }),
      expected: `${this.#size} values, shape ${showShape(this.shape)}`,
      found: String(data.length),
    });
  }

  /** Puts checked values in place. */
  write(value: Values): void {
    const data = dataOf(value);
    const target = this.#array();
    if (data === target) return;
    if (this.#isCoded) store({ dtype: this.dtype, shape: this.shape, data }, this.dtype, target);
    else target.set(data as Exclude<NumericArray, BigInt64Array | BigUint64Array>);
  }

  clear(): void {
    this.#array().fill(0);
  }

  /** Copies the values into a checked array. */
  readInto(value: Values): void {
    const data = dataOf(value) as NumericArray;
    const source = this.#array();
    if (data === source) return;
    if (this.#isCoded) writeNumbers(source, this.dtype, data);
    else (data as Float32Array).set(source);
  }

  /** A copy of the values. */
  read(): Tensor {
    const data = allocate(this.dtype as Exclude<DType, "string">, this.#size);
    writeNumbers(this.#array(), this.dtype, data);
    return { dtype: this.dtype, shape: [...this.shape], data };
  }

  /** The values themselves. Throws `unsupported/view`. */
  view(): Tensor {
    if (!VIEWED.has(this.dtype))
      fail("unsupported/view", {
        path: this.name,
        expected: [...VIEWED].join(", "),
        found: this.dtype,
      });
    return { dtype: this.dtype, shape: [...this.shape], data: this.#array() };
  }
}
