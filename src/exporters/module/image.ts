/** What a module holds of a model: its code, its plans, and its weights as the file has them. */
import { type DType, fromFloat16 } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { toFloat16 } from "../../core/half.ts";
import type { Tensor } from "../../core/tensor.ts";
import { fillSlot, type Image, imageOf, type PlacedPort } from "../../engines/wasm/image.ts";
import { CONTROL_END } from "../../engines/wasm/kernels/parallel.ts";
import { storageOf, widthOf } from "../../engines/wasm/kernels/storage.ts";
import type { WeightSlot } from "../../engines/wasm/link.ts";
import type { Graph, Value, ValueId, WeightRef } from "../../ops/types.ts";
import { refuseHosted } from "../hosted.ts";
import type { GraphOptions, TracedModel } from "../types.ts";

const QUANTIZATIONS = ["float16", "int8"] as const;
type Quantization = (typeof QUANTIZATIONS)[number];

const PAGE = 65536;
const INT8 = 127;
/** The first address of weights. */
const FIRST = CONTROL_END;
/** What rounds to an infinity in float16. */
const MOST_FLOAT16 = 65520;

/** Where a part of the weights' file belongs: address, number of values; how they are stored if not as words, and what they are times. */
type Section = readonly [at: number, count: number, kind?: Quantization, scale?: number];

/** What the module's text says of its model: plain data. */
export interface Described {
  /** Address and shape of each input and output; the first and last instruction. */
  readonly plans: readonly (readonly [
    inputs: readonly (readonly number[])[],
    outputs: readonly (readonly number[])[],
    from: number,
    to: number,
  ])[];
  /** Other names of inputs, where they have some. */
  readonly layers?: readonly (string | undefined)[];
  readonly states: readonly (readonly [at: number, bytes: number])[];
  /** Of quantised ones; others are in the file as they lie in memory, from the first address on. */
  readonly weights: readonly Section[];
  /** Of the weights' file: bytes of another sum are refused. */
  readonly sum: number;
  readonly pages: number;
  /** Of functions. */
  readonly count: number;
  /** Where the plans' words belong. */
  readonly at: number;
}

/** An input or output; null where plans differ. */
export interface End {
  readonly name: string;
  readonly shape: readonly (number | null)[];
  readonly dtype: Exclude<DType, "string">;
}

/** What a module is written of: code, plans and weights, laid out. */
export interface ModuleImage {
  readonly inputs: readonly End[];
  readonly outputs: readonly End[];
  readonly described: Described;
  readonly code: Uint8Array<ArrayBuffer>;
  readonly words: Uint8Array;
  readonly mayStop: boolean;
  /** Weights in memory; one that lies there in two ways counts twice. */
  readonly slots: number;
  /** What it computes: the model with its weights as they are stored. */
  readonly graph: Graph;
  /** The weights' file, whose length is that of whole words. */
  weights(): AsyncGenerator<Uint8Array>;
}

/** Weights of two axes and more: where the numbers are. */
const isLarge = ({ shape, dtype }: WeightRef): boolean => (shape?.length ?? 0) > 1 && dtype === "float32";

/** A weight of numbers that its form in the file can hold. */
class Rounded implements WeightRef {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: WeightRef["shape"];
  readonly kind: Quantization;
  readonly #of: WeightRef;
  /** What the whole numbers are times, once it has been read. */
  scale = 1;

  constructor(of: WeightRef, kind: Quantization) {
    this.#of = of;
    this.kind = kind;
    ({ name: this.name, dtype: this.dtype, shape: this.shape } = of);
  }

  async read(): Promise<Tensor> {
    const tensor = await this.#of.read();
    const values = tensor.data as Float32Array;
    const most = values.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    if (!(most < (this.kind === "int8" ? Infinity : MOST_FLOAT16)))
      fail("mismatch/option", { path: "quantize", message: `${this.name} has values that ${this.kind} cannot hold` });
    if (this.kind === "int8") this.scale = Math.fround(most / INT8) || 1;
    const round = (x: number): number =>
      this.kind === "int8" ? Math.round(x / this.scale) * this.scale : fromFloat16(toFloat16(x));
    return { ...tensor, data: values.map(round) };
  }
}

/** The graph with large weights as they are stored. */
function quantized(graph: Graph, kind: Quantization): Graph {
  const known = new Map<WeightRef, WeightRef>();
  const stored = (weight: WeightRef): WeightRef => {
    const found = known.get(weight) ?? (isLarge(weight) ? new Rounded(weight, kind) : weight);
    known.set(weight, found);
    return found;
  };
  const other = (value: Value): Value =>
    value.from !== undefined && "weight" in value.from
      ? { ...value, from: { weight: stored(value.from.weight) } }
      : value;
  return { ...graph, values: new Map([...graph.values].map(([id, value]) => [id, other(value)])) };
}

