/**
 * Connectionist temporal classification, decoded by beam search: the likeliest sequences of labels, each the sum of the ways
 * to stretch it with blanks, of which after every step `width` are kept. Graves and Jaitly, Towards End-to-End Speech
 * Recognition with Recurrent Neural Networks, 2014. Of sequences that are as likely the one found first is before the other.
 * Source: tensorflow/core/util/ctc/ctc_beam_search.h.
 */
import type { OpContext } from "./builder.ts";
import { logAdd, logSumExp } from "./ctc.ts";
import { sizeFrom } from "./shapes.ts";
import type { Sym } from "./types.ts";

/** What is known of the sequences: labels[B, W, T] with -1 behind, how many, the last; how likely with a blank last, and with a label. */
type Beam = readonly [labels: Sym, count: Sym, last: Sym, blank: Sym, label: Sym];

/** Rows of table[B, n, …] at places[B, m]. */
function rowsAt(cx: OpContext, table: Sym, places: Sym, n: number): Sym {
  const { op } = cx;
  const rest = table.shape.slice(2).map((_, i) => cx.size(table, i + 2));
  const batch = cx.size(table, 0);
  const first = op.expandDims(op.multiply(op.iota(batch, "int32"), n), [1]);
  return op.gather(op.reshape(table, [sizeFrom("mul", batch, n), ...rest]), op.add(first, places), 0);
}

/** y[B, n]: values[B, m] at places[B, m], those of place n nowhere, and 0 elsewhere. */
function putAt(cx: OpContext, values: Sym, places: Sym, n: number): Sym {
  const { op } = cx;
  const batch = cx.size(places, 0);
  const first = op.expandDims(op.multiply(op.iota(batch, "int32"), n + 1), [1]);
  const all = sizeFrom("mul", batch, n + 1);
  const y = op.scatterAdd(op.reshape(op.add(places, first), [-1]), op.reshape(values, [-1]), 0, all);
  return op.slice(op.reshape(y, [batch, n + 1]), [{ axis: 1, start: 0, stop: n, step: 1 }]);
}

/** Where the `n` largest of x[B, m] stand, in the order of their places: [B, n]. */
function largest(cx: OpContext, x: Sym, n: number): Sym {
  const { op } = cx;
  const bound = op.slice(op.sort(x, 1, true), [{ axis: 1, start: n - 1, stop: n, step: 1 }]);
  const [above, equal] = [op.greater(x, bound), op.equal(x, bound)];
  const counted = (of: Sym): Sym => op.cumsum(op.cast(of, "int32"), 1);
  const left = op.subtract(n, op.sum(op.cast(above, "int32"), [1], true));
  const isChosen = op.logicalOr(above, op.logicalAnd(equal, op.lessEqual(counted(equal), left)));
  const place = op.where(isChosen, op.subtract(counted(isChosen), 1), n);
  const order = op.multiply(op.cast(isChosen, "int32"), op.iota(cx.size(x, 1), "int32"));
  return putAt(cx, order, place, n);
}

/** Which of the sequences, j, is that of i without its last label: [B, i, j]. */
function parents(cx: OpContext, [labels, count]: Beam): Sym {
  const { op } = cx;
  const time = op.iota(cx.size(labels, 2), "int32");
  const shorter = op.where(op.equal(time, op.expandDims(op.subtract(count, 1), [2])), -1, labels);
  const same = op.all(op.equal(op.expandDims(shorter, [2]), op.expandDims(labels, [1])), [3]);
  return op.logicalAnd(same, op.expandDims(op.greater(count, 0), [2]));
}

