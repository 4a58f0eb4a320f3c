/**
 * What a function of one expression returns, read off its instructions without running any: those that a Lambda of one
 * line is made of, of Python 3.6 to 3.13. Others make it null. Source: CPython's Lib/opcode.py and Python/bytecodes.c.
 */
import { fail } from "../../core/error.ts";
import { attempt } from "../../core/guard.ts";
import type { PyCode, PyValue } from "./marshal.ts";

/** An expression of Python. */
export type Expr =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "value"; readonly value: PyValue }
  | { readonly kind: "list"; readonly items: readonly Expr[]; readonly isTuple: boolean }
  | { readonly kind: "attribute"; readonly of: Expr; readonly name: string }
  | {
      readonly kind: "call";
      readonly of: Expr;
      readonly args: readonly Expr[];
      readonly kwargs: Readonly<Record<string, Expr>>;
    }
  | { readonly kind: "binary"; readonly op: string; readonly a: Expr; readonly b: Expr }
  | { readonly kind: "negative"; readonly of: Expr }
  | { readonly kind: "index"; readonly of: Expr; readonly at: Expr }
  | { readonly kind: "slice"; readonly parts: readonly Expr[] };

type Name = keyof typeof OLD | "call" | "kwNames" | "binary" | "slice" | "constant" | "two";
const OLD = {
  fast: 124, const: 100, global: 116, attribute: 106, method: 160, deref: 136, callFunction: 131, callKw: 141,
  callMethod: 161, tuple: 102, list: 103, extend: 162, buildSlice: 133, index: 25, negative: 11, return: 83,
}; // prettier-ignore
const NO_EFFECT = { resume: 151, precall: 166, cache: 0, nop: 9, copyFree: 149 };
const since311 = { ...OLD, deref: 137, call: 171, kwNames: 172, binary: 122, slice: 26, constant: 121 };
const since313 = {
  fast: 85, const: 83, global: 91, attribute: 82, deref: 84, call: 53, callKw: 57, tuple: 52, list: 47, extend: 81,
  buildSlice: 50, index: 5, slice: 4, binary: 45, negative: 42, return: 36, constant: 103, two: 88, null: 34,
}; // prettier-ignore
const reversed = (table: Readonly<Record<string, number>>): ReadonlyMap<number, string> =>
  new Map(Object.entries(table).map(([name, code]) => [code, name]));
const TABLES = {
  old: reversed({ ...OLD, nop: 9 }),
  "3.11": reversed({ ...since311, ...NO_EFFECT, null: 2 }),
  "3.13": reversed({ ...since313, resume: 149, cache: 0, nop: 30, copyFree: 62 }),
};
const RESUME_313 = 149;
const OLD_BINARY: ReadonlyMap<number, string> = new Map([
  [16, "@"], [19, "**"], [20, "*"], [22, "%"], [23, "+"], [24, "-"], [26, "//"], [27, "/"],
]); // prettier-ignore
const BINARY: readonly (string | null)[] = ["+", null, "//", null, "@", "*", "%", null, "**", null, "-", "/"];

/** The mark that newer calls put beside a function that is no method. */
const NULL: Expr = { kind: "name", name: "" };

/** Caught by `expressionOf`. */
const stopped = (): never => fail("malformed/config", { expected: "one expression" });

function tableOf({ since, code }: PyCode): ReadonlyMap<number, string> {
  if (since !== "3.11") return TABLES.old;
  return code.some((op, i) => i % 2 === 0 && i < 4 && op === RESUME_313) ? TABLES["3.13"] : TABLES["3.11"];
}

const constantTexts = (expr: Expr | undefined): readonly string[] =>
  expr?.kind === "value" && typeof expr.value === "object" && expr.value !== null && "tuple" in expr.value
    ? expr.value.tuple.filter((one) => typeof one === "string")
    : [];

