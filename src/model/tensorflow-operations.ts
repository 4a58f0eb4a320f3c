/**
 * Calls of TensorFlow functions as operation nodes of Keras 3, where it has an equal (`tensorflow-rules.ts`). What has none
 * is refused by name (`unsupported/translation`).
 */
import { wholeObject } from "../formats/languages.ts";
import { JsonNumber, type JsonNode, type JsonObject } from "../codecs/json.ts";
import { isFloat } from "../core/dtype.ts";
import { fail, placed, rethrowing } from "../core/error.ts";
import { attempt } from "../core/guard.ts";
import { isSym } from "../layers/common/args.ts";
import { flatNumbers } from "../layers/operations/shared/operation.ts";
import { TENSORFLOW } from "../layers/operations/shared/tensorflow.ts";
import { operationOf } from "../layers/registry.ts";
import type { Arg, Call, CallArg, LayerNode } from "../layers/define.ts";
import { operandMask } from "./given-masks.ts";
import { freshName } from "./layer-names.ts";
import { FunctionArguments, type Made } from "./function-arguments.ts";
import { OPERATION_RULES } from "./tensorflow-rules.ts";
import type { References } from "./call-form.ts";
import type { SpeltCalls } from "./spelt.ts";
import { NO_TEXTS, operationsFor } from "./spelt-operations.ts";

const isMade = (arg: Arg | Made): arg is Made =>
  typeof arg === "object" && arg !== null && "op" in arg && "args" in arg;

const isList = (arg: Made["args"][number]): arg is readonly (Arg | Made)[] => Array.isArray(arg);

/** Another name of a function, which has a rule. */
function otherName(fn: string): string | undefined {
  const run = TENSORFLOW.get(fn)?.run;
  return run && [...OPERATION_RULES.keys()].find((name) => TENSORFLOW.get(name)?.run === run);
}

/** Options as JSON. */
const option = (arg: Arg): JsonNode => {
  if (typeof arg === "number") return JsonNumber.of(arg);
  if (Array.isArray(arg)) return (arg as readonly Arg[]).map(option);
  return arg === null || typeof arg === "boolean" || typeof arg === "string"
    ? arg
    : fail("unsupported/translation", { message: "an option that is no plain value" });
};

/** Between arguments as the file has them and as rules read them: references stand as values with an id of their own. */
class Stand {
  readonly #about: References;
  readonly #stored: CallArg[] = [];

  constructor(about: References) {
    this.#about = about;
  }

  from(arg: CallArg): Arg {
    switch (arg.kind) {
      case "json":
        return arg.float === true ? { float: arg.value } : arg.value;
      case "list":
        return arg.items.map((item) => this.from(item));
      case "slice":
        return { slice: [this.from(arg.start), this.from(arg.stop), this.from(arg.step)] };
      case "ellipsis":
        return { ellipsis: true };
      case "record":
        return Object.fromEntries(arg.entries.map(([key, value]) => [key, this.from(value)]));
      default: {
        const known = arg.kind === "ref" ? this.#about.types.get(arg) : arg;
        const id = this.#stored.push(arg) - 1;
        return { id, shape: known?.shape ?? arg.shape ?? [], dtype: known?.dtype ?? arg.dtype };
      }
    }
  }

  /** `floats`: numbers are floats, though they may be whole. */
  back(arg: Arg, floats: boolean): CallArg {
    const inner = (item: Arg): CallArg => this.back(item, false);
    if (isSym(arg)) return this.#stored[arg.id]!;
    if (Array.isArray(arg)) return { kind: "list", items: (arg as readonly Arg[]).map(inner) };
    if (typeof arg === "number") return { kind: "json", value: arg, float: floats };
    if (typeof arg !== "object" || arg === null) return { kind: "json", value: arg };
    const { slice } = arg as { readonly slice?: readonly Arg[] };
    if (slice === undefined) return { kind: "ellipsis" };
    const [start, stop, step] = slice.map(inner) as [CallArg, CallArg, CallArg];
    return { kind: "slice", start, stop, step };
  }
}

/** Numbers in lists as a constant, which Keras 3 wants for a tensor; null where there is anything else. */
function constantOf(arg: Arg | Made, beside: readonly (Arg | Made)[]): CallArg | null {
  const flat = Array.isArray(arg) ? flatNumbers(arg as readonly Arg[]) : null;
  if (flat === null || flat.values.length === 0) return null;
  const { values, shape, whole } = flat;
  const float = !whole || beside.some((x) => !isMade(x) && isSym(x) && isFloat(x.dtype));
  return { kind: "constant", values, shape, dtype: float ? "float32" : "int32" };
}

/** A Softmax that is given a mask, of which Keras 2 lowers the numbers that it leaves out; null for other calls. */
function loweredSoftmax(node: LayerNode, call: Call, stand: Stand): Made | null {
  const mask = operandMask(node, call);
  if (mask === undefined || node.options.get("robust_masking") === true) return null;
  const [x, kept] = [stand.from(call.args[0]!), stand.from(mask)];
  const axis = node.config["axis"] as number | readonly number[] | null;
  const [one, ...more] = [axis].flat();
  const isPlain = isSym(x) && x.dtype === "float32" && isSym(kept) && kept.dtype === "bool" && more.length === 0;
  if (!isPlain || typeof one !== "number") return null;
  const module = "keras.src.ops.numpy";
  const scores = { op: "Where", module, args: [kept, x, { op: "Subtract", module, args: [x, 1e9] }] };
  return { op: "Softmax", module: "keras.src.ops.nn", args: [scores], options: { axis: one } };
}

