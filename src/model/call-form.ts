/** A call as Keras 3 writes it in `inbound_nodes`. */
import { JsonNumber, type JsonNode } from "../codecs/json.ts";
import { type DType, isFloat } from "../core/dtype.ts";
import type { Call, CallArg, ReferenceTypes } from "../layers/define.ts";
import type { Renumbering } from "./renumber.ts";

/** What is known of the references in calls. */
export interface References {
  readonly types: ReferenceTypes;
  readonly numbers: Pick<Renumbering, "argument">;
  /** What the layers around are called from now on. */
  readonly names: ReadonlyMap<string, string>;
}

/** An object of JSON. */
export const record = (entries: readonly (readonly [string, JsonNode])[]): JsonNode => new Map(entries);
/** A whole number. */
export const int = (n: number): JsonNumber => JsonNumber.of(n, "int");
const number = (n: number, float: boolean): JsonNumber =>
  JsonNumber.of(n, float || !Number.isInteger(n) ? "float" : "int");

/** A constant, as lists in lists. */
export function nested(values: readonly number[], shape: readonly number[], dtype: DType): JsonNode {
  if (shape.length === 0) return dtype === "bool" ? values[0] !== 0 : number(values[0]!, isFloat(dtype));
  const rows = shape[0]!;
  const width = values.length / Math.max(rows, 1);
  return Array.from({ length: rows }, (_, i) =>
    nested(values.slice(i * width, (i + 1) * width), shape.slice(1), dtype),
  );
}

/** Keras 3 wants a shape, though it takes the tensor from the graph: where nothing is known, any batch of something. */
export function keras3Arg(arg: CallArg, about: References): JsonNode {
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
            ["value", nested(arg.values, arg.shape, arg.dtype)],
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

/** One call in the form of Keras 3, its arguments as they are. */
export function callForm(call: Call, about: References): JsonNode {
  return record([
    ["args", call.args.map((arg) => keras3Arg(arg, about))],
    ["kwargs", record(call.kwargs.map(([key, value]) => [key, keras3Arg(value, about)] as const))],
  ]);
}
