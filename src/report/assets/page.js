// The page of one call: its head, the keys, and what follows the playhead.
// A chat has nothing to hear: no waveform, no transport.
const heard = call.media.codec !== "chat";

function showHead() {
  const { call: about, media, transcript } = call;
  const facts = [
    ["agent", [about.agent?.name, about.agent?.id].filter(Boolean).join(" · ")],
    ["vendor", about.vendor],
    ["client", about.client],
    ["project", about.project],
    ["queue", about.queue],
    ["team", about.team],
    ["customer_number", about.customer?.masked],
    ["direction", about.direction && direction(about)],
    ["started_at", when(about.started_at)],
    ["duration", clock(media.duration_s, false)],
    [
      "audio_form",
      !heard ? t("chat") : `${media.codec} · ${number(media.sample_rate_hz / 1000)} kHz · ${fill("channels", { n: media.channels })}`,
    ],
    ["engine", heard && `${transcript.engine.name} ${transcript.engine.model}`],
  ].filter(([, value]) => value);
  $("head").replaceChildren(
    el("div", { class: "name" }, el("h1", {}, about.call_id), badge(data.verdict, "big")),
    el("ul", { class: "scores" }, call.scorecards.map(scoreChip)),
    el(
      "dl",
      { class: "facts" },
      facts.map(([name, value]) => el("div", {}, el("dt", {}, t(name)), el("dd", {}, value))),
    ),
  );
}

function direction(about) {
  const known = code("direction", about.direction);
  if (about.direction_from !== "evidence") return known;
  return fill("inferred", { what: known, percent: number(about.direction_confidence * 100, 0) });
}

function scoreChip(card, ix) {
  const none = card.verdict === "not_applicable";
  return el(
    "li",
    {},
    el(
      "a",
      {
        href: `#card-${ix}`,
        class: `v-${card.verdict}`,
        onclick: () => {
          if (filter !== "all") {
            filter = "all";
            showFindings();
          }
        },
      },
      el("span", { class: "rubric-name" }, card.title || card.rubric),
      none ? el("b", {}, "–") : el("b", {}, scoreText(card), el("small", {}, `${rangeText(card)} / ${number(card.max)}`)),
      badge(card.verdict),
    ),
  );
}

function showAll() {
  document.querySelector(".player").hidden = !heard;
  showHead();
  showFindings();
  showTranscript(notesByUtterance());
  showMeasures();
  showProblems();
  showPii();
  showLegend();
  showTransport();
  redrawWave();
  followTranscript(player.at);
  $("made").textContent = fill("made", {
    version: call.tool.version,
    file: call.call.source.file,
    sha: call.call.source.sha256.slice(0, 12),
    s: number(call.timings.total_s),
  });
}

// A button that has the keyboard's focus keeps its own Space and Enter; one that was merely clicked does not.
function busy(target) {
  if (target.matches("input[type=search], select, textarea")) return true;
  return target.matches("button:focus-visible, a:focus-visible, summary:focus-visible, input:focus-visible");
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    l: () => $("loop").click(),
    ArrowLeft: () => player.seek(player.at - 5),
    ArrowRight: () => player.seek(player.at + 5),
  };
  if (!busy(event.target)) Object.assign(keys, { " ": () => player.toggle(), Enter: playChosen });
  const act = event.target.matches("select, textarea, input[type=search]") ? undefined : keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

wave.marks = marksOf();
player.listeners.push(followHead, followTranscript, showTransport);
setUpPlayer();
setUpWave((mark) => {
  goTo(mark.key);
  playEvidence(mark.key, mark.item);
});
document.addEventListener("keydown", onKey);
// What scrolls beneath the player must know how tall it is.
new ResizeObserver(([entry]) => {
  document.documentElement.style.setProperty("--below", `${Math.ceil(entry.target.offsetHeight) + 14}px`);
}).observe(document.querySelector(".player"));
addEventListener("beforeprint", () => {
  for (const node of document.querySelectorAll("details")) node.open = true;
});
onLanguage(showAll);
