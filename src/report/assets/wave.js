// The waveform of every leg, with what happened when. Two still layers (heard, to be heard) are
// drawn once a size; a frame of playback only copies them and draws the head.
const STRIP = 18; // evidence marks
const LANE = 56;
const AXIS = 20;
const canvas = $("wave");
const lanes = data.peaks.legs.map((text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
const legs = call.media.legs;
const wave = {
  from: 0,
  to: Math.max(length_s, 0.001),
  zoom: 1,
  layers: null,
  chosen: null,
  width: 0,
  marks: [],
};
const height = STRIP + LANE * Math.max(legs.length, 1) + AXIS;

// Drawn as tall as the loudest peak allows: telephone speech is often far below full scale.
const loudest = lanes.reduce((most, peaks) => peaks.reduce((a, b) => Math.max(a, b), most), 24);

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const xOf = (seconds) => ((seconds - wave.from) / (wave.to - wave.from)) * wave.width;
const timeAt = (x) => wave.from + (x / Math.max(wave.width, 1)) * (wave.to - wave.from);
const partyColour = (party) => colour(`--${["agent", "customer"].includes(party) ? party : "other"}`);

// Who speaks on a leg at each moment: on a mono recording both parties share one lane.
const spoken = legs.map((leg) => call.transcript.utterances.filter((u) => u.leg === leg.leg));

function layer(alpha) {
  const scale = window.devicePixelRatio || 1;
  const sheet = document.createElement("canvas");
  sheet.width = Math.round(wave.width * scale);
  sheet.height = Math.round(height * scale);
  const pen = sheet.getContext("2d");
  pen.scale(scale, scale);
  drawBands(pen);
  pen.globalAlpha = alpha;
  lanes.forEach((peaks, ix) => drawLane(pen, peaks, ix));
  pen.globalAlpha = 1;
  drawAxis(pen);
  drawMarks(pen);
  return sheet;
}

function band(pen, item, name, top = STRIP, bottom = height - AXIS) {
  const x = xOf(item.start_s);
  pen.fillStyle = colour(name);
  pen.fillRect(x, top, Math.max(xOf(item.end_s) - x, 1.5), bottom - top);
}

function drawBands(pen) {
  for (const item of call.conversation.silences) if (!item.hold) band(pen, item, "--band-silence");
  for (const item of call.conversation.holds) band(pen, item, "--band-hold");
  for (const item of call.conversation.overtalk) if (!item.backchannel) band(pen, item, "--band-overtalk");
  for (const item of call.media.problems) {
    if (item.start_s === undefined) continue;
    band(pen, item, "--band-problem", height - AXIS - 4, height - AXIS);
  }
}

function drawLane(pen, peaks, ix) {
  const middle = STRIP + LANE * ix + LANE / 2;
  const own = partyColour(legs[ix]?.party);
  const mixed = legs[ix]?.party === "unknown";
  let next = 0;
  for (let x = 0; x < wave.width; x += 3) {
    const first = Math.floor(timeAt(x) * data.peaks.per_s);
    const last = Math.max(first + 1, Math.ceil(timeAt(x + 3) * data.peaks.per_s));
    let top = 0;
    for (let i = first; i < last && i < peaks.length; i++) top = Math.max(top, peaks[i]);
    const now = timeAt(x + 1);
    while (mixed && next < spoken[ix].length && spoken[ix][next].end_s < now) next++;
    const who = mixed && spoken[ix][next]?.start_s <= now ? partyColour(spoken[ix][next].party) : own;
    const half = Math.max(0.5, (Math.pow(top / loudest, 0.8) * (LANE - 8)) / 2);
    pen.fillStyle = who;
    pen.fillRect(x, middle - half, 2, half * 2);
  }
}

function drawAxis(pen) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const step = steps.find((s) => ((wave.to - wave.from) / s) * 70 < wave.width) ?? 3600;
  pen.font = `11px ${colour("--font")}`;
  pen.textBaseline = "bottom";
  for (let at = Math.ceil(wave.from / step) * step; at <= wave.to; at += step) {
    const x = xOf(at);
    pen.fillStyle = colour("--line");
    pen.fillRect(x, STRIP, 1, height - AXIS - STRIP + 4);
    if (x > wave.width - 40) continue;
    pen.fillStyle = colour("--dim");
    pen.fillText(clock(at, false), x + 3, height - 1);
  }
  pen.font = `600 11px ${colour("--font")}`;
  pen.textBaseline = "top";
  legs.forEach((leg, ix) => {
    const name = leg.party === "unknown" && legs.length === 1 ? t("both_parties") : code("party", leg.party);
    pen.fillStyle = colour("--card");
    pen.globalAlpha = 0.8;
    pen.fillRect(0, STRIP + LANE * ix + 2, pen.measureText(name).width + 10, 16);
    pen.globalAlpha = 1;
    pen.fillStyle = partyColour(leg.party);
    pen.fillText(name, 4, STRIP + LANE * ix + 4);
  });
}

function drawMarks(pen) {
  for (const mark of wave.marks) {
    const x = xOf(mark.start_s);
    const size = mark.verdict === "met" ? 3 : 5;
    pen.fillStyle = colour(`--v-${mark.verdict}`);
    pen.beginPath();
    pen.moveTo(x - size, STRIP - 3 - size * 1.8);
    pen.lineTo(x + size, STRIP - 3 - size * 1.8);
    pen.lineTo(x, STRIP - 2);
    pen.fill();
  }
}

function redrawWave() {
  wave.width = canvas.parentElement.clientWidth;
  wave.layers = wave.width ? [layer(0.45), layer(1)] : null;
  drawHead(player.at);
}

function drawHead(at) {
  if (!wave.layers) return;
  const scale = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(wave.width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) {
    [canvas.width, canvas.height] = [w, h];
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, w, h);
  const head = Math.min(Math.max(0, Math.round(xOf(at) * scale)), w);
  if (head < w) pen.drawImage(wave.layers[0], head, 0, w - head, h, head, 0, w - head, h);
  if (head > 0) pen.drawImage(wave.layers[1], 0, 0, head, h, 0, 0, head, h);
  pen.scale(scale, scale);
  if (wave.chosen) {
    const [x0, x1] = [xOf(wave.chosen.start_s), xOf(wave.chosen.end_s)];
    const ix = legs.findIndex((leg) => leg.leg === wave.chosen.leg);
    const [top, tall] = ix < 0 ? [STRIP, LANE * legs.length] : [STRIP + LANE * ix, LANE];
    pen.fillStyle = colour("--chosen");
    pen.fillRect(x0, top, Math.max(x1 - x0, 3), tall);
    pen.strokeStyle = colour("--accent");
    pen.lineWidth = 1.5;
    pen.strokeRect(x0, top + 1, Math.max(x1 - x0, 3), tall - 2);
  }
  pen.fillStyle = colour("--head");
  pen.fillRect(head / scale - 0.75, STRIP - 4, 1.5, height - AXIS - STRIP + 4);
}

// At most 64 steps of two, centred on the head; the view turns the page when the head leaves it.
function zoomTo(zoom) {
  wave.zoom = Math.min(64, Math.max(1, zoom));
  $("scale").textContent = `${wave.zoom}×`;
  viewFrom(player.at - length_s / wave.zoom / 2);
}

function viewFrom(seconds) {
  const span = Math.max(length_s / wave.zoom, 0.001);
  wave.from = Math.min(Math.max(0, seconds), Math.max(length_s - span, 0));
  wave.to = wave.from + span;
  redrawWave();
}

function followHead(at) {
  if (wave.zoom > 1 && (at < wave.from || at > wave.to)) viewFrom(at - (wave.to - wave.from) * 0.1);
  else drawHead(at);
  canvas.setAttribute("aria-valuenow", String(Math.round(at)));
  canvas.setAttribute("aria-valuetext", clock(at));
}

function markAt(x, y) {
  if (y > STRIP) return undefined;
  return wave.marks
    .filter((mark) => Math.abs(xOf(mark.start_s) - x) < 7)
    .sort((a, b) => Math.abs(xOf(a.start_s) - x) - Math.abs(xOf(b.start_s) - x) || b.rank - a.rank)[0];
}

function setUpWave(playMark) {
  canvas.setAttribute("aria-valuemin", "0");
  canvas.setAttribute("aria-valuemax", String(Math.round(length_s)));
  $("in").addEventListener("click", () => zoomTo(wave.zoom * 2));
  $("out").addEventListener("click", () => zoomTo(wave.zoom / 2));
  canvas.addEventListener("click", (event) => {
    const mark = markAt(event.offsetX, event.offsetY);
    if (mark) playMark(mark);
    else player.seek(timeAt(event.offsetX));
  });
  canvas.addEventListener("mousemove", (event) => showTip(event.offsetX, event.offsetY));
  canvas.addEventListener("mouseleave", () => {
    $("tip").hidden = true;
  });
  new ResizeObserver(() => {
    if (canvas.parentElement.clientWidth !== wave.width) redrawWave();
  }).observe(canvas.parentElement);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawWave);
}

function showTip(x, y) {
  const [at, mark] = [timeAt(x), markAt(x, y)];
  const ix = Math.floor((y - STRIP) / LANE);
  const said = (spoken[ix] ?? []).find((u) => u.start_s <= at && at <= u.end_s);
  $("tip").textContent = [clock(at), mark?.title ?? said?.text].filter(Boolean).join("  ");
  $("tip").hidden = false;
  $("tip").style.left = `${Math.max(0, Math.min(x + 10, wave.width - $("tip").offsetWidth))}px`;
}

function showLegend() {
  const talk = call.conversation;
  const kinds = [
    ["silence", talk.silences.length],
    ["hold", talk.holds.length],
    ["overtalk", talk.overtalk.some((o) => !o.backchannel)],
    ["problem", call.media.problems.some((p) => p.start_s !== undefined)],
  ];
  $("legend").replaceChildren(
    ...kinds
      .filter(([, any]) => any)
      .map(([kind]) =>
        el("li", {}, el("i", { class: `swatch ${kind}`, "aria-hidden": "true" }), t(`legend.${kind}`)),
      ),
  );
}
