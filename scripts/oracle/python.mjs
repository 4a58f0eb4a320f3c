/** The oracle's Python: its own environment, and long-lived workers that answer JSON lines. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const HERE = import.meta.dirname;

/** The interpreter: `KERAPORT_ORACLE_PYTHON`, else an environment made once in `folder`. */
export function interpreter(folder) {
  const given = process.env["KERAPORT_ORACLE_PYTHON"];
  if (given) return given;
  const venv = join(folder, "venv");
  const python = join(venv, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const run = (file, args) => execFileSync(file, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (!existsSync(python)) {
    process.stderr.write("making the Python environment (once)\n");
    run("python3", ["-m", "venv", venv]);
  }
  run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", join(HERE, "requirements.txt")]);
  return python;
}

/** One Python process for one library; requests are answered in order. */
export class Worker {
  #process = null;
  #waiting = [];
  #served = 0;
  #log = "";

  constructor(python, library, script = "worker.py") {
    this.python = python;
    this.library = library;
    this.script = script;
  }

  #start() {
    // Sets of Python have another order in each process: the same seed would draw another model.
    const env = { ...process.env, PYTHONHASHSEED: "0" };
    const child = spawn(this.python, [join(HERE, this.script), this.library], { stdio: ["pipe", "pipe", "pipe"], env });
    child.stderr.on("data", (text) => (this.#log = (this.#log + text).slice(-2000)));
    createInterface({ input: child.stdout }).on("line", (line) => this.#waiting.shift()?.resolve(JSON.parse(line)));
    child.on("exit", (code, signal) => {
      if (this.#process !== child) return;
      this.#process = null;
      const error = new Error(`the ${this.library} worker ended (${signal ?? code}): ${this.#log}`);
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    });
    this.#process = child;
  }

  /** Throws when Python failed as a whole. */
  async ask(request) {
    if (this.#process === null) this.#start();
    const answer = await new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    });
    if (answer.error !== undefined) throw new Error(`${answer.error}\n${answer.where}`);
    return answer;
  }

  /** TensorFlow keeps what it traced: a new process from time to time. */
  renewAfter(requests) {
    if (++this.#served % requests === 0) this.stop();
  }

  stop() {
    const child = this.#process;
    this.#process = null;
    child?.stdin.end();
  }
}
