// What a panel needs of the browser: see page.py. `el` lies below the picture, and is as wide as its
// column; what is said to the reader is written there.
const APP = "voila" in document.body.dataset; // the page is all there is: no cell to run again
const STOPPED = APP ? "The floor has stopped." : "The kernel has stopped: run the cell again.";
// What a kernel says before all that it knew is gone; a new process says "starting".
const ENDED = ["dead", "terminating", "restarting", "autorestarting", "starting"];
const USES = ["pointerdown", "keydown"];
const PLAYER = ["Play or pause", "Back to the start", "Repeat"];

function render({ model, el }) {
  const { kernel } = model.widget_manager;
  const panel = () => el.closest(".fl-panel");
  const all = (what) => panel()?.querySelectorAll(what) ?? [];
  let note = "";
  let said = "";
  let ended = false;
  el.role = "status"; // a screen reader says what is written

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
    for (const part of all(".widget-slider [role=slider], .widget-readout")) {
      part.ariaLabel = part.closest(".widget-slider").querySelector(".widget-label").textContent;
      if (part.role === "slider") part.tabIndex = part.closest("[disabled]") ? -1 : 0;
      else part.role = "textbox";
    }
    all(".fl-play button").forEach((button, place) => {
      button.title = button.ariaLabel = PLAYER[place];
    });
    for (const more of all(".fl-more")) more.ariaExpanded = more.classList.contains("mod-active");
  }

  function update() {
    name();
    const stopped = ended || el.classList.contains("jupyter-widgets-disconnected");
    const text = stopped ? STOPPED : note;
    for (const controls of all(".fl-controls")) controls.inert = stopped;
    for (const top of document.querySelectorAll(".fl-top")) top.inert = stopped;
    if (said === text) return;
    said = el.textContent = text;
    if (!APP || !stopped) return;
    const again = el.appendChild(document.createElement("button"));
    again.textContent = "Start again";
    again.addEventListener("click", () => location.reload());
  }

  function hear(_, status) {
    ended ||= kernel.isDisposed || ENDED.includes(status);
    update();
  }

  // A kernel that a server has ended, as one that nobody looked at for long, does not say so.
  async function ask({ target }) {
    if (ended || !kernel?.serverSettings || !panel()?.contains(target)) return;
    const answer = await fetch(`${kernel.serverSettings.baseUrl}api/kernels/${kernel.id}`);
    if (answer.status === 404) hear(kernel, "dead");
  }

  async function copy({ target }) {
    const button = target.closest(".fl-copy");
    if (!button || button.closest(".fl-panel") !== panel()) return;
    const code = model.get("code");
    const copied = navigator.clipboard?.writeText(code) ?? Promise.reject();
    note = await copied.then(() => `Copied: ${code}`, () => `Copy this line: ${code}`);
    update();
  }

  const theme = new MutationObserver(() => requestAnimationFrame(tell));
  theme.observe(document.body, { attributes: true });
  const parts = new MutationObserver(update);
  let later;
  const size = new ResizeObserver(() => {
    clearTimeout(later); // a page that is being laid out has several widths in a moment
    later = setTimeout(tell, 100);
    parts.observe(panel(), { subtree: true, childList: true, attributeFilter: ["disabled", "class"] });
    update();
  });
  size.observe(el); // it has a size as soon as it is in its panel
  model.on("change:alt", update);
  model.on("change:code", () => (note = ""));
  kernel?.statusChanged.connect(hear);
  document.addEventListener("click", copy);
  for (const use of USES) document.addEventListener(use, ask, true);
  return () => {
    for (const observer of [theme, parts, size]) observer.disconnect();
    kernel?.statusChanged.disconnect(hear);
    document.removeEventListener("click", copy);
    for (const use of USES) document.removeEventListener(use, ask, true);
  };
}

export default { render };
