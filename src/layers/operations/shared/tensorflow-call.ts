/**
 * How a function of TensorFlow is declared, and how it reads what it is called with. An argument that is given, not null
 * and not its default, and that nothing reads, is refused by name: none is lost.
 */
import type { DType } from "../../../core/dtype.ts";
import { fail } from "../../../core/error.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Arg, ArgJson, Context, KwArgs } from "../../define.ts";
import { isSym, untyped } from "../../common/args.ts";
import { knownSizes } from "./known-sizes.ts";
import { axisOf, dtypeOf, flatItems, numberOf, strong, tensor } from "./operation.ts";

/** An argument, or an attribute of a node; undefined instead of a default: it must be given. */
export interface Parameter {
  readonly name: string;
  readonly fallback: ArgJson | readonly Arg[] | undefined;
}

/** `x, axis=null, keepdims=false`: names with their defaults as JSON. */
export const parameters = (text: string): readonly Parameter[] =>
  text === ""
    ? []
    : text.split(", ").map((part) => {
        const [name, fallback] = part.split("=") as [string, string | undefined];
        return { name, fallback: fallback === undefined ? undefined : (JSON.parse(fallback) as ArgJson) };
      });

/** What a function of TensorFlow computes of its arguments. */
export type TfRun = (cx: Context, a: TfArgs) => Sym | readonly Sym[];

/** A function of TensorFlow: its signature, and what it computes. */
export interface TfFunction {
  readonly parameters: readonly Parameter[];
  readonly run: TfRun;
}

/** Keywords that say nothing about the numbers, or belong to the call and not to the function. */
const ASIDE: ReadonlySet<string> = new Set(["name", "mask", "$args"]);

const show = (arg: Arg): string => {
  if (arg === null) return "none";
  if (isSym(arg)) return "a tensor";
  return Array.isArray(arg) ? `[${(arg as readonly Arg[]).map(show).join(", ")}]` : JSON.stringify(arg);
};

/** Whether a tensor is in it. */
const isOpen = (arg: Arg): boolean => isSym(arg) || (Array.isArray(arg) && (arg as readonly Arg[]).some(isOpen));

const same = (a: Arg, b: Arg | undefined): boolean =>
  a === b ||
  (typeof b === "boolean" && a === Number(b)) ||
  (Array.isArray(a) && JSON.stringify(a) === JSON.stringify(b));

/** The arguments of one call, or the attributes of a node, by name. */
export class GivenArguments {
  readonly #what: string;
  readonly #parameters: ReadonlyMap<string, Parameter>;
  readonly #given = new Map<string, Arg>();
  readonly #nulls = new Set<string>();
  readonly #read = new Set<string>();

