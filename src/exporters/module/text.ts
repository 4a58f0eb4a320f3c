/** The text of a module and of its declarations. Names of layers may hold anything: they stand in strings alone. */
import { deflateSync } from "fflate";
import type { DType } from "../../core/dtype.ts";
import type { GraphOptions } from "../types.ts";
import type { Described, ModuleImage } from "./image.ts";
import { DECODE, ENCODE, READ, RUNTIME } from "./runtime.ts";

/** A value as JavaScript that is safe inside a page's script and in a comment. */
export const literal = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x2000) text += String.fromCharCode(...bytes.subarray(at, at + 0x2000));
  return btoa(text);
}

const deflated = (bytes: Uint8Array): string => base64(deflateSync(bytes, { level: 9 }));

/** A stream of bytes as base64: pieces of a multiple of three bytes have no padding between them. */
async function* inBase64(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = new Uint8Array(0);
  for await (const chunk of chunks) {
    const all = new Uint8Array(rest.length + chunk.length);
    all.set(rest);
    all.set(chunk, rest.length);
    const whole = all.length - (all.length % 3);
    yield base64(all.subarray(0, whole));
    rest = all.slice(whole);
  }
  yield base64(rest);
}

const show = ({ name, dtype }: { name: string; dtype: DType }, shape: readonly number[]): string =>
  `${literal(name)} ${dtype} [${shape.join(", ")}]`;

/** `"x" float32 [1, 10, 64] → "y" float32 [1, 10]`, for each set of shapes. */
export function signatures({ inputs, outputs, plans }: Described): readonly string[] {
  const list = (ends: Described["inputs"], places: readonly (readonly number[])[]): string =>
    ends.map((end, i) => show(end, places[i]!.slice(1))).join(", ");
  return plans.map((plan) => `${list(inputs, plan.inputs)} → ${list(outputs, plan.outputs)}`);
}

/** The names of the files beside a module; of those that it has. */
export interface Beside {
  readonly weights?: string;
  readonly code?: string;
}

const urlOf = (name: string): string => literal(`./${encodeURIComponent(name)}`);

/** The module, in pieces. */
export async function* moduleText(
  name: string,
  image: ModuleImage,
  beside: Beside,
  wasm: GraphOptions["wasm"],
): AsyncGenerator<string> {
  const { described, code, plans } = image;
  const isHalf = [...described.inputs, ...described.outputs].some(({ dtype }) => /float16/.test(dtype));
  yield `// ${literal(name)}: written by keraport, needs nothing else.\n`;
  for (const line of signatures(described)) yield `// ${line}\n`;
  if (beside.code !== undefined) yield `import ${wasm === "source" ? "source " : ""}code from ${urlOf(beside.code)};\n`;
  yield DECODE;
  if (beside.weights !== undefined) yield READ;
  yield `\nconst MODEL = ${literal(described)};\n`;
  const words = plans.map(
    ({ at, words }) =>
      `{ at: ${at}, words: await inflated("${deflated(new Uint8Array(words.buffer, words.byteOffset, words.byteLength))}") }`,
  );
  yield `const PLANS = [${words.join(", ")}];\n`;
  if (beside.code === undefined) yield `const code = await inflated("${deflated(code)}");\n`;
  if (beside.weights === undefined) {
    yield 'const file = bytesOf("';
    yield* inBase64(image.weights());
    yield '");\n';
  } else {
    yield `const file = await bytesAt(new URL(${urlOf(beside.weights)}, import.meta.url));\n`;
  }
  if (isHalf) yield ENCODE;
  yield RUNTIME;
}

const ARRAY_TYPES: Readonly<Record<DType, string>> = {
  float16: "Uint16Array",
  bfloat16: "Uint16Array",
  float32: "Float32Array",
  float64: "Float64Array",
  int8: "Int8Array",
  int16: "Int16Array",
  int32: "Int32Array",
  int64: "BigInt64Array",
  uint8: "Uint8Array",
  uint16: "Uint16Array",
  uint32: "Uint32Array",
  uint64: "BigUint64Array",
  bool: "Uint8Array",
  string: "string[]",
};

