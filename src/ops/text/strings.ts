/** TensorFlow's functions of texts, element by element. Source: tensorflow/core/kernels/string_*_op.cc, regex_*_op.cc. */
import { atMost, fail } from "../../core/error.ts";
import { sizeOf, type Tensor, valuesOf } from "../../core/tensor.ts";
import type { TextOptions } from "../attributes.ts";
import { broadcast } from "../shapes.ts";
import { LONGEST, patternOf } from "./pattern.ts";

type Fn = (x: readonly Tensor[], options: TextOptions, runBytes: number) => Tensor;

const textsOf = (x: Tensor): readonly string[] => x.data as readonly string[];

/** The most characters of one text: three times as many, which capitals may need, are still a text to JavaScript. */
const MOST_CHARACTERS = 2 ** 27;

/** Refuses a text before it is made. */
const needRoom = (characters: number, runBytes: number): void =>
  atMost("limit/run-bytes", 2 * characters, Math.min(runBytes, 2 * MOST_CHARACTERS), "bytes of texts");

/** Texts made one by one, which together must not be more than a run may have. */
function made(shape: readonly number[], count: number, runBytes: number, one: (i: number) => string): Tensor {
  let bytes = 8 * count;
  atMost("limit/run-bytes", bytes, runBytes, "bytes of texts");
  const data = Array.from({ length: count }, (_, i) => {
    const text = one(i);
    needRoom(text.length, runBytes);
    bytes += 2 * text.length;
    atMost("limit/run-bytes", bytes, runBytes, "bytes of texts");
    return text;
  });
  return { dtype: "string", shape, data };
}

const each =
  (one: (text: string, options: TextOptions) => string): Fn =>
  ([x], options, runBytes) => {
    const texts = textsOf(x!);
    return made(x!.shape, texts.length, runBytes, (i) => one(texts[i]!, options));
  };

/** TensorFlow changes ASCII letters alone, unless it is told an encoding. */
export const lowered = (text: string): string => text.replace(/[A-Z]+/g, (part) => part.toLowerCase());
const raised = (text: string): string => text.replace(/[a-z]+/g, (part) => part.toUpperCase());
const SPACES = " \t\n\v\f\r";

function stripped(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && SPACES.includes(text[start]!)) start++;
  while (start < end && SPACES.includes(text[end - 1]!)) end--;
  return text.slice(start, end);
}

const isUtf8 = (unit: unknown): boolean => unit === "UTF8_CHAR";

/** A part of the bytes, which must not be cut inside of a character. */
function bytesOf(text: string, start: number, end: number): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(new TextEncoder().encode(text).subarray(start, end)); // prettier-ignore
  } catch {
    return fail("unsupported/argument", { message: "unit", expected: "bytes that are whole characters", found: text.slice(0, 60) }); // prettier-ignore
  }
}

const lengthOf = (text: string, unit: unknown): number =>
  isUtf8(unit) ? Array.from(text).length : new TextEncoder().encode(text).length;

function part(text: string, { pos, len, unit }: TextOptions): string {
  const [at, count, length] = [pos as number, len as number, lengthOf(text, unit)];
  if (at > length || at < -length)
    fail("mismatch/range", { message: "pos", expected: `a place in ${length} characters`, found: String(at) });
  // As many as there are, of bytes alone.
  if (count < 0 && isUtf8(unit)) return at < 0 ? fail("mismatch/range", { message: "pos", expected: "a place from the start", found: String(at) }) : ""; // prettier-ignore
  const start = at < 0 ? length + at : at;
  const end = count < 0 ? length : Math.min(length, start + count);
  return isUtf8(unit) ? Array.from(text).slice(start, end).join("") : bytesOf(text, start, end);
}

/** A pattern that is ready, and refuses texts that it might take long for. */
function matcher(options: TextOptions, isWhole: boolean): (text: string) => RegExp {
  const { source, flags, isSlow } = patternOf(options["pattern"] as string, isWhole);
  const known = new RegExp(isWhole ? `^(?:${source})$` : source, options["first"] === true ? flags : `g${flags}`);
  return (text) => {
    if (isSlow) atMost("limit/run-bytes", text.length, LONGEST, "characters of a text with such a pattern");
    known.lastIndex = 0;
    return known;
  };
}

const replace: Fn = ([x], options, runBytes) => {
  const pattern = matcher(options, false);
  const rewrite = options["rewrite"] as string;
  return each((text) => {
    const found = pattern(text);
    if (rewrite !== "") {
      let count = 0;
      text.replace(found, () => (count++, ""));
      needRoom(count * rewrite.length, runBytes);
      found.lastIndex = 0;
    }
    return text.replace(found, () => rewrite);
  })([x!], options, runBytes);
};

const matches: Fn = ([x], options) => {
  const pattern = matcher(options, true);
  return { dtype: "bool", shape: x!.shape, data: Uint8Array.from(textsOf(x!), (text) => Number(pattern(text).test(text))) }; // prettier-ignore
};

