// What happened with one message: understanding, webhook, Graph calls, with times.

import { h, toast } from "./dom.js";
import { preview } from "./format.js";
import { get } from "./store.js";

/** The inspector panel of one message. */
export async function inspectorPanel(message) {
  const panel = h("div", { class: "panel inspector", "data-testid": "inspector" },
    h("blockquote", {}, preview(message)));
  try {
    const id = encodeURIComponent(message.wamid);
    const [trace, story] = await Promise.all([get(`/control/trace/${id}`), get(`/simulator/explain/${id}`)]);
    panel.append(...sections(trace, story));
  } catch (error) {
    toast(error.message);
  }
  panel.append(h("p", { class: "note wamid" }, message.wamid));
  return panel;
}

function sections(trace, story) {
  const told = Object.entries(story).map(([title, rows]) => h("section", {}, h("h3", {}, title),
    h("dl", {}, Object.entries(rows).map(([label, value]) => [h("dt", {}, label), h("dd", {}, String(value))]))));
  return [
    ...told,
    h("section", {}, h("h3", {}, "Webhooks"), trace.webhooks.map(webhook), none(trace.webhooks)),
    h("section", {}, h("h3", {}, trace.mine ? "Llamadas a Graph en respuesta" : "Llamada a Graph"), trace.calls.map(call), none(trace.calls)),
  ];
}

const none = (list) => (list.length ? null : h("p", { class: "note" }, "Ninguna todavía."));

const STATES = { pending: "en camino", acknowledged: "recibido", abandoned: "abandonado" };
const WHATS = { message: "mensaje", "status sent": "enviado", "status delivered": "entregado", "status read": "leído", "status failed": "falló" };

function webhook({ what, state, body, attempts }) {
  const tries = attempts.map((attempt) => h("li", { class: attempt.status === 200 ? "good" : "bad" },
    attempt.status ? `HTTP ${attempt.status}` : attempt.error, ` · ${attempt.elapsed_ms} ms`));
  return h("article", {}, h("p", {}, h("b", {}, WHATS[what] ?? what), ` · ${STATES[state]}`), h("ol", {}, tries), json("Cuerpo", body));
}

function call({ summary, status, elapsed_ms: elapsed, after_ms: after, request, answer }) {
  return h("article", {},
    h("p", {}, h("b", { class: status === 200 ? "good" : "bad" }, String(status)), ` ${summary} · ${elapsed} ms`,
      after ? h("span", { class: "note" }, ` · ${after} ms después del mensaje`) : null),
    json("Pedido", request), json("Respuesta", answer));
}

function json(title, value) {
  return h("details", {}, h("summary", {}, title), h("pre", {}, JSON.stringify(value, null, 2)));
}
