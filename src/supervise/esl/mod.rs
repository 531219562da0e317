//! FreeSWITCH by its event socket: `eavesdrop` on the agent's channel, run on the supervisor's telephone.
//!
//! In: the agent's channel, the supervisor's endpoint, the mode. Out: one channel at the switch, with a UUID of our making; a connection
//! that breaks while the telephone rings is followed by another that kills it. Modes are keys that the switch is
//! told to have heard (switch_ivr_async.c: 2 the spied party hears, 3 both, 0 neither).

mod packet;
#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use self::packet::{Message, Messages};
use super::strict::{handle, noted, telephone};
use super::{Joined, Joining, Mode, Supervise, SuperviseError, to_the_end};

/// How often a kill is tried on a connection of its own.
const REMOVALS: u32 = 3;
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Where the event socket is, and how supervisors are brought in.
#[derive(Clone)]
pub struct EslConfig {
    /// `HOST:PORT`; the port is 8021 as a rule.
    pub address: String,
    /// The password of `event_socket.conf.xml`.
    pub password: String,
    /// How long the supervisor's telephone rings.
    pub ring: Duration,
    /// What an answer may take, beyond the ringing.
    pub timeout: Duration,
    /// The name the telephone shows: letters, digits and `_`.
    pub caller_id: String,
}

impl Default for EslConfig {
    /// The local FreeSWITCH, half a minute of ringing.
    fn default() -> Self {
        Self {
            address: "127.0.0.1:8021".into(),
            password: String::new(),
            ring: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
            caller_id: "Monitor".into(),
        }
    }
}

/// The connector.
pub struct EslSupervise {
    config: EslConfig,
}

impl EslSupervise {
    /// A connector; nothing is sent yet.
    pub const fn new(config: EslConfig) -> Self {
        Self { config }
    }
}

fn away(why: impl ToString) -> SuperviseError {
    SuperviseError::Away(why.to_string())
}

const fn key(mode: Mode) -> &'static str {
    match mode {
        Mode::Listen => "0",
        Mode::Coach => "2",
        Mode::Barge => "3",
    }
}

#[async_trait]
impl Supervise for EslSupervise {
    fn can(&self) -> &'static [Mode] {
        &Mode::ALL
    }

    fn handles(&self) -> &'static [&'static str] {
        &["freeswitch.uuid"]
    }

    async fn join(&self, joining: &Joining) -> Result<Joined, SuperviseError> {
        let agent = handle(&joining.handles, self.handles())?.to_owned();
        let telephone = telephone(joining)?.to_owned();
        let (config, mode) = (self.config.clone(), joining.mode);
        let (id, undo) = (uuid::Uuid::now_v7().to_string(), self.config.clone());
        to_the_end(
            async move {
                let joined = originate(&config, &id, &telephone, &agent, mode).await;
                // Refused is refused; anything else may ring still, or talk already.
                if matches!(joined, Err(SuperviseError::Away(_))) {
                    kill(&config, &id).await;
                }
                joined
            },
            move |joined| async move {
                if let Ok(id) = noted(&joined, "freeswitch.uuid") {
                    kill(&undo, id).await;
                }
            },
        )
        .await
    }

    async fn change(&self, joined: &Joined, mode: Mode) -> Result<Joined, SuperviseError> {
        let mut socket = Socket::connect(&self.config).await?;
        press(&mut socket, noted(joined, "freeswitch.uuid")?, mode).await?;
        let mut changed = joined.clone();
        changed.0.insert("mode".into(), mode.as_str().into());
        Ok(changed)
    }

    async fn leave(&self, joined: &Joined) -> Result<(), SuperviseError> {
        end(&self.config, noted(joined, "freeswitch.uuid")?).await
    }
}

async fn originate(
    config: &EslConfig,
    id: &str,
    telephone: &str,
    agent: &str,
    mode: Mode,
) -> Result<Joined, SuperviseError> {
    let mut socket = Socket::connect(config).await?;
    socket.say("event plain BACKGROUND_JOB").await?;
    let name: String =
        config.caller_id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let ring_s = config.ring.as_secs().max(1);
    let told = socket
        .say(&format!(
            "bgapi originate {{origination_uuid={id},origination_caller_id_name={name},\
             originate_timeout={ring_s},eavesdrop_enable_dtmf=true}}{telephone} &eavesdrop({agent})"
        ))
        .await?;
    let job =
        told.get("Job-UUID").or_else(|| told.get("Reply-Text")?.strip_prefix("+OK Job-UUID: "));
    let job = job.ok_or_else(|| away("the switch names no job"))?.to_owned();
    let end = Instant::now() + config.ring + config.timeout;
    let result = loop {
        let next =
            timeout_at(end, socket.next()).await.map_err(|_| away("no answer in time"))??;
        let event = next.event().filter(|event| event.get("Job-UUID") == Some(&job));
        if let Some(event) = event {
            break event.body;
        }
    };
    ok(&result)?;
    if mode != Mode::Listen
        && let Err(error) = press(&mut socket, id, mode).await
    {
        // A mode that was not asked for is no join.
        kill(config, id).await;
        return Err(error);
    }
    let noted = [("freeswitch.uuid", id), ("mode", mode.as_str())];
    Ok(Joined(noted.map(|(name, value)| (name.to_owned(), value.to_owned())).into()))
}

