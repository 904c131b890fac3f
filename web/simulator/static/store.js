// What the page knows, and the calls that change it. Views subscribe and draw.

import { toast } from "./dom.js";

export const config = JSON.parse(document.getElementById("config").textContent);

export const store = {
  lines: [], persons: [], messages: new Map(), clock: { now: new Date(), at: Date.now(), offset: 0 },
  faults: [], errorCodes: {}, typing: new Map(), log: [], seen: 0,
};

const listeners = { reset: [], persons: [], message: [], typing: [], log: [], clock: [], faults: [], connection: [] };

/** on("message", (message, isNew) => …) */
export function on(kind, listener) {
  listeners[kind].push(listener);
}

function emit(kind, ...details) {
  for (const listener of listeners[kind]) listener(...details);
}

export const chatId = (person, line) => `${person}@${line}`;
export const personOf = (key) => store.persons.find((person) => person.key === key);
export const lineOf = (id) => store.lines.find((line) => line.phone_number_id === id);
export const errorTitle = (code) => store.errorCodes[code] ?? "";

/** The simulated present. */
export function now() {
  return new Date(store.clock.now.getTime() + Date.now() - store.clock.at);
}

/** Every conversation there can be: each person with each line they write to. */
export function chats() {
  return store.persons.flatMap((person) =>
    store.lines
      .filter((line) => person.lines.length === 0 || person.lines.includes(line.phone_number_id))
      .map((line) => ({ id: chatId(person.key, line.phone_number_id), person, line })));
}

export function messagesOf(id) {
  return [...store.messages.values()].filter((message) => chatId(message.person, message.line) === id);
}

export const unreadOf = (id) =>
  messagesOf(id).filter((message) => !message.mine && !["read", "failed"].includes(message.status)).length;

async function call(method, path, body) {
  const headers = { "X-Simulator-Token": config.token };
  if (body && !(body instanceof FormData)) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, {
    method, headers, body: body instanceof FormData || !body ? body : JSON.stringify(body),
  });
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(content.error ?? `El simulador contestó ${answer.status}`);
  return content;
}

/** POST, telling the person at the screen when it fails. */
export async function post(path, body = {}) {
  try {
    return await call("POST", path, body);
  } catch (error) {
    toast(error.message);
    throw error;
  }
}

export const get = (path) => call("GET", path);
export const remove = (path) => call("DELETE", path);

/** The person of this chat sends one of Meta's message parts. */
export const say = (chat, message, context = "") =>
  post("/control/inbound", { from: chat.person.key, phone_number_id: chat.line.phone_number_id, message, context });

export const sendText = (chat, text, context = "") => say(chat, { type: "text", text: { body: text } }, context);

/** The person of this chat sends a file. */
export function sendFile(chat, kind, file, caption = "") {
  const form = new FormData();
  form.append("from", chat.person.key);
  form.append("phone_number_id", chat.line.phone_number_id);
  form.append("kind", kind);
  form.append("caption", caption);
  form.append("file", file);
  return post("/control/upload", form);
}

export const markSeen = (chat) =>
  post("/control/open", { person: chat.person.key, line: chat.line.phone_number_id });

async function load() {
  const state = await get("/control/state");
  store.lines = state.lines;
  store.persons = state.persons;
  store.messages = new Map(state.messages.map((message) => [message.wamid, message]));
  store.faults = state.faults;
  store.errorCodes = state.error_codes;
  store.typing.clear();
  setClock(state.clock);
  store.seen = state.number;
  emit("reset");
}

function setClock(clock) {
  store.clock = { now: new Date(clock.now), at: Date.now(), offset: clock.offset_seconds };
  emit("clock");
}

/** Load everything, then follow the stream of changes for ever. */
export async function connect() {
  try {
    await load();
  } catch {
    emit("connection", false);
    setTimeout(connect, 1000);
    return;
  }
  const source = new EventSource(`/simulator/events?since=${config.boot}:${store.seen}`);
  source.onopen = () => emit("connection", true);
  source.onerror = () => emit("connection", false);
  source.onmessage = (event) => {
    // Another process answers now: its token and its numbers are new.
    if (!event.lastEventId.startsWith(`${config.boot}:`)) return location.reload();
    const change = JSON.parse(event.data);
    (CHANGES[change.kind] ?? (() => {}))(change.data);
  };
}

/** Somebody may move the clock of the installation from elsewhere. */
setInterval(async () => {
  if (store.lines.length) await get("/control/clock").then(setClock).catch(() => {});
}, 10000);

const CHANGES = {
  reload: load,
  async person() {
    const state = await get("/control/state");
    store.persons = state.persons;
    emit("persons");
  },
  clock: setClock,
  message(message) {
    const isNew = !store.messages.has(message.wamid);
    store.messages.set(message.wamid, message);
    if (isNew && !message.mine) setTyping(chatId(message.person, message.line), 0);
    emit("message", message, isNew);
  },
  typing: ({ person, line, seconds }) => setTyping(chatId(person, line), seconds),
  async faults() {
    store.faults = await get("/control/faults");
    emit("faults");
  },
  webhook: (data) => addLog({ kind: "webhook", ...data }),
  refused: (data) => addLog({ kind: "refused", ...data }),
};

function setTyping(id, seconds) {
  clearTimeout(store.typing.get(id));
  store.typing.delete(id);
  if (seconds > 0) store.typing.set(id, setTimeout(() => setTyping(id, 0), seconds * 1000));
  emit("typing", id);
}

const LOG_LENGTH = 60;

function addLog(entry) {
  store.log.unshift({ ...entry, at: new Date() });
  store.log.length = Math.min(store.log.length, LOG_LENGTH);
  emit("log", entry);
}
