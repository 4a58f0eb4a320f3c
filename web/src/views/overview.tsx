/** The whole model, where no layer is chosen: ends, layers as a list, what else is in the file. */
import { grouped, shape } from "../text.ts";
import { pathOf } from "../parts/paths.ts";
import type { InspectedLayer, OpenModel } from "../types.ts";

interface OverviewProps {
  readonly model: OpenModel;
  readonly onSelect: (path: string) => void;
}

function* flat(layers: readonly InspectedLayer[], around = "", depth = 0): Generator<[string, InspectedLayer, number]> {
  for (const layer of layers) {
    const path = pathOf(around, layer.name);
    yield [path, layer, depth];
    yield* flat(layer.layers, path, depth + 1);
  }
}

export function Overview({ model: { found, reasons }, onSelect }: OverviewProps) {
  const ends = [
    ["takes", found.inputs],
    ["gives", found.outputs],
  ] as const;
  return (
    <>
      {reasons.length > 0 && (
        <section class="reasons" aria-label="What keeps it from running">
          {reasons.map(({ code, text, layers }) => (
            <div key={text}>
              <p>
                {text} <code class="dim">{code}</code>
              </p>
              {layers.length > 0 && (
                <ul>
                  {layers.map(({ path, about }) => (
                    <li key={path}>
                      <button type="button" class="link" onClick={() => onSelect(path)}>
                        {path}
                      </button>
                      {about !== null && <code class="dim">{about}</code>}
                    </li>
                  ))}
                </ul>
              )}
            </div>
          ))}
        </section>
      )}
      <dl class="facts-list">
        {ends.map(([title, tensors]) =>
          tensors.map(({ name, shape: axes, dtype }) => (
            <>
              <dt>{title}</dt>
              <dd>
                {name} <span class="dim">{`${shape(axes)} ${dtype}`}</span>
              </dd>
            </>
          )),
        )}
        <dt>trains</dt>
        <dd>
          {grouped(found.trainableParameters)} <span class="dim">of {grouped(found.parameters)} parameters</span>
        </dd>
        {found.extras.length > 0 && (
          <>
            <dt>also holds</dt>
            <dd>{[...new Set(found.extras.map(({ kind }) => kind))].join(", ")}</dd>
          </>
        )}
      </dl>
      {found.warnings.map(({ code, message, path }) => (
        <p class="note" key={`${code}${path}`}>{`${path ?? ""} ${message ?? code}`}</p>
      ))}
      {found.layers.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>layer</th>
              <th>class</th>
              <th class="n">parameters</th>
            </tr>
          </thead>
          <tbody>
            {[...flat(found.layers)].map(([path, layer, depth]) => (
              <tr key={path}>
                <td style={{ paddingLeft: `${depth * 16}px` }}>
                  <button type="button" class="link" onClick={() => onSelect(path)}>
                    {layer.name}
                  </button>
                </td>
                <td class="dim whole">{layer.class}</td>
                <td class="n">{grouped(layer.parameters)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {found.weights !== undefined && (
        <table>
          <thead>
            <tr>
              <th>weight</th>
              <th>shape</th>
            </tr>
          </thead>
          <tbody>
            {found.weights.map(({ path, shape: axes, dtype }) => (
              <tr key={path}>
                <td>{path}</td>
                <td class="dim">{`${shape(axes)} ${dtype}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
