/** Modules that were written run alone, and compute to the last bit what `predict` computes under `strict`. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FormatError } from "../../src/core/error.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import { castTensor } from "../../src/model/weight.ts";
import {
  convert,
  Input,
  layers,
  load,
  Model,
  save,
  type SaveOptions,
  Sequential,
  setRandomSeed,
} from "../../src/node.ts";
import { FIXTURES, type Fixture, fixtures, loadFixture, valuesOf } from "../support/fixtures.ts";

interface Written {
  predict(x: unknown): Promise<readonly Tensor[] & { named: Record<string, Tensor> }>;
  predictSync(x: unknown, options?: { out: unknown }): readonly Tensor[];
  resetStates(): void;
  readonly inputs: readonly { name: string; shape: readonly (number | null)[]; dtype: string }[];
  readonly outputs: Written["inputs"];
}

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "keraport-module-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;

/** Writes a model as a module, alone in its folder, and imports it. */
async function written(model: Model, options: SaveOptions = {}, name = "model.mjs"): Promise<Written> {
  const own = join(folder, `${count++}`);
  mkdirSync(own);
  await save(model, join(own, name), options);
  return (await import(pathToFileURL(join(own, name)).href)) as Written;
}

const values = (tensors: readonly Tensor[]) =>
  [...tensors].map(({ dtype, shape, data }) => ({ dtype, shape: [...shape], data }));

async function callsOf(model: Model, fixture: Fixture): Promise<readonly (readonly Tensor[])[]> {
  const arrays = await valuesOf(fixture);
  const call = (step: number): readonly (Tensor | undefined)[] => {
    const mark = step === 0 ? "" : `@${step}`;
    return model.inputs.map(({ name, dtype }, i) => {
      const found = arrays.get(`inputs/${i}${mark}`) ?? arrays.get(`inputs/${name}${mark}`);
      return found && castTensor(found, dtype);
    });
  };
  const calls: (readonly Tensor[])[] = [];
  for (let step = 0; ; step++) {
    const inputs = call(step);
    if (inputs.some((input) => input === undefined)) return calls;
    calls.push(inputs as readonly Tensor[]);
  }
}

it.each(["layers", "models"])("fixtures/%s", { timeout: 300_000 }, async (part) => {
  for (const fixture of fixtures(part)) {
    const model = await loadFixture(fixture);
    if (model.problems.length === 0) {
      const calls = await callsOf(model, fixture);
      expect([fixture.name, calls.length > 0]).toEqual([fixture.name, true]);
      await model.predict(calls[0]!);
      model.resetStates();
      const sets = calls.map((inputs) => inputs.map(({ shape }) => shape));
      const module = await written(model, {
        shapes: sets.filter((set, i) => sets.findIndex((x) => `${x}` === `${set}`) === i),
      });
      for (const x of calls) {
        const expected = values(await model.predict(x, { strict: true }));
        expect([fixture.name, values(await module.predict(x))]).toEqual([fixture.name, expected]);
      }
    }
    model.dispose();
  }
});
