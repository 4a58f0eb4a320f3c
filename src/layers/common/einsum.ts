/**
 * Sums of products named by letters, as np.einsum: `bij,bjk->bki`. One or two operands, no letter twice in one.
 * An ellipsis stands for the axes that no letter names.
 */
import { listOf } from "../../core/list.ts";
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import { sizeFrom } from "../../ops/shapes.ts";
import type { Size, Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";

interface Term {
  readonly x: Sym;
  readonly letters: readonly string[];
}

const bad = (found: string): never => fail("unsupported/einsum", { expected: "one or two operands", found });

/** Letters of every operand and of the result; an ellipsis becomes letters of its own, counted from the right. */
function parse(equation: string, x: readonly Sym[]): { inputs: string[][]; output: string[] } {
  const [left, right, more] = equation.replaceAll(" ", "").split("->");
  const terms = (left ?? "").split(",");
  if (more !== undefined || terms.length !== x.length || x.length < 1 || x.length > 2) bad(equation);
  const rest = (term: string, i: number): number => x[i]!.shape.length - (term.length - 3);
  const extra = Math.max(0, ...terms.map((term, i) => (term.includes("...") ? rest(term, i) : 0)));
  const open = (term: string, count: number): string[] => {
    const dots = listOf(Math.max(0, count), (i) => `.${extra - count + i}`);
    const [before, after] = term.split("...") as [string, string | undefined];
    return after === undefined ? [...before] : [...before, ...dots, ...after];
  };
  const inputs = terms.map((term, i) => open(term, rest(term, i)));
  inputs.forEach((letters, i) => {
    if (letters.length !== x[i]!.shape.length)
      fail("mismatch/rank", { expected: `${letters.length} axes for ${terms[i]!}`, found: showShape(x[i]!.shape) });
  });
  const all = inputs.flat();
  const implicit = [...new Set(all)].filter((l) => l.startsWith(".") || all.filter((m) => m === l).length === 1);
  const output = right === undefined ? implicit.sort() : open(right, extra);
  if (new Set(output).size !== output.length || output.some((l) => !all.includes(l))) bad(equation);
  return { inputs, output };
}

/** A letter that stands twice means the diagonal of its axes. */
function diagonals(cx: Context, { x, letters }: Term): Term {
  const second = letters.findIndex((letter, i) => letters.indexOf(letter) < i);
  if (second < 0) return { x, letters };
  const { op } = cx;
  const first = letters.indexOf(letters[second]!);
  const places = [first, second].map((axis) =>
    op.expandDims(
      op.iota(cx.size(x, axis), "int32"),
      letters.flatMap((_, i) => (i === axis ? [] : [i])),
    ),
  ) as [Sym, Sym];
  const alone = op.sum(op.where(op.equal(...places), x, op.constant(0, x.dtype)), [second]);
  return diagonals(cx, { x: op.cast(alone, x.dtype), letters: letters.filter((_, i) => i !== second) });
}

/** Sums away the letters that nothing else needs. */
function reduced(cx: Context, { x, letters }: Term, needed: ReadonlySet<string>): Term {
  const gone = letters.flatMap((l, i) => (needed.has(l) ? [] : [i]));
  if (gone.length === 0) return { x, letters };
  const sum = cx.op.sum(x, gone);
  return { x: x.dtype === "int8" ? sum : cx.op.cast(sum, x.dtype), letters: letters.filter((l) => needed.has(l)) };
}

const ordered = (cx: Context, { x, letters }: Term, order: readonly string[]): Sym =>
  cx.op.transpose(
    x,
    order.map((l) => letters.indexOf(l)),
  );

/**
 * The sum of products that an equation such as `abc,cd->abd` tells, of any number of operands. Throws for letters
 * that do not fit.
 */
export function einsum(cx: Context, equation: string, x: readonly Sym[]): Sym {
  const { op } = cx;
  const { inputs, output } = parse(equation, x);
  const [a, b] = x.map((s, i): Term => {
    const others = inputs.filter((_, k) => k !== i).flat();
    return reduced(cx, diagonals(cx, { x: s, letters: inputs[i]! }), new Set([...output, ...others]));
  }) as [Term, Term | undefined];
  if (b === undefined) return ordered(cx, a, output);
  const shared = a.letters.filter((l) => b.letters.includes(l));
  const batch = shared.filter((l) => output.includes(l));
  const summed = shared.filter((l) => !output.includes(l));
  const [onlyA, onlyB] = [a, b].map(({ letters }) => letters.filter((l) => !shared.includes(l))) as [
    string[],
    string[],
  ];
  const size = (l: string) => {
    const [i, j] = [a.letters.indexOf(l), b.letters.indexOf(l)];
    return i >= 0 && (j < 0 || a.x.shape[i] !== 1) ? cx.size(a.x, i) : cx.size(b.x, j);
  };
  const own = ({ x: s, letters }: Term, l: string) => cx.size(s, letters.indexOf(l));
  // One axis for all letters of a kind.
  const joined = (t: Term, kind: readonly string[]): Size =>
    kind.map((l) => own(t, l)).reduce((m, n) => sizeFrom("mul", m, n), 1);
  const as = (t: Term, left: readonly string[], right: readonly string[]): Sym => {
    const target = [...batch.map((l) => own(t, l)), joined(t, left), joined(t, right)];
    return op.reshape(ordered(cx, t, [...batch, ...left, ...right]), target);
  };
  const y = op.matmul(as(a, onlyA, summed), as(b, summed, onlyB));
  const natural = [...batch, ...onlyA, ...onlyB];
  return ordered(cx, { x: op.reshape(y, natural.map(size)), letters: natural }, output);
}
