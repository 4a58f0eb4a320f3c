/** Calls as each generation writes them in `inbound_nodes`; the mirror of calls.ts. */
import { JsonNumber, type JsonNode } from "../codecs/json.ts";
import { isFloat } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import type { Call, CallArg, LayerNode, ReferenceTypes } from "../layers/define.ts";
import type { Renumbering } from "./renumber.ts";

/** What is known of the references in calls. */
export interface References {
  readonly types: ReferenceTypes;
  readonly numbers: Pick<Renumbering, "argument">;
  /** What the layers around are called from now on. */
  readonly names: ReadonlyMap<string, string>;
}

const record = (entries: readonly (readonly [string, JsonNode])[]): JsonNode => new Map(entries);
const int = (n: number): JsonNumber => JsonNumber.of(n, "int");
const number = (n: number, float: boolean): JsonNumber =>
  JsonNumber.of(n, float || !Number.isInteger(n) ? "float" : "int");

function nested(values: readonly number[], shape: readonly number[], float: boolean): JsonNode {
  if (shape.length === 0) return number(values[0]!, float);
  const rows = shape[0]!;
  const width = values.length / Math.max(rows, 1);
  return Array.from({ length: rows }, (_, i) =>
    nested(values.slice(i * width, (i + 1) * width), shape.slice(1), float),
  );
}

/** Keras 3 wants a shape, though it takes the tensor from the graph: where nothing is known, any batch of something. */
function keras3Arg(arg: CallArg, about: References): JsonNode {
  const inner = (item: CallArg): JsonNode => keras3Arg(item, about);
  switch (arg.kind) {
    case "ref": {
      const known = about.types.get(arg);
      const shape = known?.shape ?? arg.shape ?? [null];
      const config = record([
        ["shape", shape.map((n) => (n === null ? null : int(n)))],
        ["dtype", known?.dtype ?? arg.dtype],
        ["keras_history", [about.names.get(arg.layer) ?? arg.layer, int(about.numbers.argument(arg)), int(arg.tensor)]],
      ]);
      return record([
        ["class_name", "__keras_tensor__"],
        ["config", config],
      ]);
    }
    case "constant":
      return record([
        ["class_name", "__tensor__"],
        [
          "config",
          record([
            ["value", nested(arg.values, arg.shape, isFloat(arg.dtype))],
            ["dtype", arg.dtype],
          ]),
        ],
      ]);
    case "json":
      return typeof arg.value === "number" ? number(arg.value, arg.float === true) : arg.value;
    case "list":
      return arg.items.map(inner);
    case "record":
      return record(arg.entries.map(([key, value]) => [key, inner(value)] as const));
    case "slice":
      return record([
        ["class_name", "__slice__"],
        [
          "config",
          record([
            ["start", inner(arg.start)],
            ["stop", inner(arg.stop)],
            ["step", inner(arg.step)],
          ]),
        ],
      ]);
    case "ellipsis":
      return record([
        ["class_name", "__ellipsis__"],
        ["config", record([])],
      ]);
  }
}

/** `layer([x, h, c])` → `layer(x, initial_state=[h, c])`. */
function spread(call: Call, keyword: string | undefined): Call {
  const [list, ...others] = call.args;
  if (keyword === undefined || list?.kind !== "list" || others.length > 0) return call;
  const [first, ...items] = list.items;
  const further = items.length === 0 ? [] : [[keyword, { kind: "list", items } as const] as const];
  // Keras 2 writes what is not given as null, `constants` too, which Keras 3 does not know.
  const given = call.kwargs.filter(([, value]) => value.kind !== "json" || value.value !== null);
  return { args: first === undefined ? [] : [first], kwargs: [...given, ...further] };
}

/** The inverse of `spread`. */
function gathered(call: Call, keyword: string | undefined): Call {
  const further = keyword === undefined ? undefined : call.kwargs.find(([key]) => key === keyword)?.[1];
  const positional = call.args.slice(1);
  if (keyword === undefined || (further === undefined && positional.length === 0)) return call;
  const items = [...call.args, ...(further === undefined ? [] : [further])].flatMap(listed);
  const kwargs = call.kwargs.filter(([key]) => key !== keyword);
  return { args: [items.length === 1 ? items[0]! : { kind: "list", items }], kwargs };
}

/** The references of an argument; a null is no argument. */
const listed = (arg: CallArg): readonly CallArg[] =>
  arg.kind === "list" ? arg.items.flatMap(listed) : arg.kind === "json" && arg.value === null ? [] : [arg];

/** `inbound_nodes` with every tensor's shape and dtype. */
export function keras3Calls(node: LayerNode, stored: readonly Call[], about: References): JsonNode {
  return stored.map((call) => callForm(spread(call, node.def?.calls?.furtherInputs), about));
}

/** One call in the form of Keras 3, its arguments as they are. */
export function callForm(call: Call, about: References): JsonNode {
  return record([
    ["args", call.args.map((arg) => keras3Arg(arg, about))],
    ["kwargs", record(call.kwargs.map(([key, value]) => [key, keras3Arg(value, about)] as const))],
  ]);
}

function keras2Kwarg(arg: CallArg, about: References): JsonNode {
  if (arg.kind === "ref") return [arg.layer, int(about.numbers.argument(arg)), int(arg.tensor)];
  if (arg.kind === "list") return arg.items.map((item) => keras2Kwarg(item, about));
  if (arg.kind === "constant") return nested(arg.values, arg.shape, isFloat(arg.dtype));
  return keras3Arg(arg, about);
}

/** Keras 2 writes the places after the first by name. */
function named(call: Call, places: readonly string[]): Call {
  const [first, ...others] = call.args;
  if (first === undefined || call.args.length > places.length) return call;
  const given = others.map((arg, i) => [places[i + 1]!, arg] as const).filter(([, arg]) => listed(arg).length > 0);
  return { args: [first], kwargs: [...given, ...call.kwargs] };
}

/** Keras 2: one list a call, each tensor with the keyword arguments. */
export function keras2Calls(node: LayerNode, stored: readonly Call[], about: References): JsonNode {
  const calls = stored.map((call) => named(gathered(call, node.def?.calls?.furtherInputs), node.def?.args ?? []));
  return calls.map((call) => {
    if (call.args.length !== 1)
      fail("unsupported/translation", { path: node.path, message: "a call with several arguments" });
    const kwargs = record(call.kwargs.map(([key, value]) => [key, keras2Kwarg(value, about)] as const));
    const write = (arg: CallArg): JsonNode => {
      if (arg.kind === "ref") return [arg.layer, int(about.numbers.argument(arg)), int(arg.tensor), kwargs];
      if (arg.kind === "list") return arg.items.map(write);
      if (arg.kind === "record") return record(arg.entries.map(([key, value]) => [key, write(value)] as const));
      return fail("unsupported/translation", { path: node.path, message: "a call with a constant" });
    };
    const only = call.args[0]!;
    return only.kind === "ref" ? [write(only)] : write(only);
  });
}
