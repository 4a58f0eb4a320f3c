/** What the page is made of, as callers have it: inspect, diff, fixtureScript, reportPage, readArrays, writeArrays. */
import { join } from "node:path";
import { expect, it } from "vitest";
import * as browser from "../../src/index.ts";
import {
  diff,
  fixtureScript,
  inspect,
  load,
  readArrays,
  reportPage,
  tensor,
  verify,
  writeArrays,
} from "../../src/node.ts";
import type { TensorLike } from "../../src/node.ts";
import { FIXTURES } from "../support/fixtures.ts";

const at = (path: string): string => join(FIXTURES, "models", path);

it("inspect tells layers with configs, which of their options are defaults, and connections", async () => {
  const model = await load(at("siamese/model.keras"));
  const found = await inspect(model);
  expect(found).toMatchObject({ name: "siamese", format: "keras-v3", parameters: 92, isChain: false, problems: [] });
  const tower = found.layers.find(({ name }) => name === "tower")!;
  expect(tower.inbound).toHaveLength(2);
  const dense = tower.layers.find(({ name }) => name === "in")!;
  expect(dense.config).toMatchObject({ units: 5, use_bias: true });
  expect(dense.defaults).toEqual(expect.arrayContaining(["use_bias", "kernel_initializer", "bias_initializer"]));
  expect(dense.defaults).not.toContain("units");
  expect(found.weights).toBeUndefined();
  expect((await inspect(model, { weights: true })).weights).toHaveLength(10);
  await expect(inspect({} as typeof model)).rejects.toThrow("mismatch/argument");
});

it("diff compares two models whatever their formats", async () => {
  const [model, same, other] = await Promise.all(
    ["cnn/model.keras", "cnn/model.keras", "cnn_h5/model.h5"].map((path) => load(at(path))),
  );
  expect(await diff(model!, same!)).toEqual({ equal: true, differences: [] });
  const { equal, differences } = await diff(model!, other!);
  expect(equal).toBe(false);
  expect(differences.every(({ kind }) => kind === "weight")).toBe(true);
  await expect(diff(model!, {} as typeof model & object)).rejects.toThrow("mismatch/argument");
});

it("fixtureScript and reportPage give what the command line gives", async () => {
  const model = await load(at("cnn/model.keras"));
  expect(await fixtureScript(model, "mine.keras")).toContain('keras.models.load_model("mine.keras"');
  const report = await verify(model, at("cnn/io.npz"), { layers: true });
  expect(await reportPage(report)).toMatch(/^<!doctype html>[^]*conv_1/i);
});

it("readArrays and writeArrays go there and back, in Node by path too", async () => {
  const x = tensor([[1.5, -2], [0, 4]]); // prettier-ignore
  const labels = tensor([3, 4], [2], "int32");
  const both = new Map<string, TensorLike>([
    ["x", x],
    ["labels", labels],
  ]);
  const back = await browser.readArrays(await writeArrays(both));
  expect([...back.keys()]).toEqual(["x", "labels"]);
  expect(back.get("labels")).toMatchObject({ dtype: "int32", shape: [2], data: Int32Array.of(3, 4) });
  const one = await browser.readArrays(await writeArrays(x));
  expect([...one]).toMatchObject([["", { shape: [2, 2], data: x.data }]]);
  expect([...(await readArrays(at("cnn/io.npz"))).keys()]).toContain("outputs/0");
  await expect(readArrays(at("cnn"))).rejects.toThrow("unsupported/file-type");
  await expect(readArrays(at("cases.json"))).rejects.toThrow("unsupported/file-type");
  await expect(writeArrays([1, 2] as never)).rejects.toThrow("mismatch/");
});
