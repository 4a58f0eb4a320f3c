/** Convolutions and pooling of any type, layout and grouping, number by number in float64: what the fast kernels leave. */
import type { DType } from "../../../core/dtype.ts";
import type { Code } from "../emit/code.ts";
import { f64, i32, select, when } from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import { nest, repeat, setPointers } from "./nest.ts";
import { arg, loadNumber, settled, storeNumber } from "./storage.ts";
import type { Kernel } from "./types.ts";
import { after, words } from "./words.ts";

/** Words that describe one spatial axis of the window. */
export const AXIS = words("size", "length", "kernelStep", "inputStep", "dilation", "stride");
const AXIS_WORDS = after(AXIS);

/** Adds to a local. */
const add = (local: Local, value: Code): Code => local.set(i32.add(local.get, value));

/**
 * Runs `body` for every tap of a window that meets the input, with `at` behind it in the input and `tap` in the kernel.
 * Each axis has words: taps, input length, kernel bytes a tap, input bytes a position, dilation, and how taps turn into
 * positions: `origin` + tap·dilation for a convolution (shift 1), (origin - tap·dilation)/shift for a transposed one.
 */
function taps(
  f: Fn,
  first: number,
  origins: readonly Local[],
  start: { readonly at: Local; readonly tap: Local },
  transposed: boolean,
  body: (at: Local, tap: Local) => Code,
): Code {
  const axis = (index: number, at: Local, tap: Local): Code => {
    if (index === 3) return body(at, tap);
    const word = (name: keyof typeof AXIS): Code => arg(f, first + AXIS_WORDS * index + AXIS[name]);
    const [counter, position, place, nextAt, nextTap] = f.locals("i32", 5);
    const inside = transposed
      ? i32.and(
          i32.eqz(i32.remS(position.get, word("stride"))),
          i32.ltU(place.tee(i32.divS(position.get, word("stride"))), word("length")),
        )
      : i32.ltU(place.tee(position.get), word("length"));
    const code = [
      position.set(origins[index]!.get),
      nextTap.set(tap.get),
      repeat(counter, word("size"), [
        // A negative position is a large unsigned number.
        when(inside, [
          nextAt.set(i32.add(at.get, i32.mul(place.get, word("inputStep")))),
          axis(index + 1, nextAt, nextTap),
        ]),
        add(position, transposed ? i32.sub(i32.const(0), word("dilation")) : word("dilation")),
        add(nextTap, word("kernelStep")),
      ]),
    ];
    f.release(counter, position, place, nextAt, nextTap);
    return code;
  };
  return axis(0, start.at, start.tap);
}

/** Words of the loop over outputs: batch, three spatial axes, channels; see `conv`. */
const LOOP = 5;

interface Outputs {
  readonly pointers: readonly Local[];
  readonly origins: readonly Local[];
}

/**
 * Every output: `nest` over batch, d, h, w, channel with the pointers input, kernel, output, bias and the three origins
 * carried along as if they were addresses.
 */
function outputs(f: Fn, first: number, { pointers, origins }: Outputs, body: () => Code): Code {
  return [setPointers(f, [...pointers, ...origins]), nest(f, first, LOOP, [...pointers, ...origins], body)];
}

/**
 * Origins of the axes; channels of a group, bytes between input channels and between the kernel's. Then `AXIS` for
 * each axis, and the words of `nest` for batch, d, h, w, group, channel.
 */
export const CONV = words(
  "input", "kernel", "output", "bias", "originD", "originH", "originW", "channels", "inputStep", "kernelStep",
); // prettier-ignore

/** Number by number: of any dtype, also transposed. */
export function plainConv(dtype: DType, bias: boolean, transposed: boolean): Kernel {
  return {
    key: `conv ${dtype} ${bias} ${transposed}`,
    emit(f) {
      const pointers = f.locals("i32", 4);
      const origins = f.locals("i32", 3);
      const [x, kernel, out, biasAt] = pointers;
      const [counter, p, q] = f.locals("i32", 3);
      const sum = f.local("f64");
      const channels = (at: Local, tap: Local): Code => [
        p.set(at.get),
        q.set(tap.get),
        repeat(counter, arg(f, CONV.channels), [
          sum.set(f64.add(sum.get, f64.mul(loadNumber(dtype, p.get), loadNumber(dtype, q.get)))),
          add(p, arg(f, CONV.inputStep)),
          add(q, arg(f, CONV.kernelStep)),
        ]),
      ];
      return [
        setPointers(f, [...pointers, ...origins]),
        nest(f, after(CONV) + 3 * AXIS_WORDS, 6, [...pointers, ...origins], () => [
          sum.set(bias ? loadNumber(dtype, biasAt.get) : f64.const(0)),
          taps(f, after(CONV), origins, { at: x, tap: kernel }, transposed, channels),
          storeNumber(dtype, out.get, settled(f.module, dtype, sum.get)),
        ]),
      ];
    },
  };
}

/** Then `AXIS` for each axis, and the words of `nest` for batch, d, h, w, channel. */
export const POOL = words("input", "output", "originD", "originH", "originW");

/** Number by number: of any dtype. `floor`: what the largest is looked for above; null for the mean. */
export function plainPool(dtype: DType, floor: number | null): Kernel {
  return {
    key: `pool ${dtype} ${floor}`,
    emit(f) {
      const pointers = f.locals("i32", 2);
      const origins = f.locals("i32", 3);
      const unused = f.local("i32");
      const [total, count] = f.locals("f64", 2);
      const visit = (at: Local): Code => {
        const x = loadNumber(dtype, at.get);
        return floor !== null
          ? total.set(select(x, total.get, f64.gt(x, total.get)))
          : [total.set(f64.add(total.get, x)), count.set(f64.add(count.get, f64.const(1)))];
      };
      const [x, out] = pointers;
      return outputs(f, after(POOL) + 3 * AXIS_WORDS, { pointers, origins }, () => [
        total.set(f64.const(floor ?? 0)),
        count.set(f64.const(0)),
        taps(f, after(POOL), origins, { at: x, tap: unused }, false, visit),
        storeNumber(
          dtype,
          out.get,
          settled(f.module, dtype, floor !== null ? total.get : f64.div(total.get, count.get)),
        ),
      ]);
    },
  };
}
