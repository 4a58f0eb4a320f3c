/** One layer: its options, its weights. */
import { useEffect, useState } from "preact/hooks";
import { engine, words } from "../engine.ts";
import { Weight } from "../parts/weight.tsx";
import { ValuesView } from "../parts/values.tsx";
import { layerAt } from "../parts/paths.ts";
import { grouped, shape } from "../text.ts";
import type { OpenModel, Values, WeightView } from "../types.ts";
import type { State } from "../worker/states.ts";

interface LayerProps {
  readonly model: OpenModel;
  readonly path: string;
  readonly onClose: () => void;
}

/** An object of a class as Python would make it: `VarianceScaling(scale=2)`. */
function shownValue(value: unknown): string {
  if (typeof value === "object" && value !== null && "class_name" in value) {
    const { class_name: name, config } = value as { class_name: unknown; config?: object | null };
    const options = Object.entries(config ?? {}).filter(([, option]) => option !== null);
    if (name === "DTypePolicy") return String(options.find(([option]) => option === "name")?.[1]);
    return `${String(name)}(${options.map(([option, set]) => `${option}=${shownValue(set)}`).join(", ")})`.replace(
      "()",
      "",
    );
  }
  const text = JSON.stringify(value) ?? "null";
  return text.length > 160 ? `${text.slice(0, 160)} …` : text;
}

interface Inner {
  readonly config?: { readonly name?: string };
}

/** What every layer has, where nothing is said. */
const isUsual = (option: string, value: unknown): boolean =>
  (option === "trainable" && value === true) || (option === "dtype" && shownValue(value) === "float32");

export function LayerPanel({ model, path, onClose }: LayerProps) {
  const [outputs, setOutputs] = useState<readonly Values[]>([]);
  const [states, setStates] = useState<readonly State[]>([]);
  const [equation, setEquation] = useState<readonly string[]>([]);
  const [weights, setWeights] = useState<readonly WeightView[] | string | null>(null);
  useEffect(() => {
    engine.layerOutputs(path).then(setOutputs, () => {});
    engine.statesOf(path).then(setStates, () => {});
    engine.equation(path).then(setEquation, () => {});
    engine.weights(path).then(setWeights, (error: unknown) => setWeights(words(error)));
  }, [path]);
  const layer = layerAt(model.found.layers, path);
  if (layer === null) return null;
  // Layers inside are drawn, not told.
  const inside = new Set(layer.layers.map(({ name }) => name));
  const isInside = (value: unknown): boolean => inside.has((value as Inner | null)?.config?.name ?? "");
  const options = Object.entries(layer.config).filter(
    ([name, value]) =>
      !/^(name|layers|input_layers|output_layers|build_config)$/.test(name) && ![value].flat().some(isInside),
  );
  return (
    <article class="layer">
      <h2>
        {layer.name}
        <button type="button" class="link" onClick={onClose}>
          whole model
        </button>
      </h2>
      <p class="dim">
        {layer.class}, {grouped(layer.parameters)} parameters
        {layer.trainable ? "" : ", frozen"}
      </p>
      {layer.lambda !== undefined && (
        <p class="note">
          Python code, shown and never run: <code>{layer.lambda.code?.text ?? layer.lambda.functionName ?? "?"}</code>
        </p>
      )}
      {equation.length > 0 && (
        <section class="equation" aria-label="What it computes">
          {equation.map((line) => (
            <code key={line}>{line}</code>
          ))}
        </section>
      )}
      {outputs.map((values, i) => (
        <section key={i} class="output" aria-label={`What ${layer.name} gave`}>
          <h3>
            gave in the last run <span class="dim">{`${shape(values.shape)} ${values.dtype}`}</span>
          </h3>
          <ValuesView values={values} name={layer.name} />
        </section>
      ))}
      {states.map((state) => (
        <section key={state.name} class="output" aria-label={`State ${state.name} step by step`}>
          <h3>
            {state.name} after each step <span class="dim">{shape(state.shape)}</span>
          </h3>
          <ValuesView values={state} name={state.name} />
        </section>
      ))}
      <table class="options">
        <tbody>
          {options.map(([name, value]) => (
            <tr key={name} class={layer.defaults.includes(name) || isUsual(name, value) ? "default" : ""}>
              <th scope="row">{name}</th>
              <td>{shownValue(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {typeof weights === "string" && <p class="bad">{weights}</p>}
      {Array.isArray(weights) &&
        weights.map((weight: WeightView, place) => (
          <Weight key={weight.path} weight={weight} layer={path} place={place} />
        ))}
    </article>
  );
}
