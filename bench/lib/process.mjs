/** A candidate's process: JSON requests on its stdin, one answer a line. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export class Peer {
  #child;
  #waiting = [];

  /** `environment` beside that of this process. */
  constructor([file, ...args], environment = {}) {
    this.#child = spawn(file, args, {
      stdio: ["pipe", "pipe", process.env.DEBUG ? "inherit" : "ignore"],
      env: { ...process.env, ...environment },
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      if (line.startsWith("{")) this.#waiting.shift()?.(JSON.parse(line));
    });
    this.#child.on("error", () => this.#end());
    this.#child.on("exit", () => this.#end());
    this.#child.stdin.on("error", () => this.#end());
  }

  #end() {
    this.isDead = true;
    for (const give of this.#waiting.splice(0)) give({ error: "the process ended" });
  }

  /** Its answer; `{ error }` when it failed. */
  ask(request) {
    if (this.isDead) return Promise.resolve({ error: "the process ended" });
    return new Promise((give) => {
      this.#waiting.push(give);
      this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  }

  /** The most memory that it has had, in MiB; undefined where the system does not tell. */
  peak() {
    const status = `/proc/${this.#child.pid}/status`;
    const found = existsSync(status) ? /VmHWM:\s*(\d+)/.exec(readFileSync(status, "utf8")) : null;
    return found === null ? undefined : Math.round(Number(found[1]) / 1024);
  }

  close() {
    this.#child.stdin.end();
    setTimeout(() => this.#child.kill(), 2000).unref();
  }
}
