// Drives the client machine of lib.rs under node: `node chat.mjs MODULE.wasm PORT NAME` takes lines,
// `/nick NAME` and `/quit`, and shows what it hears. The module imports nothing.
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { createInterface } from "node:readline";

const [file, port, name] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(await readFile(file), {});
const machine = instance.exports;
const now = () => performance.now();
let socket = null;
let timer = null;

// Its memory may move whenever it grows: a view of it is made anew each time.
function give(bytes) {
  const at = machine.buffer(bytes.length);
  new Uint8Array(machine.memory.buffer, at, bytes.length).set(bytes);
}

function take(length) {
  const at = machine.buffer(length);
  return Buffer.from(new Uint8Array(machine.memory.buffer, at, length));
}

function open() {
  const link = connect(Number(port), "127.0.0.1");
  socket = link;
  const tell = (what) => {
    if (socket !== link) return;
    machine.link(what, now());
    settle();
  };
  let opened = false;
  link.on("connect", () => { opened = true; tell(0); });
  link.on("error", () => tell(opened ? 2 : 1));
  link.on("end", () => tell(2));
  link.on("data", (bytes) => { give(bytes); tell(3); });
}

// After every input: do what it wants done, write what it has to write, sleep until its deadline.
function settle() {
  for (;;) {
    const action = machine.poll();
    const kind = Number(action & 0xffffffffn);
    if (kind === 0) break;
    if (kind === 1) open();
    if (kind === 2) { socket?.destroy(); socket = null; }
    if (kind === 3 || kind === 4) console.log(take(Number(action >> 32n)).toString());
    if (kind === 4) return process.exit(0);
  }
  for (let length; socket && (length = machine.transmit(now())) > 0;) socket.write(take(length));
  clearTimeout(timer);
  const deadline = machine.deadline();
  const tick = () => { machine.timeout(now()); settle(); };
  if (deadline >= 0) timer = setTimeout(tick, Math.max(0, Math.ceil(deadline - now())));
}

give(Buffer.from(name));
if (!machine.begin(BigInt(Math.floor(Math.random() * 2 ** 52)), now())) throw new Error("no name: " + name);
const lines = createInterface({ input: process.stdin });
const type = (line) => {
  give(Buffer.from(line));
  if (!machine.typed(now())) console.error("not taken: " + line);
  settle();
};
lines.on("line", type);
lines.on("close", () => type("/quit"));
settle();
