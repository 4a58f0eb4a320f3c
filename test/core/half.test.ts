import { describe, expect, test } from "vitest";
import { fromBfloat16, fromFloat16 } from "../../src/core/dtype.ts";
import { roundHalfEven, toBfloat16, toFloat16 } from "../../src/core/half.ts";

const FORMATS = [
  ["float16", toFloat16, fromFloat16, 0x7c00],
  ["bfloat16", toBfloat16, fromBfloat16, 0x7f80],
] as const;

describe.each(FORMATS)("%s", (_, to, from, infinity) => {
  test("every pattern comes back", () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = from(bits);
      if (Number.isNaN(value)) expect(from(to(value))).toBeNaN();
      else if (to(value) !== bits) expect([bits, to(value)]).toEqual([bits, bits]);
    }
  });

  test("between neighbours the nearer one, half-way the even one", () => {
    for (let bits = 0; bits < infinity - 1; bits += 7) {
      const [low, high] = [from(bits), from(bits + 1)];
      const middle = (low + high) / 2;
      expect(to(middle)).toBe(bits % 2 === 0 ? bits : bits + 1);
      expect(to(middle - (high - low) / 8)).toBe(bits);
      expect(to(-(middle + (high - low) / 8))).toBe(0x8000 | (bits + 1));
    }
  });

  test("what is too large becomes infinite", () => {
    const most = from(infinity - 1);
    const step = most - from(infinity - 2);
    expect(to(most + step * 0.49)).toBe(infinity - 1);
    expect(to(most + step / 2)).toBe(infinity);
    expect(to(-1e300)).toBe(0x8000 | infinity);
    expect(to(Infinity)).toBe(infinity);
  });
});

test("roundHalfEven", () => {
  expect([-2.5, -1.5, -0.4, 0.5, 1.5, 2.5, 2.51, 1e300].map(roundHalfEven).map((v) => v + 0)).toEqual([
    -2, -2, 0, 0, 2, 2, 3, 1e300,
  ]);
});
