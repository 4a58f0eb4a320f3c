/** How a rule reads a call of an operation of Keras 3, and what it gives: calls of TensorFlow's functions. */
import { JsonNumber, type JsonNode } from "../codecs/json.ts";
import { type DType, isFloat } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import type { Call, CallArg, LayerNode } from "../layers/define.ts";
import type { References } from "./call-form.ts";
import { isGuessed } from "./plain-dtypes.ts";

/** A function and its arguments in order, the first by place; what other functions make among them. */
export interface FunctionCall {
  readonly fn: string;
  readonly args: readonly (readonly [name: string, value: FunctionArg])[];
}

/** What a function is called with: lists hold what others make too. */
export type FunctionArg = CallArg | FunctionCall | readonly (CallArg | FunctionCall)[];

/** What a rule reads of one call of an operation. */
export class OperationCall {
  readonly #node: LayerNode;
  readonly #call: Call;
  readonly #about: References;

  constructor(node: LayerNode, call: Call, about: References) {
    this.#node = node;
    this.#call = call;
    this.#about = about;
  }

  refuse(message: string): never {
    return fail("unsupported/translation", { path: this.#node.path, message, found: this.#node.class });
  }

  /** The operation's class. */
  get class(): string {
    return this.#node.def!.class;
  }

  /** How many arguments stand by place. */
  get count(): number {
    return this.#call.args.length;
  }

  option(name: string): unknown {
    return this.#node.config[name] ?? null;
  }

  /** An option that may be a number or lists of them, as the file has it. */
  json(name: string): unknown {
    const value = (node: JsonNode | undefined): unknown => {
      if (Array.isArray(node)) return node.map(value);
      return node instanceof JsonNumber ? node.value : this.refuse(`${name} that is no number`);
    };
    return value(this.#node.options.get(name));
  }

  /** Whether the file has a list, which an option may read one number as. */
  isList(name: string): boolean {
    return Array.isArray(this.#node.options.get(name));
  }

  /** An argument of the call; null where there is none. */
  arg(place: number): CallArg | null {
    const name = this.#node.def!.args?.[place];
    const arg = this.#call.args[place] ?? this.#call.kwargs.find(([key]) => key === name)?.[1];
    return arg === undefined || (arg.kind === "json" && arg.value === null) ? null : arg;
  }

  given(place: number): CallArg {
    return this.arg(place) ?? this.refuse("without an argument");
  }

  /** Of a tensor. */
  type(arg: CallArg): { readonly dtype: string; readonly shape: readonly (number | null)[] | null } | null {
    if (arg.kind === "constant") return arg;
    return arg.kind === "ref" ? (this.#about.types.get(arg) ?? arg) : null;
  }

  /** The one dtype of these operands; numbers beside tensors take it. */
  dtype(...args: readonly CallArg[]): string {
    const found = new Set(args.flatMap((arg) => this.type(arg)?.dtype ?? []));
    const [dtype, other] = found;
    if (dtype === undefined || other !== undefined) return this.refuse("operands of one dtype");
    const isFraction = (arg: CallArg): boolean =>
      arg.kind === "json" && typeof arg.value === "number" && arg.float === true;
    if (!isFloat(dtype as "float32") && args.some(isFraction)) this.refuse("a fraction beside whole numbers");
    return dtype;
  }

  floats(...args: readonly CallArg[]): void {
    if (!isFloat(this.dtype(...args) as "float32")) this.refuse("numbers that are no floats");
  }

  /** Operands of one dtype, numbers among them of its kind. */
  alike(...args: readonly CallArg[]): readonly CallArg[] {
    const dtype = this.dtype(...args) as DType;
    const float = isFloat(dtype);
    if (dtype === "bool" && args.some(({ kind }) => kind === "json")) this.refuse("a number beside truth values");
    // TensorFlow guesses the dtype of what stands first, or beside no tensor.
    if (args[0]?.kind !== "ref" && !isGuessed(dtype)) this.refuse(`a number or a constant before a tensor of ${dtype}`);
    return args.map((arg) => {
      // TensorFlow takes no truth value for a number.
      const value = arg.kind === "json" && typeof arg.value === "boolean" ? Number(arg.value) : null;
      if (value !== null) return { kind: "json", value, float };
      return float && arg.kind === "json" && typeof arg.value === "number" ? { ...arg, float } : arg;
    });
  }

  rank(arg: CallArg): number {
    return this.type(arg)?.shape?.length ?? this.refuse("a tensor of unknown rank");
  }
}

/** What one call of an operation becomes. */
export type FunctionRule = (o: OperationCall) => FunctionCall;

/** An option as a plain argument. */
export const plain = (value: unknown): CallArg => {
  if (Array.isArray(value)) return { kind: "list", items: value.map(plain) };
  return { kind: "json", value: value as string | number | boolean | null };
};

/** A number that is a float, though it may be whole. */
export const float = (value: number): CallArg => ({ kind: "json", value, float: true });

/** A function of arguments by name. */
export const of = (fn: string, args: Readonly<Record<string, FunctionArg>>): FunctionCall => ({
  fn,
  args: Object.entries(args),
});

/** A function of two sides. */
export const both = (fn: string, x: CallArg | FunctionCall, y: CallArg | FunctionCall): FunctionCall =>
  of(fn, { x, y });

/** `fn` of a tensor and of options, those under TensorFlow's names. */
export const one =
  (
    fn: string,
    first: string,
    options: (o: OperationCall, x: CallArg) => Readonly<Record<string, unknown>>,
    whole = true,
  ): FunctionRule =>
  (o) => {
    const x = o.given(0);
    if (!whole) o.floats(x);
    return {
      fn,
      args: [[first, x], ...Object.entries(options(o, x)).map(([name, value]) => [name, plain(value)] as const)],
    };
  };

/** An option that is one number, in a list or not. */
export const whole = (o: OperationCall, name: string): number => {
  const given = o.option(name);
  const value: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given;
  return typeof value === "number" ? value : o.refuse(`${name} that is no number`);
};

/** An option that is a list of numbers. */
export const numbers = (o: OperationCall, name: string): readonly number[] => {
  const value = o.option(name);
  return Array.isArray(value) && value.every((n) => typeof n === "number")
    ? value
    : o.refuse(`${name} that is no list of numbers`);
};
