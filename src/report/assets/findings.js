// Scorecards: each finding with its verdict and the seconds that prove it.
const RANK = { critical: 4, major: 3, minor: 2, info: 1 };
const URGENCY = { not_met: 3, undetermined: 2, met: 1, not_applicable: 0 };
// Inside a scorecard what needs a person comes first; otherwise the rubric's order stands.
const every = call.scorecards.flatMap((card, c) =>
  card.findings
    .map((finding, f) => ({ ...finding, key: `${c}.${f}`, card }))
    .sort(
      (a, b) =>
        URGENCY[b.verdict] - URGENCY[a.verdict] ||
        (a.verdict === "not_met" ? RANK[b.severity] - RANK[a.severity] : 0),
    ),
);
let filter = "all";
let chosen = null; // key of the finding under j and k

const shown = (finding) =>
  filter === "all" || (filter === "violations" ? "not_met" : "undetermined") === finding.verdict;

function showFindings() {
  const count = (verdict) => every.filter((f) => f.verdict === verdict).length;
  segments(
    $("filters"),
    [
      ["all", t("filter.all"), every.length],
      ["violations", t("filter.violations"), count("not_met")],
      ["undetermined", t("filter.undetermined"), count("undetermined")],
    ],
    filter,
    (value) => {
      filter = value;
      showFindings();
    },
  );
  $("cards").replaceChildren(...call.scorecards.map(cardNode).filter(Boolean));
  if (!$("cards").childElementCount) $("cards").replaceChildren(el("p", { class: "note" }, t("no_findings")));
  choose(chosen, false);
}

function cardNode(card) {
  const findings = every.filter((f) => f.card === card && shown(f));
  if (!findings.length && filter !== "all") return null;
  const none = card.verdict === "not_applicable";
  const body = none ? [] : [el("ul", { class: "findings" }, findings.map(findingNode))];
  return el(
    "article",
    { class: "rubric", id: `card-${call.scorecards.indexOf(card)}` },
    el(
      "header",
      {},
      el("h3", {}, card.title || card.rubric, el("small", {}, `${card.rubric} v${card.version}`)),
      none ? null : el("span", { class: "score" }, el("b", {}, scoreText(card)), `${rangeText(card)} / ${number(card.max)}`),
      badge(card.verdict),
    ),
    none ? el("p", { class: "note" }, t("rubric_not_applicable")) : null,
    card.applies_unknown?.length
      ? el("p", { class: "note" }, `${t("rubric_may_not_apply")} ${card.applies_unknown.join(", ")}`)
      : null,
    body,
  );
}

function findingNode(f) {
  const lost = f.points < f.weight && f.verdict === "not_met";
  const open = f.verdict === "not_met" || f.verdict === "undetermined";
  const node = el(
    "details",
    { open },
    el(
      "summary",
      {},
      el(
        "i",
        { class: `mark v-${f.verdict}`, role: "img", "aria-label": code("verdict", f.verdict) },
        MARKS[f.verdict],
      ),
      el("span", { class: "title" }, f.title || f.criterion),
      el("span", { class: `tag s-${f.severity}` }, code("severity", f.severity)),
      f.weight
        ? el(
            "span",
            { class: lost ? "points lost" : "points" },
            `${f.verdict === "met" || f.verdict === "not_met" ? number(f.points) : "–"} / ${number(f.weight)}`,
          )
        : null,
    ),
    el(
      "div",
      { class: "proof" },
      f.reason ? el("p", { class: "reason" }, code("reason", f.reason)) : null,
      f.evidence.map((item) => evidenceNode(f, item)),
      el(
        "p",
        { class: "fine" },
        f.criterion,
        f.verdict === "not_applicable" ? "" : ` · ${t("confidence")} ${percent(f.confidence)}`,
      ),
    ),
  );
  return el("li", { class: `finding v-${f.verdict}`, "data-key": f.key, tabindex: "-1" }, node);
}

const SPOKEN = new Set(["phrase", "absence", "near_miss"]); // the others quote a measure or a fact

function heldAgainst(f, item) {
  if (item.kind === "absence") return f.verdict === "met" ? "searched_for" : "expected";
  if (item.kind === "near_miss") return "instead_of";
  return SPOKEN.has(item.kind) ? "held_against" : "bound";
}

// A proof names what was looked for by its criterion's id; the criterion's title stands above it.
function lookedFor(f, item) {
  if (item.matched === f.criterion) return f.title;
  const id = `${f.criterion}: `;
  return item.matched?.startsWith(id) ? item.matched.slice(id.length) : item.matched;
}

