/**
 * Boxes of detectors, of those that overlap the best one. Source: tensorflow/core/kernels/image/non_max_suppression_op.cc
 * (`BatchedNonMaxSuppressionOp`); of equal scores its queue takes any first, here it is the first.
 */
import { fail } from "../../../core/error.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { needRank } from "../../common/checks.ts";
import { exactly, lengthThere, needFloat } from "./operation.ts";
import { counting } from "./sizes.ts";
import { type TfArgs, TfTable } from "./tensorflow-call.ts";

const table = new TfTable();
/** So many boxes are picked one after the other at most. */
const MOST = 4096;
const NEVER = -Infinity;

const countOf = (a: TfArgs, name: string): number => {
  const count = a.number(name)!;
  if (!Number.isInteger(count) || count < 1) fail("malformed/config", { path: name, expected: "a number from 1", found: String(count) }); // prettier-ignore
  if (count > MOST) fail("limit/size", { path: name, expected: `at most ${MOST} boxes`, found: String(count) });
  return count;
};

/** [y1, x1, y2, x2] in whichever order its corners are. */
interface Box {
  readonly top: Sym;
  readonly left: Sym;
  readonly bottom: Sym;
  readonly right: Sym;
  readonly area: Sym;
}

function boxOf({ op }: Context, [y1, x1, y2, x2]: readonly [Sym, Sym, Sym, Sym]): Box {
  const [top, bottom, left, right] = [op.minimum(y1, y2), op.maximum(y1, y2), op.minimum(x1, x2), op.maximum(x1, x2)];
  return { top, left, bottom, right, area: op.multiply(op.subtract(bottom, top), op.subtract(right, left)) };
}

/** The area that two have in common, of that of both. */
function overlap({ op }: Context, a: Box, b: Box): Sym {
  const along = (low: Sym, high: Sym): Sym => op.maximum(op.subtract(high, low), 0);
  const common = op.multiply(
    along(op.maximum(a.top, b.top), op.minimum(a.bottom, b.bottom)),
    along(op.maximum(a.left, b.left), op.minimum(a.right, b.right)),
  );
  const isSome = op.logicalAnd(op.greater(a.area, 0), op.greater(b.area, 0));
  const both = op.where(isSome, op.subtract(op.add(a.area, b.area), common), 1);
  return op.where(isSome, op.divide(common, both), 0);
}

/** One element more behind those of axis 1. */
const widened = ({ op }: Context, x: Sym, value: number): Sym =>
  op.pad(x, x.shape.map((_, axis) => [0, axis === 1 ? 1 : 0]), value); // prettier-ignore

interface Picks {
  /** [..., count], -∞ where there were fewer. */
  readonly scores: Sym;
  readonly values: readonly Sym[];
}

/** The largest scores[..., n], `count` of them, with what each of `values` holds there; `drops`: which go with a pick. */
function picked(
  cx: Context,
  scores: Sym,
  values: readonly Sym[],
  count: number,
  drops: (picks: readonly Sym[]) => Sym | null,
): Picks {
  const { op } = cx;
  const last = scores.shape.length - 1;
  const place = counting(cx, cx.size(scores, last), last, last + 1);
  const { ys } = cx.scan(
    [scores],
    [op.iota(count, "int32")],
    ([live]) => {
      const best = op.max(live!, [last], true);
      const isBest = op.equal(place, op.argmax(live!, last, true));
      const own = values.map((value) => op.sum(op.where(isBest, value, op.constant(0, value.dtype)), [last], true));
      const others = drops(own);
      const gone = others === null ? isBest : op.logicalOr(isBest, others);
      return { carry: [op.where(gone, NEVER, live!)], ys: [best, ...own] };
    },
    { axis: 0 },
  );
  // [count, ..., 1] → [..., count].
  const lines = ys.map((y) =>
    op.transpose(op.squeeze(y, [last + 1]), [...scores.shape.slice(0, last).map((_, i) => i + 1), 0]),
  );
  return { scores: lines[0]!, values: lines.slice(1) };
}

table.both(
  "image.combined_non_max_suppression",
  'boxes, scores, max_output_size_per_class, max_total_size, iou_threshold=0.5, score_threshold="-inf", pad_per_class=false, clip_boxes=true',
  (cx, a) => {
    const { op } = cx;
    const tables = [needFloat(a.tensor("boxes")), needFloat(a.tensor("scores"))] as const;
    needRank(tables[0], 4);
    needRank(tables[1], 3);
    const mayBeNone = tables.some((x) => x.shape[1] === null || x.shape[1] === 0);
    // A largest score needs one to be there: a box that none picks.
    const [boxes, scores] = mayBeNone ? [widened(cx, tables[0], 0), widened(cx, tables[1], NEVER)] : tables;
    const [each, total] = [countOf(a, "max_output_size_per_class"), countOf(a, "max_total_size")];
    const threshold = a.has("score_threshold") ? a.number("score_threshold")! : NEVER;
    const most = a.number("iou_threshold")!;
    const classes = lengthThere(scores, 2);
    const own = lengthThere(boxes, 2);
    if (own !== 1 && own !== classes) fail("mismatch/shape", { path: "boxes", expected: `1 or ${classes} for each place`, found: String(own) }); // prettier-ignore
    // [B, 1 or C, N] each, of the scores [B, C, N].
    const corners = [0, 1, 2, 3].map((i) => op.transpose(op.squeeze(op.slice(boxes, [{ axis: 3, start: i, stop: i + 1, step: 1 }]), [3]), [0, 2, 1])); // prettier-ignore
    const given = op.transpose(scores, [0, 2, 1]);
    const all = boxOf(cx, corners as [Sym, Sym, Sym, Sym]);
    const live = op.where(op.greater(given, threshold), given, NEVER);
    const found = picked(cx, live, corners, each, (box) =>
      op.greater(overlap(cx, boxOf(cx, box as [Sym, Sym, Sym, Sym]), all), most),
    );
    const count = a.flag("pad_per_class") ? Math.min(total, each * classes) : total;
    const batch = cx.size(scores, 0);
    const flat = (x: Sym): Sym => {
      const y = op.reshape(x, [batch, each * classes]);
      return count <= each * classes ? y : op.pad(y, [[0, 0], [0, count - each * classes]], NEVER); // prettier-ignore
    };
    const label = op.broadcastTo(op.cast(counting(cx, classes, 1, 3), scores.dtype), [batch, classes, each]);
    const best = picked(cx, flat(found.scores), [...found.values, label].map(flat), count, () => null);
    const isSome = op.greater(best.scores, NEVER);
    const clipped = (x: Sym): Sym => (a.flag("clip_boxes") ? op.minimum(op.maximum(x, 0), 1) : x);
    const kept = best.values.map((x) => op.where(isSome, x, 0));
    const valid = op.sum(op.cast(isSome, "int32"), [1]);
    return [
      exactly(cx, op.stack(kept.slice(0, 4).map(clipped), 2), 1, count),
      op.where(isSome, best.scores, 0),
      kept[4]!,
      op.cast(valid, "int32"),
    ];
  },
);

/** Functions of TensorFlow on boxes, by name. */
export const TENSORFLOW_SUPPRESSION = table;
