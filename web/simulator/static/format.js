// Times in Argentina, and WhatsApp's text formatting as elements.

import { h } from "./dom.js";

const ZONE = "America/Argentina/Buenos_Aires";
const TIME = new Intl.DateTimeFormat("es-AR", { timeZone: ZONE, hour: "2-digit", minute: "2-digit", hour12: false });
const DAY_KEY = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE });
const DAY = new Intl.DateTimeFormat("es-AR", { timeZone: ZONE, weekday: "long", day: "numeric", month: "long" });
const SHORT = new Intl.DateTimeFormat("es-AR", { timeZone: ZONE, day: "numeric", month: "numeric" });
const WEEKDAY = new Intl.DateTimeFormat("es-AR", { timeZone: ZONE, weekday: "long", day: "numeric", month: "numeric" });
const FULL = new Intl.DateTimeFormat("es-AR", {
  timeZone: ZONE, weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hour12: false,
});

// Some versions of the Spanish of Argentina write 24-11.
const slashed = (date) => date.replace("-", "/");

export const clockTime = (iso) => TIME.format(new Date(iso));
export const dayKey = (iso) => DAY_KEY.format(new Date(iso));
export const fullTime = (date) => FULL.format(date);

/** "martes 24/11". */
export const dayAndMonth = (date) => slashed(WEEKDAY.format(date).replace(",", ""));

/** "Hoy", "Ayer" or "martes, 24 de noviembre", seen from `now`. */
export function dayName(iso, now) {
  const key = dayKey(iso);
  if (key === dayKey(now)) return "Hoy";
  if (key === dayKey(new Date(now.getTime() - 86400000))) return "Ayer";
  return DAY.format(new Date(iso));
}

/** The time in a chat list: the hour today, "Ayer", else the date. */
export function listTime(iso, now) {
  const name = dayName(iso, now);
  if (name === "Hoy") return clockTime(iso);
  return name === "Ayer" ? name : slashed(SHORT.format(new Date(iso)));
}

/** "5491161110001" as "11 6111-0001"; other ids as they are. */
export function prettyNumber(key) {
  const mobile = /^549(\d{10})$/.exec(key);
  if (!mobile) return /^\d+$/.test(key) ? `+${key}` : key;
  const area = mobile[1].startsWith("11") ? 2 : 3;
  return `${mobile[1].slice(0, area)} ${mobile[1].slice(area, -4)}-${mobile[1].slice(-4)}`;
}

// The mark must hug its words, and words must not continue on its other side: 2*3*4 stays as it is.
const MARKS = [
  ["```", "code"], ["`", "code"], ["*", "strong"], ["_", "em"], ["~", "s"],
];
const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g;

/** WhatsApp's *bold*, _italic_, ~struck~, `code` and links, as nodes. */
export function formatted(text) {
  const found = nextMark(text);
  if (!found) return withLinks(text);
  const { start, end, mark, tag } = found;
  const inside = text.slice(start + mark.length, end);
  return [
    ...withLinks(text.slice(0, start)),
    h(tag, {}, tag === "code" ? inside : formatted(inside)),
    ...formatted(text.slice(end + mark.length)),
  ];
}

function nextMark(text) {
  let best = null;
  for (const [mark, tag] of MARKS) {
    const found = findPair(text, mark);
    if (found && (!best || found.start < best.start)) best = { ...found, mark, tag };
  }
  return best;
}

function findPair(text, mark) {
  const wordish = /[\p{L}\p{N}]/u;
  for (let start = text.indexOf(mark); start >= 0; start = text.indexOf(mark, start + 1)) {
    const first = text[start + mark.length];
    if (!first || (/\s/.test(first) && mark !== "```") || wordish.test(text[start - 1] ?? "")) continue;
    for (let end = text.indexOf(mark, start + mark.length + 1); end >= 0; end = text.indexOf(mark, end + 1)) {
      const inside = text.slice(start + mark.length, end);
      if (mark !== "```" && inside.includes("\n")) break;
      if (/\s$/.test(inside) && mark !== "```") continue;
      if (wordish.test(text[end + mark.length] ?? "")) continue;
      return { start, end };
    }
  }
  return null;
}

function withLinks(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    nodes.push(text.slice(from, match.index));
    nodes.push(h("a", { href: match[0], target: "_blank", rel: "noopener noreferrer" }, match[0]));
    from = match.index + match[0].length;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== "");
}

/** The first words of a message, for chat list, quotes and announcements. */
export function preview(message) {
  const content = message.content;
  const words = {
    text: () => content.body,
    interactive: () => content.body?.text ?? content.button_reply?.title ?? content.list_reply?.title ?? "",
    button: () => content.text,
    template: () => content.body,
    image: () => content.caption || "Foto",
    video: () => content.caption || "Video",
    document: () => content.filename || content.caption || "Documento",
    audio: () => "Nota de voz",
    sticker: () => "Sticker",
    location: () => content.name || "Ubicación",
    contacts: () => `Contacto: ${content.items?.[0]?.name?.formatted_name ?? ""}`,
    unsupported: () => "Mensaje no compatible",
  };
  const plain = (words[message.type] ?? (() => message.type))() ?? "";
  return String(plain).replace(/[*_~`]/g, "").replace(/\s+/g, " ");
}
