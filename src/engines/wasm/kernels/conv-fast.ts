/** Windows of each channel by itself over channels-last float32 input that is padded already: four channels at a time. */
import type { Code } from "../emit/code.ts";
import { br, f32x4, i32, loop, select, v128, when } from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import { Finisher } from "./epilogue.ts";
import { EPILOGUE, LINES } from "./gemm.ts";
import { nest, repeat } from "./nest.ts";
import { arg } from "./storage.ts";
import { storeColumns } from "./tile.ts";
import type { Epilogue, Kernel } from "./types.ts";
import { after } from "./words.ts";
import { madd } from "./vector-math.ts";

/** What is fixed of a window over each channel by itself, along the innermost axis of its output. */
export interface ChannelLines {
  readonly kind: "depthwise" | "max" | "average" | "sum";
  /** Bytes from the window's first element to each tap. */
  readonly taps: readonly number[];
  readonly channels: number;
  /** Bytes from an output position to the next along the innermost axis in the input. */
  readonly lda: number;
  /** Positions that are computed together: no more than a line has. */
  readonly atOnce: number;
  readonly bias: boolean;
  /** Of `max`: what the largest is looked for above. */
  readonly floor?: number;
  readonly epilogue?: Epilogue | undefined;
}

/** Taps that are written out one after the other. */
export const MOST_TAPS = 64;
/** The same of windows with weights, of which there is no other quick form. */
export const MOST_WEIGHED_TAPS = 1024;
/** So many are summed up by themselves: the error of a sum grows with its length. */
const SUMMED = 256;

/** Called with `LINES`, the kernel as [taps][channels]. The last positions of a line may be computed twice. */
export function channelLines(static_: ChannelLines): Kernel {
  const { channels, lda, atOnce } = static_;
  const vectors = Math.floor(channels / 4);
  return {
    key: `channel lines ${JSON.stringify(static_)}`,
    way: "vector",
    emit(f) {
      const [a, out, at, to, position, last, offset, left] = f.locals("i32", 8);
      const finisher = new Finisher(f, static_.epilogue, EPILOGUE);
      const four = (lanes: number): Code => [
        windows(f, static_, finisher, { x: at, y: to, offset }, lanes),
        [at, to, offset].map((local) => local.set(i32.add(local.get, i32.const(16)))),
      ];
      // Built inside of `nest`: its locals must not be those of the counters around it.
      const line = (): Code => [
        position.set(i32.const(0)),
        last.set(i32.sub(arg(f, LINES.positions), i32.const(atOnce))),
        loop([
          at.set(i32.add(a.get, i32.mul(position.get, i32.const(lda)))),
          to.set(i32.add(out.get, i32.mul(position.get, i32.const(channels * 4)))),
          offset.set(i32.const(0)),
          vectors === 0 ? [] : repeat(left, i32.const(vectors), four(4)),
          channels % 4 === 0 ? [] : four(channels % 4),
          when(i32.ltS(position.get, last.get), [
            position.set(i32.add(position.get, i32.const(atOnce))),
            position.set(select(position.get, last.get, i32.ltS(position.get, last.get))),
            br(1),
          ]),
        ]),
      ];
      return [
        a.set(arg(f, LINES.input)),
        out.set(arg(f, LINES.output)),
        finisher.start(out.get),
        nest(f, after(LINES), 3, [a, out], line),
      ];
    },
  };
}

/** Weights that are kept in registers beside the sums. */
const WEIGHTS = 5;

/** Windows side by side of four channels: `x` is the first element of the first, `offset` the channels' bytes. */
function windows(
  f: Fn,
  static_: ChannelLines,
  finisher: Finisher,
  { x, y, offset }: { readonly x: Local; readonly y: Local; readonly offset: Local },
  lanes: number,
): Code {
  const { kind, taps, channels, bias, lda, atOnce } = static_;
  const sums = f.locals("v128", atOnce);
  const kernel = f.local("i32");
  const value = f.local("v128");
  const weights = f.locals("v128", WEIGHTS);
  /** Each element of the input is read once for all windows that it is in, those taps in registers. */
  const some = (group: readonly number[], first: number): Code => {
    const uses = new Map<number, { readonly sum: Local; readonly weight: Local }[]>();
    group.forEach((tap, j) =>
      sums.forEach((sum, q) => {
        const use = { sum, weight: weights[j]! };
        const at = tap + q * lda;
        uses.set(at, [...(uses.get(at) ?? []), use]);
      }),
    );
    return [
      group.map((_, j) => weights[j]!.set(v128.load(kernel.get, 4 * (first + j) * channels))),
      [...uses]
        .sort(([p], [q]) => p - q)
        .map(([at, users]) => [
          value.set(v128.load(x.get, at)),
          users.map(({ sum, weight }) => sum.set(madd(f.module, value.get, weight.get, sum.get))),
        ]),
    ];
  };
  const pooled = (sum: Local, q: number): Code => {
    const tapped = (tap: number): Code => v128.load(x.get, tap + q * lda);
    const isMax = kind === "max";
    const step = isMax ? f32x4.pmax : f32x4.add;
    return [
      sum.set(isMax ? f32x4.pmax(f32x4.const(static_.floor ?? -Infinity), tapped(taps[0]!)) : tapped(taps[0]!)),
      taps.slice(1).map((tap) => sum.set(step(sum.get, tapped(tap)))),
      kind === "average" ? sum.set(f32x4.div(sum.get, f32x4.const(taps.length))) : [],
    ];
  };
  /** Runs of taps next to each other. */
  const groups: number[][] = [];
  taps.forEach((tap) => {
    const last = groups.at(-1);
    const isNext = last !== undefined && last.length < WEIGHTS && tap - last.at(-1)! === taps[1]! - taps[0]!;
    if (isNext) last.push(tap);
    else groups.push([tap]);
  });
  const parts = Array.from({ length: Math.ceil(taps.length / SUMMED) }, (_, part) =>
    groups.filter((group) => Math.floor(taps.indexOf(group[0]!) / SUMMED) === part),
  );
  const totals = f.locals("v128", parts.length > 1 ? atOnce : 0);
  const start = bias ? v128.load(i32.add(arg(f, LINES.bias), offset.get)) : f32x4.const(0);
  const code = [
    kind === "depthwise"
      ? [
          kernel.set(i32.add(arg(f, LINES.kernel), offset.get)),
          sums.map((sum) => sum.set(start)),
          parts.map((part, i) => [
            i === 0 ? [] : sums.map((sum, q) => [totals[q]!.set(sum.get), sum.set(f32x4.const(0))]),
            part.map((group) => some(group, taps.indexOf(group[0]!))),
            i === 0 ? [] : sums.map((sum, q) => sum.set(f32x4.add(totals[q]!.get, sum.get))),
          ]),
        ]
      : sums.map(pooled),
    sums.map((sum, q) => finisher.apply(sum, y, 4 * q * channels, 0, offset)),
    sums.map((sum, q) => storeColumns(y.get, [sum], lanes, 4 * q * channels)),
  ];
  f.release(...sums, ...totals, kernel, value, ...weights);
  return code;
}
