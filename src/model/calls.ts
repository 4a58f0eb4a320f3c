/**
 * The calls of a functional model (`inbound_nodes`) in every dialect. Source: keras/src/models/functional.py
 * (`serialize_node`), tf_keras/engine/node.py (`serialize`), keras 1.2.2 keras/engine/topology.py.
 */
import { JsonNumber, type JsonNode } from "../codecs/json.ts";
import { type DType, isDType } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import type { Call, CallArg } from "../layers/define.ts";
import { shapeFromJson } from "../layers/common/model-inputs.ts";

interface Reader {
  readonly path: string;
  /** Names of the layers around, by which references in keyword arguments are known. */
  readonly names: ReadonlySet<string>;
  /** Whether a list of one tensor is a list. */
  readonly keepsLists: boolean;
}

const bad = (r: Reader, expected: string): never =>
  fail("malformed/graph", { path: `${r.path}.inbound_nodes`, expected });

const whole = (node: JsonNode | undefined): number | null =>
  node instanceof JsonNumber && Number.isSafeInteger(node.value) && node.value >= 0 ? node.value : null;

/** `[layer, node, tensor, …]`, or null if it is something else. */
function reference(node: JsonNode): CallArg | null {
  if (!Array.isArray(node) || node.length < 3 || typeof node[0] !== "string") return null;
  const [call, output] = [whole(node[1]), whole(node[2])];
  if (call === null || output === null) return null;
  return { kind: "ref", layer: node[0], node: call, tensor: output, shape: null, dtype: "float32" };
}

/** A number, or plain text, true, false, null. */
const plain = (node: Exclude<JsonNode, JsonNode[] | Map<string, JsonNode>>): CallArg =>
  node instanceof JsonNumber
    ? { kind: "json", value: node.value, ...(node.isInteger ? {} : { float: true }) }
    : { kind: "json", value: node };

/** The dtype that TensorFlow gives to lists of these numbers; null where anything else stands among them. */
function kindOf(node: JsonNode): "float32" | "int32" | "bool" | null {
  if (node instanceof JsonNumber) return node.isInteger ? "int32" : "float32";
  if (typeof node === "boolean") return "bool";
  if (!Array.isArray(node) || node.length === 0) return null;
  const kinds = node.map(kindOf);
  return kinds.includes(null)
    ? null
    : kinds.includes("float32")
      ? "float32"
      : kinds.includes("int32")
        ? "int32"
        : "bool";
}

function constant(value: JsonNode, dtype: DType): CallArg {
  const values: number[] = [];
  const shape: number[] = [];
  let level: JsonNode = value;
  while (Array.isArray(level)) {
    shape.push(level.length);
    level = level[0] ?? null;
  }
  const collect = (node: JsonNode): void => {
    if (Array.isArray(node)) node.forEach(collect);
    else if (node instanceof JsonNumber) values.push(node.value);
    else if (typeof node === "boolean") values.push(node ? 1 : 0);
  };
  collect(value);
  return { kind: "constant", values, shape, dtype };
}

const dtypeOr = (node: JsonNode | undefined, otherwise: DType): DType =>
  typeof node === "string" && isDType(node) ? node : otherwise;

/** An argument as Keras 3 writes it. */
function modernArg(node: JsonNode, r: Reader): CallArg {
  if (Array.isArray(node)) return { kind: "list", items: node.map((item) => modernArg(item, r)) };
  if (!(node instanceof Map)) return plain(node);
  const config = node.get("config");
  const inner = config instanceof Map ? config : new Map<string, JsonNode>();
  switch (node.get("class_name")) {
    case "__keras_tensor__": {
      const ref = reference(inner.get("keras_history") ?? null);
      if (ref === null || ref.kind !== "ref") return bad(r, "a keras_history of [layer, node, tensor]");
      return { ...ref, shape: shapeFromJson(inner.get("shape")), dtype: dtypeOr(inner.get("dtype"), "float32") };
    }
    case "__tensor__":
    case "__numpy__":
      return constant(inner.get("value") ?? null, dtypeOr(inner.get("dtype"), "float32"));
    case "__slice__": {
      const part = (key: string) => modernArg(inner.get(key) ?? null, r);
      return { kind: "slice", start: part("start"), stop: part("stop"), step: part("step") };
    }
    case "__ellipsis__":
      return { kind: "ellipsis" };
    default:
      return { kind: "record", entries: [...node].map(([key, value]) => [key, modernArg(value, r)] as const) };
  }
}

function modernCall(node: JsonNode, r: Reader): Call {
  if (!(node instanceof Map)) return bad(r, "a call with args and kwargs");
  const args = node.get("args");
  const kwargs = node.get("kwargs");
  return {
    args: Array.isArray(args) ? args.map((arg) => modernArg(arg, r)) : [],
    kwargs: kwargs instanceof Map ? [...kwargs].map(([key, value]) => [key, modernArg(value, r)] as const) : [],
  };
}

