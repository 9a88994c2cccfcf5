import type { ServeFrame } from "./connection.ts";

/** Lets requests wait until everything is loaded. */
export function gate(behind: ServeFrame): {
  readonly serve: ServeFrame;
  readonly accept: () => void;
} {
  let open: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    open = resolve;
  });
  let isOpen = false;
  return {
    serve: (frame, connection) =>
      isOpen ? behind(frame, connection) : ready.then(() => behind(frame, connection)),
    accept() {
      isOpen = true;
      open();
    },
  };
}
