/** HDF5 read by h5wasm where its name is asked for: files beyond keraport's reader, and damaged ones, in threads. */
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { startNodeReader } from "../../src/core/node-threads.ts";
import { usePlatformReaders } from "../../src/core/readers.ts";
import { bytesSource } from "../../src/core/source.ts";
import { throughH5wasm } from "../../src/importers/h5wasm.ts";
import { load } from "../../src/node.ts";
import { BROKEN, contentOf } from "../support/broken.ts";
import { FIXTURES } from "../support/fixtures.ts";
import { compiledScript } from "../support/threads.ts";

const SCRIPTS = ["node-h5wasm", "h5wasm-work", "error", "codes"];
const root = join(import.meta.dirname, "../..");
const installed = startNodeReader(compiledScript(join(root, "node_modules"), SCRIPTS));
const without = (script: string): string => script.replace('= "h5wasm"', '= "h5wasm-that-is-not-there"');
const alone = startNodeReader(compiledScript(tmpdir(), SCRIPTS, without));

const hdf5 = { hdf5: "h5wasm" } as const;
const broken = (name: string): Uint8Array => contentOf(name) as Uint8Array;

afterEach(() => usePlatformReaders(installed));
usePlatformReaders(installed);

describe("by h5wasm", () => {
  it.each([["models/stacked_lstm_h5/model.h5"], ["models/stacked_lstm/model.keras"]])(
    "%s is the same as by keraport's own reader",
    async (name) => {
      const path = join(FIXTURES, name);
      const [own, other] = [await load(path), await load(path, hdf5)];
      expect(other.warnings).toEqual(own.warnings);
      expect(await other.getWeights()).toEqual(await own.getWeights());
    },
  );

  it.each([
    ["h5_filter_scaleoffset.h5", null],
    ["h5_ok_soft_link.h5", null],
    ["h5_virtual.h5", "unsupported/virtual-dataset"],
    ["h5_external_link.h5", "unsupported/external-link"],
    ["h5_external_storage.h5", "unsupported/h5wasm"],
    ["h5_soft_dangling.h5", "unsupported/h5wasm"],
    ["h5_deflate_damaged.h5", "unsupported/h5wasm"],
    ["h5_tree_cycle.h5", "unsupported/h5wasm"],
    ["h5_cut_2296.h5", "unsupported/h5wasm"],
  ])("%s: %s", async (name, code) => {
    const own = BROKEN.find(({ file }) => file === name)!;
    const loaded = load(broken(name), hdf5);
    if (code !== null) await expect(loaded, own.guards).rejects.toMatchObject({ code });
    else expect((await (await loaded).getWeights()).length).toBeGreaterThan(0);
  });

  it("is ended when it takes too long, as when it fails by itself", async () => {
    const bytes = bytesSource(new Uint8Array(readFileSync(join(FIXTURES, "models/cnn_h5/model.h5"))));
    await expect(throughH5wasm(bytes, DEFAULT_LIMITS, 1)).rejects.toMatchObject({
      problems: [{ code: "unsupported/h5wasm", message: expect.stringContaining("within 1 ms") }],
    });
    await expect(load(broken("h5_group_cycle.h5"), { ...hdf5, limits: { totalTensorBytes: 8 } })).rejects.toMatchObject(
      {
        code: "limit/total-tensor-bytes",
      },
    );
  });

  it("is refused with what to install where it is not, and under another name", async () => {
    usePlatformReaders(alone);
    await expect(load(broken("h5_ok_soft_link.h5"), hdf5)).rejects.toMatchObject({
      problems: [{ code: "unsupported/h5wasm", message: expect.stringContaining("npm install h5wasm") }],
    });
    await expect(load(broken("h5_ok_soft_link.h5"), { hdf5: "hdf5" as "h5wasm" })).rejects.toMatchObject({
      code: "mismatch/option",
    });
  });
});
