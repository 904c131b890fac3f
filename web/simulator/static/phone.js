// One phone: the chat of one person with one line of the business.

import { bubble, patch } from "./bubbles.js";
import { attachMenu, bubbleMenu, listSheet, locationDialog } from "./dialogs.js";
import { avatar, h, icon, iconButton, toast } from "./dom.js";
import { dayKey, dayName, prettyNumber, preview } from "./format.js";
import { chatId, markSeen, messagesOf, now, say, sendFile, sendText, store } from "./store.js";

export class Phone {
  /** `hooks` = {close(phone), inspect(message), back()} */
  constructor(chat, hooks) {
    this.chat = chat;
    this.hooks = hooks;
    this.replyTo = "";
    this.lastDay = "";
    this.days = [];
    this.rows = new Map();
    this.build();
    this.list.append(h("li", { class: "notice" }, icon("info"),
      `Así ve ${chat.person.name} su chat con ${chat.line.label}. Nada de esto llega a WhatsApp.`));
    for (const message of messagesOf(chat.id)) this.append(message);
    this.showTyping();
    this.toEnd();
  }

  build() {
    const { person, line } = this.chat;
    this.status = h("span", { class: "presence", "data-testid": "presence" });
    this.list = h("ol", { class: "messages", role: "log", "aria-label": `Conversación de ${person.name}`, "data-testid": "messages", tabindex: "0" });
    this.quoteBar = h("div", { class: "quote-bar", hidden: true });
    this.input = h("textarea", {
      rows: "1", placeholder: "Escribí un mensaje", "aria-label": `Mensaje de ${person.name}`, "data-testid": "composer",
      maxlength: "4096", oninput: () => this.grow(), onkeydown: (event) => this.key(event),
    });
    this.typingRow = h("li", { class: "row theirs typing-row", "aria-hidden": "true" },
      h("div", { class: "bubble typing-dots" }, h("i"), h("i"), h("i")));
    this.element = h("section", {
      class: "phone", "aria-label": `Teléfono de ${person.name}`, "data-testid": "phone",
      "data-person": person.key, "data-line": line.phone_number_id,
    },
      h("header", { class: "owner" },
        iconButton("back", "Volver a los chats", () => this.hooks.back(), { class: "icon-button only-narrow", "data-testid": "back" }),
        icon("mobile"), h("b", {}, person.name), h("span", { class: `role role-${roleClass(person)}` }, person.label),
        h("span", { class: "number" }, prettyNumber(person.key)),
        iconButton("close", `Cerrar el teléfono de ${person.name}`, () => this.hooks.close(this), { "data-testid": "close-phone" })),
      h("header", { class: "contact" }, avatar(line.label, line.phone_number_id),
        h("span", { class: "contact-words" }, h("b", {}, line.label), this.status)),
      this.list, this.quoteBar, this.composer());
    this.takeFiles();
    this.list.addEventListener("click", () => this.seen());
    this.input.addEventListener("focus", () => this.seen());
    this.setPresence(false);
  }

  composer() {
    return h("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); this.send(); } },
      iconButton("plus", "Adjuntar", (event) => attachMenu(this, event.currentTarget), { "data-testid": "attach", "aria-haspopup": "menu" }),
      this.input,
      h("button", { type: "submit", class: "icon-button send", "aria-label": "Enviar", title: "Enviar", "data-testid": "send" }, icon("send")));
  }

