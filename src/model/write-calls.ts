/** Calls as each generation writes them in `inbound_nodes`; the mirror of calls.ts. */
import type { JsonNode } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import type { DType } from "../core/dtype.ts";
import { CALL_RULES } from "../core/semantics.ts";
import type { Call, CallArg, LayerNode } from "../layers/define.ts";
import { refsOf } from "../layers/models/shared/call-order.ts";
import { callForm, int, keras3Arg, nested, record, type References } from "./call-form.ts";
import { makesMasks } from "./layer-names.ts";
import { statesAs } from "./sole.ts";

/** `layer([x, h, c])` → `layer(x, initial_state=[h, c])`. */
function spread(call: Call, keyword: string | undefined): Call {
  const [list, ...others] = call.args;
  if (keyword === undefined || list?.kind !== "list" || others.length > 0) return call;
  const [first, ...items] = list.items;
  const further = items.length === 0 ? [] : [[keyword, { kind: "list", items } as const] as const];
  return { args: first === undefined ? [] : [first], kwargs: [...given(call).kwargs, ...further] };
}

/** Keras 2 writes what is not given as null: constants, and masks where layers of Keras 3 have no such argument. */
const given = ({ args, kwargs }: Call): Call => ({
  args,
  kwargs: kwargs.filter(([, value]) => value.kind !== "json" || value.value !== null),
});

/** The inverse of `spread`. */
function gathered(call: Call, keyword: string | undefined): Call {
  const further = call.kwargs.find(([key]) => key === keyword)?.[1];
  if (further === undefined) return call;
  const items = [
    ...call.args.flatMap(listed),
    ...(further.kind === "list" ? further.items : [further]).filter(isGiven),
  ];
  const kwargs = call.kwargs.filter(([key]) => key !== keyword);
  return { args: [items.length === 1 ? items[0]! : { kind: "list", items }], kwargs };
}

/** A null is no argument. */
const isGiven = (arg: CallArg): boolean => arg.kind !== "json" || arg.value !== null;

/** The references of an argument. */
const listed = (arg: CallArg): readonly CallArg[] =>
  arg.kind === "list" ? arg.items.flatMap(listed) : isGiven(arg) ? [arg] : [];

/** `inbound_nodes` with every tensor's shape and dtype. */
export function keras3Calls(node: LayerNode, stored: readonly Call[], about: References): JsonNode {
  const { storesNotGiven } = CALL_RULES[node.semantics];
  const further = node.def?.calls?.furtherInputs;
  return stored.map((stored) => {
    const { args, kwargs } = spread(storesNotGiven ? given(stored) : stored, further);
    const named = kwargs.map(
      ([key, value]) => [key, key === further ? statesAs(node, value, "keras3") : value] as const,
    );
    return callForm({ args, kwargs: named }, about);
  });
}

const nameOf = (layer: string, { names }: References): string => names.get(layer) ?? layer;

function keras2Kwarg(arg: CallArg, about: References): JsonNode {
  if (arg.kind === "ref") return [nameOf(arg.layer, about), int(about.numbers.argument(arg)), int(arg.tensor)];
  if (arg.kind === "list") return arg.items.map((item) => keras2Kwarg(item, about));
  if (arg.kind === "constant") return nested(arg.values, arg.shape, arg.dtype);
  if (arg.kind === "slice")
    return record((["start", "stop", "step"] as const).map((part) => [part, keras2Kwarg(arg[part], about)] as const));
  return keras3Arg(arg, about);
}

/** Keras 2 writes the first argument by its place, those after it by name. */
function named(call: Call, places: readonly string[]): Call {
  const [first, ...others] = call.args;
  if (first === undefined) {
    const own = call.kwargs.find(([key]) => key === places[0]);
    return own === undefined ? call : { args: [own[1]], kwargs: call.kwargs.filter((kwarg) => kwarg !== own) };
  }
  if (call.args.length > places.length) return call;
  const given = others.map((arg, i) => [places[i + 1]!, arg] as const).filter(([, arg]) => listed(arg).length > 0);
  return { args: [first], kwargs: [...given, ...call.kwargs] };
}

/** Masks are made by comparing with a number, which TensorFlow does not do with truth values. */
export function refuseMaskOfTruths(node: LayerNode, dtype: DType | undefined): void {
  if (dtype === "bool" && makesMasks(node))
    fail("unsupported/translation", { path: node.path, message: "a mask made of truth values", found: dtype });
}

/** Older Keras keeps tensors of numbers as lists, and hands those to its layers, of which few make tensors again. */
function refuseConstants(node: LayerNode, { args, kwargs }: Call): void {
  const isConstant = (arg: CallArg): boolean => arg.kind === "constant" || (arg.kind === "list" && arg.items.some(isConstant)); // prettier-ignore
  const found = args.some(isConstant)
    ? (node.def?.args?.[0] ?? "inputs")
    : kwargs.find(([key, arg]) => isConstant(arg) && !(key === "mask" && node.def?.calls?.masksAsLists))?.[0];
  if (found !== undefined)
    fail("unsupported/translation", {
      path: node.path,
      message: "a tensor of numbers as an argument of a layer",
      found,
    });
}

/** Keras 2: one list a call, each tensor with the keyword arguments. */
export function keras2Calls(node: LayerNode, stored: readonly Call[], about: References): JsonNode {
  if (node.def?.calls?.likeOperation === true) return functionCalls(stored, about);
  for (const call of stored) refuseConstants(node, call);
  for (const { args } of stored) for (const ref of refsOf(args)) refuseMaskOfTruths(node, about.types.get(ref)?.dtype);
  const calls = stored.map((call) => {
    const { args, kwargs } = gathered(named(call, node.def?.args ?? []), node.def?.calls?.furtherInputs);
    // Keras 3 writes `training` as a layer's signature has it, and does not read it.
    const isRead = ([key]: Call["kwargs"][number]): boolean =>
      key !== "training" || CALL_RULES[node.semantics].storesTraining;
    return { args, kwargs: kwargs.filter(isRead) };
  });
  return calls.map((call) => {
    if (call.args.length !== 1)
      fail("unsupported/translation", { path: node.path, message: "a call with several arguments" });
    const form = keras2Call(call, about);
    return call.args[0]!.kind === "ref" ? [form] : form;
  });
}

/** Of calls of functions a tensor alone is no list, and a constant may come first. */
export const functionCalls = (calls: readonly Call[], about: References): JsonNode =>
  calls.map((call) => keras2Call(call, about));

/** The first argument, with the others in each of its tensors. */
function keras2Call({ args, kwargs }: Call, about: References): JsonNode {
  const named = record(kwargs.map(([key, value]) => [key, keras2Kwarg(value, about)] as const));
  const write = (arg: CallArg): JsonNode => {
    if (arg.kind === "ref") return [nameOf(arg.layer, about), int(about.numbers.argument(arg)), int(arg.tensor), named];
    if (arg.kind === "list") return arg.items.map(write);
    if (arg.kind === "record") return record(arg.entries.map(([key, value]) => [key, write(value)] as const));
    return ["_CONSTANT_VALUE", int(-1), keras2Kwarg(arg, about), named];
  };
  return write(args[0]!);
}
