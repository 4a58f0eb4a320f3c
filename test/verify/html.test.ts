import { describe, expect, it } from "vitest";
import { tensor } from "../../src/core/tensor.ts";
import { compareTensors, DEFAULT_TOLERANCE } from "../../src/verify/compare.ts";
import { htmlReport } from "../../src/verify/html.ts";
import { errorPlot } from "../../src/verify/plot.ts";
import type { VerifyReport } from "../../src/verify/report.ts";

const EVIL = `<img src=x onerror="alert(1)">'&\u202e\u0007`;

function report(name: string, found: number[], expected: number[]): VerifyReport {
  const out = compareTensors(name, tensor(found), tensor(expected), DEFAULT_TOLERANCE, tensor(expected));
  const layer = { layer: name, class: name, call: 1, step: 1, ok: out.ok, inputs: [out], outputs: [out] };
  const firstDivergence = out.ok ? null : { ...layer, against: "fixture" as const };
  const head = { ok: out.ok, model: name, against: name, backend: "reference", notes: [name], againstTruth: false };
  return { ...head, ...DEFAULT_TOLERANCE, tensors: [out], layers: [layer], firstDivergence };
}

describe("a report's page", () => {
  const page = htmlReport([report(EVIL, [1, 2], [1, 3]), report("fine", [1], [1])]);

  it("escapes every name", () => {
    expect(page).not.toContain("<img");
    expect(page).not.toContain("\u202e");
    expect(page).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&amp;\\u202e\\u0007");
  });

  it("fetches nothing and runs nothing", () => {
    expect(page).not.toMatch(/<script|<link|<iframe|@import|url\(|\b(src|href)\s*=\s*"(?!#)/i);
    expect(page.match(/https?:/g)).toBeNull();
    expect(page).toContain("default-src 'none'");
  });

  it("lists several models, each folded, those that were refused too", () => {
    expect(page.match(/<details class="model" id="model-\d">/g)).toHaveLength(2);
    expect(page).toContain("1 of 2 models differs");
    const problems = [{ code: "unsupported/lambda" as const, path: EVIL }];
    const refused = htmlReport([report("fine", [1], [1])], [{ model: EVIL, problems }]);
    expect(refused).toContain("2 models: 1 equal, 0 differ, 1 refused");
    expect(refused.match(/<details class="model"/g)).toHaveLength(2);
    expect(refused).not.toContain("<img");
  });

  it("says how a tensor differs, and what ULP is", () => {
    expect(page).toContain("1 of 2 numbers are beyond the tolerance");
    expect(page).toContain("found (up) over expected (right)");
    expect(page).toContain("largest error by place (axis 0)");
    expect(page).toContain("Near zero");
  });

  it("is well formed", () => {
    const open: string[] = [];
    for (const [, close, tag, rest] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:"[^"]*"|[^>"])*)>/g)) {
      if (/^(meta|br|hr)$/.test(tag!) || rest!.endsWith("/")) continue;
      if (close === "") open.push(tag!);
      else expect(tag).toBe(open.pop());
    }
    expect(open).toEqual([]);
  });
});

const placesIn = (page: string): number[] => [...page.matchAll(/class="dot" style="left:([^%]+)%/g)].map(([, x]) => Number(x)); // prettier-ignore

describe("an error plot", () => {
  it("keeps zero, huge and infinite errors on its axis", () => {
    const row = (share: number) => ({ label: "a", title: "a", error: share, share, ok: false });
    const places = placesIn(errorPlot([0, 1e-300, 1e-7, 1, 1e300, Infinity].map(row)));
    expect(places).toHaveLength(6);
    expect(places.every((x) => x >= 0 && x <= 100)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it.each([{ rtol: 0, atol: 5e-8 }, { rtol: 1e-5, atol: 0 }, { rtol: 0, atol: 0 }, DEFAULT_TOLERANCE])(
    "has what is equal before the line of the tolerance, and what is not after it: %o",
    (tolerance) => {
      const values = [0, 1e-9, 4e-8, 6e-8, 2e-6, 1e-4, 0.5];
      for (const scale of [1e-3, 1, 100])
        for (const off of values) {
          const out = compareTensors("a", tensor([scale + off * scale], [1], "float64"), tensor([scale], [1], "float64"), tolerance); // prettier-ignore
          const head = { ok: out.ok, model: "m", against: "a", backend: "wasm", notes: [], againstTruth: false };
          const page = htmlReport([{ ...head, ...tolerance, tensors: [out], layers: [], firstDivergence: null }]);
          const limit = Number(/class="limit" style="left:([^%]+)%/.exec(page)![1]);
          expect(placesIn(page)[0]! <= limit, `${scale} ${off}`).toBe(out.ok);
        }
    },
  );
});

describe("how a tensor differs", () => {
  it("is told by places of each axis, of long ones by neighbours, and by pairs that hold the worst", () => {
    const shape = [3, 500, 2];
    const expected = Float64Array.from({ length: 3000 }, (_, i) => Math.sin(i));
    const found = expected.slice();
    found[2 * 1000 + 317 * 2 + 1]! += 3;
    found[5] = NaN;
    const { spread } = compareTensors("a", tensor(found, shape), tensor(expected, shape), DEFAULT_TOLERANCE);
    const { beyond, axes, pairs } = spread!;
    expect([beyond, axes.map(({ errors }) => errors.length)]).toEqual([2, [3, 128, 2]]);
    expect(axes[0]!.errors).toEqual([Infinity, 0, expect.closeTo(3)]);
    expect(axes[1]!.errors.map((error, i) => (error > 0 ? i : -1)).filter((i) => i >= 0)).toEqual([0, Math.floor((317 * 128) / 500)]); // prettier-ignore
    expect(axes[2]!.errors).toEqual([0, Infinity]);
    expect(pairs.length).toBeLessThanOrEqual(401);
    expect(pairs.at(-1)![1]).toBeNaN();
    expect(compareTensors("a", tensor([1]), tensor([1]), DEFAULT_TOLERANCE).spread).toBeUndefined();
  });
});
