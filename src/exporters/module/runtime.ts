/**
 * The part of a written module that is the same for every model: plain JavaScript that needs nothing but WebAssembly. It
 * finds `MODEL` (see `index.ts`), `PLANS`, `code` and `file` above it, and does what `predict` of the library does: casts
 * as Keras casts, refuses under the same codes.
 */
import { OUT_OF_RANGE, STATUS } from "../../engines/wasm/kernels/lookup.ts";

/** How embedded bytes come out of the module's text. */
export const DECODE = String.raw`
const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
async function inflated(base64) {
  if (globalThis.DecompressionStream) {
    const stream = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
  const zlib = "node:zlib"; // Bun before 1.3
  return (await import(/* @vite-ignore */ /* webpackIgnore: true */ zlib)).inflateRawSync(bytesOf(base64));
}
`;

/** How a file beside the module is read. */
export const READ = String.raw`
async function bytesAt(url) {
  if (url.protocol === "file:" && globalThis.process?.versions?.node) {
    const fs = "node:fs/promises";
    return new Uint8Array(await (await import(/* @vite-ignore */ /* webpackIgnore: true */ fs)).readFile(url));
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(url + ": status " + response.status);
  return new Uint8Array(await response.arrayBuffer());
}
`;

/** Numbers to the bits of float16 and bfloat16, rounded once, halves to even: for models that take or give them. */
export const ENCODE = String.raw`
function toHalf(x, dtype) {
  const [bits, bias] = HALVES[dtype];
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const size = Math.abs(x);
  const infinity = (2 * bias + 1) << bits;
  if (Number.isNaN(x)) return infinity | (1 << (bits - 1));
  const scratch = new DataView(new ArrayBuffer(8));
  scratch.setFloat64(0, size);
  const exponent = Math.max((scratch.getUint16(0) >> 4) - 1023, 1 - bias);
  if (exponent > bias) return sign | infinity;
  const units = size * 2 ** (bits - exponent);
  const down = Math.floor(units);
  const up = units - down > 0.5 || (units - down === 0.5 && down % 2 === 1);
  return sign | (down + Number(up) + ((exponent + bias - 1) << bits));
}
`;

