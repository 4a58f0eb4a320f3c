/** A second model beside the open one: what differs, how far weights are apart, what both compute. */
import { useEffect, useState } from "preact/hooks";
import { engine, words } from "../engine.ts";
import { chosen } from "../files.ts";
import { plural, short } from "../text.ts";
import type { Marks, Opening, OpenModel } from "../types.ts";
import type { Comparison } from "../worker/verify.ts";
import { Report } from "./report.tsx";

interface CompareProps {
  readonly model: OpenModel;
  readonly against: Opening | null;
  readonly onAgainst: (against: Opening) => void;
  readonly onMarks: (marks: Marks) => void;
  readonly onSelect: (path: string) => void;
}

function marksOf({ diff }: Comparison, names: ReadonlySet<string>): Marks {
  const marks = new Map<string, { mark: "changed"; note: string }>();
  for (const { path, kind, option } of diff.differences) {
    const parts = path.split("/");
    for (let length = parts.length; length > 0; length--) {
      const layer = parts.slice(0, length).join("/");
      if (names.has(parts[0]!) && !marks.has(layer)) marks.set(layer, { mark: "changed", note: option ?? kind });
    }
  }
  return marks;
}

const told = (value: string | null): string =>
  value === null ? "–" : Number.isNaN(Number(value)) ? value : short(Number(value));

export function ComparePanel({ model, against, onAgainst, onMarks, onSelect }: CompareProps) {
  const [found, setFound] = useState<Comparison | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    if (against === null) return;
    setFound(null);
    setProblem(null);
    engine.against(against).then(
      (comparison) => {
        setFound(comparison);
        onMarks(marksOf(comparison, new Set(model.found.layers.map(({ name }) => name))));
      },
      (failure: unknown) => setProblem(words(failure)),
    );
  }, [model, against]);
  const pick = (files: FileList | null): void => {
    const opening = chosen(files);
    if (opening !== null) onAgainst(opening);
  };
  const { differences } = found?.diff ?? { differences: [] };
  return (
    <article>
      <p>
        Options, connections and weights of a second model, whatever its format, and what both compute of the same
        inputs.
      </p>
      <p class="choose">
        <label class="button main">
          {against === null ? "Choose another model" : "Another one"}
          <input type="file" multiple onChange={(event) => pick(event.currentTarget.files)} />
        </label>
      </p>
      {problem !== null && <pre class="bad">{problem}</pre>}
      {found !== null && (
        <section class="differences" aria-label="Differences">
          <p class={`verdict ${found.diff.equal ? "good" : "bad"}`}>
            {found.diff.equal ? "The same model" : plural(differences.length, "difference")}
          </p>
          {differences.length > 0 && (
            <table>
              <thead>
                <tr>
                  <th>where</th>
                  <th>here</th>
                  <th>{against?.name}</th>
                </tr>
              </thead>
              <tbody>
                {differences.map(({ kind, path, option, detail, a, b }) => (
                  <tr key={`${kind}${path}${option ?? ""}`}>
                    <td>
                      {option === undefined ? path : `${path}.${option}`} <span class="dim">{detail ?? kind}</span>
                    </td>
                    <td>{told(a)}</td>
                    <td>{told(b)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {found.distances.some(([, distance]) => distance > 0) && (
            <table>
              <thead>
                <tr>
                  <th>weights of</th>
                  <th class="n">relative distance</th>
                </tr>
              </thead>
              <tbody>
                {found.distances.map(([path, distance]) => (
                  <tr key={path}>
                    <td>{path}</td>
                    <td class="n">{short(distance)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
      )}
      {found !== null && found.refused !== null && <pre class="note">{found.refused}</pre>}
      {found !== null && found.report !== null && (
        <Report report={found.report} other="the other model, on seeded inputs" onSelect={onSelect} />
      )}
    </article>
  );
}
