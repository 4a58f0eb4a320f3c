/**
 * What stands in a Lambda's place, for the expressions that most Lambdas are: `K.mean(x, axis=1)`, `x[:, -1]`, `x / 255`.
 * A guess: what `K` and `tf` are, the file does not say.
 */
import { type Expr, showValue } from "../codecs/python/expression.ts";
import type { PyValue } from "../codecs/python/marshal.ts";
import { ARG_REDUCE, REDUCE, REDUCE_BOOL, UNARY } from "../ops/signatures.ts";

/** What the names in a function mean. */
export interface NameScope {
  /** The first is the layer's input. */
  readonly parameters: readonly string[];
  /** Whether the layer is called on several values. */
  readonly isSeveral: boolean;
  /** The layer's `arguments`. */
  readonly given: ReadonlySet<string>;
  /** Defaults of the last parameters. */
  readonly defaults: ReadonlyMap<string, PyValue>;
}

type Args = {
  /** The nth argument, or the one of some name. */
  (place: number, ...names: string[]): Expr | undefined;
};

const BINARY: Readonly<Record<string, string>> = {
  "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "//": "floorDivide", "%": "mod", "**": "power",
  "@": "matmul",
}; // prettier-ignore
const TWO: Readonly<Record<string, string>> = {
  add: "add", subtract: "subtract", multiply: "multiply", divide: "divide", maximum: "maximum", minimum: "minimum",
  pow: "power", power: "power", matmul: "matmul", truediv: "divide",
}; // prettier-ignore
const REDUCTIONS = new Set<string>([...REDUCE, ...REDUCE_BOOL]);
const ONE = new Set<string>(UNARY);
const ACTIVATIONS = new Set(["relu", "relu6", "elu", "selu", "softplus", "softsign", "silu"]);

const valueOf = (expr: Expr | undefined): PyValue | undefined => {
  if (expr?.kind === "value") return expr.value;
  if (expr?.kind !== "list") return undefined;
  const all = expr.items.map(valueOf);
  return all.includes(undefined) ? undefined : { tuple: all as PyValue[] };
};

/** A whole number, or a list of them; undefined for all else. */
function whole(expr: Expr | undefined): number | readonly number[] | undefined {
  const value = valueOf(expr);
  const one = typeof value === "number" && Number.isInteger(value) ? value : undefined;
  if (one !== undefined || typeof value !== "object" || value === null || !("tuple" in value)) return one;
  return value.tuple.every((n) => typeof n === "number" && Number.isInteger(n)) ? (value.tuple as number[]) : undefined;
}

const list = (numbers: number | readonly number[]): string => `[${[numbers].flat().join(", ")}]`;

/** null where nothing is known that does the same. */
function translated(expr: Expr, scope: NameScope): string | null {
  const say = (inner: Expr | undefined): string | null => (inner === undefined ? null : translated(inner, scope));
  const call = (op: string, ...args: readonly (string | null)[]): string | null =>
    args.includes(null) ? null : `op.${op}(${args.join(", ")})`;
  switch (expr.kind) {
    case "name":
      if (expr.name === scope.parameters[0]) return "x";
      if (scope.given.has(expr.name) && scope.parameters.includes(expr.name)) return `args.${expr.name}`;
      return scope.defaults.has(expr.name) ? say({ kind: "value", value: scope.defaults.get(expr.name)! }) : null;
    case "value":
      return typeof expr.value === "number" ? String(expr.value) : null;
    case "list": {
      const all = expr.items.map(say);
      return all.includes(null) ? null : `[${all.join(", ")}]`;
    }
    case "negative": {
      const of = say(expr.of);
      return of !== null && /^[\d.]+$|^args\.\w+$/.test(of) ? `-${of}` : call("negative", of);
    }
    case "binary":
      return BINARY[expr.op] === undefined ? null : call(BINARY[expr.op]!, say(expr.a), say(expr.b));
    case "index":
      return indexed(expr.of, expr.at, scope);
    case "call":
      return expr.of.kind === "attribute" && root(expr.of) !== scope.parameters[0]
        ? applied(expr.of.name, expr, say, call)
        : null;
    default:
      return null;
  }
}

const root = (expr: Expr): string =>
  expr.kind === "attribute" ? root(expr.of) : expr.kind === "name" ? expr.name : "";

