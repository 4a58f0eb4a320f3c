/**
 * Options of layers: for each its type, default and check. A field reads JSON from a file (all dialects end in Keras 3's
 * forms) and turns a value from TypeScript into that JSON; `Config` and `BuilderOptions` give the TypeScript types.
 */
import { JsonNumber, type JsonNode } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import { kindOf } from "../core/guard.ts";
import type { ActivationSpec } from "../ops/attributes.ts";
import type { FieldContext } from "./field-context.ts";
import { parseActivation } from "./common/activation-spec.ts";

/** `T`: as the layer reads it. `I`: as a caller of the builder may write it. */
export interface Field<T = unknown, I = T> {
  /** What the option's values are: decides how it is translated between dialects. */
  readonly kind: "value" | "activation" | "initializer" | "regularizer" | "constraint" | "layer" | "layers";
  readonly required: boolean;
  /** As Keras 3 writes it; null where there is none. */
  readonly default: JsonNode;
  /** Set when generations before Keras 3 do not know the option. */
  readonly keras3Only: boolean;
  /** Set when Keras 3 no longer knows the option. */
  readonly keras2Only?: boolean;
  /** Values for what other backends than TensorFlow meant, or only Keras 1 knew: no later Keras takes them. */
  readonly olderValues?: readonly string[];
  /** null is a value of its own; elsewhere a null where there is a default means the default. */
  readonly nullable?: true;
  parse(node: JsonNode, at: FieldContext): T;
  toJson(value: I): JsonNode;
}

export type Fields = { readonly [name: string]: Field<unknown, never> };
export type Config<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T, never> ? T : never };

type Camel<S extends string> = S extends `${infer A}_${infer B}` ? `${A}${Capitalize<Camel<B>>}` : S;
/** Builder options: Keras's names in camelCase; required where Keras has no default. */
export type BuilderOptions<F extends Fields> = {
  [K in keyof F & string as F[K] extends { required: true } ? Camel<K> : never]: InputOf<F[K]>;
} & { [K in keyof F & string as F[K] extends { required: true } ? never : Camel<K>]?: InputOf<F[K]> };
type InputOf<X> = X extends { toJson(value: infer I): JsonNode } ? I : never;

/** Makes the field required or keras3Only in its type too. */
type Required_<X> = X & { readonly required: true };

interface Extra {
  keras3Only?: boolean;
}

function show(node: JsonNode): string {
  if (node === null) return "null";
  if (node instanceof JsonNumber) return node.text.slice(0, 40);
  if (typeof node === "string") return `"${node.slice(0, 60)}"`;
  if (Array.isArray(node)) return `a list of ${node.length}`;
  return node instanceof Map ? "an object" : typeof node === "boolean" ? String(node) : kindOf(node);
}

/** Refuses a value that is not of the option's type. */
export function wrong(at: FieldContext, expected: string, node: JsonNode): never {
  return fail("malformed/config", { path: at.path, expected, found: show(node) });
}

function field<T, I = T>(
  expected: string,
  initial: JsonNode | undefined,
  read: (node: JsonNode, at: FieldContext) => T | undefined,
  toJson: (value: I) => JsonNode,
  more: Partial<Field<T, I>> = {},
): Field<T, I> {
  return {
    kind: "value",
    required: initial === undefined,
    default: initial ?? null,
    keras3Only: false,
    parse(node, at) {
      const value = read(node, at);
      return value === undefined ? wrong(at, expected, node) : value;
    },
    toJson,
    ...more,
  };
}

const asInteger = (node: JsonNode, min: number): number | undefined => {
  if (!(node instanceof JsonNumber)) return undefined;
  const value = node.value;
  return Number.isSafeInteger(value) && value >= min && value <= 0x7fffffff ? value : undefined;
};

/** A whole number, at least `min` (1). Without a default it is required. */
export function int(o: { min?: number } & Extra): Required_<Field<number>>;
export function int(o: { min?: number; default: number } & Extra): Field<number>;
export function int(o: { min?: number; default?: number } & Extra = {}): Field<number> {
  const min = o.min ?? 1;
  return field(
    `an integer of at least ${min}`,
    o.default === undefined ? undefined : JsonNumber.of(o.default, "int"),
    (n) => asInteger(n, min),
    (v: number) => JsonNumber.of(v, "int"),
    { keras3Only: o.keras3Only ?? false },
  );
}

/** A whole number or null. */
export function optionalInt(o: { min?: number } & Extra = {}): Field<number | null> {
  const min = o.min ?? -0x80000000;
  return field(
    "an integer or null",
    null,
    (n) => (n === null ? null : asInteger(n, min)),
    (v) => (v === null ? null : JsonNumber.of(v, "int")),
    { keras3Only: o.keras3Only ?? false },
  );
}

/** A finite number. */
export function float(initial?: number, o: Extra = {}): Field<number> {
  return field(
    "a number",
    initial === undefined ? undefined : JsonNumber.of(initial, "float"),
    (n) => (n instanceof JsonNumber && Number.isFinite(n.value) ? n.value : undefined),
    (v: number) => JsonNumber.of(v, "float"),
    { keras3Only: o.keras3Only ?? false },
  );
}

