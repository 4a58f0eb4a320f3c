/** Before a model is open: a place to drop one, and examples. */
import { examples } from "virtual:examples";
import { chosen } from "../files.ts";
import { blobOf } from "../given.ts";
import type { Opening } from "../types.ts";

interface WelcomeProps {
  readonly onOpen: (opening: Opening | null, fixture: Opening | null) => void;
}

export function Welcome({ onOpen }: WelcomeProps) {
  const pick = (event: Event): void => onOpen(chosen((event.currentTarget as HTMLInputElement).files), null);
  const pickExample = async (file: string, load: (typeof examples)[number]["load"]): Promise<void> => {
    const { model, fixture } = await load();
    onOpen({ name: file, input: blobOf(model) }, { name: "io.npz", input: blobOf(fixture) });
  };
  return (
    <main class="welcome">
      <h1>Open a Keras model</h1>
      <p class="lead">Look inside, run it, prove that it computes what Keras computes, convert it.</p>
      <div class="target">
        <p>Drop a file or folder anywhere on this page</p>
        <p class="choose">
          <label class="button main">
            Choose files
            <input type="file" multiple onChange={pick} />
          </label>
          <label class="button">
            Choose a folder
            <input type="file" {...{ webkitdirectory: true }} onChange={pick} />
          </label>
        </p>
        <p class="note">
          .keras, .h5, .weights.h5, SavedModel, TensorFlow.js, safetensors, checkpoints, of Keras 1, 2 and 3
        </p>
      </div>
      <h2>Or one of these, made by Keras</h2>
      <ul class="examples">
        {examples.map(({ file, title, about, load }) => (
          <li key={title}>
            <button type="button" onClick={() => void pickExample(file, load)}>
              <strong>{title}</strong>
              <span>{about}</span>
              <code>{file}</code>
            </button>
          </li>
        ))}
      </ul>
      <p class="note">Everything happens in this page. No model, and nothing about it, leaves it.</p>
    </main>
  );
}
