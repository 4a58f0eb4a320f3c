import { describe, expect, it } from "vitest";
import { printJson } from "../../src/codecs/json.ts";
import type { Archive, StoredWeight } from "../../src/formats/archive.ts";
import { EXPORTERS } from "../../src/exporters/index.ts";
import type { ModelExporter } from "../../src/exporters/types.ts";
import { importArchive } from "../../src/importers/index.ts";
import { fileInput, modelFiles } from "../importers/files.ts";
import { artifactOf, bytesOf, expectSameContainer, memory } from "./identity.ts";

const row = (archive: Archive) => EXPORTERS.find(({ id }) => id === archive.format) as ModelExporter;

const values = (weights: readonly StoredWeight[]): Promise<string[]> =>
  Promise.all(
    weights.map(async ({ key, dtype, shape, read }) =>
      [key, dtype, shape.join(), Buffer.from(await read()).toString("base64")].join(" "),
    ),
  );

/** Formats that are only read have folders. */
const WRITTEN = modelFiles().filter((path) => !path.endsWith("/model"));

describe.each(WRITTEN)("%s", (path) => {
  it("is written back object by object when untouched", async () => {
    const input = await fileInput(path);
    const archive = await importArchive(input);
    const exported = await (await row(archive).load())(artifactOf(archive, true));
    expect(exported.dropped).toEqual([]);
    await expectSameContainer(input, memory(await bytesOf(exported)), archive.format);
    await archive.close();
  });

  it("is the same model when written anew", async () => {
    const archive = await importArchive(await fileInput(path));
    if (archive.format === "keras-json") return;
    const exported = await (await row(archive).load())(artifactOf(archive, false));
    const again = await importArchive(memory(await bytesOf(exported)));
    for (const field of ["format", "dialect", "semantics", "naming", "layerNames", "groupNames"] as const) {
      expect({ [field]: again[field] }).toEqual({ [field]: archive[field] });
    }
    expect(printJson(again.config?.root ?? null)).toBe(printJson(archive.config?.root ?? null));
    expect(printJson(again.training)).toBe(printJson(archive.training));
    expect(await values(again.weights)).toEqual(await values(archive.weights));
    expect(await values(again.optimizer)).toEqual(await values(archive.optimizer));
    await archive.close();
  });
});
