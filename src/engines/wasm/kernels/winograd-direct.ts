/** Tiles of minimal filtering (winograd.ts) that met numbers which are not finite, tap by tap. */
import type { Code } from "../emit/code.ts";
import { f32x4, i32, select, v128 } from "../emit/instructions.ts";
import { call, type FnRef, type Local, type Module } from "../emit/module.ts";
import { GEMM, PANEL } from "./gemm.ts";
import { repeat } from "./nest.ts";
import { arg } from "./storage.ts";
import { madd } from "./vector-math.ts";
import { AXES, type TileSize, windowOf } from "./winograd-points.ts";
import { add, PRODUCT, rowOf, windowAt, word } from "./winograd-window.ts";

/** Three taps of an axis out of four of its points. */
function tapsOf([a, b, c, d]: readonly Local[], middle: number): readonly Code[] {
  const between = f32x4.sub(b!.get, c!.get);
  return [a!.get, middle === 1 ? between : f32x4.mul(between, f32x4.const(middle)), d!.get];
}

/** (args, input, z, y, x, column): the sums of a tile and four columns, tap by tap, left in `sums`. */
export function direct(module: Module, tile: TileSize): FnRef {
  const n = windowOf(tile);
  const { middle } = AXES[tile];
  /** Of an axis: those that taps are found in. */
  const kept = [0, 1, 2, n - 1];
  return module.helper(
    `winograd direct ${tile}`,
    Array.from({ length: 6 }, () => "i32" as const),
    [],
    (f) => {
      const [args, input, z, y, x, column] = f.params as [Local, Local, Local, Local, Local, Local];
      const [source, tap, left, kernel, step, at] = f.locals("i32", 6);
      const [rows, columns] = [f.locals("i32", n), f.locals("i32", n)];
      const sums = f.locals("v128", tile * tile);
      const points = f.locals("v128", 16);
      const down = f.locals("v128", 12);
      const weights = f.locals("v128", 9);
      const value = f.local("v128");
      const wide = i32.const(4 * PANEL);
      const panel = i32.divU(column.get, wide);
      const inPanels = arg(f, PRODUCT + GEMM.panels);
      const restBytes = i32.sub(word(f, "positionBytes"), i32.mul(inPanels, wide));
      const start = i32.mul(i32.mul(panel, wide), arg(f, PRODUCT + GEMM.depth));
      return [
        step.set(select(wide, restBytes, i32.ltU(panel, inPanels))),
        kernel.set(i32.add(word(f, "kernel"), i32.add(start, i32.remU(column.get, wide)))),
        sums.map((sum) => sum.set(f32x4.const(0))),
        repeat(tap, word(f, "taps"), [
          source.set(call(windowAt(module, tile), args.get, input.get, z.get, y.get, x.get)),
          at.set(rowOf(f, source, tile)),
          rows.map((row, i) => row.set(i === 0 ? source.get : i32.add(rows[i - 1]!.get, at.get))),
          columns.map((place, i) => place.set(i32.mul(word(f, "pixelBytes"), i32.const(i)))),
          repeat(left, i32.shrU(word(f, "pixelBytes"), i32.const(2)), [
            at.set(kernel.get),
            Array.from({ length: n * n }, (_, i) => {
              const [c, r] = [kept.indexOf(Math.floor(i / n)), kept.indexOf(i % n)];
              const isKept = c >= 0 && r >= 0;
              return [isKept ? points[4 * c + r]!.set(v128.load(at.get)) : [], add(at, word(f, "weightPoint"))];
            }),
            [0, 1, 2, 3].map((c) =>
              tapsOf(points.slice(4 * c), middle).map((weight, r) => down[4 * r + c]!.set(weight)),
            ),
            [0, 1, 2].map((r) => tapsOf(down.slice(4 * r), middle).map((weight, c) => weights[3 * r + c]!.set(weight))),
            rows.map((row, r) =>
              columns.map((place, c) => [
                value.set(v128.load32Splat(i32.add(row.get, place.get))),
                sums.map((sum, i) => {
                  const [down_, across] = [r - Math.floor(i / tile), c - (i % tile)];
                  const isTap = down_ >= 0 && down_ < 3 && across >= 0 && across < 3;
                  return isTap ? sum.set(madd(module, value.get, weights[3 * down_ + across]!.get, sum.get)) : [];
                }),
              ]),
            ),
            rows.map((row) => add(row, i32.const(4))),
            add(kernel, step.get),
          ]),
          add(z, word(f, "dilation")),
        ]),
        sums.map((sum, i) => v128.store(word(f, "sums"), sum.get, 16 * i)),
      ];
    },
  );
}
