/**
 * Regularisers, which add to the loss, and constraints, which bring weights back after a step. Sources:
 * keras/src/regularizers/regularizers.py, keras/src/constraints/constraints.py (3.15).
 */
import { type JsonNode, JsonNumber, type JsonObject } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import type { OpContext } from "../ops/builder.ts";
import type { Sym } from "../ops/types.ts";

/** `keras.config.epsilon()`. */
const EPSILON = 1e-7;

interface PenaltyOptions {
  number(name: string, otherwise: number): number;
  readonly json: JsonObject;
}

type Made = (cx: OpContext, x: Sym, options: PenaltyOptions) => Sym;

const total = ({ op }: OpContext, x: Sym): Sym => op.sum(x);

const REGULARIZERS: ReadonlyMap<string, Made> = new Map<string, Made>([
  ["L1", (cx, x, o) => cx.op.multiply(total(cx, cx.op.abs(x)), o.number("l1", 0.01))],
  ["L2", (cx, x, o) => cx.op.multiply(total(cx, cx.op.square(x)), o.number("l2", 0.01))],
  [
    "L1L2",
    (cx, x, o) =>
      cx.op.add(
        cx.op.multiply(total(cx, cx.op.abs(x)), o.number("l1", 0)),
        cx.op.multiply(total(cx, cx.op.square(x)), o.number("l2", 0)),
      ),
  ],
  ["OrthogonalRegularizer", orthogonal],
]);

function orthogonal({ op }: OpContext, x: Sym, { number, json }: PenaltyOptions): Sym {
  if (x.shape.length !== 2) fail("mismatch/rank", { source: "OrthogonalRegularizer", expected: "a matrix" });
  const isRows = json.get("mode") !== "columns";
  const axis = isRows ? 1 : 0;
  const size = x.shape[1 - axis]!;
  const length = op.minimum(op.rsqrt(op.sum(op.square(x), [axis], true)), 1 / EPSILON);
  const unit = op.multiply(x, length);
  const product = op.matmul(unit, unit, isRows ? { transposeB: true } : { transposeA: true });
  const place = op.iota(size, "int32");
  const others = op.cast(op.notEqual(place, op.expandDims(place, [1])), x.dtype);
  const pairs = (size * (size - 1)) / 2;
  return op.divide(op.multiply(op.sum(op.abs(op.multiply(product, others))), 0.5 * number("factor", 0.01)), pairs);
}

const norms = ({ op }: OpContext, x: Sym, { json }: PenaltyOptions): Sym => {
  const axis = json.get("axis") ?? JsonNumber.of(0, "int");
  const axes = (Array.isArray(axis) ? axis : [axis]).map((a) => (a instanceof JsonNumber ? a.value : 0));
  return op.sqrt(op.sum(op.square(x), axes, true));
};

const CONSTRAINTS: ReadonlyMap<string, Made> = new Map<string, Made>([
  ["NonNeg", ({ op }, x) => op.where(op.greaterEqual(x, 0), x, 0)],
  ["UnitNorm", (cx, x, o) => cx.op.divide(x, cx.op.add(norms(cx, x, o), EPSILON))],
  [
    "MaxNorm",
    (cx, x, o) => {
      const { op } = cx;
      const length = norms(cx, x, o);
      const wanted = op.minimum(op.maximum(length, 0), o.number("max_value", 2));
      return op.multiply(x, op.divide(wanted, op.add(length, EPSILON)));
    },
  ],
  [
    "MinMaxNorm",
    (cx, x, o) => {
      const { op } = cx;
      const length = norms(cx, x, o);
      const rate = o.number("rate", 1);
      const inside = op.minimum(op.maximum(length, o.number("min_value", 0)), o.number("max_value", 1));
      const wanted = op.add(op.multiply(inside, rate), op.multiply(length, 1 - rate));
      return op.multiply(x, op.divide(wanted, op.add(length, EPSILON)));
    },
  ],
]);

/** What the JSON of an object of Keras computes; null where there is none. Throws `unsupported/training`. */
function made(
  kind: string,
  known: ReadonlyMap<string, Made>,
  json: JsonNode | undefined,
): ((cx: OpContext, x: Sym) => Sym) | null {
  if (json === null || json === undefined) return null;
  const name = json instanceof Map ? json.get("class_name") : json;
  const config = json instanceof Map ? json.get("config") : undefined;
  const wanted = String(name).replace(/_/g, "").toLowerCase();
  const found = [...known].find(([className]) => className.toLowerCase() === wanted);
  if (found === undefined)
    return fail("unsupported/training", { path: kind, expected: [...known.keys()].join(", "), found: String(name) });
  const options: JsonObject = config instanceof Map ? config : new Map<string, JsonNode>();
  const number = (option: string, otherwise: number): number => {
    const value = options.get(option);
    return value instanceof JsonNumber ? value.value : otherwise;
  };
  return (cx, x) => found[1](cx, x, { number, json: options });
}

/** The penalty of a value: a scalar. */
export const penaltyFor = (json: JsonNode | undefined): ReturnType<typeof made> =>
  made("regularizer", REGULARIZERS, json);

/** A weight as its constraint allows it. */
export const constrainedBy = (json: JsonNode | undefined): ReturnType<typeof made> =>
  made("constraint", CONSTRAINTS, json);
