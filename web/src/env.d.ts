declare module "virtual:worker" {
  /** The worker's program: what a worker of that type is to run. */
  export const workerProgram: () => string;
  export const workerType: WorkerType;
}

declare module "virtual:examples" {
  /** Real models that Keras wrote, with what Keras computed of them. */
  export const examples: readonly {
    readonly file: string;
    readonly title: string;
    readonly about: string;
    /** In base64. */
    readonly load: () => Promise<{ readonly model: string; readonly fixture: string }>;
  }[];
}

declare module "*.css" {}