/** A keyword argument of Keras 2: JSON in which some lists are references. */
function oldKwarg(node: JsonNode, r: Reader): CallArg {
  if (Array.isArray(node)) {
    const ref = node.length === 3 && typeof node[0] === "string" && r.names.has(node[0]) ? reference(node) : null;
    if (kindOf(node) === "float32") return constant(node, "float32");
    return ref ?? { kind: "list", items: node.map((item) => oldKwarg(item, r)) };
  }
  if (node instanceof Map) {
    if (node.get("class_name") === "__ellipsis__") return { kind: "ellipsis" };
    if (node.has("start") && node.has("stop") && node.has("step")) {
      const part = (key: string) => oldKwarg(node.get(key) ?? null, r);
      return { kind: "slice", start: part("start"), stop: part("stop"), step: part("step") };
    }
    return { kind: "record", entries: [...node].map(([key, value]) => [key, oldKwarg(value, r)] as const) };
  }
  return plain(node);
}

/** A tensor of an old call: `[layer, node, tensor]`, with keyword arguments as a fourth entry, or a constant. */
function oldTensor(node: JsonNode, r: Reader, kwargs: Map<string, JsonNode>): CallArg | null {
  if (!Array.isArray(node) || typeof node[0] !== "string") return null;
  if (node[3] instanceof Map) for (const [key, value] of node[3]) kwargs.set(key, value);
  else if (node[3] !== undefined && node[3] !== null) return bad(r, "keyword arguments after [layer, node, tensor]");
  if (node[0] === "_CONSTANT_VALUE") {
    const value = node[2] ?? null;
    const kind = Array.isArray(value) ? kindOf(value) : null;
    return kind === null ? oldKwarg(value, r) : constant(value, kind);
  }
  return reference(node) ?? bad(r, "[layer, node, tensor]");
}

function oldStructure(node: JsonNode, r: Reader, kwargs: Map<string, JsonNode>): CallArg {
  const single = oldTensor(node, r, kwargs);
  if (single !== null) return single;
  if (Array.isArray(node)) return { kind: "list", items: node.map((item) => oldStructure(item, r, kwargs)) };
  if (node instanceof Map)
    return { kind: "record", entries: [...node].map(([key, value]) => [key, oldStructure(value, r, kwargs)] as const) };
  return bad(r, "a list of [layer, node, tensor]");
}

function oldCall(node: JsonNode, r: Reader): Call {
  const kwargs = new Map<string, JsonNode>();
  const structure = oldStructure(node, r, kwargs);
  const isOne = structure.kind === "list" && structure.items.length === 1 && !r.keepsLists;
  const only = isOne ? structure.items[0]! : structure;
  return { args: [only], kwargs: [...kwargs].map(([key, value]) => [key, oldKwarg(value, r)] as const) };
}

/** Numbers in lists as the tensor that a layer makes of them; what holds anything else piece by piece. */
function listed(arg: CallArg): CallArg {
  if (arg.kind !== "list" || arg.items.length === 0) return arg;
  const items = arg.items.map(listed);
  const parts = items.map((item, i): Extract<CallArg, { kind: "constant" }> | null => {
    if (item.kind === "constant") return arg.items[i]!.kind === "list" ? item : null;
    if (item.kind !== "json" || (typeof item.value !== "number" && typeof item.value !== "boolean")) return null;
    const dtype = typeof item.value === "boolean" ? "bool" : item.float === true ? "float32" : "int32";
    return { kind: "constant", values: [Number(item.value)], shape: [], dtype };
  });
  const [first] = parts;
  const isTensor = parts.every((part) => part !== null && part.dtype === first!.dtype && `${part.shape}` === `${first!.shape}`); // prettier-ignore
  if (!isTensor) return { kind: "list", items: arg.items.map((item, i) => (item.kind === "list" ? items[i]! : item)) };
  const values = parts.flatMap((part) => part!.values);
  return { kind: "constant", values, shape: [parts.length, ...first!.shape], dtype: first!.dtype };
}

/** A layer's call, in which masks of numbers may stand as lists: older Keras writes tensors of keyword arguments so. */
export function withMasks({ args, kwargs }: Call): Call {
  const [first] = args;
  const count = first?.kind === "list" ? first.items.length : null;
  const named = kwargs.map(([key, arg]): readonly [string, CallArg] => {
    if (!key.endsWith("mask")) return [key, arg];
    if (key !== "mask" || count === null) return [key, listed(arg)];
    // Each of several inputs has its own.
    if (arg.kind === "list") return [key, { kind: "list", items: arg.items.map(listed) }];
    if (arg.kind !== "constant" || arg.shape[0] !== count) return [key, arg];
    const [, ...shape] = arg.shape;
    const size = arg.values.length / count;
    const items = Array.from({ length: count }, (_, i) => ({ ...arg, values: arg.values.slice(i * size, (i + 1) * size), shape })); // prettier-ignore
    return [key, { kind: "list", items }];
  });
  return { args, kwargs: named };
}

/** All calls of a layer, from its `inbound_nodes`. */
export function readCalls(node: JsonNode | undefined, r: Reader): readonly Call[] {
  if (node === undefined || node === null) return [];
  if (!Array.isArray(node)) return bad(r, "a list");
  return node.map((call) =>
    call instanceof Map && (call.has("args") || call.has("kwargs")) ? modernCall(call, r) : oldCall(call, r),
  );
}
