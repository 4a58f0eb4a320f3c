/** Sound from the microphone, as values of a sequence. */
import { useState } from "preact/hooks";
import { words } from "../engine.ts";
import { filled, isWhole, type Spec } from "../inputs.ts";
import type { Values } from "../types.ts";

const RATE = 16_000;

interface Recording {
  /** Ends it: samples from −1 to 1, `RATE` a second, of one channel. */
  stop(): Promise<Float32Array>;
}

/** Throws where there is no microphone, or it is not allowed. */
async function record(): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream);
  const parts: Blob[] = [];
  recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
  const ended = new Promise((done) => recorder.addEventListener("stop", done));
  recorder.start();
  return {
    async stop() {
      recorder.stop();
      await ended;
      for (const track of stream.getTracks()) track.stop();
      const context = new OfflineAudioContext(1, 1, RATE);
      const sound = await context.decodeAudioData(await new Blob(parts).arrayBuffer());
      return sound.getChannelData(0);
    },
  };
}

/** Of what is heard: sequences of numbers, long or of any length. */
export function takesSound({ dtype, shape }: Spec): boolean {
  if (isWhole(dtype) || dtype === "string" || shape === null || (shape.length !== 2 && shape.length !== 3))
    return false;
  const [, steps, channels = 1] = shape;
  return channels !== null && (steps === null || steps! * channels >= LEAST_SOUND);
}
const LEAST_SOUND = 256;
const MOST_SOUND = 160_000;

/** The last samples, one after the other; silence before where there are too few. */
function fromSound(spec: Spec, samples: Float32Array): Values {
  const [, length, channels = 1] = spec.shape as [number | null, number | null, number?];
  const steps = length ?? Math.max(1, Math.floor(Math.min(samples.length, MOST_SOUND) / channels));
  const shape = spec.shape!.map((n, axis) => (axis === 0 ? 1 : (n ?? steps)));
  const before = steps * channels - samples.length;
  return filled(spec.dtype, shape, (i) => samples[i - before] ?? 0);
}

interface MicrophoneProps {
  readonly spec: Spec;
  readonly onValues: (values: Values) => void;
  readonly onProblem: (problem: string | null) => void;
}

export function Microphone({ spec, onValues, onProblem }: MicrophoneProps) {
  const [recording, setRecording] = useState<Recording | null>(null);
  const press = async (): Promise<void> => {
    onProblem(null);
    try {
      if (recording === null) return setRecording(await record());
      setRecording(null);
      onValues(fromSound(spec, await recording.stop()));
    } catch (error) {
      onProblem(`The microphone: ${words(error)}`);
    }
  };
  return (
    <button
      type="button"
      class="button small"
      aria-pressed={recording !== null}
      title="Samples, 16,000 a second"
      onClick={() => void press()}
    >
      {recording === null ? "Microphone" : "Stop"}
    </button>
  );
}
