import { describe, expect, it } from "vitest";
import type { FormatError } from "../../src/core/error.ts";
import { findModels } from "../../src/verify/folder.ts";

const find = (...names: string[]) => {
  try {
    return findModels(
      names.map((name) => ({ name: name.replace(/\/$/, ""), isFolder: name.endsWith("/") })),
      "case",
    );
  } catch (error) {
    return (error as FormatError).code;
  }
};

describe("the models beside an io.npz", () => {
  it.each([
    [["io.npz", "case.json", "model.keras"], [{ model: "model.keras" }]],
    [["io.npz", "model.h5"], [{ model: "model.h5" }]],
    [
      ["io.npz", "model.h5", "model.json", "model.keras"],
      [{ model: "model.h5" }, { model: "model.keras" }],
    ],
    [["io.npz", "model.json", "model.weights.h5"], [{ model: "model.json", weights: "model.weights.h5" }]],
    [["io.npz", "a.json", "a_weights.h5"], [{ model: "a.json", weights: "a_weights.h5" }]],
    [["io.npz", "a.json", "a.h5"], [{ model: "a.h5", architecture: "a.json" }]],
    [["io.npz", "config.json", "metadata.json", "model.weights.h5"], [{ model: "" }]],
    [["io.npz", "saved_model.pb", "variables/"], [{ model: "" }]],
    [["io.npz", "model.json", "group1-shard1of1.bin"], [{ model: "" }]],
    [["io.npz", "model/"], [{ model: "model" }]],
    [["io.npz", "case.json", "model.h5.bak"], [{ model: "model.h5.bak" }]],
    [
      ["io.npz", "b.keras", "a.keras"],
      [{ model: "a.keras" }, { model: "b.keras" }],
    ],
    [["io.npz", "notes.txt"], "malformed/missing-file"],
  ])("%s", (names, expected) => expect(find(...names)).toEqual(expected));
});
