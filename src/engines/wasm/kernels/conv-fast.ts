/**
 * Windows over channels-last float32 input that is padded already. Convolutions are products over segments: each row of
 * the kernel is one run of the input. Depthwise convolutions and pooling take four channels at a time.
 */
import type { Code } from "../emit/code.ts";
import { brIf, f32x4, i32, loop, v128 } from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import { Finisher } from "./epilogue.ts";
import { eachPanel, PANEL, type InputRun } from "./gemm.ts";
import { nest, repeat } from "./nest.ts";
import { arg } from "./storage.ts";
import { storeColumns } from "./tile.ts";
import type { Epilogue, Kernel } from "./types.ts";
import { after, words } from "./words.ts";
import { madd } from "./vector-math.ts";

/** What is fixed of a convolution along the innermost axis of its output. */
export interface ConvLines {
  readonly runs: readonly InputRun[];
  /** Steps of a panel, if there are more than the runs have. */
  readonly depth?: number;
  /** Bytes from an output position to the next along the innermost axis, in the input and in the output. */
  readonly lda: number;
  readonly ldc: number;
  readonly columns: number;
  readonly bias: boolean;
  readonly epilogue?: Epilogue | undefined;
}

/**
 * Of lines of `positions`. Then the words of `nest` over them (3 axes; input, output), and the inputs of the epilogue.
 */
export const LINES = words("input", "kernel", "output", "positions", "bias");
const EPILOGUE = after(LINES) + 3 * 3;

/** The kernel packed. */
export function convLines(static_: ConvLines): Kernel {
  return {
    key: `conv lines ${JSON.stringify(static_)}`,
    way: "vector",
    emit(f) {
      const [a, out, b, c, biasAt] = f.locals("i32", 5);
      const finisher = new Finisher(f, static_.epilogue, EPILOGUE);
      return [
        a.set(arg(f, LINES.input)),
        out.set(arg(f, LINES.output)),
        finisher.start(out.get),
        nest(f, after(LINES), 3, [a, out], () => [
          b.set(arg(f, LINES.kernel)),
          c.set(out.get),
          static_.bias ? biasAt.set(arg(f, LINES.bias)) : [],
          finisher.restart(),
          eachPanel(
            f,
            { ...static_, width: PANEL, finisher },
            { a: a.get, rows: arg(f, LINES.positions), b, c, biasAt },
          ),
        ]),
      ];
    },
  };
}

/** What is fixed of a window over each channel by itself, along the innermost axis of its output. */
export interface ChannelLines {
  readonly kind: "depthwise" | "max" | "average" | "sum";
  /** Bytes from the window's first element to each tap. */
  readonly taps: readonly number[];
  readonly channels: number;
  /** Bytes from an output position to the next along the innermost axis in the input. */
  readonly lda: number;
  readonly bias: boolean;
  readonly epilogue?: Epilogue | undefined;
}

/** Taps that are written out one after the other. */
export const MOST_TAPS = 64;

/** Called with `LINES`, the kernel as [taps][channels]. */
export function channelLines(static_: ChannelLines): Kernel {
  const { channels, lda } = static_;
  const vectors = Math.floor(channels / 4);
  return {
    key: `channel lines ${JSON.stringify(static_)}`,
    way: "vector",
    emit(f) {
      const [a, out, at, to, position, x, y, offset, left] = f.locals("i32", 9); // prettier-ignore
      const finisher = new Finisher(f, static_.epilogue, EPILOGUE);
      const four = (lanes: number): Code => [
        x.set(i32.add(at.get, offset.get)),
        y.set(i32.add(to.get, offset.get)),
        window(f, static_, finisher, { x, y, offset }, lanes),
        offset.set(i32.add(offset.get, i32.const(16))),
      ];
      // Built inside of `nest`: its locals must not be those of the counters around it.
      const line = (): Code =>
        repeat(position, arg(f, LINES.positions), [
          offset.set(i32.const(0)),
          vectors === 0
            ? []
            : [left.set(i32.const(vectors)), loop([four(4), brIf(0, left.tee(i32.sub(left.get, i32.const(1))))])],
          channels % 4 === 0 ? [] : four(channels % 4),
          at.set(i32.add(at.get, i32.const(lda))),
          to.set(i32.add(to.get, i32.const(channels * 4))),
        ]);
      return [
        a.set(arg(f, LINES.input)),
        out.set(arg(f, LINES.output)),
        finisher.start(out.get),
        nest(f, after(LINES), 3, [a, out], () => [at.set(a.get), to.set(out.get), line()]),
      ];
    },
  };
}

/** One window of four channels: `x` is its first element, `offset` the channel's bytes. */
function window(
  f: Fn,
  static_: ChannelLines,
  finisher: Finisher,
  { x, y, offset }: { readonly x: Local; readonly y: Local; readonly offset: Local },
  lanes: number,
): Code {
  const { kind, taps, channels, bias } = static_;
  const sum = f.local("v128");
  const at = f.local("i32");
  const value = (tap: number): Code => v128.load(x.get, tap);
  const start = (): Code => {
    if (kind !== "depthwise") return value(taps[0]!);
    return bias ? v128.load(i32.add(arg(f, LINES.bias), offset.get)) : f32x4.const(0);
  };
  const step = (tap: number, i: number): Code => {
    if (kind === "depthwise") return madd(f.module, value(tap), v128.load(at.get, 4 * i * channels), sum.get);
    return kind === "max" ? f32x4.max(sum.get, value(tap)) : f32x4.add(sum.get, value(tap));
  };
  const rest = kind === "depthwise" ? taps : taps.slice(1);
  const code = [
    kind === "depthwise" ? at.set(i32.add(arg(f, LINES.kernel), offset.get)) : [],
    sum.set(start()),
    rest.map((tap, i) => sum.set(step(tap, i))),
    kind === "average" ? sum.set(f32x4.div(sum.get, f32x4.const(taps.length))) : [],
    finisher.apply(sum, y, 0, 0, offset),
    storeColumns(y.get, [sum], lanes),
  ];
  f.release(sum, at);
  return code;
}
