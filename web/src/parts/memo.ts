/** A component that is drawn anew only where one of its properties is another. */
import { Component, type ComponentChild, createElement, type FunctionComponent } from "preact";

export function memo<P extends object>(draw: (props: P) => ComponentChild): FunctionComponent<P> {
  class Kept extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const before = this.props as P;
      return (Object.keys(next) as (keyof P)[]).some(
        (name) => typeof next[name] !== "function" && next[name] !== before[name],
      );
    }
    override render(props: P): ComponentChild {
      return draw(props);
    }
  }
  return (props) => createElement(Kept as never, props);
}
