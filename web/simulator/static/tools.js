// The operator's drawer: clock, failures, scenes, tour, log.

import { h, icon, toast } from "./dom.js";
import { clockTime, fullTime } from "./format.js";
import { config, errorTitle, now, on, personOf, post, remove, store } from "./store.js";

const HOUR = 3600;
const DAY = 24 * HOUR;

/** The content of the tools panel; `phones` = {current(), propose(personKey, text)}. */
export function toolsPanel(phones) {
  const panel = h("div", { class: "panel", "data-testid": "tools-panel" },
    config.tour.length ? section("Para empezar", "tour", tour(phones)) : null,
    config.scenes.length ? section("Escenas", "scenes", scenes()) : null,
    section("Reloj", "clock", clock()),
    section("Fallas a pedido", "faults", faults()),
    section("Conversación", "conversation", conversation(phones)),
    section("Registro", "log", log()));
  return panel;
}

function section(title, name, content) {
  return h("details", { class: "tool", open: name !== "log", "data-testid": `tool-${name}` }, h("summary", {}, title), content);
}

const button = (label, onclick, testid, className = "") =>
  h("button", { type: "button", class: className, onclick, "data-testid": testid }, label);

function tour(phones) {
  return h("ol", { class: "tour" }, config.tour.map((step, index) => {
    const person = personOf(step.person);
    const item = h("li", {},
      h("p", {}, h("b", {}, `${person?.name ?? step.person}: `), `«${step.text}»`),
      h("p", { class: "note" }, step.hint),
      button("Probar", () => {
        if (phones.propose(step.person, step.text)) item.classList.add("done");
      }, `tour-${index}`));
    return item;
  }));
}

function scenes() {
  const warning = h("p", { class: "note" }, "Cargar una escena borra los chats y los datos de ahora.");
  return [warning, ...config.scenes.map((scene) => h("div", { class: "scene" },
    h("p", {}, h("b", {}, scene.title)), h("p", { class: "note" }, scene.description),
    button("Cargar", async () => {
      await post(`/simulator/scenes/${encodeURIComponent(scene.code)}`);
      toast(`Escena «${scene.title}» cargada.`);
    }, `scene-${scene.code}`)))];
}

function clock() {
  const shown = h("p", { class: "clock-now", "data-testid": "clock-now", role: "timer" });
  const travelled = h("p", { class: "note", "data-testid": "clock-offset" });
  const draw = () => {
    shown.textContent = fullTime(now());
    travelled.textContent = store.clock.offset ? `Adelantado ${duration(store.clock.offset)}.` : "Es la hora real.";
  };
  on("clock", draw);
  setInterval(draw, 1000);
  draw();
  const advance = (seconds) => () => post("/control/clock", { advance_seconds: seconds });
  const target = h("input", { type: "datetime-local", "aria-label": "Ir a esta fecha y hora", "data-testid": "clock-target" });
  const go = () => {
    if (!target.value) return;
    // Argentina keeps UTC-3 all year.
    const wanted = new Date(`${target.value}:00-03:00`).getTime();
    post("/control/clock", { offset_seconds: Math.round((wanted - Date.now()) / 1000) });
  };
  return [shown, travelled,
    h("div", { class: "buttons" },
      button("+1 hora", advance(HOUR), "clock-hour"), button("+1 día", advance(DAY), "clock-day"),
      button("Mañana 7:30", nextMorning, "clock-morning"),
      button("Volver a hoy", () => post("/control/clock", { offset_seconds: 0 }), "clock-reset")),
    h("div", { class: "buttons" }, target, button("Ir", go, "clock-go"))];
}

/** 07:30 in Argentina (UTC-3), when the agenda of the day goes out. */
function nextMorning() {
  const present = now().getTime();
  const local = new Date(present - 3 * HOUR * 1000);
  const morning = Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate() + 1, 10, 30);
  post("/control/clock", { advance_seconds: Math.round((morning - present) / 1000) });
}

function duration(seconds) {
  const sign = seconds < 0 ? "−" : "";
  const minutes = Math.round(Math.abs(seconds) / 60);
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  return sign + [days && `${days} d`, hours && `${hours} h`, (rest || minutes === 0) && `${rest} min`].filter(Boolean).join(" ");
}

const COMMON = {
  131056: "demasiados mensajes a esta persona", 131047: "pasaron más de 24 horas", 131026: "no se puede entregar",
  131000: "error interno de WhatsApp", 130429: "demasiados mensajes del número", 190: "token vencido", 131049: "hoy no, mañana",
};
const COMMON_CODES = [131056, 131047, 131026, 131000, 130429, 131049, 190];

