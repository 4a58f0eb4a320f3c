/** What a module holds of a model: its code, its plans, and its weights as the file has them. */
import { type DType, fromFloat16 } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { toFloat16 } from "../../core/half.ts";
import type { Tensor } from "../../core/tensor.ts";
import { fillSlot, type Image, imageOf, type PlacedPort } from "../../engines/wasm/image.ts";
import { storageOf, widthOf } from "../../engines/wasm/kernels/storage.ts";
import type { WeightSlot } from "../../engines/wasm/link.ts";
import type { Graph, Value, ValueId, WeightRef } from "../../ops/types.ts";
import { type GraphOptions, QUANTIZATIONS, type TracedModel } from "../types.ts";

type Quantization = NonNullable<GraphOptions["quantize"]>;
type Kind = "word" | Quantization;

const PAGE = 65536;
const INT8 = 127;
/** What rounds to an infinity in float16. */
const MOST_FLOAT16 = 65520;

/** Where a part of the weights' file belongs: address, number of values (words), how they are stored, what they are times. */
type Section = readonly [at: number, count: number, kind: Kind, scale?: number];

/** What the module's text says of its model: plain data. */
export interface Described {
  readonly inputs: readonly { readonly name: string; readonly layer?: string; readonly dtype: DType }[];
  readonly outputs: readonly { readonly name: string; readonly dtype: DType }[];
  /** Address and shape of each input and output; the first and last instruction. */
  readonly plans: readonly {
    readonly inputs: readonly (readonly number[])[];
    readonly outputs: readonly (readonly number[])[];
    readonly from: number;
    readonly to: number;
  }[];
  readonly states: readonly (readonly [at: number, bytes: number])[];
  readonly weights: readonly Section[];
  /** Of the weights' file: bytes of another sum are refused. */
  readonly sum: number;
  readonly pages: number;
  readonly functions: number;
}

export interface ModuleImage {
  readonly described: Described;
  readonly code: Uint8Array<ArrayBuffer>;
  readonly plans: Image["plans"];
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
    return { bytes: new Uint8Array(values.buffer), section: [at, length / 4, "word"] };
  const { kind, scale } = weight;
  const small =
    kind === "int8" ? Int8Array.from(values, (x) => Math.round(x / scale)) : Uint16Array.from(values, toFloat16);
  const bytes = new Uint8Array(Math.ceil(small.byteLength / 4) * 4);
  bytes.set(new Uint8Array(small.buffer));
  return { bytes, section: [at, values.length, kind, ...(kind === "int8" ? [scale] : [])] as unknown as Section };
}

/** Throws what `imageOf` throws, `unsupported/dtype` for text, `mismatch/option`. */
export async function moduleImage(traced: TracedModel, { quantize }: GraphOptions): Promise<ModuleImage> {
  if (quantize !== undefined && !QUANTIZATIONS.includes(quantize))
    fail("mismatch/option", { path: "quantize", expected: QUANTIZATIONS.join(" or "), found: String(quantize) });
  const graph = quantize === undefined ? traced.graph : quantized(traced.graph, quantize);
  const dtypeOf = (id: ValueId, path: string): DType => {
    const { dtype } = graph.values.get(id)!;
    return dtype === "string" ? fail("unsupported/dtype", { source: "module", path, found: dtype }) : dtype;
  };
  const inputs = graph.inputs.map((id, i) => {
    const [name, layer] = [traced.inputs[i]!, traced.layers?.[i]];
    return { name, ...(layer !== undefined && layer !== name && { layer }), dtype: dtypeOf(id, name) };
  });
  const outputs = graph.outputs.map((id, i) => ({ name: traced.outputs[i]!, dtype: dtypeOf(id, traced.outputs[i]!) }));
  const image = imageOf(graph, traced.shapes!);
  const sections: Section[] = [];
  // Of words, first to last: what follows from them in the file is known before it is written.
  let sum = 0;
  for (const slot of image.weights) {
    const { bytes, section } = await stored(slot);
    sections.push(section);
    for (const word of new Uint32Array(bytes.buffer)) sum = (Math.imul(sum, 31) + word) | 0;
  }
  const port = ({ at, shape }: PlacedPort): number[] => [at, ...shape];
  return {
    graph,
    code: image.code,
    plans: image.plans,
    described: {
      inputs,
      outputs,
      plans: image.plans.map((plan) => ({
        inputs: plan.inputs.map(port),
        outputs: plan.outputs.map(port),
        from: plan.from,
        to: plan.to,
      })),
      states: image.states.map(({ at, bytes }) => [at, bytes]),
      weights: sections,
      sum,
      pages: Math.ceil(image.bytes / PAGE),
      functions: image.functions,
    },
    async *weights() {
      for (const slot of image.weights) yield (await stored(slot)).bytes;
    },
  };
}
