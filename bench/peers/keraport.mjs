/**
 * keraport itself, from the build at KERAPORT_DIST (default: dist). Variants: `sync` (prepared, `predictSync` into the
 * caller's array), `strict` (the same without relaxed SIMD), `threads` (the same on two
 * threads), `fast` (the same with larger tiles), `predict`.
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { dataFile, serve } from "./serve.mjs";

const dist = process.env.KERAPORT_DIST ?? new URL("../../dist", import.meta.url).pathname;
const { load, tensor } = await import(pathToFileURL(resolve(dist, "node.js")).href);

const OPTIONS = { sync: {}, strict: { strict: true }, threads: { threads: 2 }, fast: { precision: "fast" } };

serve(async ({ name, x, shape, dtype, outputSize }, variant) => {
  const model = await load(dataFile(`${name}.keras`));
  const input = tensor(x, shape, dtype);
  const release = () => model.dispose();
  if (variant === "predict") {
    return { release, call: async () => (await model.predict(input))[0].data };
  }
  await model.prepare({ shapes: [shape], ...OPTIONS[variant] });
  const out = [new Float32Array(outputSize)];
  return {
    release,
    call() {
      model.predictSync(input, { out });
      return out[0];
    },
  };
});
