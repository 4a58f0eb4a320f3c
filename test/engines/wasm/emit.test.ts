import { describe, expect, test } from "vitest";
import { Arena } from "../../../src/engines/wasm/arena.ts";
import { type Code, flatten, signed, signed32, unsigned } from "../../../src/engines/wasm/emit/code.ts";
import { hasRelaxedSimd } from "../../../src/engines/wasm/emit/features.ts";
import { brIf, f32x4, f64, i32, loop, v128, when } from "../../../src/engines/wasm/emit/instructions.ts";
import { call, type Local, Module } from "../../../src/engines/wasm/emit/module.ts";
import { madd } from "../../../src/engines/wasm/kernels/vector-math.ts";

function instance(module: Module) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 0 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), { env: { memory, table } });
  return { exports: exports as Record<string, (...x: number[]) => number>, memory };
}

describe("numbers", () => {
  test("LEB128, unsigned and signed", () => {
    const bytes = (code: Code) => Array.from(flatten([code]));
    expect([0, 127, 128, 624485, 2 ** 32 - 1].map((value) => bytes(unsigned(value)))).toEqual([[0], [127], [128, 1], [0xe5, 0x8e, 0x26], [255, 255, 255, 255, 15]]); // prettier-ignore
    expect([0n, 63n, 64n, -64n, -65n, -123456n].map(signed)).toEqual([[0], [63], [0xc0, 0], [0x40], [0xbf, 0x7f], [0xc0, 0xbb, 0x78]]); // prettier-ignore
    const whole = [0, 1, 63, 64, -1, -64, -65, -123456, 2 ** 31 - 1, -(2 ** 31)];
    expect(whole.map((value) => bytes(signed32(value)))).toEqual(whole.map((value) => signed(BigInt(value))));
    expect(flatten([1, [2, [3]], Uint8Array.of(4, 5), []])).toEqual(Uint8Array.of(1, 2, 3, 4, 5));
    // Past the room that there is at first, by numbers and by bytes at once.
    const many = Uint8Array.from({ length: 40_000 }, (_, i) => i);
    for (const parts of [[...many], [many, [...many]], [[7], many]]) {
      expect(flatten(parts)).toEqual(
        Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? part : [...part]))),
      );
    }
  });
});

describe("functions", () => {
  test("loops, branches, calls, several types of locals", () => {
    const module = new Module({ relaxed: false });
    const twice = module.helper("twice", ["f64"], ["f64"], (f) => f64.add(f.params[0]!.get, f.params[0]!.get));
    expect(module.helper("twice", ["f64"], ["f64"], () => 0)).toBe(twice);
    module.func(["i32"], ["f64"], (f) => {
      const [i, n] = [f.local("i32"), f.params[0]!];
      const sum = f.local("f64");
      return [
        when(n.get, [
          i.set(n.get),
          loop([
            sum.set(f64.add(sum.get, call(twice, f64.fromI32(i.get)))),
            brIf(0, i.tee(i32.sub(i.get, i32.const(1)))),
          ]),
        ]),
        sum.get,
      ];
    }, "sum"); // prettier-ignore
    const { exports } = instance(module);
    expect([exports["sum"]!(4), exports["sum"]!(0)]).toEqual([20, 0]);
  });

  test("released locals are used again", () => {
    const module = new Module({ relaxed: false });
    module.func([], [], (f) => {
      const a = f.local("v128");
      f.release(a);
      const [b, c] = f.locals("v128", 2) as [Local, Local];
      expect([b === a, c === a]).toEqual([true, false]);
      return [];
    });
    expect(WebAssembly.validate(module.bytes())).toBe(true);
  });

  test.each([false, ...(hasRelaxedSimd() ? [true] : [])])("vectors, relaxed: %s", (relaxed) => {
    const module = new Module({ relaxed });
    const at = i32.const(64);
    module.func([], [], () => v128.store(at, madd(module, v128.load(at), f32x4.const(2), f32x4.const(1))), "go");
    const { exports, memory } = instance(module);
    const values = new Float32Array(memory.buffer, 64, 4);
    values.set([1, -2, 0.5, 3]);
    exports["go"]!();
    expect(Array.from(values)).toEqual([3, -3, 2, 7]);
  });
});

test("the arena gives memory again and never overlaps", () => {
  const arena = new Arena();
  const [a, b, c] = [arena.take(100), arena.take(1), arena.take(200)];
  expect([a.at, b.at, c.at]).toEqual([0, 128, 192]);
  arena.give(a);
  arena.give(b);
  expect(arena.take(150).at).toBe(0);
  arena.give(c);
  expect(arena.take(1000).at).toBe(192);
});
