/** The drawing of every model of the fixtures: each layer once, each value a line, nothing on top of another. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type InspectedLayer, inspect, layers, load, Model, Input } from "../../src/node.ts";
import type { Box } from "../../web/src/types.ts";
import { pathOf } from "../../web/src/parts/paths.ts";
import { layoutOf } from "../../web/src/worker/layout.ts";
import { FIXTURES } from "../support/fixtures.ts";

const MODELS = join(FIXTURES, "models");
const folders = readdirSync(MODELS, { withFileTypes: true }).filter((entry) => entry.isDirectory());

/** Each layer's path, and how many values it takes from its siblings. */
function* all(of: readonly InspectedLayer[], around = ""): Generator<readonly [path: string, lines: number]> {
  const names = new Set(of.map(({ name }) => name));
  for (const layer of of) {
    const path = pathOf(around, layer.name);
    yield [path, layer.inbound.flat().filter((from) => names.has(from.layer)).length];
    yield* all(layer.layers, path);
  }
}

const isInside = (inner: Box, outer: Box): boolean => inner.path.startsWith(`${outer.path}/`);
const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

function check(of: readonly InspectedLayer[]): void {
  const expected = [...all(of)];
  const { boxes, lines, width, height } = layoutOf(of, new Set(expected.map(([path]) => path)), new Set());
  expect(boxes.map(({ path }) => path).sort()).toEqual(expected.map(([path]) => path).sort());
  expect(lines.length).toBe(expected.reduce((sum, [, count]) => sum + count, 0));
  for (const { points, at } of lines) expect([...points.flat(), ...at].every(Number.isFinite)).toBe(true);
  for (const [i, a] of boxes.entries()) {
    expect(a.x >= -1 && a.y >= -1 && a.x + a.width <= width + 1 && a.y + a.height <= height + 1).toBe(true);
    for (const b of boxes.slice(i + 1))
      if (!isInside(a, b) && !isInside(b, a)) expect([a.path, b.path, overlap(a, b)]).toEqual([a.path, b.path, false]);
  }
}

it.each(folders.map(({ name }) => name))("%s", async (name) => {
  const files = readdirSync(join(MODELS, name)).filter((file) => file !== "io.npz");
  const [first, second] = files.map((file) => join(MODELS, name, file));
  const model = await load(first!, second === undefined ? {} : { weights: second });
  const { layers: found } = await inspect(model);
  expect(found.length).toBeGreaterThan(0);
  check(found);
});

it("layers whose names are those of objects' own", async () => {
  const names = ["__proto__", "constructor", "toString", "a/b", "\u0001"];
  const x = Input({ shape: [2], name: "hasOwnProperty" });
  const outputs = names.map((name) => layers.dense({ units: 2, name }).apply(x));
  const model = new Model({ inputs: x, outputs: layers.add({ name: "valueOf" }).apply(outputs) });
  const { layers: found } = await inspect(model);
  expect(found.map(({ name }) => name).sort()).toEqual([...names, "hasOwnProperty", "valueOf"].sort());
  check(found);
});
