// How it was said, what is wrong with the recording, and which personal data it holds.
const sum = (list, of) => list.reduce((total, item) => total + of(item), 0);
const lasts = (item) => item.end_s - item.start_s;
const total = (list) =>
  list.length ? fill("times_total", { n: list.length, s: number(sum(list, lasts)) }) : t("none");

function showMeasures() {
  const talk = call.conversation;
  const [agent, customer] = ["agent", "customer"].map((party) => talk.talk_s[party] ?? 0);
  const silences = talk.silences.filter((s) => !s.hold);
  const cuts = talk.overtalk.filter((o) => !o.backchannel);
  const unit = /^(zh|yue)$/.test(call.transcript.language) ? t("chars_per_min") : t("words_per_min");
  const rows = [
    [
      t("talk_time"),
      `${code("party", "agent")} ${clock(agent)} · ${code("party", "customer")} ${clock(customer)}`,
      heard,
    ],
    [
      t("rate"),
      ["agent", "customer"]
        .filter((p) => talk.rate_per_min[p] !== undefined)
        .map((p) => `${code("party", p)} ${Math.round(talk.rate_per_min[p])}`)
        .join(" · ") + ` ${unit}`,
      Object.keys(talk.rate_per_min).length,
    ],
    [
      t("dead_air"),
      total(silences) +
        (silences.length ? ` · ${fill("longest", { s: number(Math.max(...silences.map(lasts))) })}` : ""),
      heard,
    ],
    [
      t("legend.overtalk"),
      ["agent", "customer"]
        .map((p) => `${code("party", p)} ${cuts.filter((o) => o.by === p).length}`)
        .join(" · "),
      heard,
    ],
    [t("legend.hold"), total(talk.holds), heard],
    [
      t("response"),
      talk.response ? fill("response_of", waits(talk.response)) : "",
      talk.response_s.length,
    ],
    [
      t("loudness"),
      ["agent", "customer"]
        .map((p) => [p, talk.loudness.filter((l) => l.party === p)])
        .filter(([, list]) => list.length)
        .map(([p, list]) => `${code("party", p)} ${Math.round(median(list.map((l) => l.dbfs)))} dBFS`)
        .join(" · "),
      talk.loudness.length,
    ],
    [
      t("ring"),
      [
        call.call.rings !== undefined ? fill("rings", { n: call.call.rings }) : "",
        call.call.ring_s !== undefined ? `${number(call.call.ring_s)} s` : "",
      ]
        .filter(Boolean)
        .join(" · "),
      call.call.rings !== undefined || call.call.ring_s !== undefined,
    ],
  ];
  $("measures").replaceChildren(
    el("h2", {}, t("measures")),
    heard ? talkBar(agent, customer) : "",
    el(
      "dl",
      {},
      rows
        .filter(([, , any]) => any !== false && any !== 0)
        .map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
    ),
  );
}

function waits(response) {
  const figures = { first: response.first_s, average: response.average_s, longest: response.longest_s };
  const { length } = call.conversation.response_s;
  const of = ([name, s]) => [name, s < 100 ? number(Math.round(s * 10) / 10) + " s" : clock(s)];
  return { n: length, ...Object.fromEntries(Object.entries(figures).map(of)) };
}

function talkBar(agent, customer) {
  const all = agent + customer;
  if (!all) return el("p", { class: "note" }, t("nothing_said"));
  const part = (party, s) => {
    const node = el("span", { class: party }, percent(s / all));
    node.style.flexGrow = String(Math.max(s / all, 0.08));
    return node;
  };
  const label = `${t("talk_share")}: ${code("party", "agent")} ${percent(agent / all)}, ${code("party", "customer")} ${percent(customer / all)}`;
  return el(
    "div",
    { class: "share", role: "img", "aria-label": label },
    part("agent", agent),
    part("customer", customer),
  );
}

function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function placeButton(item) {
  if (item.start_s === undefined) return el("span", { class: "where" }, t("throughout"));
  return el(
    "button",
    { class: "where", onclick: () => player.playStretch(item.start_s, item.end_s) },
    `► ${clock(item.start_s)} – ${clock(item.end_s)}`,
  );
}

function showProblems() {
  const party = (ix) => {
    const leg = call.media.legs.find((l) => l.leg === ix);
    return !leg ? "" : leg.party === "unknown" ? fill("leg", { n: ix + 1 }) : code("party", leg.party);
  };
  const problems = call.media.problems.map((p) =>
    el(
      "li",
      {},
      el("b", {}, code("problem", p.kind)),
      p.leg === undefined ? "" : el("span", { class: "who" }, party(p.leg)),
      placeButton(p),
      el("span", { class: "fine" }, p.detail),
    ),
  );
  const legs = call.media.legs.map((l) =>
    el(
      "li",
      {},
      el("b", {}, fill("leg", { n: l.leg + 1 })),
      el("span", { class: `who ${l.party}` }, code("party", l.party)),
      el(
        "span",
        { class: "fine" },
        [
          `${code("party_from", l.party_from)} ${percent(l.party_confidence)}`,
          l.snr_db === undefined ? "" : `${t("snr")} ${Math.round(l.snr_db)} dB`,
        ]
          .filter(Boolean)
          .join(" · "),
      ),
    ),
  );
  const warnings = call.warnings.map((text) => el("li", { class: "warning" }, text));
  $("problems").replaceChildren(
    el("h2", {}, t("recording")),
    el(
      "ul",
      { class: "rows" },
      legs,
      problems.length ? problems : el("li", { class: "fine" }, t("no_problems")),
      warnings,
    ),
  );
}

function showPii() {
  $("pii").hidden = !call.pii.length;
  $("pii").replaceChildren(
    el("h2", {}, t("personal_data")),
    el(
      "ul",
      { class: "rows" },
      call.pii.map((p) =>
        el("li", {}, el("b", {}, code("pii", p.kind)), el("code", {}, p.masked), placeButton(p)),
      ),
    ),
  );
}
