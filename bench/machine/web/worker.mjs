// The page's worker: fetches the parts, runs the machine, posts what it prints, in order.
import { run } from "./machine.mjs";
import { modes } from "./translations.mjs";

const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
const send = (text, boot) => {
  // Synchronous, so that the order stays and the machine's slices are not measured while a request is under way.
  const request = new XMLHttpRequest();
  request.open("POST", "/output", false);
  request.send(JSON.stringify({ text, boot }));
};
try {
  const [engine, kernel, initrd] = [await bytes("engine.wasm"), await bytes("kernel"), await bytes("initrd")];
  const text = async (path) => new TextDecoder().decode(await bytes(path));
  const failure = await run(engine, kernel, initrd, await text("command-line"), send, modes[await text("mode")], BigInt(await text("memory")));
  if (failure) send(`failed: ${failure}\n`);
} catch (problem) {
  send(`failed: ${problem.stack}\n`);
}
