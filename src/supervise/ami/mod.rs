//! Asterisk by AMI: `ChanSpy` on the agent's channel, run on the supervisor's telephone.
//!
//! In: the agent's channel, the supervisor's endpoint, the mode. Out: one channel at the PBX, which ends with the agent's
//! (`E`). Each request has a connection of its own. One that breaks while the telephone rings is followed by another that hangs
//! up: the channel has an id of our making for that.

mod packet;
#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use self::packet::{Packet, Packets, action};
use super::strict::{handle, noted, telephone};
use super::{Joined, Joining, Mode, Supervise, SuperviseError, new_id, to_the_end};

/// How often a hang-up is tried on a connection of its own.
const REMOVALS: u32 = 3;
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Where the manager interface is, and how supervisors are brought in.
#[derive(Clone)]
pub struct AmiConfig {
    /// `HOST:PORT`; the port is 5038 as a rule.
    pub address: String,
    /// The user of `manager.conf`; needs `write = originate,call` and `read = call`.
    pub user: String,
    /// Its secret.
    pub secret: String,
    /// How long the supervisor's telephone rings.
    pub ring: Duration,
    /// What an answer may take, beyond the ringing.
    pub timeout: Duration,
    /// The name the telephone shows.
    pub caller_id: String,
}

impl Default for AmiConfig {
    /// The local Asterisk, half a minute of ringing.
    fn default() -> Self {
        Self {
            address: "127.0.0.1:5038".into(),
            user: String::new(),
            secret: String::new(),
            ring: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
            caller_id: "Monitor".into(),
        }
    }
}

/// The connector.
pub struct AmiSupervise {
    config: AmiConfig,
}

impl AmiSupervise {
    /// A connector; nothing is sent yet.
    pub const fn new(config: AmiConfig) -> Self {
        Self { config }
    }
}

fn away(why: impl ToString) -> SuperviseError {
    SuperviseError::Away(why.to_string())
}

/// The options of `ChanSpy`: quiet, ends with the call, stops when nothing is left, keys switch the mode.
const fn options(mode: Mode) -> &'static str {
    match mode {
        Mode::Listen => "qESd",
        Mode::Coach => "qESdw",
        Mode::Barge => "qESdB",
    }
}

/// The key that switches to a mode, by option `d`.
const fn key(mode: Mode) -> &'static str {
    match mode {
        Mode::Listen => "4",
        Mode::Coach => "5",
        Mode::Barge => "6",
    }
}

#[async_trait]
impl Supervise for AmiSupervise {
    fn can(&self) -> &'static [Mode] {
        &Mode::ALL
    }

    fn handles(&self) -> &'static [&'static str] {
        &["asterisk.channel"]
    }

    async fn join(&self, joining: &Joining) -> Result<Joined, SuperviseError> {
        let agent = handle(&joining.handles, self.handles())?;
        let data = format!("{agent},{}", options(joining.mode));
        let telephone = telephone(joining)?.to_owned();
        let (config, mode, id) = (self.config.clone(), joining.mode, new_id("sup"));
        let undo = self.config.clone();
        to_the_end(
            async move {
                let joined = originate(&config, &id, &telephone, &data, mode).await;
                if matches!(joined, Err(SuperviseError::Away(_))) {
                    // It may ring still, or talk already.
                    hang_up(&config, &id).await;
                }
                joined
            },
            move |joined| async move {
                if let Ok(id) = noted(&joined, "ami.channel_id") {
                    hang_up(&undo, id).await;
                }
            },
        )
        .await
    }

    async fn change(&self, joined: &Joined, mode: Mode) -> Result<Joined, SuperviseError> {
        let channel = noted(joined, "ami.channel")?;
        let mut manager = Manager::connect(&self.config).await?;
        let play = [("Channel", channel), ("Digit", key(mode)), ("Receive", "true")];
        manager.ask("PlayDTMF", &play).await?;
        let mut changed = joined.clone();
        changed.0.insert("mode".into(), mode.as_str().into());
        Ok(changed)
    }

    async fn leave(&self, joined: &Joined) -> Result<(), SuperviseError> {
        end(&self.config, noted(joined, "ami.channel_id")?).await
    }
}

async fn originate(
    config: &AmiConfig,
    id: &str,
    telephone: &str,
    data: &str,
    mode: Mode,
) -> Result<Joined, SuperviseError> {
    let mut manager = Manager::connect(config).await?;
    let ring_ms = config.ring.as_millis().to_string();
    let caller_id = format!("\"{}\" <*>", config.caller_id.replace('"', ""));
    let asked = manager
        .ask(
            "Originate",
            &[
                ("Channel", telephone),
                ("ChannelId", id),
                ("Application", "ChanSpy"),
                ("Data", data),
                ("CallerID", &caller_id),
                ("Timeout", &ring_ms),
                ("Async", "true"),
            ],
        )
        .await?;
    let end = Instant::now() + config.ring + config.timeout;
    let told = manager.originated(&asked, end).await?;
    if !told.is("Response", "Success") {
        return Err(SuperviseError::Refused(reason(told.get("Reason")).to_owned()));
    }
    let channel = told.get("Channel").ok_or_else(|| away("the channel has no name"))?;
    let id = told.get("Uniqueid").filter(|id| !id.is_empty()).unwrap_or(id);
    let noted = [("ami.channel", channel), ("ami.channel_id", id), ("mode", mode.as_str())];
    Ok(Joined(noted.map(|(name, value)| (name.to_owned(), value.to_owned())).into()))
}

