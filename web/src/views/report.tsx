/** What a comparison has found: the verdict, the first layer that differs, every tensor. */
import { engine } from "../engine.ts";
import { save } from "../files.ts";
import { ErrorsAlong, Scatter } from "../parts/scatter.tsx";
import { plural, short } from "../text.ts";
import type { Marks, VerifyReport } from "../types.ts";

/** Green and red for the graph; the first that differs is framed. */
export function marksOf(report: VerifyReport): Marks {
  const marks = new Map<string, { mark: "good" | "wrong" | "first"; note: string }>();
  for (const { layer, ok, outputs } of report.layers) {
    if (marks.get(layer)?.mark === "wrong") continue;
    const worst = Math.max(0, ...outputs.map(({ maxRel }) => maxRel));
    marks.set(layer, { mark: ok ? "good" : "wrong", note: `off by ${short(worst)} of its largest` });
  }
  const first = report.firstDivergence;
  if (first !== null) marks.set(first.layer, { mark: "first", note: "the first layer that differs" });
  return marks;
}

/** Axes by what they usually are. */
function axisName(axis: number, rank: number): string {
  if (axis === 0) return "by sample";
  if (axis === rank - 1) return rank === 2 ? "by unit" : "by channel";
  return rank === 3 || axis === 1 ? "by step" : `along axis ${axis}`;
}

interface ReportProps {
  readonly report: VerifyReport;
  /** What the outputs were compared with. */
  readonly other: string;
  readonly onSelect: (path: string) => void;
}

export function Report({ report, other, onSelect }: ReportProps) {
  const { firstDivergence: first, tensors, layers } = report;
  const off = [...(first?.outputs ?? []), ...tensors].find(({ spread, ok }) => !ok && spread !== undefined);
  return (
    <section class="report" aria-label="Report">
      <p class={`verdict ${report.ok ? "good" : "bad"}`}>{report.ok ? `Equal to ${other}` : `Differs from ${other}`}</p>
      <p class="dim">
        {plural(tensors.length, "tensor")}
        {layers.length > 0 &&
          `, ${layers.filter(({ ok }) => ok).length} of ${plural(layers.length, "layer output")} equal`}
        , within {report.rtol} of the largest
      </p>
      {first !== null && (
        <div class="first">
          <h3>
            First to differ:{" "}
            <button type="button" class="link" onClick={() => onSelect(first.layer)}>
              {first.layer}
            </button>
          </h3>
          <p class="dim">
            {first.class ?? ""}, compared with the {first.against}
            {first.kernels === undefined ? "" : `, runs as ${first.kernels}`}
          </p>
        </div>
      )}
      {off?.spread !== undefined && (
        <div class="spread">
          <h3>How {off.name} differs</h3>
          <Scatter spread={off.spread} label={`${off.name}: found over expected`} />
          {off.spread.axes.map((axis) => (
            <ErrorsAlong key={axis.axis} axis={axis} label={`largest error ${axisName(axis.axis, off.shape.length)}`} />
          ))}
        </div>
      )}
      <table>
        <thead>
          <tr>
            <th>tensor</th>
            <th class="n">largest error</th>
            <th class="n">of its largest</th>
            <th class="n">ULP</th>
          </tr>
        </thead>
        <tbody>
          {tensors.map(({ name, ok, maxAbs, maxRel, maxUlp }) => (
            <tr key={name} class={ok ? "" : "bad"}>
              <td>{name}</td>
              <td class="n">{short(maxAbs)}</td>
              <td class="n">{short(maxRel)}</td>
              <td class="n">{short(maxUlp)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {report.notes.map((note) => (
        <p class="note" key={note}>
          {note}
        </p>
      ))}
      <p>
        <button
          type="button"
          class="button"
          onClick={() => void engine.report().then((page) => save("report.html", page, "text/html"))}
        >
          Keep the report
        </button>
      </p>
    </section>
  );
}
