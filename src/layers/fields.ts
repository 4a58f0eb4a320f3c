/**
 * Options of layers: for each its type, default and check. A field reads JSON from a file (all dialects end in Keras 3's
 * forms) and turns a value from TypeScript into that JSON; `Config` and `BuilderOptions` give the TypeScript types.
 *
 * A maker without a default makes a required option. `optional`, `nullable`, `required`, `keras3Only` and `keras2Only`
 * change what a maker has made. What an option means is said in `scripts/option-words.mjs`, from where it gets into the
 * declarations that ship.
 */
import { listOf } from "../core/list.ts";
import { fromPlain, JsonNumber, type JsonNode } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import { kindOf } from "../core/guard.ts";
import type { Semantics } from "../core/semantics.ts";
import type { ActivationSpec } from "../ops/attributes.ts";
import type { FieldContext } from "./field-context.ts";
import { type ActivationName, parseActivation } from "./common/activation-spec.ts";
import type { InitializerName } from "./initializers.ts";

/** `T`: as the layer reads it. `I`: as a caller of the builder may write it. */
export interface Field<T = unknown, I = T> {
  /** What the option's values are: decides how it is translated between dialects. */
  readonly kind: "value" | "activation" | "initializer" | "regularizer" | "constraint" | "layer" | "layers";
  /** The allowed values, in words. */
  readonly expected: string;
  /** Whether there is no default. */
  readonly required: boolean;
  /** As Keras 3 writes it; null where there is none. */
  readonly default: JsonNode;
  /** null is a value of its own; elsewhere it is refused, but of generations whose constructors check nothing (`CHECKING`) and where it means the default. */
  readonly nullable?: true;
  /** Set when generations before Keras 3 do not know the option, or Keras 3 no longer does. */
  readonly only?: "keras2" | "keras3";
  /** Values for what other backends than TensorFlow meant, or only Keras 1 knew: no later Keras takes them. */
  readonly olderValues?: readonly string[];
  /** Throws `malformed/config` for a value that is not allowed. */
  parse(node: JsonNode, at: FieldContext): T;
  /** A caller's value as a file has it. */
  toJson(value: I): JsonNode;
}

/** A field whose option must be there: Keras has no default for it. */
export type RequiredField<T, I = T> = Field<T, I> & { readonly required: true };
/** What a maker makes that got a default, or none. */
type Made<T, I, D> = undefined extends D ? RequiredField<T, I> : Field<T, I>;

/** The options of a class, by Keras's names. */
export type Fields = { readonly [name: string]: Field<unknown, never> };
/** The options as a layer reads them. */
export type Config<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T, never> ? T : never };

/** `glorot_uniform` → `glorotUniform`. */
type Camel<S extends string> = S extends `${infer A}_${infer B}` ? `${A}${Capitalize<Camel<B>>}` : S;
/** Options of a builder function: Keras's names in camelCase; required where Keras has no default. */
export type BuilderOptions<F extends Fields> = {
  [K in keyof F & string as F[K] extends { required: true } ? Camel<K> : never]: InputOf<F[K]>;
} & { [K in keyof F & string as F[K] extends { required: true } ? never : Camel<K>]?: InputOf<F[K]> };
type InputOf<X> = X extends { toJson(value: infer I): JsonNode } ? I : never;

function show(node: JsonNode): string {
  if (node === null) return "null";
  if (node instanceof JsonNumber) return node.text.slice(0, 40);
  if (typeof node === "string") return `"${node.slice(0, 60)}"`;
  if (Array.isArray(node)) return `a list of ${node.length}`;
  return node instanceof Map ? "an object" : typeof node === "boolean" ? String(node) : kindOf(node);
}

interface Reading<T, I, D> {
  readonly kind?: Field["kind"];
  readonly expected: string;
  readonly initial: D;
  /** undefined: not allowed. */
  read(node: JsonNode, at: FieldContext): T | undefined;
  toJson(value: I): JsonNode;
}

