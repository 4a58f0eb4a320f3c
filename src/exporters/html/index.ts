/**
 * A model as one page: the module with its weights inside, a form for its inputs, its outputs as bars or lines. It opens from
 * disk and asks for nothing; its policy lets it ask for nothing.
 */
import type { ExportedGraph, GraphOptions, TracedModel } from "../types.ts";
import { checkFiles, openText } from "../module/check.ts";
import { type ModuleImage, moduleImage } from "../module/image.ts";
import { encoded, literal, moduleText, signatures } from "../module/text.ts";
import { FORM, STYLE } from "./page.ts";

const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'unsafe-inline'; img-src blob: data:";

const SCRIPT = '<script type="module">\n';

async function* page(name: string, image: ModuleImage): AsyncGenerator<string> {
  // A name stands in the script alone, as a string.
  yield `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>Model</title>
<style>${STYLE}</style>
<main>
<h1></h1>
<form></form>
<output></output>
</main>
${SCRIPT}`;
  yield* moduleText(name, image, {});
  // Written for several sets of shapes, the page takes the first.
  const { described } = image;
  const shapes = described.plans[0]![0].map(([, ...shape]) => shape);
  const about = { NAME: name, SHAPES: shapes, IS_STATEFUL: described.states.length > 0 };
  for (const [constant, value] of Object.entries(about)) yield `const ${constant} = ${literal(value)};\n`;
  yield `${FORM}</script>\n</html>\n`;
}

/** Throws what `moduleImage` throws. */
export async function exportHtml(traced: TracedModel, options: GraphOptions, target: string): Promise<ExportedGraph> {
  const image = await moduleImage(traced, options);
  const { name } = traced;
  const { count } = image.described;
  const chunks = () => encoded(page(name, image));
  const files = [{ path: "", chunks }];
  return {
    files,
    kept: [`${count} functions`, `${image.slots} weights`, ...signatures(image)],
    changed: ["layers to WebAssembly", ...(options.quantize === undefined ? [] : [`weights to ${options.quantize}`])],
    dropped: ["configuration of layers, of training and of the optimizer", "other shapes of inputs"],
    opens: "browsers with WebAssembly SIMD, from disk too",
    check: (written) => checkFiles(written, files, target),
    runs: {
      exactly: true,
      shapes: traced.shapes!,
      graph: image.graph,
      open: (written) =>
        openText(written, target, (text) =>
          text.slice(text.indexOf(SCRIPT) + SCRIPT.length, text.lastIndexOf("</script>")),
        ),
    },
  };
}