function evidenceNode(f, item) {
  const matched = lookedFor(f, item);
  const playable = item.start_s !== undefined;
  const leg = call.media.legs.find((l) => l.leg === item.leg);
  const who = leg && leg.party !== "unknown" ? code("party", leg.party) : null;
  const head = [
    playable ? el("b", {}, `► ${clock(item.start_s)} – ${clock(item.end_s)}`) : null,
    el("span", { class: "kind" }, [who, code("kind", item.kind)].filter(Boolean).join(" · ")),
  ];
  const lines = [
    item.quote ? el(SPOKEN.has(item.kind) ? "q" : "span", { class: "quote" }, item.quote) : null,
    matched
      ? el("span", { class: "matched" }, `${t(heldAgainst(f, item))} `, el("em", {}, matched))
      : null,
    fineLine(item),
  ];
  if (!playable) return el("div", { class: "ev fact" }, head, lines);
  const label = `${t("play")} ${clock(item.start_s)}, ${code("kind", item.kind)}: ${item.quote ?? matched ?? ""}`;
  return el(
    "button",
    {
      class: `ev ${item.kind}`,
      "aria-label": label,
      "data-start": item.start_s,
      "data-end": item.end_s,
      onclick: () => playEvidence(f.key, item),
    },
    head,
    lines,
  );
}

function fineLine(item) {
  const facts = [
    item.how ? code("how", item.how) : null,
    item.distance ? `${t("distance")} ${number(item.distance, 2)}` : null,
    item.confidence !== undefined ? `${t("heard_at")} ${percent(item.confidence)}` : null,
  ].filter(Boolean);
  return facts.length ? el("span", { class: "how" }, facts.join(" · ")) : null;
}

function playEvidence(key, item) {
  choose(key, false);
  wave.chosen = item;
  player.playStretch(item.start_s, item.end_s);
}

function choose(key, scroll = true) {
  chosen = key;
  for (const node of document.querySelectorAll(".finding"))
    node.classList.toggle("chosen", node.dataset.key === key);
  const node = key && document.querySelector(`.finding[data-key="${key}"]`);
  if (!node || !scroll) return;
  node.querySelector("details").open = true;
  node.focus({ preventScroll: true });
  node.scrollIntoView({ block: "nearest" });
}

function goTo(key) {
  filter = "all";
  showFindings();
  choose(key);
}

// j and k walk over what the filter shows, leaving out what has nothing to look at.
function step(by) {
  const list = every.filter(
    (f) => shown(f) && f.card.verdict !== "not_applicable" && (f.evidence.length || f.reason),
  );
  if (!list.length) return;
  const at = list.findIndex((f) => f.key === chosen);
  const next = at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + by, 0), list.length - 1);
  choose(list[next].key);
}

function playChosen() {
  const f = every.find((item) => item.key === chosen);
  const item = f?.evidence.find((e) => e.start_s !== undefined);
  if (item) playEvidence(f.key, item);
}

// One mark for each playable piece of evidence; the gravest lie on top.
function marksOf() {
  const marks = every.flatMap((f) =>
    f.evidence
      .filter((e) => e.start_s !== undefined)
      .map((item) => ({
        ...item,
        item,
        key: f.key,
        verdict: f.verdict,
        title: f.title,
        rank: f.verdict === "met" ? 0 : (RANK[f.severity] ?? 1),
      })),
  );
  return marks.sort((a, b) => a.rank - b.rank);
}

// For each utterance, the violations and doubts whose evidence lies in it.
function notesByUtterance() {
  const notes = new Map();
  for (const f of every) {
    if (f.verdict !== "not_met" && f.verdict !== "undetermined") continue;
    for (const item of f.evidence) {
      if (item.start_s === undefined || item.kind === "absence" || item.kind === "near_miss") continue;
      for (const u of call.transcript.utterances) {
        const shared = Math.min(u.end_s, item.end_s) - Math.max(u.start_s, item.start_s);
        const enough = shared > 0.2 || (shared > 0 && shared > 0.5 * (item.end_s - item.start_s));
        if (!enough || (item.leg !== undefined && item.leg !== u.leg)) continue;
        const list = notes.get(u.id) ?? [];
        if (!list.some((n) => n.key === f.key))
          list.push({ key: f.key, title: f.title, verdict: f.verdict, go: () => goTo(f.key) });
        notes.set(u.id, list);
      }
    }
  }
  return notes;
}