/** A field of one's own; `initial` is the default as a caller would write it, undefined for a required option. */
export function field<T, I, D extends I | undefined>(r: Reading<T, I, D>): Made<T, I, D> {
  const made: Field<T, I> = {
    kind: r.kind ?? "value",
    expected: r.expected,
    required: r.initial === undefined,
    default: r.initial === undefined ? null : r.toJson(r.initial),
    parse(node, at) {
      const value = r.read(node, at);
      if (value !== undefined) return value;
      return fail("malformed/config", { path: at.path, expected: r.expected, found: show(node) });
    },
    toJson: r.toJson,
  };
  return made as Made<T, I, D>;
}

/** null is allowed; the default stays. */
export function nullable<T, I>(inner: Field<T, I>): Field<T | null, I | null> {
  return {
    ...inner,
    expected: `${inner.expected}, or null`,
    nullable: true,
    parse: (node, at) => (node === null ? null : inner.parse(node, at)),
    toJson: (value) => (value === null ? null : inner.toJson(value)),
  };
}

/** null is allowed and the default. */
export const optional = <T, I>(inner: Field<T, I>): Field<T | null, I | null> => ({
  ...nullable(inner),
  required: false,
  default: null,
});

/** There is no default. */
export const required = <T, I>(inner: Field<T, I>): RequiredField<T, I> => ({
  ...inner,
  required: true,
  default: null,
});

/** Earlier generations do not know the option. */
export const keras3Only = <F>(inner: F): F => ({ ...inner, only: "keras3" });
/** Keras 3 no longer knows the option. */
export const keras2Only = <F>(inner: F): F => ({ ...inner, only: "keras2" });

/** Those of `inner`'s values that `allows` takes; null, where `inner` takes it, needs no leave. */
export const checked = <T, I, F extends Field<T, I>>(
  inner: F & Field<T, I>,
  expected: string,
  allows: (value: NonNullable<T>, at: FieldContext) => boolean,
): F => ({
  ...inner,
  expected,
  parse(node: JsonNode, at: FieldContext) {
    const value = inner.parse(node, at);
    if (value === null || value === undefined || allows(value, at)) return value;
    return fail("malformed/config", { path: at.path, expected, found: show(node) });
  },
});

/** Generations whose constructors check what they are given; those before left it to the arithmetic. */
export const CHECKING: readonly Semantics[] = ["tf-keras", "keras3"];

/** Numbers from `min` to `max`, where a file is of a generation that refuses others. */
export const within = <I, F extends Field<number, I>>(
  inner: F & Field<number, I>,
  [min, max]: readonly [min: number, max?: number],
  generations = CHECKING,
): F =>
  checked<number, I, F>(
    inner,
    `${inner.expected} ${max === undefined ? `of at least ${min}` : `from ${min} to ${max}`}`,
    (value, { semantics }) => !generations.includes(semantics) || !(value < min || value > (max ?? Infinity)),
  );

const INT32_MIN = -0x80000000;
const intJson = (value: number): JsonNode => JsonNumber.of(value, "int");
const intsJson = (values: readonly number[]): JsonNode => values.map(intJson);

function asInteger(node: JsonNode | undefined, min: number): number | undefined {
  if (!(node instanceof JsonNumber)) return undefined;
  const value = node.value;
  return Number.isSafeInteger(value) && value >= min && value <= 0x7fffffff ? value : undefined;
}

/** Every entry of a list read; undefined where there is no list, or an entry that is not allowed. */
function each<T>(node: JsonNode, read: (item: JsonNode) => T | undefined): readonly T[] | undefined {
  const all = Array.isArray(node) ? node.map(read) : [undefined];
  return all.every((item) => item !== undefined) ? all : undefined;
}

/** A whole number of 32 bits, at least `min`. */
export const int = <D extends number | undefined = undefined>(o: { min?: number; default?: D } = {}) =>
  field<number, number, D>({
    expected: o.min === undefined ? "an integer" : `an integer of at least ${o.min}`,
    initial: o.default as D,
    read: (node) => asInteger(node, o.min ?? INT32_MIN),
    toJson: intJson,
  });

const number = <D extends number | undefined>(initial: D, expected: string, allows: (value: number) => boolean) =>
  field<number, number, D>({
    expected,
    initial,
    read: (node) => (node instanceof JsonNumber && allows(node.value) ? node.value : undefined),
    toJson: (value) => JsonNumber.of(value, "float"),
  });

/** A finite number. */
export const float = <D extends number | undefined = undefined>(initial?: D) =>
  number(initial as D, "a number", Number.isFinite);

