/** Layers of several inputs. Source: tfjs-layers/src/layers/merge.ts. */
import { shortest } from "../../layers/common/l2.ts";
import type { TfjsRule } from "./windows.ts";
import type { TfjsValue } from "./writer.ts";

/** Whether shapes of equal rank spread over one another by lengths of 1. */
const spread = (x: readonly TfjsValue[]): boolean => x.every(({ shape }) => shape.length === x[0]!.shape.length);

/** Add and what else takes values element by element. */
export const merged =
  (className: "Add" | "Multiply" | "Average" | "Maximum" | "Minimum"): TfjsRule =>
  (w, of, x) => {
    if (x.length < 2) return w.refuse(of, "TensorFlow.js merges two inputs or more");
    if (!spread(x)) w.refuse(of, "inputs of several ranks");
    return w.call(of, "", className, {}, x, of.y);
  };

/** Subtract. */
export const subtract: TfjsRule = (w, of, x) => {
  if (x.length !== 2 || !spread(x)) w.refuse(of, "inputs of several ranks");
  const negative = w.one(of, "negative", "Rescaling", { scale: -1, offset: 0 }, x[1]!, x[1]!.shape);
  return w.call(of, "", "Add", {}, [x[0]!, negative], of.y);
};

/** Concatenate. */
export const concatenate: TfjsRule = (w, of, x) => {
  const rank = x[0]!.shape.length;
  const given = of.c["axis"] as number;
  const axis = given < 0 ? given + rank : given;
  if (x.length < 2) return x;
  if (axis === 0) w.refuse(of, "TensorFlow.js keeps the batch", "axis");
  return w.call(of, "", "Concatenate", { axis }, x, of.y);
};

/** A vector that is shorter is divided by this, not by its length; by less in Keras, as if all were longer here. */
const SHORTEST = Math.sqrt(1e-7);

/** Dot. */
export const dot: TfjsRule = (w, of, x) => {
  const given = of.c["axes"] as number | readonly number[];
  const ranks = x.map(({ shape }) => shape.length);
  const axes = (typeof given === "number" ? [given, given] : given.length === 1 ? [given[0]!, given[0]!] : given).map(
    (axis, i) => (axis < 0 ? axis + ranks[i]! : axis),
  );
  if (ranks.some((rank) => rank !== 3) && !(ranks.every((rank) => rank === 2) && axes.every((axis) => axis === 1)))
    w.refuse(of, "TensorFlow.js multiplies two vectors, or two matrices", "axes");
  if (axes.includes(0)) w.refuse(of, "TensorFlow.js keeps the batch", "axes");
  const normalize = of.c["normalize"] === true;
  const scale = SHORTEST / shortest(of.node.semantics, 1e-7);
  const sides = normalize
    ? x.map((side, i) => w.one(of, `side${i}`, "Rescaling", { scale, offset: 0 }, side, side.shape))
    : x;
  return w.call(of, "", "Dot", { axes, normalize }, sides, of.y);
};

/** Attention: scores of all pairs, softmax, sums. */
export const attention: TfjsRule = (w, of, x) => {
  const [query, value, key = value] = x;
  const isPlain = of.c["score_mode"] === "dot" && of.c["use_scale"] !== true && of.c["causal"] !== true;
  const masked = Object.entries(of.named).some(
    ([name, arg]) => /mask/.test(name) && arg !== null && arg !== undefined && arg !== false,
  );
  if (
    !isPlain ||
    masked ||
    of.y.length > 1 ||
    x.some(({ shape, mask }) => shape.length !== 3 || mask !== null) ||
    w.isTimed
  )
    w.refuse(of, "scores other than products, masks, or scores as results");
  const scores = [query!.shape[0]!, query!.shape[1]!, key!.shape[1]!];
  const [products] = w.call(of, "scores", "Dot", { axes: [2, 2], normalize: false }, [query!, key!], [scores]);
  const shares = w.one(of, "shares", "Activation", { activation: "softmax" }, products!, scores);
  return w.call(of, "", "Dot", { axes: [2, 1], normalize: false }, [shares, value!], of.y);
};
