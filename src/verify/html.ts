/** Verifications as one page: no scripts, nothing from elsewhere, every name escaped. */
import { showShape } from "../core/tensor.ts";
import type { TensorComparison } from "./compare.ts";
import { escapeHtml } from "./escape.ts";
import { PAGE_STYLE } from "./html-style.ts";
import { errorPlot, type PlotRow } from "./plot.ts";
import { type Divergence, type LayerComparison, type VerifyReport, worstTensor } from "./report.ts";
import { scientific, toleranceText } from "./text.ts";

const badge = (ok: boolean): string =>
  `<span class="badge ${ok ? "good" : "wrong"}">${ok ? "equal" : "differs"}</span>`;
const cells = (values: readonly string[]): string => values.map((value) => `<td class="n">${value}</td>`).join("");

function tensorRow(tensor: TensorComparison): string {
  const { name, ok, shapeOk, dtypeOk, shape, dtype, expectedShape, expectedDtype, truth } = tensor;
  const was = shapeOk && dtypeOk ? "" : ` <b>expected ${showShape(expectedShape)} ${expectedDtype}</b>`;
  const numbers = [tensor.maxAbs, tensor.maxRel, tensor.maxUlp, tensor.meanUlp].map(scientific);
  const exact = truth === undefined ? ["", ""] : [scientific(truth.found.maxRel), scientific(truth.expected.maxRel)];
  return `<tr class="${ok ? "" : "bad"}"><td>${escapeHtml(name)}</td><td>${showShape(shape)} ${dtype}${was}</td>${cells([...numbers, ...exact])}<td>${badge(ok)}</td></tr>`;
}

const TITLES = ["tensor", "shape", "max abs", "max rel", "max ULP", "mean ULP", "ours vs truth", "Keras vs truth", ""];

function tensorTable(tensors: readonly TensorComparison[]): string {
  const head = TITLES.map((title, i) => `<th${i > 1 && i < 8 ? ' class="n"' : ""}>${title}</th>`).join("");
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${tensors.map(tensorRow).join("\n")}</tbody></table></div>`;
}

const largest = (tensors: readonly TensorComparison[]): number =>
  tensors.reduce((max, t) => Math.max(max, t.maxRel), 0);

function tensorRows(tensors: readonly TensorComparison[]): PlotRow[] {
  return tensors.map(({ name, maxRel, ok, truth, shape }) => ({
    label: name,
    title: `${name} ${showShape(shape)}: max rel ${scientific(maxRel)}`,
    error: maxRel,
    ok,
    ...(truth !== undefined && { reference: truth.expected.maxRel }),
  }));
}

function layerRows(layers: readonly LayerComparison[]): PlotRow[] {
  return layers.map(({ layer, class: className, call, step, ok, inputs, outputs, kernels }) => {
    const again = call > 0 ? ` (call ${call + 1})` : "";
    const error = largest(outputs);
    const known = inputs.length === 0 ? "" : `, its inputs ${scientific(largest(inputs))}`;
    const by = kernels === undefined ? "" : `, by ${kernels}`;
    const label = `${layer}${again}${step > 0 ? ` @${step}` : ""}`;
    return { label, title: `${label} ${className ?? ""}: max rel ${scientific(error)}${known}${by}`, error, ok };
  });
}

const BESIDE: Readonly<Record<Divergence["against"], string>> = {
  fixture: "the fixture",
  reference: "the reference backend",
  model: "the other model",
};

function divergence(first: Divergence): string {
  const side = (title: string, tensors: readonly TensorComparison[]): string =>
    tensors.length === 0
      ? ""
      : `<dt>${title}</dt>${tensors.map((t) => `<dd>${escapeHtml(t.name)}: max rel ${scientific(t.maxRel)}, max abs ${scientific(t.maxAbs)}, ${showShape(t.shape)}</dd>`).join("")}`;
  const by = first.kernels === undefined ? "" : `<dt>computed by</dt><dd>${escapeHtml(first.kernels)}</dd>`;
  return [
    `<div class="first"><h3>First layer that differs from ${BESIDE[first.against]}</h3>`,
    `<p><b>${escapeHtml(first.layer)}</b> <span class="dim">${escapeHtml(first.class ?? "")}</span></p>`,
    `<dl>${side("it gets", first.inputs)}${side("it gives", first.outputs)}${by}</dl></div>`,
  ].join("\n");
}

function section(report: VerifyReport, index: number): string {
  const { ok, model, against, backend, rtol, tensors, layers, firstDivergence, notes } = report;
  const outputs = tensors.filter((tensor) => !tensor.name.startsWith("layers/"));
  const parts = [
    `<section id="model-${index}">`,
    `<h2>${badge(ok)} ${escapeHtml(model)}</h2>`,
    `<p class="dim">against ${escapeHtml(against)} · backend ${escapeHtml(backend)} · tolerance ${toleranceText(report)}</p>`,
    firstDivergence === null ? "" : divergence(firstDivergence),
    `<h3>Outputs</h3>`,
    errorPlot(tensorRows(outputs), rtol),
    layers.length === 0 ? "" : `<h3>Layers, in the order of computing</h3>${errorPlot(layerRows(layers), rtol)}`,
    `<details${ok ? "" : " open"}><summary>All numbers</summary>${tensorTable(tensors)}</details>`,
    ...notes.map((note) => `<p class="dim">${escapeHtml(note)}</p>`),
    "</section>",
  ];
  return parts.join("\n");
}

function overview(reports: readonly VerifyReport[]): string {
  const rows = reports.map((report, i) => {
    const worst = worstTensor(report);
    const numbers = worst === null ? ["", "", ""] : [worst.maxAbs, worst.maxRel, worst.maxUlp].map(scientific);
    const first = report.firstDivergence === null ? "" : escapeHtml(report.firstDivergence.layer);
    return `<tr class="${report.ok ? "" : "bad"}"><td><a href="#model-${i}">${escapeHtml(report.model)}</a></td>${cells(numbers)}<td>${first}</td><td>${badge(report.ok)}</td></tr>`;
  });
  const titles = ["model", "max abs", "max rel", "max ULP", "first divergence", ""];
  const head = titles.map((title, i) => `<th${i > 0 && i < 4 ? ' class="n"' : ""}>${title}</th>`).join("");
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

/** A whole document. Dots are the largest error relative to the tensor's largest magnitude, diamonds Keras's own. */
export function htmlReport(reports: readonly VerifyReport[]): string {
  const failed = reports.filter((report) => !report.ok).length;
  const count = reports.length === 1 ? "1 model" : `${reports.length} models`;
  const headline =
    failed === 0 ? `${count} equal within the tolerance` : `${failed} of ${count} differ${failed === 1 ? "s" : ""}`;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>keraport: ${headline}</title><style>${PAGE_STYLE}</style></head><body><main>`,
    `<header><p class="dim">keraport verify</p><h1>${headline}</h1>`,
    '<p class="key"><i class="dot"></i> largest error, relative to the tensor’s largest magnitude <i class="line"></i> tolerance <i class="diamond"></i> Keras’s own error against float64</p></header>',
    reports.length > 1 ? overview(reports) : "",
    ...reports.map(section),
    "</main></body></html>",
    "",
  ].join("\n");
}