  constructor(what: string, known: readonly Parameter[], args: readonly Arg[], kw: KwArgs) {
    this.#what = what;
    this.#parameters = new Map(known.map((p) => [p.name, p]));
    args.forEach((arg, i) => this.#give(known[i]?.name ?? `argument ${i + 1}`, arg));
    for (const [name, arg] of Object.entries(kw))
      if (arg !== undefined && (!ASIDE.has(name) || this.#parameters.has(name))) this.#give(name, arg);
  }

  #give(name: string, arg: Arg): void {
    if ((arg ?? null) === null) this.#nulls.add(name);
    if ((arg ?? null) === null || this.#given.has(name)) return;
    const known = this.#parameters.get(name);
    if (known === undefined) this.refuse(name, "an argument that is known", arg);
    else if (!same(untyped(arg), known.fallback)) this.#given.set(name, arg);
  }

  protected refuse(name: string, expected: string, arg: Arg): never {
    return fail("unsupported/argument", { message: `${name} of ${this.#what}`, expected, found: show(arg) });
  }

  /** Refuses a length that is a value of the run. */
  protected depends(name: string, arg: Arg): never {
    const message = `${name} of ${this.#what}: the length depends on the values`;
    return fail("unsupported/free-length", { message, expected: "numbers and lengths of tensors", found: show(arg) });
  }

  /** Refuses what nothing has read. */
  done(): void {
    for (const [name, arg] of this.#given)
      if (!this.#read.has(name)) this.refuse(name, "no such argument, or its default", arg);
  }

  /** Whether it is there and not its default. */
  has(name: string): boolean {
    return this.#given.has(name);
  }

  /** Whether null is given, and not left to the default. */
  isNull(name: string): boolean {
    return this.#nulls.has(name);
  }

  /** As it is, or its default; null where there is neither. */
  arg(name: string): Arg {
    return untyped(this.typed(name));
  }

  /** The same with Python's floats as `{ float: 2 }`. */
  protected typed(name: string): Arg {
    this.#read.add(name);
    return this.#given.get(name) ?? this.#parameters.get(name)?.fallback ?? null;
  }

  /** Does not change what is computed. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name);
  }

  /** Whether a number is a float, though it may be whole. */
  isFloat(name: string): boolean {
    return numberOf(this.#given.get(name))?.whole === false;
  }

  /** As `arg`; one without a default must be there. */
  #value(name: string): Arg {
    const arg = this.arg(name);
    return arg === null && this.#parameters.get(name)?.fallback === undefined
      ? this.refuse(name, "a value, which the file does not have", arg)
      : arg;
  }

  /** null only where that is the default; so with the other kinds. */
  numbers(name: string): number[] | null {
    const arg = this.#value(name);
    if (arg === null) return null;
    const list = Array.isArray(arg) ? (arg as readonly Arg[]) : [arg];
    if (list.every((n) => typeof n === "number")) return list as number[];
    return this.refuse(name, isOpen(arg) ? "numbers that the file has" : "plain numbers", arg);
  }

  number(name: string): number | null {
    const list = this.numbers(name);
    if (list === null || (list.length === 1 && !Array.isArray(this.arg(name)))) return list?.[0] ?? null;
    return this.refuse(name, "one number", list);
  }

  /** 1 and 0 count as true and false. */
  flag(name: string): boolean {
    const arg = this.#value(name);
    if (arg === null || typeof arg === "boolean") return arg === true;
    return arg === 1 || (arg !== 0 && this.refuse(name, "true or false", arg));
  }

  text(name: string): string | null {
    const arg = this.#value(name);
    return arg === null || typeof arg === "string" ? arg : this.refuse(name, "text", arg);
  }
}

/** A text, or an array of them, as a tensor; null for anything else. */
function constantTexts(cx: Context, arg: Arg): Sym | null {
  const flat = flatItems(arg, (item) => (typeof item === "string" ? item : undefined));
  if (flat === null || flat.items.length === 0) return null;
  const { items: texts, shape } = flat;
  return cx.op.text([], { fn: "constant", options: { texts, shape }, shape, dtype: "string" });
}

/** What a function computes with. */
export class TfArgs extends GivenArguments {
  readonly #cx: Context;

  constructor(cx: Context, what: string, known: readonly Parameter[], args: readonly Arg[], kw: KwArgs) {
    super(what, known, args, kw);
    this.#cx = cx;
  }

  tensor(name: string): Sym {
    const arg = this.typed(name);
    // tf-keras leaves out what stands behind a first argument that is called `self`.
    if (arg === null) return this.refuse(name, "a tensor, which the file does not have", arg);
    if (Array.isArray(arg) && isOpen(arg)) return this.#packed(arg as readonly Arg[]);
    return constantTexts(this.#cx, arg) ?? strong(this.#cx, arg);
  }

  /** A list with tensors in it, of which TensorFlow makes one: numbers among them take the dtype of the first. */
  #packed(list: readonly Arg[]): Sym {
    const packed = list.map((item) =>
      Array.isArray(item) && isOpen(item) ? this.#packed(item as readonly Arg[]) : item,
    );
    return this.#cx.op.stack(this.#alike(packed), 0);
  }

  /** A tensor, or a number that takes the dtype of what stands beside it. */
  operand(name: string): Sym | number {
    const arg = this.arg(name);
    return typeof arg === "number" ? arg : this.tensor(name);
  }

  /** Two of them: lists of numbers, too, take the dtype of what stands beside them. */
  operands(first: string, second: string): [Sym | number, Sym | number] {
    const [a, b] = [this.operand(first), this.operand(second)];
    const as = (x: Sym | number, name: string, other: Sym | number): Sym | number =>
      Array.isArray(this.arg(name)) && typeof x !== "number" && typeof other !== "number"
        ? this.#cx.op.cast(x, other.dtype)
        : x;
    return [as(a, first, b), as(b, second, a)];
  }

  /** Of a list; numbers in it take the dtype of the first tensor. */
  tensors(name: string): readonly Sym[] {
    const arg = this.typed(name);
    const list = Array.isArray(arg) ? (arg as readonly Arg[]) : [arg];
    return list.length === 0 ? this.refuse(name, "a list of tensors", arg) : this.#alike(list);
  }

  #alike(list: readonly Arg[]): readonly Sym[] {
    const beside = list.find(isSym)?.dtype;
    return list.map((item) => {
      const x = tensor(this.#cx, item);
      return isSym(item) || beside === undefined ? x : this.#cx.op.cast(x, beside);
    });
  }

  /** One axis of x, counted from 0. */
  axis(x: Sym, name = "axis", otherwise = 0): number {
    return axisOf(x, this.number(name) ?? otherwise);
  }

  /** Some axes of x; null is all of them. */
  axes(x: Sym, name = "axis"): number[] {
    return this.numbers(name)?.map((a) => axisOf(x, a)) ?? x.shape.map((_, i) => i);
  }

  dtype(name: string, otherwise: DType): DType {
    return dtypeOf(this.text(name), otherwise);
  }

  /** Numbers that follow from known lengths, too. */
  override numbers(name: string): number[] | null {
    const known = isOpen(this.arg(name)) ? knownSizes(this.#cx, this.arg(name)) : null;
    return known?.every((size) => typeof size === "number") === true ? (known as number[]) : super.numbers(name);
  }

  /** A whole number, or a length that the model computes. */
  size(name: string): Size {
    const sizes = this.sizes(name);
    const isWhole = sizes.length === 1 && (typeof sizes[0] !== "number" || Number.isInteger(sizes[0]));
    return isWhole ? sizes[0]! : this.refuse(name, "a whole number, or a length", this.arg(name));
  }

  /** A shape: numbers, or lengths that the model computes. */
  sizes(name: string): readonly Size[] {
    const arg = this.arg(name);
    const known = knownSizes(this.#cx, arg);
    if (known === null && isOpen(arg)) this.depends(name, arg);
    return known ?? this.refuse(name, "a shape of numbers and lengths", arg);
  }
}

/** The same names in TensorFlow 1. */
export const older = (names: string): string => names.replaceAll(/(^| )/g, "$1compat.v1.");

/** A table of functions being filled; `names` are apart by spaces. */
export class TfTable extends Map<string, TfFunction> {
  /** By names of TensorFlow 2, under which TensorFlow 1 has the same function, and others of TensorFlow 1. */
  both(names: string, args: string, run: TfRun): void {
    this.only(names, args, run);
    this.only(older(names).replaceAll("compat.v1.compat.v1.", "compat.v1."), args, run);
  }

  /** By these names alone. */
  only(names: string, args: string, run: TfRun): void {
    for (const name of names.split(" ")) this.set(name, { parameters: parameters(args), run });
  }
}
