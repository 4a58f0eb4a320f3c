/**
 * `einsum` of one or two tensors as transposes and products, for Keras 2: tf-keras does not read back its own calls of
 * `tf.einsum`, whose tensors stand behind a text.
 */
import type { CallArg } from "../layers/define.ts";
import { both, type FunctionCall, of, type OperationCall, plain } from "./operation-call.ts";

type Value = CallArg | FunctionCall;
/** A tensor, a letter for each axis. */
interface Term {
  readonly x: Value;
  readonly letters: readonly string[];
}
type Lengths = ReadonlyMap<string, number | null>;

const ELLIPSIS = "...";

/** The letters of each operand and of the result; an ellipsis becomes letters of its own, counted from the right. */
function parsed(o: OperationCall, operands: readonly CallArg[]): { terms: readonly Term[]; output: readonly string[] } {
  const equation = String(o.option("subscripts")).replaceAll(" ", "");
  const [left, right, more] = equation.split("->") as [string, string?, string?];
  const sides = left.split(",");
  if (more !== undefined || sides.length !== operands.length) return o.refuse("such an equation");
  const extras = sides.map((side, i) => (side.includes(ELLIPSIS) ? o.rank(operands[i]!) - (side.length - 3) : 0));
  const extra = Math.max(0, ...extras);
  const opened = (side: string, count: number): string[] => {
    const [before, after] = side.split(ELLIPSIS) as [string, string?];
    const dots = Array.from({ length: Math.max(0, count) }, (_, i) => `.${extra - count + i}`);
    return after === undefined ? [...before] : [...before, ...dots, ...after];
  };
  const terms = sides.map((side, i): Term => ({ x: operands[i]!, letters: opened(side, extras[i]!) }));
  const all = terms.flatMap(({ letters }) => letters);
  const isOnce = (letter: string): boolean => all.indexOf(letter) === all.lastIndexOf(letter);
  const implied = [...new Set(all)].filter((letter) => letter.startsWith(".") || isOnce(letter)).sort();
  return { terms, output: right === undefined ? implied : opened(right, extra) };
}

const inOrder = ({ x, letters }: Term, order: readonly string[]): Value =>
  letters.join() === order.join()
    ? x
    : of("transpose", { a: x, perm: plain(order.map((letter) => letters.indexOf(letter))) });

/** The letters that nothing else needs are summed away. */
function summed({ x, letters }: Term, needed: ReadonlySet<string>): Term {
  const axis = letters.flatMap((letter, i) => (needed.has(letter) ? [] : [i]));
  if (axis.length === 0) return { x, letters };
  const sum = of("math.reduce_sum", { input_tensor: x, axis: plain(axis), keepdims: plain(false) });
  return { x: sum, letters: letters.filter((letter) => needed.has(letter)) };
}

/** In this order, with an axis of one for each letter that it has not. */
const spread = (term: Term, order: readonly string[]): Value =>
  order.reduce<Value>(
    (x, letter, axis) =>
      term.letters.includes(letter) ? x : of("expand_dims", { input: x, axis: plain(axis) }),
    inOrder(term, order.filter((letter) => term.letters.includes(letter))),
  ); // prettier-ignore

/** Lengths for a reshape, in which one may be free. */
function shapeOf(o: OperationCall, groups: readonly (readonly string[])[], lengths: Lengths): CallArg {
  const sizes = groups.map((group) =>
    group.reduce<number | null>((n, letter) => {
      const length = lengths.get(letter) ?? null;
      return n === null || length === null ? null : n * length;
    }, 1),
  );
  if (sizes.filter((n) => n === null).length > 1) return o.refuse("several free lengths in one product");
  return plain(sizes.map((n) => n ?? -1));
}

/** A product along some letters for each place of others. */
function batched(o: OperationCall, terms: readonly Term[], output: readonly string[], lengths: Lengths): Term {
  const [a, b] = terms as [Term, Term];
  const shared = a.letters.filter((letter) => b.letters.includes(letter));
  const batch = output.filter((letter) => shared.includes(letter));
  const along = shared.filter((letter) => !output.includes(letter));
  const [rows, columns] = [a, b].map(({ letters }) => letters.filter((letter) => !shared.includes(letter))) as [string[], string[]]; // prettier-ignore
  if (rows.length + columns.length === 0) {
    const each = both("math.multiply", a.x, inOrder(b, a.letters));
    return summed({ x: each, letters: a.letters }, new Set(batch));
  }
  const single = (letters: readonly string[]): readonly (readonly string[])[] => letters.map((letter) => [letter]);
  const merged = (term: Term, first: readonly string[], second: readonly string[]): Value => {
    const x = inOrder(term, [...batch, ...first, ...second]);
    if (first.length === 1 && second.length === 1) return x;
    if (first.length + second.length === 1)
      return of("expand_dims", { input: x, axis: plain(batch.length + first.length) });
    return of("reshape", { tensor: x, shape: shapeOf(o, [...single(batch), first, second], lengths) });
  };
  const product = of("linalg.matmul", { a: merged(a, rows, along), b: merged(b, along, columns) });
  const letters = [...batch, ...rows, ...columns];
  if (rows.length === 1 && columns.length === 1) return { x: product, letters };
  if (rows.length < 2 && columns.length < 2) {
    const axis = [rows, columns].flatMap((group, i) => (group.length === 0 ? [batch.length + i] : []));
    return { x: of("squeeze", { input: product, axis: plain(axis) }), letters };
  }
  return { x: of("reshape", { tensor: product, shape: shapeOf(o, single(letters), lengths) }), letters };
}

/** What an equation such as `bij,bjk->bik` tells. */
export function einsumOf(o: OperationCall): FunctionCall {
  const operands = Array.from({ length: o.count }, (_, i) => o.given(i));
  o.floats(...operands);
  if (operands.length > 2) return o.refuse("of more than two tensors");
  const { terms, output } = parsed(o, operands);
  for (const { letters, x } of terms) {
    if (new Set(letters).size < letters.length) return o.refuse("a diagonal");
    if (letters.length !== o.rank(x as CallArg)) return o.refuse("a letter for each axis");
  }
  const all = terms.flatMap(({ letters }) => letters);
  if (new Set(output).size < output.length || output.some((letter) => !all.includes(letter)))
    return o.refuse("such an equation");
  const lengths = new Map<string, number | null>();
  for (const { letters, x } of terms)
    letters.forEach((letter, i) => lengths.set(letter, o.type(x as CallArg)?.shape?.[i] ?? lengths.get(letter) ?? null)); // prettier-ignore
  const kept = terms.map((term, i) =>
    summed(term, new Set([...output, ...terms.flatMap(({ letters }, k) => (k === i ? [] : letters))])),
  );
  const [a, b] = kept as [Term, Term?];
  const done = (term: Term): FunctionCall => {
    const y = inOrder(term, output);
    return "fn" in y ? y : of("identity", { input: y });
  };
  if (b === undefined) return done(a);
  const along = a.letters.filter((letter) => b.letters.includes(letter) && !output.includes(letter));
  if (along.length === 0) {
    return both("math.multiply", spread(a, output), spread(b, output));
  }
  if (output.some((letter) => a.letters.includes(letter) && b.letters.includes(letter)))
    return done(batched(o, kept, output, lengths));
  const axes = [a, b].map(({ letters }) => along.map((letter) => letters.indexOf(letter)));
  const letters = [...a.letters, ...b.letters].filter((letter) => !along.includes(letter));
  return done({ x: of("tensordot", { a: a.x, b: b.x, axes: plain(axes) }), letters });
}
