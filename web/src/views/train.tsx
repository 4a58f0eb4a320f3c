/** Training on a table: columns chosen as inputs and target, the loss as it falls, the model to keep. */
import { useState } from "preact/hooks";
import { engine, proxy, words } from "../engine.ts";
import { save } from "../files.ts";
import { parseTable, sizeOf, type Table } from "../inputs.ts";
import { Columns, type Role, usualRoles } from "../parts/columns.tsx";
import { Lines } from "../parts/values.tsx";
import { grouped, short } from "../text.ts";
import type { OpenModel } from "../types.ts";

interface TrainProps {
  readonly model: OpenModel;
  /** Its weights are others now. */
  readonly onTrained: () => void;
}

const LOSSES = ["mean_squared_error", "binary_crossentropy", "sparse_categorical_crossentropy"] as const;
type Loss = (typeof LOSSES)[number];

const widthOf = ({ shape }: OpenModel["found"]["inputs"][number]): number =>
  shape === null || shape.slice(1).includes(null) ? 0 : sizeOf(shape.slice(1).map((n) => n!));

export function TrainPanel({ model, onTrained }: TrainProps) {
  const { inputs, outputs } = model.found;
  const [table, setTable] = useState<Table | null>(null);
  const [roles, setRoles] = useState<readonly Role[]>([]);
  const [loss, setLoss] = useState<Loss>("mean_squared_error");
  const [epochs, setEpochs] = useState(30);
  const [rate, setRate] = useState(0.01);
  const [losses, setLosses] = useState<readonly (readonly [number, number | null])[]>([]);
  const [state, setState] = useState<"ready" | "training" | "done">("ready");
  const [problem, setProblem] = useState<string | null>(null);
  const [takes, gives] = [inputs, outputs].map(([only]) => (only === undefined ? 0 : widthOf(only))) as [
    number,
    number,
  ];
  if (inputs.length !== 1 || outputs.length !== 1 || takes === 0 || gives === 0 || model.reasons.length > 0)
    return (
      <p class="note">
        Here models with one input and one output of known lengths are trained on a table. For all others: fit, in code.
      </p>
    );
  const targets = loss === "sparse_categorical_crossentropy" ? 1 : gives;
  const pick = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    const read = parseTable(await file.text());
    const isClasses = gives > 1 && read.names.length === takes + 1;
    setLoss(isClasses ? "sparse_categorical_crossentropy" : "mean_squared_error");
    setTable(read);
    setRoles(usualRoles(read.names.length, takes, isClasses ? 1 : gives));
    setProblem(read.rows.some((row) => row.length !== read.names.length || row.some(Number.isNaN)) ? `${file.name} is not a table of numbers` : null); // prettier-ignore
  };
  const columns = (role: "input" | "target"): readonly number[] => roles.flatMap((is, i) => (is === role ? [i] : []));
  const counts = [columns("input").length, columns("target").length] as const;
  const fits = counts[0] === takes && counts[1] === targets;
  const train = async (): Promise<void> => {
    const taken = (role: "input" | "target"): Float32Array =>
      Float32Array.from(table!.rows.flatMap((row) => columns(role).map((i) => row[i]!)));
    setLosses([]);
    setProblem(null);
    setState("training");
    const lesson = { x: taken("input"), y: taken("target"), rows: table!.rows.length, loss, rate, epochs };
    const told = proxy((now: number, validation: number | null) =>
      setLosses((before) => [...before, [now, validation]]),
    );
    await engine.train(lesson, told).catch((failure: unknown) => setProblem(words(failure)));
    setState("done");
    onTrained();
  };
  const series = [losses.map(([now]) => now), losses.flatMap(([, validation]) => validation ?? [])];
  const last = losses.at(-1);
  return (
    <form onSubmit={(event) => (event.preventDefault(), void train())}>
      <p>A table with a row a sample: which columns go in, and which should come out.</p>
      <p class="choose">
        <label class="button main">
          {table === null ? "Choose a CSV" : "Another CSV"}
          <input type="file" accept=".csv,.txt" onChange={(event) => void pick(event.currentTarget.files?.[0])} />
        </label>
      </p>
      {table !== null && (
        <>
          <Columns table={table} roles={roles} onRoles={setRoles} />
          <p class={fits ? "dim" : "bad"}>
            {`${grouped(table.rows.length)} rows, ${counts[0]} of ${takes} inputs and ${counts[1]} of ${targets} targets`}
          </p>
          <label>
            Loss
            <select value={loss} onChange={(event) => setLoss(event.currentTarget.value as Loss)}>
              {LOSSES.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <label>
            Epochs
            <input
              type="number"
              min={1}
              max={10000}
              value={epochs}
              onInput={(event) => setEpochs(event.currentTarget.valueAsNumber || 1)}
            />
            Adam's rate
            <input
              type="number"
              min={0}
              step="any"
              value={rate}
              onInput={(event) => setRate(event.currentTarget.valueAsNumber || 0)}
            />
          </label>
          <p class="choose">
            {state === "training" ? (
              <button type="button" class="button" onClick={() => void engine.stopTraining()}>
                Stop
              </button>
            ) : (
              <button type="submit" class="button main" disabled={!fits || problem !== null}>
                Train
              </button>
            )}
            {state === "done" && (
              <button
                type="button"
                class="button"
                onClick={() => void engine.trained().then((file) => save("trained.keras", file))}
              >
                Keep trained.keras
              </button>
            )}
          </p>
        </>
      )}
      {problem !== null && <pre class="bad">{problem}</pre>}
      {last !== undefined && (
        <section class="output" aria-label="Loss">
          <Lines
            series={series.filter((line) => line.length > 0)}
            label={`Loss over ${losses.length} epochs`}
            along="epoch"
          />
          <p class="dim timing" role="status">
            {`epoch ${losses.length}: loss ${short(last[0])}${last[1] === null ? "" : `, on rows left out ${short(last[1])}`}`}
          </p>
        </section>
      )}
    </form>
  );
}