  /** Photos and documents can be dropped on the phone, or pasted. */
  takeFiles() {
    const send = (files) => {
      for (const file of files) sendFile(this.chat, kindOf(file), file, "").catch(() => {});
      return files.length > 0;
    };
    this.element.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.element.classList.add("dropping");
    });
    this.element.addEventListener("dragleave", () => this.element.classList.remove("dropping"));
    this.element.addEventListener("drop", (event) => {
      event.preventDefault();
      this.element.classList.remove("dropping");
      send(event.dataTransfer.files);
    });
    this.input.addEventListener("paste", (event) => { if (send(event.clipboardData.files)) event.preventDefault(); });
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape" && this.replyTo) this.setReply(null);
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 120)}px`;
  }

  async send() {
    const text = this.input.value.trim();
    if (!text) return;
    const context = this.replyTo;
    this.input.value = "";
    this.grow();
    this.setReply(null);
    try {
      await sendText(this.chat, text, context);
    } catch {
      this.input.value = text;
    }
  }

  /** Put words in the composer, ready to be sent. */
  propose(text) {
    this.input.value = text;
    this.grow();
    this.input.focus();
  }

  setReply(message) {
    this.replyTo = message?.wamid ?? "";
    this.quoteBar.hidden = !message;
    if (!message) return;
    this.quoteBar.replaceChildren(
      h("div", { class: "quote" }, h("b", {}, message.mine ? this.chat.person.name : this.chat.line.label), h("span", {}, preview(message))),
      iconButton("close", "No responder a este mensaje", () => this.setReply(null)));
    this.input.focus();
  }

  /** A new or changed message of this chat. */
  update(message) {
    const row = this.rows.get(message.wamid);
    if (row) {
      patch(row, message);
      return;
    }
    const atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 120;
    this.append(message);
    if (message.mine || atEnd) this.toEnd();
    if (!message.mine) this.seen();
  }

  append(message) {
    const day = dayKey(message.at);
    if (day !== this.lastDay) {
      this.lastDay = day;
      const name = h("span", {}, dayName(message.at, now()));
      this.days.push({ name, at: message.at });
      this.list.append(h("li", { class: "day" }, name));
    }
    const previous = [...this.rows.values()].at(-1);
    const row = bubble(message, this.actions());
    if (!previous || previous.dataset.mine !== row.dataset.mine || previous.nextElementSibling) row.classList.add("first");
    this.rows.set(message.wamid, row);
    this.list.append(row);
    if (this.typingRow.isConnected) this.list.append(this.typingRow);
  }

  /** "Hoy" is another day once the clock has travelled. */
  nameDays() {
    for (const { name, at } of this.days) name.textContent = dayName(at, now());
  }

  actions() {
    return {
      tap: (message, part) => say(this.chat, part, message.wamid),
      openList: (message) => listSheet(this, message, (row) =>
        say(this.chat, { type: "interactive", interactive: { type: "list_reply", list_reply: row } }, message.wamid)),
      sendLocation: (message) => locationDialog(this, message.wamid),
      menu: (message, anchor) => bubbleMenu(this, store.messages.get(message.wamid), anchor),
      quote: (wamid) => this.show(wamid),
    };
  }

  /** Scroll to a message and make it stand out for a moment. */
  show(wamid) {
    const row = this.rows.get(wamid);
    if (!row) return toast("Ese mensaje ya no está en el chat.");
    row.scrollIntoView({ block: "center", behavior: "smooth" });
    row.classList.add("flash");
    setTimeout(() => row.classList.remove("flash"), 1500);
  }

  showTyping() {
    const typing = store.typing.has(this.chat.id);
    this.setPresence(typing);
    if (typing) {
      this.list.append(this.typingRow);
      this.toEnd();
    } else this.typingRow.remove();
  }

  setPresence(typing) {
    this.status.textContent = typing ? "escribiendo…" : "en línea";
    this.status.classList.toggle("typing", typing);
  }

  toEnd() {
    requestAnimationFrame(() => { this.list.scrollTop = this.list.scrollHeight; });
  }

  /** Tell the business that its messages were read, as a phone does when the chat is on screen. */
  seen() {
    const unread = messagesOf(this.chat.id).some((message) => !message.mine && !["read", "failed"].includes(message.status));
    const onScreen = document.visibilityState === "visible" && this.element.offsetParent !== null;
    if (unread && onScreen) markSeen(this.chat);
  }

  matches(message) {
    return chatId(message.person, message.line) === this.chat.id;
  }
}

function kindOf(file) {
  if (["image/jpeg", "image/png"].includes(file.type)) return "image";
  if (file.type === "image/webp") return "sticker";
  return ["audio", "video"].find((kind) => file.type.startsWith(`${kind}/`)) ?? "document";
}

export const roleClass = (person) => (/prof/i.test(person.label) ? "professional" : "client");
