/**
 * Borders that a generation's layer has no word for, written as zeros before the layer and `valid` in it. Which layers mean
 * that, `padded` of their declarations says.
 */
import { JsonNumber, type JsonNode, type JsonObject } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import type { Dialect } from "../formats/archive.ts";
import { LANGUAGES } from "../formats/languages.ts";
import type { Call, CallArg, LayerNode } from "../layers/define.ts";
import { dtypePolicy } from "./plain-objects.ts";

type Pads = readonly (readonly [number, number])[];

/** What is to be padded before a layer, whose own padding is then `valid`; null where its own words say it. */
export const padsBefore = (node: LayerNode, to: Dialect): Pads | null =>
  node.def?.writing?.padded?.(node.config as never, LANGUAGES[to].options) ?? null;

/** The ZeroPadding layer, without its calls. */
export function zerosBefore(node: LayerNode, pads: Pads, to: Dialect, name: string): JsonObject {
  const pairs = pads.map((pair) => pair.map((n) => JsonNumber.of(n, "int")));
  const config: JsonObject = new Map<string, JsonNode>([
    ["name", name],
    ["trainable", true],
    ["dtype", dtypePolicy(node, to)],
    ["padding", pads.length === 1 ? pairs[0]! : pairs],
  ]);
  const format = node.config["data_format"] as string;
  if (pads.length > 1 || (LANGUAGES[to].padsSequencesFirst && format !== "channels_last"))
    config.set("data_format", format);
  else if (format !== "channels_last")
    fail("unsupported/translation", { path: node.path, message: "Keras 2 pads no sequences with channels first" });
  return LANGUAGES[to].object("keras.layers", `ZeroPadding${pads.length}D`, config);
}

/** A layer's calls as those of the zeros before it, and its own on what those give. */
export function callsThrough(zeros: string, node: LayerNode, calls: readonly Call[]): readonly [Call[], Call[]] {
  const first = calls.map(({ args: [x] }): Call => {
    if (x?.kind === "ref") return { args: [x], kwargs: [] };
    return fail("unsupported/translation", { path: node.path, message: "a call with several arguments" });
  });
  const second = calls.map((call, i): Call => {
    const padded: CallArg = { kind: "ref", layer: zeros, node: i, tensor: 0, shape: null, dtype: node.dtype };
    return { ...call, args: [padded, ...call.args.slice(1)] };
  });
  return [first, second];
}
