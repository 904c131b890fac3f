// One message as a bubble.

import { h, icon, iconButton, ticks } from "./dom.js";
import { clockTime, formatted, preview } from "./format.js";
import { personOf, store } from "./store.js";

const MEDIA = "/simulator/media/";

/** The bubble; `actions` = {tap(option), openList(message), sendLocation(), menu(message, anchor), quote(wamid)}. */
export function bubble(message, actions) {
  const kind = message.type === "interactive" ? message.content.type : message.type;
  const row = h("li", {
    class: `row ${message.mine ? "mine" : "theirs"} kind-${message.type}`, "data-testid": "bubble",
    "data-wamid": message.wamid, "data-mine": String(message.mine), "data-kind": kind,
  });
  const body = h("div", { class: "bubble" }, quote(message, actions), content(message), meta(message));
  const menu = iconButton("more", "Opciones del mensaje", (event) => actions.menu(message, event.currentTarget), {
    class: "icon-button bubble-menu", "data-testid": "bubble-menu", "aria-haspopup": "menu",
  });
  body.append(menu);
  row.append(body, ...options(message, actions), h("div", { class: "reactions", "data-testid": "reactions" }));
  patch(row, message);
  return row;
}

/** Bring an existing bubble up to date: ticks and reactions are all that changes. */
export function patch(row, message) {
  row.dataset.status = message.status;
  row.querySelector(".ticks")?.replaceWith(ticks(message.status));
  const failed = row.querySelector(".failed-note");
  if (message.status === "failed" && !failed) {
    const why = message.mine ? "El sistema no lo recibió" : "No se entregó";
    row.querySelector(".bubble").after(
      h("p", { class: "failed-note", "data-testid": "failed-note" }, icon("warning"), `${why}: ${message.error}`));
  } else if (message.status !== "failed") failed?.remove();
  const emojis = Object.values(message.reactions);
  row.querySelector(".reactions").replaceChildren(...(emojis.length ? [h("span", {}, emojis.join(" "))] : []));
}

function meta(message) {
  return h("span", { class: "meta" },
    h("time", { datetime: message.at, "data-testid": "time" }, clockTime(message.at)),
    message.mine ? ticks(message.status) : null);
}

function quote(message, actions) {
  const quoted = message.reply_to && store.messages.get(message.reply_to);
  if (!quoted) return null;
  const author = quoted.mine ? personOf(quoted.person)?.name ?? "" : "Vallebot";
  return h("button", { type: "button", class: "quote", "data-testid": "quote", onclick: () => actions.quote(quoted.wamid) },
    h("b", {}, author), h("span", {}, preview(quoted)));
}

const words = (text) => h("div", { class: "text", "data-testid": "text" }, formatted(String(text ?? "")));

const CONTENT = {
  text: ({ content }) => words(content.body),
  button: ({ content }) => words(content.text),
  image: ({ content }) => picture(content, "Foto"),
  video: ({ content }) => [player("video", content), caption(content)],
  audio: ({ content }) => player("audio", content),
  document: ({ content }) => [file(content), caption(content)],
  sticker: ({ content }) => picture(content, "Sticker", "sticker"),
  location: ({ content }) => place(content),
  contacts: ({ content }) => (content.items ?? []).map(card),
  template: ({ content }) => template(content),
  interactive: ({ content }) => interactive(content),
};

function content(message) {
  const draw = CONTENT[message.type];
  if (draw) return draw(message);
  return h("div", { class: "text unsupported" }, icon("warning"), "Mensaje no compatible con esta versión de WhatsApp.");
}

function source(content) {
  return content.id ? MEDIA + encodeURIComponent(content.id) : null;
}

function picture(content, name, className = "photo") {
  const address = source(content);
  if (!address) return h("a", { href: content.link, target: "_blank", rel: "noopener noreferrer" }, icon("image"), content.link);
  const image = h("img", { src: address, alt: content.caption || name, class: className, loading: "lazy" });
  image.addEventListener("error", () => image.replaceWith(file({ ...content, filename: name })));
  return [
    className === "sticker" ? image : h("a", { href: address, target: "_blank", class: "photo-link" }, image),
    caption(content),
  ];
}