export const RUNTIME = String.raw`
const ARRAYS = {
  float16: Uint16Array, bfloat16: Uint16Array, float32: Float32Array, float64: Float64Array,
  int8: Int8Array, int16: Int16Array, int32: Int32Array, int64: BigInt64Array,
  uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, uint64: BigUint64Array, bool: Uint8Array,
};
/** Bits of the fraction, bias of the exponent. */
const HALVES = { float16: [10, 15], bfloat16: [7, 127] };
const isBig = (dtype) => /64/.test(dtype) && dtype !== "float64";
const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
const show = (shape) => "[" + shape.join(", ") + "]";
const refuse = (code, path, message) => {
  throw Object.assign(new Error("error[" + code + "] " + path + ": " + message), { name: "FormatError", code, path });
};

function fromHalf(word, dtype) {
  const [bits, bias] = HALVES[dtype];
  const exponent = (word >> bits) & (2 * bias + 1);
  const fraction = (word & ((1 << bits) - 1)) / 2 ** bits;
  const size = exponent > 2 * bias ? (fraction ? NaN : Infinity) : (fraction + Number(exponent > 0)) * 2 ** (Math.max(exponent, 1) - bias);
  return word & 0x8000 ? -size : size;
}

class Tensor {
  constructor(dtype, shape, data) {
    Object.assign(this, { dtype, shape, data });
  }
  #element(i) {
    const value = this.data[i];
    return this.dtype === "bool" ? value === 1 : HALVES[this.dtype] ? fromHalf(value, this.dtype) : value;
  }
  at(...index) {
    const { shape } = this;
    const places = shape.map((length, axis) => index[axis] + (index[axis] < 0 ? length : 0));
    if (index.length !== shape.length || !places.every((i, axis) => Number.isInteger(i) && i >= 0 && i < shape[axis]))
      refuse("mismatch/range", "at", "expected a place in " + show(shape) + ", found " + show(index));
    return this.#element(places.reduce((sum, i, axis) => sum * shape[axis] + i, 0));
  }
  toArray() {
    let next = 0;
    const walk = ([length, ...rest]) =>
      length === undefined ? this.#element(next++) : Array.from({ length }, () => walk(rest));
    return walk(this.shape);
  }
}

const memory = new WebAssembly.Memory({ initial: MODEL.pages });
const table = new WebAssembly.Table({ element: "anyfunc", initial: MODEL.functions });
const bytes = new Uint8Array(memory.buffer);
const made = await WebAssembly.instantiate(code, { env: { memory, table } }).catch((error) =>
  refuse("unsupported/code-generation", "code", error.message + ": where this is not allowed, write the module with --wasm file or source"),
);
const functions = (made.instance ?? made).exports;
for (let i = 0; i < MODEL.functions; i++) table.set(i, functions[i]);
for (const { at, words } of PLANS) bytes.set(words, at);

{
  const words = new Uint32Array(file.buffer, file.byteOffset, file.length >> 2);
  let sum = 0;
  for (const word of words) sum = (Math.imul(sum, 31) + word) | 0;
  if (sum !== MODEL.sum) refuse("mismatch/weights", "weights", "these are not the weights that this module was written with");
  let from = 0;
  for (const [at, count, kind, scale] of MODEL.weights) {
    const part = file.slice(from, (from += Math.ceil((count * { word: 4, float16: 2, int8: 1 }[kind]) / 4) * 4));
    if (kind === "word") bytes.set(part, at);
    else {
      const goal = new Float32Array(memory.buffer, at, count);
      const source = kind === "int8" ? new Int8Array(part.buffer) : new Uint16Array(part.buffer);
      for (let i = 0; i < count; i++) goal[i] = kind === "int8" ? source[i] * scale : fromHalf(source[i], kind);
    }
  }
}

/** Inputs and outputs of each plan, with their values where they lie in memory. */
const plans = MODEL.plans.map(({ inputs, outputs, from, to }) => {
  const port = (about) => ([at, ...shape], i) => {
    const { dtype } = about[i];
    const Stored = dtype === "float64" || isBig(dtype) ? Float64Array : /float/.test(dtype) ? Float32Array : Int32Array;
    return { ...about[i], shape, size: sizeOf(shape), values: new Stored(memory.buffer, at, sizeOf(shape)) };
  };
  return { inputs: inputs.map(port(MODEL.inputs)), outputs: outputs.map(port(MODEL.outputs)), from, to };
});

/** Shapes of the module's inputs and outputs; null where its plans differ. */
const told = (end) =>
  Object.freeze(
    MODEL[end].map(({ name, dtype }, i) => {
      const [first, ...others] = plans.map((plan) => plan[end][i].shape);
      const shape = first.map((length, axis) => (others.every((other) => other[axis] === length) ? length : null));
      return Object.freeze({ name, shape: Object.freeze(shape), dtype });
    }),
  );
export const inputs = told("inputs");
export const outputs = told("outputs");

const isTyped = (x) => ArrayBuffer.isView(x) && !(x instanceof DataView);
const isTensor = (x) => typeof x === "object" && x !== null && "dtype" in x && "shape" in x && "data" in x;

/** A number as memory holds it; undefined for what the dtype cannot hold. */
function held(value, dtype) {
  if (!/^(number|bigint|boolean)$/.test(typeof value)) return undefined;
  if (dtype === "bool") return Number(Number(value) !== 0);
  if (HALVES[dtype]) return fromHalf(toHalf(Number(value), dtype), dtype);
  if (/float/.test(dtype)) return Number(value);
  if (typeof value === "number" && !Number.isInteger(value)) return undefined;
  const whole = isBig(dtype) ? BigInt(value) : Number(value);
  return ARRAYS[dtype].of(whole)[0] === whole ? Number(whole) : undefined;
}

/** The shape that nested values have; null of a typed array, which has a whole input's values. */
function shapeOf(x) {
  if (isTensor(x)) return x.shape;
  if (isTyped(x)) return null;
  const shape = [];
  for (let level = x; Array.isArray(level) || isTyped(level); level = level[0]) shape.push(level.length);
  return shape;
}

/** As Keras: a last axis of length 1 may be missing or too many. */
function fits(x, given, { shape, size }) {
  if (given === null) return x.length === size;
  const [short, long] = given.length < shape.length ? [given, shape] : [shape, given];
  return long.length - short.length < 2 && long.every((length, i) => length === (i < short.length ? short[i] : 1));
}

/** Puts an input's values in place. */
function write(x, given, { name, dtype, values }) {
  const data = isTensor(x) ? x.data : x;
  const from = isTensor(x) ? x.dtype : dtype;
  const isOwn = from === dtype && data instanceof ARRAYS[dtype];
  if (isTensor(x) && !(ARRAYS[from] && data instanceof ARRAYS[from] && data.length === values.length))
    refuse("mismatch/dtype", name, "expected a tensor whose data are " + values.length + " values of its dtype");
  if (isOwn && !isBig(dtype) && !HALVES[dtype]) return values.set(data);
  const isHalf = HALVES[from] && (isTensor(x) || isOwn);
  let next = 0;
  const walk = (value, axis, place) => {
    if (axis < depth) {
      if (value?.length !== lengths[axis]) refuse("mismatch/shape", name + place, "ragged nesting");
      for (let i = 0; i < value.length; i++) walk(value[i], axis + 1, place + "[" + i + "]");
      return;
    }
    const number = isHalf ? fromHalf(value, from) : held(value, dtype);
    if (number === undefined || (isHalf && held(number, dtype) === undefined))
      refuse("mismatch/dtype", name + place, "expected " + dtype + ", found " + (typeof value === "object" ? "an object" : String(value)));
    values[next++] = isHalf ? held(number, dtype) : number;
  };
  const lengths = given === null || isTensor(x) ? [data.length] : given;
  const depth = lengths.length;
  walk(data, 0, "");
}

/** Each input's values, in the model's order. */
function listed(x) {
  const names = MODEL.inputs.map(({ name }) => name);
  const all = names.length + " inputs: " + names.join(", ");
  if (typeof x === "object" && x !== null && !Array.isArray(x) && !isTyped(x) && !isTensor(x)) {
    const own = MODEL.inputs.map(({ name, layer }) => (Object.hasOwn(x, name) ? name : (layer ?? name)));
    const wrong = [...own.filter((name) => !Object.hasOwn(x, name)), ...Object.keys(x).filter((name) => !own.includes(name))];
    if (wrong.length > 0) refuse("mismatch/inputs", wrong[0], "expected " + all);
    return own.map((name) => x[name]);
  }
  const several = Array.isArray(x) && (names.length > 1 || (x.length > 0 && x.every(isTensor))) ? x : [x];
  if (several.length !== names.length) refuse("mismatch/inputs", "inputs", "expected " + all + ", found " + several.length);
  return several;
}

/** The outputs, or with out what was given, filled. */
export function predictSync(x, options) {
  const given = listed(x);
  const shapes = given.map(shapeOf);
  const plan = plans.find(({ inputs }) => inputs.every((port, i) => fits(given[i], shapes[i], port)));
  if (plan === undefined) {
    const wrong = Math.max(0, inputs.findIndex((_, i) => !plans.some((plan) => fits(given[i], shapes[i], plan.inputs[i]))));
    const wanted = plans.map((plan) => show(plan.inputs[wrong].shape)).join(" or ");
    const found = shapes[wrong] === null ? given[wrong].length + " values" : show(shapes[wrong]);
    refuse("mismatch/shape", inputs[wrong].name, "expected shape " + wanted + ", for which this module was written, found " + found);
  }
  const out = options?.out === undefined ? undefined : Array.isArray(options.out) ? options.out : [options.out];
  if (out !== undefined && out.length !== outputs.length)
    refuse("mismatch/outputs", "out", "expected out for " + outputs.length + " outputs, found " + out.length);
  const goals = plan.outputs.map(({ name, dtype, size }, i) => {
    if (out === undefined) return new ARRAYS[dtype](size);
    const data = isTensor(out[i]) ? out[i].data : out[i];
    if (!(data instanceof ARRAYS[dtype])) refuse("mismatch/dtype", name, "expected a " + ARRAYS[dtype].name + " as out");
    if (data.length !== size) refuse("mismatch/shape", name, "expected out of " + size + " values, found " + data.length);
    return data;
  });
  plan.inputs.forEach((port, i) => write(given[i], shapes[i], port));
  const status = new Int32Array(memory.buffer, ${STATUS}, 1);
  status[0] = 0;
  try {
    if (plan.from < plan.to) functions.run(plan.from, plan.to);
  } catch (error) {
    if (status[0] !== ${OUT_OF_RANGE}) throw error;
    const [found, length] = new Float64Array(memory.buffer, ${STATUS + 8}, 2);
    refuse("mismatch/range", "gather", "expected an index from 0 to " + (length - 1) + ", found " + found);
  }
  plan.outputs.forEach(({ dtype, values }, i) => {
    if (!isBig(dtype) && !HALVES[dtype]) goals[i].set(values);
    else values.forEach((value, k) => (goals[i][k] = isBig(dtype) ? BigInt(value) : toHalf(value, dtype)));
  });
  if (out !== undefined) return options.out;
  const list = plan.outputs.map(({ dtype, shape }, i) => new Tensor(dtype, [...shape], goals[i]));
  const named = Object.create(null);
  outputs.forEach(({ name }, i) => (named[name] ??= list[i]));
  return Object.defineProperty(list, "named", { value: named });
}

export async function predict(x) {
  return predictSync(x);
}

/** Stateful layers start from zeros again. */
export function resetStates() {
  for (const [at, size] of MODEL.states) bytes.fill(0, at, at + size);
}
`;
