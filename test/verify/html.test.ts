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

  it("lists several models, with links to each", () => {
    expect(page).toContain('<a href="#model-0">');
    expect(page).toContain('<section id="model-1">');
    expect(page).toContain("1 of 2 models differs");
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

describe("an error plot", () => {
  it("keeps zero, huge and infinite errors on its axis", () => {
    const row = (error: number) => ({ label: "a", title: "a", error, ok: false });
    const svg = errorPlot([0, 1e-300, 1e-7, 1, 1e300, Infinity].map(row), 1e-5);
    const places = [...svg.matchAll(/cx="([^"]+)"/g)].map(([, x]) => Number(x));
    expect(places).toHaveLength(6);
    expect(places.every((x) => x >= 0 && x <= 900)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });
});
