/** The page. */
import { render } from "preact";
import { App } from "./app.tsx";
import { given } from "./given.ts";
import "./style.css";

render(<App given={given()} />, document.getElementById("app")!);
