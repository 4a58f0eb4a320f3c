/** A verification as text for a terminal. */
import { printable, visible } from "../core/error.ts";
import { showShape, sizeOf } from "../core/tensor.ts";
import type { TensorComparison, Tolerance } from "./compare.ts";
import type { Divergence, VerifyReport } from "./report.ts";
import { TRUTH_RULE } from "./truth-rule.ts";

/** How words are coloured; the caller knows whether anybody sees it. */
export interface Paint {
  bold(text: string): string;
  red(text: string): string;
  green(text: string): string;
  dim(text: string): string;
}

/** Three digits: `1.19e-7`, `0.556`, `0`, `4`. */
export function scientific(n: number): string {
  if (n === 0 || (Number.isInteger(n) && Math.abs(n) < 1e6)) return String(n);
  if (!Number.isFinite(n)) return n > 0 ? "inf" : String(n);
  if (Math.abs(n) >= 0.01 && Math.abs(n) < 999.5) return n.toPrecision(3);
  return n.toExponential(2).replace("e+", "e");
}

function row(tensor: TensorComparison, paint: Paint): string[] {
  const { name, maxAbs, maxRel, maxUlp, meanUlp, truth, ok } = tensor;
  const exact = truth === undefined ? ["", ""] : [scientific(truth.found.maxRel), scientific(truth.expected.maxRel)];
  const mark = ok ? paint.green("ok") : paint.red("FAILED");
  return [printable(name, 60), ...[maxAbs, maxRel, maxUlp, meanUlp].map(scientific), ...exact, mark];
}

function grid(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((cells) => visible(cells[i]!))));
  return rows.map((cells) =>
    cells
      .map((cell, i) => {
        const pad = " ".repeat(widths[i]! - visible(cell));
        return i === 0 || i === cells.length - 1 ? cell + pad : pad + cell;
      })
      .join("  ")
      .trimEnd(),
  );
}

/** Lines that say where a tensor that is off is off; none of one that is right. */
export function whatIsWrong({
  name,
  ok,
  shapeOk,
  dtypeOk,
  shape,
  expectedShape,
  dtype,
  expectedDtype,
  worst,
  spread,
}: TensorComparison): string[] {
  if (ok) return [];
  const where = printable(name);
  if (!shapeOk) return [`  ${where}: expected shape ${showShape(expectedShape)}, found ${showShape(shape)}`];
  if (!dtypeOk) return [`  ${where}: expected dtype ${expectedDtype}, found ${dtype}`];
  if (worst === null) return [];
  const count = spread === undefined ? "" : `${spread.beyond} of ${sizeOf(shape)} numbers beyond the tolerance, `;
  return [`  ${where}: ${count}worst at [${worst.index.join(", ")}]: expected ${worst.expected}, found ${worst.found}`];
}

const AGAINST: Readonly<Record<Divergence["against"], string>> = {
  fixture: "the fixture",
  reference: "the reference backend",
  model: "the other model",
};

function divergence(first: Divergence): string[] {
  const call = first.call === 0 ? "" : `, call ${first.call + 1}`;
  const lines = [
    `first layer that differs from ${AGAINST[first.against]}: ${printable(first.layer)} (${printable(first.class ?? "?")}${call})`,
  ];
  for (const tensor of first.inputs)
    lines.push(`  in   ${printable(tensor.name)}: max rel ${scientific(tensor.maxRel)}`);
  for (const tensor of first.outputs)
    lines.push(`  out  ${printable(tensor.name)}: max rel ${scientific(tensor.maxRel)}`);
  if (first.kernels !== undefined) lines.push(`  by   ${printable(first.kernels)}`);
  return lines;
}

/** `1e-6 + 1e-5 · max|expected|`, or the rule for the truth. */
export function toleranceText({ rtol, atol, againstTruth }: Tolerance & { readonly againstTruth?: boolean }): string {
  if (againstTruth === true)
    return `max(${TRUTH_RULE.times} · Keras's error, ${shortNumber(TRUTH_RULE.rtol)} · max|truth|) from the truth`;
  return `${shortNumber(atol)} + ${shortNumber(rtol)} · max|expected|`;
}

const shortNumber = (n: number): string => (n !== 0 && n < 1e-3 ? n.toExponential() : String(n));

/** A table of tensors, then what is wrong and where it begins. */
export function textReport(report: VerifyReport, paint: Paint): string {
  const hasTruth = report.tensors.some(({ truth }) => truth !== undefined);
  const header = ["tensor", "max abs", "max rel", "max ulp", "mean ulp", "vs truth", "Keras vs truth", ""];
  const rows = [header, ...report.tensors.map((tensor) => row(tensor, paint))];
  const kept = hasTruth ? rows : rows.map((cells) => [...cells.slice(0, 5), cells.at(-1)!]);
  const [titles, ...body] = grid(kept);
  return [
    `${paint.bold(printable(report.model))} against ${printable(report.against)}`,
    paint.dim(`backend ${report.backend}, tolerance ${toleranceText(report)}`),
    "",
    paint.bold(titles!),
    ...body,
    ...report.tensors.flatMap(whatIsWrong),
    ...report.notes.map((note) => `note: ${printable(note)}`),
    ...(report.firstDivergence === null ? [] : ["", ...divergence(report.firstDivergence)]),
    "",
    report.ok ? paint.green("equal within the tolerance") : paint.red("NOT equal"),
  ].join("\n");
}
