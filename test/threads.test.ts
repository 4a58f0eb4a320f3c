/** Every fixture on two threads, however small its operations: bit for bit what one thread computes. */
import { expect, it } from "vitest";
import type { Tensor } from "../src/core/tensor.ts";
import { withDType } from "../src/core/cast.ts";
import type { Model } from "../src/node.ts";
import { isSync, openSession } from "../src/engines/index.ts";
import { hasTexts } from "../src/engines/inputs.ts";
import { openTexts } from "../src/engines/texts.ts";
import type { Graph } from "../src/ops/types.ts";
import { wasm } from "../src/engines/wasm/backend.ts";
import { type Fixture, fixtures, loadFixture, valuesOf } from "./support/fixtures.ts";
import { useThreads } from "./support/threads.ts";

useThreads();

/** Runs that take turns between shared and not at first. */
const RUNS = 4;

async function inputsOf(model: Model, fixture: Fixture): Promise<readonly Tensor[]> {
  const values = await valuesOf(fixture);
  return model.inputs.map(({ name, dtype }, i) =>
    withDType((values.get(`inputs/${i}`) ?? values.get(`inputs/${name}`))!, dtype),
  );
}

for (const part of ["layers", "models"]) {
  it(`fixtures/${part}`, { timeout: 240_000 }, async () => {
    for (const fixture of fixtures(part)) {
      const model = await loadFixture(fixture);
      if (model.problems.length === 0) {
        const inputs = await inputsOf(model, fixture);
        const one = await openSession(model.graph, {});
        const open = (graph: Graph) => wasm.open(graph, { threads: 2, threadWork: 0 });
        const two = await (hasTexts(model.graph) ? openTexts(model.graph, open) : open(model.graph));
        const shapes = inputs.map((x) => x.shape);
        if (isSync(two)) await two.prepare(shapes, 0);
        for (let i = 0; i < RUNS; i++) {
          const found = isSync(two) ? two.runSync(inputs) : await two.run(inputs);
          expect(found, fixture.name).toEqual(await one.run(inputs));
        }
        one.dispose();
        two.dispose();
      }
      model.dispose();
    }
  });
}
