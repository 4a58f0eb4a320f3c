/** Sound from the microphone, as numbers. */
export const RATE = 16_000;

export interface Recording {
  /** Ends it: samples from −1 to 1, `RATE` a second, of one channel. */
  stop(): Promise<Float32Array>;
}

/** Throws where there is no microphone, or it is not allowed. */
export async function record(): Promise<Recording> {
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
