// The page: chats on the left, phones in the middle, tools on the right.

import { personDialog } from "./dialogs.js";
import { h, iconButton } from "./dom.js";
import { inspectorPanel } from "./inspector.js";
import { Phone } from "./phone.js";
import { clockTime, dayAndMonth } from "./format.js";
import { drawSidebar, onSearch } from "./sidebar.js";
import { chatId, chats, config, connect, now, on, post, store, unreadOf } from "./store.js";
import { toolsPanel } from "./tools.js";

const PHONE_MIN_PX = 330;
const NARROW = window.matchMedia("(max-width: 760px)");
const OPEN_KEY = "vallebot-open-chats";

const row = document.getElementById("phones");
const drawer = document.getElementById("drawer");
let phones = [];
let toolsContent = null;

const isOpen = (id) => phones.some((phone) => phone.chat.id === id);
function draw() {
  drawSidebar(isOpen, choose);
  const unread = chats().reduce((sum, chat) => sum + unreadOf(chat.id), 0);
  document.title = `${unread ? `(${unread}) ` : ""}Vallebot · Simulador de WhatsApp`;
}

function room() {
  return NARROW.matches ? 1 : Math.max(1, Math.floor(row.clientWidth / PHONE_MIN_PX));
}

/** Bring a chat on screen; the phone used longest ago makes room. */
function choose(chat) {
  document.body.dataset.view = "chat";
  let phone = phones.find((item) => item.chat.id === chat.id);
  if (!phone) {
    phone = new Phone(chat, { close, inspect, back: () => { document.body.dataset.view = "list"; } });
    phones.push(phone);
    while (phones.length > room()) close(phones[0], false);
    row.querySelector(".welcome")?.remove();
    row.append(phone.element);
  }
  if (NARROW.matches || current !== phone) phone.toEnd();
  current = phone;
  remember();
  phone.seen();
  draw();
  if (!NARROW.matches) phone.input.focus();
  return phone;
}

let current = null;

function close(phone, redraw = true) {
  phones = phones.filter((item) => item !== phone);
  phone.element.remove();
  if (current === phone) current = phones.at(-1) ?? null;
  if (!redraw) return;
  document.body.dataset.view = "list";
  remember();
  draw();
  if (!phones.length) welcome();
}

function remember() {
  sessionStorage.setItem(OPEN_KEY, JSON.stringify(phones.map((phone) => phone.chat.id)));
}

function welcome() {
  row.replaceChildren(h("div", { class: "welcome" },
    h("img", { src: "/simulator/static/icon.svg", alt: "", width: "84", height: "84" }),
    h("h2", {}, "Vallebot en tu máquina"),
    h("p", {}, "Elegí un chat para abrir el teléfono de esa persona. Podés tener varios al lado: lo que escribe una clienta, la profesional lo ve en el suyo."),
    h("p", { class: "note" }, "Nada de esto llega a WhatsApp: los mensajes van y vuelven por una copia local de su API.")));
}

function restore() {
  const wanted = JSON.parse(sessionStorage.getItem(OPEN_KEY) ?? "null");
  const all = chats();
  const open = wanted ? all.filter((chat) => wanted.includes(chat.id)) : all.slice(0, Math.min(2, room()));
  row.replaceChildren();
  phones = [];
  const view = NARROW.matches ? document.body.dataset.view : "list";
  for (const chat of NARROW.matches && !wanted ? [] : open) choose(chat);
  document.body.dataset.view = NARROW.matches ? view : "chat";
  if (!phones.length) {
    welcome();
    document.body.dataset.view = "list";
  }
  document.activeElement?.blur?.();
  draw();
}

const toolHooks = {
  current: () => current?.chat ?? null,
  propose(personKey, text) {
    const chat = chats().find((item) => item.person.key === personKey);
    if (!chat) return false;
    if (NARROW.matches) hideDrawer();
    choose(chat).propose(text);
    return true;
  },
};

function showDrawer(title, content) {
  drawer.replaceChildren(
    h("header", { class: "drawer-head" }, h("h2", {}, title), iconButton("close", "Cerrar el panel", hideDrawer, { "data-testid": "close-drawer" })),
    content);
  drawer.hidden = false;
  document.body.dataset.drawer = title;
  fit();
}

function hideDrawer() {
  drawer.hidden = true;
  delete document.body.dataset.drawer;
}

function toggleTools() {
  if (!drawer.hidden && document.body.dataset.drawer === "Herramientas") return hideDrawer();
  toolsContent ??= toolsPanel(toolHooks);
  showDrawer("Herramientas", toolsContent);
}

async function inspect(message) {
  showDrawer("¿Qué pasó?", await inspectorPanel(message));
}

/** Close the phones that no longer fit beside each other. */
function fit() {
  if (!phones.length) return; // nor remember that none is open before the chats have come
  while (phones.length > room()) close(phones.find((phone) => phone !== current) ?? phones[0], false);
  for (const phone of phones) phone.toEnd();
  remember();
  draw();
}

document.getElementById("head-buttons").append(
  iconButton("person", "Agregar una persona", () => personDialog((person) => whenKnown(person.key)), { "data-testid": "add-person" }),
  iconButton("tools", "Herramientas", toggleTools, { "data-testid": "open-tools" }));

let connected = false;
let answering = true;

/** The foot of the chat list: is the simulator there, and does the system take what people write? */
function drawConnection() {
  const status = document.getElementById("connection");
  status.textContent = !connected ? "Sin conexión con el simulador: reintentando…"
    : answering ? "Conectado al simulador" : "Vallebot todavía no contesta: reintentando…";
  status.dataset.up = String(connected);
  status.dataset.answering = String(answering);
}

/** While the clock is not at the present, say so where nobody can miss it. */
function drawClock() {
  const away = Math.abs(store.clock.offset) >= 1;
  clockChip.hidden = !away;
  if (away) clockChip.firstElementChild.textContent = `Son las ${clockTime(now())} del ${dayAndMonth(now())}`;
}

const clockChip = h("p", { class: "clock-chip", hidden: true, "data-testid": "clock-chip" }, h("span"),
  h("button", { type: "button", onclick: () => post("/control/clock", { offset_seconds: 0 }) }, "Volver a hoy"));
document.getElementById("connection").before(clockChip);
setInterval(drawClock, 5000);

/** A new person reaches the page by the stream: open their phone as soon as it does. */
function whenKnown(key) {
  const chat = chats().find((item) => item.person.key === key);
  if (chat) choose(chat);
  else setTimeout(() => whenKnown(key), 100);
}

on("reset", restore);
on("clock", () => {
  drawClock();
  for (const phone of phones) phone.nameDays();
  draw();
});
on("message", (message) => {
  const id = chatId(message.person, message.line);
  phones.find((phone) => phone.chat.id === id)?.update(message);
  draw();
});
on("typing", (id) => {
  phones.find((phone) => phone.chat.id === id)?.showTyping();
  draw();
});
on("connection", (up) => {
  connected = up;
  drawConnection();
});
on("log", (entry) => {
  if (entry.kind !== "webhook") return;
  answering = entry.status === 200;
  drawConnection();
});
on("persons", draw);
onSearch(draw);
document.addEventListener("visibilitychange", () => phones.forEach((phone) => phone.seen()));
window.addEventListener("resize", fit);
NARROW.addEventListener("change", fit);

welcome();
connect().then(() => { if (config.tour.length && window.innerWidth > 1280 && drawer.hidden) toggleTools(); });
