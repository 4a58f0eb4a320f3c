/**
 * A model as a standalone ES module: the functions and the plan of the wasm engine, the weights as they lie in its memory, and
 * a page of JavaScript that runs them. Bit-equal to `predict` under `strict`, for the shapes that it was written for.
 */
import { fail } from "../../core/error.ts";
import type { OutputFile } from "../../formats/archive.ts";
import { EXTENSIONS } from "../../formats/module.ts";
import { type ExportedGraph, type GraphOptions, type TracedModel, WASM_PLACES } from "../types.ts";
import { checkFiles, openModule } from "./check.ts";
import { moduleImage } from "./image.ts";
import { type Beside, declarations, encoded, moduleText, signatures } from "./text.ts";

async function* one<T>(value: T): AsyncGenerator<T> {
  yield value;
}

/** `model` of `model.mjs`. */
const stemOf = (target: string): string =>
  EXTENSIONS.reduce(
    (name, ending) => (name.toLowerCase().endsWith(ending) ? name.slice(0, -ending.length) : name),
    target,
  );

/** Throws what `moduleImage` throws, `mismatch/option`. */
export async function exportModule(traced: TracedModel, options: GraphOptions, target: string): Promise<ExportedGraph> {
  const { wasm = "inline", inline = wasm === "file", quantize } = options;
  if (!WASM_PLACES.includes(wasm))
    fail("mismatch/option", { path: "wasm", expected: WASM_PLACES.join(", "), found: String(wasm) });
  const image = await moduleImage(traced, options);
  const { described } = image;
  const stem = stemOf(target);
  const names: Beside = {
    ...(!inline && { weights: `${stem}.weights.bin` }),
    ...(wasm !== "inline" && { code: `${stem}.wasm` }),
  };
  const beside = (path: string, chunks: OutputFile["chunks"]): OutputFile => ({ path, beside: true, chunks });
  const declared = declarations(traced.name, image);
  const files: readonly OutputFile[] = [
    { path: "", chunks: () => encoded(moduleText(traced.name, image, names)) },
    ...(names.weights === undefined ? [] : [beside(names.weights, () => image.weights())]),
    ...(names.code === undefined ? [] : [beside(names.code, () => one(image.code))]),
    beside(`${stem}.d.mts`, () => encoded(one(declared))),
    beside(`${stem}.d.ts`, () => encoded(one(`export * from ${JSON.stringify(`./${target}`)};\n`))),
  ];
  const { count, states } = described;
  return {
    files,
    kept: [`${count} functions`, `${image.slots} weights`, ...signatures(image)],
    changed: [
      "layers to WebAssembly",
      ...(quantize === undefined ? [] : [`weights of two axes and more to ${quantize}`]),
      ...(states.length === 0 ? [] : [`${states.length} states to memory of the module, zeros at the start`]),
    ],
    dropped: ["configuration of layers, of training and of the optimizer", "other shapes of inputs"],
    opens: OPENS[wasm],
    check: (written) => checkFiles(written, files, target),
    runs: {
      exactly: true,
      shapes: traced.shapes!,
      graph: image.graph,
      open: (written) => openModule(written, target, names),
    },
  };
}

const OPENS = {
  inline: "browsers with WebAssembly SIMD, Node 20, Deno",
  file: "runtimes and bundlers that import a .wasm file as a compiled module: Cloudflare Workers and other edge runtimes",
} as const;
