/** Verifications as one page: no scripts, nothing from elsewhere, every name escaped. */
import { showShape, sizeOf } from "../core/tensor.ts";
import { formatProblem, type Problem } from "../core/error.ts";
import { shareOfAllowed, type TensorComparison } from "./compare.ts";
import { escapeHtml } from "./escape.ts";
import { page } from "./html-style.ts";
import { errorPlot, type PlotRow, spreadFigures } from "./plot.ts";
import { type Divergence, type VerifyReport, worstTensor } from "./report.ts";
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

/** What of the tolerance a tensor uses up, and what Keras's own error would. */
function shares(
  tensor: TensorComparison,
  report: VerifyReport,
): { readonly share: number; readonly reference?: number } {
  const { truth } = tensor;
  if (truth === undefined) return { share: shareOfAllowed(tensor, report) };
  if (report.againstTruth) {
    const reference = truth.expected.maxAbs === 0 ? 0 : (truth.excess * truth.expected.maxAbs) / truth.found.maxAbs;
    return { share: truth.excess, reference };
  }
  const own = { ...tensor, maxAbs: truth.expected.maxAbs };
  return { share: shareOfAllowed(tensor, report), reference: shareOfAllowed(own, report) };
}

const largest = (tensors: readonly TensorComparison[]): number =>
  tensors.reduce((max, t) => Math.max(max, t.maxRel), 0);

function tensorRows(tensors: readonly TensorComparison[], report: VerifyReport): PlotRow[] {
  return tensors.map((tensor) => {
    const { name, maxRel, ok, shape } = tensor;
    const title = `${name} ${showShape(shape)}: max rel ${scientific(maxRel)}`;
    return { label: name, title, error: maxRel, ok, ...shares(tensor, report) };
  });
}

function layerRows(report: VerifyReport): PlotRow[] {
  return report.layers.map(({ layer, class: className, call, step, ok, inputs, outputs, kernels }) => {
    const again = call > 0 ? ` (call ${call + 1})` : "";
    const error = largest(outputs);
    const known = inputs.length === 0 ? "" : `, its inputs ${scientific(largest(inputs))}`;
    const by = kernels === undefined ? "" : `, by ${kernels}`;
    const label = `${layer}${again}${step > 0 ? ` @${step}` : ""}`;
    const share = Math.max(0, ...outputs.map((output) => shareOfAllowed(output, report)));
    return { label, title: `${label} ${className ?? ""}: max rel ${scientific(error)}${known}${by}`, error, share, ok };
  });
}

/** How tensors that are off are off. */
function spreads(tensors: readonly TensorComparison[]): string {
  return tensors
    .filter(({ spread }) => spread !== undefined)
    .slice(0, MOST_FIGURES)
    .map(({ name, spread, shape }) => {
      const count = `${spread!.beyond} of ${sizeOf(shape)} numbers are beyond the tolerance`;
      return `<h3>How ${escapeHtml(name)} differs</h3><p>${count}.</p>${spreadFigures(spread!, shape.length)}`;
    })
    .join("\n");
}

const MOST_FIGURES = 4;

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
    `<dl>${side("it gets", first.inputs)}${side("it gives", first.outputs)}${by}</dl>${spreads(first.outputs)}</div>`,
  ].join("\n");
}

const ULP =
  "ULP counts the float32 numbers between two values. Near zero they lie so close that errors far below the tolerance are thousands of them: only a count beside a large error says something.";

function body(report: VerifyReport): string {
  const { ok, against, backend, tensors, layers, firstDivergence, notes } = report;
  const outputs = tensors.filter((tensor) => !tensor.name.startsWith("layers/"));
  const shown = new Set(firstDivergence?.outputs.map(({ name }) => name));
  const parts = [
    `<p class="dim">against ${escapeHtml(against)} · backend ${escapeHtml(backend)} · tolerance ${toleranceText(report)}</p>`,
    firstDivergence === null ? "" : divergence(firstDivergence),
    `<h3>Outputs</h3>`,
    errorPlot(tensorRows(outputs, report)),
    spreads(outputs.filter((tensor) => !tensor.ok && !shown.has(tensor.name))),
    layers.length === 0 ? "" : `<h3>Layers, in the order of computing</h3>${errorPlot(layerRows(report))}`,
    `<details${ok ? "" : " open"}><summary>All numbers</summary>${tensorTable(tensors)}<p class="dim">${ULP}</p></details>`,
    ...notes.map((note) => `<p class="dim">${escapeHtml(note)}</p>`),
  ];
  return parts.join("\n");
}

/** A model whose comparison could not be made. */
export interface Refused {
  readonly model: string;
  readonly problems: readonly Problem[];
}

const number = (title: string, value: string): string => `<span class="n"><small>${title}</small> ${value}</span>`;

/** A row of the table of models, and what is under it. */
function folded(report: VerifyReport, index: number): string {
  const worst = worstTensor(report);
  const numbers = worst === null ? ["", "", ""] : [worst.maxAbs, worst.maxRel, worst.maxUlp].map(scientific);
  const first = report.firstDivergence === null ? "" : escapeHtml(report.firstDivergence.layer);
  return [
    `<details class="model" id="model-${index}"><summary><span class="name">${escapeHtml(report.model)}</span>`,
    ["max abs", "max rel", "max ULP"].map((title, i) => number(title, numbers[i]!)).join(""),
    `<span class="where">${first}</span>${badge(report.ok)}</summary>${body(report)}</details>`,
  ].join("");
}

function folder(reports: readonly VerifyReport[], refused: readonly Refused[]): string {
  const head = ["model", "max abs", "max rel", "max ULP", "first divergence", ""].map(
    (title) => `<span>${title}</span>`,
  );
  const refusals = refused.map(({ model, problems }) => {
    const why = problems.map((problem) => `<p>${escapeHtml(formatProblem(problem))}</p>`).join("");
    return `<details class="model"><summary><span class="name">${escapeHtml(model)}</span><span></span><span></span><span></span><span class="where">${escapeHtml(problems[0]?.code ?? "")}</span><span class="badge wrong">refused</span></summary>${why}</details>`;
  });
  return `<section class="models"><div class="head dim">${head.join("")}</div>${[...refusals, ...reports.map(folded)].join("\n")}</section>`;
}

const single = (report: VerifyReport): string =>
  `<section><h2>${badge(report.ok)} ${escapeHtml(report.model)}</h2>${body(report)}</section>`;

/** A whole document: one model, or a table of several whose rows unfold. Dots are errors as parts of what is allowed. */
export function htmlReport(reports: readonly VerifyReport[], refused: readonly Refused[] = []): string {
  const failed = reports.filter((report) => !report.ok).length;
  const total = reports.length + refused.length;
  const count = total === 1 ? "1 model" : `${total} models`;
  const kept = refused.length === 0 ? "" : `, ${refused.length} refused`;
  const off =
    failed === 0 ? `${count} equal within the tolerance` : `${failed} of ${count} differ${failed === 1 ? "s" : ""}`;
  const headline = refused.length === 0 ? off : `${count}: ${reports.length - failed} equal, ${failed} differ${kept}`;
  return page("verify", headline, [
    '<p class="key"><span><i class="dot"></i> largest error, as a part of what the tolerance allows</span> <span><i class="line"></i> the tolerance</span> <span><i class="diamond"></i> Keras’s own error against float64</span></p>',
    "</header>",
    total === 1 && refused.length === 0 ? reports.map(single).join("") : folder(reports, refused),
  ]);
}