const elementOf = (dtype: DType): string =>
  dtype === "bool" ? "boolean" : /^u?int64$/.test(dtype) ? "bigint" : "number";

/** `model.d.mts`. */
export function declarations(name: string, described: Described): string {
  const { inputs, outputs, plans } = described;
  const shapeOf = (end: "inputs" | "outputs", i: number): string => {
    const shapes = plans.map((plan) => `readonly [${plan[end][i]!.slice(1).join(", ")}]`);
    return [...new Set(shapes)].join(" | ");
  };
  const tensor = (end: "inputs" | "outputs", i: number): string => {
    const { dtype } = described[end][i]!;
    return `Tensor<${literal(dtype)}, ${ARRAY_TYPES[dtype]}, ${elementOf(dtype)}, ${shapeOf(end, i)}>`;
  };
  const info = (end: "inputs" | "outputs"): string =>
    described[end].map(({ name: own, dtype }) => `Info<${literal(own)}, ${literal(dtype)}>`).join(", ");
  const input = inputs.map(({ dtype }) => `Input<${elementOf(dtype)}>`);
  const record = `{ ${inputs.map(({ name: own }, i) => `readonly ${literal(own)}: ${input[i]!}`).join("; ")} }`;
  const made = outputs.map((_, i) => tensor("outputs", i));
  const firsts = outputs.flatMap(({ name: own }, i) =>
    outputs.findIndex((other) => other.name === own) === i ? [`readonly ${literal(own)}: ${made[i]!}`] : [],
  );
  const out = outputs.map(
    ({ dtype }) =>
      `${ARRAY_TYPES[dtype]} | { readonly dtype: ${literal(dtype)}; readonly shape: readonly number[]; readonly data: ${ARRAY_TYPES[dtype]} }`,
  );
  return `// ${literal(name)}: written by keraport.
${signatures(described)
  .map((line) => `// ${line}\n`)
  .join("")}
/** Values in row-major order with their shape. */
export interface Tensor<D extends string, A, E, S extends readonly number[]> {
  readonly dtype: D;
  readonly shape: S;
  readonly data: A;
  /** One element; places below 0 count from the end. */
  at(...index: readonly number[]): E;
  /** The values as nested arrays. */
  toArray<N = E[][]>(): N;
}
export interface Info<N extends string, D extends string> {
  readonly name: N;
  /** null: as in one of the shapes above. */
  readonly shape: readonly (number | null)[];
  readonly dtype: D;
}
type Numbers = number | bigint | boolean | readonly Numbers[] | ArrayBufferView;
/** Nested arrays, a typed array with all values, or a tensor: cast as Keras casts. */
export type Input<E> =
  | readonly Numbers[]
  | E
  | ArrayBufferView
  | { readonly dtype: string; readonly shape: readonly number[]; readonly data: ArrayBufferView };
export type Inputs =
  | ${inputs.length === 1 ? `${input[0]!} | readonly [${input[0]!}]` : `readonly [${input.join(", ")}]`}
  | ${record};
export type Outputs = readonly [${made.join(", ")}] & { readonly named: { ${firsts.join("; ")} } };
type Out = ${outputs.length === 1 ? `${out[0]!} | readonly [${out[0]!}]` : `readonly [${out.join(", ")}]`};

export declare const inputs: readonly [${info("inputs")}];
export declare const outputs: readonly [${info("outputs")}];
export declare function predict(x: Inputs): Promise<Outputs>;
/** The same at once; with \`out\` the outputs are written there. */
export declare function predictSync(x: Inputs): Outputs;
export declare function predictSync<O extends Out>(x: Inputs, options: { readonly out: O }): O;
/** Stateful layers start from zeros again. */
export declare function resetStates(): void;
`;
}
