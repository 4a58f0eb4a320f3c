/**
 * The loop of `scan`: its step is planned once, over blocks that hold the carries and one slice of each sequence. The
 * copies into and out of the sequences have their addresses moved on after every step.
 */
import { sizeOf } from "../../core/tensor.ts";
import { atOnce } from "../../core/turns.ts";
import { stridesOf } from "../../ops/strided.ts";
import type { NodeOf, ValueId } from "../../ops/types.ts";
import { copy } from "./kernels/copy.ts";
import { LOOP, runLoop } from "./kernels/loop.ts";
import { widthOf } from "./kernels/storage.ts";
import { type KernelArg, type Place, shifted } from "./kernels/types.ts";
import { inWords } from "./kernels/words.ts";
import type { Planning, StoredValue } from "./types.ts";
import { copyAll } from "./copy-all.ts";

/** A word of an argument list that each step moves on, from an address. */
interface Moving {
  readonly word: Place;
  readonly start: Place;
  readonly step: number;
}

/** Element 0 of `axis` of a sequence and the bytes to the next, with the lengths and strides of an element. */
function sliceOf(sequence: StoredValue, axis: number) {
  const strides = stridesOf(sequence.shape);
  const others = sequence.shape.map((_, i) => i).filter((i) => i !== axis);
  const lengths = others.map((i) => sequence.shape[i]!);
  const width = widthOf(sequence.dtype);
  return {
    lengths,
    strides: others.map((i) => strides[i]!),
    own: stridesOf(lengths),
    width,
    step: strides[axis]! * width,
  };
}

/** Plans a `scan`. */
export function planLoop(planner: Planning, node: Pick<NodeOf<"scan">, "in" | "out" | "attrs" | "body">): void {
  const body = node.body!;
  const { init, xs, captured } = node.in;
  const { axis } = node.attrs;
  const carried = node.out.carries.map((id) => planner.create(id));
  const stacked = node.out.ys.map((id) => planner.create(id));
  copyAll(
    planner,
    init.map((id, i) => ({ from: planner.read(id), to: carried[i]!.place() })),
  );
  const from = xs.map((id) => planner.read(id));
  const steps = from[0]!.shape[axis]!;
  if (steps === 0) return;

  // Carries go round in the memory of the loop's outputs.
  const slots = body.inputs.slice(0, init.length);
  slots.forEach((id, i) => planner.alias(id, carried[i]!, 0));
  body.captures.forEach(({ inner }, i) => planner.alias(inner, planner.read(captured[i]!), 0));
  const moving: Moving[] = [];
  const range = planner.separately(() => {
    from.forEach((sequence, i) => {
      const slice = planner.create(body.inputs[init.length + i]!);
      const { lengths, strides, own, width, step } = sliceOf(sequence, axis);
      if (sizeOf(slice.shape) === 0) return;
      const word = planner.emit(copy(sequence.place(), slice.place(), lengths, [strides, own], width));
      moving.push({ word, start: sequence.place(), step });
    });
    const keep = new Set<ValueId>([...body.outputs, ...slots, ...body.captures.map((c) => c.inner)]);
    atOnce(planner.nodes(body, keep));
    const made = body.outputs.map((id) => planner.read(id));
    made.slice(init.length).forEach((y, i) => {
      const { lengths, strides, own, width, step } = sliceOf(stacked[i]!, axis);
      if (sizeOf(y.shape) === 0) return;
      const word = planner.emit(copy(y.place(), stacked[i]!.place(), lengths, [own, strides], width));
      moving.push({ word: shifted(word, 4), start: stacked[i]!.place(), step });
    });
    copyAll(
      planner,
      made.slice(0, init.length).map((value, i) => ({ from: value, to: carried[i]!.place() })),
    );
  });
  const alive = new Set<ValueId>([...body.inputs, ...body.outputs, ...body.captures.map((c) => c.inner)]);
  for (const id of alive) planner.forget(id);
  const words = moving.flatMap(({ word, start, step }): KernelArg[] => [word, start, step]);
  planner.emit({ kernel: runLoop, args: [...inWords(LOOP, { steps, ...range, moving: moving.length }), ...words] });
}