/// Reasons of `OriginateResponse`: the numbers of Asterisk's control frames.
fn reason(number: Option<&str>) -> &'static str {
    match number {
        Some("1" | "3") => "nobody answered",
        Some("5") => "the telephone is busy",
        Some("8") => "the telephone cannot be reached",
        _ => "the telephone did not answer, or is not known",
    }
}

async fn hang_up(config: &AmiConfig, id: &str) {
    for _ in 0..REMOVALS {
        match end(config, id).await {
            Ok(()) => return,
            Err(error) => tracing::error!(%error, "a supervisor's channel is not hung up yet"),
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

async fn end(config: &AmiConfig, id: &str) -> Result<(), SuperviseError> {
    let mut manager = Manager::connect(config).await?;
    match manager.ask("Hangup", &[("Channel", id), ("Cause", "16")]).await {
        // One who is off already is no error.
        Err(SuperviseError::Refused(why)) if why.to_lowercase().contains("no such channel") => {
            Ok(())
        }
        other => other.map(drop),
    }
}

/// A connection that has logged in.
struct Manager {
    stream: TcpStream,
    packets: Packets,
    timeout: Duration,
    asked: u32,
    /// What came of an originate, where it overtakes the response.
    early: Option<Packet>,
}

impl Manager {
    async fn connect(config: &AmiConfig) -> Result<Self, SuperviseError> {
        let connect = timeout(config.timeout, TcpStream::connect(&config.address)).await;
        let stream = connect.map_err(|_| away("no answer in time"))?.map_err(away)?;
        let packets = Packets::default();
        let mut manager = Self { stream, packets, timeout: config.timeout, asked: 0, early: None };
        let login = [("Username", &*config.user), ("Secret", &*config.secret), ("Events", "call")];
        manager.ask("Login", &login).await?;
        Ok(manager)
    }

    /// Sends an action and awaits its response; tells its id.
    async fn ask(&mut self, name: &str, lines: &[(&str, &str)]) -> Result<String, SuperviseError> {
        self.asked += 1;
        let id = format!("lingting-{}", self.asked);
        let head = [("Action", name), ("ActionID", &id)];
        let text = action(&[&head, lines].concat()).ok_or(SuperviseError::Unfit("request"))?;
        let end = Instant::now() + self.timeout;
        let sent = timeout_at(end, self.stream.write_all(text.as_bytes())).await;
        sent.map_err(|_| away("no answer in time"))?.map_err(away)?;
        loop {
            let packet =
                timeout_at(end, self.next()).await.map_err(|_| away("no answer in time"))??;
            if !packet.is("ActionID", &id) {
                continue;
            }
            if packet.is("Event", "OriginateResponse") {
                self.early = Some(packet);
                continue;
            }
            let Some(response) = packet.get("Response") else { continue };
            if response.eq_ignore_ascii_case("Success") {
                return Ok(id);
            }
            let why: String =
                packet.get("Message").unwrap_or("no reason").chars().take(200).collect();
            return Err(SuperviseError::Refused(why));
        }
    }

    /// What came of an originate.
    async fn originated(&mut self, asked: &str, end: Instant) -> Result<Packet, SuperviseError> {
        if let Some(early) = self.early.take() {
            return Ok(early);
        }
        loop {
            let packet =
                timeout_at(end, self.next()).await.map_err(|_| away("no answer in time"))??;
            if packet.is("Event", "OriginateResponse") && packet.is("ActionID", asked) {
                return Ok(packet);
            }
        }
    }

    async fn next(&mut self) -> Result<Packet, SuperviseError> {
        let mut bytes = [0; 4_096];
        loop {
            if let Some(packet) = self.packets.take() {
                return Ok(packet);
            }
            let read = self.stream.read(&mut bytes).await.map_err(away)?;
            let piece = bytes.get(..read).filter(|piece| !piece.is_empty());
            if !self.packets.push(piece.ok_or_else(|| away("the connection broke"))?) {
                return Err(away("the answer is too long"));
            }
        }
    }
}

/// Cuts any bytes into packets, for a fuzzer.
pub fn fuzz(bytes: &[u8]) {
    let mut packets = Packets::default();
    for piece in bytes.chunks(37) {
        packets.push(piece);
        while packets.take().is_some() {}
    }
}
