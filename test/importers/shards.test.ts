import { describe, expect, it } from "vitest";
import type { Source } from "../../src/core/source.ts";
import { addDataset, groupAt, newGroup, textAttribute } from "../../src/exporters/h5-build.ts";
import { importArchive } from "../../src/importers/index.ts";
import { artifactOf, bytesOf, memory } from "../exporters/identity.ts";
import { exportWeightsH5 } from "../../src/exporters/weights-h5.ts";
import { array, CONFIG, hdf5 } from "./build.ts";
import { refusal, textSource } from "./files.ts";

const INDEX = `{"metadata": {"total_size": 0.1}, "weight_map": {
  "/layers/dense/vars": ["m_00000.weights.h5", "m_00001.weights.h5"], "/optimizer/vars": "m_00001.weights.h5"}}`;

/** Arrays by path; a `vars` group names its owner. */
const shard = (arrays: Record<string, number[]>): Promise<Source> => {
  const root = newGroup();
  groupAt(root, "layers/dense/vars").attributes.set("name", textAttribute("dense", "utf-8"));
  for (const [path, values] of Object.entries(arrays)) addDataset(root, path, array(values));
  return hdf5(root);
};

const folder = async (): Promise<Map<string, Source>> =>
  new Map([
    ["m.weights.json", textSource(INDEX, "m.weights.json")],
    ["m_00001.weights.h5", await shard({ "layers/dense/vars/1": [3], "optimizer/vars/0": [4] })],
    ["m_00000.weights.h5", await shard({ "layers/dense/vars/0": [1, 2] })],
  ]);

describe("sharded weights", () => {
  it("are one tree, whatever the order of the files", async () => {
    const archive = await importArchive(await folder());
    expect(archive).toMatchObject({ format: "weights-h5", naming: "tree", dialect: "keras3" });
    expect(archive.weights.map(({ key, shape }) => [key, shape])).toEqual([
      ["layers/dense/vars/0", [2]],
      ["layers/dense/vars/1", [1]],
    ]);
    expect(archive.optimizer.map(({ key }) => key)).toEqual(["optimizer/vars/0"]);
    expect(archive.groupNames).toEqual(new Map([["layers/dense", "dense"]]));
    const { size, used, extras, overhead } = archive.ledger;
    expect(used + extras + overhead).toBe(size);
    expect(archive.ledger.objects).toContain("m_00000.weights.h5:layers/dense/vars/0");
  });

  it("go with an architecture in the same folder", async () => {
    const files = await folder();
    const archive = await importArchive(files.set("architecture.json", textSource(CONFIG, "architecture.json")));
    expect(archive).toMatchObject({ format: "keras-json", naming: "tree" });
    expect(archive.weights).toHaveLength(2);
  });

  it("are written as one file", async () => {
    const archive = await importArchive(await folder());
    const written = await importArchive(memory(await bytesOf(await exportWeightsH5(artifactOf(archive, true)))));
    expect(written.weights.map(({ key }) => key)).toEqual(archive.weights.map(({ key }) => key));
  });

  it("must all be there, and once each", async () => {
    const missing = await folder();
    missing.delete("m_00000.weights.h5");
    expect(await refusal(importArchive(missing))).toMatchObject({
      code: "malformed/missing-member",
      path: "m_00000.weights.h5",
    });
    const doubled = (await folder()).set("m_00001.weights.h5", await shard({ "layers/dense/vars/0": [3] }));
    expect((await refusal(importArchive(doubled))).code).toBe("malformed/duplicate-name");
    const climbing = (await folder()).set("m.weights.json", textSource(INDEX.replaceAll("m_0", "../m_0")));
    expect((await refusal(importArchive(climbing))).code).toBe("malformed/missing-member");
    const other = (await folder()).set("m.weights.json", textSource('{"weight_map": [1]}'));
    expect((await refusal(importArchive(other))).code).toBe("malformed/shard-index");
  });
});
