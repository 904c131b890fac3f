// The list of chats, one per person and line.

import { avatar, h } from "./dom.js";
import { listTime, preview } from "./format.js";
import { roleClass } from "./phone.js";
import { chats, messagesOf, now, store, unreadOf } from "./store.js";

const list = document.getElementById("chat-list");
const search = document.getElementById("search");

/** Draw the list; `isOpen(id)` marks the phones on screen, `choose(chat)` opens one. */
export function drawSidebar(isOpen, choose) {
  const wanted = fold(search.value);
  const several = store.lines.length > 1;
  const entries = chats()
    .map((chat) => ({ chat, last: messagesOf(chat.id).at(-1) }))
    .filter(({ chat }) => fold(`${chat.person.name} ${chat.person.key} ${chat.line.label}`).includes(wanted));
  entries.sort((a, b) => (b.last?.at ?? "").localeCompare(a.last?.at ?? ""));
  const wantedRows = entries.map((entry) => row(entry, several, isOpen, choose));
  if (!entries.length) wantedRows.push(EMPTY);
  // Rows stay the same elements, so that a click or the focus is not lost when a message comes in.
  for (const old of [...list.children]) if (!wantedRows.includes(old)) old.remove();
  wantedRows.forEach((item, place) => {
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
  });
}

const EMPTY = h("li", { class: "empty" }, "No hay chats con ese nombre.");
const rows = new Map();

list.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...list.querySelectorAll("button")];
  buttons[buttons.indexOf(document.activeElement) + step]?.focus();
});

export const onSearch = (draw) => search.addEventListener("input", draw);

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function row({ chat, last }, several, isOpen, choose) {
  const { person, line } = chat;
  const unread = unreadOf(chat.id);
  const typing = store.typing.has(chat.id);
  const words = typing ? "Vallebot está escribiendo…" : last ? preview(last) : "Todavía no escribió";
  let item = rows.get(chat.id);
  if (!item) {
    item = h("li", {}, h("button", {
      type: "button", class: "chat-row", "data-testid": "chat-row", "data-person": person.key,
      "data-line": line.phone_number_id, onclick: () => choose(chat),
    }));
    rows.set(chat.id, item);
  }
  const button = item.firstElementChild;
  button.classList.toggle("open", isOpen(chat.id));
  button.setAttribute("aria-pressed", String(isOpen(chat.id)));
  button.replaceChildren(
    avatar(person.name, person.key),
    h("span", { class: "chat-words" },
      h("span", { class: "chat-top" }, h("b", {}, person.name), last ? h("time", {}, listTime(last.at, now())) : ""),
      h("span", { class: "chat-bottom" },
        h("span", { class: `chat-preview ${typing ? "typing" : ""}` }, last?.mine && !typing ? "Escribió: " : "", words),
        unread ? h("span", { class: "badge", "data-testid": "unread", "aria-label": `${unread} sin leer` }, unread) : ""),
      h("span", { class: "chat-tags" }, h("span", { class: `role role-${roleClass(person)}` }, person.label),
        several ? h("span", { class: "role" }, `con ${line.label}`) : "")));
  return item;
}