async fn press(socket: &mut Socket, id: &str, mode: Mode) -> Result<(), SuperviseError> {
    let told = socket.say(&format!("api uuid_recv_dtmf {id} {}", key(mode))).await?;
    ok(&told.body)
}

/// `+OK …`, or `-ERR why`.
fn ok(result: &str) -> Result<(), SuperviseError> {
    let result = result.trim();
    if result.starts_with("+OK") {
        return Ok(());
    }
    let why = result.strip_prefix("-ERR").unwrap_or(result).trim();
    let why: String = why.chars().filter(|c| !c.is_control()).take(200).collect();
    Err(SuperviseError::Refused(why))
}

async fn kill(config: &EslConfig, id: &str) {
    for _ in 0..REMOVALS {
        match end(config, id).await {
            Ok(()) => return,
            Err(error) => tracing::error!(%error, "a supervisor's channel is not killed yet"),
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

async fn end(config: &EslConfig, id: &str) -> Result<(), SuperviseError> {
    let mut socket = Socket::connect(config).await?;
    let told = socket.say(&format!("api uuid_kill {id}")).await?;
    match ok(&told.body) {
        // One who is off already is no error.
        Err(SuperviseError::Refused(why)) if why.to_lowercase().contains("no such channel") => {
            Ok(())
        }
        other => other,
    }
}

/// A connection that has logged in.
struct Socket {
    stream: TcpStream,
    messages: Messages,
    timeout: Duration,
}

impl Socket {
    async fn connect(config: &EslConfig) -> Result<Self, SuperviseError> {
        let connect = timeout(config.timeout, TcpStream::connect(&config.address)).await;
        let stream = connect.map_err(|_| away("no answer in time"))?.map_err(away)?;
        let mut socket = Self { stream, messages: Messages::default(), timeout: config.timeout };
        let greeting = timeout(config.timeout, socket.next()).await;
        let greeting = greeting.map_err(|_| away("no answer in time"))??;
        if greeting.get("Content-Type") != Some("auth/request") {
            return Err(SuperviseError::Refused(
                "this address may not use the event socket".into(),
            ));
        }
        socket.say(&format!("auth {}", config.password)).await.map_err(|error| match error {
            SuperviseError::Away(_) => error,
            _ => SuperviseError::Refused("the event socket's password is wrong".into()),
        })?;
        Ok(socket)
    }

    /// Sends a command and awaits its answer.
    async fn say(&mut self, command: &str) -> Result<Message, SuperviseError> {
        if command.chars().any(char::is_control) {
            return Err(SuperviseError::Unfit("request"));
        }
        let end = Instant::now() + self.timeout;
        let text = format!("{command}\n\n");
        let sent = timeout_at(end, self.stream.write_all(text.as_bytes())).await;
        sent.map_err(|_| away("no answer in time"))?.map_err(away)?;
        loop {
            let next =
                timeout_at(end, self.next()).await.map_err(|_| away("no answer in time"))??;
            match next.get("Content-Type") {
                Some("command/reply") => {
                    ok(next.get("Reply-Text").unwrap_or_default())?;
                    return Ok(next);
                }
                Some("api/response") => return Ok(next),
                _ => {}
            }
        }
    }

    async fn next(&mut self) -> Result<Message, SuperviseError> {
        let mut bytes = [0; 4_096];
        loop {
            if let Some(message) = self.messages.take() {
                return Ok(message);
            }
            let read = self.stream.read(&mut bytes).await.map_err(away)?;
            let piece = bytes.get(..read).filter(|piece| !piece.is_empty());
            if !self.messages.push(piece.ok_or_else(|| away("the connection broke"))?) {
                return Err(away("the answer is too long"));
            }
        }
    }
}

/// Cuts any bytes into messages, for a fuzzer.
pub fn fuzz(bytes: &[u8]) {
    let mut messages = Messages::default();
    for piece in bytes.chunks(37) {
        messages.push(piece);
        while let Some(message) = messages.take() {
            let _ = message.event();
        }
    }
}