function applied(
  function_: string,
  { args, kwargs }: Extract<Expr, { kind: "call" }>,
  say: (expr: Expr | undefined) => string | null,
  call: (op: string, ...args: readonly (string | null)[]) => string | null,
): string | null {
  const arg: Args = (place, ...names) => args[place] ?? names.map((n) => kwargs[n]).find((one) => one !== undefined);
  const x = say(arg(0, "x", "input", "input_tensor", "inputs", "tensors", "values", "tensor", "features", "logits"));
  const axis = whole(arg(1, "axis", "axes"));
  const name = function_.replace(/^reduce_/, "").replace(/^a(?=max$|min$)/, "");
  if (REDUCTIONS.has(name)) {
    if (arg(1, "axis") !== undefined && axis === undefined) return null;
    const keeps = valueOf(arg(2, "keepdims", "keep_dims")) === true;
    return call(name, x, ...(axis === undefined ? (keeps ? ["null"] : []) : [list(axis)]), ...(keeps ? ["true"] : []));
  }
  if (ONE.has(name)) return args.length + Object.keys(kwargs).length === 1 ? call(name, x) : null;
  if (TWO[name] !== undefined) return call(TWO[name], say(arg(0, "x", "x1", "a")), say(arg(1, "y", "x2", "b")));
  if (ACTIVATIONS.has(name)) return args.length === 1 ? call("activation", x, `{ fn: "${name}" }`) : null;
  if (name === "identity") return x;
  if (name === "stop_gradient") return call("stopGradient", x);
  const one = axis === undefined ? null : list(axis);
  const only = typeof axis === "number" ? String(axis) : null;
  if ((ARG_REDUCE as readonly string[]).includes(name)) return call(name, x, only);
  switch (name) {
    case "expand_dims":
      return call("expandDims", x, one);
    case "squeeze":
      return call("squeeze", x, one);
    case "softmax":
      return call("softmax", x, one ?? (args.length === 1 ? "[-1]" : null));
    case "cumsum":
      return call("cumsum", x, only);
    case "flip":
    case "reverse":
      return call("reverse", x, one);
    case "concatenate":
    case "concat":
      return call("concat", x, only);
    case "stack":
      return call("stack", x, only);
    case "transpose":
    case "permute_dimensions": {
      const order = whole(arg(1, "axes", "perm", "pattern"));
      return call("transpose", x, order === undefined ? null : list(order));
    }
    case "reshape": {
      const shape = whole(arg(1, "shape", "newshape"));
      return call("reshape", x, shape === undefined ? null : list(shape));
    }
    case "l2_normalize":
      return x === null || one === null
        ? null
        : `op.multiply(${x}, op.rsqrt(op.maximum(op.sum(op.square(${x}), ${one}, true), 1e-12)))`;
    case "clip":
    case "clip_by_value":
      return call(
        "minimum",
        call("maximum", x, say(arg(1, "x_min", "min_value", "clip_value_min"))),
        say(arg(2, "x_max", "max_value", "clip_value_max")),
      );
    case "cast": {
      const to = arg(1, "dtype");
      const dtype = to?.kind === "attribute" ? to.name : valueOf(to);
      return typeof dtype === "string" && /^(float32|int32|bool)$/.test(dtype) ? call("cast", x, `"${dtype}"`) : null;
    }
    default:
      return null;
  }
}

const isAll = (part: Expr): boolean =>
  part.kind === "slice" && part.parts.every((one) => one.kind === "value" && one.value === null);

/** `x[:, -1]`, `x[..., 0]`, `x[:, :2]`; of several inputs also `x[0]`. */
function indexed(of: Expr, at: Expr, scope: NameScope): string | null {
  const x = translated(of, scope);
  if (x === null) return null;
  const isInputs = scope.isSeveral && of.kind === "name" && of.name === scope.parameters[0];
  if (isInputs) return typeof whole(at) === "number" && (whole(at) as number) >= 0 ? `x[${whole(at)}]` : null;
  const known = valueOf(at);
  const parts: readonly Expr[] =
    at.kind === "list"
      ? at.items
      : typeof known === "object" && known !== null && "tuple" in known
        ? known.tuple.map((value): Expr => ({ kind: "value", value }))
        : [at];
  const dots = parts.findIndex((part) => part.kind === "value" && showValue(part.value) === "...");
  if (dots > 0) return null;
  // Axes of length 1 that go away change the numbers of those after them: from the last on.
  let made = x;
  for (let i = parts.length - 1; i > dots; i--) {
    const part = parts[i]!;
    const axis = dots === 0 ? i - parts.length : i;
    const place = whole(part);
    if (typeof place === "number") made = `op.take(${made}, ${axis}, ${place})`;
    else if (part.kind !== "slice") return null;
    else if (!isAll(part)) {
      const [start, stop, step = 1] = part.parts.map((one) => (valueOf(one) === null ? null : whole(one)));
      if ([start, stop, step].some((n) => n === undefined || (typeof n === "object" && n !== null))) return null;
      made = `op.slice(${made}, [{ axis: ${axis}, start: ${start}, stop: ${stop}, step: ${step ?? 1} }])`;
    }
  }
  return made;
}

/** The function to pass, as TypeScript; null where none is known. */
export function guessed(expr: Expr, scope: NameScope): string | null {
  const body = translated(expr, scope);
  if (body === null) return null;
  return `(op, x${/\bargs\./.test(body) ? ", _mask, args" : ""}) => ${body}`;
}
