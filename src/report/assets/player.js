// The transport: one audio element, an optional stretch to stop at or to loop over.
const LEAD_S = 0.6;
const TAIL_S = 0.3;
const audio = $("audio");
const call = data.report;
const length_s = call.media.duration_s;

const player = {
  stretch: null, // {start, end}: what is being played out, or looped
  looping: false,
  listeners: [],
  at: 0,

  // Without audio the page still has a position, so that transcript and waveform stay in step.
  seek(seconds, keep = false) {
    if (!keep) this.stretch = null;
    this.at = Math.min(Math.max(0, seconds), length_s);
    if (audio) audio.currentTime = this.at;
    this.tell();
  },
  playFrom(seconds) {
    this.seek(seconds);
    this.start();
  },
  playStretch(start, end) {
    this.seek(start - LEAD_S);
    this.stretch = { start: this.at, end: Math.min(end + TAIL_S, length_s) };
    this.start();
  },
  start() {
    if (audio) audio.play().catch(() => this.tell());
  },
  toggle() {
    if (!audio) return;
    if (audio.paused) {
      this.start();
    } else {
      audio.pause();
    }
  },
  tell() {
    for (const listener of this.listeners) listener(this.at);
  },
  tick() {
    if (audio) this.at = audio.currentTime;
    const over = this.stretch && this.at >= this.stretch.end;
    if (over && this.looping) this.seek(this.stretch.start, true);
    else if (over) {
      audio.pause();
      this.stretch = null;
    }
    this.tell();
  },
};

function setUpPlayer() {
  const frame = () => {
    player.tick();
    if (audio && !audio.paused) requestAnimationFrame(frame);
  };
  for (const id of ["back", "play", "forward", "speed", "loop"]) $(id).disabled = !audio;
  $("silent").hidden = Boolean(audio);
  $("speed").replaceChildren(
    ...[0.75, 1, 1.25, 1.5, 2].map((rate) => el("option", { value: rate, selected: rate === 1 }, `${rate}×`)),
  );
  if (!audio) return;
  $("back").addEventListener("click", () => player.seek(player.at - 5));
  $("forward").addEventListener("click", () => player.seek(player.at + 5));
  $("play").addEventListener("click", () => player.toggle());
  $("speed").addEventListener("change", () => {
    audio.playbackRate = Number($("speed").value);
  });
  $("loop").addEventListener("click", () => {
    player.looping = !player.looping;
    $("loop").setAttribute("aria-pressed", String(player.looping));
  });
  audio.addEventListener("play", () => {
    showTransport();
    requestAnimationFrame(frame);
  });
  audio.addEventListener("pause", showTransport);
  audio.addEventListener("error", () => {
    $("silent").hidden = false;
  });
  // A hidden tab draws no frames, but must still stop at the end of a stretch.
  audio.addEventListener("timeupdate", () => player.tick());
}

function showTransport() {
  const playing = audio && !audio.paused;
  $("play").textContent = playing ? "❚❚ " + t("pause") : "► " + t("play");
  $("clock").textContent = `${clock(player.at)} / ${clock(length_s)}`;
}
