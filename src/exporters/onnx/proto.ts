/** The messages of an ONNX file (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). */
import { itemSize, type NumericArray } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { sizeOf, type Tensor } from "../../core/tensor.ts";
import { type Later, ProtoMessage } from "../../codecs/protobuf/write.ts";
import { ELEMENT } from "../../formats/onnx.ts";
import type { Attribute, DeclaredValue, Initializer, OnnxNode } from "./graph.ts";

const TYPE = { float: 1, int: 2, text: 3, tensor: 4, graph: 5, floats: 6, ints: 7, texts: 8 } as const;

/** A whole model, ready for its message. */
export interface OnnxModel {
  readonly name: string;
  readonly opset: number;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Little-endian, as every platform that runs WebAssembly has it in memory. */
export function bytesOf({ data }: Tensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = data as NumericArray;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function header(dtype: Tensor["dtype"], shape: readonly number[]): ProtoMessage {
  return new ProtoMessage().ints(1, shape).int(2, ELEMENT[dtype]);
}

const bytesIn = ({ dtype, shape }: Initializer): number => sizeOf(shape) * itemSize(dtype);

async function checkedBytes(of: Initializer): Promise<Uint8Array> {
  const bytes = bytesOf(await of.read());
  if (bytes.length !== bytesIn(of))
    fail("mismatch/size", {
      source: "onnx",
      path: of.name,
      expected: `${bytesIn(of)} bytes`,
      found: String(bytes.length),
    });
  return bytes;
}

/** Weights in a file beside the model's: its name, and where in it each starts. */
export interface ExternalData {
  readonly file: string;
  readonly offsets: ReadonlyMap<Initializer, number>;
}

/** Starts of weights that are mapped into memory lie on pages of this size. */
const PAGE = 4096;

/** Places for weights of a page and more; smaller ones stay in the model. */
export function externalData(file: string, initializers: readonly Initializer[]): ExternalData {
  const offsets = new Map<Initializer, number>();
  let end = 0;
  for (const one of initializers.filter((each) => bytesIn(each) >= PAGE)) {
    const start = Math.ceil(end / PAGE) * PAGE;
    offsets.set(one, start);
    end = start + bytesIn(one);
  }
  return { file, offsets };
}

/** The file of weights. */
export async function* externalChunks({ offsets }: ExternalData): AsyncIterable<Uint8Array> {
  let end = 0;
  for (const [one, start] of offsets) {
    if (start > end) yield new Uint8Array(start - end);
    yield await checkedBytes(one);
    end = start + bytesIn(one);
  }
}

function initializer(one: Initializer, external: ExternalData | null): ProtoMessage {
  const { name, dtype, shape } = one;
  if (dtype === "string") return fail("unsupported/dtype", { source: "onnx", path: name, found: dtype });
  const message = header(dtype, shape).text(8, name);
  const offset = external?.offsets.get(one);
  if (offset === undefined) {
    const later: Later = { size: bytesIn(one), bytes: () => checkedBytes(one) };
    return message.bytes(9, later);
  }
  for (const [key, value] of [
    ["location", external!.file],
    ["offset", String(offset)],
    ["length", String(bytesIn(one))],
  ] as const)
    message.message(13, new ProtoMessage().text(1, key).text(2, value));
  return message.int(14, 1);
}

function attribute(name: string, value: Attribute): ProtoMessage {
  const message = new ProtoMessage().text(1, name);
  const typed = (type: number): ProtoMessage => message.int(20, type);
  if (typeof value === "number") return message.int(3, value).int(20, TYPE.int);
  if (typeof value === "string") return message.text(4, value).int(20, TYPE.text);
  if (Array.isArray(value)) {
    if (typeof value[0] !== "string") return message.ints(8, value as readonly number[]).int(20, TYPE.ints);
    for (const text of value as readonly string[]) message.text(9, text);
    return typed(TYPE.texts);
  }
  const item = value as Exclude<Attribute, number | string | readonly unknown[]>;
  if ("float" in item) return message.float(2, item.float).int(20, TYPE.float);
  if ("floats" in item) {
    for (const one of item.floats) message.float(7, one);
    return typed(TYPE.floats);
  }
  if ("tensor" in item) {
    const { dtype, shape } = item.tensor;
    return message.message(5, header(dtype, shape).bytes(9, bytesOf(item.tensor))).int(20, TYPE.tensor);
  }
  const { nodes, inputs, outputs } = item.graph;
  return message.message(6, graph(item.graph.name, nodes, [], inputs, outputs, null)).int(20, TYPE.graph);
}

function node({ op, name, inputs, outputs, attributes }: OnnxNode): ProtoMessage {
  const message = new ProtoMessage();
  for (const input of inputs) message.text(1, input);
  for (const output of outputs) message.text(2, output);
  message.text(3, name).text(4, op);
  for (const [key, value] of Object.entries(attributes)) message.message(5, attribute(key, value));
  return message;
}

function declared({ name, dtype, shape }: DeclaredValue): ProtoMessage {
  const type = new ProtoMessage().int(1, ELEMENT[dtype]);
  if (shape !== null) {
    const dims = new ProtoMessage();
    for (const length of shape) {
      const dim = new ProtoMessage();
      if (typeof length === "number") dim.int(1, length);
      else if (length !== null) dim.text(2, length);
      dims.message(1, dim);
    }
    type.message(2, dims);
  }
  return new ProtoMessage().text(1, name).message(2, new ProtoMessage().message(1, type));
}

function graph(
  name: string,
  nodes: readonly OnnxNode[],
  initializers: readonly Initializer[],
  inputs: readonly DeclaredValue[],
  outputs: readonly DeclaredValue[],
  external: ExternalData | null,
): ProtoMessage {
  const message = new ProtoMessage();
  for (const one of nodes) message.message(1, node(one));
  message.text(2, name);
  for (const one of initializers) message.message(5, initializer(one, external));
  for (const one of inputs) message.message(11, declared(one));
  for (const one of outputs) message.message(12, declared(one));
  return message;
}

/** IR version 8 is the first that has all operators up to version 18, 10 up to 22. */
export function modelMessage(
  { name, opset, nodes, initializers, inputs, outputs, metadata }: OnnxModel,
  external: ExternalData | null = null,
): ProtoMessage {
  const message = new ProtoMessage()
    .int(1, opset <= 18 ? 8 : 10)
    .text(2, "keraport")
    .message(7, graph(name, nodes, initializers, inputs, outputs, external))
    .message(8, new ProtoMessage().text(1, "").int(2, opset));
  for (const [key, value] of Object.entries(metadata))
    message.message(14, new ProtoMessage().text(1, key).text(2, value));
  return message;
}