/** A weight as the file has it, whole words long. Packing only moves values, so that they are still whole numbers. */
async function stored(slot: WeightSlot): Promise<{ readonly bytes: Uint8Array; readonly section: Section }> {
  const { at, bytes: length, dtype, weight } = slot;
  const values = new { f32: Float32Array, f64: Float64Array, i32: Int32Array }[storageOf(dtype)](
    length / widthOf(dtype),
  );
  await fillSlot(slot, () => values);
  if (!(weight instanceof Rounded) || dtype !== "float32")
    return { bytes: new Uint8Array(values.buffer), section: [at, length / 4] };
  const { kind, scale } = weight;
  const small =
    kind === "int8" ? Int8Array.from(values, (x) => Math.round(x / scale)) : Uint16Array.from(values, toFloat16);
  const bytes = new Uint8Array(Math.ceil(small.byteLength / 4) * 4);
  bytes.set(new Uint8Array(small.buffer));
  return { bytes, section: kind === "int8" ? [at, values.length, kind, scale] : [at, values.length, kind] };
}

function endsOf(
  graph: Graph,
  ids: readonly ValueId[],
  names: readonly string[],
  ports: readonly PlacedPort[][],
): End[] {
  return ids.map((id, i) => {
    const [{ dtype }, name] = [graph.values.get(id)! as { dtype: End["dtype"] }, names[i]!];
    const [first, ...others] = ports.map((all) => all[i]!.shape);
    const shape = first!.map((length, axis) => (others.every((other) => other[axis] === length) ? length : null));
    return { name, shape, dtype };
  });
}

/** The words of all plans, as they lie in memory. */
function wordsOf({ plans }: Image): Uint8Array {
  const [first, last] = [plans[0]!, plans.at(-1)!];
  const bytes = new Uint8Array(last.at + last.words.byteLength - first.at);
  for (const { words, at } of plans)
    bytes.set(new Uint8Array(words.buffer, words.byteOffset, words.byteLength), at - first.at);
  return bytes;
}

/** Throws what `imageOf` throws, `unsupported/dtype` for text, `mismatch/option`. */
export async function moduleImage(traced: TracedModel, { quantize: wanted }: GraphOptions): Promise<ModuleImage> {
  const quantize = QUANTIZATIONS.find((one) => one === wanted);
  if (quantize !== wanted)
    fail("mismatch/option", { path: "quantize", expected: QUANTIZATIONS.join(" or "), found: String(wanted) });
  refuseHosted(traced, "module");
  const graph = quantize === undefined ? traced.graph : quantized(traced.graph, quantize);
  const image = await imageOf(graph, traced.shapes!);
  const sections: Section[] = [];
  const slots = [...image.weights].sort((a, b) => a.at - b.at);
  async function* weights(): AsyncGenerator<Uint8Array> {
    sections.length = 0;
    let end = FIRST;
    for (const slot of slots) {
      const { bytes, section } = await stored(slot);
      // As they lie in memory: what is between them is zeros.
      if (quantize === undefined) yield new Uint8Array(slot.at - end);
      else sections.push(section);
      yield bytes;
      end = slot.at + slot.bytes;
    }
  }
  let sum = 0;
  for await (const bytes of weights()) {
    for (const word of new Uint32Array(bytes.buffer)) sum = (Math.imul(sum, 31) + word) | 0;
  }
  const found = [...sections];
  const port = ({ at, shape }: PlacedPort): number[] => [at, ...shape];
  const ports = (end: "inputs" | "outputs"): PlacedPort[][] => image.plans.map((plan) => [...plan[end]]);
  const layers = traced.aliases?.map((layer, i) => (layer === traced.inputs[i] ? undefined : layer));
  return {
    inputs: endsOf(graph, graph.inputs, traced.inputs, ports("inputs")),
    outputs: endsOf(graph, graph.outputs, traced.outputs, ports("outputs")),
    graph,
    code: image.code,
    words: wordsOf(image),
    mayStop: image.mayStop,
    described: {
      plans: image.plans.map(({ inputs, outputs, from, to }) => [inputs.map(port), outputs.map(port), from, to]),
      ...(layers?.some((layer) => layer !== undefined) && { layers }),
      states: image.states.map(({ at, bytes }) => [at, bytes]),
      weights: found,
      sum,
      pages: Math.ceil(image.bytes / PAGE),
      count: image.functions,
      at: image.plans[0]!.at,
    },
    slots: slots.length,
    weights,
  };
}