/** The beam one step later: now[B, C], of which the last is the blank. */
function step(cx: OpContext, beam: Beam, now: Sym, width: number, classes: number): Beam {
  const { op } = cx;
  const [labels, count, last, blank, label] = beam;
  const total = logAdd(op, blank, label);
  const isThere = op.greater(total, -Infinity);
  const isParent = op.logicalAnd(parents(cx, beam), op.expandDims(isThere, [1]));
  const repeats = op.equal(op.expandDims(last, [2]), op.expandDims(last, [1]));
  const before = op.where(repeats, op.expandDims(blank, [1]), op.expandDims(total, [1]));
  const from = op.max(op.where(isParent, before, -Infinity), [2]);
  const own = rowsAt(cx, now, op.maximum(last, 0), classes);
  const keptLabel = op.where(op.less(last, 0), -Infinity, op.add(logAdd(op, label, from), own));
  const keptBlank = op.add(total, op.slice(now, [{ axis: 1, start: classes - 1, stop: classes, step: 1 }]));
  const kept = op.where(isThere, logAdd(op, keptBlank, keptLabel), -Infinity);

  // What each grows into, but what is there already.
  const many = width * (classes - 1);
  const isGrown = op.logicalAnd(op.any(isParent, [2]), isThere);
  const place = op.add(op.multiply(op.argmax(isParent, 2), classes - 1), last);
  const grown = putAt(cx, op.cast(isGrown, "int32"), op.where(isGrown, place, many), many);
  const next = op.expandDims(op.slice(now, [{ axis: 1, start: 0, stop: classes - 1, step: 1 }]), [1]);
  const doubles = op.equal(op.iota(classes - 1, "int32"), op.expandDims(last, [2]));
  const scores = op.add(op.where(doubles, op.expandDims(blank, [2]), op.expandDims(total, [2])), next);
  const flat = op.reshape(scores, [cx.size(now, 0), many]);
  const children = op.where(op.greater(grown, 0), -Infinity, flat);

  const chosen = largest(cx, op.concat([kept, children], 1), width);
  const isChild = op.greaterEqual(chosen, width);
  const child = op.maximum(op.subtract(chosen, width), 0);
  const parent = op.floorDivide(child, classes - 1);
  const source = op.where(isChild, parent, chosen);
  const added = op.subtract(child, op.multiply(parent, classes - 1));
  const of = (table: Sym): Sym => rowsAt(cx, table, source, width);
  const known = of(count);
  const isNew = op.logicalAnd(
    op.expandDims(isChild, [2]),
    op.equal(op.iota(cx.size(labels, 2), "int32"), op.expandDims(known, [2])),
  );
  return [
    op.where(isNew, op.expandDims(added, [2]), of(labels)),
    op.add(known, op.cast(isChild, "int32")),
    op.where(isChild, added, of(last)),
    op.where(isChild, -Infinity, of(keptBlank)),
    op.where(isChild, rowsAt(cx, children, child, many), of(keptLabel)),
  ];
}

/**
 * x[B, T, C], of which the last class is the blank, and of which steps[B] run → the `paths` likeliest sequences [paths, B, T]
 * with -1 behind, and the logarithms of their probabilities [B, paths]. Refused when run where there are fewer.
 */
export function ctcBeamSearch(
  cx: OpContext,
  x: Sym,
  steps: Sym,
  { classes, width, paths }: { readonly classes: number; readonly width: number; readonly paths: number },
): readonly [labels: Sym, scores: Sym] {
  const { op } = cx;
  const [batch, time] = [cx.size(x, 0), cx.size(x, 1)];
  const none = op.full([batch, width], -Infinity, x.dtype);
  const isRoot = op.equal(op.iota(width, "int32"), 0);
  const start: Beam = [
    op.full([batch, width, time], -1, "int32"),
    op.full([batch, width], 0, "int32"),
    op.full([batch, width], -1, "int32"),
    op.where(isRoot, 0, none),
    none,
  ];
  const probabilities = op.subtract(x, logSumExp(op, x, [2], true));
  const { carry } = cx.scan([...start, op.multiply(steps, 0)], [probabilities], ([...before], [now]) => {
    const at = before.pop()!;
    const runs = op.expandDims(op.less(at, steps), [1]);
    const after = step(cx, before as unknown as Beam, now!, width, classes);
    const next = after.map((y, i) => op.where(i === 0 ? op.expandDims(runs, [2]) : runs, y, before[i]!));
    return { carry: [...next, op.add(at, 1)], ys: [] };
  });
  const [labels, , , blank, label] = carry as unknown as Beam;
  const total = logAdd(op, blank, label);
  const [self, other] = [op.expandDims(total, [2]), op.expandDims(total, [1])];
  const counter = op.iota(width, "int32");
  const isEarlier = op.less(counter, op.expandDims(counter, [1]));
  const isBefore = op.logicalOr(op.greater(other, self), op.logicalAnd(op.equal(other, self), isEarlier));
  const rank = op.sum(op.cast(isBefore, "int32"), [2]);
  const best = putAt(cx, op.add(op.multiply(rank, 0), counter), op.minimum(rank, paths), paths);
  const scores = rowsAt(cx, total, best, width);
  const isMissing = op.cast(op.equal(scores, -Infinity), "int32");
  // Too few are refused by what gathers with them.
  const checked = op.cast(op.gather(op.array([0], [1], "int32"), isMissing, 0), x.dtype);
  return [op.transpose(rowsAt(cx, labels, best, width), [1, 0, 2]), op.add(scores, checked)];
}