function evaluated(f: PyCode): Expr | null {
  const table = tableOf(f);
  const isNew = f.since === "3.11";
  const stack: Expr[] = [];
  let names: readonly string[] = [];
  const pop = (): Expr => stack.pop() ?? stopped();
  const take = (n: number): Expr[] => (n > stack.length ? stopped() : stack.splice(stack.length - n, n));
  const constant = (i: number): Expr => ({
    kind: "value",
    value: i < f.constants.length ? f.constants[i]! : stopped(),
  });
  const named = (list: readonly string[], i: number): Expr => ({ kind: "name", name: list[i] ?? stopped() });
  const called = (n: number, marked: boolean): void => {
    const given = take(n);
    const of = take(marked ? 2 : 1).find((one) => one !== NULL) ?? stopped();
    const args = given.slice(0, n - names.length);
    const kwargs = Object.fromEntries(names.map((name, i) => [name, given[args.length + i] ?? stopped()]));
    names = [];
    stack.push({ kind: "call", of, args, kwargs });
  };
  for (let i = 0; i + 1 < f.code.length; i += 2) {
    const [op, arg] = [f.code[i]!, f.code[i + 1]!];
    const old = isNew ? undefined : OLD_BINARY.get(op);
    if (old !== undefined) {
      const [a, b] = take(2);
      stack.push({ kind: "binary", op: old, a: a!, b: b! });
      continue;
    }
    // From 3.12 on an attribute has room for nine words after it, and its number says whether a method is called.
    const isMarked = table === TABLES["3.13"] || f.code.subarray(i + 2, i + 20).every((byte) => byte === 0);
    switch (table.get(op) as Name | keyof typeof NO_EFFECT | "null" | undefined) {
      case "resume":
      case "precall":
      case "cache":
      case "nop":
      case "copyFree":
        break;
      case "null":
        stack.push(NULL);
        break;
      case "fast":
        stack.push(named(f.locals, arg));
        break;
      case "two":
        stack.push(named(f.locals, arg >> 4), named(f.locals, arg & 15));
        break;
      case "deref":
        stack.push(named(isNew ? f.locals : f.cells, arg));
        break;
      case "const":
        stack.push(constant(arg));
        break;
      case "global":
        if (isNew && (arg & 1) === 1) stack.push(NULL);
        stack.push(named(f.names, isNew ? arg >> 1 : arg));
        break;
      case "attribute": {
        const isMethod = isNew && isMarked && (arg & 1) === 1;
        const name = f.names[isNew && isMarked ? arg >> 1 : arg] ?? stopped();
        stack.push({ kind: "attribute", of: pop(), name });
        if (isMethod) stack.push(NULL);
        break;
      }
      case "method":
        stack.push({ kind: "attribute", of: pop(), name: f.names[arg] ?? stopped() }, NULL);
        break;
      case "kwNames":
        names = constantTexts(constant(arg));
        break;
      case "callKw":
        names = constantTexts(pop());
        called(arg, isNew);
        break;
      case "call":
        called(arg, true);
        break;
      case "callFunction":
        called(arg, false);
        break;
      case "callMethod":
        called(arg, true);
        break;
      case "tuple":
      case "list":
        stack.push({ kind: "list", items: take(arg), isTuple: table.get(op) === "tuple" });
        break;
      case "extend": {
        const more = pop();
        const list = pop();
        if (arg !== 1 || list.kind !== "list" || more.kind !== "value") return null;
        const { value } = more;
        if (typeof value !== "object" || value === null || !("tuple" in value)) return null;
        stack.push({
          ...list,
          items: [...list.items, ...value.tuple.map((one): Expr => ({ kind: "value", value: one }))],
        });
        break;
      }
      case "buildSlice":
        stack.push({ kind: "slice", parts: take(arg) });
        break;
      case "slice": {
        const parts = take(2);
        stack.push({ kind: "index", of: pop(), at: { kind: "slice", parts } });
        break;
      }
      case "index": {
        const [of, at] = take(2);
        stack.push({ kind: "index", of: of!, at: at! });
        break;
      }
      case "binary": {
        const [a, b] = take(2);
        stack.push({ kind: "binary", op: BINARY[arg] ?? stopped(), a: a!, b: b! });
        break;
      }
      case "negative":
        stack.push({ kind: "negative", of: pop() });
        break;
      case "constant":
        return stack.length === 0 ? constant(arg) : null;
      case "return":
        return stack.length === 1 && i + 2 === f.code.length ? stack[0]! : null;
      default:
        return null;
    }
  }
  return null;
}

/** null where it is more than an expression. */
export const expressionOf = (code: PyCode): Expr | null => attempt(() => evaluated(code)) ?? null;

/** How Python writes a constant; other code inside is its name. */
export function showValue(value: PyValue): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (typeof value === "number") return String(value);
  if ("symbol" in value) return value.symbol;
  if ("code" in value) return value.name;
  return `(${value.tuple.map(showValue).join(", ")}${value.tuple.length === 1 ? "," : ""})`;
}

const TIGHTNESS: Readonly<Record<string, number>> = {
  "+": 1,
  "-": 1,
  "*": 2,
  "/": 2,
  "//": 2,
  "%": 2,
  "@": 2,
  "**": 4,
};

function showSlice(parts: readonly Expr[]): string {
  const shown = parts.map((part) => (part.kind === "value" && part.value === null ? "" : showExpr(part)));
  return shown.join(":");
}

/** An expression as Python, with no more brackets than it needs. */
export function showExpr(expr: Expr, around = 0): string {
  const held = (tightness: number, text: string): string => (tightness < around ? `(${text})` : text);
  switch (expr.kind) {
    case "name":
      return expr.name;
    case "value":
      return typeof expr.value === "number" && expr.value < 0 ? held(3, showValue(expr.value)) : showValue(expr.value);
    case "list": {
      const all = expr.items.map((item) => (item.kind === "slice" ? showSlice(item.parts) : showExpr(item))).join(", ");
      return expr.isTuple ? `(${all}${expr.items.length === 1 ? "," : ""})` : `[${all}]`;
    }
    case "attribute":
      return `${showExpr(expr.of, 5)}.${expr.name}`;
    case "call": {
      const kwargs = Object.entries(expr.kwargs).map(([name, value]) => `${name}=${showExpr(value)}`);
      return `${showExpr(expr.of, 5)}(${[...expr.args.map((arg) => showExpr(arg)), ...kwargs].join(", ")})`;
    }
    case "binary": {
      const own = TIGHTNESS[expr.op]!;
      const [left, right] = expr.op === "**" ? [own + 1, own - 1] : [own, own + 1];
      return held(own, `${showExpr(expr.a, left)} ${expr.op} ${showExpr(expr.b, right)}`);
    }
    case "negative":
      return held(3, `-${showExpr(expr.of, 3)}`);
    case "index": {
      const { at } = expr;
      const inner = at.kind === "slice" ? showSlice(at.parts) : showExpr(at);
      const isBare = /^\(.*, .*\)$/.test(inner) && (at.kind === "list" || at.kind === "value");
      return `${showExpr(expr.of, 5)}[${isBare ? inner.slice(1, -1) : inner}]`;
    }
    case "slice":
      return `slice(${expr.parts.map((part) => showExpr(part)).join(", ")})`;
  }
}