/** A number, or infinite, or NaN. */
export const anyFloat = () => number(undefined, "a number", () => true);

/** True or false; 0 and 1 are as good, and null is false, as in Python. */
export const bool = (initial: boolean) =>
  field<boolean, boolean, boolean>({
    expected: "true or false",
    initial,
    read(node) {
      if (typeof node === "boolean" || node === null) return node ?? false;
      return node instanceof JsonNumber && (node.value === 0 || node.value === 1) ? node.value === 1 : undefined;
    },
    toJson: (value) => value,
  });

/** Any text. */
export const text = <D extends string | undefined = undefined>(initial?: D) =>
  field<string, string, D>({
    expected: "text",
    initial: initial as D,
    read: (node) => (typeof node === "string" ? node : undefined),
    toJson: (value) => value,
  });

/** One of some words. `older`: values that only files have (see `Field.olderValues`). */
export function choice<const V extends string>(values: readonly V[], initial: V): Field<V>;
export function choice<const V extends string, const O extends string>(
  values: readonly V[],
  initial: V,
  older: readonly O[],
): Field<V | O, V>;
export function choice(values: readonly string[], initial: string, older: readonly string[] = []): Field<string> {
  const known = [...values, ...older];
  const words = field<string, string, string>({
    expected: `one of ${known.join(", ")}`,
    initial,
    read: (node) => (typeof node === "string" ? known.find((word) => word === node.toLowerCase()) : undefined),
    toJson: (value) => value,
  });
  return { ...words, olderValues: older };
}

/** `channels_last` or `channels_first`; null in files means `channels_last`. */
export function dataFormat(): Field<"channels_last" | "channels_first"> {
  const words = choice(["channels_last", "channels_first"], "channels_last");
  return { ...words, parse: (node, at) => words.parse(node ?? words.default, at) };
}

type OneOrMany = number | readonly number[];

/** `length` whole numbers, at least `min`; one number stands for all of them. */
export function ints<D extends OneOrMany | undefined = undefined>(length: number, o: { min: number; default?: D }) {
  const repeated = (value: number): readonly number[] => listOf(length, () => value);
  return field<readonly number[], OneOrMany, D>({
    expected: `${length} integers of at least ${o.min}`,
    initial: o.default as D,
    read(node) {
      const one = asInteger(node, o.min);
      if (one !== undefined) return repeated(one);
      const all = each(node, (item) => asInteger(item, o.min));
      return all?.length === length ? all : undefined;
    },
    toJson: (value) => intsJson(typeof value === "number" ? repeated(value) : value),
  });
}

const oneOrMore = (node: JsonNode): readonly number[] | undefined =>
  each(Array.isArray(node) ? node : [node], (item) => asInteger(item, INT32_MIN));

/** A list of whole numbers of any length; one number is a list of one. */
export const intList = <D extends OneOrMany | undefined = undefined>(initial?: D) =>
  field<readonly number[], OneOrMany, D>({
    expected: "a list of integers",
    initial: initial as D,
    read: oneOrMore,
    toJson: (value) => intsJson(typeof value === "number" ? [value] : value),
  });

/** One axis or a list of them, read as a list and kept as written. */
export const axes = <D extends OneOrMany | undefined = undefined>(initial?: D) =>
  field<readonly number[], OneOrMany, D>({
    expected: "an axis or a list of axes",
    initial: initial as D,
    read: oneOrMore,
    toJson: (value) => (typeof value === "number" ? intJson(value) : intsJson(value)),
  });

/** A list of lengths, null for those that are free; one number is a list of one. */
export const lengths = () =>
  field<readonly (number | null)[], number | readonly (number | null)[], undefined>({
    expected: "a list of integers and nulls",
    initial: undefined,
    read: (node) =>
      each(node instanceof JsonNumber ? [node] : node, (item) => (item === null ? null : asInteger(item, INT32_MIN))),
    toJson: (value) => (typeof value === "number" ? [value] : value).map((n) => (n === null ? null : intJson(n))),
  });

type Pair = readonly [number, number];
type Pairs = number | readonly (number | Pair)[];

