/** Every file in fixtures/hdf5 reads as h5py says it does. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../../src/core/source.ts";
import { DEFAULT_LIMITS } from "../../../src/core/limits.ts";
import { findSuperblock, type Hdf5Dataset, type Hdf5Group, openHdf5 } from "../../../src/codecs/hdf5.ts";
import { nodeOf, parseAnswer } from "./expected.ts";

const FOLDER = new URL("../../../fixtures/hdf5/", import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".h5"));

describe.each(files)("%s", (name) => {
  const bytes = readFileSync(new URL(name, FOLDER));
  const answer = parseAnswer(readFileSync(new URL(`${name.split(".")[0]}.json`, FOLDER), "utf8"));

  it("is recognised", async () => {
    expect(await findSuperblock(bytesSource(bytes))).not.toBe(null);
  });

  it("holds what h5py reads", async () => {
    const root = await openHdf5(bytesSource(bytes, name), DEFAULT_LIMITS);
    expect(await nodeOf(root)).toEqual(answer);
  });
});

it("few values are read with the headers beside them, and belong to whoever asks", async () => {
  const inner = bytesSource(readFileSync(new URL("groups.earliest.h5", FOLDER)));
  let reads = 0;
  const read = (offset: number, length: number) => (reads++, inner.read(offset, length));
  const root = await openHdf5({ ...inner, read }, DEFAULT_LIMITS);
  const opened = reads;
  const datasets = (node: Hdf5Group | Hdf5Dataset): Hdf5Dataset[] =>
    node.kind === "dataset" ? [node] : [...node.children.values()].flatMap(datasets);
  const found = datasets(root).filter(({ byteLength }) => byteLength > 0);
  expect(found.length).toBeGreaterThan(0);
  for (const dataset of found) {
    const values = await dataset.read();
    const copy = values.slice();
    values.fill(255);
    expect(await dataset.read()).toEqual(copy);
  }
  expect(reads).toBe(opened);
});