function faults() {
  const code = h("select", { "aria-label": "Código de error", "data-testid": "fault-code" });
  const list = h("ul", { class: "fault-list", "data-testid": "fault-list" });
  const order = (fault) => () => post("/control/faults", fault);
  const withCode = (kind) => () => post("/control/faults", { kind, code: Number(code.value) });
  const draw = () => {
    if (!code.options.length) {
      const codes = Object.keys(store.errorCodes).map(Number);
      const sorted = [...COMMON_CODES, ...codes.filter((value) => !COMMON_CODES.includes(value))];
      code.append(...sorted.map((value) => h("option", { value }, `${value} · ${COMMON[value] ?? errorTitle(value)}`)));
    }
    list.replaceChildren(...store.faults.map((fault) => h("li", {}, icon("warning"), faultWords(fault))));
    if (!store.faults.length) list.append(h("li", { class: "note" }, "Todo anda bien."));
  };
  on("faults", draw);
  on("reset", draw);
  on("message", async () => { if (store.faults.length) draw(); });
  draw();
  return [
    h("div", { class: "buttons" }, code),
    h("div", { class: "buttons" },
      button("Rechazar el próximo envío", withCode("error"), "fault-error"),
      button("Aceptarlo y que falle después", withCode("failed_status"), "fault-status")),
    h("div", { class: "buttons" },
      button("Entregar dos veces el próximo mensaje", order({ kind: "duplicate" }), "fault-duplicate"),
      button("Atrasar 3 s el próximo mensaje", order({ kind: "reorder", seconds: 3 }), "fault-reorder"),
      button("Contestar 5 s tarde", order({ kind: "delay", seconds: 5 }), "fault-delay"),
      button("Aceptar y no contestar", order({ kind: "accept_then_timeout", seconds: 30 }), "fault-timeout"),
      button("Error 503 sin explicación", order({ kind: "http", code: 503 }), "fault-http"),
      button("Sin estados", order({ kind: "drop_statuses" }), "fault-drop")),
    list,
    button("Quitar todas", () => remove("/control/faults"), "fault-clear", "quiet"),
  ];
}

const FAULT_WORDS = {
  error: (fault) => `El próximo envío se rechaza con ${fault.code}`,
  failed_status: (fault) => `El próximo envío falla después con ${fault.code}`,
  http: (fault) => `El próximo envío recibe un ${fault.code}`,
  media_error: (fault) => `El próximo archivo se rechaza con ${fault.code}`,
  media_http: (fault) => `El próximo archivo recibe un ${fault.code}`,
  media_damaged: () => "La próxima descarga llega dañada",
  delay: (fault) => `La próxima respuesta tarda ${fault.seconds} s`,
  accept_then_timeout: () => "El próximo envío se acepta sin contestar",
  drop_statuses: () => "El próximo envío no informa estados",
  duplicate: () => "El próximo mensaje llega dos veces",
  reorder: (fault) => `El próximo mensaje llega ${fault.seconds} s tarde`,
  duplicate_status: () => "El próximo estado llega dos veces",
  reorder_status: (fault) => `El próximo estado llega ${fault.seconds} s tarde`,
};

function faultWords(fault) {
  const times = fault.times === 1 ? "" : fault.times < 0 ? " (siempre)" : ` (${fault.times} veces)`;
  return FAULT_WORDS[fault.kind](fault) + times;
}

function conversation(phones) {
  const closeWindow = async () => {
    const chat = phones.current();
    if (!chat) return toast("Abrí primero un teléfono.");
    await post("/control/window", { person: chat.person.key, line: chat.line.phone_number_id });
    toast(`Pasaron más de 24 horas desde el último mensaje de ${chat.person.name}: solo entran plantillas.`);
  };
  const empty = () => {
    if (window.confirm("¿Vaciar todos los chats? Los turnos y pagos del sistema no se tocan.")) post("/control/reset");
  };
  return h("div", { class: "buttons" },
    button("Cerrar la ventana de 24 horas", closeWindow, "window-close"),
    button("Vencer los enlaces de archivos", () => post("/control/expire-media-urls"), "media-expire"),
    button("Vaciar los chats", empty, "reset", "danger"));
}

function log() {
  const list = h("ol", { class: "log", "data-testid": "log" });
  const draw = () => list.replaceChildren(...store.log.map(logRow));
  on("log", draw);
  draw();
  return list;
}

function logRow(entry) {
  const time = h("time", {}, clockTime(entry.at));
  if (entry.kind === "refused") {
    return h("li", { class: "bad" }, time, ` Envío rechazado ${entry.code}: ${entry.details}`);
  }
  const result = entry.status ? `HTTP ${entry.status}` : entry.error;
  const tries = entry.tries > 1 ? `, intento ${entry.tries}` : "";
  return h("li", { class: entry.status === 200 ? "" : "bad" }, time, ` webhook ${entry.what}: ${result} en ${entry.elapsed_ms} ms${tries}`);
}
