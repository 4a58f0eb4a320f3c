// The page: a slider, and the component that answers it.
import { useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { Prediction } from "./prediction.jsx";

const source = new URL("../../fixtures/models/cnn/model.keras", import.meta.url); // yours

function App() {
  const [grey, setGrey] = useState(0.5);
  const x = useMemo(() => new Float32Array(144).fill(grey), [grey]);
  return (
    <>
      <input type="range" min="0" max="1" step="0.01" value={grey} onChange={(e) => setGrey(Number(e.target.value))} />
      <Prediction source={source} x={x} />
    </>
  );
}
createRoot(document.querySelector("output")).render(<App />);
