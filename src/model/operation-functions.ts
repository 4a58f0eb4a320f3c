/**
 * Operation nodes of Keras 3, and activations that Keras 2 has no name for, as calls of TensorFlow's functions, which the
 * Keras 2 in TensorFlow has in their place: the mirror of `tensorflow-operations.ts`. What no function equals is refused by
 * name (`unsupported/translation`). Source: tf_keras/layers/core/tf_op_layer.py, tf_keras/engine/node.py (`serialize`).
 */
import type { JsonNode, JsonObject } from "../codecs/json.ts";
import { type DType, isFloat } from "../core/dtype.ts";
import { fail, placed, rethrowing } from "../core/error.ts";
import { attempt } from "../core/guard.ts";
import type { Dialect } from "../formats/archive.ts";
import { LANGUAGES } from "../formats/languages.ts";
import type { Call, CallArg, LayerNode } from "../layers/define.ts";
import type { ActivationSpec } from "../ops/attributes.ts";
import type { References } from "./call-form.ts";
import { ACTIVATIONS } from "./function-activations.ts";
import { FUNCTION_RULES } from "./function-rules.ts";
import {
  float,
  type FunctionArg,
  type FunctionCall,
  type FunctionRule,
  of,
  OperationCall,
  plain,
} from "./operation-call.ts";
import { functionsFor } from "./spelt-functions.ts";
import type { SpeltCalls } from "./spelt.ts";
import { operandMask } from "./given-masks.ts";
import { freshName } from "./layer-names.ts";
import { functionCalls } from "./write-calls.ts";

/** The numbers of activations that are known by their names alone. */
const DEFAULTS: Readonly<Record<string, number>> = { alpha: 1, threshold: 0.5, b: 4 };

const isList = (arg: FunctionArg): arg is readonly (CallArg | FunctionCall)[] => Array.isArray(arg);

const hasTensor = (arg: FunctionArg): boolean =>
  isList(arg)
    ? arg.some(hasTensor)
    : "fn" in arg || arg.kind === "ref" || (arg.kind === "list" && arg.items.some(hasTensor));

/** A constant with a new axis, instead of a function that makes it: tf-keras makes no layer of one without a tensor. */
function withAxis({ fn, args }: FunctionCall): CallArg | undefined {
  const [given, axis] = args.map(([, arg]) => arg);
  if (fn !== "expand_dims" || given === undefined || axis === undefined || isList(given) || isList(axis))
    return undefined;
  const x = "fn" in given ? withAxis(given) : given;
  if (x?.kind !== "constant" || "fn" in axis || axis.kind !== "json" || typeof axis.value !== "number")
    return undefined;
  const at = axis.value < 0 ? axis.value + x.shape.length + 1 : axis.value;
  return { ...x, shape: x.shape.toSpliced(at, 0, 1) };
}

/** What makes a layer's call of functions; null where it is written as it is. `plain`: activations are kept. */
function functionsIn(node: LayerNode, to: Dialect, isPlain: boolean): FunctionRule | null {
  if (LANGUAGES[to].hasOperations) return null;
  if (node.def?.kind === "operation")
    return FUNCTION_RULES.get(node.def.class) ?? ((o) => o.refuse(`${LANGUAGES[to].title} has no such operation`));
  if (node.def?.class !== "Activation" || isPlain || node.dtype !== "float32") return null;
  const { fn, apply } = node.config["activation"] as ActivationSpec;
  // Keras 2 has a hard_sigmoid of its own, see `hard-sigmoid.ts`.
  const make = apply === undefined && fn !== "hard_sigmoid" ? ACTIVATIONS[fn] : undefined;
  if (make === undefined) return null;
  return (o) => {
    const x = o.given(0);
    const dtype = o.dtype(x) as DType;
    // The layer casts floats to its policy's dtype, which functions do not.
    const cast = isFloat(dtype) && dtype !== node.dtype ? of("cast", { x, dtype: plain(node.dtype) }) : x;
    return make(cast, (name) => DEFAULTS[name] ?? o.refuse(`without ${name}`));
  };
}

