/** Rules that are loaded later: every fixture compiles with what its graph alone asked for. */
import { expect, it } from "vitest";
import { FormatError } from "../../../src/core/error.ts";
import { later } from "../../../src/engines/wasm/rules/later.ts";
import { fixtures, loadFixture } from "../../support/fixtures.ts";

it("are there for every fixture", { timeout: 300_000 }, async () => {
  const missing: string[] = [];
  const kinds = new Set<string>();
  for (const fixture of ["layers", "models"].flatMap(fixtures)) {
    const model = await loadFixture(fixture).catch(() => null);
    if (model === null || model.problems.length > 0) continue;
    for (const kind of Object.keys(later) as (keyof typeof later)[]) delete later[kind];
    await model.kernels().catch((error: unknown) => {
      if (!(error instanceof FormatError) || error.code.startsWith("internal/"))
        missing.push(`${fixture.name}: ${error}`);
    });
    for (const kind of Object.keys(later)) kinds.add(kind);
    model.dispose();
  }
  expect(missing).toEqual([]);
  // Only training draws random numbers.
  expect([...kinds].sort()).toEqual(["attention", "convRecurrent", "lookup", "recurrent", "resize", "windows"]);
});