export function optionalFloat(o: Extra = {}): Field<number | null> {
  return field(
    "a number or null",
    null,
    (n) => (n === null ? null : n instanceof JsonNumber ? n.value : undefined),
    (v) => (v === null ? null : JsonNumber.of(v, "float")),
    { keras3Only: o.keras3Only ?? false },
  );
}

export function bool(initial: boolean, o: Extra = {}): Field<boolean> {
  return field(
    "true or false",
    initial,
    (n) =>
      typeof n === "boolean"
        ? n
        : n instanceof JsonNumber && (n.value === 0 || n.value === 1)
          ? n.value === 1
          : undefined,
    (v: boolean) => v,
    { keras3Only: o.keras3Only ?? false },
  );
}

/** One of some words. */
export function choice<const V extends string>(
  values: readonly V[],
  initial: V,
  o: Extra & { readonly olderValues?: readonly V[] } = {},
): Field<V> {
  const made = field(
    `one of ${values.join(", ")}`,
    initial,
    (n) => (typeof n === "string" ? values.find((v) => v === n.toLowerCase()) : undefined),
    (v: V) => v,
    { keras3Only: o.keras3Only ?? false },
  );
  return o.olderValues === undefined ? made : { ...made, olderValues: o.olderValues };
}

/** As `choice`, null allowed and the default. */
export function optionalChoice<const V extends string>(
  values: readonly V[],
  initial: V | null = null,
  o: Extra = {},
): Field<V | null> {
  return field(
    `one of ${values.join(", ")}, or null`,
    initial,
    (n) => (n === null ? null : typeof n === "string" ? values.find((v) => v === n.toLowerCase()) : undefined),
    (v: V | null) => v,
    { keras3Only: o.keras3Only ?? false, nullable: true },
  );
}

/** `channels_last` or `channels_first`; null in files means `channels_last`. */
export function dataFormat(): Field<"channels_last" | "channels_first"> {
  return field(
    "channels_last or channels_first",
    "channels_last",
    (n) =>
      n === null || n === "channels_last" ? "channels_last" : n === "channels_first" ? "channels_first" : undefined,
    (v: "channels_last" | "channels_first") => v,
  );
}

/** `length` whole numbers; one number stands for all of them. */
export function ints(
  length: number,
  o: { min?: number } & Extra,
): Required_<Field<readonly number[], number | readonly number[]>>;
export function ints(
  length: number,
  o: { min?: number; default: number } & Extra,
): Field<readonly number[], number | readonly number[]>;
export function ints(
  length: number,
  o: { min?: number; default?: number } & Extra = {},
): Field<readonly number[], number | readonly number[]> {
  const min = o.min ?? 1;
  const many = (v: number | readonly number[]): readonly number[] =>
    typeof v === "number" ? new Array<number>(length).fill(v) : v;
  const json = (v: number | readonly number[]): JsonNode => many(v).map((n) => JsonNumber.of(n, "int"));
  return field(
    `${length} integers of at least ${min}`,
    o.default === undefined ? undefined : json(o.default),
    (n) => {
      const one = asInteger(n, min);
      if (one !== undefined) return many(one);
      if (!Array.isArray(n) || n.length !== length) return undefined;
      const all = n.map((x) => asInteger(x, min));
      return all.every((x) => x !== undefined) ? all : undefined;
    },
    json,
    { keras3Only: o.keras3Only ?? false },
  );
}

/** As `ints`; null where the layer derives it (strides of a pooling layer). */
export function optionalInts(
  length: number,
  o: { min?: number } & Extra = {},
): Field<readonly number[] | null, number | readonly number[] | null> {
  const inner = ints(length, o.min === undefined ? {} : { min: o.min });
  return field(
    `${length} integers or null`,
    null,
    (n, at) => (n === null ? null : inner.parse(n, at)),
    (v) => (v === null ? null : inner.toJson(v)),
    { keras3Only: o.keras3Only ?? false },
  );
}

/** A list of whole numbers of any length; one number is a list of one. */
export function intList(initial?: readonly number[]): Field<readonly number[], number | readonly number[]> {
  const json = (v: number | readonly number[]): JsonNode =>
    (typeof v === "number" ? [v] : v).map((n) => JsonNumber.of(n, "int"));
  return field(
    "a list of integers",
    initial === undefined ? undefined : json(initial),
    (n) => {
      const all = (Array.isArray(n) ? n : [n]).map((x) => asInteger(x, -0x80000000));
      return all.every((x) => x !== undefined) ? all : undefined;
    },
    json,
  );
}

/** As `intList` without a default. */
export function requiredIntList(): Required_<Field<readonly number[], number | readonly number[]>> {
  return { ...intList(), required: true };
}

