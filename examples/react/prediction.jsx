// A React component that loads a Keras model and shows what it gives; the model goes when the component does.
import { load } from "keraport";
import { useEffect, useState } from "react";

/** The model of a URL or a File, undefined while it loads. What goes wrong is thrown where the component is drawn. */
function useModel(source) {
  const [state, setState] = useState({});
  useEffect(() => {
    const stop = new AbortController();
    let model;
    load(source, { signal: stop.signal })
      .then((loaded) => setState({ model: (model = loaded) }))
      .catch((error) => stop.signal.aborted || setState({ error }));
    return () => {
      stop.abort();
      model?.dispose();
      setState({});
    };
  }, [source]);
  if (state.error) throw state.error; // to the nearest error boundary
  return state.model;
}

export function Prediction({ source, x }) {
  const model = useModel(source);
  const [y, setY] = useState();
  useEffect(() => {
    let isLatest = true;
    model?.predict(x).then(([answer]) => isLatest && setY(answer.toArray()[0]));
    return () => (isLatest = false);
  }, [model, x]);
  if (y === undefined) return <progress />;
  return y.map((value, i) => <li key={i}>{value.toFixed(3)}</li>);
}
