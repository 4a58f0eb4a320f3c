/** The text of a module and of its declarations. Names of layers may hold anything: they stand in strings alone. */
import { deflateSync } from "fflate";
import { concatBytes } from "../../core/bytes.ts";
import type { DType } from "../../core/dtype.ts";
import { storageOf } from "../../engines/wasm/kernels/storage.ts";
import type { End, ModuleImage } from "./image.ts";
import { DECODE, READ, RUNTIME, shortener } from "./runtime.ts";

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

/** `"x" float32 [1, 10, 64] → "y" float32 [1, 10]`, for each set of shapes. */
export function signatures({ inputs, outputs, described: { plans } }: ModuleImage): readonly string[] {
  const list = (ends: readonly End[], places: readonly (readonly number[])[]): string =>
    ends.map(({ name, dtype }, i) => `${literal(name)} ${dtype} [${places[i]!.slice(1).join(", ")}]`).join(", ");
  return plans.map(([ins, outs]) => `${list(inputs, ins)} → ${list(outputs, outs)}`);
}

/** The text in UTF-8, piece by piece. */
export async function* encoded(text: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const part of text) yield encoder.encode(part);
}

/** The names of the files beside a module; of those that it has. */
export interface Beside {
  readonly weights?: string;
  readonly code?: string;
}

const urlOf = (name: string): string => literal(`./${encodeURIComponent(name)}`);

const isHalf = ({ dtype }: End): boolean => /float16/.test(dtype);
const isBig = ({ dtype }: End): boolean => /int64/.test(dtype);

/** Which lines of the template a module needs. */
function needsOf(image: ModuleImage, isApart: boolean): ReadonlySet<string> {
  const { inputs, outputs, described, mayStop } = image;
  const ends = [...inputs, ...outputs];
  const kinds = new Set(described.weights.flatMap(([, , kind]) => kind ?? []));
  const [halfPort, half] = [ends.some(isHalf), ends.some(isHalf) || kinds.has("float16")];
  const needs: Readonly<Record<string, boolean>> = {
    half,
    halfPort,
    noHalf: !half,
    bool: ends.some(({ dtype }) => dtype === "bool"),
    int: inputs.some(({ dtype }) => /int/.test(dtype)),
    coded: outputs.some((end) => isHalf(end) || isBig(end)),
    gather: mayStop,
    states: described.states.length > 0,
    apart: isApart,
    inside: !isApart,
    plain: described.weights.length === 0,
    quantized: described.weights.length > 0,
    int8: kinds.has("int8"),
    float16: kinds.has("float16"),
  };
  return new Set(Object.keys(needs).filter((need) => needs[need]));
}

/** For each dtype the array of its values, and that of memory. */
function typesOf({ inputs, outputs }: ModuleImage): string {
  const held = { f32: "Float32Array", f64: "Float64Array", i32: "Int32Array" };
  const dtypes = [...new Set([...inputs, ...outputs].map(({ dtype }) => dtype))];
  return dtypes.map((dtype) => `${dtype}: [${ARRAY_TYPES[dtype]}, ${held[storageOf(dtype)]}]`).join(", ");
}

/** The module, in pieces. */
export async function* moduleText(name: string, image: ModuleImage, beside: Beside): AsyncGenerator<string> {
  const short = shortener(needsOf(image, beside.code !== undefined));
  for (const line of signatures(image)) yield `// ${literal(name)}: ${line}\n`;
  if (beside.code !== undefined) yield `${short("import $code from ")} ${urlOf(beside.code)};\n`;
  const { inputs, outputs, described, words } = image;
  yield `export const inputs=${literal(inputs)};\nexport const outputs=${literal(outputs)};\n`;
  const model = Object.entries({ ...described, size: words.length })
    .filter(([, value]) => !Array.isArray(value) || value.length > 0)
    .map(([key, value]) => `${key}:${literal(value)}`);
  yield `${short("const $model={")}${model.join()}};\n${short(`const $types = { ${typesOf(image)} };`)}\n`;
  yield `${short(DECODE)}\n`;
  // Edge runtimes let nothing be waited for while a module is loaded.
  if (beside.code !== undefined) yield `${short("const $packed = $decoded(")}"${base64(words)}");\n`;
  else yield `${short("const $packed = await $inflated(")}"${deflated(concatBytes([words, image.code]))}");\n`;
  if (beside.weights === undefined) {
    yield short("const $file = $decoded(") + '"';
    yield* inBase64(image.weights());
    yield '");\n';
  } else {
    yield `${short(READ)}\n${short("const $file = await $bytesAt(")}new URL(${urlOf(beside.weights)}, import.meta.url));\n`;
  }
  yield `${short(RUNTIME)}\n`;
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
export function declarations(name: string, image: ModuleImage): string {
  const { inputs, outputs, described } = image;
  const shapes = (end: 0 | 1, i: number): string =>
    [...new Set(described.plans.map((plan) => `readonly [${plan[end][i]!.slice(1).join(", ")}]`))].join(" | ");
  const info = (ends: readonly End[]): string =>
    ends
      .map(({ name: own, dtype, shape }) => `Info<${literal(own)}, ${literal(dtype)}, readonly [${shape.join(", ")}]>`)
      .join(", ");
  const input = inputs.map(({ dtype }) => `Input<${elementOf(dtype)}>`);
  const record = inputs.map(({ name: own }, i) => `readonly ${literal(own)}: ${input[i]!}`);
  const made = outputs.map(
    ({ dtype }, i) => `Tensor<${literal(dtype)}, ${ARRAY_TYPES[dtype]}, ${elementOf(dtype)}, ${shapes(1, i)}>`,
  );
  const isFirst = ({ name: own }: End, i: number): boolean => outputs.findIndex((other) => other.name === own) === i;
  const named = outputs.flatMap((end, i) => (isFirst(end, i) ? [`readonly ${literal(end.name)}: ${made[i]!}`] : []));
  const out = outputs.map(({ dtype }) => `Goal<${ARRAY_TYPES[dtype]}>`);
  const all = (list: readonly string[]): string =>
    list.length === 1 ? `${list[0]!} | readonly [${list[0]!}]` : `readonly [${list.join(", ")}]`;
  return `// ${literal(name)}: written by keraport.
${signatures(image)
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
/** Of an input or output; null: a length that the shapes above have differently. */
export interface Info<N extends string, D extends string, S extends readonly (number | null)[]> {
  readonly name: N;
  readonly shape: S;
  readonly dtype: D;
}
type Numbers = number | bigint | boolean | readonly Numbers[] | ArrayBufferView;
/** Nested arrays, a typed array of all values, or a tensor: cast as Keras casts. */
export type Input<E> =
  | E
  | readonly Numbers[]
  | ArrayBufferView
  | { readonly dtype: string; readonly shape: readonly number[]; readonly data: ArrayBufferView };
type Goal<A> = A | { readonly dtype: string; readonly shape: readonly number[]; readonly data: A };
/** All inputs in order, or by name. */
export type Inputs = ${all(input)} | { ${record.join("; ")} };
/** All outputs in order, and by name. */
export type Outputs = readonly [${made.join(", ")}] & { readonly named: { ${named.join("; ")} } };

export declare const inputs: readonly [${info(inputs)}];
export declare const outputs: readonly [${info(outputs)}];
export declare function predict(x: Inputs): Promise<Outputs>;
export declare function predictSync(x: Inputs): Outputs;
/** Writes the outputs where \`out\` says. */
export declare function predictSync<O extends ${all(out)}>(x: Inputs, options: { readonly out: O }): O;
/** Stateful layers start from zeros again. */
export declare function resetStates(): void;
`;
}
