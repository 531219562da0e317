// The run's page: one row a call, sorted and filtered in place.
const WORST = { critical: 4, fail: 3, undetermined: 2, pass: 1, not_applicable: 0 };
// A rubric that applied to no call of the run gets no column.
const rubrics = [
  ...new Map(
    data.rows.flatMap((row) =>
      row.scores.filter((s) => s.verdict !== "not_applicable").map((s) => [s.rubric, s.title || s.rubric]),
    ),
  ).entries(),
];
let [sortBy, down, filter] = ["verdict", true, "all"];

const scoreOf = (row, rubric) => row.scores.find((s) => s.rubric === rubric);
const columns = () => [
  ["verdict", t("verdict"), (row) => WORST[row.verdict] ?? 0],
  ["call", t("call"), (row) => row.call_id],
  ["worst", t("worst_finding"), (row) => row.worst?.title ?? ""],
  ["violations", t("violations"), (row) => row.violations],
  ...rubrics.map(([rubric, title]) => [`score:${rubric}`, title, (row) => scoreOf(row, rubric)?.score ?? -1]),
  ["agent", t("agent"), (row) => row.agent ?? ""],
  ["vendor", t("vendor"), (row) => row.vendor ?? ""],
  ["started_at", t("started_at"), (row) => row.started_at ?? ""],
  ["duration", t("duration"), (row) => row.duration_s],
  ["problems", t("problems"), (row) => row.problems.length],
];

function compare(a, b) {
  return typeof a === "number"
    ? a - b
    : String(a).localeCompare(String(b), lang === "zh" ? "zh-CN" : lang, { numeric: true });
}

function wanted(row) {
  const words = $("find").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const text = [
    row.call_id,
    row.agent,
    row.vendor,
    row.client,
    row.queue,
    row.started_at,
    row.worst?.title,
    row.worst?.quote,
    code("verdict", row.verdict),
  ]
    .join(" ")
    .toLowerCase();
  return (filter === "all" || row.verdict === filter) && words.every((word) => text.includes(word));
}

function showRows() {
  const key = columns().find(([name]) => name === sortBy)[2];
  const rows = data.rows
    .filter(wanted)
    .sort((a, b) => (down ? -1 : 1) * compare(key(a), key(b)) || compare(a.call_id, b.call_id));
  $("rows").replaceChildren(...rows.map(rowNode));
  $("none").hidden = rows.length > 0;
}

function rowNode(row) {
  const worst = row.worst
    ? [
        el("span", { class: `tag s-${row.worst.severity}` }, code("severity", row.worst.severity)),
        " ",
        row.worst.title,
        row.worst.quote ? el("q", { class: "quote" }, row.worst.quote) : null,
      ]
    : null;
  return el(
    "tr",
    {},
    el("td", {}, badge(row.verdict)),
    el("th", { scope: "row" }, row.link ? el("a", { href: row.link }, row.call_id) : row.call_id),
    el("td", { class: "worst" }, worst),
    el("td", { class: "num" }, String(row.violations)),
    rubrics.map(([rubric]) => {
      const score = scoreOf(row, rubric);
      const none = !score || score.verdict === "not_applicable";
      return el(
        "td",
        { class: none ? "num dim" : `num score v-${score.verdict}` },
        none ? "–" : scoreText(score),
      );
    }),
    el("td", { class: "nowrap" }, row.agent),
    el("td", { class: "nowrap" }, row.vendor),
    el("td", { class: "num nowrap" }, when(row.started_at)),
    el("td", { class: "num" }, clock(row.duration_s, false)),
    el(
      "td",
      { class: "fine nowrap" },
      row.problems.map((kind) => code("problem", kind)).join(lang === "zh" ? "、" : ", "),
    ),
  );
}

// What is looked for at its worst or longest begins with the largest, the rest with the first.
const LARGEST_FIRST = ["verdict", "violations", "problems", "duration"];

function sortByColumn(name) {
  down = name === sortBy ? !down : LARGEST_FIRST.includes(name);
  sortBy = name;
  showColumns();
  showRows();
  document.querySelector(`[data-column="${CSS.escape(name)}"]`).focus();
}

function showColumns() {
  const heads = columns().map(([name, label]) => {
    const sorted = name === sortBy;
    const arrow = el("span", { class: "arrow", "aria-hidden": "true" }, sorted ? (down ? "▾" : "▴") : "");
    const button = el("button", { "data-column": name, onclick: () => sortByColumn(name) }, label, arrow);
    return el(
      "th",
      { scope: "col", "aria-sort": sorted ? (down ? "descending" : "ascending") : "none" },
      button,
    );
  });
  $("columns").replaceChildren(el("tr", {}, heads));
}

function showTotals() {
  const count = (verdict) => data.rows.filter((row) => row.verdict === verdict).length;
  const hours = data.rows.reduce((total, row) => total + row.duration_s, 0);
  const figures = [
    [t("calls"), data.rows.length],
    [t("audio"), clock(hours, false)],
    ...["critical", "fail", "undetermined", "pass"].map((v) => [code("verdict", v), count(v), v]),
    ...[...new Set(data.missed.map((m) => m.outcome))].map((o) => [
      code("outcome", o),
      data.missed.filter((m) => m.outcome === o).length,
      o,
    ]),
  ];
  $("totals").replaceChildren(
    ...figures.map(([name, value, kind]) =>
      el(
        "div",
        { class: kind ? `figure v-${kind}` : "figure" },
        el("b", {}, String(value)),
        el("span", {}, name),
      ),
    ),
  );
  segments(
    $("filters"),
    [
      ["all", t("filter.all"), data.rows.length],
      ...["critical", "fail", "undetermined", "pass"].map((v) => [v, code("verdict", v), count(v)]),
    ],
    filter,
    (value) => {
      filter = value;
      showTotals();
      showRows();
    },
  );
}

function showMissed() {
  $("missed").hidden = !data.missed.length;
  $("missed").replaceChildren(
    el("h2", {}, t("not_analysed")),
    el(
      "ul",
      { class: "rows" },
      data.missed.map((m) =>
        el(
          "li",
          {},
          el("span", { class: `tag o-${m.outcome}` }, code("outcome", m.outcome)),
          el("code", {}, m.file),
          el("span", { class: "fine" }, m.reason),
        ),
      ),
    ),
  );
}

$("find").addEventListener("input", showRows);
onLanguage(() => {
  showTotals();
  showColumns();
  showRows();
  showMissed();
  $("made").textContent = fill("made_index", { version: data.version });
});
