/** Weights for minimal filtering (winograd.ts) by F(2) where only a run knows them: as `winogradPacking`, in float32. */
import type { Code } from "../emit/code.ts";
import { brIf, f32x4, i32, loop, v128, when } from "../emit/instructions.ts";
import { call, type Fn, type FnRef, type Local, type Module } from "../emit/module.ts";
import { PANEL } from "./gemm.ts";
import { repeat } from "./nest.ts";
import { arg } from "./storage.ts";
import type { Kernel } from "./types.ts";
import { LARGEST, pointsOf } from "./winograd-points.ts";
import { words } from "./words.ts";

/**
 * A kernel[taps, 3, 3, Cin, Cout] and where it goes; Cout a multiple of 4. Bytes of one of its matrices [Cin, Cout] and of
 * a row of that, and from a point to the next.
 */
export const WINOGRAD_WEIGHTS = words(
  ...(["source", "target", "taps", "depth", "matrixBytes", "rowBytes", "pointBytes"] as const),
);

const word = (f: Fn, name: keyof typeof WINOGRAD_WEIGHTS): Code => arg(f, WINOGRAD_WEIGHTS[name]);
const add = (a: Local, b: Code): Code => a.set(i32.add(a.get, b));

/** A kernel transformed; where a number of it is not finite, so that all is computed tap by tap. */
export const winogradWeights: Kernel = {
  key: "winograd weights",
  way: "vector",
  emit(f) {
    const { module, params } = f;
    const [args] = params as [Local];
    const [tap, left, width, from, column, to, isFinite, bytes] = f.locals("i32", 8);
    const check = finite(module);
    const [usual, exact] = [true, false].map((usually) => panel(module, usually)) as [FnRef, FnRef];
    const wide = i32.const(4 * PANEL);
    /** All depths of a panel's columns. */
    const columns = (transform: FnRef): Code =>
      loop([
        bytes.set(i32.sub(word(f, "rowBytes"), column.get)),
        width.set(wide),
        when(i32.ltU(bytes.get, wide), width.set(bytes.get)),
        from.set(i32.add(word(f, "source"), column.get)),
        repeat(tap, word(f, "taps"), [
          call(transform, args.get, from.get, to.get, width.get),
          add(from, i32.mul(word(f, "matrixBytes"), i32.const(9))),
          add(to, i32.mul(word(f, "depth"), width.get)),
        ]),
        brIf(0, i32.ltU(column.tee(i32.add(column.get, wide)), word(f, "rowBytes"))),
      ]);
    return [
      isFinite.set(i32.const(1)),
      from.set(word(f, "source")),
      repeat(left, i32.mul(word(f, "taps"), i32.const(9)), [
        isFinite.set(i32.and(isFinite.get, call(check, from.get, word(f, "matrixBytes")))),
        add(from, word(f, "matrixBytes")),
      ]),
      to.set(word(f, "target")),
      column.set(i32.const(0)),
      when(isFinite.get, columns(usual), columns(exact)),
      // The mark behind the points.
      i32.store(
        i32.add(word(f, "target"), i32.mul(word(f, "pointBytes"), i32.const(pointsOf(2)))),
        i32.mul(i32.eqz(isFinite.get), i32.const(0x7fc00000)),
      ),
    ];
  },
};

/** (from, bytes) → whether no number is beyond what sums of taps may have. */
function finite(module: Module): FnRef {
  return module.helper("winograd finite", ["i32", "i32"], ["i32"], (f) => {
    const [at, bytes] = f.params as [Local, Local];
    const left = f.local("i32");
    const found = f.local("v128");
    const isBelow = f32x4.le(f32x4.abs(v128.load(at.get)), f32x4.const(LARGEST));
    return [
      found.set(f32x4.const(0)),
      repeat(left, i32.shrU(bytes.get, i32.const(4)), [
        found.set(v128.or(found.get, v128.not(isBelow))),
        add(at, i32.const(16)),
      ]),
      i32.eqz(v128.anyTrue(found.get)),
    ];
  });
}

/** (args, from, to, width in bytes): a panel's points of one outer tap. Not `usually`: as `tapsOf` finds them as they are. */
function panel(module: Module, usually: boolean): FnRef {
  return module.helper(`winograd panel ${usually}`, ["i32", "i32", "i32", "i32"], [], (f) => {
    const [, from, to, width] = f.params as [Local, Local, Local, Local];
    const [row, left, column, at, put] = f.locals("i32", 5);
    const taps = f.locals("v128", 9);
    const line = f.locals("v128", 3);
    const half = (sum: Code): Code => f32x4.mul(sum, f32x4.const(0.5));
    /** Three taps at their four points. */
    const points = ([p, q, r]: readonly Local[]): Code[] => [
      p!.get,
      usually ? half(f32x4.add(f32x4.add(p!.get, r!.get), q!.get)) : q!.get,
      usually ? half(f32x4.sub(f32x4.add(p!.get, r!.get), q!.get)) : f32x4.const(0),
      r!.get,
    ];
    const down = [0, 1, 2].map((s) => points([0, 3, 6].map((r) => taps[r + s]!)));
    return [
      repeat(row, word(f, "depth"), [
        column.set(i32.const(0)),
        repeat(left, i32.shrU(width.get, i32.const(4)), [
          at.set(i32.add(from.get, column.get)),
          taps.map((tap) => [tap.set(v128.load(at.get)), add(at, word(f, "matrixBytes"))]),
          put.set(to.get),
          [0, 1, 2, 3].map((r) => [
            line.map((local, s) => local.set(down[s]![r]!)),
            at.set(put.get),
            points(line).map((point) => [
              v128.store(at.get, point),
              add(at, i32.shl(word(f, "pointBytes"), i32.const(2))),
            ]),
            add(put, word(f, "pointBytes")),
          ]),
          add(to, i32.const(16)),
          add(column, i32.const(16)),
        ]),
        add(from, word(f, "rowBytes")),
      ]),
    ];
  });
}
