/** Running the model: values in, outputs out, how long it takes, the same as code. */
import { useEffect, useState } from "preact/hooks";
import { engine, words } from "../engine.ts";
import { copy } from "../files.ts";
import { random, shapeOf, snippet, tableOf } from "../inputs.ts";
import { InputForm } from "../parts/input.tsx";
import { Lines, ValuesView } from "../parts/values.tsx";
import { shape, time } from "../text.ts";
import type { OpenModel, RunResult, Values } from "../types.ts";

interface RunProps {
  readonly model: OpenModel;
  /** Its layers have outputs now. */
  readonly onRun: () => void;
}

type Backend = "wasm" | "reference";
/** A line for each output of few numbers, over the steps of a stateful model. */
const MOST_TRACED = 12;
const PACE = 200;

export function RunPanel({ model, onRun }: RunProps) {
  const { inputs, layers } = model.found;
  const below = tableOf(layers);
  const [values, setValues] = useState<readonly Values[]>(() =>
    inputs.map((spec, i) => random(spec, shapeOf(spec, 10), below, i + 1)),
  );
  const [backend, setBackend] = useState<Backend>("wasm");
  const [result, setResult] = useState<RunResult | null>(null);
  const [trace, setTrace] = useState<readonly (readonly number[])[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [isPlaying, setPlaying] = useState(false);
  const [said, setSaid] = useState("");

  const run = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      const made = await engine.run(values, backend, model.isStateful);
      setResult(made);
      onRun();
      const numbers = made.outputs.flatMap(({ data }) => Array.from(data as ArrayLike<number>, Number));
      if (model.isStateful) setTrace((before) => [...before, numbers.slice(0, MOST_TRACED)]);
    } catch (failure) {
      setProblem(words(failure));
      setPlaying(false);
    } finally {
      setBusy(false);
    }
  };
  const reset = async (): Promise<void> => {
    await engine.resetStates();
    setTrace([]);
    setResult(null);
  };
  useEffect(() => {
    const fill = (shapes: readonly (readonly number[])[] | null): void => {
      if (shapes !== null) setValues(inputs.map((spec, i) => random(spec, shapes[i]!, below, i + 1)));
    };
    if (inputs.some(({ shape: axes }) => axes?.slice(1).includes(null))) engine.shapes().then(fill, () => {});
  }, [model]);
  useEffect(() => {
    if (!isPlaying || isBusy) return;
    const timer = setTimeout(() => void run(), PACE);
    return () => clearTimeout(timer);
  }, [isPlaying, isBusy]);

  if (model.reasons.length > 0)
    return <p class="note">It cannot run; the reasons and ways on are at the top of the page.</p>;
  const code = snippet(model.file, inputs, values);
  return (
    <form onSubmit={(event) => (event.preventDefault(), void run())}>
      {inputs.map((spec, i) => (
        <InputForm
          key={spec.name}
          spec={spec}
          place={i}
          below={below}
          values={values[i]!}
          onValues={(next) => setValues(values.map((old, at) => (at === i ? next : old)))}
        />
      ))}
      <p class="choose">
        <button type="submit" class="button main" disabled={isBusy || isPlaying}>
          Run
        </button>
        {model.isStateful && (
          <>
            <button type="button" class="button" aria-pressed={isPlaying} onClick={() => setPlaying(!isPlaying)}>
              {isPlaying ? "Pause" : "Play"}
            </button>
            <button type="button" class="button" onClick={() => void reset()}>
              Forget states
            </button>
          </>
        )}
        <select
          aria-label="Engine"
          value={backend}
          onChange={(event) => setBackend(event.currentTarget.value as Backend)}
        >
          <option value="wasm">WebAssembly</option>
          <option value="reference">Reference, in float64</option>
        </select>
      </p>
      {problem !== null && <pre class="bad">{problem}</pre>}
      {trace.length > 1 && (
        <Lines
          series={trace[0]!.map((_, i) => trace.map((step) => step[i]!))}
          label={`Outputs over ${trace.length} steps`}
          along="step"
        />
      )}
      {result?.outputs.map((output) => (
        <section key={output.name} class="output" aria-label={`Output ${output.name}`}>
          <h3>
            {output.name} <span class="dim">{`${shape(output.shape)} ${output.dtype}`}</span>
          </h3>
          <ValuesView values={output} name={output.name} />
        </section>
      ))}
      {result !== null && (
        <p class="dim timing">
          {time(result.time)} a call, {result.backend === "wasm" ? "WebAssembly" : "reference"}, one thread
          {result.calls > 1 ? `, ${result.calls} calls` : ""}
        </p>
      )}
      <details class="code">
        <summary>The same in TypeScript</summary>
        <pre>{code}</pre>
        <button
          type="button"
          class="button small"
          onClick={() => void copy(code).then((done) => setSaid(done ? "Copied" : "Select it to copy"))}
        >
          {said || "Copy"}
        </button>
      </details>
    </form>
  );
}
