/** What the functions of `Ops` take as operands. */
import { fail } from "../core/error.ts";
import { kindOf } from "../core/guard.ts";
import { ARG_REDUCE, BINARY, COMPARE, REDUCE, REDUCE_BOOL, UNARY, UNARY_BOOL } from "./signatures.ts";

/** What a function takes first, a letter each: a value, a value or number (`n`), or none (`o`), a list of values (`l`), or of none (`t`). */
const OPERANDS: { readonly [name: string]: string } = {
  cast: "x", bitcast: "x", rounded: "x", where: "xnn", reshape: "x", expandDims: "x", squeeze: "x", transpose: "x", broadcastTo: "x",
  slice: "x", take: "x", concat: "l", stack: "l", pad: "x", reverse: "x", repeat: "x", tile: "x", gather: "xx",
  scatterAdd: "xx", random: "x", cumsum: "x", sort: "x", argsort: "x", matmul: "nn", conv: "xxo", convTranspose: "xxo", pool: "x",
  resize: "x", text: "t", stopGradient: "x", softmax: "x", activation: "x", batchNorm: "xxxoo", layerNorm: "xoo",
  lstmCell: "xxxxxo", gruCell: "xxxxo", simpleRnnCell: "xxxxo", convLstmCell: "xxxxxo",
}; // prettier-ignore
const ALL_OPERANDS: ReadonlyMap<string, string> = new Map([
  ...[...UNARY, ...UNARY_BOOL, ...REDUCE, ...REDUCE_BOOL, ...ARG_REDUCE].map((name) => [name, "x"] as const),
  ...[...BINARY, ...COMPARE].map((name) => [name, "nn"] as const),
  ...Object.entries(OPERANDS),
]);
const WANTED: { readonly [letter: string]: string } = {
  x: "a value of the model",
  n: "a value of the model, or a number",
  o: "a value of the model, or none",
  l: "a list of values of the model",
  t: "a list of values of the model",
};

const isSym = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "id" in value && "shape" in value && "dtype" in value;

function isOperand(value: unknown, letter: string): boolean {
  if (letter === "l" || letter === "t")
    return Array.isArray(value) && (value.length > 0 || letter === "t") && value.every(isSym);
  const isOther = (letter === "n" && typeof value === "number") || (letter === "o" && (value ?? null) === null);
  return isOther || isSym(value);
}

/** The same function, which refuses operands that are none (`mismatch/argument`): callers write functions, too. */
export function refusing(name: string, run: (...args: unknown[]) => unknown): (...args: unknown[]) => unknown {
  const letters = ALL_OPERANDS.get(name) ?? "";
  return (...args) => {
    for (let i = 0; i < letters.length; i++)
      if (!isOperand(args[i], letters[i]!))
        fail("mismatch/argument", { source: name, expected: WANTED[letters[i]!]!, found: kindOf(args[i]) });
    return run(...args);
  };
}
