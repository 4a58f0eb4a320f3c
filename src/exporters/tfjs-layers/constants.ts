/** What no input changes: weights, numbers, and what operations make of them. Computed only when it is written. */
import type { DType } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { sizeOf, type Tensor } from "../../core/tensor.ts";
import { arithmeticOf } from "../../engines/reference/arithmetic/index.ts";
import { readNumbers, settle } from "../../engines/values.ts";
import { ruleOf } from "../../ops/index.ts";
import { BINARY, COMPARE, UNARY, UNARY_BOOL, type OpName, type Slots } from "../../ops/signatures.ts";
import { flatSlots, mapSlots } from "../../ops/slots.ts";
import type { Attrs, Nd, Value } from "../../ops/types.ts";

/** A value that is the same whatever the inputs are; of an open batch its first length is 1. */
export class Constant {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** The number that all its elements are, where that is known before it is computed. */
  readonly uniform: number | null;
  readonly compute: () => Promise<Nd>;
  /** Whether its elements are those of a weight. */
  readonly isLearned: boolean;

  constructor(
    shape: readonly number[],
    dtype: DType,
    uniform: number | null,
    compute: () => Promise<Nd>,
    isLearned = false,
  ) {
    this.shape = shape;
    this.dtype = dtype;
    this.uniform = uniform;
    this.compute = compute;
    this.isLearned = isLearned;
  }

  /** Its values as a weight of TensorFlow.js. */
  async read(path: string): Promise<Tensor> {
    const { shape, data } = await this.compute();
    if (!data.every((x) => Number.isFinite(x)))
      fail("unsupported/translation", { path, message: "a constant that is not finite" });
    return { dtype: "float32", shape, data: Float32Array.from(data) };
  }
}

function numbersOf(tensor: Tensor): Nd {
  const data = new Float64Array(sizeOf(tensor.shape));
  readNumbers(tensor, data, "tfjs-layers");
  return { shape: tensor.shape, data };
}

/** Of a value that no node makes; null where it is a state or an input. */
export function constantOf({ from, dtype }: Value): Constant | null {
  if (from === undefined || "state" in from) return null;
  if ("weight" in from) {
    const { weight } = from;
    return new Constant(weight.shape!, dtype, null, async () => numbersOf(await weight.read()), true);
  }
  const value = numbersOf(from.constant);
  const [first] = value.data;
  const uniform = first !== undefined && value.data.every((x) => x === first) ? first : null;
  return new Constant(value.shape, dtype, uniform, async () => value);
}

const ELEMENTWISE: ReadonlySet<OpName> = new Set([...UNARY, ...UNARY_BOOL, ...BINARY, ...COMPARE, "where", "cast"]);
const KEEPS: ReadonlySet<OpName> = new Set([
  "reshape", "expandDims", "squeeze", "transpose", "broadcastTo", "slice", "reverse", "repeat", "tile",
]); // prettier-ignore

/** Of zeros they make zeros. */
const PRODUCTS: ReadonlySet<OpName> = new Set(["matmul", "conv", "convTranspose"]);

/** What an operation makes of constants. */
export function folded(op: OpName, x: Slots<Constant>, attrs: Attrs, dtype: DType): Constant {
  const [rule, compute] = [ruleOf(op), arithmeticOf(op)];
  if (compute === undefined)
    return fail("unsupported/translation", { path: op, message: "TensorFlow.js has no such operation" });
  const all = flatSlots(x);
  const from = mapSlots(x, (one) => one.dtype);
  const run = (values: Slots<Nd>, shape: readonly number[]): Nd => {
    const y = { shape, data: new Float64Array(sizeOf(shape)) };
    compute(values, attrs, { y }, { y: dtype }, from);
    settle(y.data, dtype);
    return y;
  };
  const shape = rule.shape(
    mapSlots(x, (one) => one.shape),
    attrs,
  )["y"] as readonly number[];
  let uniform: number | null = null;
  if (op === "full") uniform = attrs["value"] as number;
  else if (all.length > 0 && all.every((one) => one.uniform !== null)) {
    const scalar = (one: Constant): Nd => ({ shape: [], data: Float64Array.of(one.uniform!) });
    if (ELEMENTWISE.has(op)) uniform = run(mapSlots(x, scalar), []).data[0]!;
    else if (KEEPS.has(op)) uniform = all[0]!.uniform;
  }
  if (PRODUCTS.has(op) && (x["bias"] ?? null) === null && all.some((one) => one.uniform === 0)) uniform = 0;
  const later = async (): Promise<Nd> => {
    const values = new Map<Constant, Nd>();
    for (const one of all) values.set(one, await one.compute());
    return run(
      mapSlots(x, (one) => values.get(one)!),
      shape,
    );
  };
  const isLearned = (KEEPS.has(op) || op === "cast" || op === "concat") && all.every((one) => one.isLearned);
  return new Constant(shape, dtype, uniform, later, isLearned);
}
