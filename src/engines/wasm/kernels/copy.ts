/** Elements moved through strides: the one mover behind transposes, slices, flips, padding, joins and broadcasting. */
import { f64, i32, memoryCopy } from "../emit/instructions.ts";
import { type Axes, collapsed, nest, nestWords, repeat, setPointers, type KernelWalk, withoutLast } from "./nest.ts";
import { arg } from "./storage.ts";
import { type KernelArg, type Kernel, type Place, shifted } from "./types.ts";
import { after, inWords, words } from "./words.ts";

/** Rows from this many bytes on are copied by one instruction. */
const BLOCK = 64;

/** A row has `count` elements, each some bytes after the one before; then the words of `nest`. */
const ELEMENTS = words("source", "target", "count", "sourceStep", "targetStep");

function copyElements(outer: number, width: 4 | 8): Kernel {
  return {
    key: `copy ${outer} ${width}`,
    way: "copy",
    emit(f) {
      const [from, to, p, q] = f.locals("i32", 4);
      const [counter, count, stepFrom, stepTo] = f.locals("i32", 4);
      const move = width === 4 ? i32.store(q.get, i32.load(p.get)) : f64.store(q.get, f64.load(p.get));
      const row = repeat(counter, count.get, [
        move,
        p.set(i32.add(p.get, stepFrom.get)),
        q.set(i32.add(q.get, stepTo.get)),
      ]);
      return [
        setPointers(f, [from, to]),
        count.set(arg(f, ELEMENTS.count)),
        stepFrom.set(arg(f, ELEMENTS.sourceStep)),
        stepTo.set(arg(f, ELEMENTS.targetStep)),
        nest(f, after(ELEMENTS), outer, [from, to], () => [p.set(from.get), q.set(to.get), row]),
      ];
    },
  };
}

/** `bytes` of a row; then the words of `nest`. */
const BLOCKS = words("source", "target", "bytes");

function copyBlocks(outer: number): Kernel {
  return {
    key: `copy blocks ${outer}`,
    way: "copy",
    emit(f) {
      const pointers = f.locals("i32", 2);
      const count = f.local("i32");
      return [
        setPointers(f, pointers),
        count.set(arg(f, BLOCKS.bytes)),
        nest(f, after(BLOCKS), outer, pointers, () => memoryCopy(pointers[1].get, pointers[0].get, count.get)),
      ];
    },
  };
}

/** Then the words of an element. */
const FILL = words("target", "count");

function fillElements(width: 4 | 8): Kernel {
  return {
    key: `fill ${width}`,
    way: "copy",
    emit(f) {
      const [p, counter] = f.locals("i32", 2);
      const value = f.local(width === 4 ? "i32" : "f64");
      const args = f.params[0]!.get;
      return [
        p.set(arg(f, FILL.target)),
        value.set(width === 4 ? i32.load(args, 4 * after(FILL)) : f64.load(args, 4 * after(FILL))),
        repeat(counter, arg(f, FILL.count), [
          width === 4 ? i32.store(p.get, value.get) : f64.store(p.get, value.get),
          p.set(i32.add(p.get, i32.const(width))),
        ]),
      ];
    },
  };
}

/** A kernel and the words of its arguments. */
export interface Instruction {
  readonly kernel: Kernel;
  readonly args: readonly KernelArg[];
}

/** A copy of `lengths` elements; strides in elements, those of the source first. */
export function copyWalk(
  source: Place,
  target: Place,
  lengths: readonly number[],
  strides: readonly [readonly number[], readonly number[]],
  width: 4 | 8,
): KernelWalk {
  const bytes: Axes = { lengths, strides: strides.map((list) => list.map((stride) => stride * width)) };
  const axes = collapsed(bytes);
  const rank = axes.lengths.length - 1;
  const [sourceStep, targetStep] = axes.strides.map((list) => list[rank]!) as [number, number];
  const inBlocks = sourceStep === width && targetStep === width && axes.lengths[rank]! * width >= BLOCK;
  return {
    kernel: inBlocks ? copyBlocks(rank) : copyElements(rank, width),
    axes,
    places: [source, target],
    args(places, part) {
      const [source, target] = places as [Place, Place];
      const count = part.lengths[rank]!;
      const row = inBlocks
        ? inWords(BLOCKS, { source, target, bytes: count * width })
        : inWords(ELEMENTS, { source, target, count, sourceStep, targetStep });
      return [...row, ...nestWords(withoutLast(part))];
    },
  };
}

/** All of it at once. */
export function copy(...of: Parameters<typeof copyWalk>): Instruction {
  const { kernel, axes, places, args } = copyWalk(...of);
  return { kernel, args: args(places, axes) };
}

const scratch = new DataView(new ArrayBuffer(8));

/** `count` elements of one value: a float32, an i32 or a float64. */
export function fill(target: Place, count: number, value: number, storage: "f32" | "i32" | "f64"): Instruction {
  if (storage === "f64") scratch.setFloat64(0, value, true);
  else if (storage === "f32") scratch.setFloat32(0, value, true);
  else scratch.setInt32(0, value, true);
  const element = [scratch.getInt32(0, true), ...(storage === "f64" ? [scratch.getInt32(4, true)] : [])];
  return { kernel: fillElements(storage === "f64" ? 8 : 4), args: [...inWords(FILL, { target, count }), ...element] };
}

/** `place`, some elements further on. */
export function element(place: Place, index: number, width: 4 | 8): Place {
  return shifted(place, index * width);
}
