// What both pages share: the data, the two languages, and making elements out of text only.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);

// Elements are made from text nodes and attributes, never from markup: call text is hostile input.
function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "onclick") node.addEventListener("click", value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== undefined && child !== null && child !== "") node.append(child);
  }
  return node;
}

let lang = data.ui;
try {
  const kept = localStorage.getItem("lingting.ui");
  if (kept && data.strings[kept]) lang = kept;
} catch {
  /* a file without storage keeps the report's own language */
}

// The text for a key; what has no text of its own (a newer code) is shown as it is.
const t = (key) => data.strings[lang][key] ?? key;
const code = (group, value) => data.strings[lang][`${group}.${value}`] ?? value;
const fill = (key, values) => t(key).replace(/\{(\w+)\}/g, (_, name) => values[name]);

function translate() {
  document.documentElement.lang = lang === "zh" ? "zh-CN" : lang;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]"))
    node.setAttribute("aria-label", t(node.dataset.tLabel));
  for (const node of document.querySelectorAll("[data-t-placeholder]"))
    node.placeholder = t(node.dataset.tPlaceholder);
  $("lang").textContent = t("other_language");
  $("lang").lang = lang === "zh" ? "en" : "zh-CN";
}

function onLanguage(render) {
  $("lang").addEventListener("click", () => {
    lang = lang === "zh" ? "en" : "zh";
    try {
      localStorage.setItem("lingting.ui", lang);
    } catch {
      /* not kept, then */
    }
    translate();
    render();
  });
  translate();
  render();
}

const two = (n) => String(n).padStart(2, "0");

// 65.25 -> 1:05.2, and 1:01:05 over an hour. Cut, not rounded, so that a clock never runs ahead.
function clock(seconds, tenths = true) {
  const whole = Math.floor(seconds + 1e-6);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = tenths ? "." + Math.floor((seconds - whole + 1e-6) * 10) : "";
  return (h ? `${h}:${two(m)}` : `${two(m)}`) + `:${two(s)}${tail}`;
}

const number = (value, places = 1) => Number(value.toFixed(places)).toString();
// A score; where parts are undecided, with the range it may lie in; where too many are, the range alone.
const scoreText = (card) => {
  const range = card.score_min == null ? "" : `${number(card.score_min)}–${number(card.score_max)}`;
  if (card.score == null) return range || "–";
  return number(card.score);
};
const rangeText = (card) =>
  card.score != null && card.score_min != null && card.score_min < card.score_max
    ? ` (${number(card.score_min)}–${number(card.score_max)})`
    : "";
const percent = (value) => `${Math.round(value * 100)}%`;
const when = (stamp) => (stamp ? stamp.replace("T", " ").replace(/(\.\d+)?(Z|[+-]\d\d:?\d\d)$/, "") : "");

const MARKS = {
  pass: "✓",
  met: "✓",
  fail: "✕",
  not_met: "✕",
  critical: "!",
  undetermined: "?",
  not_applicable: "–",
};

function badge(verdict, extra = "") {
  return el(
    "span",
    { class: `badge v-${verdict} ${extra}` },
    el("i", { "aria-hidden": "true" }, MARKS[verdict] ?? ""),
    code("verdict", verdict),
  );
}

// A row of choices. Drawn anew on each choice, it gives the keyboard's focus back to the one that had it.
function segments(host, choices, chosen, choose) {
  const focused = host.contains(document.activeElement) ? document.activeElement.dataset.value : undefined;
  const buttons = choices.map(([value, label, count]) => {
    const pressed = String(value === chosen);
    const attributes = { "data-value": value, "aria-pressed": pressed, onclick: () => choose(value) };
    return el("button", attributes, label, el("span", { class: "count" }, String(count)));
  });
  host.replaceChildren(...buttons);
  buttons.find((button) => button.dataset.value === focused)?.focus();
}
