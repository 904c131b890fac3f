// Everything that opens over a phone: list sheet, menus, small forms.

import { h, icon, toast } from "./dom.js";
import { prettyNumber, preview } from "./format.js";
import { makeProof, makeSticker } from "./samples.js";
import { post, say, sendFile, store } from "./store.js";

/** A modal dialog with a form; `read(form)` gets its fields when it is accepted. */
export function formDialog({ title, fields, accept, read, testid, note = null }) {
  const dialog = h("dialog", { class: "dialog", "aria-label": title, "data-testid": testid });
  const form = h("form", { method: "dialog", onsubmit: async (event) => {
    event.preventDefault();
    try {
      await read(new FormData(form));
      dialog.close();
    } catch { /* the toast has said why; the form stays open */ }
  } },
    h("h2", {}, title), note ? h("p", { class: "note" }, note) : null, fields,
    h("div", { class: "dialog-buttons" },
      h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancelar"),
      h("button", { type: "submit", class: "primary", "data-testid": "accept" }, accept)));
  dialog.append(form);
  return open(dialog);
}

function open(dialog) {
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

export function field(label, name, attributes = {}) {
  return h("label", { class: "field" }, h("span", {}, label), h("input", { name, autocomplete: "off", ...attributes }));
}

/** The sheet of a list message: pick one row, then send. */
export function listSheet(phone, message, onPick) {
  const { action, header, body } = message.content;
  const rows = action.sections.flatMap((section) => section.rows);
  const send = h("button", { type: "submit", class: "primary", disabled: true, "data-testid": "list-send" }, "Enviar");
  const dialog = h("dialog", { class: "sheet", "aria-label": action.button, "data-testid": "list-sheet" });
  const form = h("form", { method: "dialog", onchange: () => { send.disabled = false; }, onsubmit: (event) => {
    event.preventDefault();
    const row = rows[Number(new FormData(form).get("row"))];
    dialog.close();
    if (row) onPick(row);
  } });
  let number = 0;
  form.append(
    h("header", {}, h("h2", {}, action.button),
      h("button", { type: "button", class: "icon-button", "aria-label": "Cerrar", onclick: () => dialog.close() }, icon("close"))),
    h("p", { class: "sheet-intro" }, header?.text ?? preview({ type: "text", content: { body: body.text } })),
    h("div", { class: "sheet-rows" }, action.sections.map((section) => h("fieldset", {},
      section.title ? h("legend", {}, section.title) : h("legend", { class: "hidden" }, action.button),
      section.rows.map((row) => h("label", { class: "sheet-row", "data-testid": "list-row", "data-row-id": row.id },
        h("span", {}, h("b", {}, row.title), row.description ? h("span", {}, row.description) : null),
        h("input", { type: "radio", name: "row", value: number++ })))))),
    h("footer", {}, send));
  dialog.append(form);
  placeOver(dialog, phone.element);
  return open(dialog);
}

/** Lay a sheet over the lower part of its phone. */
function placeOver(dialog, element) {
  const box = element.getBoundingClientRect();
  dialog.style.left = `${box.left}px`;
  dialog.style.width = `${box.width}px`;
  dialog.style.bottom = `${window.innerHeight - box.bottom}px`;
  dialog.style.maxHeight = `${box.height * 0.85}px`;
}

/** A menu next to `anchor`: entries are [icon, label, action, testid] or a ready element. */
function menu(anchor, label, entries) {
  const dialog = h("dialog", { class: "menu", role: "menu", "aria-label": label, "data-testid": "menu" });
  for (const entry of entries) {
    dialog.append(Array.isArray(entry) ? item(dialog, entry) : entry);
  }
  dialog.addEventListener("keydown", (event) => walk(dialog, event));
  open(dialog);
  const box = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = dialog;
  dialog.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - width - 8))}px`;
  dialog.style.top = `${box.bottom + height + 8 < window.innerHeight ? box.bottom + 4 : Math.max(8, box.top - height - 4)}px`;
  return dialog;
}

function item(dialog, [name, label, action, testid]) {
  return h("button", { type: "button", role: "menuitem", "data-testid": testid, onclick: () => { dialog.close(); action(); } },
    icon(name), label);
}

function walk(dialog, event) {
  const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...dialog.querySelectorAll("button")];
  const next = (buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length;
  buttons[next].focus();
}

const EMOJIS = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

/** What can be done with one message. */
export function bubbleMenu(phone, message, anchor) {
  const react = (emoji) => say(phone.chat, { type: "reaction", reaction: { message_id: message.wamid, ...(emoji ? { emoji } : {}) } });
  const current = message.reactions.person;
  const bar = h("div", { class: "emoji-bar", role: "group", "aria-label": "Reaccionar" }, EMOJIS.map((emoji) =>
    h("button", { type: "button", role: "menuitem", class: emoji === current ? "chosen" : null, "aria-label": `Reaccionar con ${emoji}`, "data-testid": "react",
      onclick: () => { dialog.close(); react(emoji === current ? "" : emoji); } }, emoji)));
  const entries = [bar,
    ["reply", "Responder", () => phone.setReply(message), "menu-reply"],
    ["info", "¿Qué pasó con este mensaje?", () => phone.hooks.inspect(message), "menu-inspect"]];
  if (message.mine) {
    entries.push(["repeat", message.status === "failed" ? "Reintentar" : "Entregar otra vez (igual)",
      () => post("/control/redeliver", { wamid: message.wamid }), "menu-redeliver"]);
  }
  const dialog = menu(anchor, "Opciones del mensaje", entries);
}

/** What a person can attach. */
export function attachMenu(phone, anchor) {
  const pick = (kind, accept) => () => pickFile(phone, kind, accept);
  menu(anchor, "Adjuntar", [
    ["image", "Foto", pick("image", "image/jpeg,image/png"), "attach-image"],
    ["document", "Documento", pick("document", "application/pdf,.doc,.docx,.xls,.xlsx,.txt"), "attach-document"],
    ["receipt", "Comprobante de ejemplo", () => proofDialog(phone), "attach-proof"],
    ["mic", "Nota de voz (archivo)", pick("audio", "audio/*"), "attach-audio"],
    ["smile", "Sticker", async () => sendFile(phone.chat, "sticker", await makeSticker()), "attach-sticker"],
    ["pin", "Ubicación", () => locationDialog(phone), "attach-location"],
    ["person", "Contacto", () => contactDialog(phone), "attach-contact"],
  ]);
}

function pickFile(phone, kind, accept) {
  const input = h("input", { type: "file", accept, class: "hidden", "data-testid": `file-${kind}` });
  input.addEventListener("change", async () => {
    const caption = phone.input.value.trim();
    if (caption) phone.propose("");
    if (input.files[0]) await sendFile(phone.chat, kind, input.files[0], caption).catch(() => {});
    input.remove();
  });
  input.addEventListener("cancel", () => input.remove());
  phone.element.append(input);
  input.click();
}

function proofDialog(phone) {
  formDialog({
    title: "Comprobante de transferencia", testid: "proof-dialog", accept: "Enviar PDF",
    note: "Arma un PDF como los de las billeteras, con número de operación nuevo.",
    fields: [field("Monto en pesos", "amount", { type: "number", min: "1", step: "0.01", value: "15000", required: true }),
      field("A nombre de", "payee", { value: ownerOf(phone.chat.line), required: true })],
    read: async (form) => sendFile(phone.chat, "document", makeProof({
      amount: Number(form.get("amount")), payee: form.get("payee"), payer: phone.chat.person.name,
    })),
  });
}

/** Who works behind a line: the professional who has it on the phone, else the line's own name. */
function ownerOf(line) {
  const owner = store.persons.find((person) => /prof/i.test(person.label) && (!person.lines.length || person.lines.includes(line.phone_number_id)));
  return owner?.name ?? line.label;
}

/** A place to send: an address known by heart, or coordinates. */
export function locationDialog(phone, context = "") {
  formDialog({
    title: "Enviar ubicación", testid: "location-dialog", accept: "Enviar",
    fields: [field("Nombre", "name", { value: "Casa" }), field("Dirección", "address", { value: "Av. Corrientes 1234, CABA" }),
      h("div", { class: "two" },
        field("Latitud", "latitude", { type: "number", step: "any", min: "-90", max: "90", value: "-34.6037", required: true }),
        field("Longitud", "longitude", { type: "number", step: "any", min: "-180", max: "180", value: "-58.3816", required: true }))],
    read: (form) => {
      const location = { latitude: Number(form.get("latitude")), longitude: Number(form.get("longitude")) };
      for (const name of ["name", "address"]) if (form.get(name)) location[name] = form.get(name);
      return say(phone.chat, { type: "location", location }, context);
    },
  });
}

function contactDialog(phone) {
  formDialog({
    title: "Compartir un contacto", testid: "contact-dialog", accept: "Enviar",
    fields: [field("Nombre", "name", { required: true }), field("Teléfono", "phone", { required: true, placeholder: "11 6111 0009", inputmode: "tel" })],
    read: (form) => {
      const digits = form.get("phone").replace(/\D/g, "");
      const name = form.get("name").trim();
      return say(phone.chat, { type: "contacts", contacts: [{
        name: { formatted_name: name, first_name: name.split(" ")[0] },
        phones: [{ phone: `+${digits}`, wa_id: digits, type: "CELL" }],
      }] });
    },
  });
}

/** One more phone on the page. */
export function personDialog(onAdded) {
  formDialog({
    title: "Agregar una persona", testid: "person-dialog", accept: "Agregar",
    note: "Escribe desde un número que el sistema todavía no conoce.",
    fields: [field("Nombre en WhatsApp", "name", { maxlength: "60", placeholder: "Sin nombre: solo se ve el número" }),
      field("Teléfono", "wa_id", { required: true, inputmode: "tel", placeholder: "11 6111 0009", value: randomNumber() }),
      h("label", { class: "field" }, h("span", {}, "Quién es"), h("select", { name: "label" },
        h("option", {}, "Cliente"), h("option", {}, "Profesional")))],
    read: async (form) => {
      const digits = form.get("wa_id").replace(/\D/g, "");
      const wa_id = digits.length === 10 ? `549${digits}` : digits;
      onAdded(await post("/control/persons", { name: form.get("name").trim() || prettyNumber(wa_id), wa_id, label: form.get("label") }));
      toast("Listo: ya puede escribir.");
    },
  });
}

function randomNumber() {
  return `11 6${String(Math.floor(Math.random() * 1000)).padStart(3, "0")} ${String(Math.floor(Math.random() * 10000)).padStart(4, "0")}`;
}