const caption = (content) => (content.caption ? words(content.caption) : null);

function player(tag, content) {
  const label = tag === "audio" ? "Nota de voz" : "Video";
  return h("div", { class: tag }, tag === "audio" ? icon("mic") : null,
    h(tag, { controls: true, preload: "metadata", src: source(content) ?? content.link, "aria-label": label }));
}

function file(content) {
  const name = content.filename || "Documento";
  const ending = name.includes(".") ? name.split(".").pop().slice(0, 4).toUpperCase() : "DOC";
  return h("a", { class: "file", href: source(content) ?? content.link, target: "_blank", rel: "noopener", "data-testid": "file" },
    h("span", { class: "file-kind" }, ending), h("span", { class: "file-name" }, name));
}

function place(content) {
  const { latitude, longitude, name, address } = content;
  const url = `https://www.openstreetmap.org/?mlat=${Number(latitude)}&mlon=${Number(longitude)}#map=16/${Number(latitude)}/${Number(longitude)}`;
  return h("a", { class: "place", href: url, target: "_blank", rel: "noopener noreferrer", "data-testid": "place" },
    h("span", { class: "map", "aria-hidden": "true" }, icon("pin")),
    h("span", { class: "place-words" }, h("b", {}, name || "Ubicación"),
      h("span", {}, address || `${Number(latitude).toFixed(5)}, ${Number(longitude).toFixed(5)}`)));
}

function card(contact) {
  const phone = contact.phones?.[0];
  return h("div", { class: "card" }, icon("person"),
    h("span", {}, h("b", {}, contact.name?.formatted_name ?? "Contacto"), h("span", {}, phone?.phone ?? "")));
}

function heading(header) {
  if (!header) return null;
  if (header.type === "text") return h("div", { class: "heading" }, header.text);
  return CONTENT[header.type]({ content: header[header.type] });
}

function template(content) {
  return [heading(content.header), words(content.body), content.footer ? h("div", { class: "footer" }, content.footer) : null];
}

function interactive(content) {
  if (content.type === "button_reply") return words(content.button_reply.title);
  if (content.type === "list_reply") {
    const { title, description } = content.list_reply;
    return [words(title), description ? h("div", { class: "footer" }, description) : null];
  }
  return [heading(content.header), words(content.body?.text),
    content.footer ? h("div", { class: "footer" }, content.footer.text) : null];
}

const option = (testid, name, label, onclick) =>
  h("button", { type: "button", class: "option", "data-testid": testid, onclick }, name ? icon(name) : null, label);

const linkOption = (label, url) =>
  h("a", { class: "option", href: safeUrl(url), target: "_blank", rel: "noopener noreferrer", "data-testid": "link-option" },
    icon("link"), label);

/** Only web addresses become links. */
function safeUrl(url) {
  return /^https?:\/\//i.test(url) ? url : "about:blank";
}

function options(message, actions) {
  if (message.mine) return [];
  if (message.type === "template") return templateOptions(message, actions);
  if (message.type !== "interactive") return [];
  const { type, action } = message.content;
  if (type === "button") {
    return action.buttons.map(({ reply }) => option("reply-button", "reply", reply.title, () =>
      actions.tap(message, { type: "interactive", interactive: { type: "button_reply", button_reply: reply } })));
  }
  if (type === "list") return [option("list-open", "list", action.button, () => actions.openList(message))];
  if (type === "location_request_message") {
    return [option("location-request", "pin", "Enviar ubicación", () => actions.sendLocation(message))];
  }
  return type === "cta_url" ? [linkOption(action.parameters.display_text, action.parameters.url)] : [];
}

function templateOptions(message, actions) {
  return message.content.buttons.map((button) => {
    if (button.type === "QUICK_REPLY") {
      return option("template-button", "reply", button.text, () =>
        actions.tap(message, { type: "button", button: { payload: button.payload, text: button.text } }));
    }
    return button.type === "URL" ? linkOption(button.text, button.url) : option("call-option", "phone", button.text, () => {});
  });
}