/** An operation node that writes itself: class, options, the one call. */
export interface Operation {
  readonly name: string;
  readonly form: JsonObject;
  readonly call: Call;
}

/** What a rule says of a call; null where there is none for the function. */
function byRule(fn: string, call: Call, stand: Stand): Made | null {
  const known = TENSORFLOW.get(fn);
  const make = OPERATION_RULES.get(fn) ?? OPERATION_RULES.get(otherName(fn) ?? "");
  if (known === undefined || make === undefined) return null;
  const kw = Object.fromEntries(call.kwargs.map(([key, value]) => [key, stand.from(value)]));
  const args = call.args.map((arg) => stand.from(arg));
  const read = new FunctionArguments(`tf.${fn}`, known.parameters, args, kw);
  const made = make(read);
  read.done();
  return made;
}

/**
 * The operation nodes that do what a layer of class TFOpLambda does, the last named `as`. null for other layers.
 * `taken` are the names in the model.
 */
export function operationsOf(
  node: LayerNode,
  as: string,
  calls: readonly Call[],
  t: { readonly spelt?: SpeltCalls | undefined; readonly apart?: ReadonlySet<string> | undefined },
  about: References,
  taken: Set<string>,
): readonly Operation[] | null {
  const own = new Stand(about);
  const made = calls.length === 1 ? loweredSoftmax(node, calls[0]!, own) : null;
  if (made !== null) return written(made, as, taken, (arg) => own.back(arg, typeof arg === "number"));
  if (node.def?.class !== "TFOpLambda") return null;
  const refuse = (message: string): never => fail("unsupported/translation", { path: node.path, message });
  const fn = String(node.config["function"]);
  const [call, ...more] = calls;
  if (call === undefined || more.length > 0) return refuse("a function that is called more than once");
  const stand = new Stand(about);
  const floats = call.kwargs.some(([, value]) => value.kind === "json" && value.float === true);
  const saying = <T>(body: () => T): T =>
    rethrowing(body, (error) => placed(error, (problem) => ({ ...problem, path: problem.path ?? node.path })));
  const known = t.spelt?.get(call);
  const spelt = (): Made | null => (known === undefined ? null : operationsFor(known, (arg) => stand.from(arg)));
  // Rules take what stands in the file, which functions of lengths alone are not written to.
  const rule = (): Made | null => ((known?.behind ?? null) === null ? byRule(fn, call, stand) : null);
  const [first, second] = t.apart?.has(node.path) === true ? [spelt, rule] : [rule, spelt];
  const ruled = attempt(first) ?? attempt(second) ?? null;
  const whole = ruled ?? saying(() => rule() ?? spelt() ?? refuse(`Keras 3 has nothing that equals tf.${fn}`)); // prettier-ignore
  return saying(() => written(whole, as, taken, (arg) => stand.back(arg, floats)));
}

const readsTensor = (arg: CallArg): boolean =>
  arg.kind === "ref" || (arg.kind === "list" && arg.items.some(readsTensor));

const hasText = (arg: Arg): boolean =>
  typeof arg === "string" || (Array.isArray(arg) && (arg as readonly Arg[]).some(hasText));

/** Nodes for what is made, the last named `as`; what is read twice is one. */
function written(whole: Made, as: string, taken: Set<string>, back: (arg: Arg) => CallArg): readonly Operation[] {
  const nodes: Operation[] = [];
  const known = new Map<Made, CallArg>();
  const write = (made: Made, name: string): CallArg => {
    const beside = made.op === "Take" ? [] : made.args.flatMap((arg) => (isList(arg) ? [] : [arg]));
    const argument = (arg: Arg | Made): CallArg => {
      if (isMade(arg)) return known.get(arg) ?? write(arg, freshName(as, taken));
      if (hasText(arg)) return fail("unsupported/translation", { message: `${made.op} of texts: ${NO_TEXTS}` });
      return (made.op === "GetItem" ? null : constantOf(arg, beside)) ?? back(arg);
    };
    const args = made.args.map((arg): CallArg =>
      isList(arg) && arg.some(isMade) ? { kind: "list", items: arg.map(argument) } : argument(arg as Arg | Made),
    );
    // Keras 3 makes no node of a call that is given no tensor.
    if (!args.some(readsTensor)) fail("unsupported/translation", { message: "a constant, which no input makes" });
    const options = Object.entries(made.options ?? {}).map(([key, value]) => [key, option(value)] as const);
    const isLayer = made.isLayer === true;
    // A file without modules tells a layer from an operation by what all layers say.
    const own: readonly (readonly [string, JsonNode])[] = isLayer ? [["trainable", true], ["dtype", "float32"]] : []; // prettier-ignore
    const config = new Map<string, JsonNode>([["name", name], ...own, ...options]);
    const module = isLayer ? "keras.layers" : (made.module ?? operationOf(made.op).module ?? null);
    const form = wholeObject(module, made.op, config, isLayer ? null : made.op);
    nodes.push({ name, form, call: { args, kwargs: [] } });
    const reference: CallArg = { kind: "ref", layer: name, node: 0, tensor: 0, shape: null, dtype: "float32" };
    known.set(made, reference);
    return reference;
  };
  write(whole, as);
  return nodes;
}