/** A Softmax that is given a mask: Keras 3 overwrites what it leaves out, and gives it zeros; Keras 2 lowers it. */
const keptSoftmax: FunctionRule = (o) => {
  const [x, mask] = [o.given(0), o.given(1)];
  const axis = o.option("axis");
  const one = Array.isArray(axis) && axis.length === 1 ? (axis[0] as unknown) : axis;
  if (o.dtype(x) !== "float32" || o.dtype(mask) !== "bool" || typeof one !== "number")
    return o.refuse("of such a mask");
  const kept = (a: CallArg | FunctionCall, otherwise: number): FunctionCall =>
    of("where", { condition: mask, x: a, y: float(otherwise) });
  return kept(of("nn.softmax", { logits: kept(x, -1e9), axis: plain(one) }), 0);
};

/**
 * The layers of class TFOpLambda that do what an operation node does, or an activation without a name in Keras 2, the last
 * named `as`; null for other layers. `taken` are the names in the model.
 */
export function functionsOf(
  node: LayerNode,
  as: string,
  calls: readonly Call[],
  t: {
    readonly to: Dialect;
    readonly plain?: boolean;
    readonly said?: Map<string, readonly string[]>;
    readonly spelt?: SpeltCalls | undefined;
    readonly apart?: ReadonlySet<string> | undefined;
  },
  about: References,
  taken: Set<string>,
): readonly JsonObject[] | null {
  const isMasked = !LANGUAGES[t.to].hasOperations && calls.some((call) => operandMask(node, call) !== undefined);
  const rule = isMasked ? keptSoftmax : functionsIn(node, t.to, t.plain === true);
  if (rule === null) return null;
  const entries: JsonObject[] = [];
  const known = new Map<FunctionCall, CallArg>();
  const write = (name: string, fn: string, made: readonly FunctionCall[]): void => {
    const written = made.map((one): Call => {
      if (!one.args.some(([, arg]) => hasTensor(arg))) fail("unsupported/translation", { path: node.path, message: "a function of numbers alone, of which tf-keras makes no layer", found: fn }); // prettier-ignore
      const item = (value: CallArg | FunctionCall): CallArg => ("fn" in value ? inner(value, made.length) : value);
      const args = one.args.map(
        ([key, value]) =>
          [key, isList(value) ? ({ kind: "list", items: value.map(item) } as const) : item(value)] as const,
      );
      return { args: args.slice(0, 1).map(([, first]) => first), kwargs: args.slice(1) };
    });
    const config = new Map<string, JsonNode>([
      ["name", name],
      ["trainable", true],
      ["dtype", "float32"],
      ["function", fn],
    ]);
    const className = fn === "__operators__.getitem" ? "SlicingOpLambda" : "TFOpLambda";
    const form = LANGUAGES[t.to].object("keras.src.layers.core.tf_op_layer", className, config, null);
    entries.push(form.set("name", name).set("inbound_nodes", functionCalls(written, about)));
  };
  const inner = (call: FunctionCall, times: number): CallArg => {
    if (times > 1)
      fail("unsupported/translation", { path: node.path, message: "functions that are called more than once" });
    const written = known.get(call) ?? withAxis(call);
    if (written !== undefined) return written;
    const name = freshName(as, taken);
    write(name, call.fn, [call]);
    const reference: CallArg = { kind: "ref", layer: name, node: 0, tensor: 0, shape: null, dtype: "float32" };
    known.set(call, reference);
    return reference;
  };
  const ruled = (call: Call): FunctionCall => rule(new OperationCall(node, call, about));
  const byRules = attempt(() => calls.map(ruled));
  const spelt = (call: Call): FunctionCall => {
    const known = t.spelt?.get(call);
    if (known === undefined) return ruled(call);
    return rethrowing(() => functionsFor(known.outputs), (error) => placed(error, (problem) => ({ ...problem, path: node.path, found: node.class }))); // prettier-ignore
  };
  // What is spelt out is compared operation by operation, which a sum of products in other words is not.
  const isEinsum = node.def?.class === "Einsum";
  const isApart = isEinsum || t.apart?.has(node.path) === true;
  const isSpelt = (isApart || byRules === undefined) && calls.every((call) => t.spelt?.has(call));
  const byParts = isSpelt ? attempt(() => calls.map(spelt)) : undefined;
  const made = byParts ?? byRules ?? calls.map(spelt);
  write(as, made[0]?.fn ?? "", made);
  const beside = node.path.slice(0, -node.name.length);
  if (isEinsum && byParts === undefined)
    t.said?.set(
      node.path,
      entries.map((entry) => beside + String(entry.get("name"))),
    );
  return entries;
}
