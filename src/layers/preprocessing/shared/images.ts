/** Images, a batch of them or one: x[B, H, W, C] or x[H, W, C], or channels first. */
import type { JsonNode } from "../../../codecs/json.ts";
import { isInteger } from "../../../core/dtype.ts";
import { fail } from "../../../core/error.ts";
import { showShape } from "../../../core/tensor.ts";
import type { ResizeAttrs } from "../../../ops/attributes.ts";
import { isWindowEmpty } from "../../../ops/taps.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { dataFormat, int, keras3Only } from "../../fields.ts";
import { type DataFormat, layoutOf, spatialAxes } from "../../common/spatial.ts";
import { resizedWhole } from "../../common/whole-images.ts";
import { numberArray } from "../../common/json-array.ts";

/** The shape of the result. */
export const heightAndWidth = { height: int({ min: 1 }), width: int({ min: 1 }) };

/** tf-keras has the channels last. */
export const imageFormat = keras3Only(dataFormat());

/** Refuses what is neither an image nor a batch of images. */
export function needImages(x: Sym): void {
  if (x.shape.length !== 3 && x.shape.length !== 4)
    fail("mismatch/rank", { expected: "3 or 4 axes", found: showShape(x.shape) });
}

/** What `f` makes of x as a batch of images. */
export function asBatch({ op }: Context, x: Sym, f: (x: Sym) => Sym): Sym {
  needImages(x);
  return x.shape.length === 4 ? f(x) : op.squeeze(f(op.expandDims(x, [0])), [0]);
}

interface Goal {
  readonly height: number;
  readonly width: number;
  readonly data_format: DataFormat;
}

const resizedFloats = (cx: Context, x: Sym, attrs: ResizeAttrs): Sym => cx.op.resize(x, attrs);

/** A window of the result's shape has at least a line in Keras 3; before, TensorFlow refuses it without one. */
function refuseEmptyWindow({ semantics }: Context, x: Sym, c: Goal, fit: ResizeAttrs["fit"]): void {
  if (semantics === "keras3" || fit === undefined) return;
  const lengths = spatialAxes(c.data_format, 4).map((axis) => x.shape[axis] ?? null);
  if (lengths.every((n) => n !== null) && isWindowEmpty(lengths, [c.height, c.width]))
    fail("unsupported/layer", {
      message: "a window of the result's shape has no line in these images",
      expected: `images of a shape nearer to ${c.height} by ${c.width}`,
      found: lengths.join(" by "),
    });
}

/** A batch of images in another size. */
export function resized(cx: Context, x: Sym, c: Goal, how: Pick<ResizeAttrs, "method" | "fit" | "antialias">): Sym {
  refuseEmptyWindow(cx, x, c, how.fit);
  return (isInteger(cx.compute) && x.dtype === "float32" ? resizedWhole : resizedFloats)(cx, x, {
    layout: layoutOf(c.data_format),
    to: [c.height, c.width],
    ...how,
  });
}

/** Images of a value range as those of 0 to 255, and back. */
export function rangeOf({ op, node }: Context, range: JsonNode) {
  const ends = numberArray(range, node.path)?.values ?? [];
  if (ends.length !== 2) fail("malformed/config", { path: "value_range", expected: "two numbers" });
  const [low, high] = [...ends].sort((a, b) => a - b) as [number, number];
  const isBytes = low === 0 && high === 255;
  return {
    toBytes: (x: Sym): Sym => (isBytes ? x : op.multiply(op.divide(op.subtract(x, low), high - low), 255)),
    fromBytes: (x: Sym): Sym => (isBytes ? x : op.add(op.multiply(op.divide(x, 255), high - low), low)),
  };
}
