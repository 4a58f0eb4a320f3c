/** Runs that must not disturb one another take turns: `--lock FILE` holds flock(1) on a file while something is timed. */
import { spawn } from "node:child_process";
import { once } from "node:events";

export async function locked(file, work) {
  if (file === undefined) return work();
  const holder = spawn("flock", [file, "sh", "-c", "echo; exec cat"], { stdio: ["pipe", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await once(holder, "exit");
  }
}
