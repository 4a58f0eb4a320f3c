import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { load } from "../../src/node.ts";
import { toMatchKeras } from "../../src/vitest.ts";
import { FIXTURES } from "../support/fixtures.ts";

expect.extend({ toMatchKeras });

const at = (name: string): string => join(FIXTURES, "models", name);

describe("toMatchKeras", () => {
  it("passes a model, or a file, that computes what Keras computed", async () => {
    const model = await load(at("stacked_lstm/model.keras"));
    await expect(model).toMatchKeras(at("stacked_lstm/io.npz"));
    await expect(at("stacked_lstm/model.keras")).toMatchKeras(model, { rtol: 0, atol: 0 });
    model.dispose();
  });

  it("fails with the report of what differs", async () => {
    const other = await load(at("stacked_lstm_h5/model.h5"));
    const differs = expect(at("stacked_lstm/model.keras")).toMatchKeras(other);
    await expect(differs).rejects.toThrow(/NOT equal/);
    await expect(at("stacked_lstm/model.keras")).not.toMatchKeras(other);
    other.dispose();
  });

  it("rejects with what is wrong with a file", async () => {
    await expect(expect(at("none.keras")).toMatchKeras(at("stacked_lstm/io.npz"))).rejects.toThrow(/missing-file/);
  });
});
