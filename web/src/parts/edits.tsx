/** Small edits that a conversion makes on the way. */
import type { EditOptions } from "../../../src/index.ts";
import type { OpenModel } from "../types.ts";

interface EditsProps {
  readonly model: OpenModel;
  readonly edit: EditOptions;
  readonly onEdit: (edit: EditOptions) => void;
}

/** Without what is not asked for. */
function without<K extends keyof EditOptions>(
  edit: EditOptions,
  name: K,
  value: EditOptions[K] | undefined,
): EditOptions {
  const { [name]: _old, ...others } = edit;
  return value === undefined ? others : { ...others, [name]: value };
}

export function Edits({ model: { found }, edit, onEdit }: EditsProps) {
  const set = <K extends keyof EditOptions>(name: K, value: EditOptions[K] | undefined): void =>
    onEdit(without(edit, name, value));
  const [old, fresh] = Object.entries(edit.rename ?? {})[0] ?? ["", ""];
  const names = found.layers.map(({ name }) => name);
  const options = names.map((name) => (
    <option key={name} value={name}>
      {name}
    </option>
  ));
  return (
    <details class="edits">
      <summary>Edit on the way</summary>
      <label>
        Up to the layer
        <select value={edit.cut ?? ""} onChange={(event) => set("cut", event.currentTarget.value || undefined)}>
          <option value="">all of it</option>
          {options}
        </select>
      </label>
      <label>
        Rename
        <select
          value={old}
          onChange={(event) =>
            set(
              "rename",
              event.currentTarget.value === ""
                ? undefined
                : { [event.currentTarget.value]: fresh || event.currentTarget.value },
            )
          }
        >
          <option value="">nothing</option>
          {options}
        </select>
      </label>
      {old !== "" && (
        <label>
          to
          <input
            type="text"
            value={fresh}
            onInput={(event) => set("rename", { [old]: event.currentTarget.value || old })}
          />
        </label>
      )}
      <label>
        Batch size
        <input
          type="number"
          min={1}
          placeholder="any"
          onInput={(event) =>
            set("batch", event.currentTarget.value === "" ? undefined : event.currentTarget.valueAsNumber)
          }
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={edit.dropOptimizer === true}
          onChange={(event) => set("dropOptimizer", event.currentTarget.checked || undefined)}
        />
        Without the optimizer
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={edit.float16 === true}
          onChange={(event) => set("float16", event.currentTarget.checked || undefined)}
        />
        Weights in float16, half the size
      </label>
    </details>
  );
}
