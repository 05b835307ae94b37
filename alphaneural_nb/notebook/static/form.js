// What core widgets cannot do for the form: Ctrl+Enter, shortcuts kept away from its controls, a
// status line that is read aloud, and a picture whose bytes are never part of the widget's state.

const FOCUSABLE = "a[href], button, input, select, textarea, [contenteditable], [tabindex]";
const FIELDS = ["prompt", "model", "size", "quality", "style", "n"];

function render({ model, el }) {
  const ended = new AbortController();
  const { signal } = ended;
  const status = el.appendChild(statusLine(model, signal));
  el.appendChild(pictureFrame(model, signal));
  // A view is drawn before it is put into the page; only then has it a size and a form.
  const arrival = new ResizeObserver(() => {
    const form = status.closest(".an-form");
    if (form) {
      arrival.disconnect();
      keepShortcutsAway(form, signal);
      sendOrders(form, model, signal);
    }
  });
  arrival.observe(el);
  signal.addEventListener("abort", () => arrival.disconnect());
  // The time tells pages apart: the form notices that a page was loaded anew.
  model.send({ kind: "ready", page: performance.timeOrigin });
  return () => ended.abort();
}

function listen(model, event, callback, signal) {
  model.on(event, callback);
  signal.addEventListener("abort", () => model.off(event, callback));
}

function statusLine(model, signal) {
  const line = document.createElement("div");
  line.className = "an-line";
  const status = line.appendChild(document.createElement("div"));
  status.className = "an-status";
  status.setAttribute("role", "status");
  const note = line.appendChild(document.createElement("div"));
  note.className = "an-note";
  let counting = false;
  const draw = () => {
    const busy = model.get("busy");
    // The beginning and the end are read aloud, the seconds between them are not.
    status.setAttribute("aria-live", busy && counting ? "off" : "polite");
    counting = busy;
    line.classList.toggle("an-busy", busy);
    line.classList.toggle("an-failed", model.get("failed"));
    status.textContent = model.get("text");
    note.textContent = model.get("note");
  };
  listen(model, "change", draw, signal);
  draw();
  return line;
}

function pictureFrame(model, signal) {
  const frame = document.createElement("div");
  frame.className = "an-picture";
  let url = "";
  const clear = () => {
    frame.replaceChildren();
    URL.revokeObjectURL(url);
  };
  const show = (message, buffers) => {
    clear();
    if (message.kind !== "picture" || !buffers.length) return;
    url = URL.createObjectURL(new Blob([buffers[0]], { type: message.mime }));
    const image = frame.appendChild(new Image(message.width, message.height));
    image.alt = message.alt;
    image.src = url;
  };
  listen(model, "msg:custom", show, signal);
  signal.addEventListener("abort", clear);
  return frame;
}

function keepShortcutsAway(form, signal) {
  // The notebook looks at the focused element itself, so the attribute must stand on each of them;
  // otherwise "d d" on a button deletes the cell.
  const mark = () => {
    for (const control of form.querySelectorAll(FOCUSABLE)) {
      control.setAttribute("data-lm-suppress-shortcuts", "true");
    }
  };
  const observer = new MutationObserver(mark);
  observer.observe(form, { childList: true, subtree: true });
  signal.addEventListener("abort", () => observer.disconnect());
  mark();
}

function sendOrders(form, model, signal) {
  // What was typed travels with the order: the widgets' own messages may come later than it.
  const generate = (event) => {
    event.preventDefault();
    event.stopPropagation();
    const control = (name) => form.querySelector(`.an-${name} :is(input, textarea)`);
    const fields = FIELDS.map((name) => [name, control(name)?.value]);
    model.send({ kind: "generate", fields: Object.fromEntries(fields) });
  };
  const options = { capture: true, signal };
  form.addEventListener("click", (event) => {
    if (event.target.closest(".an-generate")) generate(event);
  }, options);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) generate(event);
  }, options);
}

export default { render };