/** For each of `length` axes [start, end], at least 0; one number stands for both, or for all of them. */
export function pairs(length: number, initial: number) {
  const many = (value: Pairs): readonly Pair[] =>
    (typeof value === "number" ? listOf(length, () => value) : value).map((pair) =>
      typeof pair === "number" ? [pair, pair] : pair,
    );
  const one = (node: JsonNode): Pair | undefined => {
    const both = each(Array.isArray(node) ? node : [node, node], (item) => asInteger(item, 0));
    return both?.length === 2 ? [both[0]!, both[1]!] : undefined;
  };
  return field<readonly Pair[], Pairs, number>({
    expected: `for each of ${length} axes one or two integers of at least 0`,
    initial,
    read(node) {
      const single = asInteger(node, 0);
      if (single !== undefined) return many(single);
      const all = each(node, one);
      return all?.length === length ? all : undefined;
    },
    toJson: (value) => many(value).map(intsJson),
  });
}

/** JSON as a caller writes it. */
export type PlainJson = null | boolean | number | string | readonly PlainJson[] | { readonly [key: string]: PlainJson };

/** Any JSON, kept as written. */
export const json = (initial: JsonNode = null): Field<JsonNode, PlainJson> => ({
  ...field<JsonNode, PlainJson, null>({ expected: "anything", initial: null, read: (node) => node, toJson: fromPlain }),
  default: initial,
});

/** A name in Keras's own spelling or in camelCase. */
type Spelt<S extends string> = S | Camel<S>;
/** An activation of Keras. */
export type ActivationInput = Spelt<ActivationName>;

/** An activation: a name, a serialised function or object; null means linear. Unknown ones keep their name. */
export const activation = (initial: ActivationName) =>
  field<ActivationSpec, ActivationInput, ActivationName>({
    kind: "activation",
    expected: "an activation",
    initial,
    read: parseActivation,
    toJson: snake,
  });

/** `GlorotUniform` → `_glorot_uniform`. */
type Underscored<S extends string> = S extends `${infer C}${infer Rest}`
  ? `${C extends Lowercase<C> ? C : `_${Lowercase<C>}`}${Underscored<Rest>}`
  : S;
type Snake<S extends string> = Underscored<S> extends `_${infer Rest}` ? Rest : S;
/** One of Keras's objects as Keras serialises it. */
export interface ObjectForm {
  /** Keras's class. */
  readonly class_name: string;
  /** Its options, by Keras's names. */
  readonly config?: { readonly [option: string]: PlainJson };
  /** Where Keras has the class. */
  readonly module?: string;
  /** Of a class that its package registered. */
  readonly registered_name?: string | null;
}
/** By class, or its function in either spelling. */
type Named<S extends string> = S | Spelt<Snake<Exclude<S, "STFT">>>;
/** An initialiser of Keras. */
export type InitializerInput = Named<InitializerName> | ObjectForm | null;
/** A penalty of Keras. */
export type RegularizerInput = Named<"L1" | "L2" | "L1L2" | "OrthogonalRegularizer"> | ObjectForm | null;
/** A constraint of Keras. */
export type ConstraintInput = Named<"MaxNorm" | "MinMaxNorm" | "NonNeg" | "UnitNorm"> | ObjectForm | null;

function object<I extends string | ObjectForm | null>(kind: Field["kind"], initial: string | null): Field<JsonNode, I> {
  const made = field<JsonNode, I, undefined>({
    kind,
    expected: "a name, an object or null",
    initial: undefined,
    read: (node) => node,
    toJson: (value) => (typeof value === "string" ? className(value) : fromPlain(value)),
  });
  return { ...made, required: false, default: initial };
}

/** Kept as written; used only to make weights of models built in code. */
export const initializer = (initial: string) => object<InitializerInput>("initializer", initial);
/** Kept as written; no part in inference. */
export const regularizer = () => object<RegularizerInput>("regularizer", null);
/** Kept as written; no part in inference. */
export const constraint = () => object<ConstraintInput>("constraint", null);

/** `hardSigmoid` → `hard_sigmoid`. */
function snake(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
}

/** `glorotUniform` → `GlorotUniform`; Keras's own spellings stay. */
function className(name: string): string {
  const camel = name.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());
  return camel.charAt(0).toUpperCase() + camel.slice(1);
}
