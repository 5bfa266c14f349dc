// What a panel needs of the browser: see page.py. `el` lies below the picture, and is as wide as its
// column; what is said to the reader is written there.
const STOPPED = "The kernel has stopped: run the cell again.";
// What a kernel says before all that it knew is gone; a new process says "starting".
const ENDED = ["dead", "terminating", "restarting", "autorestarting", "starting"];
const PLAYER = ["Play or pause", "Back to the start", "Repeat"];

function render({ model, el }) {
  const { kernel } = model.widget_manager;
  const panel = () => el.closest(".fl-panel");
  const all = (what) => panel()?.querySelectorAll(what) ?? [];
  el.setAttribute("role", "status");

  function tell() {
    if (el.clientWidth === 0) return; // in a hidden tab
    const [red, green, blue] = getComputedStyle(el).color.match(/[\d.]+/g).map(Number);
    model.set("width", el.clientWidth);
    model.set("dark", red + green + blue > 384); // light letters stand on something dark
    model.save_changes();
  }

  function name() {
    for (const picture of all("img.fl-picture")) picture.alt = model.get("alt");
    for (const part of all("[title=null]")) part.removeAttribute("title");
    for (const line of all(".widget-inline-hbox")) {
      const label = line.querySelector(".widget-label")?.textContent;
      if (!label) continue;
      for (const part of line.querySelectorAll("[role=slider], .widget-readout, [role=progressbar]"))
        part.setAttribute("aria-label", label);
      for (const readout of line.querySelectorAll(".widget-readout")) readout.role = "textbox";
      for (const handle of line.querySelectorAll("[role=slider]"))
        handle.tabIndex = handle.closest("[disabled]") ? -1 : 0;
    }
    for (const player of all(".fl-play"))
      player.querySelectorAll("button").forEach((button, place) => {
        button.title = button.ariaLabel = PLAYER[place];
      });
    for (const more of all(".fl-more")) more.ariaExpanded = more.classList.contains("mod-active");
  }

  let ended = false;
  function look(_, status) {
    ended ||= ENDED.includes(status) || kernel?.isDisposed;
    const stopped = ended || el.classList.contains("jupyter-widgets-disconnected");
    for (const controls of all(".fl-controls")) controls.inert = stopped;
    el.textContent = stopped ? STOPPED : "";
  }

  async function copy({ target }) {
    const button = target.closest(".fl-copy");
    if (!button || button.closest(".fl-panel") !== panel()) return;
    const code = model.get("code");
    const copied = navigator.clipboard?.writeText(code) ?? Promise.reject();
    el.textContent = await copied.then(() => `Copied: ${code}`, () => `Copy this line: ${code}`);
  }

  function update() {
    name();
    look(kernel, kernel?.status === "dead" ? "dead" : "");
  }

  const size = new ResizeObserver(() => (tell(), update()));
  size.observe(el);
  const theme = new MutationObserver(() => requestAnimationFrame(tell));
  theme.observe(document.body, { attributes: true });
  const change = new MutationObserver(name);
  requestAnimationFrame(() => {
    const watched = { subtree: true, childList: true, attributeFilter: ["disabled", "class"] };
    if (panel()) change.observe(panel(), watched);
    update();
  });
  const connection = new MutationObserver(look);
  connection.observe(el, { attributeFilter: ["class"] });
  model.on("change:alt", name);
  kernel?.statusChanged.connect(look);
  kernel?.connectionStatusChanged.connect(look);
  document.addEventListener("click", copy);
  return () => {
    for (const observer of [size, theme, change, connection]) observer.disconnect();
    kernel?.statusChanged.disconnect(look);
    kernel?.connectionStatusChanged.disconnect(look);
    document.removeEventListener("click", copy);
  };
}

export default { render };
