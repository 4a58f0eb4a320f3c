/** Does it compute what Keras computed? An `io.npz` says what that was; a script makes one. */
import { useEffect, useState } from "preact/hooks";
import { engine, words } from "../engine.ts";
import { chosen, copy } from "../files.ts";
import type { Marks, Opening, OpenModel, VerifyReport } from "../types.ts";
import { marksOf, Report } from "./report.tsx";

interface VerifyProps {
  readonly model: OpenModel;
  readonly fixture: Opening | null;
  readonly onFixture: (fixture: Opening) => void;
  readonly onMarks: (marks: Marks) => void;
  readonly onSelect: (path: string) => void;
}

export function VerifyPanel({ model, fixture, onFixture, onMarks, onSelect }: VerifyProps) {
  const [report, setReport] = useState<VerifyReport | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [script, setScript] = useState("");
  const [said, setSaid] = useState("");
  useEffect(() => void engine.script().then(setScript, () => {}), [model]);
  useEffect(() => {
    if (fixture === null) return;
    setReport(null);
    setProblem(null);
    engine.verify(fixture, "wasm").then(
      (found) => (setReport(found), onMarks(marksOf(found))),
      (failure: unknown) => setProblem(words(failure)),
    );
  }, [model, fixture]);
  const pick = (files: FileList | null): void => {
    const opening = chosen(files);
    if (opening !== null) onFixture(opening);
  };
  return (
    <article>
      <p>
        Give what Keras computed of some inputs, an <code>io.npz</code>: every number is compared, layer by layer.
      </p>
      <p class="choose">
        <label class="button main">
          {fixture === null ? "Choose an io.npz" : "Another io.npz"}
          <input type="file" accept=".npz" onChange={(event) => pick(event.currentTarget.files)} />
        </label>
      </p>
      {fixture !== null && report === null && problem === null && <p role="status">Comparing with {fixture.name} …</p>}
      {problem !== null && <pre class="bad">{problem}</pre>}
      {report !== null && <Report report={report} other="what Keras computed" onSelect={onSelect} />}
      <details class="code" open={fixture === null}>
        <summary>Python that makes an io.npz of this model</summary>
        <pre>{script}</pre>
        <button
          type="button"
          class="button small"
          onClick={() => void copy(script).then((done) => setSaid(done ? "Copied" : "Select it to copy"))}
        >
          {said || "Copy"}
        </button>
      </details>
    </article>
  );
}
