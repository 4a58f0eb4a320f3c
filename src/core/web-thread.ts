/** The script of a browser's worker. */
import { receiver, type ThreadMessage } from "./thread-work.ts";

const receive = receiver(() => self.postMessage("ready"));
self.addEventListener("message", (event: MessageEvent<ThreadMessage>) => receive(event.data));
