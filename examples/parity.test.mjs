// In continuous integration, for ever: what Keras computed once is what this model computes. Run by vitest or jest.
import { expect, test } from "vitest";
import { toMatchKeras } from "keraport/vitest";

expect.extend({ toMatchKeras });

test("the model computes what Keras computes", async () => {
  await expect("fixtures/models/cnn/model.keras").toMatchKeras("fixtures/models/cnn/io.npz");
});
