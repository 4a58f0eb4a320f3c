/**
 * What is computed of weights of 8-bit integers alone: unpacked, cast, scaled. It is computed once, as a weight is read, and
 * not in every run.
 */
import { sizeOf, type Tensor } from "../../core/tensor.ts";
import { isFloat } from "../../core/dtype.ts";
import { simplify } from "../../graph/simplify.ts";
import { makesOf, readsOf } from "../../ops/slots.ts";
import type { OpName } from "../../ops/signatures.ts";
import type { Graph, Value, ValueId, WeightRef } from "../../ops/types.ts";
import { isByte } from "./form-name.ts";
import type { Alone } from "./types.ts";

/** Values with fewer elements are computed again, and constants with more are none of these. */
const [LEAST, MOST_CONSTANT] = [1 << 12, 1 << 6];

/** What computes nothing: its output lies where its input does. */
const STILL: ReadonlySet<OpName> = new Set<OpName>(["reshape", "expandDims", "squeeze"]);

/** A value that depends on weights and constants alone. */
interface Known {
  /** Equal for equal values, whichever plan they are of. */
  readonly key: number;
  /** The largest of the 8-bit weights that it is made of, if any. */
  readonly source: WeightRef | undefined;
}

const larger = (a: WeightRef | undefined, b: WeightRef | undefined): WeightRef | undefined =>
  a === undefined || (b !== undefined && sizeOf(b.shape!) > sizeOf(a.shape!)) ? b : a;

/** Numbers that JSON lacks told apart, 64-bit integers among them. */
const exact = (_name: string, value: unknown): unknown =>
  Object.is(value, -0)
    ? "-0"
    : typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))
      ? String(value)
      : value;

const sessions = new WeakMap<Alone, OfWeights>();

/** A resolved, lowered graph in which such values are weights, for the session of an `alone`. */
export function withOfWeights(graph: Graph, alone: Alone): Graph {
  const known = sessions.get(alone) ?? new OfWeights(alone);
  sessions.set(alone, known);
  return simplify(known.replaced(graph));
}

/** The weights that the graphs of one session make of their own. */
class OfWeights {
  readonly #alone: Alone;
  readonly #keys = new Map<string, number>();
  readonly #weights = new Map<WeightRef, number>();
  readonly #made = new Map<number, WeightRef>();

  constructor(alone: Alone) {
    this.#alone = alone;
  }

  #key(of: unknown): number {
    const text = JSON.stringify(of, exact);
    const key = this.#keys.get(text) ?? this.#keys.size;
    this.#keys.set(text, key);
    return key;
  }

  #read({ from, dtype, shape }: Value): Known | undefined {
    if (from === undefined || "state" in from) return undefined;
    if ("constant" in from) {
      const { data } = from.constant;
      return data.length > MOST_CONSTANT ? undefined : { key: this.#key([dtype, shape, Array.from(data as ArrayLike<unknown>)]), source: undefined }; // prettier-ignore
    }
    const { weight } = from;
    const number = this.#weights.get(weight) ?? this.#weights.size;
    this.#weights.set(weight, number);
    return { key: this.#key([dtype, number]), source: isByte(weight) && weight.shape !== null ? weight : undefined };
  }

  #weight(graph: Graph, id: ValueId, { key, source }: Known): WeightRef {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const { dtype, shape } = graph.values.get(id)!;
    const own = simplify({ ...graph, inputs: [], states: [], calls: [], outputs: [id] });
    const read = (): Promise<Tensor> => this.#alone(own);
    const made = { name: source!.name, dtype, shape: shape as readonly number[], read };
    this.#made.set(key, made);
    return made;
  }

  replaced(graph: Graph): Graph {
    const known = new Map<ValueId, Known>();
    for (const [id, value] of graph.values) {
      const read = this.#read(value);
      if (read !== undefined) known.set(id, read);
    }
    for (const { op, attrs, body, ...node } of graph.nodes) {
      const reads = readsOf(node).map((id) => known.get(id));
      const [id, ...others] = makesOf(node) as [ValueId, ...ValueId[]];
      if (body !== undefined || op === "random" || others.length > 0 || !reads.every((x) => x !== undefined)) continue;
      const { dtype, shape } = graph.values.get(id)!;
      const key = this.#key([op, attrs, reads.map((read) => read.key), dtype, shape]);
      known.set(id, { key, source: reads.reduce<WeightRef | undefined>((most, { source }) => larger(most, source), undefined) }); // prettier-ignore
    }
    const values = new Map(graph.values);
    const become = (id: ValueId, weight: WeightRef): void =>
      void values.set(id, { ...values.get(id)!, from: { weight } });
    const isLarge = (id: ValueId): boolean => {
      const { shape, dtype } = graph.values.get(id)!;
      const size = sizeOf(shape as readonly number[]);
      const source = known.get(id)?.source;
      return source !== undefined && (isFloat(dtype) || isByte({ dtype })) && size >= LEAST && size <= 2 * sizeOf(source.shape!); // prettier-ignore
    };
    const makers = new Map(graph.nodes.map((node) => [makesOf(node)[0]!, node]));
    /** The value that lies in a place, in whichever shape. */
    const source = (id: ValueId): ValueId => {
      const maker = makers.get(id);
      return maker !== undefined && STILL.has(maker.op) ? source(readsOf(maker)[0]!) : id;
    };
    const stays = graph.nodes.filter((node) => !known.has(makesOf(node)[0]!));
    const wanted = new Set([...stays.flatMap(readsOf), ...graph.outputs, ...graph.states.map(({ write }) => write)]);
    for (const node of [...graph.nodes].reverse()) {
      const [id] = makesOf(node) as [ValueId];
      if (!wanted.has(id) || !known.has(id)) continue;
      if (STILL.has(node.op) || !isLarge(id)) for (const read of readsOf(node)) wanted.add(read);
      else {
        // A cast of bytes is done as they are read, from the file or what makes them.
        const input = source(readsOf(node)[0]!);
        const { dtype, from } = graph.values.get(input)!;
        const isCast = node.op === "cast" && isByte({ dtype }) && isLarge(input);
        const stored = isCast && from !== undefined && "weight" in from ? from.weight : undefined;
        const of = isCast ? input : id;
        become(id, stored ?? this.#weight(graph, of, known.get(of)!));
      }
    }
    const nodes = graph.nodes.filter((node) => values.get(makesOf(node)[0]!)!.from === undefined);
    return { ...graph, values, nodes };
  }
}