/** All parts in a row. */
function joined(parts: readonly string[], separator: string, runBytes: number): string {
  needRoom(
    parts.reduce((sum, { length }) => sum + length, separator.length * parts.length),
    runBytes,
  );
  return parts.join(separator);
}

/** Where the elements of a tensor stand that is broadcast. */
function placesIn({ shape }: Tensor, whole: readonly number[]): (i: number) => number {
  const ahead = whole.length - shape.length;
  if (ahead === 0 && shape.every((n, axis) => n === whole[axis])) return (i) => i;
  return (i) => {
    let [place, step, rest] = [0, 1, i];
    for (let axis = whole.length - 1; axis >= ahead; axis--) {
      if (shape[axis - ahead] !== 1) place += step * (rest % whole[axis]!);
      step *= shape[axis - ahead]!;
      rest = Math.floor(rest / whole[axis]!);
    }
    return place;
  };
}

/** Tensors that are broadcast, and texts between them. */
const join: Fn = (x, options, runBytes) => {
  const between = options["separator"] as string;
  const parts = options["parts"] as readonly (string | number)[];
  const shape = broadcast("text", x.map((one) => one.shape)) as readonly number[]; // prettier-ignore
  const places = x.map((one) => placesIn(one, shape));
  const one = (i: number): string[] =>
    parts.map((own) => (typeof own === "number" ? textsOf(x[own]!)[places[own]!(i)]! : own));
  return made(shape, sizeOf(shape), runBytes, (i) => joined(one(i), between, runBytes));
};

/** The texts along an axis, laid last. */
const joinAlong: Fn = ([x], options, runBytes) => {
  const width = x!.shape.at(-1)!;
  const shape = x!.shape.slice(0, -1);
  const texts = textsOf(x!);
  const separator = options["separator"] as string;
  return made(shape, sizeOf(shape), runBytes, (i) => joined(texts.slice(i * width, (i + 1) * width), separator, runBytes)); // prettier-ignore
};

const FLOAT = /^[ \t\n\v\f\r]*[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)[ \t\n\v\f\r]*$/i;
const WHOLE = /^[ \t\n\v\f\r]*[+-]?\d+[ \t\n\v\f\r]*$/;

function number(text: string): number {
  if (!FLOAT.test(text)) fail("mismatch/range", { expected: "a text that is a number", found: text.slice(0, 60) });
  const plain = text.trim().toLowerCase();
  if (plain.endsWith("nan")) return NaN;
  if (plain.includes("inf")) return plain.startsWith("-") ? -Infinity : Infinity;
  return Number(plain);
}

/** Of a number of 64 bits, with its sign. */
const MOST_DIGITS = 20;

function whole(text: string, bits: number): bigint {
  const digits = WHOLE.test(text)
    ? text
        .trim()
        .replace(/^\+/, "")
        .replace(/^(-?)0+(?=\d)/, "$1")
    : "";
  const value = digits === "" || digits.length > MOST_DIGITS ? null : BigInt(digits);
  if (value === null || BigInt.asIntN(bits, value) !== value)
    return fail("mismatch/range", { expected: `a text that is a whole number of ${bits} bits`, found: text.slice(0, 60) }); // prettier-ignore
  return value;
}

const numbers: Fn = ([x], options) => {
  const { shape } = x!;
  const texts = textsOf(x!);
  switch (options["to"]) {
    case "int32":
      return { dtype: "int32", shape, data: Int32Array.from(texts, (text) => Number(whole(text, 32))) };
    case "int64":
      return { dtype: "int64", shape, data: BigInt64Array.from(texts, (text) => whole(text, 64)) };
    case "float64":
      return { dtype: "float64", shape, data: Float64Array.from(texts, number) };
    default:
      return { dtype: "float32", shape, data: Float32Array.from(texts, number) };
  }
};

/** Whole numbers in decimal, truth values as words. */
const written: Fn = ([x], _options, runBytes) => {
  const values = valuesOf(x!);
  return made(x!.shape, values.length, runBytes, (i) => String(x!.dtype === "bool" ? Boolean(values[i]) : values[i]));
};

/** By name. */
export const STRINGS = {
  lower: each((text, o) => (o["encoding"] === "utf-8" ? text.toLowerCase() : lowered(text))), // prettier-ignore
  upper: each((text, o) => (o["encoding"] === "utf-8" ? text.toUpperCase() : raised(text))), // prettier-ignore
  strip: each(stripped),
  part: each(part),
  length: (([x], { unit }) => ({ dtype: "int32", shape: x!.shape, data: Int32Array.from(textsOf(x!), (text) => lengthOf(text, unit)) })) as Fn, // prettier-ignore
  replace,
  matches,
  join,
  joinAlong,
  numbers,
  written,
} as const satisfies Readonly<Record<string, Fn>>;
