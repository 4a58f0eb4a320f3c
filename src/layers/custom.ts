/** What a caller supplies for classes, functions and Lambdas that keraport does not know. Code in a file is never run. */
import { checkText, kindOf, type OptionKinds, readOptions } from "../core/guard.ts";
import { fail } from "../core/error.ts";
import { toPlain, type JsonNode, type JsonObject } from "../codecs/json.ts";
import { callingFunction, runSupplied } from "./calling.ts";
import { functionNames } from "./common/activation-spec.ts";
import { type AnyDef, cell, type CellDef, layer, type LayerDef } from "./define.ts";
import type { CustomFunction } from "./field-context.ts";
import type { Fields } from "./fields.ts";
import type { Sym } from "../ops/types.ts";

/** All that a caller gives. */
export interface Supplied {
  /** By class name and further names, registered ones (`package>Name`) among them; they win over built-in ones. */
  readonly layers: ReadonlyMap<string, AnyDef>;
  /** Activations, and the named functions of Lambdas. */
  readonly functions: ReadonlyMap<string, CustomFunction>;
  /** By the Lambda's name, or its path where it is inside another model. */
  readonly lambdas: ReadonlyMap<string, CustomFunction>;
}

type Given<D> = Omit<D, "kind" | "isCustom">;

/** What declarations of both kinds say. */
const CLASS: OptionKinds<Omit<Given<CellDef>, "states" | "step">> = {
  class: "string",
  names: "object",
  ownName: "string",
  quantized: "object",
  module: "string",
  until: "string",
  config: "object",
  weights: "object",
  children: "object",
  args: "object",
  dialects: "object",
  stored: "any",
  calls: "object",
  writing: "object",
};
const LAYER: OptionKinds<Given<LayerDef>> = { ...CLASS, forward: "any", mask: "any", takes: "any", inputs: "any", outputs: "any" }; // prettier-ignore
const CELL: OptionKinds<Given<CellDef>> = { ...CLASS, states: "any", step: "any" };

/** Throws `mismatch/option`, `mismatch/argument` for what lacks a name or a function. */
function checkDeclared(
  where: string,
  def: { readonly class: string },
  kinds: object,
  functions: readonly string[],
): void {
  const read: { readonly [name: string]: unknown } = { ...readOptions(where, def, kinds as OptionKinds<typeof def>) };
  checkText("class", read["class"]);
  for (const name of functions)
    if (typeof read[name] !== "function")
      fail("mismatch/argument", { source: where, path: name, expected: "a function", found: kindOf(read[name]) });
}

/**
 * Declares a layer class of your own, in the language of the built-in ones: options (`fields`), weights in the order in
 * which the Python class makes them, and `forward` in terms of operations. Give it to `load` as one of `customLayers`.
 *
 *     const Scale = defineLayer({
 *       class: "Scale",
 *       config: { offset: fields.float(0) },
 *       weights: { gain: { shape: (_c, [x]) => [x!.at(-1)!] } },
 *       forward: ({ op }, { offset }, { gain }, [x]) => op.add(op.multiply(x!, gain), offset),
 *     });
 */
export function defineLayer<F extends Fields = Record<never, never>, K extends string = never>(
  def: Omit<LayerDef<F, K>, "kind" | "isCustom">,
): AnyDef {
  checkDeclared("defineLayer", def, LAYER, ["forward"]);
  const made: LayerDef<F, K> = {
    ...layer<F, K>(def),
    isCustom: true,
    forward: (cx, c, w, x, kw) => callingFunction(cx.node.path, () => def.forward(cx, c, w, x, kw)),
  };
  return made as unknown as AnyDef;
}

/** Declares the cell of a recurrent layer (`RNN`): shapes of its states, and one step. */
export function defineCell<F extends Fields = Record<never, never>, K extends string = never>(
  def: Omit<CellDef<F, K>, "kind" | "isCustom">,
): AnyDef {
  checkDeclared("defineCell", def, CELL, ["states", "step"]);
  const made: CellDef<F, K> = {
    ...cell<F, K>(def),
    isCustom: true,
    states: (cx, c, w, x) => runSupplied(cx.node.path, () => def.states(cx, c, w, x)),
    step: (cx, c, w, x, states) => runSupplied(cx.node.path, () => def.step(cx, c, w, x, states)),
  };
  return made as unknown as AnyDef;
}

/** The declaration for a Lambda whose function somebody gives; null where nobody does. */
export function lambdaFor(config: JsonObject, name: string, path: string, supplied?: Supplied): AnyDef | null {
  if (supplied === undefined) return null;
  const named = functionNames(functionOf(config)).find((one) => supplied.functions.has(one));
  const apply = supplied.lambdas.get(path) ?? supplied.lambdas.get(name) ?? (named && supplied.functions.get(named));
  if (apply === undefined || apply === "") return null;
  const given = toPlain(config.get("arguments") ?? null) as { readonly [name: string]: unknown } | null;
  return defineLayer({
    class: "Lambda",
    args: ["inputs", "mask", "training"],
    config: {},
    forward(cx, _c, _w, x, kw) {
      const one = (x.length === 1 ? x[0] : x) as Sym & readonly Sym[];
      return apply(cx.op, one, kw["mask"] as (Sym & readonly Sym[]) | undefined, given ?? {});
    },
  });
}

/** What a Lambda's config has as its function: a name, or Python code that is never run. */
export function functionOf(config: JsonObject): JsonNode {
  return config.get("function") ?? null;
}