/** As `intList`, null when absent. */
export function optionalIntList(): Field<readonly number[] | null, number | readonly number[] | null> {
  const inner = intList([]);
  return field<readonly number[] | null, number | readonly number[] | null>(
    "a list of integers or null",
    null,
    (n, at) => (n === null ? null : inner.parse(n, at)),
    (v) => (v === null ? null : inner.toJson(v)),
  );
}

/** One axis or a list of them, read as a list and kept as written. */
export function axes(initial: number): Field<readonly number[], number | readonly number[]> {
  const json = (v: number | readonly number[]): JsonNode =>
    typeof v === "number" ? JsonNumber.of(v, "int") : v.map((n) => JsonNumber.of(n, "int"));
  return { ...intList([initial]), default: json(initial), toJson: json };
}

/** As `axes`, null allowed: all axes. */
export function nullableAxes(
  initial: number | null = null,
): Field<readonly number[] | null, number | readonly number[] | null> {
  const inner = axes(initial ?? -1);
  return {
    ...inner,
    default: initial === null ? null : inner.default,
    nullable: true,
    parse: (n, at) => (n === null ? null : inner.parse(n, at)),
    toJson: (v) => (v === null ? null : inner.toJson(v)),
  };
}

/** As `axes`, without a default. */
export function requiredAxes(): Required_<Field<readonly number[], number | readonly number[]>> {
  return { ...axes(-1), default: null, required: true };
}

/** As `intList`, with nulls for lengths that are free. */
export function intsOrNull(): Field<readonly (number | null)[]> & { readonly required: true } {
  return {
    ...field<readonly (number | null)[]>(
      "a list of integers and nulls",
      undefined,
      (n) => {
        if (!Array.isArray(n)) return undefined;
        const all = n.map((x) => (x === null ? null : asInteger(x, -0x80000000)));
        return all.every((x) => x !== undefined) ? all : undefined;
      },
      (v) => v.map((n) => (n === null ? null : JsonNumber.of(n, "int"))),
    ),
    required: true,
  };
}

type Pair = readonly [number, number];
type PairsInput = number | readonly (number | Pair)[];

/** For each of `length` axes [start, end], at least 0; one number stands for both, or for all of them. */
export function pairs(length: number, initial: number): Field<readonly Pair[], PairsInput> {
  const many = (v: PairsInput): Pair[] =>
    (typeof v === "number" ? new Array<number>(length).fill(v) : v).map((p) => (typeof p === "number" ? [p, p] : p));
  const json = (v: PairsInput): JsonNode => many(v).map((p) => p.map((n) => JsonNumber.of(n, "int")));
  const one = (n: JsonNode): Pair | undefined => {
    const both = (Array.isArray(n) ? n : [n, n]).map((x) => asInteger(x, 0));
    return both.length === 2 && both.every((x) => x !== undefined) ? [both[0]!, both[1]!] : undefined;
  };
  return field<readonly Pair[], PairsInput>(
    `for each of ${length} axes one or two integers of at least 0`,
    json(initial),
    (n) => {
      const single = asInteger(n, 0);
      if (single !== undefined) return many(single);
      if (!Array.isArray(n) || n.length !== length) return undefined;
      const all = n.map(one);
      return all.every((p) => p !== undefined) ? all : undefined;
    },
    json,
  );
}

export function text(initial: string | null = null): Field<string | null> {
  return field(
    "text or null",
    initial,
    (n) => (n === null || typeof n === "string" ? n : undefined),
    (v) => v,
  );
}

/** An activation: a name, a serialised function or object; null means linear. Unknown ones keep their name. */
export function activation(initial: string): Field<ActivationSpec, string> {
  return {
    kind: "activation",
    required: false,
    default: initial,
    keras3Only: false,
    parse: (node, at) => parseActivation(node, at),
    toJson: (v: string) => snake(v),
  };
}

const opaque = (kind: Field["kind"], initial: JsonNode) => (): Field<JsonNode, string | null | JsonNode> => ({
  kind,
  required: false,
  default: initial,
  keras3Only: false,
  parse: (node) => node,
  toJson: (v) => (typeof v === "string" ? className(v) : v),
});

/** Kept as written; used only to make weights of models built in code. */
export function initializer(initial: string): Field<JsonNode, string | null | JsonNode> {
  return opaque("initializer", initial)();
}
/** Kept as written; no part in inference. */
export const regularizer = opaque("regularizer", null);
/** Kept as written; no part in inference. */
export const constraint = opaque("constraint", null);

/** Any JSON, kept as written. */
export function json(initial: JsonNode = null, o: Extra = {}): Field<JsonNode> {
  return field(
    "",
    initial,
    (n) => n,
    (v: JsonNode) => v,
    { keras3Only: o.keras3Only ?? false },
  );
}

/** `hardSigmoid` → `hard_sigmoid`. */
function snake(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
}

/** `glorotUniform` → `GlorotUniform`; Keras's own spellings stay. */
function className(name: string): string {
  const camel = name.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());
  return camel.charAt(0).toUpperCase() + camel.slice(1);
}
