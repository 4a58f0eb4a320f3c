/** Inputs made from a seed that a model can take: lengths that fit, indices inside the tables that they reach. */
import { allocate, isFloat } from "../core/dtype.ts";
import { fail, FormatError } from "../core/error.ts";
import { toBfloat16, toFloat16 } from "../core/half.ts";
import { showShape, sizeOf, type Tensor } from "../core/tensor.ts";
import { resolve } from "../graph/resolve.ts";
import type { Traced } from "../graph/trace.ts";
import { isNode, makesOf, readsOf } from "../ops/slots.ts";
import type { Graph, Shape, ValueId } from "../ops/types.ts";

const BATCH = 2;
/** Tried in turn for the lengths that a model leaves open: sequences are fine with the first, images may need more. */
const LENGTHS = [6, 16, 32, 64, 128, 224, 299, 1, 2, 3, 4, 5, 8, 10, 12, 20, 24, 48, 96, 256, 512];
/** Integers that index no table known beforehand are drawn below these, the first that the model takes. */
const BELOW = [8, 2, 1] as const;

/** Operations whose output holds values of an input as they are. */
const CARRIES: ReadonlySet<string> = new Set(
  "cast reshape transpose slice concat reverse expandDims squeeze broadcastTo tile repeat pad where scan rnn".split(
    " ",
  ),
);

/** Uniform numbers from 0 to 1 (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** For each input the length of the smallest table that its values index; undefined where they index none. */
export function tableLengths(graph: Graph): readonly (number | undefined)[] {
  return graph.inputs.map((input) => {
    const carried = new Set<ValueId>([input]);
    let smallest: number | undefined;
    const open: Graph[] = [graph];
    for (let body = open.pop(); body !== undefined; body = open.pop()) {
      for (const node of body.nodes) {
        if (!readsOf(node).some((id) => carried.has(id))) continue;
        if (isNode(node, "gather") && carried.has(node.in.indices)) {
          const length = graph.values.get(node.in.table)?.shape?.[node.attrs.axis];
          if (typeof length === "number") smallest = Math.min(smallest ?? length, length);
        }
        if (!CARRIES.has(node.op)) continue;
        for (const id of makesOf(node)) carried.add(id);
        if (node.body === undefined) continue;
        for (const id of node.body.inputs) carried.add(id);
        for (const { outer, inner } of node.body.captures) if (carried.has(outer)) carried.add(inner);
        open.push(node.body);
      }
    }
    return smallest;
  });
}

/** Numbers for every open length such that the model's shapes work out. Throws `unsupported/seeded-inputs`. */
export function fittingShapes(
  { graph, inputs }: Pick<Traced, "graph" | "inputs">,
  hints: readonly (Shape | null)[],
): readonly (readonly number[])[] {
  const known = inputs.map(({ shape }, i) => (shape ?? []).map((n, axis) => n ?? hints[i]?.[axis] ?? null));
  const filled = (length: number): number[][] =>
    known.map((shape) => shape.map((n, axis) => n ?? (axis === 0 ? BATCH : length)));
  const isOpen = known.some((shape) => shape.some((n, axis) => n === null && axis > 0));
  if (!isOpen) return filled(0);
  let first: unknown;
  for (const length of LENGTHS) {
    const shapes = filled(length);
    try {
      resolve(graph, shapes);
      return shapes;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      first ??= error;
    }
  }
  const shapes: readonly (Shape | null)[] = inputs.map(({ shape }) => shape);
  return fail("unsupported/seeded-inputs", {
    message: `no lengths were found that the model takes (${first instanceof FormatError ? first.code : ""}): give a fixture`,
    found: shapes.map(showShape).join(", "),
  });
}

/**
 * One tensor for every input. Floats lie in [-1, 1), indices inside their table, other integers in [0, `small`). `hints`
 * fill lengths that the model leaves open; `other` is a graph that is to take them too. Throws `unsupported/seeded-inputs` for
 * text and where no lengths fit.
 */
export function seededInputs(
  traced: Pick<Traced, "graph" | "inputs">,
  seed: number,
  hints: readonly (Shape | null)[] = [],
  other?: Graph,
  small: number = BELOW[0],
): readonly Tensor[] {
  const random = randomNumbers(seed);
  const further = other === undefined ? [] : tableLengths(other);
  const tables = tableLengths(traced.graph).map((own, i) => Math.min(own ?? Infinity, further[i] ?? Infinity));
  return fittingShapes(traced, hints).map((shape, i): Tensor => {
    const { dtype, name } = traced.inputs[i]!;
    if (dtype === "string")
      return fail("unsupported/seeded-inputs", { path: name, message: "no text is made up: give a fixture" });
    const data = allocate(dtype, sizeOf(shape));
    const table = tables[i]!;
    const below = dtype === "bool" ? 2 : table < Infinity ? table : small;
    for (let k = 0; k < data.length; k++) {
      const u = random();
      const value = isFloat(dtype) && table === Infinity ? 2 * u - 1 : Math.floor(u * below);
      if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[k] = BigInt(value);
      else data[k] = dtype === "float16" ? toFloat16(value) : dtype === "bfloat16" ? toBfloat16(value) : value;
    }
    return { dtype, shape, data };
  });
}

/**
 * What `run` gives, called with smaller integers as long as the model finds an index outside of what it chooses from. Throws
 * `unsupported/seeded-inputs` where it always does.
 */
export async function onTakenInputs<T>(run: (small: number) => Promise<T>): Promise<T> {
  let refused: FormatError | undefined;
  for (const small of BELOW) {
    try {
      return await run(small);
    } catch (error) {
      if (!(error instanceof FormatError) || error.code !== "mismatch/range") throw error;
      refused = error;
    }
  }
  const { path, expected, found } = refused!.problems[0]!;
  const message = "the model does not take integers that are made up: give a fixture";
  return fail("unsupported/seeded-inputs", { path, message, expected, found });
}
