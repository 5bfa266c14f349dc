// A panel whose settings are all drawn beforehand: see frames.py. The address of the page keeps what
// is set, as in #workers=4; a second panel of the page has its number before each name: #2.workers=4.
{
  const panel = document.currentScript.parentElement;
  const number = [...document.querySelectorAll(".fl-frames")].indexOf(panel) + 1;
  const prefix = number > 1 ? `${number}.` : "";
  const [pictures, figures, codes, words, states] = JSON.parse(
    panel.querySelector("script[type='application/json']").textContent,
  );
  const controls = [...panel.querySelectorAll("input, select")];
  const texts = (control) =>
    control.options ? [...control.options].map((each) => each.text) : JSON.parse(control.dataset.texts);
  const index = (control) => (control.options ? control.selectedIndex : Number(control.value));
  const inAddress = () => new URLSearchParams(location.hash.slice(1));

  function show() {
    let place = 0;
    for (const control of controls) {
      place = place * texts(control).length + index(control);
      const text = texts(control)[index(control)];
      if (control.nextElementSibling) control.nextElementSibling.value = text;
      if (!control.options) control.setAttribute("aria-valuetext", text);
    }
    const [picture, table, code, alt] = states[place];
    const image = panel.querySelector("img");
    image.src = pictures[picture];
    image.alt = words[alt];
    panel.querySelector(".fl-table").innerHTML = figures[table];
    panel.querySelector(".fl-line").textContent = codes[code];
  }

  function read() {
    for (const control of controls) {
      const found = texts(control).indexOf(inAddress().get(prefix + control.dataset.key));
      if (found >= 0 && control.options) control.selectedIndex = found;
      else if (found >= 0) control.value = found;
    }
    show();
  }

  function write() {
    const address = inAddress();
    for (const control of controls)
      address.set(prefix + control.dataset.key, texts(control)[index(control)]);
    history.replaceState(null, "", `#${address}`);
  }

  let playing = 0;
  function play(button, slider) {
    clearInterval(playing);
    playing = playing ? 0 : setInterval(step, 300);
    button.textContent = playing ? "Pause" : "Play";
    if (playing && slider.value === slider.max) slider.value = 0;
    function step() {
      slider.stepUp();
      show();
      if (slider.value === slider.max) play(button, slider);
    }
  }
  for (const button of panel.querySelectorAll("button"))
    button.addEventListener("click", () => play(button, button.parentElement.querySelector("input")));
  panel.querySelector("form").addEventListener("input", () => (show(), write()));
  addEventListener("hashchange", read);
  panel.classList.add("fl-live");
  if (location.hash.includes("=")) read();
}
