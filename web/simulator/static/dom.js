// Building elements. Text always goes in as text nodes: nothing people write is ever parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** h("button", {class: "x", onclick: f, "data-testid": "y"}, "text", child, [more]) */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

const PATHS = {
  send: "M3 20.5 21.5 12 3 3.5v6.6L15 12 3 13.9z",
  plus: "M12 5v14M5 12h14",
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  more: "M12 6.5v.01M12 12v.01M12 17.5v.01",
  tools: "M4 7h9M17 7h3M4 17h3M11 17h9M13 4.5v5M7.5 14.5v5",
  person: "M10 12a4 4 0 100-8 4 4 0 000 8zM3 20c.6-4 3.6-5.5 7-5.5s6.4 1.5 7 5.5M19 8v6M16 11h6",
  help: "M9 9.2a3 3 0 115.2 2c-1 1-2.2 1.5-2.2 3M12 17.5v.01",
  document: "M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9v.01",
  mic: "M12 15a3 3 0 003-3V6a3 3 0 00-6 0v6a3 3 0 003 3zM6 11.5a6 6 0 0012 0M12 17.5V21",
  pin: "M12 21s-7-6.5-7-11.5a7 7 0 0114 0C19 14.5 12 21 12 21zM12 11.5a2 2 0 100-4 2 2 0 000 4z",
  smile: "M12 21a9 9 0 100-18 9 9 0 000 18zM8.5 14c1 1.6 2.2 2.3 3.5 2.3s2.5-.7 3.5-2.3M9 9.5v.01M15 9.5v.01",
  list: "M8 6h12M8 12h12M8 18h12M4 6v.01M4 12v.01M4 18v.01",
  reply: "M9 7L4 12l5 5M4 12h10a6 6 0 016 6v1",
  link: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  phone: "M5 4h4l2 5-2.5 1.5a11 11 0 005 5L15 13l5 2v4c0 1-1 2-2 2A15 15 0 013 6c0-1 1-2 2-2z",
  mobile: "M8 3h8a1 1 0 011 1v16a1 1 0 01-1 1H8a1 1 0 01-1-1V4a1 1 0 011-1zM11 18h2",
  warning: "M12 4l9 16H3zM12 10v4M12 17v.01",
  clock: "M12 21a9 9 0 100-18 9 9 0 000 18zM12 7v5l3.5 2",
  receipt: "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
  info: "M12 21a9 9 0 100-18 9 9 0 000 18zM12 11v5.5M12 7.5v.01",
  repeat: "M17 3l3 3-3 3M4 11V9a3 3 0 013-3h13M7 21l-3-3 3-3M20 13v2a3 3 0 01-3 3H4",
};

/** A line icon that takes the colour of the text; decorative, so name the button around it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** The ticks of a message somebody wrote: waiting, taken, read, failed. */
export function ticks(status) {
  const words = {
    pending: "Enviando", delivered: "Entregado", read: "Leído", failed: "No se pudo entregar",
    accepted: "Aceptado", sent: "Enviado",
  };
  const drawings = {
    pending: "M8 14.5a6 6 0 100-12 6 6 0 000 12zM8 5v3.7l2.3 1.3",
    accepted: "M3 9l3.5 3.5L14 5", sent: "M3 9l3.5 3.5L14 5",
    delivered: "M1 9l3.5 3.5L12 5M9 12.5L16.5 5", read: "M1 9l3.5 3.5L12 5M9 12.5L16.5 5",
    failed: "M9 15a6 6 0 100-12 6 6 0 000 12zM9 6v4M9 12v.01",
  };
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 18 18");
  svg.setAttribute("class", `ticks ticks-${status}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", words[status]);
  svg.dataset.testid = "ticks";
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", drawings[status]);
  svg.append(path);
  return svg;
}

/** A round button with an icon and an accessible name. */
export function iconButton(name, label, onclick, attributes = {}) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...attributes },
    icon(name));
}

const AVATAR_COLOURS = 8;

/** Initials on a colour that always is the same for the same person. */
export function avatar(name, key) {
  const letters = name.replace(/[^\p{L}\p{N} ]/gu, "").split(" ").filter(Boolean).slice(0, 2).map((word) => word[0]);
  const colour = [...key].reduce((sum, char) => (sum * 31 + char.codePointAt(0)) % 997, 7) % AVATAR_COLOURS;
  return h("span", { class: `avatar avatar-${colour}`, "aria-hidden": "true" }, letters.join("").toUpperCase() || "?");
}

/** A short notice at the foot of the page. */
export function toast(text) {
  const note = h("p", { class: "toast" }, text);
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), 5000);
}
