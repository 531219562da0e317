// What was said, in step with the audio: utterances, what was rejected, and when nobody spoke.
const LOW = 0.5; // words below this confidence are marked as doubtful
const saidRows = []; // {start, end, node}, by start
let current = null;

function showTranscript(notes) {
  saidRows.length = 0;
  current = null;
  const items = [
    ...call.transcript.utterances.map((u) => [u.start_s, utteranceRow(u, notes.get(u.id) ?? [])]),
    ...call.transcript.rejected.map((r) => [r.start_s, rejectedRow(r)]),
    ...call.conversation.silences.filter((s) => !s.hold).map((s) => [s.start_s, pauseRow(s, "silence")]),
    ...call.conversation.holds.map((h) => [h.start_s, pauseRow(h, "hold")]),
  ];
  items.sort((a, b) => a[0] - b[0]);
  saidRows.sort((a, b) => a.start - b.start);
  $("transcript").replaceChildren(...items.map(([, node]) => node));
  if (!items.length) $("transcript").replaceChildren(el("li", { class: "note" }, t("nothing_said")));
}

function partyName(party, speaker) {
  const name = code("party", party);
  return party === "unknown" ? `${name} ${speaker + 1}` : name;
}

function utteranceRow(u, notes) {
  const spaced = !/^(zh|yue|ja|th|lo|km|my)$/.test(call.transcript.language);
  const words = u.words.length
    ? u.words
    : [{ text: u.text, start_s: u.start_s, end_s: u.end_s, confidence: u.confidence }];
  const text = el("p", {});
  words.forEach((word, ix) => {
    if (ix && spaced && !/^\s/.test(word.text)) text.append(" ");
    text.append(wordNode(u, word));
  });
  const node = el(
    "li",
    { class: `u ${u.party}`, "data-id": u.id },
    el(
      "button",
      {
        class: "time",
        "aria-label": fill("play_from", { at: clock(u.start_s) }),
        onclick: () => player.playFrom(u.start_s),
      },
      clock(u.start_s),
    ),
    el(
      "div",
      { class: "body" },
      el("span", { class: "who" }, partyName(u.party, u.speaker)),
      notes.map((note) =>
        el(
          "button",
          {
            class: `chip v-${note.verdict}`,
            onclick: (e) => {
              e.stopPropagation();
              note.go();
            },
          },
          `${MARKS[note.verdict]} ${note.title}`,
        ),
      ),
      text,
    ),
  );
  node.addEventListener("click", (event) => {
    if (event.target.closest("button") || String(getSelection())) return;
    player.playFrom(Number(event.target.dataset.at ?? u.start_s));
  });
  saidRows.push({ start: u.start_s, end: u.end_s, node });
  return node;
}

function wordNode(u, word) {
  const starred = (p) =>
    word.text.includes(p.masked) ||
    (word.text.includes("*") && p.start_s < word.end_s && word.start_s < p.end_s);
  const secret = call.pii.some((p) => p.leg === u.leg && starred(p));
  const low = word.confidence < LOW;
  return el(
    "span",
    {
      "data-at": word.start_s,
      class: secret ? "secret" : low ? "low" : null,
      title: secret ? t("masked") : low ? fill("low_word", { share: percent(word.confidence) }) : null,
    },
    word.text,
  );
}

function rejectedRow(r) {
  const party = call.media.legs.find((leg) => leg.leg === r.leg)?.party ?? "unknown";
  return el(
    "li",
    { class: "rejected" },
    el(
      "button",
      {
        class: "time",
        "aria-label": fill("play_from", { at: clock(r.start_s) }),
        onclick: () => player.playStretch(r.start_s, r.end_s),
      },
      clock(r.start_s),
    ),
    el(
      "div",
      { class: "body" },
      el("span", { class: "who" }, code("party", party)),
      el("span", { class: "why" }, `${t("rejected")}: ${code("why", r.why)}`),
      el("p", {}, el("del", {}, r.text)),
    ),
  );
}

function pauseRow(item, kind) {
  const label = [
    t(`legend.${kind}`),
    fill("lasting", { s: number(item.end_s - item.start_s) }),
    kind === "silence" ? t(item.announced ? "announced" : "unannounced") : "",
  ]
    .filter(Boolean)
    .join(" · ");
  return el(
    "li",
    { class: `pause ${kind}` },
    el("button", { onclick: () => player.playStretch(item.start_s, item.end_s) }, label),
  );
}

// The last utterance that has begun; a binary search, because long calls have thousands.
function rowAt(at) {
  let [low, high] = [0, saidRows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (saidRows[middle].start <= at + 0.02) low = middle + 1;
    else high = middle;
  }
  return saidRows[low - 1];
}

function followTranscript(at) {
  const row = rowAt(at);
  if (row === current) return;
  current?.node.removeAttribute("aria-current");
  current = row;
  if (!row) return;
  row.node.setAttribute("aria-current", "true");
  if ($("follow").checked) reveal($("transcript"), row.node);
}

// Scrolls only the list itself, so that the findings beside it stay where they are.
function reveal(list, node, again = true) {
  const away = node.getBoundingClientRect().top - list.getBoundingClientRect().top;
  if (away > 0 && away + node.offsetHeight < list.clientHeight * 0.8) return;
  const far = Math.abs(away) > list.clientHeight * 2;
  const calm = far || !again || matchMedia("(prefers-reduced-motion: reduce)").matches;
  list.scrollTo({ top: list.scrollTop + away - list.clientHeight / 4, behavior: calm ? "auto" : "smooth" });
  // Rows far away have a guessed height until they are drawn, so that a long jump may land beside.
  if (far && again)
    setTimeout(() => {
      if (current?.node === node) reveal(list, node, false);
    }, 80);
}
